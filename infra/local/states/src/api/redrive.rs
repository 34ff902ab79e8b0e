//! `RedriveExecution`. Source: API reference, and developer guide, "Restarting state machine executions with redrive".

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::executions::find;
use super::{Answer, ApiError, arn, made_durable, seconds};
use crate::core::redrive::{Redrives, overdue, spent};
use crate::core::{Execution, ExecutionId, Status};
use crate::engine::{DriveError, Inner, Slot, Wreck};
use crate::log::LogFailed;

/// How long a client token is remembered.
const TOKEN_LIFE_MS: i64 = 15 * 60_000;
const MAX_TOKEN_CHARS: usize = 64;
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
    let found = {
        let shard = inner.shard_by_arn(arn);
        find(&shard, arn).map(|(id, slot)| {
            let goes_on = goes_on(inner, slot, client_token.as_deref());
            (id, slot.position(), Arc::clone(slot.revision()), goes_on)
        })
    };
    // What is told, and what is read back from the log, must be in it: so this comes after the look at the shard.
    made_durable(inner).await?;
    let (id, position, revision, goes_on) = found?;
    if let Some(answer) = goes_on {
        return answer;
    }
    let reader = Arc::clone(inner);
    let mut wreck = inner
        .aside(move || reader.wreck(id, position, revision))
        .await
        .map_err(|e| ApiError::Internal(e.to_string()))?
        .map_err(|e| ApiError::Internal(e.to_string()))?;
    if let Some(origin) = &wreck.execution.identity.origin {
        return Err(ApiError::ExecutionNotRedrivable(format!(
            "Execution is a child of the Map Run '{}' and cannot be redriven by itself: redrive the execution that has the \
             Map Run",
            origin.run_arn
        )));
    }
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
    let answer = go_on(inner, arn, id, wreck, client_token);
    made_durable(inner).await?;
    answer
}

fn go_on(
    inner: &Arc<Inner>,
    arn: &str,
    id: ExecutionId,
    wreck: Wreck,
    client_token: Option<String>,
) -> Answer {
    let token = client_token.clone();
    let mut shard = inner.shard_by_arn(arn);
    match inner.redrive(&mut shard, id, wreck, client_token) {
        Ok(Some(at_ms)) => Ok(json!({ "redriveDate": seconds(at_ms) })),
        // Somebody was quicker: perhaps this very request.
        Ok(None) => {
            let slot = shard.slots.get(&id);
            let answer = slot.and_then(|slot| goes_on(inner, slot, token.as_deref()));
            answer.unwrap_or_else(|| Err(running()))
        }
        Err(DriveError::Log(LogFailed::TooLong)) => Err(ApiError::ExecutionNotRedrivable(
            "What the execution would go on with is longer than one record can be".to_owned(),
        )),
        Err(error) => Err(error.into()),
    }
}

/// The answer where the execution runs.
fn goes_on(inner: &Inner, slot: &Slot, token: Option<&str>) -> Option<Answer> {
    let Slot::Live(live) = slot else { return None };
    let before = live.execution.redrives.as_deref();
    Some(repeated(inner, before, token).ok_or_else(running))
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
    // One that is used again after its time is there twice.
    let mut known = redrives.tokens.iter().rev();
    let (_, at_ms) = known.find(|(known, at_ms)| known == token && *at_ms >= since_ms)?;
    Some(json!({ "redriveDate": seconds(*at_ms) }))
}

/// Why an execution cannot be redriven; `None` if it can.
pub(super) fn refusal(inner: &Inner, execution: &Execution) -> Option<String> {
    // That of a map run's child ends in the label of its Map.
    let machine_arn = execution.identity.machine_arn.split('/').next();
    let goes = {
        let machines = inner.machines();
        machines
            .by_arn
            .get(machine_arn.unwrap_or_default())
            .is_none_or(|m| m.deleting)
    };
    refusal_at(execution, goes, inner.now_ms())
}

/// As [`refusal`], where it is known whether the state machine goes.
pub(super) fn refusal_at(execution: &Execution, machine_goes: bool, now_ms: i64) -> Option<String> {
    let status = execution.status;
    if matches!(status, Status::Running | Status::Succeeded) {
        let status = status.as_str();
        return Some(format!("Execution is {status} and cannot be redriven"));
    }
    if let Some(origin) = &execution.identity.origin
        && origin.express
    {
        // It is started anew, whatever became of it.
        return None;
    }
    if machine_goes {
        return Some("State machine is in DELETING status".to_owned());
    }
    let ended_ms = execution.end.as_ref().map_or(now_ms, |end| end.at_ms);
    let too_late = overdue(execution.identity.started_ms, ended_ms, now_ms);
    spent(execution).or_else(|| too_late.map(str::to_owned))
}
