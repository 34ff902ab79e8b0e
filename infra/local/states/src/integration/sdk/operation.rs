//! Calls of a service over the network, by the table or by its model.

use serde_json::{Map, Value};

use super::arguments::{add_token, members};
use super::refusal::refused;
use crate::integration::model::Modelled;
use crate::integration::shape::Times;
use crate::integration::table::Service;
use crate::integration::{
    About, Answer, Call, Integration, Resource, ServiceAnswer, ServiceCall, TaskError, service,
};
use crate::json::Json;

/// An operation of a service.
#[derive(Debug)]
pub(super) enum Sdk {
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
