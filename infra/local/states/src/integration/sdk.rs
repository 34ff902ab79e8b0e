//! `aws-sdk:` tasks: any operation of the services in the table, and of those whose models are given.
//!
//! Source: developer guide, "AWS SDK service integrations".

use serde_json::Value;

use super::service::{self, Refusal};
use super::shape::Times;
use super::table::{self, Protocol, Service};
use super::{
    About, Answer, ApiCall, Call, Family, Integration, InvocationKind, Invoke, Pattern, Resource,
    TaskError, lambda, model, shape,
};
use crate::json::Json;

#[derive(Debug)]
struct Sdk;
/// Step Functions itself, without a detour over the network.
#[derive(Debug)]
struct Own;
/// `aws-sdk:lambda:invoke`.
#[derive(Debug)]
struct Function;

const PREFIX: &str = "arn:aws:states:::aws-sdk:";
pub(super) const CALLBACK: &str = ".waitForTaskToken";

/// The resource, a sentence against it, or `None` for what is no `aws-sdk:` resource.
pub(super) fn resolve(arn: &str) -> Option<Result<Resource, String>> {
    let rest = arn.strip_prefix(PREFIX)?;
    Some(resolved(arn, rest))
}

fn resolved(arn: &str, rest: &str) -> Result<Resource, String> {
    let Some((name, action)) = rest.split_once(':') else {
        return Err(format!(
            "The resource '{arn}' names no action: {PREFIX}<service>:<action>"
        ));
    };
    let (operation, pattern) = match action.strip_suffix(CALLBACK) {
        Some(operation) => (operation, Pattern::WaitForTaskToken),
        None => (action, Pattern::RequestResponse),
    };
    if !operation.chars().all(|c| c.is_ascii_alphanumeric())
        || !operation.starts_with(|c: char| c.is_ascii_lowercase())
    {
        return Err(format!(
            "The action '{action}' of the resource '{arn}' is not one: it is written like putItem or putItem{CALLBACK}"
        ));
    }
    let listed = table::service(name);
    let known = listed.is_some_and(|service| callable(service, &shape::capital(operation)));
    if !known {
        let modelled = listed
            .is_none_or(may_be_modelled)
            .then(|| model::resolve(arn, name, action, pattern));
        return modelled.flatten().unwrap_or_else(|| {
            Err(match listed {
                Some(_) => format!(
                    "The action '{operation}' of the service '{name}' is not supported"
                ),
                None => format!(
                    "The service '{name}' of the resource '{arn}' is not supported: use one of {}, or give its model with --service-models",
                    table::names().join(", ")
                ),
            })
        });
    }
    Ok(Resource {
        arn: arn.to_owned(),
        service: format!("aws-sdk:{name}"),
        action: action.to_owned(),
        pattern,
        family: Family::Task,
        integration: match (name, operation) {
            ("sfn", _) => &Own,
            ("lambda", "invoke") => &Function,
            _other => &Sdk,
        },
    })
}

/// Reads the models of the services that are named here, if there are any. Compiling does so as well; this is for who compiles
/// while others wait, and blocks on the disk.
pub(crate) fn read_models(definition: &str) {
    named(definition).for_each(model::read);
}

/// The services in the resources of a definition. Those that are spelt with escapes are left out.
fn named(definition: &str) -> impl Iterator<Item = &str> {
    let after = definition.split(PREFIX).skip(1);
    after
        .filter_map(|rest| rest.split_once(':'))
        .map(|(name, _)| name)
        .filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric()))
        .filter(|name| table::service(name).is_none_or(may_be_modelled))
}

/// Whether a model could say more of a service in the table: of those that speak REST with XML none is spoken.
fn may_be_modelled(service: &Service) -> bool {
    !matches!(service.protocol, Protocol::RestXml { .. } | Protocol::S3)
}

/// Whether the table says enough of a service for this operation.
fn callable(service: &'static Service, operation: &str) -> bool {
    !matches!(
        service.protocol,
        Protocol::Rest | Protocol::RestXml { .. } | Protocol::S3
    ) || (service.name, operation) == ("lambda", "Invoke")
        || table::route(service.name, operation).is_some()
}

