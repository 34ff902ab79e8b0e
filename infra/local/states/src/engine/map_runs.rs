//! Map runs: starting and stopping children, telling their parent how they ended, reading items, writing results.
//!
//! A child is an execution like any other. Its parent has a record of it before it is started, and its name follows from
//! the run and its place, so whatever was under way when the process died is found again or started once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::machine::Revision;
use super::shard::{SHARDS, Slot};
use super::{DriveError, Inner};
use crate::asl::{Kind, StateIx, distributed};
use crate::core::map_run::{ChildEnd, RunId};
use crate::core::record::Problem;
use crate::core::redrive;
use crate::core::{Effect, Execution, ExecutionId, Identity, Input, Origin, Status, map_results};
use crate::json::Json;
use crate::log::Position;

/// After so many children the task that starts or stops them lets others run.
const CHILDREN_PER_TURN: usize = 16;

/// Ends of children that their parents have not been told yet, by parent. As many as there are children, at most.
#[derive(Debug, Default)]
pub(super) struct Ended(Mutex<HashMap<ExecutionId, Vec<(RunId, ChildEnd)>>>);

impl Ended {
    /// Adds one; `true` if it is the parent's first.
    fn push(&self, parent: ExecutionId, run: RunId, end: ChildEnd) -> bool {
        let mut ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = ended.entry(parent).or_default();
        ends.push((run, end));
        ends.len() == 1
    }

    fn take(&self, parent: ExecutionId) -> Vec<(RunId, ChildEnd)> {
        let mut ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ended.remove(&parent).unwrap_or_default()
    }
}

/// A child that is to be started.
struct Start {
    arn: Arc<str>,
    input: Json,
    /// Whose it is, and the attempt of the run that it is started or redriven for.
    origin: Origin,
}

/// What there is of a child that is to be started.
enum Found {
    /// It runs, or has just been started.
    Under,
    /// It has closed: where, and what it ran.
    Closed(ExecutionId, Position, Arc<Revision>),
}

impl Inner {
    /// Carries out an effect of a map run.
    pub(super) async fn act_on_run(
        self: &Arc<Self>,
        id: ExecutionId,
        revision: &Arc<Revision>,
        effect: Effect,
    ) {
        self.log.room().await;
        self.past_known().await;
        match effect {
            Effect::StartChildren {
                run,
                state,
                children,
            } => {
                self.start_children(id, revision, run, state, &children)
                    .await
            }
            Effect::StopChildren { children } => self.stop_children(&children).await,
            Effect::ReadItems { run, state } => {
                let outcome = self.read_items(id, revision, run, state).await;
                self.tell(id, Input::ItemsRead { run, outcome });
            }
            Effect::WriteResults { run, .. } => {
                let outcome = self.write_results(id, run).await;
                self.tell(id, Input::ResultsWritten { run, outcome });
            }
            Effect::Call { .. } | Effect::StopChild(_) | Effect::StopJob { .. } => {}
            Effect::Again | Effect::Closed(_) => {}
        }
    }

    /// Gives an execution what came of an effect. One that has closed or gone on does not want it any more.
    fn tell(self: &Arc<Self>, id: ExecutionId, input: Input) {
        let mut shard = self.shard_by_id(id);
        match self.drive(&mut shard, id, input) {
            Ok(()) | Err(DriveError::Refused(_) | DriveError::NoExecution) => {}
            Err(DriveError::Log(error)) => {
                tracing::error!(%error, execution = id.0, "a map run could not be recorded");
            }
        }
    }

    /// The execution as it is, while it runs.
    pub(super) fn running(&self, id: ExecutionId) -> Option<Arc<Execution>> {
        let mut shard = self.shard_by_id(id);
        Some(Arc::clone(&shard.live_mut(id)?.execution))
    }

    /// Is this closed child one that its run will redrive when there is room for it?
    pub(crate) fn waits_for_redrive(&self, child: &Execution) -> bool {
        let Some(origin) = &child.identity.origin else {
            return false;
        };
        let parent = self.running(origin.parent);
        parent.is_some_and(|parent| {
            let run = parent.run(origin.run);
            run.is_some_and(|(_, _, run)| run.waiting.contains(&origin.index))
        })
    }

