//! `StartSyncExecution`: an Express execution, answered when it has ended.
//!
//! Nothing of it is logged: one that the process dies under is gone, and its caller hears nothing.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::executions::{Asked, Start, identity};
use super::machines::target;
use super::{Answer, ApiError, seconds};
use crate::core::{Execution, Status, Workflow};
use crate::engine::{Ended, Inner, Of};

/// What AWS bills by: started chunks of 100 ms, and 64 MB at least.
const BILLED_STEP_MS: i64 = 100;
const BILLED_MEMORY_MB: u32 = 64;

pub(super) async fn start(inner: &Arc<Inner>, caller: &Caller, request: Start) -> Answer {
    let asked = request.checked(caller)?;
    let ended = begin(inner, &asked)?;
    let execution = ended.await.map_err(|_| ApiError::Log)?;
    Ok(told(&execution, asked.with_data))
}

fn begin(inner: &Arc<Inner>, asked: &Asked) -> Result<Ended, ApiError> {
    let machines = inner.machines();
    let target = target(inner, &machines, &asked.target_arn)?;
    if target.machine.workflow != Workflow::Express {
        return Err(ApiError::not_for_this_type());
    }
    if target.machine.deleting {
        return Err(ApiError::StateMachineDeleting(asked.target_arn.clone()));
    }
    inner.check_express_room()?;
    let identity = identity(inner, asked, &target);
    let mut shard = inner.shard_by_arn(&identity.arn);
    let (told, ended) = tokio::sync::oneshot::channel();
    inner.begin_express(&mut shard, identity, target.revision, Some(told))?;
    Ok(ended)
}

fn told(execution: &Execution, with_data: bool) -> Value {
    let identity = &execution.identity;
    let mut told = Map::new();
    let mut put = |name: &str, value: Value| {
        told.insert(name.to_owned(), value);
    };
    let ended_ms = execution
        .end
        .as_ref()
        .map_or(identity.started_ms, |end| end.at_ms);
    put("executionArn", json!(&*identity.arn));
    let of = Of::identity(identity);
    put(
        "stateMachineArn",
        json!(of.version_arn().unwrap_or_else(|| of.machine.to_string())),
    );
    let name = identity.arn.rsplit(':').nth(1).unwrap_or("");
    put("name", json!(name));
    put("status", json!(execution.status.as_str()));
    put("startDate", json!(seconds(identity.started_ms)));
    put("stopDate", json!(seconds(ended_ms)));
    if let Some(trace) = &identity.trace_header {
        put("traceHeader", json!(&**trace));
    }
    put("inputDetails", json!({ "included": with_data }));
    put("outputDetails", json!({ "included": with_data }));
    if with_data {
        put("input", json!(identity.input.as_str()));
    }
    if let Some(end) = &execution.end {
        if let (Some(output), true) = (&end.output, with_data) {
            put("output", json!(output.as_str()));
        }
        let timed_out = execution.status == Status::TimedOut;
        let usual = timed_out.then_some(crate::asl::errors::TIMEOUT);
        if let Some(error) = execution.error_name().or(usual) {
            put("error", json!(error));
        }
        if let Some(cause) = &end.cause {
            put("cause", json!(cause));
        }
    }
    let ran_ms = (ended_ms - identity.started_ms).max(1);
    let billed_ms = (ran_ms + BILLED_STEP_MS - 1) / BILLED_STEP_MS * BILLED_STEP_MS;
    put(
        "billingDetails",
        json!({ "billedMemoryUsedInMB": BILLED_MEMORY_MB, "billedDurationInMilliseconds": billed_ms }),
    );
    Value::Object(told)
}
