//! Starting, redriving and stopping the children of a map run.

use std::sync::Arc;

use super::CHILDREN_PER_TURN;
use crate::asl::{Kind, StateIx, distributed};
use crate::core::map_run::{ChildEnd, RunId};
use crate::core::{Execution, ExecutionId, Identity, Input, Origin, Status, map_results, redrive};
use crate::engine::machine::Revision;
use crate::engine::shard::{SHARDS, Slot};
use crate::engine::{DriveError, Inner};
use crate::json::Json;
use crate::log::{LogFailed, Position};

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
    pub(super) async fn start_children(
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
            let started = self.start_run_child(&parent, revision, &start);
            if let Err(error) = started.await {
                tracing::error!(%error, execution = id.0, "a child could not be started");
                return;
            }
            // The run may have broken or gone since it asked for the child, and who stops its children may have looked for this
            // one before it was there.
            if !self.is_wanted(&start.origin) {
                self.stop_run_child(&start.arn, start.origin.attempt);
                // Nobody waits for the ends of the others.
                if self.shard_by_id(id).live_mut(id).is_none() {
                    return;
                }
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
        start: &Start,
    ) -> Result<(), DriveError> {
        loop {
            let found = self.find_run_child(parent, revision, start)?;
            let Found::Closed(id, position, revision) = found else {
                return Ok(());
            };
            // What is read back from the log must be in it.
            if !matches!(self.durable().await, Ok(Ok(()))) {
                return Ok(());
            }
            let reader = Arc::clone(self);
            let read = self.aside(move || reader.wreck(id, position, revision));
            let read = match read.await {
                Ok(read) => read.map_err(|error| error.to_string()),
                // The runtime ends: the next start does it.
                Err(error) if error.is_cancelled() => return Ok(()),
                Err(error) => Err(error.to_string()),
            };
            let mut wreck = match read {
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
            let spent = ChildEnd::of(&wreck.execution, start.origin.attempt, true);
            let mut shard = self.shard_by_arn(&start.arn);
            match self.redrive(&mut shard, id, wreck, None) {
                // It has moved since it was read.
                Ok(None) => {}
                Ok(Some(_)) => return Ok(()),
                // It stays as it is, and its run must not wait for it.
                Err(DriveError::Log(LogFailed::TooLong)) => {
                    if let Some(end) = spent {
                        self.tell_of(&start.origin, end);
                    }
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
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

    pub(super) async fn stop_children(self: &Arc<Self>, children: &[(String, u32)]) {
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

    /// Does its run wait for this child? A run that fails does not, unless its children are Express: those cannot be stopped.
    fn is_wanted(&self, origin: &Origin) -> bool {
        let mut shard = self.shard_by_id(origin.parent);
        let Some(parent) = shard.live_mut(origin.parent) else {
            return false;
        };
        let run = parent.execution.run(origin.run);
        run.is_some_and(|(_, _, run)| {
            let child = run.children.get(origin.index as usize);
            let goes_on = origin.express || run.problem.is_none();
            goes_on && child.is_some_and(|child| child.end.is_none())
        })
    }

    /// After a restart: children whose parent has closed or gone on are stopped.
    pub(in crate::engine) fn stop_orphans(self: &Arc<Self>) {
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
            if !self.is_wanted(&origin) {
                self.stop_run_child(&arn, attempt);
            }
        }
    }
}
