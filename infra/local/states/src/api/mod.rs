//! The API: AWS JSON 1.0. One file per group of operations; this one finds the operation.
//!
//! Source: API reference, "AWS Step Functions". An answer is sent once what it says is durable.

mod activities;
mod aliases;
mod arn;
mod beyond;
mod caller;
mod configuration;
mod describe;
mod dry_run;
mod edge;
mod error;
mod executions;
mod export;
mod history;
mod import;
mod intake;
mod listing;
mod machines;
mod map_runs;
mod mock_shapes;
mod nested;
mod paging;
mod redrive;
mod stream;
mod sync;
mod tags;
mod tasks;
mod test_state;
mod validate;
mod versions;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::engine::Inner;
use caller::Caller;
pub(crate) use error::ApiError;
pub(crate) use intake::Intake;
pub(crate) use nested::{call, described, start_nested};

const TARGET: &str = "AWSStepFunctions.";
/// Operations that an execution that closed before the start can be the answer to. `StartExecution` and `SendTask*` look
/// for themselves.
const OF_THE_PAST: [&str; 9] = [
    "DescribeExecution",
    "DescribeStateMachineForExecution",
    "ListExecutions",
    "DescribeMapRun",
    "ListMapRuns",
    "UpdateMapRun",
    "RedriveExecution",
    "StopExecution",
    "GetExecutionHistory",
];
const FETCH: &str = "AWSStepFunctions.GetActivityTask";
/// Targets whose answer may wait for other requests. How many of them wait is bounded by their own limits; the room that their
/// bodies take is given back when they have been read, or nobody could send what they wait for.
const WAITING: [&str; 3] = [
    FETCH,
    "AWSStepFunctions.StartSyncExecution",
    "AWSStepFunctions.TestState",
];

/// What an operation gives.
pub(crate) type Answer = Result<Value, ApiError>;

/// The API of an engine.
pub(crate) fn router(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/", any(serve))
        .fallback(serve)
        .with_state(inner)
}

async fn serve(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    // Before the body is read: it would be held in memory beside what waits for the disk.
    if inner.log.is_crowded() {
        intake::dropped(request.into_body()).await;
        return refuse("", &ApiError::Throttled);
    }
    let taken = edge::take(request, &inner.config, &inner.intake).await;
    let (operation, answer) = match taken {
        Ok(edge::Taken {
            target,
            caller,
            body,
            held,
        }) => {
            // It may have taken long to come.
            if inner.log.is_crowded() {
                return refuse(&target, &ApiError::Throttled);
            }
            let _held = held.filter(|_| !WAITING.contains(&&*target));
            if let Some(operation) = target.strip_prefix(beyond::TARGET) {
                return beyond::serve(&inner, &caller, operation, body)
                    .await
                    .unwrap_or_else(|error| refuse(operation, &error));
            }
            if target == FETCH {
                // A task that is fetched goes back if nobody takes its answer.
                return match get_activity_task(&inner, &body).await {
                    Ok((value, handed)) => {
                        let body = activities::body(value.to_string(), handed);
                        respond(StatusCode::OK, body, None)
                    }
                    Err(error) => refuse(&target, &error),
                };
            }
            let answer = dispatch(&inner, &caller, &target, &body).await;
            (target, answer)
        }
        Err(error) => (String::new(), Err(error)),
    };
    match answer {
        Ok(value) => respond(StatusCode::OK, value.to_string(), None),
        Err(error) => refuse(&operation, &error),
    }
}

fn refuse(operation: &str, error: &ApiError) -> Response {
    if error.status().is_server_error() {
        tracing::error!(operation, %error, "a request failed");
    }
    respond(error.status(), error.body(), Some(error.name()))
}

fn respond(
    status: StatusCode,
    body: impl Into<axum::body::Body>,
    error: Option<&'static str>,
) -> Response {
    let request_id = crate::unique::name();
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
    let mut response = (status, headers, body.into()).into_response();
    if let Some(name) = error {
        let value = header::HeaderValue::from_static(name);
        response.headers_mut().insert("x-amzn-errortype", value);
    }
    response
}

async fn get_activity_task(
    inner: &Arc<Inner>,
    body: &[u8],
) -> Result<(Value, Option<crate::engine::Handed>), ApiError> {
    activities::fetch(inner, read(body)?).await
}

/// Answers what is asked from within; `operation` is one of AWS's.
#[cfg(test)]
pub(crate) async fn ask(inner: &Arc<Inner>, operation: &str, body: &[u8]) -> Answer {
    if inner.log.is_crowded() {
        return Err(ApiError::Throttled);
    }
    let caller = Caller::usual(&inner.config);
    dispatch(inner, &caller, &format!("{TARGET}{operation}"), body).await
}

async fn dispatch(inner: &Arc<Inner>, caller: &Caller, target: &str, body: &[u8]) -> Answer {
    let operation = target.strip_prefix(TARGET).unwrap_or("");
    if OF_THE_PAST.contains(&operation) {
        inner.past_known().await;
    }
    match operation {
        "CreateStateMachine" => machines::create(inner, caller, read(body)?).await,
        "UpdateStateMachine" => machines::update(inner, read(body)?).await,
        "DescribeStateMachine" => describe::machine(inner, read(body)?).await,
        "ListStateMachines" => machines::list(inner, caller, read(body)?).await,
        "DeleteStateMachine" => machines::delete(inner, read(body)?).await,
        "ValidateStateMachineDefinition" => validate::validate(inner, read(body)?),
        "PublishStateMachineVersion" => versions::publish_version(inner, read(body)?).await,
        "ListStateMachineVersions" => versions::list(inner, read(body)?).await,
        "DeleteStateMachineVersion" => versions::delete(inner, read(body)?).await,
        "CreateStateMachineAlias" => aliases::create(inner, read(body)?).await,
        "UpdateStateMachineAlias" => aliases::update(inner, read(body)?).await,
        "DescribeStateMachineAlias" => aliases::describe(inner, read(body)?).await,
        "DeleteStateMachineAlias" => aliases::delete(inner, read(body)?).await,
        "ListStateMachineAliases" => aliases::list(inner, read(body)?).await,
        "StartExecution" => executions::start(inner, caller, read(body)?).await,
        "StartSyncExecution" => sync::start(inner, caller, read(body)?).await,
        "DescribeExecution" => executions::describe(inner, read(body)?).await,
        "DescribeStateMachineForExecution" => describe::of_execution(inner, read(body)?).await,
        "ListExecutions" => listing::list(inner, read(body)?).await,
        "DescribeMapRun" => map_runs::describe(inner, read(body)?).await,
        "ListMapRuns" => map_runs::list(inner, read(body)?).await,
        "UpdateMapRun" => map_runs::update(inner, read(body)?).await,
        "RedriveExecution" => redrive::redrive(inner, read(body)?).await,
        "TestState" => test_state::test(inner, caller, read(body)?).await,
        "StopExecution" => executions::stop(inner, read(body)?).await,
        "GetExecutionHistory" => history::get(inner, read(body)?).await,
        "CreateActivity" => activities::create(inner, caller, read(body)?).await,
        "DescribeActivity" => activities::describe(inner, read(body)?).await,
        "ListActivities" => activities::list(inner, caller, read(body)?).await,
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
        _unknown => Err(ApiError::UnknownOperation(target.to_owned())),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let body = if body.is_empty() { b"{}" } else { body };
    // A list would be taken for the members in their order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        let message = "a JSON object is needed: members by their names";
        return Err(ApiError::Serialization(message.to_owned()));
    }
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
