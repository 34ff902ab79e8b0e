//! Lambda's `Invoke`, as the AWS command line and SDKs call it.
//!
//! Source: Lambda API reference, `POST /2015-03-31/functions/FunctionName/invocations`.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use serde_json::json;

use super::{Functions, InvokeError, PAYLOAD_LIMIT_BYTES};

/// The API.
pub fn router(functions: Functions) -> Router {
    Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .fallback(async |uri: Uri| crate::aws_port::unknown(uri.path()))
        .layer(DefaultBodyLimit::max(PAYLOAD_LIMIT_BYTES))
        .with_state(functions)
}

async fn invoke(
    State(functions): State<Functions>,
    Path(name): Path<String>,
    headers: HeaderMap,
    payload: Bytes,
) -> Response {
    let payload = if payload.is_empty() {
        Bytes::from_static(b"{}")
    } else {
        payload
    };
    if let Err(wrong) = serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        let message = format!("Could not parse request body into json: {wrong}");
        return refused(
            StatusCode::BAD_REQUEST,
            "InvalidRequestContentException",
            &message,
        );
    }
    let kind = headers
        .get("x-amz-invocation-type")
        .and_then(|kind| kind.to_str().ok());
    match kind.unwrap_or("RequestResponse") {
        "RequestResponse" => answer(functions.invoke(&name, payload).await),
        "Event" => match functions.invoke_later(&name, payload) {
            Ok(()) => StatusCode::ACCEPTED.into_response(),
            Err(error) => answer(Err(error)),
        },
        "DryRun" => StatusCode::NO_CONTENT.into_response(),
        other => {
            let message =
                format!("InvocationType is {other}, allowed are RequestResponse, Event and DryRun");
            refused(
                StatusCode::BAD_REQUEST,
                "InvalidParameterValueException",
                &message,
            )
        }
    }
}

fn answer(outcome: Result<Bytes, InvokeError>) -> Response {
    const VERSION: (&str, &str) = ("x-amz-executed-version", "$LATEST");
    const UNHANDLED: (&str, &str) = ("x-amz-function-error", "Unhandled");
    match outcome {
        Ok(payload) => (StatusCode::OK, [VERSION], payload).into_response(),
        Err(InvokeError::Function {
            error_type,
            message,
        }) => {
            let body = json!({ "errorType": error_type, "errorMessage": message });
            (StatusCode::OK, [VERSION, UNHANDLED], axum::Json(body)).into_response()
        }
        Err(timeout @ InvokeError::Timeout) => {
            let body =
                json!({ "errorType": "Sandbox.Timedout", "errorMessage": timeout.to_string() });
            (StatusCode::OK, [VERSION, UNHANDLED], axum::Json(body)).into_response()
        }
        Err(missing @ InvokeError::NotFound(_)) => refused(
            StatusCode::NOT_FOUND,
            "ResourceNotFoundException",
            &missing.to_string(),
        ),
        Err(throttled @ InvokeError::Throttled) => refused(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequestsException",
            &throttled.to_string(),
        ),
        Err(InvokeError::Service(reason)) => refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            "ServiceException",
            &reason,
        ),
    }
}

fn refused(status: StatusCode, kind: &'static str, message: &str) -> Response {
    let body = json!({ "Type": "User", "Message": message });
    (status, [("x-amzn-errortype", kind)], axum::Json(body)).into_response()
}
