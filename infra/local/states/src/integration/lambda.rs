//! AWS Lambda: `lambda:invoke`, with or without a callback, and functions by ARN.
//!
//! Source: developer guide, "Invoke an AWS Lambda function with Step Functions" and "Handling errors".

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Call, Family, Integration, Pattern, Resource, TaskError};
use crate::json::{Json, push_string};

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionAnswer {
    /// The function returned this.
    Returned(Json),
    /// The function was handed over (`InvocationType` `Event`).
    Accepted,
    /// The function failed.
    Failed {
        /// `errorType` of its answer.
        error_type: String,
        /// `errorMessage` of its answer.
        message: String,
    },
    /// There is no such function.
    NotFound {
        /// As it was asked for.
        function: String,
    },
    /// Too many at once.
    Throttled,
    /// The function ran longer than it may.
    TimedOut,
    /// The service failed.
    Service(String),
}

#[derive(Debug)]
struct Invoke;
#[derive(Debug)]
struct ByArn;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Arguments<'a> {
    function_name: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    invocation_type: Option<String>,
    qualifier: Option<String>,
}

pub(super) fn resolve(arn: &str) -> Option<Resource> {
    let service = |pattern, action: &str| Resource {
        arn: arn.to_owned(),
        service: "lambda",
        action: action.to_owned(),
        pattern,
        family: Family::Task,
        integration: &Invoke,
    };
    match arn {
        "arn:aws:states:::lambda:invoke" => Some(service(Pattern::RequestResponse, "invoke")),
        "arn:aws:states:::lambda:invoke.waitForTaskToken" => Some(service(
            Pattern::WaitForTaskToken,
            "invoke.waitForTaskToken",
        )),
        arn => is_function_arn(arn).then(|| Resource {
            integration: &ByArn,
            family: Family::LambdaFunction,
            ..service(Pattern::RequestResponse, arn)
        }),
    }
}

/// `arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]`.
fn is_function_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    matches!(parts.as_slice(), ["arn", _, "lambda", region, account, "function", name, ..]
        if parts.len() <= 8 && !region.is_empty() && account.len() == 12 && !name.is_empty())
}

impl Integration for Invoke {
    fn call(&self, _: &Resource, arguments: &Json) -> Result<Call, TaskError> {
        let parsed: Arguments<'_> = serde_json::from_str(arguments.as_str()).map_err(|e| {
            runtime(format!(
                "The arguments of lambda:invoke cannot be read: {e}"
            ))
        })?;
        let Some(mut function) = parsed.function_name.filter(|name| !name.is_empty()) else {
            return Err(runtime(
                "The arguments of lambda:invoke lack 'FunctionName'".into(),
            ));
        };
        if let Some(qualifier) = parsed.qualifier {
            function = format!("{function}:{qualifier}");
        }
        let payload = Json::trusted(parsed.payload.map_or("{}", RawValue::get));
        match parsed.invocation_type.as_deref() {
            None | Some("RequestResponse") => Ok(Call::Invoke { function, payload }),
            Some("Event") => Ok(Call::InvokeEvent { function, payload }),
            Some(other) => Err(runtime(format!(
                "InvocationType '{other}' of lambda:invoke is not supported: RequestResponse or Event"
            ))),
        }
    }

    fn result(&self, _: &Resource, answer: FunctionAnswer) -> Result<Json, TaskError> {
        let (payload, status) = match answer {
            FunctionAnswer::Returned(payload) => (payload, 200),
            FunctionAnswer::Accepted => (Json::string(""), 202),
            failed => return Err(failure(failed)),
        };
        Ok(envelope(&payload, status))
    }
}

impl Integration for ByArn {
    fn call(&self, resource: &Resource, arguments: &Json) -> Result<Call, TaskError> {
        Ok(Call::Invoke {
            function: resource.arn.clone(),
            payload: arguments.clone(),
        })
    }

    fn result(&self, _: &Resource, answer: FunctionAnswer) -> Result<Json, TaskError> {
        match answer {
            FunctionAnswer::Returned(payload) => Ok(payload),
            FunctionAnswer::Accepted => Ok(Json::trusted("null")),
            failed => Err(failure(failed)),
        }
    }
}

