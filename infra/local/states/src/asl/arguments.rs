//! Arguments that an optimised integration cannot do without, or cannot have: they are found when a definition is given.
//!
//! Source: developer guide, "Integrating optimized services with Step Functions", and the API reference of each service:
//! members that are required.

use serde_json::{Map, Value};

use super::diagnostic::{Code, Diagnostic, Severity};
use super::expression::source_of;
use crate::integration::apigateway;

const PREFIX: &str = "arn:aws:states:::";
/// Its arguments are judged besides being there.
const API: &str = "apigateway:invoke";

/// By resource without its pattern, the members that must be there.
const REQUIRED: [(&str, &[&str]); 17] = [
    ("lambda:invoke", &["FunctionName"]),
    ("sqs:sendMessage", &["QueueUrl", "MessageBody"]),
    ("sns:publish", &["Message"]),
    ("events:putEvents", &["Entries"]),
    ("states:startExecution", &["StateMachineArn"]),
    ("dynamodb:getItem", &["TableName", "Key"]),
    ("dynamodb:putItem", &["TableName", "Item"]),
    ("dynamodb:updateItem", &["TableName", "Key"]),
    ("dynamodb:deleteItem", &["TableName", "Key"]),
    ("http:invoke", &["ApiEndpoint", "Method"]),
    (API, &["ApiEndpoint", "Method"]),
    ("athena:startQueryExecution", &["QueryString"]),
    ("batch:submitJob", &["JobName", "JobQueue", "JobDefinition"]),
    ("codebuild:startBuild", &["ProjectName"]),
    ("ecs:runTask", &["TaskDefinition"]),
    ("glue:startJobRun", &["JobName"]),
    ("bedrock:invokeModel", &["ModelId"]),
];

/// By resource without its pattern, members of which exactly one must be there.
const ONE_OF: [(&str, [&str; 2]); 1] = [("http:invoke", ["Authentication", "InvocationConfig"])];

/// Which arguments the Task state at the JSON pointer `at` lacks, and which are wrong. What is not written out is only known at
/// run time.
pub(super) fn refused(at: &str, state: &Value, jsonata: bool, found: &mut Vec<Diagnostic>) {
    let field = if jsonata { "Arguments" } else { "Parameters" };
    let Some(given) = state[field].as_object() else {
        return;
    };
    let rest = state["Resource"]
        .as_str()
        .and_then(|r| r.strip_prefix(PREFIX));
    let Some(rest) = rest.filter(|_| state["Type"] == "Task") else {
        return;
    };
    let plain = rest.split('.').next().unwrap_or(rest);
    let mut refuse = |message: String| {
        found.push(Diagnostic {
            severity: Severity::Error,
            code: Code::Schema,
            message,
            location: format!("{at}/{field}"),
        });
    };
    let rows = REQUIRED.iter().filter(|(resource, _)| *resource == plain);
    for name in rows.flat_map(|(_, names)| names.iter()) {
        if !is_given(given, name, jsonata) {
            refuse(format!("The field '{name}' is required but was missing"));
        }
    }
    for (_, [either, or]) in ONE_OF.iter().filter(|(resource, _)| *resource == plain) {
        match (
            is_given(given, either, jsonata),
            is_given(given, or, jsonata),
        ) {
            (false, false) => refuse(format!(
                "One of the fields '{either}' and '{or}' is required but both were missing"
            )),
            (true, true) => refuse(format!(
                "The fields '{either}' and '{or}' cannot both be given"
            )),
            _one => {}
        }
    }
    if plain == API {
        let written = given
            .iter()
            .filter(|(_, value)| !(jsonata && is_made(value)));
        for why in written.filter_map(|(name, value)| apigateway::misfit(name, value)) {
            refuse(why);
        }
    }
}

/// Whether a value of JSONata is an expression.
fn is_made(value: &Value) -> bool {
    value.as_str().is_some_and(|text| source_of(text).is_some())
}

