//! `states:startExecution`: a workflow that runs another, with or without waiting for it.
//!
//! Source: developer guide, "Start a new AWS Step Functions state machine from a running execution". The child is started
//! by the engine itself; with `.sync` it belongs to the task, and its end is the task's end.

use serde_json::{Map, Value, json};

use super::answer::{ApiFailure, metadata};
use super::service::unexpected;
use super::{
    About, Answer, Call, Family, Integration, Means, Pattern, Resource, StartCall, TaskError,
    lambda, shape,
};
use crate::asl::errors;
use crate::json::Json;

#[derive(Debug)]
struct Start;

const BASE: &str = "arn:aws:states:::states:startExecution";

pub(super) fn resolve(arn: &str) -> Option<Resource> {
    let pattern = match arn.strip_prefix(BASE)? {
        "" => Pattern::RequestResponse,
        ".waitForTaskToken" => Pattern::WaitForTaskToken,
        ".sync" => Pattern::Sync { parsed: false },
        ".sync:2" => Pattern::Sync { parsed: true },
        _unknown => return None,
    };
    Some(Resource {
        arn: arn.to_owned(),
        service: "states".to_owned(),
        action: arn
            .trim_start_matches("arn:aws:states:::states:")
            .to_owned(),
        pattern,
        family: Family::Task,
        integration: Means::Common(&Start),
    })
}

impl Integration for Start {
    fn call(
        &self,
        resource: &Resource,
        arguments: &Json,
        about: &About<'_>,
    ) -> Result<Call, TaskError> {
        let arguments: Map<String, Value> =
            serde_json::from_str(arguments.as_str()).map_err(|e| {
                TaskError::runtime(format!(
                    "The arguments of startExecution must be an object: {e}"
                ))
            })?;
        let name = match arguments.get("Name") {
            // Made from the task, so that a repeated call finds the execution of the first.
            None => about.key.to_owned(),
            Some(Value::String(name)) if !name.is_empty() => name.clone(),
            Some(other) => {
                return Err(TaskError::runtime(format!(
                    "'Name' of startExecution must be a string that is not empty, not {other}"
                )));
            }
        };
        let Some(machine_arn) = arguments.get("StateMachineArn").and_then(Value::as_str) else {
            return Err(TaskError::runtime(
                "The arguments of startExecution lack 'StateMachineArn'",
            ));
        };
        Ok(Call::Start(StartCall {
            machine_arn: machine_arn.to_owned(),
            name,
            input: lambda::payload_of(arguments.get("Input")),
            associated: matches!(resource.pattern, Pattern::Sync { .. }),
        }))
    }

    fn result(&self, _: &Resource, answer: Answer, about: &About<'_>) -> Result<Json, TaskError> {
        match answer {
            Answer::Api(Ok(started)) => Ok(submitted(&started, about)),
            Answer::Api(Err(failure)) => Err(refused(failure, about)),
            Answer::Function(_) | Answer::Service(_) | Answer::Http(_) => Err(unexpected()),
        }
    }
}

/// The answer of `StartExecution` as Step Functions shows it.
fn submitted(started: &Value, about: &About<'_>) -> Json {
    let length = started.to_string().len().to_string();
    let headers = [
        ("Content-Length", length.as_str()),
        ("Content-Type", "application/x-amz-json-1.0"),
        ("connection", "keep-alive"),
        ("x-amzn-RequestId", about.key),
    ];
    let told = json!({
        "ExecutionArn": started["executionArn"],
        "SdkHttpMetadata": metadata(&headers, 200),
        "SdkResponseMetadata": { "RequestId": about.key },
        "StartDate": milliseconds(&started["startDate"]),
    });
    Json::trusted(told.to_string())
}

/// An error in the words of the AWS SDK for Java 1.
fn refused(failure: ApiFailure, about: &About<'_>) -> TaskError {
    TaskError {
        error: format!("StepFunctions.{}", super::service::exception(&failure.name)),
        cause: format!(
            "{} (Service: AWSStepFunctions; Status Code: {}; Error Code: {}; Request ID: {}; Proxy: null)",
            failure.message, failure.status, failure.name, about.key
        ),
    }
}

