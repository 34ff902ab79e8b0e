//! An operation of a service that is known by its model.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::service::{self, Refusal, unfit};
use super::super::table::Service;
use super::super::{ServiceAnswer, ServiceCall, TaskError};
use super::shapes::{Model, Operation};
use super::{ServiceModels, answer, request};

/// An operation of a service, by its model.
#[derive(Debug)]
pub(in crate::integration) struct Modelled {
    model: Arc<Model>,
    operation: Arc<Operation>,
}

impl Modelled {
    /// The operation of an action (`createDbInstance`), or why the model does not give it; `None` if there is no model of the
    /// service.
    pub(in crate::integration) fn find(
        models: &ServiceModels,
        service: &str,
        action: &str,
    ) -> Option<Result<Self, String>> {
        let model = match models.find(service)? {
            Ok(model) => model,
            Err(why) => {
                return Some(Err(format!("its service's model cannot be read: {why}")));
            }
        };
        let Some(operation) = model.operation(action) else {
            return Some(Err("the action is not in the service's model".to_owned()));
        };
        if model.is_stream(operation) {
            return Some(Err(
                "its events come as a stream, which is not read".to_owned()
            ));
        }
        Some(Ok(Self {
            model: Arc::clone(model),
            operation: Arc::clone(operation),
        }))
    }

    /// Its service.
    pub(in crate::integration) fn service(&self) -> &Service {
        &self.model.service
    }

    /// Its request with these arguments. `key` is the task's.
    pub(in crate::integration) fn call(
        &self,
        arguments: Map<String, Value>,
        key: &str,
    ) -> Result<ServiceCall, TaskError> {
        let call = request::call(&self.model, &self.operation, &arguments, key);
        call.map_err(|why| unfit(arguments, &why))
    }

    /// Its result, or the refusal.
    pub(in crate::integration) fn read(&self, answer: &ServiceAnswer) -> Result<Value, Refusal> {
        if (200..300).contains(&answer.status) {
            return Ok(answer::read(&self.model, &self.operation, answer));
        }
        let name = &self.operation.name;
        Err(service::refusal(self.service(), name, answer))
    }
}
