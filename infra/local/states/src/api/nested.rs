//! The API as tasks use it: executions that they start, and any operation, without a detour over the network.

use std::sync::Arc;

use serde_json::{Value, json};

use super::caller::Caller;
use super::executions::{Asked, begin, found_again, told};
use super::redrive::refusal_at;
use super::{ApiError, TARGET, arn, dispatch, made_durable, seconds};
use crate::core::{Execution, ExecutionId, MAX_PAYLOAD_BYTES, StartedBy, Workflow};
use crate::engine::Inner;
use crate::integration::{ApiFailure, StartCall};

/// Starts the execution of a task. When the call is made again after a crash, it gives what the first one started.
pub(crate) async fn start_nested(
    inner: &Arc<Inner>,
    by: StartedBy,
    start: StartCall,
) -> Result<(Value, ExecutionId), ApiFailure> {
    inner.past_known().await;
    let told = started(inner, by, start)
        .await
        .map_err(|error| failure(&error))?;
    // A Standard execution records the answer behind the start. An Express one records nothing, and may tell its caller of it.
    let by_express = inner
        .shard_by_id(by.execution)
        .live_mut(by.execution)
        .is_some_and(|live| live.execution.identity.workflow == Workflow::Express);
    if by_express {
        let durable = made_durable(inner).await;
        durable.map_err(|error| failure(&error))?;
    }
    Ok(told)
}

async fn started(
    inner: &Arc<Inner>,
    by: StartedBy,
    start: StartCall,
) -> Result<(Value, ExecutionId), ApiError> {
    let target_arn = arn::check_machine(Some(start.machine_arn))?;
    arn::check_name(&start.name)?;
    if start.input.len() > MAX_PAYLOAD_BYTES {
        return Err(ApiError::too_long("input", MAX_PAYLOAD_BYTES));
    }
    let execution_arn: Arc<str> = arn::execution(arn::machine_of(&target_arn), &start.name).into();
    // What nobody has started is not found again: the next one that is tried out is nobody's too.
    let by = (by.execution != ExecutionId::NOBODY).then_some(by);
    let found = match by {
        Some(by) => found_again(inner, &execution_arn, by).await,
        None => None,
    };
    let (execution_arn, id, started_ms) = match found {
        Some((id, started_ms)) => (execution_arn, id, started_ms),
        None => {
            let asked = Asked {
                target_arn,
                name: start.name,
                input: start.input,
                with_data: true,
                trace_header: None,
            };
            begin(inner, &asked, by)?
        }
    };
    let told = json!({ "executionArn": &*execution_arn, "startDate": seconds(started_ms) });
    Ok((told, id))
}

/// An operation, asked by a task.
pub(crate) async fn call(
    inner: &Arc<Inner>,
    operation: &str,
    body: &str,
) -> Result<Value, ApiFailure> {
    if inner.log.is_crowded() {
        return Err(failure(&ApiError::Throttled));
    }
    let caller = Caller::usual(&inner.config);
    let target = format!("{TARGET}{operation}");
    let answered = dispatch(inner, &caller, &target, body.as_bytes()).await;
    answered.map_err(|error| failure(&error))
}

fn failure(error: &ApiError) -> ApiFailure {
    ApiFailure {
        status: error.status().as_u16(),
        name: error.name().to_owned(),
        message: error.to_string(),
    }
}

/// The answer of `DescribeExecution`, for the task that waits for the execution.
pub(crate) fn described(execution: &Execution) -> Value {
    // It has just ended, and no lock may be taken here.
    let ended_ms = execution.end.as_ref().map_or(0, |end| end.at_ms);
    let refusal = refusal_at(execution, false, ended_ms);
    told(execution, refusal, true)
}
