//! Executions: start, describe, stop.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::caller::{Caller, MAX_TRACE_HEADER_CHARS};
use super::machines::target;
use super::{Answer, ApiError, arn, made_durable, redrive, seconds};
use crate::core::{
    Execution, ExecutionId, Identity, Input, MAX_CAUSE_CHARS, MAX_ERROR_CHARS, MAX_PAYLOAD_BYTES,
    StartedBy, Workflow,
};
use crate::engine::{Inner, Of, Slot, Target};
use crate::json::Json;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start {
    state_machine_arn: Option<String>,
    name: Option<String>,
    input: Option<String>,
    trace_header: Option<String>,
    #[serde(default)]
    included_data: Option<String>,
}

/// A start as it was asked for.
pub(super) struct Asked {
    pub(super) target_arn: String,
    pub(super) name: String,
    pub(super) input: Json,
    /// `includedData` is not `METADATA_ONLY`.
    pub(super) with_data: bool,
    /// The trace header of the request, which goes before `traceHeader`.
    pub(super) trace_header: Option<Arc<str>>,
}

impl Start {
    pub(super) fn checked(self, caller: &Caller) -> Result<Asked, ApiError> {
        let target_arn = arn::check_unlabelled(self.state_machine_arn)?;
        let name = self.name.unwrap_or_else(crate::unique::name);
        arn::check_name(&name)?;
        let given = self.trace_header.as_deref().unwrap_or_default();
        if given.chars().count() > MAX_TRACE_HEADER_CHARS {
            return Err(ApiError::too_long("traceHeader", MAX_TRACE_HEADER_CHARS));
        }
        if !given.is_ascii() {
            return Err(ApiError::no_match("traceHeader", "\\p{ASCII}*"));
        }
        let given = (!given.is_empty()).then(|| given.into());
        Ok(Asked {
            target_arn,
            name,
            input: input_of(self.input)?,
            with_data: with_data(self.included_data.as_deref())?,
            trace_header: caller.trace.clone().or(given),
        })
    }
}

/// An input as a request gives it; without one, an empty object.
pub(super) fn input_of(text: Option<String>) -> Result<Json, ApiError> {
    let text = text.unwrap_or_else(|| "{}".to_owned());
    if text.len() > MAX_PAYLOAD_BYTES {
        return Err(ApiError::too_long("input", MAX_PAYLOAD_BYTES));
    }
    if text.is_empty() {
        let message = "Invalid execution input.".to_owned();
        return Err(ApiError::InvalidExecutionInput(message));
    }
    Json::parse(&text).map_err(|e| ApiError::InvalidExecutionInput(e.to_string()))
}

/// Reads `includedData`.
pub(super) fn with_data(included: Option<&str>) -> Result<bool, ApiError> {
    match included {
        None | Some("ALL_DATA") => Ok(true),
        Some("METADATA_ONLY") => Ok(false),
        Some(other) => Err(ApiError::not_in(
            "includedData",
            other,
            &["ALL_DATA", "METADATA_ONLY"],
        )),
    }
}

/// Starting again with the name and input of an execution that runs gives that execution.
pub(super) async fn start(inner: &Arc<Inner>, caller: &Caller, request: Start) -> Answer {
    // A name of ours has never been used; one that is given may have been.
    let is_named = request.name.is_some();
    let asked = request.checked(caller)?;
    if is_named {
        inner.past_known().await;
    }
    let (arn, _, started_ms) = begin(inner, &asked, None)?;
    made_durable(inner).await?;
    Ok(json!({ "executionArn": &*arn, "startDate": seconds(started_ms) }))
}

/// What an execution of this target is started with.
pub(super) fn identity(inner: &Inner, asked: &Asked, target: &Target<'_>) -> Identity {
    let machine = target.machine;
    let arn = match machine.workflow {
        Workflow::Standard => arn::execution(&machine.arn, &asked.name),
        Workflow::Express => arn::express(&machine.arn, &asked.name, &inner.unique()),
    };
    Identity {
        arn: arn.into(),
        machine_arn: Arc::clone(&machine.arn),
        workflow: machine.workflow,
        via: target.via.clone(),
        role_arn: Arc::clone(&target.revision.text.role_arn),
        started_ms: inner.now_ms(),
        input: asked.input.clone(),
        seed: inner.draw(),
        started_by: None,
        origin: None,
        trace_header: asked.trace_header.clone(),
    }
}

