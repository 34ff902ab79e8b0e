//! [`CallControl`] on Amazon Chime SDK Voice.
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::call_control::{CallControl, DialError, NudgeError};
use aws_sdk_chimesdkvoice::error::SdkError;
use aws_sdk_chimesdkvoice::operation::create_sip_media_application_call::CreateSipMediaApplicationCallError as CreateError;
use aws_sdk_chimesdkvoice::operation::update_sip_media_application_call::UpdateSipMediaApplicationCallError as UpdateError;
use contract::{CallId, E164, LegId};
use std::fmt::Display;

const SERVICE: &str = "Chime SDK Voice";

impl CallControl for Aws {
    async fn dial(
        &self,
        call: &CallId,
        leg: &LegId,
        to: &E164,
        caller_id: &E164,
    ) -> Result<String, DialError> {
        let placed = self
            .voice
            .create_sip_media_application_call()
            .sip_media_application_id(&self.names.sip_media_application)
            .from_phone_number(caller_id.as_str())
            .to_phone_number(to.as_str())
            .arguments_map("call", call.as_str())
            .arguments_map("leg", leg.as_str())
            .send()
            .await
            .map_err(dial_error)?;
        let transaction = placed
            .sip_media_application_call
            .and_then(|call| call.transaction_id);
        transaction.ok_or_else(|| {
            DialError::Unknown(Unavailable::new(SERVICE, "the answer has no TransactionId"))
        })
    }

    async fn nudge(
        &self,
        call: &CallId,
        leg: &LegId,
        transaction_id: &str,
    ) -> Result<(), NudgeError> {
        let update = self
            .voice
            .update_sip_media_application_call()
            .sip_media_application_id(&self.names.sip_media_application)
            .transaction_id(transaction_id)
            .arguments("call", call.as_str())
            .arguments("leg", leg.as_str());
        match update.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error))
                if matches!(error.err(), UpdateError::NotFoundException(_)) =>
            {
                Err(NudgeError::Gone)
            }
            Err(error) => Err(NudgeError::Unavailable(unavailable(SERVICE)(error))),
        }
    }
}

/// What a failed `CreateSipMediaApplicationCall` says about the phone: whatever is not surely "not dialled" is unknown.
fn dial_error<R>(error: SdkError<CreateError, R>) -> DialError
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    if matches!(error, SdkError::ConstructionFailure(_)) {
        return refused_with("NotSent", Some("the request could not be made"));
    }
    match error.as_service_error() {
        Some(
            CreateError::ThrottledClientException(_)
            | CreateError::ResourceLimitExceededException(_)
            | CreateError::ServiceUnavailableException(_),
        ) => DialError::Busy,
        Some(CreateError::BadRequestException(refused)) => {
            refused_with("BadRequest", refused.message())
        }
        Some(CreateError::ForbiddenException(refused)) => {
            refused_with("Forbidden", refused.message())
        }
        Some(CreateError::AccessDeniedException(refused)) => {
            refused_with("AccessDenied", refused.message())
        }
        Some(CreateError::UnauthorizedClientException(refused)) => {
            refused_with("UnauthorizedClient", refused.message())
        }
        // ServiceFailureException, what the service invents, and requests whose answer never came.
        Some(_) | None => DialError::Unknown(unavailable(SERVICE)(error)),
    }
}

fn refused_with(name: &str, message: Option<impl Display>) -> DialError {
    DialError::Refused(match message {
        Some(message) => format!("{name}: {message}"),
        None => name.to_owned(),
    })
}
