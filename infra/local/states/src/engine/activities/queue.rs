//! The line of an activity: its tasks that wait for a worker, and the workers that wait for a task.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::SWEEP_AT;
use super::handed::Handed;
use crate::core::{ExecutionId, TaskId};

/// The tasks of one activity that wait for a worker.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) waiting: Mutex<Waiting>,
    pub(super) offered: Notify,
    pub(super) pollers: AtomicUsize,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) tasks: VecDeque<(ExecutionId, TaskId)>,
    pub(super) sweep_at: usize,
    /// Those who found no task; at most [`MAX_POLLERS`].
    workers: VecDeque<Worker>,
    last_worker: u64,
}

/// A worker that waits for a task.
#[derive(Debug)]
pub(super) struct Worker {
    number: u64,
    pub(super) name: Option<String>,
    pub(super) hand: oneshot::Sender<Handed>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            tasks: VecDeque::new(),
            sweep_at: SWEEP_AT,
            workers: VecDeque::new(),
            last_worker: 0,
        }
    }
}

impl Queue {
    pub(super) fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// The worker that has waited longest, unless tasks wait as well: those come first.
    pub(super) fn waiting_worker(&self) -> Option<Worker> {
        let mut waiting = self.waiting();
        let free = waiting.tasks.is_empty();
        while free && let Some(worker) = waiting.workers.pop_front() {
            if !worker.hand.is_closed() {
                return Some(worker);
            }
        }
        None
    }
}

/// A place among the workers that wait for tasks of an activity.
#[derive(Debug)]
pub(super) struct Poller {
    pub(super) queue: Arc<Queue>,
    /// Its number among those who found no task.
    pub(super) waits: Option<u64>,
}

impl Poller {
    /// Takes a task, or a place in the line of those who wait for one.
    pub(super) fn next(
        &mut self,
        name: Option<&String>,
    ) -> Result<(ExecutionId, TaskId), oneshot::Receiver<Handed>> {
        let mut waiting = self.queue.waiting();
        if let Some(task) = waiting.tasks.pop_front() {
            return Ok(task);
        }
        let (hand, handed) = oneshot::channel();
        waiting.last_worker += 1;
        let number = waiting.last_worker;
        waiting.workers.push_back(Worker {
            number,
            name: name.cloned(),
            hand,
        });
        self.waits = Some(number);
        Err(handed)
    }

    /// Leaves the line. False if a task is on its way already.
    pub(super) fn leave(&mut self) -> bool {
        let Some(number) = self.waits.take() else {
            return true;
        };
        let mut waiting = self.queue.waiting();
        let before = waiting.workers.len();
        waiting.workers.retain(|worker| worker.number != number);
        waiting.workers.len() < before
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.leave();
        self.queue.pollers.fetch_sub(1, Ordering::AcqRel);
    }
}
