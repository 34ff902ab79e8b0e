//! The API: AWS JSON 1.0. One file per group of operations; this one finds the operation.
//!
//! Source: API reference, "AWS Step Functions". An answer is sent once what it says is durable.

mod activities;
mod arn;
mod error;
mod executions;
mod history;
mod machines;
mod map_runs;
mod nested;
mod paging;
mod tags;
mod tasks;
mod validate;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::engine::Inner;
pub(crate) use error::ApiError;
pub(crate) use nested::{call, described, start_nested};

/// Largest request, in bytes: the largest definition, escaped, and something around it.
const MAX_REQUEST_BYTES: usize = 4 * 1_048_576;
const TARGET: &str = "AWSStepFunctions.";

/// What an operation gives.
pub(crate) type Answer = Result<Value, ApiError>;

/// The API of an engine.
pub(crate) fn router(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/", post(serve))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(inner)
}

async fn serve(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> Response {
    let request_id = uuid::Uuid::new_v4().to_string();
    let target = headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let operation = target.strip_prefix(TARGET).unwrap_or("");
    // A task that is fetched goes back if nobody takes its answer.
    let mut handed = None;
    let answer = if operation == "GetActivityTask" {
        get_activity_task(&inner, &body).await.map(|(value, task)| {
            handed = task;
            value
        })
    } else {
        dispatch(&inner, operation, &body).await
    };
    let (status, text) = match answer {
        Ok(value) => (StatusCode::OK, value.to_string()),
        Err(error) => {
            if error.status().is_server_error() {
                tracing::error!(operation, %error, "a request failed");
            }
            (error.status(), error.body())
        }
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            "application/x-amz-json-1.0".to_owned(),
        ),
        (
            header::HeaderName::from_static("x-amzn-requestid"),
            request_id,
        ),
    ];
    (status, headers, activities::body(text, handed)).into_response()
}

async fn get_activity_task(
    inner: &Arc<Inner>,
    body: &[u8],
) -> Result<(Value, Option<crate::engine::Handed>), ApiError> {
    activities::fetch(inner, read(body)?).await
}

pub(crate) async fn dispatch(inner: &Arc<Inner>, operation: &str, body: &[u8]) -> Answer {
    if inner.log.is_crowded() {
        return Err(ApiError::Throttled);
    }
    match operation {
        "CreateStateMachine" => machines::create(inner, read(body)?).await,
        "UpdateStateMachine" => machines::update(inner, read(body)?).await,
        "DescribeStateMachine" => machines::describe(inner, read(body)?).await,
        "ListStateMachines" => machines::list(inner, read(body)?).await,
        "DeleteStateMachine" => machines::delete(inner, read(body)?).await,
        "ValidateStateMachineDefinition" => validate::validate(read(body)?),
        "StartExecution" => executions::start(inner, read(body)?).await,
        "DescribeExecution" => executions::describe(inner, read(body)?).await,
        "DescribeStateMachineForExecution" => {
            executions::describe_machine(inner, read(body)?).await
        }
        "ListExecutions" => executions::list(inner, read(body)?).await,
        "DescribeMapRun" => map_runs::describe(inner, read(body)?).await,
        "ListMapRuns" => map_runs::list(inner, read(body)?).await,
        "UpdateMapRun" => map_runs::update(inner, read(body)?).await,
        "StopExecution" => executions::stop(inner, read(body)?).await,
        "GetExecutionHistory" => history::get(inner, read(body)?).await,
        "CreateActivity" => activities::create(inner, read(body)?).await,
        "DescribeActivity" => activities::describe(inner, read(body)?).await,
        "ListActivities" => activities::list(inner, read(body)?).await,
        "DeleteActivity" => activities::delete(inner, read(body)?).await,
        "GetActivityTask" => {
            // Asked by a task, which takes the answer for certain.
            let (told, handed) = get_activity_task(inner, body).await?;
            handed.into_iter().for_each(|mut handed| handed.arrived());
            Ok(told)
        }
        "SendTaskSuccess" => tasks::success(inner, read(body)?).await,
        "SendTaskFailure" => tasks::failure(inner, read(body)?).await,
        "SendTaskHeartbeat" => tasks::heartbeat(inner, read(body)?).await,
        "TagResource" => tags::tag(inner, read(body)?).await,
        "UntagResource" => tags::untag(inner, read(body)?).await,
        "ListTagsForResource" => tags::list(inner, read(body)?).await,
        _unknown => Err(ApiError::UnknownOperation(operation.to_owned())),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|e| ApiError::Serialization(e.to_string()))
}

/// A time as the API gives it: seconds since 1970, with milliseconds behind the point.
pub(crate) fn seconds(at_ms: i64) -> f64 {
    at_ms as f64 / 1_000.0
}

/// Waits until everything that the answer says is durable.
pub(crate) async fn made_durable(inner: &Inner) -> Result<(), ApiError> {
    match inner.durable().await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(ApiError::Log),
    }
}
