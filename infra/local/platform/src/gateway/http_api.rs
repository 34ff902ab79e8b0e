//! The HTTP API: each request is one invocation of a function.

use std::net::SocketAddr;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::http_event::{self, Arrival};
use crate::functions::{Functions, InvokeError};

/// The largest request body, in bytes.
const BODY_LIMIT_BYTES: usize = 256 * 1024;
/// The largest list of sanctions, in bytes: what fits a function's request of 6 MB.
const LIST_LIMIT_BYTES: usize = 4 * 1024 * 1024;
/// Where lists of sanctions are loaded.
const LISTS: &str = "/v1/screening-lists/";

#[derive(Clone)]
struct Api {
    functions: Functions,
    function: String,
}

/// The API's routes, all served by one function.
pub fn router(functions: Functions, function: String) -> Router {
    Router::new()
        .route("/v1", any(proxy))
        .route("/v1/{*path}", any(proxy))
        .route("/openapi.json", any(proxy))
        .route("/docs", any(proxy))
        .route("/docs/{*path}", any(proxy))
        .with_state(Api {
            functions,
            function,
        })
}

async fn proxy(
    State(api): State<Api>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let limit = if parts.uri.path().starts_with(LISTS) {
        LIST_LIMIT_BYTES
    } else {
        BODY_LIMIT_BYTES
    };
    let Ok(body) = to_bytes(body, limit).await else {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let arrival = Arrival {
        at: Timestamp::now(),
        source_ip: peer.ip(),
        request_id: Uuid::new_v4().to_string(),
    };
    let event = http_event::event(&parts, &body, &arrival);
    match api
        .functions
        .invoke(&api.function, Bytes::from(event.to_string()))
        .await
    {
        Ok(answer) => http_event::response(&answer).unwrap_or_else(|| {
            tracing::error!(
                function = api.function,
                "the function's answer is no HTTP response"
            );
            refused(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }),
        Err(error) => {
            tracing::warn!(function = api.function, %error, "a request was not answered");
            match error {
                InvokeError::Throttled | InvokeError::Service(_) => {
                    refused(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
                }
                InvokeError::Timeout => {
                    refused(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out")
                }
                InvokeError::Function { .. } | InvokeError::NotFound(_) => {
                    refused(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
                }
            }
        }
    }
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({ "message": message }))).into_response()
}
