//! Map runs: starting and stopping children, telling their parent how they ended, reading items, writing results.
//!
//! A child is an execution like any other. Its parent has a record of it before it is started, and its name follows from
//! the run and its place, so whatever was under way when the process died is found again or started once.

mod children;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::machine::Revision;
use super::{DriveError, Inner};
use crate::asl::{Kind, StateIx};
use crate::core::items::Read;
use crate::core::map_run::{ChildEnd, RunId};
use crate::core::record::Problem;
use crate::core::{Effect, Execution, ExecutionId, Input, Origin, Status, map_results, redrive};
use crate::json::Json;

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
    pub(super) fn tell_unreadable(self: &Arc<Self>, origin: &Origin) {
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
        self.spawn(async move {
            let mut by_run: BTreeMap<RunId, Vec<ChildEnd>> = BTreeMap::new();
            for (run, end) in inner.ended.take(parent) {
                by_run.entry(run).or_default().push(end);
            }
            for (run, ends) in by_run {
                for ends in ChildEnd::in_steps(ends) {
                    inner.tell(parent, Input::ChildrenEnded { run, ends });
                }
            }
        });
    }

    async fn read_items(
        &self,
        id: ExecutionId,
        revision: &Revision,
        run: RunId,
        state: StateIx,
    ) -> Result<Read, Problem> {
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