    /// The closed children of a map run that it will redrive when there is room for them, by their places.
    pub(crate) fn waiting_for_redrive(&self, parent: ExecutionId, run: RunId) -> BTreeSet<u32> {
        let parent = self.running(parent);
        let run = parent.as_ref().and_then(|parent| parent.run(run));
        run.map(|(_, _, run)| run.waiting.clone())
            .unwrap_or_default()
    }

    async fn start_children(
        self: &Arc<Self>,
        id: ExecutionId,
        revision: &Arc<Revision>,
        run: RunId,
        state: StateIx,
        children: &[u32],
    ) {
        let Some((parent, starts)) = self.starts(id, revision, run, state, children) else {
            return;
        };
        for (count, start) in starts.into_iter().enumerate() {
            let started = self.start_run_child(&parent, revision, start);
            if let Err(error) = started.await {
                tracing::error!(%error, execution = id.0, "a child could not be started");
                return;
            }
            if count % CHILDREN_PER_TURN == CHILDREN_PER_TURN - 1 {
                tokio::task::yield_now().await;
            }
        }
    }

    /// The children among `children` that have not ended, as the parent knows them.
    fn starts(
        &self,
        id: ExecutionId,
        revision: &Revision,
        run: RunId,
        state: StateIx,
        children: &[u32],
    ) -> Option<(Arc<Identity>, Vec<Start>)> {
        let Kind::Map(map) = &revision.definition.state(state).kind else {
            return None;
        };
        let start = revision.definition.flows.get(usize::from(map.processor))?;
        let kind = map.distributed.as_ref()?.kind;
        let execution = self.running(id)?;
        let identity = &execution.identity;
        let (_, _, found) = execution.run(run)?;
        let express = kind == distributed::Kind::Express;
        let starts = children.iter().filter_map(|index| {
            let child = found.children.get(*index as usize)?;
            let label = &found.settings.label;
            child.end.is_none().then(|| Start {
                arn: map_results::child_arn(identity, label, found.uuid, *index).into(),
                input: found.input(child),
                origin: found.origin(identity, id, (start.start, express), *index),
            })
        });
        Some((Arc::clone(identity), starts.collect()))
    }

    /// Starts a child, unless it is there already; one that closed in an earlier attempt of its run is redriven, and one that
    /// closed in this attempt, or ended well, or cannot be redriven, is told of again.
    async fn start_run_child(
        self: &Arc<Self>,
        parent: &Identity,
        revision: &Arc<Revision>,
        start: Start,
    ) -> Result<(), DriveError> {
        loop {
            let found = self.find_run_child(parent, revision, &start)?;
            let Found::Closed(id, position, revision) = found else {
                return Ok(());
            };
            // What is read back from the log must be in it.
            if !matches!(self.durable().await, Ok(Ok(()))) {
                return Ok(());
            }
            let mut wreck = match self.wreck(id, position, revision) {
                Ok(wreck) => wreck,
                Err(error) => {
                    tracing::error!(%error, child = %start.arn, "a child cannot be read");
                    self.tell_unreadable(&start.origin);
                    return Ok(());
                }
            };
            let execution = &wreck.execution;
            if execution.status == Status::Succeeded || execution.attempt() >= start.origin.attempt
            {
                self.child_closed(execution);
                return Ok(());
            }
            if self.is_lost(execution) {
                self.tell_end(execution, start.origin.attempt, true);
                return Ok(());
            }
            if execution.is_express_child() {
                wreck.branches = redrive::anew(execution);
            }
            wreck.attempt = start.origin.attempt;
            let mut shard = self.shard_by_arn(&start.arn);
            if self.redrive(&mut shard, id, wreck, None)?.is_some() {
                return Ok(());
            }
            // It has moved since it was read.
        }
    }

