//! Map runs: describe, list, update. Source: API reference, `DescribeMapRun`, `ListMapRuns`, `UpdateMapRun`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::executions::find;
use super::{Answer, ApiError, arn, made_durable, paging, seconds};
use crate::asl::distributed::Kind;
use crate::asl::map::MAX_ITEMS;
use crate::core::map_run::{Counts, RunId, owner_of};
use crate::core::run_summary::{RunSummary, items_of_children, runs_of};
use crate::core::{ExecutionId, Identity, Input, Status, map_results};
use crate::engine::{DriveError, Inner, Slot, reading};
use crate::log::Position;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Describe {
    map_run_arn: Option<String>,
}

pub(super) async fn describe(inner: &Arc<Inner>, request: Describe) -> Answer {
    let (arn, owners, run) = run_named(inner, request.map_run_arn)?;
    let is_asked = |identity: &Identity, found: &RunSummary| {
        map_results::run_arn(identity, &found.settings.label, found.uuid) == arn
    };
    for id in owners {
        let (position, live) = match inner.shard_by_id(id).slots.get(&id) {
            Some(slot) => (reading(slot).0, live(slot, run)),
            None => continue,
        };
        if let Some((identity, found)) = live
            && is_asked(&identity, &found)
        {
            made_durable(inner).await?;
            return Ok(told(&identity, &found));
        }
        let (identity, runs) = runs(inner, id, position).await?;
        if let Some(found) = runs.get(&run).filter(|found| is_asked(&identity, found)) {
            return Ok(told(&identity, found));
        }
    }
    Err(ApiError::ResourceNotFound(arn))
}

/// A run that goes on: its execution knows all that is told of it, so its records, which may be many, are not read.
fn live(slot: &Slot, run: RunId) -> Option<(Arc<Identity>, RunSummary)> {
    let Slot::Live(live) = slot else {
        return None;
    };
    let found = RunSummary::live(&live.execution, run)?;
    Some((Arc::clone(&live.execution.identity), found))
}

fn told(identity: &Identity, run: &RunSummary) -> Value {
    let mut answer = listed(identity, run);
    let done = match run.status {
        Status::Succeeded => true,
        Status::Failed => run.settings.writer.arguments.is_some(),
        Status::Running | Status::TimedOut | Status::Aborted => false,
    };
    let mut put = |name: &str, value: Value| {
        answer.insert(name.to_owned(), value);
    };
    put("status", json!(run.status.as_str()));
    put("maxConcurrency", json!(run.settings.max_concurrency));
    put(
        "toleratedFailurePercentage",
        json!(run.settings.tolerated_percentage.unwrap_or(0.0)),
    );
    put(
        "toleratedFailureCount",
        json!(run.settings.tolerated_count.unwrap_or(0)),
    );
    put("itemCounts", counts(&run.items, done));
    put("executionCounts", counts(&run.executions, done));
    put("redriveCount", json!(run.redrives));
    if let Some(redriven_ms) = run.redriven_ms {
        put("redriveDate", json!(seconds(redriven_ms)));
    }
    answer.remove("stateMachineArn");
    Value::Object(answer)
}

