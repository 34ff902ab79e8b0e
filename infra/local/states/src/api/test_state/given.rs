//! What is given in place of an execution: a context object and variables.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::ApiError;
use crate::json::Json;

pub(super) fn context(text: Option<String>, is_mocked: bool) -> Result<Option<Json>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    if !is_mocked {
        return Err(ApiError::unfit(
            "'context' may only be specified if a mock is specified in the same request",
        ));
    }
    let invalid = |why: String| ApiError::unfit(format!("Invalid Context object provided: {why}"));
    let parsed: Map<String, Value> =
        serde_json::from_str(&text).map_err(|e| invalid(format!("not a JSON object: {e}")))?;
    let execution = [
        "Id",
        "Input",
        "Name",
        "RoleArn",
        "StartTime",
        "RedriveCount",
        "RedriveTime",
    ];
    let fields: [(&str, &[&str]); 4] = [
        ("Execution", &execution),
        ("State", &["EnteredTime", "Name", "RetryCount"]),
        ("StateMachine", &["Id", "Name"]),
        ("Task", &["Token"]),
    ];
    for (name, value) in &parsed {
        if name == "Map" {
            let why = "'Map' field is not supported when mocking a Context object";
            return Err(invalid(why.to_owned()));
        }
        let known = fields.iter().find(|(field, _)| field == name);
        let (_, inside) = known.ok_or_else(|| invalid(format!("Field '{name}' is not allowed")))?;
        for (field, value) in value.as_object().into_iter().flatten() {
            if !inside.contains(&field.as_str()) {
                return Err(invalid(format!("Field '{field}' is not allowed")));
            }
            let is_number = matches!(field.as_str(), "RetryCount" | "RedriveCount");
            if field != "Input" && !is_number && !value.is_string() {
                return Err(invalid(format!("{name}.{field} must be a string")));
            }
        }
    }
    Ok(Some(Json::trusted(text)))
}

pub(super) fn members(
    member: &str,
    text: Option<String>,
) -> Result<Vec<(Arc<str>, Json)>, ApiError> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    let parsed: Map<String, Value> = serde_json::from_str(&text)
        .map_err(|e| ApiError::unfit(format!("'{member}' must be a JSON object: {e}")))?;
    Ok(parsed
        .into_iter()
        .map(|(name, value)| (name.into(), Json::trusted(value.to_string())))
        .collect())
}
