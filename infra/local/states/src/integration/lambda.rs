//! AWS Lambda: `lambda:invoke`, with or without a callback, and functions by ARN.
//!
//! Source: developer guide, "Invoke an AWS Lambda function with Step Functions" and "Handling errors"; Lambda API
//! reference, "Invoke".

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{
    About, Answer, Call, Family, FunctionAnswer, Integration, InvocationKind, Invoke, Means,
    Pattern, Resource, Returned, TaskError,
};
use crate::json::{Json, push_string};

#[derive(Debug)]
struct ByName;
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
    log_type: Option<String>,
    client_context: Option<String>,
}

pub(super) fn resolve(arn: &str) -> Option<Resource> {
    let service = |pattern, action: &str| Resource {
        arn: arn.to_owned(),
        service: "lambda".to_owned(),
        action: action.to_owned(),
        pattern,
        family: Family::Task,
        integration: Means::Common(&ByName),
    };
    match arn {
        "arn:aws:states:::lambda:invoke" => Some(service(Pattern::RequestResponse, "invoke")),
        "arn:aws:states:::lambda:invoke.waitForTaskToken" => Some(service(
            Pattern::WaitForTaskToken,
            "invoke.waitForTaskToken",
        )),
        arn => is_function_arn(arn).then(|| Resource {
            integration: Means::Common(&ByArn),
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

impl Integration for ByName {
    fn call(&self, _: &Resource, arguments: &Json, _: &About<'_>) -> Result<Call, TaskError> {
        let parsed: Arguments<'_> = serde_json::from_str(arguments.as_str()).map_err(|e| {
            TaskError::runtime(format!(
                "The arguments of lambda:invoke cannot be read: {e}"
            ))
        })?;
        let Some(function) = parsed.function_name.filter(|name| !name.is_empty()) else {
            return Err(TaskError::runtime(
                "The arguments of lambda:invoke lack 'FunctionName'",
            ));
        };
        let kind = match parsed.invocation_type.as_deref() {
            None | Some("RequestResponse") => InvocationKind::RequestResponse,
            Some("Event") => InvocationKind::Event,
            Some("DryRun") => InvocationKind::DryRun,
            Some(other) => {
                return Err(TaskError::runtime(format!(
                    "InvocationType '{other}' of lambda:invoke must be RequestResponse, Event or DryRun"
                )));
            }
        };
        let log_tail = match parsed.log_type.as_deref() {
            None | Some("None") => false,
            Some("Tail") => true,
            Some(other) => {
                return Err(TaskError::runtime(format!(
                    "LogType '{other}' of lambda:invoke must be None or Tail"
                )));
            }
        };
        Ok(Call::Invoke(Invoke {
            function,
            qualifier: parsed.qualifier,
            payload: payload(parsed.payload),
            kind,
            log_tail,
            client_context: parsed.client_context,
        }))
    }

    fn result(&self, _: &Resource, answer: Answer, about: &About<'_>) -> Result<Json, TaskError> {
        let Answer::Function(answer) = answer else {
            return Err(super::service::unexpected());
        };
        match answer {
            FunctionAnswer::Returned(returned) => Ok(envelope(&returned)),
            failed => Err(failure(failed, about)),
        }
    }
}

impl Integration for ByArn {
    fn call(
        &self,
        resource: &Resource,
        arguments: &Json,
        _: &About<'_>,
    ) -> Result<Call, TaskError> {
        Ok(Call::Invoke(Invoke {
            function: resource.arn.clone(),
            qualifier: None,
            payload: arguments.clone(),
            kind: InvocationKind::RequestResponse,
            log_tail: false,
            client_context: None,
        }))
    }

    fn result(&self, _: &Resource, answer: Answer, about: &About<'_>) -> Result<Json, TaskError> {
        let Answer::Function(answer) = answer else {
            return Err(super::service::unexpected());
        };
        match answer {
            FunctionAnswer::Returned(returned) => Ok(returned.payload),
            failed => Err(failure(failed, about)),
        }
    }
}

/// A string that is itself JSON is the event as it stands; without a payload the event is `{}`.
fn payload(given: Option<&RawValue>) -> Json {
    let Some(given) = given.map(RawValue::get).filter(|text| *text != "null") else {
        return Json::trusted("{}");
    };
    if given.starts_with('"')
        && let Ok(text) = serde_json::from_str::<String>(given)
        && let Ok(inner) = Json::parse(&text)
    {
        return inner;
    }
    Json::trusted(given)
}

/// The same for what is already a value: of `Payload`, or of a nested execution's `Input`.
pub(super) fn payload_of(given: Option<&Value>) -> Json {
    let given = given.map(Value::to_string);
    let raw = given.and_then(|text| RawValue::from_string(text).ok());
    payload(raw.as_deref())
}

/// The answer of `aws-sdk:lambda:invoke`: the payload is text, and a function's error does not fail the task.
pub(super) fn sdk_result(answer: FunctionAnswer, about: &About<'_>) -> Result<Json, TaskError> {
    let told = match answer {
        FunctionAnswer::Returned(returned) => {
            let mut told =
                json!({ "Payload": returned.payload.as_str(), "StatusCode": returned.status });
            for (name, value) in [
                ("ExecutedVersion", returned.executed_version),
                ("LogResult", returned.log_result),
            ] {
                if let Some(value) = value {
                    told[name] = json!(value);
                }
            }
            told
        }
        FunctionAnswer::Failed(body) => error_answer(&String::from_utf8_lossy(&body)),
        FunctionAnswer::Threw {
            error_type,
            message,
        } => error_answer(&error_payload(&message, &error_type)),
        other => return Err(failure(other, about)),
    };
    Ok(Json::trusted(told.to_string()))
}

fn error_answer(body: &str) -> Value {
    json!({ "ExecutedVersion": "$LATEST", "FunctionError": "Unhandled", "Payload": body, "StatusCode": 200 })
}

/// The response of the Lambda API as Step Functions shows it.
fn envelope(returned: &Returned) -> Json {
    let version = returned.executed_version.as_deref();
    let length = returned.length.to_string();
    let headers: Vec<(&str, &str)> = [
        ("Connection", Some("keep-alive")),
        ("Content-Length", Some(length.as_str())),
        (
            "Content-Type",
            (returned.status == 200).then_some("application/json"),
        ),
        ("Date", Some(returned.date.as_str())),
        ("X-Amz-Executed-Version", version),
        ("X-Amz-Log-Result", returned.log_result.as_deref()),
        ("x-amzn-Remapped-Content-Length", Some("0")),
        ("x-amzn-RequestId", Some(returned.request_id.as_str())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect();
    let mut out = String::from("{");
    if let Some(version) = version {
        member(&mut out, "ExecutedVersion", version);
    }
    if let Some(log) = &returned.log_result {
        member(&mut out, "LogResult", log);
    }
    out.push_str("\"Payload\":");
    out.push_str(returned.payload.as_str());
    let metadata = super::answer::metadata(&headers, returned.status);
    out.push_str(",\"SdkHttpMetadata\":");
    out.push_str(&metadata.to_string());
    out.push_str(",\"SdkResponseMetadata\":");
    out.push_str(&json!({ "RequestId": returned.request_id }).to_string());
    out.push_str(&format!(",\"StatusCode\":{}}}", returned.status));
    Json::trusted(out)
}

fn member(out: &mut String, name: &str, value: &str) {
    push_string(out, name);
    out.push(':');
    push_string(out, value);
    out.push(',');
}

fn failure(answer: FunctionAnswer, about: &About<'_>) -> TaskError {
    match answer {
        FunctionAnswer::Failed(body) => failed(&String::from_utf8_lossy(&body)),
        FunctionAnswer::Threw {
            error_type,
            message,
        } => failed(&error_payload(&message, &error_type)),
        FunctionAnswer::NotFound { function } => {
            let message = format!("Function not found: {}", full_arn(&function, about));
            refused(404, "ResourceNotFoundException", &message, about)
        }
        FunctionAnswer::Throttled => {
            refused(429, "TooManyRequestsException", "Rate Exceeded.", about)
        }
        FunctionAnswer::TimedOut => {
            failed(&error_payload("Error: Task timed out", "Sandbox.Timedout"))
        }
        FunctionAnswer::Refused {
            status,
            name,
            message,
        } => refused(status, &name, &message, about),
        FunctionAnswer::Unreachable(why) => TaskError {
            error: "Lambda.SdkClientException".to_owned(),
            cause: why,
        },
        FunctionAnswer::Returned(_) => TaskError::runtime("an answer that is not a failure"),
    }
}

/// The function's own error: its type is the name, its answer the cause.
fn failed(body: &str) -> TaskError {
    let told: Map<String, Value> = serde_json::from_str(body).unwrap_or_default();
    match told.get("errorType").and_then(Value::as_str) {
        Some(error) if !error.is_empty() => TaskError {
            error: error.to_owned(),
            cause: body.to_owned(),
        },
        _none => TaskError {
            error: "Lambda.Unknown".to_owned(),
            cause: format!(
                "The cause could not be determined because Lambda did not return an error type. Returned payload: {body}"
            ),
        },
    }
}

/// An error of the service, in the words of the AWS SDK.
fn refused(status: u16, name: &str, message: &str, about: &About<'_>) -> TaskError {
    let error = if name.ends_with("Exception") {
        format!("Lambda.{name}")
    } else {
        format!("Lambda.{name}Exception")
    };
    TaskError {
        error,
        cause: format!(
            "{message} (Service: AWSLambda; Status Code: {status}; Error Code: {name}; Request ID: {}; Proxy: null)",
            about.key
        ),
    }
}

fn full_arn(function: &str, about: &About<'_>) -> String {
    if function.starts_with("arn:") {
        return function.to_owned();
    }
    let qualified = if function.contains(':') {
        ""
    } else {
        ":$LATEST"
    };
    format!(
        "arn:aws:lambda:{}:{}:function:{function}{qualified}",
        about.region, about.account
    )
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

    const ABOUT: About<'_> = About {
        execution_arn: "arn:aws:states:us-east-1:000000000000:execution:m:e",
        machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m",
        region: "us-east-1",
        account: "000000000000",
        key: "k",
    };

    fn json(text: &str) -> Json {
        Json::parse(text).unwrap()
    }

    fn invoked(arguments: &str) -> Invoke {
        let resource = resolve("arn:aws:states:::lambda:invoke").unwrap();
        let call = resource
            .integration
            .call(&resource, &json(arguments), &ABOUT);
        match call.unwrap() {
            Call::Invoke(invoke) => invoke,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn invoke_takes_the_function_and_hands_its_payload_on_untouched() {
        let invoke = invoked(r#"{"FunctionName":"f","Qualifier":"live","Payload":{"b":1, "a":2}}"#);
        assert_eq!(invoke.function, "f");
        assert_eq!(invoke.qualifier.as_deref(), Some("live"));
        assert_eq!(invoke.payload, json(r#"{"b":1, "a":2}"#));
    }

    #[test]
    fn a_payload_that_is_json_in_a_string_is_the_event_itself() {
        let event = |payload: &str| {
            invoked(&format!(r#"{{"FunctionName":"f","Payload":{payload}}}"#)).payload
        };
        assert_eq!(event(r#""{\"a\":1}""#), json(r#"{"a":1}"#));
        assert_eq!(event(r#""hello""#), json(r#""hello""#));
        assert_eq!(event("null"), json("{}"));
        assert_eq!(invoked(r#"{"FunctionName":"f"}"#).payload, json("{}"));
    }

    #[test]
    fn an_answer_is_shown_with_its_version_and_headers() {
        let resource = resolve("arn:aws:states:::lambda:invoke").unwrap();
        let answer = Answer::Function(FunctionAnswer::Returned(Returned {
            payload: json(r#"{"x":1}"#),
            length: 7,
            status: 200,
            executed_version: Some("3".into()),
            log_result: None,
            request_id: "r".into(),
            date: "Thu, 01 Jan 1970 00:00:00 GMT".into(),
        }));
        let result = resource.integration.result(&resource, answer, &ABOUT);
        let result: Value = serde_json::from_str(result.unwrap().as_str()).unwrap();
        assert_eq!(result["Payload"]["x"], 1);
        assert_eq!(result["StatusCode"], 200);
        assert_eq!(result["ExecutedVersion"], "3");
        assert_eq!(result["SdkResponseMetadata"]["RequestId"], "r");
        let metadata = &result["SdkHttpMetadata"];
        assert_eq!(metadata["HttpHeaders"]["X-Amz-Executed-Version"], "3");
        assert_eq!(metadata["AllHttpHeaders"]["Content-Length"], json!(["7"]));
    }

    #[test]
    fn a_function_that_fails_names_the_error_and_its_answer_is_the_cause() {
        let threw = FunctionAnswer::Threw {
            error_type: "Call.NotAllowed".into(),
            message: "no \"way\"".into(),
        };
        let error = failure(threw, &ABOUT);
        assert_eq!(error.error, "Call.NotAllowed");
        assert_eq!(
            error.cause,
            r#"{"errorMessage":"no \"way\"","errorType":"Call.NotAllowed"}"#
        );
        let untyped = failure(
            FunctionAnswer::Failed(r#"{"errorMessage":"x"}"#.into()),
            &ABOUT,
        );
        assert_eq!(untyped.error, "Lambda.Unknown");
        assert!(
            untyped
                .cause
                .ends_with(r#"Returned payload: {"errorMessage":"x"}"#)
        );
    }

    #[test]
    fn other_resources_are_not_ours() {
        assert!(resolve("arn:aws:states:::sqs:sendMessage").is_none());
        assert!(resolve("arn:aws:lambda:us-east-1:1:function:f").is_none());
    }
}
