//! SES v2's REST API.

use crate::request::SendEmail;
use crate::store::Store;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;

/// Largest request: SES takes messages of 40 MB; ours are letters.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// `/v2/email`.
pub(crate) fn router(store: Arc<Store>) -> Router {
    Router::new()
        .route("/v2/email/outbound-emails", post(send))
        .fallback(unknown)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(store)
}

async fn send(State(store): State<Arc<Store>>, body: Bytes) -> Response {
    let asked: SendEmail = match serde_json::from_slice(&body) {
        Ok(asked) => asked,
        Err(error) => return refused("BadRequestException", &error.to_string()),
    };
    let now = Timestamp::now();
    let mail = match asked.mail(Store::new_id(now), now.to_string()) {
        Ok(mail) => mail,
        Err(error) => return refused("BadRequestException", &error.to_string()),
    };
    let eml = match mail.eml(now.as_second()) {
        Ok(eml) => eml,
        Err(error) => return refused("MessageRejected", &error.to_string()),
    };
    let id = mail.id.clone();
    let kept = tokio::task::spawn_blocking(move || store.keep(&mail, &eml)).await;
    match kept {
        Ok(Ok(())) => Json(json!({ "MessageId": id })).into_response(),
        Ok(Err(error)) => {
            tracing::error!(%error, "a mail cannot be kept");
            failed(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalFailure",
                "the mail cannot be kept",
            )
        }
        Err(error) => {
            tracing::error!(%error, "a mail was not kept");
            failed(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalFailure",
                "the mail was not kept",
            )
        }
    }
}

async fn unknown() -> Response {
    failed(
        StatusCode::NOT_FOUND,
        "UnknownOperationException",
        "this machine answers SendEmail alone",
    )
}

fn refused(kind: &'static str, message: &str) -> Response {
    failed(StatusCode::BAD_REQUEST, kind, message)
}

fn failed(status: StatusCode, kind: &'static str, message: &str) -> Response {
    let body = Json(json!({ "message": message }));
    (status, [("x-amzn-errortype", kind)], body).into_response()
}
