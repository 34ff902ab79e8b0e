//! `aws-sdk:` tasks: any operation of the services in the table, and of those whose models are given.
//!
//! Source: developer guide, "AWS SDK service integrations". There are two ways to make a call, by the table and by a model; what
//! comes before and after it is the same.
//!
//! ```text
//! arguments   what a task gives, as an operation takes it
//! refusal     what an operation refuses, as a task sees it
//! operation   calls of a service over the network
//! own         calls of Step Functions itself
//! function    invocations of functions
//! ```

mod arguments;
mod function;
mod operation;
mod own;
mod refusal;

use super::model::Modelled;
use super::table::{self, Protocol, Service};
use super::{Family, Means, Pattern, Resource, ServiceModels, shape};
use function::Function;
use operation::Sdk;
use own::Own;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integration::About;
    use crate::json::Json;

    pub(super) const ABOUT: About<'_> = About {
        execution_arn: "E",
        machine_arn: "M",
        region: "us-east-1",
        account: "000000000000",
        key: "k",
    };

    pub(super) fn found(arn: &str) -> Option<Result<Resource, String>> {
        resolve(arn, &ServiceModels::default())
    }

    fn refusal(arn: &str) -> String {
        found(arn).unwrap().unwrap_err()
    }

    /// The invented service that sends parcels.
    pub(super) fn parcels() -> ServiceModels {
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
    fn models_are_asked_for_what_they_can_say() {
        for (name, modelled) in [("s3", false), ("route53", false), ("batch", true)] {
            let service = table::service(name).unwrap();
            assert_eq!(may_be_modelled(service), modelled, "{name}");
        }
    }
}
