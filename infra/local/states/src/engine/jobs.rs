//! Jobs of services that tasks wait for (`.sync`): asked after by time, and stopped with their task.
//!
//! What a job is asked after by is recorded with the answer that started it, so a restart goes on asking. That nothing is
//! new is not recorded: when the next question is due is known in memory only, and after a start it is due at once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Inner;
use super::machine::Revision;
use crate::asl::{Kind, StateIx};
use crate::core::{ExecutionId, Input, TaskId};
use crate::integration::{Answer, Call, Job, Looked, Resource};
use crate::json::Json;

/// How long after the start, and then after each question, the next one comes, in milliseconds. The last for ever.
const AFTER_MS: [i64; 5] = [500, 1_000, 2_000, 5_000, 10_000];

/// When jobs are asked after next. One entry for every task that waits for a job, so as many as there are open tasks.
#[derive(Debug, Default)]
pub(super) struct Jobs(Mutex<BinaryHeap<Reverse<Due>>>);

/// A question that comes at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at_ms: i64,
    execution: ExecutionId,
    task: TaskId,
    /// Questions so far.
    asked: usize,
}

/// What a question is made from.
struct Awaited {
    revision: Arc<Revision>,
    state: StateIx,
    job: Json,
}

impl Revision {
    /// The job of a Task state that waits for one.
    pub(super) fn job(&self, state: StateIx) -> Option<(&Resource, &'static dyn Job)> {
        match &self.definition.state(state).kind {
            Kind::Task(task) => Some((
                &task.resource,
                task.resource.integration.job(&task.resource)?,
            )),
            _other => None,
        }
    }
}

impl Jobs {
    fn add(&self, due: Due) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push(Reverse(due));
    }

    /// When the next question is due.
    pub(super) fn next_ms(&self) -> Option<i64> {
        let queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.peek().map(|Reverse(due)| due.at_ms)
    }

    fn due(&self, now_ms: i64) -> Option<Due> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Reverse(first) = queue.peek()?;
        if first.at_ms > now_ms {
            return None;
        }
        queue.pop().map(|Reverse(due)| due)
    }
}

impl Inner {
    /// The task's call has started a job: it is asked after from now on. `false` if the task does not wait for it.
    pub(super) fn wait_for_job(
        self: &Arc<Self>,
        execution: ExecutionId,
        task: TaskId,
        output: Json,
        job: Json,
    ) -> bool {
        let input = Input::JobStarted { task, output, job };
        let waits = self.feed(execution, input);
        if waits {
            self.ask_after(execution, task, 0);
        }
        waits
    }

    /// Asks after a job for the first time since the start of the engine.
    pub(super) fn resume_job(self: &Arc<Self>, execution: ExecutionId, task: TaskId) {
        let at_ms = self.now_ms();
        self.ask_at(at_ms, execution, task, 0);
    }

    fn ask_after(self: &Arc<Self>, execution: ExecutionId, task: TaskId, asked: usize) {
        let wait_ms = AFTER_MS[asked.min(AFTER_MS.len() - 1)];
        self.ask_at(self.now_ms() + wait_ms, execution, task, asked);
    }

    fn ask_at(&self, at_ms: i64, execution: ExecutionId, task: TaskId, asked: usize) {
        self.jobs.add(Due {
            at_ms,
            execution,
            task,
            asked,
        });
        self.timers.wake_at(at_ms);
    }

    /// Asks after every job whose time has come. Gives the next time.
    pub(super) fn look_at_jobs(self: &Arc<Self>, now_ms: i64) -> i64 {
        while let Some(due) = self.jobs.due(now_ms) {
            let Some(awaited) = self.awaited_job(due.execution, due.task) else {
                continue;
            };
            let inner = Arc::clone(self);
            self.spawn(async move {
                tokio::select! {
                    () = inner.look_at_job(due, &awaited) => {}
                    () = inner.stopped() => {}
                }
            });
        }
        self.jobs.next_ms().unwrap_or(i64::MAX)
    }

    fn awaited_job(&self, execution: ExecutionId, task: TaskId) -> Option<Awaited> {
        let mut shard = self.shard_by_id(execution);
        let live = shard.live_mut(execution)?;
        let jobs = live.execution.jobs(&live.revision.definition);
        let (_, state, job) = jobs.into_iter().find(|(id, ..)| *id == task)?;
        let revision = Arc::clone(&live.revision);
        Some(Awaited {
            revision,
            state,
            job,
        })
    }

    async fn look_at_job(self: &Arc<Self>, due: Due, awaited: &Awaited) {
        let Due {
            execution, task, ..
        } = due;
        let Some((resource, job)) = awaited.revision.job(awaited.state) else {
            return;
        };
        let looked = match job.look(resource, &awaited.job) {
            Ok(call) => match self.asked_of(call).await {
                Some(answer) => job.looked(resource, &awaited.job, answer),
                None => return,
            },
            Err(error) => Looked::Ended(Err(error)),
        };
        match looked {
            Looked::Ended(outcome) => {
                self.feed(execution, Input::JobEnded { task, outcome });
            }
            Looked::Runs => self.ask_after(execution, task, due.asked + 1),
            Looked::Unknown(why) => {
                tracing::warn!(%why, resource = %resource.arn, "a job could not be asked after; it is asked again");
                self.ask_after(execution, task, due.asked + 1);
            }
        }
    }

    /// The answer to a call of a service; `None` if the engine stops.
    async fn asked_of(&self, call: Call) -> Option<Answer> {
        let Call::Service(call) = call else {
            return None;
        };
        let _permit = self.looks.acquire().await.ok()?;
        Some(Answer::Service(self.ask(call).await))
    }
}
