//! Mocked results against the shapes of the APIs that they stand for. Source: API reference, `MockInput`,
//! `fieldValidationMode`; the shapes are of `states:startExecution`, `events:putEvents` and `lambda:invoke`. Results of other
//! services are not checked.

use serde_json::Value;

use super::ApiError;

/// A member of an answer.
struct Member {
    name: &'static str,
    kind: Kind,
    required: bool,
}

enum Kind {
    Text,
    Number,
    List(&'static [Member]),
}

const fn member(name: &'static str, kind: Kind, required: bool) -> Member {
    Member {
        name,
        kind,
        required,
    }
}

const STARTED: &[Member] = &[
    member("ExecutionArn", Kind::Text, true),
    member("StartDate", Kind::Text, true),
];
const EVENT: &[Member] = &[
    member("EventId", Kind::Text, false),
    member("ErrorCode", Kind::Text, false),
    member("ErrorMessage", Kind::Text, false),
];
const PUT: &[Member] = &[
    member("FailedEntryCount", Kind::Number, false),
    member("Entries", Kind::List(EVENT), false),
];
const INVOKED: &[Member] = &[
    member("StatusCode", Kind::Number, false),
    member("ExecutedVersion", Kind::Text, false),
    member("FunctionError", Kind::Text, false),
    member("LogResult", Kind::Text, false),
];

/// Checks a mocked result; `mode` is one of `STRICT`, `PRESENT`, `NONE`.
pub(super) fn check(resource: &str, result: &Value, mode: &str) -> Result<(), ApiError> {
    let shape = match resource {
        "arn:aws:states:::states:startExecution" => STARTED,
        "arn:aws:states:::events:putEvents" => PUT,
        "arn:aws:states:::lambda:invoke" => INVOKED,
        _other => return Ok(()),
    };
    match mode {
        "NONE" => Ok(()),
        mode => members(shape, result, mode == "STRICT"),
    }
}

fn members(shape: &[Member], value: &Value, strict: bool) -> Result<(), ApiError> {
    let fails = |what: String| {
        Err(ApiError::unfit(format!(
            "Mock result schema validation error: {what}"
        )))
    };
    for Member {
        name,
        kind,
        required,
    } in shape
    {
        let Some(found) = value.get(name) else {
            if strict && *required {
                return fails(format!("Required field '{name}' is missing"));
            }
            continue;
        };
        match kind {
            Kind::Text if !found.is_string() => {
                return fails(format!("Field '{name}' must be a string"));
            }
            Kind::Number if !found.is_number() => {
                return fails(format!("Field '{name}' must be a number"));
            }
            Kind::List(inside) => match found.as_array() {
                None => return fails(format!("Field '{name}' must be an array")),
                Some(items) => items
                    .iter()
                    .try_for_each(|item| members(inside, item, strict))?,
            },
            Kind::Text | Kind::Number => {}
        }
    }
    Ok(())
}