/// A resource that was accepted once and is not known any more: its tasks fail, its machine stays.
pub(super) fn stored(arn: &str) -> Option<Resource> {
    let (name, action) = arn.strip_prefix(PREFIX)?.split_once(':')?;
    let pattern = match action.strip_suffix(CALLBACK) {
        Some(_) => Pattern::WaitForTaskToken,
        None => Pattern::RequestResponse,
    };
    Some(model::unknown(arn, name, action, pattern))
}

/// The service and the operation of a resource.
fn target(resource: &Resource) -> Result<(&'static Service, String), TaskError> {
    let name = resource
        .service
        .strip_prefix("aws-sdk:")
        .unwrap_or_default();
    let service = table::service(name).ok_or_else(|| TaskError::runtime("no such service"))?;
    let action = resource
        .action
        .strip_suffix(CALLBACK)
        .unwrap_or(&resource.action);
    Ok((service, shape::capital(action)))
}

fn parsed(arguments: &Json) -> Result<Value, TaskError> {
    serde_json::from_str(arguments.as_str())
        .map_err(|e| TaskError::runtime(format!("The arguments cannot be read: {e}")))
}

impl Integration for Sdk {
    fn call(
        &self,
        resource: &Resource,
        arguments: &Json,
        _: &About<'_>,
    ) -> Result<Call, TaskError> {
        let (service, operation) = target(resource)?;
        service::call(service, &operation, parsed(arguments)?).map(Call::Service)
    }

    fn result(
        &self,
        resource: &Resource,
        answer: Answer,
        _: &About<'_>,
    ) -> Result<Json, TaskError> {
        let (service, operation) = target(resource)?;
        match answer {
            Answer::Service(Ok(answer)) => service::read(service, &operation, &answer, Times::Text)
                .map(|result| Json::trusted(result.to_string()))
                .map_err(|refusal| refused(service, &refusal)),
            Answer::Service(Err(why)) => Err(service::unreachable(service.prefix, why)),
            Answer::Function(_) | Answer::Api(_) | Answer::Http(_) => Err(service::unexpected()),
        }
    }
}

/// An error in the words of the AWS SDK for Java 2.
pub(super) fn refused(service: &Service, refusal: &Refusal) -> TaskError {
    let name = service::named(service, &refusal.code)
        .unwrap_or_else(|| format!("{}Exception", service.prefix));
    TaskError {
        error: format!("{}.{name}", service.prefix),
        cause: format!(
            "{} (Service: {}, Status Code: {}, Request ID: {}) (SDK Attempt Count: 1)",
            refusal.message, service.prefix, refusal.status, refusal.request_id
        ),
    }
}

impl Integration for Own {
    fn call(
        &self,
        resource: &Resource,
        arguments: &Json,
        _: &About<'_>,
    ) -> Result<Call, TaskError> {
        let (service, operation) = target(resource)?;
        let mut arguments = parsed(arguments)?;
        if let Some(members) = arguments.as_object_mut() {
            for name in ["Input", "Output", "Definition"] {
                shape::text_member(members, name);
            }
        }
        let body = shape::request(service, arguments).to_string();
        Ok(Call::Api(ApiCall { operation, body }))
    }

    fn result(
        &self,
        resource: &Resource,
        answer: Answer,
        about: &About<'_>,
    ) -> Result<Json, TaskError> {
        let (service, _) = target(resource)?;
        match answer {
            Answer::Api(Ok(result)) => Ok(Json::trusted(
                shape::answer(service, result, Times::Text).to_string(),
            )),
            Answer::Api(Err(failure)) => Err(refused(
                service,
                &Refusal {
                    status: failure.status,
                    code: failure.name,
                    message: failure.message,
                    request_id: about.key.to_owned(),
                },
            )),
            Answer::Function(_) | Answer::Service(_) | Answer::Http(_) => {
                Err(service::unexpected())
            }
        }
    }
}