    /// Looks for a child. One that is not there is started; one that still runs in an earlier attempt is stopped.
    fn find_run_child(
        self: &Arc<Self>,
        parent: &Identity,
        revision: &Arc<Revision>,
        start: &Start,
    ) -> Result<Found, DriveError> {
        let mut shard = self.shard_by_arn(&start.arn);
        let Some((id, slot)) = shard.find(&start.arn) else {
            let origin = start.origin.clone();
            let (input, now_ms) = (start.input.clone(), self.now_ms());
            let identity = origin.identity(parent, input, now_ms, self.draw());
            self.begin(&mut shard, identity, revision)?;
            return Ok(Found::Under);
        };
        if let Slot::Live(live) = slot {
            if live.execution.attempt() >= start.origin.attempt {
                return Ok(Found::Under);
            }
            let stop = Input::Stop {
                error: None,
                cause: None,
            };
            self.drive(&mut shard, id, stop)?;
        }
        match shard.slots.get(&id) {
            Some(slot @ Slot::Closed(_)) => {
                let revision = Arc::clone(slot.revision());
                Ok(Found::Closed(id, slot.position(), revision))
            }
            Some(Slot::Live(_)) | None => Ok(Found::Under),
        }
    }

    /// Can this closed child not be redriven any more? Express children start anew and always can.
    fn is_lost(&self, execution: &Execution) -> bool {
        let stopped_ms = execution.end.as_ref().map_or(0, |end| end.at_ms);
        let started_ms = execution.identity.started_ms;
        let overdue = redrive::overdue(started_ms, stopped_ms, self.now_ms());
        redrive::spent(execution).is_some() || (!execution.is_express_child() && overdue.is_some())
    }

