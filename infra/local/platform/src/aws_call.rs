//! Calls to the AWS APIs of this machine from inside of it, without a socket.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use serde_json::Value;
use thiserror::Error;
use tower::ServiceExt;

/// The largest answer that is read, in bytes.
const ANSWER_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// An API's refusal.
#[derive(Debug, Error)]
#[error("{asked}: {kind} ({status}): {message}")]
pub struct CallError {
    /// What was asked.
    pub asked: String,
    /// The HTTP status.
    pub status: StatusCode,
    /// The error's name, without its namespace.
    pub kind: String,
    /// What the service said.
    pub message: String,
}

/// The AWS APIs, called directly.
#[derive(Clone)]
pub struct Aws(Router);

impl Aws {
    /// Calls into this router.
    pub fn new(router: Router) -> Self {
        Self(router)
    }

    /// An operation of a JSON service: `AWSStepFunctions.CreateStateMachine`.
    pub async fn json(&self, target: &str, body: &Value) -> Result<Value, CallError> {
        let request = Request::post("/")
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0");
        self.send(target, request.body(Body::from(body.to_string())))
            .await
    }

    /// An operation of a REST service.
    pub async fn rest(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, CallError> {
        let asked = format!("{method} {path}");
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(&asked, request.body(body)).await
    }

    async fn send(
        &self,
        asked: &str,
        request: axum::http::Result<Request<Body>>,
    ) -> Result<Value, CallError> {
        let failed = |status, kind: &str, message: String| CallError {
            asked: asked.to_owned(),
            status,
            kind: kind
                .rsplit('#')
                .next()
                .unwrap_or(kind)
                .split(':')
                .next()
                .unwrap_or(kind)
                .to_owned(),
            message,
        };
        let request = request
            .map_err(|wrong| failed(StatusCode::BAD_REQUEST, "BadRequest", wrong.to_string()))?;
        let response = self
            .0
            .clone()
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {});
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, ANSWER_LIMIT_BYTES)
            .await
            .map_err(|lost| failed(StatusCode::BAD_GATEWAY, "BadGateway", lost.to_string()))?;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        if parts.status.is_success() {
            return Ok(answer);
        }
        let header = parts
            .headers
            .get("x-amzn-errortype")
            .and_then(|kind| kind.to_str().ok());
        let kind = header
            .or(answer["__type"].as_str())
            .or(answer["Code"].as_str())
            .unwrap_or("Unknown")
            .to_owned();
        let message = answer["message"]
            .as_str()
            .or(answer["Message"].as_str())
            .unwrap_or_default()
            .to_owned();
        Err(failed(parts.status, &kind, message))
    }
}
