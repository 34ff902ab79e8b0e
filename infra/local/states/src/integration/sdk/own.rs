//! Calls of Step Functions itself.

use serde_json::Value;

use super::arguments::{add_token, members};
use super::refusal::refused;
use crate::integration::service::{self, Refusal};
use crate::integration::shape::{self, Times};
use crate::integration::table::Service;
use crate::integration::{About, Answer, ApiCall, Call, Integration, Resource, TaskError};
use crate::json::Json;

/// An operation of Step Functions itself, without a detour over the network.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) service: &'static Service,
    pub(super) operation: String,
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
                shape::answer(self.service, &self.operation, result, Times::Text).to_string(),
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
