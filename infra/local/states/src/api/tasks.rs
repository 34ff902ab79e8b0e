//! Answers of those who hold a task token.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::{Answer, ApiError, made_durable};
use crate::core::{
    ExecutionId, Input, MAX_CAUSE_CHARS, MAX_ERROR_CHARS, MAX_PAYLOAD_BYTES, TaskId,
};
use crate::engine::{Inner, MAX_TOKEN_CHARS};
use crate::json::Json;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    task_token: Option<String>,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
}

pub(super) async fn success(inner: &Arc<Inner>, request: Report) -> Answer {
    let (execution, task) = task_of(inner, request.task_token)?;
    let output = request.output.ok_or_else(|| ApiError::missing("output"))?;
    if output.len() > MAX_PAYLOAD_BYTES {
        return Err(ApiError::too_long("output", MAX_PAYLOAD_BYTES));
    }
    let output = Json::parse(&output).map_err(|e| ApiError::InvalidOutput(e.to_string()))?;
    give(
        inner,
        execution,
        Input::Reported {
            task,
            outcome: Ok(output),
        },
    )
    .await
}

pub(super) async fn failure(inner: &Arc<Inner>, request: Report) -> Answer {
    let (execution, task) = task_of(inner, request.task_token)?;
    if request
        .error
        .as_ref()
        .is_some_and(|error| error.chars().count() > MAX_ERROR_CHARS)
    {
        return Err(ApiError::too_long("error", MAX_ERROR_CHARS));
    }
    if request
        .cause
        .as_ref()
        .is_some_and(|cause| cause.chars().count() > MAX_CAUSE_CHARS)
    {
        return Err(ApiError::too_long("cause", MAX_CAUSE_CHARS));
    }
    give(
        inner,
        execution,
        Input::Reported {
            task,
            outcome: Err((request.error, request.cause)),
        },
    )
    .await
}

pub(super) async fn heartbeat(inner: &Arc<Inner>, request: Report) -> Answer {
    let (execution, task) = task_of(inner, request.task_token)?;
    give(inner, execution, Input::Beat { task }).await
}

fn task_of(inner: &Inner, token: Option<String>) -> Result<(ExecutionId, TaskId), ApiError> {
    let token = token.ok_or_else(|| ApiError::missing("taskToken"))?;
    if token.chars().count() > MAX_TOKEN_CHARS {
        return Err(ApiError::too_long("taskToken", MAX_TOKEN_CHARS));
    }
    inner
        .secret
        .task(&token)
        .ok_or_else(|| ApiError::InvalidToken("Invalid token".to_owned()))
}

async fn give(inner: &Arc<Inner>, id: ExecutionId, input: Input) -> Answer {
    let runs = inner.shard_by_id(id).live_mut(id).is_some();
    if !runs {
        inner.past_known().await;
    }
    {
        let mut shard = inner.shard_by_id(id);
        if !shard.slots.contains_key(&id) {
            return Err(ApiError::TaskDoesNotExist);
        }
        if shard.live_mut(id).is_none() {
            return Err(ApiError::TaskTimedOut);
        }
        inner.drive(&mut shard, id, input)?;
    }
    made_durable(inner).await?;
    Ok(json!({}))
}
