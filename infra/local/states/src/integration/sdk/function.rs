//! Invocations of functions, as the SDK has them.

use serde_json::Value;

use super::arguments::members;
use crate::integration::{
    About, Answer, Call, Integration, InvocationKind, Invoke, Resource, TaskError, lambda, service,
};
use crate::json::Json;

/// `aws-sdk:lambda:invoke`.
#[derive(Debug)]
pub(super) struct Function;

impl Integration for Function {
    fn call(
        &self,
        resource: &Resource,
        arguments: &Json,
        _: &About<'_>,
    ) -> Result<Call, TaskError> {
        let arguments = members(resource, arguments)?;
        let text = |name: &str| arguments.get(name)?.as_str().map(str::to_owned);
        let Some(function) = text("FunctionName") else {
            return Err(TaskError::runtime(
                "The arguments of lambda:invoke lack 'FunctionName'",
            ));
        };
        let payload = match arguments.get("Payload") {
            None | Some(Value::Null) => Json::trusted("{}"),
            Some(Value::String(given)) => {
                Json::parse(given).unwrap_or_else(|_| Json::string(given))
            }
            Some(given) => Json::trusted(given.to_string()),
        };
        Ok(Call::Invoke(Invoke {
            function,
            qualifier: text("Qualifier"),
            payload,
            kind: match text("InvocationType").as_deref() {
                Some("Event") => InvocationKind::Event,
                Some("DryRun") => InvocationKind::DryRun,
                _usual => InvocationKind::RequestResponse,
            },
            log_tail: text("LogType").as_deref() == Some("Tail"),
            client_context: text("ClientContext"),
        }))
    }

    /// The answer as the SDK has it: a payload in text, and a function's error is no error of the call.
    fn result(&self, _: &Resource, answer: Answer, about: &About<'_>) -> Result<Json, TaskError> {
        match answer {
            Answer::Function(answer) => lambda::sdk_result(answer, about),
            Answer::Api(_) | Answer::Service(_) | Answer::Http(_) => Err(service::unexpected()),
        }
    }
}
