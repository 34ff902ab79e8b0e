//! What an answer of Chime that is none says of what was asked.
use crate::ports::Unavailable;
use crate::ports::carriers::{CarrierError, Reason, Refusal};
use aws_sdk_chimesdkvoice::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

const SERVICE: &str = "Chime SDK Voice";

/// What Chime never does.
pub(super) fn never(words: &str) -> CarrierError {
    CarrierError::Refused(refusal(501, "NotOffered", words))
}

/// What is not surely "not done".
pub(super) fn unknown(words: &str) -> CarrierError {
    CarrierError::Unknown(Unavailable::new(SERVICE, words))
}

fn refusal(status: u16, code: &str, detail: &str) -> Refusal {
    Refusal {
        status,
        reasons: vec![Reason {
            code: code.to_owned(),
            title: code.to_owned(),
            detail: detail.to_owned(),
            source: None,
        }],
    }
}

/// What an error says of what was asked: whatever is not surely "not done" is unknown.
pub(super) fn failed<E, R>(error: SdkError<E, R>) -> CarrierError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    let said = error.message().unwrap_or_default().to_owned();
    match code.as_str() {
        "NotFoundException" => CarrierError::NotFound(refusal(404, &code, &said)),
        "ThrottledClientException" | "TooManyRequestsException" => {
            CarrierError::Busy { retry_after_s: 1 }
        }
        "BadRequestException"
        | "ForbiddenException"
        | "AccessDeniedException"
        | "UnauthorizedClientException"
        | "ConflictException"
        | "ResourceLimitExceededException" => CarrierError::Refused(refusal(400, &code, &said)),
        _ => unknown(&DisplayErrorContext(&error).to_string()),
    }
}

/// What is not there any more need not be taken away.
pub(super) fn gone_is_done(result: Result<(), CarrierError>) -> Result<(), CarrierError> {
    match result {
        Err(CarrierError::NotFound(_)) => Ok(()),
        other => other,
    }
}
