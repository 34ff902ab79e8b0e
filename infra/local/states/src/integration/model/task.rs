//! Tasks of services that are known by their models.

use serde_json::{Map, Value};

use super::super::sdk::{CALLBACK, refused};
use super::super::service::{self, unfit};
use super::super::{About, Answer, Call, Family, Integration, Pattern, Resource, TaskError, shape};
use super::shapes::{Model, Operation};
use super::{answer, folder, request};
use crate::json::Json;

/// An operation of a service, by its model.
#[derive(Debug)]
struct Modelled;

/// The resource, or a sentence against it; `None` if there is no model of the service.
pub(in crate::integration) fn resolve(
    arn: &str,
    name: &str,
    action: &str,
    pattern: Pattern,
) -> Option<Result<Resource, String>> {
    let against = |why: &str| format!("The resource '{arn}' cannot be used: {why}");
    Some(match folder::find(name)? {
        Ok(model) if model.operation(plain(action)).is_none() => {
            Err(against("the action is not in the service's model"))
        }
        Ok(_model) => Ok(unknown(arn, name, action, pattern)),
        Err(why) => Err(against(&format!(
            "its service's model cannot be read: {why}"
        ))),
    })
}

/// A resource whose service or action need not be known: a task of it fails then.
pub(in crate::integration) fn unknown(
    arn: &str,
    name: &str,
    action: &str,
    pattern: Pattern,
) -> Resource {
    Resource {
        arn: arn.to_owned(),
        service: format!("aws-sdk:{name}"),
        action: action.to_owned(),
        pattern,
        family: Family::Task,
        integration: &Modelled,
    }
}

fn plain(action: &str) -> &str {
    action.strip_suffix(CALLBACK).unwrap_or(action)
}

fn target(resource: &Resource) -> Result<(&'static Model, &'static Operation), TaskError> {
    let (service, action) = (&resource.service, plain(&resource.action));
    let name = service.strip_prefix("aws-sdk:").unwrap_or_default();
    let missing = |why: &str| {
        TaskError::runtime(format!(
            "The action '{action}' of the service '{name}' cannot be called: {why}"
        ))
    };
    let model = match folder::find(name) {
        Some(Ok(model)) => model,
        Some(Err(why)) => return Err(missing(why)),
        None => {
            return Err(missing(
                "the service is none of those known here, and there is no model of it (--service-models)",
            ));
        }
    };
    let operation = model.operation(action);
    let operation = operation.ok_or_else(|| missing("it is not in the service's model"))?;
    Ok((model, operation))
}

impl Integration for Modelled {
    fn call(
        &self,
        resource: &Resource,
        arguments: &Json,
        about: &About<'_>,
    ) -> Result<Call, TaskError> {
        let (model, operation) = target(resource)?;
        let arguments = match serde_json::from_str(arguments.as_str()) {
            Ok(Value::Object(arguments)) => arguments,
            Ok(Value::Null) => Map::new(),
            Ok(other) => {
                return Err(TaskError::runtime(format!(
                    "The arguments of {}:{} must be an object, not {other}",
                    model.service.name,
                    shape::capital(plain(&resource.action))
                )));
            }
            Err(error) => {
                return Err(TaskError::runtime(format!(
                    "The arguments cannot be read: {error}"
                )));
            }
        };
        match request::call(model, operation, &arguments, about.key) {
            Ok(call) => Ok(Call::Service(call)),
            Err(why) => Err(unfit(arguments, &why)),
        }
    }

    fn result(
        &self,
        resource: &Resource,
        answer: Answer,
        _: &About<'_>,
    ) -> Result<Json, TaskError> {
        let (model, operation) = target(resource)?;
        match answer {
            Answer::Service(Ok(answer)) if (200..300).contains(&answer.status) => Ok(
                Json::trusted(answer::read(model, operation, &answer).to_string()),
            ),
            Answer::Service(Ok(answer)) => {
                let refusal = service::refusal(model.service, &operation.name, &answer);
                Err(refused(model.service, &refusal))
            }
            Answer::Service(Err(why)) => Err(service::unreachable(model.service.prefix, why)),
            Answer::Function(_) | Answer::Api(_) | Answer::Http(_) => Err(service::unexpected()),
        }
    }
}
