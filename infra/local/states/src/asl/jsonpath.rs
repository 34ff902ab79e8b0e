//! The place of the JSONPath query language: reference paths, `Parameters`, `ResultPath`, intrinsics.
//!
//! Not built yet: a definition that asks for it is refused here with a diagnostic that says what to write instead.

use super::diagnostic::{Code, Diagnostic, Severity};

/// Fields that exist in JSONPath states only.
pub(super) const FIELDS: &[&str] = &[
    "InputPath",
    "OutputPath",
    "ResultPath",
    "Parameters",
    "ResultSelector",
    "Result",
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "ErrorPath",
    "CausePath",
    "ItemsPath",
    "MaxConcurrencyPath",
];

/// The top level asks for JSONPath, by name or by saying nothing.
pub(super) fn refuse_machine() -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: Code::Schema,
        message: "JSONPath is not supported: write \"QueryLanguage\": \"JSONata\" (JSONPath is the default when it is absent)"
            .into(),
        location: "/QueryLanguage".into(),
    }
}

/// One state asks for JSONPath in a JSONata machine, which AWS does not allow either.
pub(super) fn refuse_state(location: String) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: Code::Schema,
        message:
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
                .into(),
        location,
    }
}
