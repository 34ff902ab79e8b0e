//! `aws-sdk:` tasks: any operation of the services in the table, and of those whose models are given.
//!
//! Source: developer guide, "AWS SDK service integrations". There are two ways to make a call, by the table and by a model; what
//! comes before and after it is the same.

use serde_json::{Map, Value};

use super::model::Modelled;
use super::service::{self, Refusal};
use super::shape::Times;
use super::table::{self, Protocol, Service};
use super::{
    About, Answer, ApiCall, Call, Family, Integration, InvocationKind, Invoke, Means, Pattern,
    Resource, ServiceAnswer, ServiceCall, ServiceModels, TaskError, lambda, shape,
};
use crate::json::Json;

/// An operation of a service.
#[derive(Debug)]
enum Sdk {
    /// By the table.
    Listed {
        service: &'static Service,
        operation: String,
    },
    /// By its service's model.
    Modelled(Modelled),
    /// It was accepted once and is not known any more, for this reason.
    Lost(String),
}
/// An operation of Step Functions itself, without a detour over the network.
#[derive(Debug)]
struct Own {
    service: &'static Service,
    operation: String,
}
/// `aws-sdk:lambda:invoke`.
#[derive(Debug)]
struct Function;

const PREFIX: &str = "arn:aws:states:::aws-sdk:";
const CALLBACK: &str = ".waitForTaskToken";

/// The resource, a sentence against it, or `None` for what is no `aws-sdk:` resource.
pub(super) fn resolve(arn: &str, models: &ServiceModels) -> Option<Result<Resource, String>> {
    let rest = arn.strip_prefix(PREFIX)?;
    Some(resolved(arn, rest, models))
}

fn resolved(arn: &str, rest: &str, models: &ServiceModels) -> Result<Resource, String> {
    let Some((name, action)) = rest.split_once(':') else {
        return Err(format!(
            "The resource '{arn}' names no action: {PREFIX}<service>:<action>"
        ));
    };
    let plain = plain(action);
    if !plain.chars().all(|c| c.is_ascii_alphanumeric())
        || !plain.starts_with(|c: char| c.is_ascii_lowercase())
    {
        return Err(format!(
            "The action '{action}' of the resource '{arn}' is not one: it is written like putItem or putItem{CALLBACK}"
        ));
    }
    let operation = shape::capital(plain);
    let listed = table::service(name).filter(|service| callable(service, &operation));
    let integration = match (listed, plain) {
        (Some(service), "invoke") if service.name == "lambda" => Means::Common(&Function),
        (Some(service), _) if service.name == "sfn" => {
            Means::Own(Box::new(Own { service, operation }))
        }
        (Some(service), _) => Means::Own(Box::new(Sdk::Listed { service, operation })),
        (None, _) => Means::Own(Box::new(Sdk::Modelled(modelled(arn, name, plain, models)?))),
    };
    Ok(resource(arn, name, action, integration))
}

/// An operation of which the table does not say enough, or a sentence against the resource.
fn modelled(
    arn: &str,
    name: &str,
    action: &str,
    models: &ServiceModels,
) -> Result<Modelled, String> {
    let listed = table::service(name);
    let found = listed
        .is_none_or(may_be_modelled)
        .then(|| Modelled::find(models, name, action));
    match (found.flatten(), listed) {
        (Some(found), _) => {
            found.map_err(|why| format!("The resource '{arn}' cannot be used: {why}"))
        }
        (None, Some(_)) => Err(format!(
            "The action '{action}' of the service '{name}' is not supported"
        )),
        (None, None) => Err(format!(
            "The service '{name}' of the resource '{arn}' is not supported: use one of {}, or give its model with --service-models",
            table::names().join(", ")
        )),
    }
}

fn resource(arn: &str, name: &str, action: &str, integration: Means) -> Resource {
    Resource {
        arn: arn.to_owned(),
        service: format!("aws-sdk:{name}"),
        action: action.to_owned(),
        pattern: match action.strip_suffix(CALLBACK) {
            Some(_) => Pattern::WaitForTaskToken,
            None => Pattern::RequestResponse,
        },
        family: Family::Task,
        integration,
    }
}

fn plain(action: &str) -> &str {
    action.strip_suffix(CALLBACK).unwrap_or(action)
}

/// Whether a model could say more of a service in the table: of those that speak REST with XML none is spoken.
fn may_be_modelled(service: &Service) -> bool {
    !matches!(service.protocol, Protocol::RestXml { .. } | Protocol::S3)
}

