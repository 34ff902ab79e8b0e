//! Activities: what their tasks wait in until a worker fetches them.
//!
//! A queue holds ids only. It is never stored: at the start it is filled again from the open executions. An entry can be
//! out of date (its task timed out, its execution was stopped); whoever takes it out finds that out.
//!
//! Where a worker waits already, the step that schedules a task claims it for that worker as well: one frame, one sync,
//! and the task is on its way ([`Inner::hand_over`]).

mod handed;
mod queue;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::Inner;
use crate::asl::errors;
use crate::core::{ExecutionId, Input, TaskId};
use crate::integration::TaskError;
pub(super) use handed::HandOver;
pub(crate) use handed::Handed;
use queue::{Poller, Queue};

/// Most activities (AWS: 100,000 of one account).
pub(crate) const MAX_ACTIVITIES: usize = 100_000;
/// Most workers that wait for tasks of one activity (AWS: 1,000).
pub(crate) const MAX_POLLERS: usize = 1_000;
/// Most tasks of one activity that wait for a worker, those out of date not counted.
const MAX_WAITING: usize = 1_000_000;
/// A queue is first cleared of entries that are out of date when it has grown to so many.
const SWEEP_AT: usize = 1_024;

/// An activity, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ActivityRecord {
    /// Its ARN.
    pub(crate) arn: Arc<str>,
    /// Its name.
    pub(crate) name: String,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created_ms: i64,
    /// Tags, by key.
    pub(crate) tags: BTreeMap<String, String>,
    /// Its `encryptionConfiguration`, a JSON object, if its key is not AWS's own: kept and told, nothing more. Written beside
    /// the rest, which is as it was before there was one.
    #[serde(skip)]
    pub(crate) encryption: Option<String>,
}

impl ActivityRecord {
    /// The same with a key of the customer's.
    pub(crate) fn encrypted(self, encryption: String) -> Self {
        Self {
            encryption: Some(encryption),
            ..self
        }
    }
}

/// All activities.
#[derive(Debug, Default)]
pub(crate) struct Activities {
    /// By ARN.
    pub(crate) records: BTreeMap<Arc<str>, ActivityRecord>,
    /// Their tasks. One that has been deleted keeps its queue while there is something in it.
    queues: HashMap<Arc<str>, Arc<Queue>>,
}

impl Activities {
    /// The queue of an activity.
    fn queue(&mut self, arn: &str) -> Arc<Queue> {
        if let Some(queue) = self.queues.get(arn) {
            return Arc::clone(queue);
        }
        let queue = Arc::<Queue>::default();
        self.queues.insert(arn.into(), Arc::clone(&queue));
        queue
    }

    /// Forgets an activity.
    pub(crate) fn remove(&mut self, arn: &str) {
        self.records.remove(arn);
        self.queues
            .retain(|of, queue| **of != *arn || !queue.waiting().tasks.is_empty());
    }
}

/// Too many workers wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most {MAX_POLLERS} workers can wait for tasks of one activity")]
pub(crate) struct TooManyPollers;

impl Inner {
    /// All activities, locked. No other lock is taken while this one is held, and the log is not written to; who changes
    /// the records holds the machines' lock as well, so that a snapshot has what the log has.
    pub(crate) fn activities(&self) -> MutexGuard<'_, Activities> {
        self.activities
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a task into the queue of its activity.
    pub(super) fn offer(self: &Arc<Self>, execution: ExecutionId, task: TaskId, arn: &str) {
        let queue = self.activities().queue(arn);
        let (full, sweep) = {
            let mut waiting = queue.waiting();
            let full = waiting.tasks.len() >= 2 * MAX_WAITING;
            if !full {
                waiting.tasks.push_back((execution, task));
            }
            (full, waiting.tasks.len() >= waiting.sweep_at)
        };
        queue.offered.notify_one();
        if !full && !sweep {
            return;
        }
        let inner = Arc::clone(self);
        self.runtime.spawn(async move {
            let sweeper = Arc::clone(&inner);
            let left = inner.aside(move || sweeper.sweep_queue(&queue)).await;
            if full || left.is_ok_and(|left| left > MAX_WAITING) {
                let cause = format!("The activity has more than {MAX_WAITING} tasks that wait");
                let problem = TaskError {
                    error: errors::RUNTIME.to_owned(),
                    cause,
                };
                inner.feed(execution, Input::OfferFailed { task, problem });
            }
        });
    }

