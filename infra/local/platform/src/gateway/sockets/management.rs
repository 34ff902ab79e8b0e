//! The `@connections` API, by which functions push to clients.
//!
//! Source: API Gateway Management API reference: `PostToConnection`, `GetConnection`, `DeleteConnection`.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;

use super::registry::{Connections, Gone, Push};

/// The largest message that can be pushed, in bytes. Source: API Gateway quotas, 128 KB.
const PUSH_LIMIT_BYTES: usize = 128 * 1024;

/// The API.
pub fn router(connections: Connections) -> Router {
    Router::new()
        .route("/@connections/{id}", get(describe).post(push).delete(close))
        .layer(DefaultBodyLimit::max(2 * PUSH_LIMIT_BYTES))
        .with_state(connections)
}

async fn push(
    State(connections): State<Connections>,
    Path(id): Path<String>,
    data: Bytes,
) -> Response {
    if data.len() > PUSH_LIMIT_BYTES {
        let message = format!("a message holds at most {PUSH_LIMIT_BYTES} bytes");
        return refused(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PayloadTooLargeException",
            &message,
        );
    }
    if std::str::from_utf8(&data).is_err() {
        return refused(
            StatusCode::BAD_REQUEST,
            "BadRequestException",
            "a message must be UTF-8 text",
        );
    }
    match connections.push(&id, Push::Text(data)) {
        Ok(()) => StatusCode::OK.into_response(),
        Err(Gone) => gone(),
    }
}

async fn describe(State(connections): State<Connections>, Path(id): Path<String>) -> Response {
    match connections.describe(&id) {
        Ok((connection, last_active)) => axum::Json(json!({
            "connectedAt": Timestamp::from_millisecond(connection.connected_at_ms).unwrap_or_default().to_string(),
            "identity": { "sourceIp": connection.source_ip, "userAgent": connection.user_agent },
            "lastActiveAt": last_active.to_string(),
        }))
        .into_response(),
        Err(Gone) => gone(),
    }
}

async fn close(State(connections): State<Connections>, Path(id): Path<String>) -> Response {
    match connections.push(
        &id,
        Push::Close {
            code: 1000,
            reason: "the server closes",
        },
    ) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(Gone) => gone(),
    }
}

fn gone() -> Response {
    refused(
        StatusCode::GONE,
        "GoneException",
        "the connection is closed",
    )
}

fn refused(status: StatusCode, kind: &'static str, message: &str) -> Response {
    (
        status,
        [("x-amzn-errortype", kind)],
        axum::Json(json!({ "message": message })),
    )
        .into_response()
}
