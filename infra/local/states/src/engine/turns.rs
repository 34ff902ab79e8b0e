//! Calls that wait for their turn: at most so many are made at once.
//!
//! What waits is an id. The arguments are in the execution, which keeps them until the call has been answered anyway, and
//! no task of the runtime waits. An entry can be out of date; whoever takes it out finds that out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Inner;
use super::machine::Revision;
use crate::asl::{StateIx, errors};
use crate::caught::{Panicked, caught_in};
use crate::core::{ExecutionId, Input, TaskId};
use crate::integration::TaskError;
use crate::json::Json;

/// Most calls that wait for their turn. A task beyond it fails.
const MAX_WAITING_CALLS: usize = 1_000_000;

/// A call: whose task, and which.
type CallId = (ExecutionId, TaskId);

/// Who may call now, and who waits.
#[derive(Debug)]
pub(super) struct Turns {
    most: usize,
    line: Mutex<Line>,
}

#[derive(Debug, Default)]
struct Line {
    calling: usize,
    waiting: VecDeque<CallId>,
}

/// What becomes of a call that wants to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It is made now; [`Turns::next`] gives what follows.
    Now,
    /// Somebody's [`Turns::next`] will give it.
    Later,
    /// Too many wait.
    Never,
}

impl Turns {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            line: Mutex::default(),
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, call: CallId) -> Turn {
        let mut line = self.line();
        if line.calling < self.most {
            line.calling += 1;
            return Turn::Now;
        }
        if line.waiting.len() >= MAX_WAITING_CALLS {
            return Turn::Never;
        }
        line.waiting.push_back(call);
        Turn::Later
    }

    /// A call has been made: whose turn it is now. `None` ends a turn.
    fn next(&self) -> Option<CallId> {
        let mut line = self.line();
        let next = line.waiting.pop_front();
        if next.is_none() {
            line.calling -= 1;
        }
        next
    }
}

impl Inner {
    /// Makes a call once it is its turn, and tells its task what it led to.
    pub(super) fn call_in_turn(
        self: &Arc<Self>,
        call: CallId,
        revision: &Arc<Revision>,
        state: StateIx,
        arguments: Json,
    ) {
        match self.turns.take(call) {
            Turn::Now => {
                let inner = Arc::clone(self);
                let first = (Arc::clone(revision), state, arguments);
                self.under_way.begin();
                self.runtime.spawn(async move {
                    tokio::select! {
                        () = inner.make_calls(call, first) => {}
                        () = inner.stopped() => inner.under_way.end(),
                    }
                });
            }
            Turn::Later => self.under_way.begin(),
            Turn::Never => self.later(move |inner| {
                let (execution, task) = call;
                let outcome = Err(TaskError {
                    error: errors::RUNTIME.to_owned(),
                    cause: format!("More than {MAX_WAITING_CALLS} calls wait for their turn"),
                });
                inner.feed(execution, Input::Answered { task, outcome });
            }),
        }
    }

    /// Makes a call, and then those that have waited longest, until none waits.
    async fn make_calls(self: &Arc<Self>, first: CallId, of: (Arc<Revision>, StateIx, Json)) {
        let (mut call, mut of) = (first, Some(of));
        loop {
            if let Some((revision, state, arguments)) = of {
                let made = caught_in(self.make_call(call, &revision, state, &arguments));
                if let Err(panicked) = made.await {
                    self.break_off(call, &panicked);
                }
            }
            self.under_way.end();
            let Some(next) = self.turns.next() else {
                return;
            };
            (call, of) = (next, self.unmade(next));
        }
    }

    /// A call panicked: its task fails, and the turn is the next one's.
    fn break_off(self: &Arc<Self>, (execution, task): CallId, panicked: &Panicked) {
        tracing::error!(%panicked, execution = execution.0, "a call broke off");
        let outcome = Err(TaskError {
            error: errors::TASK_FAILED.to_owned(),
            cause: format!("The call broke off: {panicked}"),
        });
        self.feed(execution, Input::Answered { task, outcome });
    }

    /// What a call that waited is made with; `None` if nobody waits for its answer any more.
    fn unmade(&self, (execution, task): CallId) -> Option<(Arc<Revision>, StateIx, Json)> {
        let mut shard = self.shard_by_id(execution);
        let live = shard.live_mut(execution)?;
        let (branch, pending) = live.execution.pending(task)?;
        if pending.submitted {
            return None;
        }
        let state = live.execution.branches.get(&branch)?.state;
        Some((
            Arc::clone(&live.revision),
            state,
            pending.arguments.clone()?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(n: u64) -> CallId {
        (ExecutionId(n), TaskId(1))
    }

    #[test]
    fn a_call_waits_while_enough_are_made_and_goes_in_order() {
        let turns = Turns::new(2);
        assert_eq!(turns.take(call(1)), Turn::Now);
        assert_eq!(turns.take(call(2)), Turn::Now);
        assert_eq!(turns.take(call(3)), Turn::Later);
        assert_eq!(turns.take(call(4)), Turn::Later);
        assert_eq!(turns.next(), Some(call(3)));
        assert_eq!(turns.next(), Some(call(4)));
        assert_eq!(turns.next(), None);
        assert_eq!(turns.take(call(5)), Turn::Now, "a turn has ended");
        assert_eq!(turns.take(call(6)), Turn::Later);
    }

    #[test]
    fn a_line_that_is_full_takes_nobody() {
        let turns = Turns::new(1);
        assert_eq!(turns.take(call(0)), Turn::Now);
        turns.line().waiting = (0..MAX_WAITING_CALLS as u64).map(call).collect();
        assert_eq!(turns.take(call(1)), Turn::Never);
    }
}
