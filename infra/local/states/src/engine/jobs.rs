//! Jobs of services that tasks wait for (`.sync`): asked after by time, and stopped with their task.
//!
//! What a job is asked after by is recorded with the answer that started it, so a restart goes on asking. That nothing is
//! new is not recorded: when the next question is due is known in memory only, and after a start it is due at once.

use std::sync::Arc;

use super::Inner;
use super::later::Later;
use super::machine::Revision;
use crate::asl::{Kind, StateIx};
use crate::core::{ExecutionId, Input, TaskId};
use crate::integration::{Answer, Call, Job, Looked, Resource, TaskError};
use crate::json::Json;

/// How long after the start, and then after each question, the next one comes, in milliseconds. The last for ever.
const AFTER_MS: [i64; 5] = [500, 1_000, 2_000, 5_000, 10_000];

/// How often in a row a service may say that it does not know a job, before that is believed: a job that was just started may
/// not be listed yet. With the waits above it is more than a minute.
const MAX_ABSENT: usize = 10;

/// When jobs are asked after next. One entry for every task that waits for a job, so as many as there are open tasks.
pub(super) type Jobs = Later<Question>;

/// A question about the job of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question {
    execution: ExecutionId,
    task: TaskId,
    /// Questions so far.
    asked: usize,
    /// How many of the last ones were answered with that there is no such job.
    absent: usize,
}

impl Question {
    /// The one after this.
    fn following(self) -> Self {
        Self {
            asked: self.asked + 1,
            absent: 0,
            ..self
        }
    }
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
            self.ask_after(first(execution, task));
        }
        waits
    }

    /// Asks after a job for the first time since the start of the engine.
    pub(super) fn resume_job(self: &Arc<Self>, execution: ExecutionId, task: TaskId) {
        self.ask_at(self.now_ms(), first(execution, task));
    }

    fn ask_after(&self, question: Question) {
        let wait_ms = AFTER_MS[question.asked.min(AFTER_MS.len() - 1)];
        self.ask_at(self.now_ms() + wait_ms, question);
    }

    fn ask_at(&self, at_ms: i64, question: Question) {
        self.jobs.add(at_ms, question);
        self.timers.wake_at(at_ms);
    }

    /// Asks after every job whose time has come. Gives the next time.
    pub(super) fn look_at_jobs(self: &Arc<Self>, now_ms: i64) -> i64 {
        while let Some(question) = self.jobs.due(now_ms) {
            let Some(awaited) = self.awaited_job(question.execution, question.task) else {
                continue;
            };
            let inner = Arc::clone(self);
            self.spawn(async move {
                tokio::select! {
                    () = inner.look_at_job(question, &awaited) => {}
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

    async fn look_at_job(self: &Arc<Self>, question: Question, awaited: &Awaited) {
        let Question {
            execution, task, ..
        } = question;
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
            Looked::Runs => self.ask_after(question.following()),
            Looked::Absent(error) if question.absent + 1 >= MAX_ABSENT => {
                let outcome = Err(error);
                self.feed(execution, Input::JobEnded { task, outcome });
            }
            Looked::Absent(TaskError { error, cause }) => {
                tracing::warn!(%error, %cause, resource = %resource.arn, "a job is not known; it is asked after again");
                self.ask_after(Question {
                    absent: question.absent + 1,
                    ..question.following()
                });
            }
            Looked::Unknown(why) => {
                tracing::warn!(%why, resource = %resource.arn, "a job could not be asked after; it is asked again");
                // What was said of it before still holds.
                self.ask_after(Question {
                    absent: question.absent,
                    ..question.following()
                });
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

/// The first question about a job since the start of the engine.
fn first(execution: ExecutionId, task: TaskId) -> Question {
    Question {
        execution,
        task,
        asked: 0,
        absent: 0,
    }
}