/// Seconds of the API as whole milliseconds, which is how nested executions are told.
fn milliseconds(seconds: &Value) -> Value {
    seconds
        .as_f64()
        .map_or(Value::Null, |s| json!((s * 1_000.0).round() as i64))
}

/// How a child ended, as its task's end. `described` is the answer of `DescribeExecution`.
pub(crate) fn ended(described: &Value, parsed: bool) -> Result<Json, TaskError> {
    let succeeded = described["status"] == "SUCCEEDED";
    let mut told = Map::new();
    for (name, value) in described.as_object().into_iter().flatten() {
        let value = match name.as_str() {
            "startDate" | "stopDate" | "redriveDate" => milliseconds(value),
            "input" | "output" if parsed => inner(value),
            "inputDetails" | "outputDetails" => json!({ "Included": value["included"] }),
            _other => value.clone(),
        };
        told.insert(shape::capital(name), value);
    }
    let told = sorted(told).to_string();
    if succeeded {
        return Ok(Json::trusted(told));
    }
    Err(TaskError {
        error: errors::TASK_FAILED.to_owned(),
        cause: told,
    })
}

fn inner(value: &Value) -> Value {
    let text = value.as_str().unwrap_or("null");
    serde_json::from_str(text).unwrap_or_else(|_| value.clone())
}

/// Members in the order of their names, as AWS writes them.
fn sorted(members: Map<String, Value>) -> Value {
    let mut members: Vec<(String, Value)> = members.into_iter().collect();
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    Value::Object(members.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: About<'_> = About {
        execution_arn: "E",
        machine_arn: "M",
        region: "us-east-1",
        account: "000000000000",
        key: "key-1",
    };

    fn called(arguments: Value) -> Result<Call, TaskError> {
        let resource = resolve("arn:aws:states:::states:startExecution.sync:2").unwrap();
        let arguments = Json::parse(&arguments.to_string()).unwrap();
        resource.integration.call(&resource, &arguments, &ABOUT)
    }

    #[test]
    fn a_child_without_a_name_is_named_after_its_task() {
        let call = called(json!({ "StateMachineArn": "m", "Input": "{\"a\":1}" })).unwrap();
        let expected = StartCall {
            machine_arn: "m".into(),
            name: "key-1".into(),
            input: Json::parse("{\"a\":1}").unwrap(),
            associated: true,
        };
        assert_eq!(call, Call::Start(expected));
    }

    #[test]
    fn a_name_that_is_none_is_not_replaced_in_silence() {
        let refused = called(json!({ "StateMachineArn": "m", "Name": {} })).unwrap_err();
        assert_eq!(refused.error, errors::RUNTIME);
        assert!(
            called(json!({ "Name": "n" }))
                .unwrap_err()
                .cause
                .contains("StateMachineArn")
        );
    }

    #[test]
    fn the_end_is_told_with_payloads_as_text_or_as_values() {
        let described = json!({ "status": "SUCCEEDED", "executionArn": "a", "startDate": 1.5, "input": "{\"k\":1}",
            "inputDetails": { "included": true }, "output": "[2]" });
        let text = ended(&described, false).unwrap();
        assert_eq!(
            text.as_str(),
            r#"{"ExecutionArn":"a","Input":"{\"k\":1}","InputDetails":{"Included":true},"Output":"[2]","StartDate":1500,"Status":"SUCCEEDED"}"#
        );
        let values: Value =
            serde_json::from_str(ended(&described, true).unwrap().as_str()).unwrap();
        assert_eq!(
            (&values["Input"], &values["Output"]),
            (&json!({ "k": 1 }), &json!([2]))
        );
        let failed = ended(&json!({ "status": "ABORTED", "executionArn": "a" }), true).unwrap_err();
        assert_eq!(failed.error, errors::TASK_FAILED);
        assert_eq!(failed.cause, r#"{"ExecutionArn":"a","Status":"ABORTED"}"#);
    }
}
