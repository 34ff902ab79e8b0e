//! Executions: start, describe, list, stop.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::machines::existing;
use super::{Answer, ApiError, arn, made_durable, paging, seconds};
use crate::core::{
    Execution, ExecutionId, Identity, Input, MAX_CAUSE_CHARS, MAX_ERROR_CHARS, MAX_PAYLOAD_BYTES,
    StartedBy, Status,
};
use crate::engine::{Inner, Place, Slot, Summary, reading};
use crate::json::Json;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start {
    state_machine_arn: Option<String>,
    name: Option<String>,
    input: Option<String>,
}

/// Starting again with the name and input of an execution that runs gives that execution.
pub(super) async fn start(inner: &Arc<Inner>, request: Start) -> Answer {
    let machine_arn = arn::check_machine(request.state_machine_arn)?;
    let name = request
        .name
        .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    arn::check_name(&name)?;
    let input = request.input.unwrap_or_else(|| "{}".to_owned());
    if input.len() > MAX_PAYLOAD_BYTES {
        return Err(ApiError::too_long("input", MAX_PAYLOAD_BYTES));
    }
    let input = Json::parse(&input).map_err(|e| ApiError::InvalidExecutionInput(e.to_string()))?;
    let execution_arn: Arc<str> = arn::execution(&machine_arn, &name).into();
    let (_, started_ms) = begin(inner, &machine_arn, &execution_arn, input, None)?;
    made_durable(inner).await?;
    Ok(json!({ "executionArn": &*execution_arn, "startDate": seconds(started_ms) }))
}

pub(super) fn begin(
    inner: &Arc<Inner>,
    machine_arn: &str,
    execution_arn: &Arc<str>,
    input: Json,
    started_by: Option<StartedBy>,
) -> Result<(ExecutionId, i64), ApiError> {
    let machines = inner.machines();
    let (machine, revision) = existing(inner, &machines, machine_arn)?;
    if machine.deleting {
        return Err(ApiError::StateMachineDeleting(machine_arn.to_owned()));
    }
    let mut shard = inner.shard_by_arn(execution_arn);
    match shard.find(execution_arn) {
        Some((id, Slot::Live(live))) if live.execution.identity.input == input => {
            return Ok((id, live.execution.identity.started_ms));
        }
        Some(_) => return Err(ApiError::ExecutionAlreadyExists(execution_arn.to_string())),
        None => {}
    }
    let most = inner.config.max_open_executions;
    if inner.index().running_in_all() >= most {
        return Err(ApiError::ExecutionLimitExceeded(most));
    }
    let started_ms = inner.now_ms();
    let identity = Identity {
        arn: Arc::clone(execution_arn),
        machine_arn: Arc::clone(&machine.arn),
        role_arn: Arc::clone(&revision.text.role_arn),
        started_ms,
        input,
        seed: rand::random(),
        started_by,
        origin: None,
    };
    let id = inner.begin(&mut shard, identity, revision)?;
    Ok((id, started_ms))
}

