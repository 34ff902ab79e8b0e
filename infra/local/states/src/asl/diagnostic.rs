//! What is wrong with a definition, and where.

use std::fmt;

/// One finding, in the form of `ValidateStateMachineDefinition`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// An error makes the definition unusable; a warning does not.
    pub severity: Severity,
    /// Kind of finding.
    pub code: Code,
    /// What is wrong and what is allowed.
    pub message: String,
    /// JSON pointer into the definition (`/States/Ring/Next`), or line and column for text that is not JSON.
    pub location: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The definition cannot be used.
    Error,
    /// It can, but look at it.
    Warning,
}

/// Kinds of finding; the wire names are AWS's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The text is not JSON.
    InvalidJson,
    /// A field is missing, unknown or of the wrong kind.
    Schema,
    /// A transition leads to a state that does not exist.
    MissingTarget,
    /// No way from the start leads here.
    Unreachable,
    /// A flow can never end.
    NoTerminalState,
    /// Two states have one name.
    DuplicateName,
    /// An expression cannot be parsed.
    Expression,
    /// A state's name is empty or too long.
    StateName,
    /// Machines are nested too deeply.
    TooDeep,
    /// Two distributed Maps have one label.
    DuplicateLabel,
    /// A label of a distributed Map is empty, too long, or has characters it may not have.
    LabelName,
    /// What looks like a path or a call stands under a name without `.$`.
    NoDollar,
    /// What looks like a path stands in a field without `Path`.
    NoPath,
    /// What looks like a path stands in the `Result` of a Pass state.
    PassResultIsStatic,
}

impl Code {
    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJson => "INVALID_JSON_DESCRIPTION",
            Self::Schema => "SCHEMA_VALIDATION_FAILED",
            Self::MissingTarget => "MISSING_TRANSITION_TARGET",
            Self::Unreachable => "UNREACHABLE_STATE",
            Self::NoTerminalState => "MISSING_END_STATE",
            Self::DuplicateName => "DUPLICATE_STATE_NAME",
            Self::Expression => "INVALID_JSONATA_EXPRESSION",
            Self::StateName => "INVALID_STATE_NAME",
            Self::TooDeep => "TOO_DEEPLY_NESTED",
            Self::DuplicateLabel => "DUPLICATE_LABEL_NAME",
            Self::LabelName => "INVALID_LABEL_NAME",
            Self::NoDollar => "NO_DOLLAR",
            Self::NoPath => "NO_PATH",
            Self::PassResultIsStatic => "PASS_RESULT_IS_STATIC",
        }
    }
}

impl Severity {
    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warning => "WARNING",
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} at {}",
            self.code.as_str(),
            self.message,
            self.location
        )
    }
}
