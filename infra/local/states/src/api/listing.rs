//! `ListExecutions`: of a machine, a version, an alias or a map run, newest first.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::machines::target;
use super::{Answer, ApiError, arn, made_durable, map_runs, paging, seconds};
use crate::core::{Status, Workflow};
use crate::engine::{Inner, Place, Slot, Summary};

const STATUSES: [&str; 6] = [
    "RUNNING",
    "SUCCEEDED",
    "FAILED",
    "TIMED_OUT",
    "ABORTED",
    "PENDING_REDRIVE",
];
/// Longest page token of this operation, in characters.
const MAX_TOKEN_CHARS: usize = 3_096;
/// Most executions looked at for one page: a filter that few pass gives short pages rather than slow ones.
const MAX_LOOKED_AT: usize = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    state_machine_arn: Option<String>,
    map_run_arn: Option<String>,
    status_filter: Option<String>,
    redrive_filter: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// What a list shows.
#[derive(Debug, Clone)]
struct Filter {
    status: Option<Wanted>,
    redriven: Option<bool>,
    /// Closed children that their map run will redrive, by their places.
    waiting: BTreeSet<u32>,
}

/// A status that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Is(Status),
    /// Closed, and its map run will redrive it when there is room.
    PendingRedrive,
}

impl Filter {
    /// Does it wait for its redrive?
    fn waits(&self, summary: &Summary) -> bool {
        let child = summary.child.filter(|_| summary.stopped_ms.is_some());
        child.is_some_and(|index| self.waiting.contains(&index))
    }

    fn passes(&self, summary: &Summary) -> bool {
        let as_redriven = self.redriven.is_none_or(|r| r == (summary.redrives > 0));
        as_redriven
            && match self.status {
                None => true,
                Some(Wanted::Is(_)) => !self.waits(summary),
                Some(Wanted::PendingRedrive) => self.waits(summary),
            }
    }

    /// The list in which everything is that can pass.
    fn list(&self) -> Option<Status> {
        match self.status {
            Some(Wanted::Is(status)) => Some(status),
            Some(Wanted::PendingRedrive) | None => None,
        }
    }
}

pub(super) async fn list(inner: &Arc<Inner>, request: List) -> Answer {
    if request.state_machine_arn.is_some() == request.map_run_arn.is_some() {
        return Err(ApiError::unfit(
            "Exactly one of 'stateMachineArn' and 'mapRunArn' must be given",
        ));
    }
    let of_run = request.map_run_arn.is_some();
    let asked = match request.map_run_arn {
        Some(run_arn) => {
            arn::check_map_run(&run_arn)?;
            run_arn
        }
        None => arn::check_machine(request.state_machine_arn)?,
    };
    let status = request
        .status_filter
        .as_deref()
        .map(status_named)
        .transpose()?;
    let redriven = request
        .redrive_filter
        .as_deref()
        .map(redriven_named)
        .transpose()?;
    let question = format!("{asked}\n{status:?}\n{redriven:?}");
    let pages =
        paging::Pages::new(inner, "ListExecutions", &question).with_token_chars(MAX_TOKEN_CHARS);
    let most = paging::most(request.max_results)?;
    let after: Option<Place> = pages.place(request.next_token)?;
    check_listed(inner, &asked, of_run)?;
    let filter = Filter {
        status,
        redriven,
        waiting: if of_run {
            map_runs::waiting_for_redrive(inner, &asked)
        } else {
            BTreeSet::new()
        },
    };
    let (found, next) = page(inner, &asked, &filter, after, most);
    let counts = match of_run {
        true => Some(map_runs::item_counts(inner, &asked).await?),
        false => None,
    };
    made_durable(inner).await?;
    let mut answer = Map::new();
    let told = found.iter().map(|one| {
        let mut told = listed(one, &filter);
        let counts = counts.as_ref().zip(one.child);
        if let Some(count) = counts.and_then(|(counts, place)| counts.of(place)) {
            told["itemCount"] = json!(count);
        }
        told
    });
    let told: Vec<Value> = told.collect();
    answer.insert("executions".into(), told.into());
    if let Some(next) = next {
        answer.insert("nextToken".into(), json!(pages.token(&next)));
    }
    Ok(Value::Object(answer))
}

/// Is there such a map run, or such a machine, and has it a list?
fn check_listed(inner: &Inner, asked: &str, of_run: bool) -> Result<(), ApiError> {
    if of_run {
        return map_runs::check_listable(inner, asked);
    }
    match target(inner, &inner.machines(), asked)?.machine.workflow {
        Workflow::Standard => Ok(()),
        Workflow::Express => Err(ApiError::not_for_this_type()),
    }
}

/// A page, and where the next one begins if there is one.
fn page(
    inner: &Inner,
    of: &str,
    filter: &Filter,
    mut after: Option<Place>,
    most: usize,
) -> (Vec<Summary>, Option<Place>) {
    let mut found = Vec::new();
    let mut looked_at = 0;
    loop {
        let places = inner.index().page(of, filter.list(), after, most + 1);
        let more = places.len() > most;
        for place in places.iter().take(most) {
            if found.len() == most || looked_at == MAX_LOOKED_AT {
                return (found, after);
            }
            looked_at += 1;
            after = Some(*place);
            let id = place.1;
            let summary = inner.shard_by_id(id).slots.get(&id).map(Slot::summary);
            found.extend(summary.filter(|summary| filter.passes(summary)));
        }
        if !more {
            return (found, None);
        }
        if found.len() == most {
            return (found, after);
        }
    }
}

fn listed(summary: &Summary, filter: &Filter) -> Value {
    let status = if filter.waits(summary) {
        "PENDING_REDRIVE"
    } else {
        summary.status.as_str()
    };
    let mut told = json!({
        "executionArn": &*summary.arn,
        "stateMachineArn": &*summary.of.machine,
        "name": summary.arn.rsplit(':').next().unwrap_or(""),
        "status": status,
        "startDate": seconds(summary.started_ms),
        "redriveCount": summary.redrives,
    });
    if let Some(run_arn) = &summary.of.run {
        told["mapRunArn"] = json!(&**run_arn);
    }
    if let Some(version) = summary.of.version_arn() {
        told["stateMachineVersionArn"] = json!(version);
    }
    if let Some(alias) = summary.of.alias_arn() {
        told["stateMachineAliasArn"] = json!(alias);
    }
    if let Some(stopped_ms) = summary.stopped_ms {
        told["stopDate"] = json!(seconds(stopped_ms));
    }
    if let Some(redriven_ms) = summary.redriven_ms {
        told["redriveDate"] = json!(seconds(redriven_ms));
    }
    told
}

/// The status of a filter.
fn status_named(name: &str) -> Result<Wanted, ApiError> {
    match name {
        "RUNNING" => Ok(Wanted::Is(Status::Running)),
        "SUCCEEDED" => Ok(Wanted::Is(Status::Succeeded)),
        "FAILED" => Ok(Wanted::Is(Status::Failed)),
        "TIMED_OUT" => Ok(Wanted::Is(Status::TimedOut)),
        "ABORTED" => Ok(Wanted::Is(Status::Aborted)),
        "PENDING_REDRIVE" => Ok(Wanted::PendingRedrive),
        other => Err(ApiError::not_in("statusFilter", other, &STATUSES)),
    }
}

fn redriven_named(name: &str) -> Result<bool, ApiError> {
    match name {
        "REDRIVEN" => Ok(true),
        "NOT_REDRIVEN" => Ok(false),
        other => Err(ApiError::not_in(
            "redriveFilter",
            other,
            &["REDRIVEN", "NOT_REDRIVEN"],
        )),
    }
}
