//! What stands for the state's work: a mocked result or error, and how often it was tried before.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::ApiError;
use super::cut::Cut;
use crate::asl::walk;
use crate::core::trial::{Outcome, Trial};
use crate::json::Json;

const MODES: [&str; 3] = ["STRICT", "PRESENT", "NONE"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mock {
    result: Option<String>,
    error_output: Option<MockError>,
    field_validation_mode: Option<String>,
}

#[derive(Deserialize)]
struct MockError {
    error: Option<String>,
    cause: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Configuration {
    pub(super) retrier_retry_count: Option<u32>,
    pub(super) error_caused_by_state: Option<String>,
    pub(super) map_iteration_failure_count: Option<u32>,
    pub(super) map_item_reader_data: Option<String>,
}

pub(super) fn mocked(mock: Option<Mock>, cut: &Cut) -> Result<Option<Outcome>, ApiError> {
    let Some(mock) = mock else { return Ok(None) };
    if !matches!(cut.kind.as_str(), "Task" | "Map" | "Parallel") {
        return Err(ApiError::unfit(format!(
            "State type '{}' is not supported when a mock is specified",
            cut.kind
        )));
    }
    let mode = mock.field_validation_mode.as_deref().unwrap_or("STRICT");
    if !MODES.contains(&mode) {
        return Err(ApiError::not_in("mock.fieldValidationMode", mode, &MODES));
    }
    match (mock.result, mock.error_output) {
        (Some(_), Some(_)) | (None, None) => Err(ApiError::unfit(
            "A test mock should have only one of the following fields: [result, errorOutput].",
        )),
        (Some(text), None) => {
            let result = Json::parse(&text)
                .map_err(|_| ApiError::unfit("Mocked result must be valid JSON"))?;
            check_result(&result, cut, mode)?;
            Ok(Some(Ok(result)))
        }
        (None, Some(MockError { error, cause })) => {
            let error = error.ok_or_else(|| ApiError::missing("mock.errorOutput.error"))?;
            Ok(Some(Err((error, cause))))
        }
    }
}

fn check_result(result: &Json, cut: &Cut, mode: &str) -> Result<(), ApiError> {
    let value: Value = serde_json::from_str(result.as_str()).unwrap_or(Value::Null);
    match cut.kind.as_str() {
        "Parallel" => {
            let items = value
                .as_array()
                .ok_or_else(|| ApiError::unfit("Mocked result must be an array."))?;
            let branches = cut.state["Branches"].as_array().map_or(0, Vec::len);
            if items.len() != branches {
                return Err(ApiError::unfit(
                    "Mocked result must contain the same number of items as number of Parallel branches.",
                ));
            }
        }
        "Map" if cut.state.get("ResultWriter").is_some() && !value.is_object() => {
            return Err(ApiError::unfit("Mocked result must be a JSON object."));
        }
        "Map" if cut.state.get("ResultWriter").is_none() && !value.is_array() => {
            return Err(ApiError::unfit("Mocked result must be an array."));
        }
        "Map" => {}
        _task => {
            let resource = cut.state["Resource"].as_str().unwrap_or("");
            super::super::mock_shapes::check(resource, &value, mode)?;
        }
    }
    Ok(())
}

pub(super) fn check_configuration(
    configuration: &Configuration,
    cut: &Cut,
    mock: Option<&Outcome>,
) -> Result<(), ApiError> {
    if let Some(failures) = configuration.map_iteration_failure_count {
        if cut.kind != "Map" {
            return Err(ApiError::unfit(
                "'stateConfiguration.mapIterationFailureCount' is for a Map state",
            ));
        }
        let Some(outcome) = mock else {
            return Err(ApiError::unfit(
                "TestState does not support MapIterationFailureCount when a mock is not specified.",
            ));
        };
        let items = outcome
            .as_ref()
            .ok()
            .and_then(|json| serde_json::from_str::<Vec<Value>>(json.as_str()).ok());
        if items.is_some_and(|items| items.len() < failures as usize) {
            return Err(ApiError::unfit(
                "Map iteration failure count must be less than or equal to the number of Map iterations",
            ));
        }
    }
    if configuration.map_item_reader_data.is_some() && cut.state.get("ItemReader").is_none() {
        return Err(ApiError::unfit(
            "'stateConfiguration.mapItemReaderData' is for a Map state with an ItemReader",
        ));
    }
    if let Some(name) = &configuration.error_caused_by_state {
        let inside = json!({ "States": { "": &cut.state } });
        let mut known = false;
        walk::states(&inside, &mut |_, at, _| known |= at == name);
        if !known || mock.is_none_or(Result::is_ok) {
            return Err(ApiError::unfit(format!(
                "'{name}' at 'stateConfiguration.errorCausedByState' must be a state inside the tested one, and an error \
                 must be mocked"
            )));
        }
    }
    Ok(())
}

pub(super) fn attempts(trial: &Trial<'_>, mock: Option<&Outcome>, used: Option<u32>) -> Vec<u32> {
    let (Some(Err((error, _))), Some(used)) = (mock, used) else {
        return Vec::new();
    };
    match trial.retrier(error) {
        Some(retrier) => {
            let mut attempts = vec![0; retrier];
            attempts.push(used);
            attempts
        }
        None => Vec::new(),
    }
}