impl Integration for Function {
    fn call(&self, _: &Resource, arguments: &Json, _: &About<'_>) -> Result<Call, TaskError> {
        let arguments = parsed(arguments)?;
        let text = |name: &str| arguments[name].as_str().map(str::to_owned);
        let Some(function) = text("FunctionName") else {
            return Err(TaskError::runtime(
                "The arguments of lambda:invoke lack 'FunctionName'",
            ));
        };
        let payload = match &arguments["Payload"] {
            Value::Null => Json::trusted("{}"),
            Value::String(given) => Json::parse(given).unwrap_or_else(|_| Json::string(given)),
            given => Json::trusted(given.to_string()),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(arn: &str) -> String {
        resolve(arn).unwrap().unwrap_err()
    }

    #[test]
    fn a_resource_names_its_service_and_action() {
        let found = resolve("arn:aws:states:::aws-sdk:dynamodb:putItem")
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.service.as_str(), found.action.as_str()),
            ("aws-sdk:dynamodb", "putItem")
        );
        let found = resolve("arn:aws:states:::aws-sdk:sqs:sendMessage.waitForTaskToken")
            .unwrap()
            .unwrap();
        assert_eq!(found.pattern, Pattern::WaitForTaskToken);
        assert!(resolve("arn:aws:states:::lambda:invoke").is_none());
    }

    #[test]
    fn what_is_not_supported_is_refused_with_what_is() {
        assert!(refusal("arn:aws:states:::aws-sdk:nosuch:doIt").contains("dynamodb"));
        assert!(refusal("arn:aws:states:::aws-sdk:dynamodb").contains("<action>"));
        assert!(refusal("arn:aws:states:::aws-sdk:dynamodb:PutItem").contains("putItem"));
        assert!(refusal("arn:aws:states:::aws-sdk:chimesdkvoice:fly").contains("'fly'"));
    }

    #[test]
    fn a_service_that_was_accepted_once_costs_its_tasks_only() {
        let arn = "arn:aws:states:::aws-sdk:nosuch:doIt.waitForTaskToken";
        assert!(super::super::resolve(arn).is_err());
        let resource = super::super::resolve_stored(arn).unwrap();
        assert_eq!(resource.pattern, Pattern::WaitForTaskToken);
        let about = About {
            execution_arn: "E",
            machine_arn: "M",
            region: "us-east-1",
            account: "000000000000",
            key: "k",
        };
        let arguments = Json::parse("{}").unwrap();
        let called = resource.integration.call(&resource, &arguments, &about);
        let refused = called.unwrap_err();
        assert_eq!(refused.error, crate::asl::errors::RUNTIME);
        assert!(refused.cause.contains("--service-models"));
        assert!(super::super::resolve_stored("arn:aws:states:::nosuch:doIt").is_err());
    }

    #[test]
    fn models_are_asked_for_what_they_can_say() {
        let definition = r#"{ "A": "arn:aws:states:::aws-sdk:lexmodelsv2:listBots", "B": "arn:aws:states:::aws-sdk:s3:x",
            "C": "arn:aws:states:::aws-sdk:lambda:listTags", "D": "arn:aws:states:::aws-sdk:{}:x", "E": "arn:aws:states:::aws-sdk:" }"#;
        let found: Vec<&str> = named(definition).collect();
        assert_eq!(found, ["lexmodelsv2", "lambda"]);
        for (name, modelled) in [("s3", false), ("route53", false), ("batch", true)] {
            let service = table::service(name).unwrap();
            assert_eq!(may_be_modelled(service), modelled, "{name}");
        }
    }

    #[test]
    fn errors_are_named_after_the_services_model() {
        let dynamodb = table::service("dynamodb").unwrap();
        let named = |code: &str| {
            let code = code.to_owned();
            let (status, message, request_id) = (400, "m".to_owned(), "r".to_owned());
            refused(
                dynamodb,
                &Refusal {
                    status,
                    code,
                    message,
                    request_id,
                },
            )
            .error
        };
        assert_eq!(
            named("ConditionalCheckFailedException"),
            "DynamoDb.ConditionalCheckFailedException"
        );
        assert_eq!(
            named("InternalServerError"),
            "DynamoDb.InternalServerErrorException"
        );
        assert_eq!(named("ValidationException"), "DynamoDb.DynamoDbException");
    }
}
