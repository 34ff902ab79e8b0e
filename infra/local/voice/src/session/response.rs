//! What a function answers: attributes and a list of actions, or nothing that can be used.

use super::MAX_ACTIONS;
use super::action::Action;
use serde_json::{Map, Value};

/// Most pairs of TransactionAttributes. The guide's text says 100, its own error message 10: the smaller one holds in both.
pub(super) const MAX_ATTRIBUTES: usize = 10;
/// Most bytes of TransactionAttributes, as JSON.
pub(super) const MAX_ATTRIBUTES_BYTES: usize = 20 * 1024;

/// A usable response.
#[derive(Debug, Default)]
pub(super) struct Response {
    /// Absent and null leave the attributes as they are.
    pub attributes: Option<Map<String, Value>>,
    /// Absent and null leave the running list as it is.
    pub actions: Option<Vec<Action>>,
}

/// Why a response is refused: ErrorType and ErrorMessage of INVALID_LAMBDA_RESPONSE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Invalid {
    pub error_type: &'static str,
    pub message: String,
}

fn invalid(error_type: &'static str, message: impl Into<String>) -> Invalid {
    Invalid {
        error_type,
        message: message.into(),
    }
}

impl Response {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Invalid> {
        let schema = |message: &str| invalid("SchemaVersionMismatch", message);
        let body: Value =
            serde_json::from_slice(bytes).map_err(|_| schema("the response is not JSON"))?;
        let Value::Object(body) = body else {
            return Err(schema("the response is not a JSON object"));
        };
        match body.get("SchemaVersion") {
            Some(Value::String(version)) if version == "1.0" => {}
            _ => return Err(schema("SchemaVersion of the response must be 1.0")),
        }
        let attributes = match body.get("TransactionAttributes") {
            None | Some(Value::Null) => None,
            Some(Value::Object(map)) => Some(map.clone()),
            Some(_) => {
                return Err(invalid(
                    "InvalidTransactionAttributes",
                    "TransactionAttributes must be an object",
                ));
            }
        };
        let actions = match body.get("Actions") {
            None | Some(Value::Null) => None,
            Some(Value::Array(list)) => Some(actions(list)?),
            Some(_) => return Err(invalid("InvalidActions", "Actions must be a list")),
        };
        Ok(Self {
            attributes,
            actions,
        })
    }
}

fn actions(list: &[Value]) -> Result<Vec<Action>, Invalid> {
    if list.len() > MAX_ACTIONS {
        return Err(invalid(
            "TooManyActions",
            format!("{} actions, at most {MAX_ACTIONS} are allowed", list.len()),
        ));
    }
    list.iter()
        .map(|one| {
            Action::parse(one)
                .ok_or_else(|| invalid("InvalidActionType", "an action has no known Type"))
        })
        .collect()
}

/// The attributes after `update`: same keys are overwritten, others stay, `{}` clears.
pub(super) fn updated(
    stored: &Map<String, Value>,
    update: Map<String, Value>,
) -> Result<Map<String, Value>, Invalid> {
    if update.is_empty() {
        return Ok(update);
    }
    let mut whole = stored.clone();
    whole.extend(update);
    if whole.len() > MAX_ATTRIBUTES {
        return Err(invalid(
            "TransactionAttributesInvalidMapSize",
            "too many mappings",
        ));
    }
    if serde_json::to_string(&whole).map_or(usize::MAX, |text| text.len()) > MAX_ATTRIBUTES_BYTES {
        return Err(invalid(
            "TransactionAttributesInvalidMapSize",
            "more than 20 KB",
        ));
    }
    Ok(whole)
}