/// Whether the table says enough of a service for this operation.
fn callable(service: &Service, operation: &str) -> bool {
    match service.protocol {
        Protocol::Rest | Protocol::RestXml { .. } | Protocol::S3 => {
            (service.name, operation) == ("lambda", "Invoke")
                || table::route(service.name, operation).is_some()
        }
        Protocol::Json { .. } | Protocol::Query { .. } | Protocol::Ec2 { .. } => {
            !table::is_stream(service.name, operation)
        }
    }
}

/// A resource that was accepted once and is not known any more: its tasks fail, its machine stays.
pub(super) fn stored(arn: &str, models: &ServiceModels) -> Option<Resource> {
    let (name, action) = arn.strip_prefix(PREFIX)?.split_once(':')?;
    let plain = plain(action);
    let why = match Modelled::find(models, name, plain) {
        Some(Err(why)) => why,
        Some(Ok(_)) | None => {
            "it is not known here, and no model of the service that has it is given (--service-models)"
                .to_owned()
        }
    };
    let lost = Sdk::Lost(format!(
        "The action '{plain}' of the service '{name}' cannot be called: {why}"
    ));
    Some(resource(arn, name, action, Means::Own(Box::new(lost))))
}

/// The arguments of a task; none if they are null.
fn members(resource: &Resource, arguments: &Json) -> Result<Map<String, Value>, TaskError> {
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
fn add_token(service: &Service, operation: &str, arguments: &mut Map<String, Value>, key: &str) {
    let Some(token) = table::token(service.name, operation) else {
        return;
    };
    arguments.retain(|name, value| !value.is_null() || shape::capital(name) != token);
    if !arguments.keys().any(|name| shape::capital(name) == token) {
        arguments.insert(token.to_owned(), Value::from(key));
    }
}

impl Sdk {
    fn service(&self) -> Result<&Service, TaskError> {
        match self {
            Self::Listed { service, .. } => Ok(service),
            Self::Modelled(modelled) => Ok(modelled.service()),
            Self::Lost(why) => Err(TaskError::runtime(why)),
        }
    }

    fn made(&self, mut arguments: Map<String, Value>, key: &str) -> Result<ServiceCall, TaskError> {
        match self {
            Self::Listed { service, operation } => {
                add_token(service, operation, &mut arguments, key);
                service::call(service, operation, arguments)
            }
            Self::Modelled(modelled) => modelled.call(arguments, key),
            Self::Lost(why) => Err(TaskError::runtime(why)),
        }
    }

    /// The result, or the error.
    fn read(&self, answer: &ServiceAnswer) -> Result<Value, TaskError> {
        let read = match self {
            Self::Listed { service, operation } => {
                service::read(service, operation, answer, Times::Text)
            }
            Self::Modelled(modelled) => modelled.read(answer),
            Self::Lost(why) => return Err(TaskError::runtime(why)),
        };
        let service = self.service()?;
        read.map_err(|refusal| refused(service, &refusal))
    }
}

impl Integration for Sdk {
    fn call(
        &self,
        resource: &Resource,
        arguments: &Json,
        about: &About<'_>,
    ) -> Result<Call, TaskError> {
        let arguments = members(resource, arguments)?;
        self.made(arguments, about.key).map(Call::Service)
    }

    fn result(&self, _: &Resource, answer: Answer, _: &About<'_>) -> Result<Json, TaskError> {
        match answer {
            Answer::Service(Ok(answer)) => {
                let result = self.read(&answer)?;
                Ok(Json::trusted(result.to_string()))
            }
            Answer::Service(Err(why)) => Err(service::unreachable(self.service()?.prefix, why)),
            Answer::Function(_) | Answer::Api(_) | Answer::Http(_) => Err(service::unexpected()),
        }
    }
}

/// An error in the words of the AWS SDK for Java 2.
fn refused(service: &Service, refusal: &Refusal) -> TaskError {
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
        about: &About<'_>,
    ) -> Result<Call, TaskError> {
        let mut arguments = members(resource, arguments)?;
        add_token(self.service, &self.operation, &mut arguments, about.key);
        for name in ["Input", "Output", "Definition"] {
            shape::text_member(&mut arguments, name);
        }
        let body = shape::request(self.service, Value::Object(arguments)).to_string();
        Ok(Call::Api(ApiCall {
            operation: self.operation.clone(),
            body,
        }))
    }

    fn result(&self, _: &Resource, answer: Answer, about: &About<'_>) -> Result<Json, TaskError> {
        match answer {
            Answer::Api(Ok(result)) => Ok(Json::trusted(
                shape::answer(self.service, result, Times::Text).to_string(),
            )),
            Answer::Api(Err(failure)) => Err(refused(
                self.service,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ABOUT: About<'_> = About {
        execution_arn: "E",
        machine_arn: "M",
        region: "us-east-1",
        account: "000000000000",
        key: "k",
    };

    fn found(arn: &str) -> Option<Result<Resource, String>> {
        resolve(arn, &ServiceModels::default())
    }

    fn refusal(arn: &str) -> String {
        found(arn).unwrap().unwrap_err()
    }

    /// The invented service that sends parcels.
    fn parcels() -> ServiceModels {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models");
        ServiceModels::open(std::path::Path::new(folder)).unwrap()
    }

    #[test]
    fn a_resource_names_its_service_and_action() {
        let put = found("arn:aws:states:::aws-sdk:dynamodb:putItem")
            .unwrap()
            .unwrap();
        assert_eq!(
            (put.service.as_str(), put.action.as_str()),
            ("aws-sdk:dynamodb", "putItem")
        );
        let send = found("arn:aws:states:::aws-sdk:sqs:sendMessage.waitForTaskToken")
            .unwrap()
            .unwrap();
        assert_eq!(send.pattern, Pattern::WaitForTaskToken);
        assert!(found("arn:aws:states:::lambda:invoke").is_none());
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
        let none = ServiceModels::default();
        let arn = "arn:aws:states:::aws-sdk:nosuch:doIt.waitForTaskToken";
        assert!(super::super::resolve(arn, &none).is_err());
        let resource = super::super::resolve_stored(arn, &none).unwrap();
        assert_eq!(resource.pattern, Pattern::WaitForTaskToken);
        let arguments = Json::parse("{}").unwrap();
        let called = resource.integration.call(&resource, &arguments, &ABOUT);
        let refused = called.unwrap_err();
        assert_eq!(refused.error, crate::asl::errors::RUNTIME);
        assert!(refused.cause.contains("--service-models"));
        assert!(super::super::resolve_stored("arn:aws:states:::nosuch:doIt", &none).is_err());
    }

    #[test]
    fn models_are_those_that_are_given() {
        let arn = "arn:aws:states:::aws-sdk:parcels:sendDbParcel";
        assert!(resolve(arn, &parcels()).unwrap().is_ok());
        assert!(refusal(arn).contains("--service-models"));
        let fly = "arn:aws:states:::aws-sdk:parcels:fly";
        let refused = resolve(fly, &parcels()).unwrap().unwrap_err();
        assert!(refused.contains("not in the service's model"), "{refused}");
        let stored = stored(fly, &parcels()).unwrap();
        let arguments = Json::parse("{}").unwrap();
        let lost = stored.integration.call(&stored, &arguments, &ABOUT);
        assert!(
            lost.unwrap_err()
                .cause
                .contains("not in the service's model")
        );
    }

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

    #[test]
    fn what_streams_events_is_refused() {
        for rest in ["kinesis:subscribeToShard", "cloudwatchlogs:startLiveTail"] {
            let refused = refusal(&format!("{PREFIX}{rest}"));
            assert!(refused.contains("is not supported"), "{refused}");
        }
        assert!(
            found(&format!("{PREFIX}kinesis:putRecord"))
                .unwrap()
                .is_ok()
        );
    }

    #[test]
    fn refusals_are_told_alike_whatever_made_the_call() {
        let models = parcels();
        let refused = |rest: &str, kind: &str| {
            let resource = resolve(&format!("{PREFIX}{rest}"), &models)
                .unwrap()
                .unwrap();
            let answer = ServiceAnswer {
                status: 400,
                headers: vec![("x-amzn-requestid".to_owned(), "r".to_owned())],
                body: format!(r#"{{"__type":"{kind}","message":"no"}}"#),
            };
            let answer = Answer::Service(Ok(answer));
            let told = resource.integration.result(&resource, answer, &ABOUT);
            told.unwrap_err()
        };
        let cause = |prefix: &str| {
            format!(
                "no (Service: {prefix}, Status Code: 400, Request ID: r) (SDK Attempt Count: 1)"
            )
        };
        let listed = refused("dynamodb:putItem", "ConditionalCheckFailedException");
        assert_eq!(listed.error, "DynamoDb.ConditionalCheckFailedException");
        assert_eq!(listed.cause, cause("DynamoDb"));
        let modelled = refused("parcels:label", "NoSuchParcel");
        assert_eq!(modelled.error, "Parcels.NoSuchDbParcelException");
        assert_eq!(modelled.cause, cause("Parcels"));
    }

    #[test]
    fn models_are_asked_for_what_they_can_say() {
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
