//! `RedriveExecution`. Source: API reference, and developer guide, "Restarting state machine executions with redrive".

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::executions::find;
use super::{Answer, ApiError, arn, made_durable, seconds};
use crate::core::redrive::{
    MAX_EVENTS_TO_REDRIVE, MAX_REDRIVES, Redrives, has_map_runs, needs_map_run,
};
use crate::core::{Execution, ExecutionId, Status};
use crate::engine::{Inner, Revision, Slot, Wreck};
use crate::log::Position;

const DAY_MS: i64 = 86_400_000;
/// How long after its end an execution can be redriven.
const REDRIVABLE_MS: i64 = 14 * DAY_MS;
/// How long an execution can run, redrives and all.
const LONGEST_MS: i64 = 365 * DAY_MS;
/// How long a client token is remembered.
const TOKEN_LIFE_MS: i64 = 15 * 60_000;
const MAX_TOKEN_CHARS: usize = 64;
const NO_MAP_RUNS: &str =
    "Execution ended in a Distributed Map; redriving map runs is not supported here";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    execution_arn: Option<String>,
    client_token: Option<String>,
}

pub(super) async fn redrive(inner: &Arc<Inner>, request: Request) -> Answer {
    let arn = arn::check_execution(request.execution_arn)?;
    check_token(request.client_token.as_deref())?;
    redrive_with(inner, &arn, request.client_token, |_| Ok(())).await
}

pub(super) fn check_token(token: Option<&str>) -> Result<(), ApiError> {
    let Some(token) = token else { return Ok(()) };
    if token.is_empty()
        || token.len() > MAX_TOKEN_CHARS
        || !token.bytes().all(|b| b.is_ascii_graphic())
    {
        return Err(ApiError::Validation(format!(
            "Value '{token}' at 'clientToken' failed to satisfy constraint: Member must be 1 to {MAX_TOKEN_CHARS} visible \
             ASCII characters"
        )));
    }
    Ok(())
}

/// Redrives an execution. `change` may change where and with what it goes on.
pub(super) async fn redrive_with(
    inner: &Arc<Inner>,
    arn: &str,
    client_token: Option<String>,
    change: impl FnOnce(&mut Wreck) -> Result<(), ApiError> + Send,
) -> Answer {
    // What is read back from the log must be in it.
    made_durable(inner).await?;
    let (id, position, revision) = {
        let shard = inner.shard_by_arn(arn);
        let (id, slot) = find(&shard, arn)?;
        if let Slot::Live(live) = slot {
            let before = live.execution.redrives.as_deref();
            return repeated(inner, before, client_token.as_deref()).ok_or_else(running);
        }
        (id, slot.position(), Arc::clone(slot.revision()))
    };
    let reader = Arc::clone(inner);
    let mut wreck = tokio::task::spawn_blocking(move || reader.wreck(id, position, revision))
        .await
        .map_err(|e| ApiError::Internal(e.to_string()))?
        .map_err(|e| ApiError::Internal(e.to_string()))?;
    let before = wreck.execution.redrives.as_deref();
    if let Some(answer) = repeated(inner, before, client_token.as_deref()) {
        return Ok(answer);
    }
    if let Some(reason) = refusal(inner, &wreck.execution) {
        return Err(ApiError::ExecutionNotRedrivable(reason));
    }
    let most = inner.config.max_open_executions;
    if inner.index().running_in_all() >= most {
        return Err(ApiError::ExecutionLimitExceeded(most));
    }
    change(&mut wreck)?;
    if needs_map_run(&wreck.branches, &wreck.revision.definition) {
        return Err(ApiError::ExecutionNotRedrivable(NO_MAP_RUNS.to_owned()));
    }
    let at_ms = go_on(inner, arn, id, wreck, client_token)?;
    made_durable(inner).await?;
    Ok(json!({ "redriveDate": seconds(at_ms) }))
}

fn go_on(
    inner: &Arc<Inner>,
    arn: &str,
    id: ExecutionId,
    wreck: Wreck,
    client_token: Option<String>,
) -> Result<i64, ApiError> {
    let mut shard = inner.shard_by_arn(arn);
    inner
        .redrive(&mut shard, id, wreck, client_token)?
        .ok_or_else(running)
}

fn running() -> ApiError {
    ApiError::ExecutionNotRedrivable("Execution is RUNNING and cannot be redriven".to_owned())
}

/// The answer to a request that has been answered.
fn repeated(
    inner: &Inner,
    before: Option<&Redrives>,
    token: Option<&str>,
) -> Option<serde_json::Value> {
    let token = token?;
    let since_ms = inner.now_ms() - TOKEN_LIFE_MS;
    let redrives = before?;
    let known = redrives
        .tokens
        .iter()
        .any(|(known, at_ms)| known == token && *at_ms >= since_ms);
    known.then(|| json!({ "redriveDate": seconds(redrives.last_ms) }))
}

/// Why an execution cannot be redriven; `None` if it can.
pub(super) fn refusal(inner: &Inner, execution: &Execution) -> Option<String> {
    let machine_arn = &execution.identity.machine_arn;
    let goes = {
        let machines = inner.machines();
        machines.by_arn.get(machine_arn).is_none_or(|m| m.deleting)
    };
    refusal_at(execution, goes, inner.now_ms())
}

/// As [`refusal`], and also whether it ended in a Distributed Map, which its records tell. Blocks on the disk.
pub(super) fn refusal_of_closed(
    inner: &Inner,
    execution: &Execution,
    (id, position, revision): (ExecutionId, Position, Arc<Revision>),
) -> Option<String> {
    let found = refusal(inner, execution);
    if found.is_some() || !has_map_runs(&revision.definition) {
        return found;
    }
    match inner.wreck(id, position, revision) {
        Ok(wreck) => needs_map_run(&wreck.branches, &wreck.revision.definition)
            .then(|| NO_MAP_RUNS.to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

/// As [`refusal`], where it is known whether the state machine goes.
pub(super) fn refusal_at(execution: &Execution, machine_goes: bool, now_ms: i64) -> Option<String> {
    let status = execution.status;
    if matches!(status, Status::Running | Status::Succeeded) {
        let status = status.as_str();
        return Some(format!("Execution is {status} and cannot be redriven"));
    }
    if execution.identity.origin.is_some() {
        return Some(
            "Execution is the child of a map run; redriving map runs is not supported here"
                .to_owned(),
        );
    }
    if machine_goes {
        return Some("State machine is in DELETING status".to_owned());
    }
    if execution.last_event >= MAX_EVENTS_TO_REDRIVE {
        return Some("Execution history event limit exceeded".to_owned());
    }
    if execution.redrive_count() >= MAX_REDRIVES {
        return Some(format!(
            "Execution was redriven {MAX_REDRIVES} times, the most that is allowed"
        ));
    }
    if execution.identity.started_ms + LONGEST_MS < now_ms {
        return Some("Execution has exceeded the max execution time".to_owned());
    }
    let ended_ms = execution.end.as_ref().map_or(now_ms, |end| end.at_ms);
    (ended_ms + REDRIVABLE_MS < now_ms).then(|| "Execution redrivable period exceeded".to_owned())
}