/// The response of the Lambda API as Step Functions shows it.
fn envelope(payload: &Json, status: u16) -> Json {
    let length = payload.len();
    Json::trusted(format!(
        r#"{{"ExecutedVersion":"$LATEST","Payload":{},"SdkHttpMetadata":{{"AllHttpHeaders":{{"X-Amz-Executed-Version":["$LATEST"],"Content-Length":["{length}"],"Content-Type":["application/json"]}},"HttpHeaders":{{"Content-Length":"{length}","Content-Type":"application/json","X-Amz-Executed-Version":"$LATEST"}},"HttpStatusCode":{status}}},"StatusCode":{status}}}"#,
        payload.as_str()
    ))
}

fn runtime(cause: String) -> TaskError {
    TaskError {
        error: crate::asl::errors::RUNTIME.to_owned(),
        cause,
    }
}

fn failure(answer: FunctionAnswer) -> TaskError {
    let (error, cause) = match answer {
        FunctionAnswer::Failed {
            error_type,
            message,
        } => {
            let cause = error_payload(&message, &error_type);
            (
                if error_type.is_empty() {
                    "Lambda.Unknown".to_owned()
                } else {
                    error_type
                },
                cause,
            )
        }
        FunctionAnswer::NotFound { function } => (
            "Lambda.ResourceNotFoundException".to_owned(),
            format!("Function not found: {function}"),
        ),
        FunctionAnswer::Throttled => (
            "Lambda.TooManyRequestsException".to_owned(),
            "Rate Exceeded.".to_owned(),
        ),
        FunctionAnswer::TimedOut => {
            let name = "Sandbox.Timedout";
            (
                name.to_owned(),
                error_payload("Error: Task timed out", name),
            )
        }
        FunctionAnswer::Service(message) => ("Lambda.ServiceException".to_owned(), message),
        FunctionAnswer::Returned(_) | FunctionAnswer::Accepted => (
            "Lambda.SdkClientException".to_owned(),
            "an answer that is not a failure".to_owned(),
        ),
    };
    TaskError { error, cause }
}

/// What a failed function answers, which AWS hands on as the cause.
fn error_payload(message: &str, error_type: &str) -> String {
    let mut cause = String::from("{\"errorMessage\":");
    push_string(&mut cause, message);
    cause.push_str(",\"errorType\":");
    push_string(&mut cause, error_type);
    cause.push('}');
    cause
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(text).unwrap()
    }

    #[test]
    fn invoke_takes_the_function_and_hands_its_payload_on_untouched() {
        let resource = resolve("arn:aws:states:::lambda:invoke").unwrap();
        let arguments = json(r#"{"FunctionName":"f","Payload":{"b":1, "a":2}}"#);
        let call = resource.integration.call(&resource, &arguments).unwrap();
        assert_eq!(
            call,
            Call::Invoke {
                function: "f".into(),
                payload: json(r#"{"b":1, "a":2}"#)
            }
        );
        let answer = FunctionAnswer::Returned(json(r#"{"x":1}"#));
        let result = resource.integration.result(&resource, answer).unwrap();
        let result: serde_json::Value = serde_json::from_str(result.as_str()).unwrap();
        assert_eq!(result["Payload"]["x"], 1);
        assert_eq!(result["StatusCode"], 200);
        assert_eq!(result["ExecutedVersion"], "$LATEST");
    }

    #[test]
    fn a_function_that_fails_names_the_error_and_its_answer_is_the_cause() {
        let resource = resolve("arn:aws:lambda:us-east-1:000000000000:function:f").unwrap();
        let answer = FunctionAnswer::Failed {
            error_type: "Call.NotAllowed".into(),
            message: "no \"way\"".into(),
        };
        let error = resource.integration.result(&resource, answer).unwrap_err();
        assert_eq!(error.error, "Call.NotAllowed");
        assert_eq!(
            error.cause,
            r#"{"errorMessage":"no \"way\"","errorType":"Call.NotAllowed"}"#
        );
    }

    #[test]
    fn other_resources_are_not_ours() {
        assert!(resolve("arn:aws:states:::sqs:sendMessage").is_none());
        assert!(resolve("arn:aws:lambda:us-east-1:1:function:f").is_none());
    }
}