    /// Clears a queue of entries that are out of date. Gives how many are left.
    fn sweep_queue(&self, queue: &Queue) -> usize {
        let tasks: Vec<(ExecutionId, TaskId)> = queue.waiting().tasks.drain(..).collect();
        let kept: Vec<(ExecutionId, TaskId)> = tasks
            .into_iter()
            .filter(|(execution, task)| self.is_offered(*execution, *task))
            .collect();
        let mut waiting = queue.waiting();
        for entry in kept.into_iter().rev() {
            waiting.tasks.push_front(entry);
        }
        waiting.sweep_at = (2 * waiting.tasks.len()).max(SWEEP_AT);
        let left = waiting.tasks.len();
        drop(waiting);
        // A worker may have found the queue empty meanwhile.
        for _ in 0..left.min(queue.pollers.load(Ordering::Acquire)) {
            queue.offered.notify_one();
        }
        left
    }

    fn is_offered(&self, execution: ExecutionId, task: TaskId) -> bool {
        let mut shard = self.shard_by_id(execution);
        let live = shard.live_mut(execution);
        let pending = live.and_then(|live| Some(live.execution.pending(task)?.1.submitted));
        pending == Some(false)
    }

    /// The next task of an activity, claimed for `worker`; `None` if there is none within the time of a long poll.
    pub(crate) async fn fetch(
        self: &Arc<Self>,
        arn: &str,
        worker: Option<String>,
    ) -> Result<Option<Handed>, TooManyPollers> {
        let queue = self.activities().queue(arn);
        if queue.pollers.fetch_add(1, Ordering::AcqRel) >= MAX_POLLERS {
            queue.pollers.fetch_sub(1, Ordering::AcqRel);
            return Err(TooManyPollers);
        }
        let mut poller = Poller { queue, waits: None };
        let line = Arc::clone(&poller.queue);
        let until_ms = self.now_ms() + self.config.poll_ms;
        loop {
            let mut offered = std::pin::pin!(line.offered.notified());
            // From here on an offer is not missed, whoever else waits.
            offered.as_mut().enable();
            let mut handed = match poller.next(worker.as_ref()) {
                Ok((execution, task)) => match self.claim(execution, task, worker.clone()) {
                    Some(handed) => return Ok(Some(handed)),
                    None => continue,
                },
                Err(handed) => handed,
            };
            let over = tokio::select! {
                // What is handed over comes first: it must not be mistaken for one that nobody took.
                biased;
                handed = &mut handed => {
                    match handed {
                        Ok(handed) => return Ok(Some(handed)),
                        // The log failed: no task comes any more.
                        Err(_) => return Ok(None),
                    }
                }
                () = &mut offered => false,
                () = self.config.clock.sleep_until(until_ms) => self.now_ms() >= until_ms,
                () = self.stopped() => true,
            };
            if !poller.leave() {
                // Claimed for this worker; it comes once it is durable.
                return Ok(handed.await.ok());
            }
            if over {
                return Ok(None);
            }
        }
    }

    fn claim(
        self: &Arc<Self>,
        execution: ExecutionId,
        task: TaskId,
        worker: Option<String>,
    ) -> Option<Handed> {
        let mut shard = self.shard_by_id(execution);
        self.drive(&mut shard, execution, Input::Claimed { task, worker })
            .ok()?;
        let live = shard.live_mut(execution)?;
        let (_, pending) = live.execution.pending(task)?;
        let input = pending.arguments.clone()?;
        Some(self.handed(execution, task, input, false))
    }
}