    async fn stop_children(self: &Arc<Self>, children: &[(String, u32)]) {
        for (count, (arn, attempt)) in children.iter().enumerate() {
            self.stop_run_child(arn, *attempt);
            if count % CHILDREN_PER_TURN == CHILDREN_PER_TURN - 1 {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Stops a child, unless it was started again since.
    fn stop_run_child(self: &Arc<Self>, arn: &str, attempt: u32) {
        let mut shard = self.shard_by_arn(arn);
        let Some((id, Slot::Live(live))) = shard.find(arn) else {
            return;
        };
        if live.execution.attempt() > attempt {
            return;
        }
        let stop = Input::Stop {
            error: None,
            cause: None,
        };
        if let Err(DriveError::Log(error)) = self.drive(&mut shard, id, stop) {
            tracing::error!(%error, %arn, "a child could not be stopped");
        }
    }

    /// An execution has closed: if it is a child, its parent is told. The caller may hold the child's shard.
    pub(super) fn child_closed(self: &Arc<Self>, execution: &Execution) {
        let spent = redrive::spent(execution).is_some();
        self.tell_end(execution, execution.attempt(), spent);
    }

    /// Tells the parent of a closed child how it ended. `spent`: it cannot be redriven.
    fn tell_end(self: &Arc<Self>, execution: &Execution, attempt: u32, spent: bool) {
        let end = ChildEnd::of(execution, attempt, spent);
        if let (Some(origin), Some(end)) = (&execution.identity.origin, end) {
            self.tell_of(origin, end);
        }
    }

    /// A child that cannot be read back has failed for good.
    fn tell_unreadable(self: &Arc<Self>, origin: &Origin) {
        let now_ms = self.now_ms();
        let end = ChildEnd {
            index: origin.index,
            status: Status::Failed,
            output: None,
            problem: Some(Problem {
                error: crate::asl::errors::RUNTIME.to_owned(),
                cause: Some("What was recorded of this execution is damaged".to_owned()),
            }),
            started_ms: now_ms,
            stopped_ms: now_ms,
            attempt: origin.attempt,
            redrives: 0,
            spent: true,
        };
        self.tell_of(origin, end);
    }

    /// Tells a parent of the end of a child, together with other ends that come before it is its turn.
    fn tell_of(self: &Arc<Self>, origin: &Origin, end: ChildEnd) {
        let parent = origin.parent;
        if !self.ended.push(parent, origin.run, end) {
            return;
        }
        let inner = Arc::clone(self);
        self.under_way.begin();
        self.runtime.spawn(async move {
            let mut by_run: BTreeMap<RunId, Vec<ChildEnd>> = BTreeMap::new();
            for (run, end) in inner.ended.take(parent) {
                by_run.entry(run).or_default().push(end);
            }
            for (run, ends) in by_run {
                inner.tell(parent, Input::ChildrenEnded { run, ends });
            }
            inner.under_way.end();
        });
    }

    /// After a restart: children whose parent has closed or gone on are stopped.
    pub(super) fn stop_orphans(self: &Arc<Self>) {
        let mut children: Vec<(Arc<str>, Origin, u32)> = Vec::new();
        for number in 0..SHARDS {
            let shard = self.shard_by_id(ExecutionId(number));
            children.extend(shard.slots.values().filter_map(|slot| match slot {
                Slot::Live(live) => {
                    let identity = &live.execution.identity;
                    let attempt = live.execution.attempt();
                    Some((Arc::clone(&identity.arn), identity.origin.clone()?, attempt))
                }
                Slot::Closed(_) => None,
            }));
        }
        children.sort_unstable_by(|(one, ..), (other, ..)| one.cmp(other));
        for (arn, origin, attempt) in children {
            let wanted = self.running(origin.parent).is_some_and(|parent| {
                let run = parent.run(origin.run);
                run.is_some_and(|(_, _, run)| {
                    let child = run.children.get(origin.index as usize);
                    run.problem.is_none() && child.is_some_and(|child| child.end.is_none())
                })
            });
            if !wanted {
                self.stop_run_child(&arn, attempt);
            }
        }
    }

    async fn read_items(
        &self,
        id: ExecutionId,
        revision: &Revision,
        run: RunId,
        state: StateIx,
    ) -> Result<Json, Problem> {
        let failed = |cause: String| Problem {
            error: crate::asl::errors::ITEM_READER_FAILED.to_owned(),
            cause: Some(cause),
        };
        let reading = self.running(id).and_then(|execution| {
            let (_, _, found) = execution.run(run)?;
            found.settings.reading.clone()
        });
        let reader = match &revision.definition.state(state).kind {
            Kind::Map(map) => map.distributed.as_ref().and_then(|d| d.reader.as_ref()),
            _other => None,
        };
        let (Some(reading), Some(reader)) = (reading, reader) else {
            return Err(failed("The map run has gone on".to_owned()));
        };
        let Some(objects) = &self.config.objects else {
            return Err(failed(NO_OBJECTS.to_owned()));
        };
        crate::dataset::load(
            &**objects,
            &reader.source,
            &reading.arguments,
            reading.max_items,
        )
        .await
        .map_err(|error| failed(error.to_string()))
    }

    async fn write_results(&self, id: ExecutionId, run: RunId) -> Result<Json, Problem> {
        let failed = |cause: String| Problem {
            error: crate::asl::errors::RESULT_WRITER_FAILED.to_owned(),
            cause: Some(cause),
        };
        let execution = self
            .running(id)
            .ok_or_else(|| failed("The map run has gone on".to_owned()))?;
        let Some((_, _, found)) = execution.run(run) else {
            return Err(failed("The map run has gone on".to_owned()));
        };
        let Some(objects) = &self.config.objects else {
            return Err(failed(NO_OBJECTS.to_owned()));
        };
        let arguments = found
            .settings
            .writer
            .arguments
            .as_ref()
            .map_or("{}", |a| a.as_str());
        let arguments: serde_json::Value = serde_json::from_str(arguments).unwrap_or_default();
        let Some(bucket) = arguments["Bucket"].as_str() else {
            return Err(failed("The ResultWriter names no 'Bucket'".to_owned()));
        };
        let prefix = arguments["Prefix"].as_str().unwrap_or("");
        let (files, details) = map_results::files(found, &execution.identity, bucket, prefix);
        for file in files {
            let body = bytes::Bytes::from(file.body);
            objects
                .put(bucket, &file.key, body)
                .await
                .map_err(|error| failed(error.to_string()))?;
        }
        Ok(details)
    }
}

const NO_OBJECTS: &str =
    "No object storage is configured: set AWS_ENDPOINT_URL_S3 or name a folder of buckets";
