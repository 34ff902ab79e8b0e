//! Errors as the SDKs read them: the header `x-amzn-errortype`, and a body with `Code` and `Message`.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, StatusCode, header};
use serde_json::json;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiError {
    /// A field is wrong; the message names it and says what is allowed.
    #[error("{0}")]
    BadRequest(String),
    /// The meeting or attendee is not there.
    #[error("{0}")]
    NotFound(&'static str),
    /// The tagged resource is not there.
    #[error("ResourceARN: the resource was not found")]
    ResourceNotFound,
    /// The request contradicts an earlier one.
    #[error("{0}")]
    Conflict(String),
    /// A quota is used up.
    #[error("{0}")]
    LimitExceeded(String),
    /// More than 50 tags.
    #[error("Tags: a resource may have at most 50 tags")]
    TooManyTags,
    /// Well formed, and not possible here.
    #[error("{0}")]
    Unprocessable(String),
    /// The disk failed.
    #[error("the request was not completed: the meetings cannot be written")]
    ServiceFailure,
    /// The platform is stopping.
    #[error("the meetings are shutting down")]
    ServiceUnavailable,
}

impl ApiError {
    /// The HTTP status, the exception's name, and the short code in the body.
    fn names(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "BadRequestException", "BadRequest"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "NotFoundException", "NotFound"),
            Self::ResourceNotFound => (
                StatusCode::NOT_FOUND,
                "ResourceNotFoundException",
                "ResourceNotFound",
            ),
            Self::Conflict(_) => (StatusCode::CONFLICT, "ConflictException", "Conflict"),
            Self::LimitExceeded(_) => (
                StatusCode::BAD_REQUEST,
                "LimitExceededException",
                "LimitExceeded",
            ),
            Self::TooManyTags => (
                StatusCode::BAD_REQUEST,
                "TooManyTagsException",
                "TooManyTags",
            ),
            Self::Unprocessable(_) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "UnprocessableEntityException",
                "UnprocessableEntity",
            ),
            Self::ServiceFailure => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "ServiceFailureException",
                "ServiceFailure",
            ),
            Self::ServiceUnavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailableException",
                "ServiceUnavailable",
            ),
        }
    }

    /// `ErrorCode` in the lists of attendees that were not made.
    pub(super) fn code(&self) -> &'static str {
        self.names().2
    }
}

/// Names a request in answers.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, name, code) = self.names();
        let request_id = uuid::Uuid::new_v4().to_string();
        let body = json!({ "Code": code, "Message": self.to_string(), "RequestId": request_id });
        let headers = [
            (header::CONTENT_TYPE, "application/json".to_owned()),
            (ERROR_TYPE, name.to_owned()),
            (REQUEST_ID, request_id),
        ];
        (status, headers, body.to_string()).into_response()
    }
}