/// The execution of this ARN, if this very task started it, and when.
pub(super) fn found_again(inner: &Inner, arn: &str, by: StartedBy) -> Option<(ExecutionId, i64)> {
    let (id, position) = {
        let shard = inner.shard_by_arn(arn);
        let (id, slot) = shard.find(arn)?;
        if let Slot::Live(live) = slot {
            let identity = &live.execution.identity;
            return (identity.started_by == Some(by)).then_some((id, identity.started_ms));
        }
        (id, slot.position())
    };
    let identity = inner.full(id, position).ok()?.identity;
    (identity.started_by == Some(by)).then_some((id, identity.started_ms))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Describe {
    execution_arn: Option<String>,
    included_data: Option<String>,
}

pub(super) async fn describe(inner: &Arc<Inner>, request: Describe) -> Answer {
    let arn = arn::check_execution(request.execution_arn)?;
    let (id, place, live) = {
        let shard = inner.shard_by_arn(&arn);
        let (id, slot) = find(&shard, &arn)?;
        let live = match slot {
            Slot::Live(live) => Some(Arc::clone(&live.execution)),
            Slot::Closed(_) => None,
        };
        (id, slot.position(), live)
    };
    made_durable(inner).await?;
    let execution = match live {
        Some(live) => live,
        None => Arc::new(
            inner
                .full(id, place)
                .map_err(|e| ApiError::Internal(e.to_string()))?,
        ),
    };
    Ok(told(
        &execution,
        request.included_data.as_deref() != Some("METADATA_ONLY"),
    ))
}

pub(super) fn told(execution: &Execution, with_data: bool) -> Value {
    let identity = &execution.identity;
    let mut answer = Map::new();
    let mut put = |name: &str, value: Value| {
        answer.insert(name.to_owned(), value);
    };
    put("executionArn", json!(&*identity.arn));
    put("stateMachineArn", json!(&*identity.machine_arn));
    put("name", json!(execution.name()));
    put("status", json!(execution.status.as_str()));
    put("startDate", json!(seconds(identity.started_ms)));
    if let Some(origin) = &identity.origin {
        put("mapRunArn", json!(&*origin.run_arn));
    }
    put("redriveCount", json!(0));
    put("redriveStatus", json!("NOT_REDRIVABLE"));
    put(
        "redriveStatusReason",
        json!("Redriving executions is not supported here"),
    );
    if with_data {
        put("input", json!(identity.input.as_str()));
        put("inputDetails", json!({ "included": true }));
    }
    if let Some(end) = &execution.end {
        put("stopDate", json!(seconds(end.at_ms)));
        if let (Some(output), true) = (&end.output, with_data) {
            put("output", json!(output.as_str()));
            put("outputDetails", json!({ "included": true }));
        }
        if let (Some(error), true) = (&end.error, with_data) {
            put("error", json!(error));
        }
        if let (Some(cause), true) = (&end.cause, with_data) {
            put("cause", json!(cause));
        }
    }
    Value::Object(answer)
}

pub(super) async fn describe_machine(inner: &Arc<Inner>, request: Describe) -> Answer {
    let arn = arn::check_execution(request.execution_arn)?;
    let (machine_arn, revision) = {
        let shard = inner.shard_by_arn(&arn);
        let (_, slot) = find(&shard, &arn)?;
        (slot.summary().machine_arn, reading(slot).1)
    };
    made_durable(inner).await?;
    Ok(json!({
        "stateMachineArn": &*machine_arn,
        "name": machine_arn.rsplit(':').next().unwrap_or(""),
        "definition": revision.text.definition,
        "roleArn": &*revision.text.role_arn,
        "updateDate": seconds(revision.text.created_ms),
        "revisionId": revision.text.id,
        "loggingConfiguration": { "level": "OFF", "includeExecutionData": false },
        "tracingConfiguration": { "enabled": false },
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    state_machine_arn: Option<String>,
    map_run_arn: Option<String>,
    status_filter: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) async fn list(inner: &Arc<Inner>, request: List) -> Answer {
    let key = list_key(inner, request.state_machine_arn, request.map_run_arn)?;
    let status = request
        .status_filter
        .as_deref()
        .map(status_named)
        .transpose()?;
    let most = paging::most(request.max_results)?;
    let after: Option<Place> = paging::place(request.next_token)?;
    let mut places = match status {
        Some(None) => Vec::new(),
        Some(Some(status)) => inner.index().page(&key, Some(status), after, most + 1),
        None => inner.index().page(&key, None, after, most + 1),
    };
    let mut answer = Map::new();
    if places.len() > most {
        places.truncate(most);
        if let Some(last) = places.last() {
            answer.insert("nextToken".into(), json!(paging::token(last)));
        }
    }
    let found: Vec<Summary> = places
        .iter()
        .filter_map(|(_, id)| inner.shard_by_id(*id).slots.get(id).map(Slot::summary))
        .collect();
    made_durable(inner).await?;
    answer.insert(
        "executions".into(),
        found.iter().map(listed).collect::<Vec<_>>().into(),
    );
    Ok(Value::Object(answer))
}

/// What executions are listed under: a state machine that exists, or a map run.
fn list_key(
    inner: &Inner,
    machine_arn: Option<String>,
    run_arn: Option<String>,
) -> Result<String, ApiError> {
    match (machine_arn, run_arn) {
        (Some(_), Some(_)) => Err(ApiError::Validation(
            "You can specify either 'mapRunArn' or 'stateMachineArn', not both".to_owned(),
        )),
        (None, Some(run_arn)) => {
            arn::check_map_run(&run_arn)?;
            super::map_runs::check_listable(inner, &run_arn)?;
            Ok(run_arn)
        }
        (machine_arn, None) => {
            let machine_arn = arn::check_machine(machine_arn)?;
            existing(inner, &inner.machines(), &machine_arn)?;
            Ok(machine_arn)
        }
    }
}

fn listed(summary: &Summary) -> Value {
    let mut told = json!({
        "executionArn": &*summary.arn,
        "stateMachineArn": &*summary.machine_arn,
        "name": summary.arn.rsplit(':').next().unwrap_or(""),
        "status": summary.status.as_str(),
        "startDate": seconds(summary.started_ms),
        "redriveCount": 0,
    });
    if let Some(run_arn) = &summary.run_arn {
        told["mapRunArn"] = json!(&**run_arn);
    }
    if let Some(stopped_ms) = summary.stopped_ms {
        told["stopDate"] = json!(seconds(stopped_ms));
    }
    told
}

/// The status of a filter; `None` for one that no execution here ever has.
fn status_named(name: &str) -> Result<Option<Status>, ApiError> {
    match name {
        "RUNNING" => Ok(Some(Status::Running)),
        "SUCCEEDED" => Ok(Some(Status::Succeeded)),
        "FAILED" => Ok(Some(Status::Failed)),
        "TIMED_OUT" => Ok(Some(Status::TimedOut)),
        "ABORTED" => Ok(Some(Status::Aborted)),
        "PENDING_REDRIVE" => Ok(None),
        other => Err(ApiError::Validation(format!(
            "Value '{other}' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: \
             [RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, PENDING_REDRIVE]"
        ))),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stop {
    execution_arn: Option<String>,
    error: Option<String>,
    cause: Option<String>,
}

/// Stopping an execution that has closed changes nothing and gives the time it closed.
pub(super) async fn stop(inner: &Arc<Inner>, request: Stop) -> Answer {
    let arn = arn::check_execution(request.execution_arn)?;
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
    let stopped_ms = {
        let mut shard = inner.shard_by_arn(&arn);
        let (id, slot) = find(&shard, &arn)?;
        if matches!(slot, Slot::Live(_)) {
            inner.drive(
                &mut shard,
                id,
                Input::Stop {
                    error: request.error,
                    cause: request.cause,
                },
            )?;
        }
        let stopped_ms = shard
            .slots
            .get(&id)
            .and_then(|slot| slot.summary().stopped_ms);
        stopped_ms.unwrap_or_else(|| inner.now_ms())
    };
    made_durable(inner).await?;
    Ok(json!({ "stopDate": seconds(stopped_ms) }))
}

/// An execution by its ARN, or the error that there is none.
pub(super) fn find<'a>(
    shard: &'a crate::engine::Shard,
    arn: &str,
) -> Result<(ExecutionId, &'a Slot), ApiError> {
    shard
        .find(arn)
        .ok_or_else(|| ApiError::ExecutionDoesNotExist(arn.to_owned()))
}