pub(super) fn begin(
    inner: &Arc<Inner>,
    asked: &Asked,
    started_by: Option<StartedBy>,
) -> Result<(Arc<str>, ExecutionId, i64), ApiError> {
    let machines = inner.machines();
    let target = target(inner, &machines, &asked.target_arn)?;
    if target.machine.deleting {
        return Err(ApiError::StateMachineDeleting(asked.target_arn.clone()));
    }
    let mut identity = identity(inner, asked, &target);
    identity.started_by = started_by;
    let (arn, started_ms) = (Arc::clone(&identity.arn), identity.started_ms);
    let mut shard = inner.shard_by_arn(&arn);
    if identity.workflow == Workflow::Express {
        inner.check_express_room()?;
        let id = inner.begin_express(&mut shard, identity, target.revision, None)?;
        return Ok((arn, id, started_ms));
    }
    match shard.find(&arn) {
        Some((id, Slot::Live(live))) if live.execution.identity.input == asked.input => {
            return Ok((arn, id, live.execution.identity.started_ms));
        }
        Some(_) => return Err(ApiError::ExecutionAlreadyExists(arn.to_string())),
        None => {}
    }
    let most = inner.config.max_open_executions;
    if inner.index().running_in_all() >= most {
        return Err(ApiError::ExecutionLimitExceeded(most));
    }
    let id = inner.begin(&mut shard, identity, target.revision)?;
    Ok((arn, id, started_ms))
}

/// The execution of this ARN, if this very task started it, and when.
pub(super) async fn found_again(
    inner: &Arc<Inner>,
    arn: &str,
    by: StartedBy,
) -> Option<(ExecutionId, i64)> {
    let (id, position) = {
        let shard = inner.shard_by_arn(arn);
        let (id, slot) = shard.find(arn)?;
        if let Slot::Live(live) = slot {
            let identity = &live.execution.identity;
            return (identity.started_by == Some(by)).then_some((id, identity.started_ms));
        }
        (id, slot.position())
    };
    // What is read back from the log must be in it.
    made_durable(inner).await.ok()?;
    let reader = Arc::clone(inner);
    let read = inner.aside(move || reader.full(id, position)).await;
    let identity = read.ok()?.ok()?.identity;
    (identity.started_by == Some(by)).then_some((id, identity.started_ms))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Describe {
    pub(super) execution_arn: Option<String>,
    pub(super) included_data: Option<String>,
}

pub(super) async fn describe(inner: &Arc<Inner>, request: Describe) -> Answer {
    let arn = arn::check_execution(request.execution_arn)?;
    let with_data = with_data(request.included_data.as_deref())?;
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
        None => {
            let reader = Arc::clone(inner);
            let read = inner
                .aside(move || reader.full(id, place))
                .await
                .map_err(|e| ApiError::Internal(e.to_string()))?;
            Arc::new(read.map_err(|e| ApiError::Internal(e.to_string()))?)
        }
    };
    let refusal = redrive::refusal(inner, &execution);
    let mut answer = told(&execution, refusal, with_data);
    if execution.end.is_some() && inner.waits_for_redrive(&execution) {
        answer["status"] = json!("PENDING_REDRIVE");
    }
    Ok(answer)
}

/// `refusal` says why it cannot be redriven, if it cannot.
pub(super) fn told(execution: &Execution, refusal: Option<String>, with_data: bool) -> Value {
    let identity = &execution.identity;
    let mut answer = Map::new();
    let mut put = |name: &str, value: Value| {
        answer.insert(name.to_owned(), value);
    };
    put("executionArn", json!(&*identity.arn));
    put("stateMachineArn", json!(&*identity.machine_arn));
    let of = Of::identity(identity);
    if let Some(version) = of.version_arn() {
        put("stateMachineVersionArn", json!(version));
    }
    if let Some(alias) = of.alias_arn() {
        put("stateMachineAliasArn", json!(alias));
    }
    put("name", json!(execution.name()));
    put("status", json!(execution.status.as_str()));
    put("startDate", json!(seconds(identity.started_ms)));
    if let Some(origin) = &identity.origin {
        put("mapRunArn", json!(&*origin.run_arn));
    }
    if let Some(trace) = &identity.trace_header {
        put("traceHeader", json!(&**trace));
    }
    // AWS: of Express children it is not known how often they were started.
    let express = execution.is_express_child();
    let redrives = execution.redrives.as_ref().filter(|_| !express);
    put("redriveCount", json!(redrives.map_or(0, |r| r.count)));
    if let Some(redrives) = redrives {
        put("redriveDate", json!(seconds(redrives.last_ms)));
    }
    match refusal {
        None if identity.origin.is_some() => put("redriveStatus", json!("REDRIVABLE_BY_MAP_RUN")),
        None => put("redriveStatus", json!("REDRIVABLE")),
        Some(reason) => {
            put("redriveStatus", json!("NOT_REDRIVABLE"));
            put("redriveStatusReason", json!(reason));
        }
    }
    if with_data {
        put("input", json!(identity.input.as_str()));
        put("inputDetails", json!({ "included": true }));
    } else {
        put("inputDetails", json!({ "included": false }));
    }
    if let Some(end) = &execution.end {
        put("stopDate", json!(seconds(end.at_ms)));
        if let (Some(output), true) = (&end.output, with_data) {
            put("output", json!(output.as_str()));
            put("outputDetails", json!({ "included": true }));
        } else if end.output.is_some() {
            put("outputDetails", json!({ "included": false }));
        }
        if let (Some(error), true) = (execution.error_name(), with_data) {
            put("error", json!(error));
        }
        if let (Some(cause), true) = (&end.cause, with_data) {
            put("cause", json!(cause));
        }
    }
    Value::Object(answer)
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