fn counts(counts: &Counts, written: bool) -> Value {
    let ended = counts.succeeded + counts.failed + counts.timed_out + counts.aborted;
    json!({
        "pending": counts.pending,
        "running": counts.running,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "timedOut": counts.timed_out,
        "aborted": counts.aborted,
        "total": counts.total(),
        "resultsWritten": if written { ended } else { 0 },
        "failuresNotRedrivable": counts.not_redrivable,
        "pendingRedrive": counts.waiting,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    execution_arn: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) async fn list(inner: &Arc<Inner>, request: List) -> Answer {
    let arn = arn::check_execution(request.execution_arn)?;
    let most = paging::most(request.max_results)?;
    let pages = paging::Pages::new(inner, "ListMapRuns", &arn);
    let shown: usize = pages.place(request.next_token)?.unwrap_or(0);
    let (id, position) = {
        let shard = inner.shard_by_arn(&arn);
        let (id, slot) = find(&shard, &arn)?;
        (id, reading(slot).0)
    };
    let (identity, runs) = runs(inner, id, position).await?;
    let page: Vec<Value> = runs
        .values()
        .rev()
        .skip(shown)
        .take(most)
        .map(|run| Value::Object(listed(&identity, run)))
        .collect();
    let mut answer = Map::new();
    let next = shown + page.len();
    if next < runs.len() {
        answer.insert("nextToken".into(), json!(pages.token(&next)));
    }
    answer.insert("mapRuns".into(), page.into());
    Ok(Value::Object(answer))
}

fn listed(identity: &Identity, run: &RunSummary) -> Map<String, Value> {
    let label = &run.settings.label;
    let mut told = Map::new();
    let mut put = |name: &str, value: Value| {
        told.insert(name.to_owned(), value);
    };
    put("executionArn", json!(&*identity.arn));
    put(
        "mapRunArn",
        json!(map_results::run_arn(identity, label, run.uuid)),
    );
    put(
        "stateMachineArn",
        json!(map_results::machine_arn(identity, label)),
    );
    put("startDate", json!(seconds(run.started_ms)));
    if let Some(stopped_ms) = run.stopped_ms {
        put("stopDate", json!(seconds(stopped_ms)));
    }
    told
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update {
    map_run_arn: Option<String>,
    max_concurrency: Option<i64>,
    tolerated_failure_percentage: Option<f64>,
    tolerated_failure_count: Option<i64>,
}

pub(super) async fn update(inner: &Arc<Inner>, request: Update) -> Answer {
    let (arn, owners, run) = run_named(inner, request.map_run_arn)?;
    let max_concurrency = whole(request.max_concurrency, "maxConcurrency", u32::MAX)?;
    let tolerated_count = whole(
        request.tolerated_failure_count,
        "toleratedFailureCount",
        MAX_ITEMS,
    )?;
    let tolerated_percentage = request.tolerated_failure_percentage;
    if tolerated_percentage.is_some_and(|share| !(0.0..=100.0).contains(&share)) {
        return Err(ApiError::Validation(
            "Value at 'toleratedFailurePercentage' failed to satisfy constraint: Member must be from 0 to 100"
                .to_owned(),
        ));
    }
    {
        let there = |id: &ExecutionId| inner.shard_by_id(*id).slots.contains_key(id);
        let Some(id) = owners.into_iter().find(there) else {
            return Err(ApiError::ResourceNotFound(arn));
        };
        let mut shard = inner.shard_by_id(id);
        let input = Input::UpdateRun {
            run,
            max_concurrency,
            tolerated_count,
            tolerated_percentage,
        };
        inner
            .drive(&mut shard, id, input)
            .map_err(|error| match error {
                DriveError::Log(_) => ApiError::Log,
                DriveError::NoExecution | DriveError::Refused(_) => ApiError::Validation(format!(
                    "Map Run '{arn}' is not running: only a running one can be updated"
                )),
            })?;
    }
    made_durable(inner).await?;
    Ok(json!({}))
}

fn whole(value: Option<i64>, member: &str, most: u32) -> Result<Option<u32>, ApiError> {
    let number = value.map(u32::try_from).transpose().ok();
    match number {
        Some(number) if number.is_none_or(|number| number <= most) => Ok(number),
        _out => Err(ApiError::Validation(format!(
            "Value '{}' at '{member}' failed to satisfy constraint: Member must be from 0 to {most}",
            value.unwrap_or_default()
        ))),
    }
}

/// The run that an ARN names, and the executions that may have it: the one that its UUID tells of, and one that was imported
/// with it.
fn run_named(
    inner: &Inner,
    arn: Option<String>,
) -> Result<(String, Vec<ExecutionId>, RunId), ApiError> {
    let arn = arn.ok_or_else(|| ApiError::missing("mapRunArn"))?;
    arn::check_map_run(&arn)?;
    let uuid = arn
        .rsplit(':')
        .next()
        .and_then(|text| uuid::Uuid::parse_str(text).ok())
        .map(uuid::Uuid::into_bytes);
    match uuid.and_then(|uuid| Some((uuid, owner_of(uuid)?))) {
        Some((uuid, (id, run))) => {
            let imported = inner.imported_run(uuid);
            Ok((arn, std::iter::once(id).chain(imported).collect(), run))
        }
        None => Err(ApiError::ResourceNotFound(arn)),
    }
}

/// The closed children of a run that it will redrive, by their places.
pub(super) fn waiting_for_redrive(inner: &Inner, arn: &str) -> BTreeSet<u32> {
    let waiting = |(_, owners, run): (String, Vec<ExecutionId>, RunId)| {
        let owner = owners.first().copied();
        owner.map(|id| inner.waiting_for_redrive(id, run))
    };
    let named = run_named(inner, Some(arn.to_owned()));
    named.ok().and_then(waiting).unwrap_or_default()
}

/// The runs of an execution, read from its records once they are durable.
async fn runs(
    inner: &Arc<Inner>,
    id: ExecutionId,
    position: Position,
) -> Result<(Arc<Identity>, BTreeMap<RunId, RunSummary>), ApiError> {
    made_durable(inner).await?;
    let internal = |e: &dyn std::fmt::Display| ApiError::Internal(e.to_string());
    let reader = Arc::clone(inner);
    let read = inner.aside(move || {
        let chronicle = reader.chronicle(id, position).map_err(|e| internal(&e))?;
        let identity = Arc::clone(&chronicle.start.identity);
        let runs = runs_of(chronicle.start, &chronicle.records).map_err(|e| internal(&e))?;
        Ok((identity, runs))
    });
    read.await.map_err(|e| ApiError::Internal(e.to_string()))?
}

/// How many items each child of a map run took.
pub(super) enum ItemCounts {
    /// One each.
    One,
    /// Batches, by the children's places.
    Batches(Vec<u32>),
}

impl ItemCounts {
    /// The count of the child at this place.
    pub(super) fn of(&self, place: u32) -> Option<u32> {
        match self {
            Self::One => Some(1),
            Self::Batches(counts) => counts.get(place as usize).copied(),
        }
    }
}

/// The item counts of the children of a listable run. Batches are read from the records of its execution.
pub(super) async fn item_counts(inner: &Arc<Inner>, arn: &str) -> Result<ItemCounts, ApiError> {
    let (_, owners, run) = run_named(inner, Some(arn.to_owned()))?;
    let there = |id: ExecutionId| {
        let shard = inner.shard_by_id(id);
        let slot = shard.slots.get(&id)?;
        let map = slot.revision().definition.distributed(label_of(arn))?;
        Some((id, reading(slot).0, map.batcher.is_some()))
    };
    let found = owners.into_iter().find_map(there);
    let (id, position, is_batched) =
        found.ok_or_else(|| ApiError::ResourceNotFound(arn.to_owned()))?;
    if !is_batched {
        return Ok(ItemCounts::One);
    }
    made_durable(inner).await?;
    let internal = |e: &dyn std::fmt::Display| ApiError::Internal(e.to_string());
    let reader = Arc::clone(inner);
    let read = inner.aside(move || {
        let chronicle = reader.chronicle(id, position).map_err(|e| internal(&e))?;
        items_of_children(chronicle.start, &chronicle.records, run).map_err(|e| internal(&e))
    });
    let counts = read
        .await
        .map_err(|e| ApiError::Internal(e.to_string()))??;
    Ok(ItemCounts::Batches(counts))
}

fn label_of(arn: &str) -> &str {
    arn.split(['/', ':']).nth(7).unwrap_or("")
}

/// Children of a map run are listed, unless they run as Express executions.
pub(super) fn check_listable(inner: &Inner, arn: &str) -> Result<(), ApiError> {
    let missing = || ApiError::ResourceNotFound(arn.to_owned());
    let (_, owners, _) = run_named(inner, Some(arn.to_owned()))?;
    let label = label_of(arn);
    let kind = |id: ExecutionId| {
        let shard = inner.shard_by_id(id);
        let definition = &shard.slots.get(&id)?.revision().definition;
        Some(definition.distributed(label)?.kind)
    };
    match owners.into_iter().find_map(kind).ok_or_else(missing)? {
        Kind::Standard => Ok(()),
        Kind::Express => Err(ApiError::StateMachineTypeNotSupported(
            "Express child executions are not listed".to_owned(),
        )),
    }
}