fn is_given(given: &Map<String, Value>, name: &str, jsonata: bool) -> bool {
    given.contains_key(name) || (!jsonata && given.contains_key(&format!("{name}.$")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(state: &Value, jsonata: bool) -> Vec<String> {
        let mut found = Vec::new();
        refused("", state, jsonata, &mut found);
        found.into_iter().map(|d| d.message).collect()
    }

    #[test]
    fn what_is_missing_is_named_whatever_the_pattern() {
        let task = |resource: &str, given: Value| json!({ "Type": "Task", "Resource": format!("arn:aws:states:::{resource}"), "Parameters": given });
        let sqs = task(
            "sqs:sendMessage.waitForTaskToken",
            json!({ "QueueUrl.$": "$.q" }),
        );
        assert_eq!(
            found(&sqs, false),
            ["The field 'MessageBody' is required but was missing"]
        );
        let start = task("states:startExecution.sync:2", json!({}));
        assert_eq!(
            found(&start, false),
            ["The field 'StateMachineArn' is required but was missing"]
        );
        let sdk = task("aws-sdk:sqs:sendMessage", json!({}));
        assert_eq!(found(&sdk, false), [""; 0]);
    }

    #[test]
    fn a_connection_is_given_once() {
        let http = |mut given: Value| {
            given["ApiEndpoint"] = json!("https://api.example.com");
            given["Method"] = json!("GET");
            found(
                &json!({ "Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": given }),
                false,
            )
        };
        let arn = json!({ "ConnectionArn": "arn:c" });
        assert_eq!(http(json!({ "Authentication": arn })), [""; 0]);
        assert_eq!(http(json!({ "InvocationConfig": arn })), [""; 0]);
        assert_eq!(http(json!({ "InvocationConfig.$": "$.c" })), [""; 0]);
        assert_eq!(
            http(json!({})),
            [
                "One of the fields 'Authentication' and 'InvocationConfig' is required but both were missing"
            ]
        );
        assert_eq!(
            http(json!({ "Authentication.$": "$.c", "InvocationConfig": arn })),
            ["The fields 'Authentication' and 'InvocationConfig' cannot both be given"]
        );
    }

    #[test]
    fn arguments_of_an_api_are_judged_as_far_as_they_are_written_out() {
        let api = |given: Value, jsonata: bool| {
            let field = if jsonata { "Arguments" } else { "Parameters" };
            let resource = "arn:aws:states:::apigateway:invoke.waitForTaskToken";
            found(
                &json!({ "Type": "Task", "Resource": resource, field: given }),
                jsonata,
            )
        };
        let at = "abc.execute-api.us-east-1.amazonaws.com";
        let token = json!({ "ApiEndpoint": at, "Method": "GET", "Headers": { "Token.$": "States.Array($$.Task.Token)" } });
        assert_eq!(api(token, false), [""; 0]);
        let wrong = json!({ "ApiEndpoint": "api.example.com", "Method.$": "$.m", "Headers": { "Via.$": "$.v" } });
        assert_eq!(
            api(wrong, false),
            [
                "The value for the 'ApiEndpoint' field is not valid",
                "The 'Headers' field contains unsupported values: [via]"
            ]
        );
        let made = json!({ "ApiEndpoint": at, "Method": "{% $m %}", "Headers": "{% $h %}" });
        assert_eq!(api(made, true), [""; 0]);
        let null = json!({ "ApiEndpoint": at, "Method": "GET", "AuthType": null });
        assert_eq!(api(null, true), [""; 0]);
        let no_method = json!({ "ApiEndpoint": at, "Method": null });
        assert_eq!(
            api(no_method, true),
            ["The value for the 'Method' field is not valid"]
        );
        let fetch = json!({ "ApiEndpoint": at, "AuthType": "IAM", "Method": "FETCH" });
        assert_eq!(
            api(fetch, true),
            [
                "The value for the 'AuthType' field is not valid",
                "The value for the 'Method' field is not valid"
            ]
        );
    }

    #[test]
    fn what_is_made_at_run_time_is_not_judged() {
        let task = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": "{% $states.input %}" });
        assert_eq!(found(&task, true), [""; 0]);
        let dotted = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": { "FunctionName.$": "$.f" } });
        assert_eq!(found(&dotted, true).len(), 1);
    }
}
