//! The arguments of a task as an operation takes them.

use serde_json::{Map, Value};

use super::plain;
use crate::integration::table::{self, Service};
use crate::integration::{Resource, TaskError, shape};
use crate::json::Json;

/// The arguments of a task; none if they are null.
pub(super) fn members(
    resource: &Resource,
    arguments: &Json,
) -> Result<Map<String, Value>, TaskError> {
    match serde_json::from_str(arguments.as_str()) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(other) => {
            let name = resource.service.strip_prefix("aws-sdk:");
            Err(TaskError::runtime(format!(
                "The arguments of {}:{} must be an object, not {other}",
                name.unwrap_or(&resource.service),
                shape::capital(plain(&resource.action))
            )))
        }
        Err(error) => Err(TaskError::runtime(format!(
            "The arguments cannot be read: {error}"
        ))),
    }
}

/// Adds the member by which the service knows a request again, unless it is given. The AWS SDKs make one up; here it is the task's
/// key, the same when the call is made again.
pub(super) fn add_token(
    service: &Service,
    operation: &str,
    arguments: &mut Map<String, Value>,
    key: &str,
) {
    let Some(token) = table::token(service.name, operation) else {
        return;
    };
    arguments.retain(|name, value| !value.is_null() || shape::capital(name) != token);
    if !arguments.keys().any(|name| shape::capital(name) == token) {
        arguments.insert(token.to_owned(), Value::from(key));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{ABOUT, found, parcels};
    use super::super::{PREFIX, resolve};
    use crate::integration::Call;
    use crate::json::Json;

    #[test]
    fn arguments_are_an_object_whatever_makes_the_call() {
        let models = parcels();
        for (rest, name) in [
            ("sqs:sendMessage", "sqs:SendMessage"),
            ("sfn:startExecution", "sfn:StartExecution"),
            ("lambda:invoke.waitForTaskToken", "lambda:Invoke"),
            ("parcels:label.waitForTaskToken", "parcels:Label"),
        ] {
            let arn = format!("{PREFIX}{rest}");
            let resource = resolve(&arn, &models).unwrap().unwrap();
            let arguments = Json::parse("[1]").unwrap();
            let called = resource.integration.call(&resource, &arguments, &ABOUT);
            let refused = called.unwrap_err();
            assert_eq!(refused.error, crate::asl::errors::RUNTIME, "{rest}");
            let expected = format!("The arguments of {name} must be an object, not [1]");
            assert_eq!(refused.cause, expected);
        }
    }

    #[test]
    fn a_call_has_the_key_of_its_task_where_its_service_takes_one() {
        let body = |rest: &str, arguments: &str| -> Value {
            let resource = found(&format!("{PREFIX}{rest}")).unwrap().unwrap();
            let arguments = Json::parse(arguments).unwrap();
            let called = resource.integration.call(&resource, &arguments, &ABOUT);
            let body = match called.unwrap() {
                Call::Service(call) => call.body,
                Call::Api(call) => call.body,
                other => panic!("{other:?}"),
            };
            serde_json::from_str(&body).unwrap()
        };
        let made = body("secretsmanager:createSecret", r#"{ "Name": "n" }"#);
        assert_eq!(made, json!({ "Name": "n", "ClientRequestToken": "k" }));
        let null = r#"{ "clientToken": null, "TaskDefinition": "t" }"#;
        let run = body("ecs:runTask", null);
        assert_eq!(run, json!({ "taskDefinition": "t", "clientToken": "k" }));
        let own = body("ecs:runTask", r#"{ "ClientToken": "own" }"#);
        assert_eq!(own, json!({ "clientToken": "own" }));
        let redriven = body("sfn:redriveExecution", r#"{ "ExecutionArn": "e" }"#);
        assert_eq!(redriven, json!({ "executionArn": "e", "clientToken": "k" }));
        let sent = body("sqs:sendMessage", r#"{ "QueueUrl": "q" }"#);
        assert_eq!(sent, json!({ "QueueUrl": "q" }));
    }
}
