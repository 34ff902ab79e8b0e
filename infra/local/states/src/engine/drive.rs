//! Stepping executions: decide, append the records, and act once they are durable.

use std::sync::{Arc, MutexGuard};

use tokio::sync::oneshot;

use super::Inner;
use super::activities::HandOver;
use super::entry::EntryRef;
use super::gaps::Gaps;
use super::index::Of;
use super::long;
use super::machine::Revision;
use super::shard::{Live, SHARDS, Shard, Slot, shard_of};
use super::slice::{Slice, StepTime};
use crate::core::{
    Effect, Execution, ExecutionId, Identity, Input, Refused, Step, TaskId, Workflow, World,
    step_or_end,
};
use crate::log::{Guard, LogFailed, Position};

/// Why an input did not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DriveError {
    /// There is no such execution.
    #[error("no such execution")]
    NoExecution,
    /// The input does not apply.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogFailed),
}

/// Resolves once everything appended before it is durable.
pub(crate) type Durable = oneshot::Receiver<Result<(), LogFailed>>;

impl Inner {
    /// The shard of an ARN, locked.
    pub(crate) fn shard_by_arn(&self, arn: &str) -> MutexGuard<'_, Shard> {
        self.shard(shard_of(arn))
    }

    /// The shard of an id, locked.
    pub(crate) fn shard_by_id(&self, id: ExecutionId) -> MutexGuard<'_, Shard> {
        self.shard(id.0 % SHARDS)
    }

    pub(super) fn shard(&self, number: u64) -> MutexGuard<'_, Shard> {
        long::lock(&self.shards[(number % SHARDS) as usize])
    }

    /// A receiver that resolves once everything appended so far is durable.
    pub(crate) fn durable(&self) -> Durable {
        let (told, durable) = oneshot::channel();
        self.log.barrier(Box::new(move |outcome| {
            let _gone = told.send(outcome);
        }));
        durable
    }

    /// Starts an execution. The caller holds the shard and has checked that the ARN is free.
    pub(crate) fn begin(
        self: &Arc<Self>,
        shard: &mut Shard,
        identity: Identity,
        revision: &Arc<Revision>,
    ) -> Result<ExecutionId, DriveError> {
        let id = self.new_id(&identity.arn);
        let begun = (Input::Go, identity.started_ms);
        self.begin_as(shard, id, identity, revision, begun)?;
        Ok(id)
    }

    /// The same under an id, by another input than the usual one, at another time.
    pub(super) fn begin_as(
        self: &Arc<Self>,
        shard: &mut Shard,
        id: ExecutionId,
        identity: Identity,
        revision: &Arc<Revision>,
        (input, now): (Input, i64),
    ) -> Result<(), DriveError> {
        let _guard = Guard(&self.log);
        let of = Of::identity(&identity);
        let started_ms = identity.started_ms;
        let mut execution = Execution::new(Arc::new(identity));
        let mut done = self.decide(id, &mut execution, revision, input, now)?;
        let handed = self.hand_over(id, &mut execution, revision, &mut done, now);
        let identity = Arc::clone(&execution.identity);
        let entry = EntryRef::Started {
            id: id.0,
            revision: revision.text.number,
            identity: &identity,
            records: &done.records,
        };
        let position = self.commit(id, revision, &entry, done.effects.clone(), handed)?;
        let status = execution.status;
        let live = Live {
            execution: Arc::new(execution),
            revision: Arc::clone(revision),
            earlier: Vec::new(),
            position,
            first_segment: position.segment(),
            gaps: Gaps::default(),
            armed_ms: None,
        };
        shard.insert(id, Slot::Live(Box::new(live)));
        self.index()
            .insert(&of, crate::core::Status::Running, (started_ms, id));
        if status == crate::core::Status::Running && done.effects.contains(&Effect::Again) {
            self.drive(shard, id, Input::Go)?;
        }
        self.settle(shard, id);
        Ok(())
    }

    /// Gives an execution an input. What it led to is appended when this returns, and durable when [`Inner::durable`] says. One that
    /// is not done after a slice goes on by itself.
    pub(crate) fn drive(
        self: &Arc<Self>,
        shard: &mut Shard,
        id: ExecutionId,
        input: Input,
    ) -> Result<(), DriveError> {
        let _guard = Guard(&self.log);
        let mut input = input;
        let mut slice = Slice::default();
        loop {
            // Of this step: the time that the execution has may end between two.
            let now = self.now_ms();
            let live = shard.live_mut(id).ok_or(DriveError::NoExecution)?;
            let revision = Arc::clone(&live.revision);
            let execution = Arc::make_mut(&mut live.execution);
            let mut done = self.decide(id, execution, &revision, input, now)?;
            if execution.identity.workflow == Workflow::Express {
                self.act_at_once(id, &revision, &done.effects);
            } else if !done.records.is_empty() {
                let handed = self.hand_over(id, execution, &revision, &mut done, now);
                let entry = EntryRef::Moved {
                    id: id.0,
                    previous: live.position,
                    records: &done.records,
                };
                let position = self.commit(id, &revision, &entry, done.effects.clone(), handed);
                if position == Err(LogFailed::TooLong) {
                    // What the step changed is not taken back, and nothing may build on what a start does not find.
                    self.log.give_up();
                }
                live.moved_to(position?);
            }
            if !done.effects.contains(&Effect::Again) {
                break;
            }
            if slice.is_over(&self.config.clock) {
                self.go_on_later(shard, id);
                break;
            }
            input = Input::Go;
        }
        self.settle(shard, id);
        Ok(())
    }

    pub(super) fn decide(
        &self,
        id: ExecutionId,
        execution: &mut Execution,
        revision: &Revision,
        input: Input,
        now_ms: i64,
    ) -> Result<Step, Refused> {
        let token = |task: TaskId| self.secret.token(id, task);
        let activity = |arn: &str| self.activities().records.contains_key(arn);
        let time = StepTime::new(&self.config.clock, &revision.pace);
        let spent = || time.is_over();
        let world = World {
            definition: &revision.definition,
            id,
            token: &token,
            activity: &activity,
            now_ms,
            context: None,
            deleting: self.deleting.has(&execution.identity.machine_arn),
            tested: None,
            spent: &spent,
        };
        revision.pace.keep(|| step_or_end(execution, &world, input))
    }

    pub(super) fn commit(
        self: &Arc<Self>,
        id: ExecutionId,
        revision: &Arc<Revision>,
        entry: &EntryRef<'_>,
        effects: Vec<Effect>,
        handed: Vec<HandOver>,
    ) -> Result<Position, LogFailed> {
        let mut effects = effects;
        let stops = self.record_stops(id, revision, &mut effects)?;
        let calls: Vec<Effect> = effects
            .into_iter()
            .filter(|e| !matches!(e, Effect::Again | Effect::Closed(_)))
            .collect();
        if calls.is_empty() && handed.is_empty() && stops.is_empty() {
            return self.log.append_of(entry.owner(), &entry.bytes(), None);
        }
        let inner = Arc::downgrade(self);
        let revision = Arc::clone(revision);
        let after = move |outcome: Result<(), LogFailed>| {
            let Some(inner) = inner.upgrade() else {
                return;
            };
            if outcome.is_ok() {
                inner.act(id, &revision, calls);
                for stop in stops {
                    inner.stop_job(&revision, stop);
                }
                handed.into_iter().for_each(|to| to.arrive(&inner));
            }
            inner.under_way.end();
        };
        // Under way from here on, so that nobody who looks finds the calls neither decided nor made.
        self.under_way.begin();
        let appended = self
            .log
            .append_of(entry.owner(), &entry.bytes(), Some(Box::new(after)));
        if appended.is_err() {
            self.under_way.end();
        }
        appended
    }

    /// Carries out effects whose records are durable.
    pub(crate) fn act(
        self: &Arc<Self>,
        id: ExecutionId,
        revision: &Arc<Revision>,
        effects: Vec<Effect>,
    ) {
        for effect in effects {
            let (task, state, arguments) = match effect {
                Effect::Call {
                    task,
                    state,
                    arguments,
                } => (task, state, arguments),
                Effect::StopChild(child) => {
                    self.stop_child(id, child);
                    continue;
                }
                // Recorded first: see `record_stops`.
                Effect::StopJob { .. } => continue,
                Effect::Again | Effect::Closed(_) => continue,
                Effect::ReadItems { .. }
                | Effect::StartChildren { .. }
                | Effect::StopChildren { .. }
                | Effect::WriteResults { .. } => {
                    self.spawn_run_effect(id, revision, effect);
                    continue;
                }
            };
            if let Some(arn) = revision.activity(state) {
                self.offer(id, task, arn);
                continue;
            }
            self.call_in_turn((id, task), revision, state, arguments);
        }
    }

    fn spawn_run_effect(
        self: &Arc<Self>,
        id: ExecutionId,
        revision: &Arc<Revision>,
        effect: Effect,
    ) {
        let inner = Arc::clone(self);
        let revision = Arc::clone(revision);
        self.spawn(async move {
            tokio::select! {
                () = inner.act_on_run(id, &revision, effect) => {}
                () = inner.stopped() => {}
            }
        });
    }

    /// After a step: set the timer, or close.
    pub(super) fn settle(self: &Arc<Self>, shard: &mut Shard, id: ExecutionId) {
        if self.settle_express(shard, id) {
            return;
        }
        self.moved(id);
        let Some(live) = shard.live_mut(id) else {
            return;
        };
        if live.execution.status != crate::core::Status::Running {
            self.child_closed(&live.execution);
            let of = Of::identity(&live.execution.identity);
            let place = (live.execution.identity.started_ms, id);
            let status = live.execution.status;
            let stopped_ms = live.execution.end.as_ref().map_or(0, |end| end.at_ms);
            self.tell_parent(id, &live.execution);
            shard.close(id);
            self.index().close(&of, status, place, stopped_ms);
            return;
        }
        if let Some(at_ms) = shard.arm(id) {
            self.timers.wake_at(at_ms);
        }
    }
}
