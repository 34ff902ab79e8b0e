//! Slices: an execution that is not done soon holds its shard for a moment only, and goes on when others have had their turn.
//!
//! What ends an execution that finds no end by itself is its deadline. That is looked at by every step that goes on, and its timer,
//! a stop and all other inputs come between two slices.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use super::Inner;
use super::clock::Clock;
use super::drive::DriveError;
use super::long::Pace;
use super::shard::Shard;
use crate::core::{ExecutionId, Input};

/// So long may a step take, and so long may further steps begin behind the first.
const TIME: Duration = Duration::from_millis(10);

/// Most steps of a slice. Where time is driven by hand it stands still meanwhile, and this alone ends a slice. Small in tests, so
/// that they get there.
const MAX_STEPS: u32 = if cfg!(test) { 2 } else { 16 };

/// Moves from one look at the clock to the next, of a definition that has been quick so far: a look costs as much as a part of
/// a quick move. One that turns slow is held to it from its next step on.
const MOVES_PER_LOOK: u32 = 16;

/// The steps that are taken one after the other, under one lock.
#[derive(Debug, Default)]
pub(super) struct Slice {
    /// When the first step was taken, by the clock that is never set.
    began: Option<Duration>,
    steps: u32,
}

impl Slice {
    /// A step was taken that leaves more to do: is that for later?
    pub(super) fn is_over(&mut self, clock: &Clock) -> bool {
        let now = clock.running_for();
        let began = *self.began.get_or_insert(now);
        self.steps += 1;
        self.steps >= MAX_STEPS || now.saturating_sub(began) >= TIME
    }
}

/// The time of one step.
#[derive(Debug)]
pub(super) struct StepTime<'a> {
    clock: &'a Clock,
    began: Duration,
    moves_per_look: u32,
    moves: Cell<u32>,
}

impl<'a> StepTime<'a> {
    /// From now on, of a definition with this pace.
    pub(super) fn new(clock: &'a Clock, pace: &Pace) -> Self {
        Self {
            clock,
            began: clock.running_for(),
            moves_per_look: if pace.is_quick() { MOVES_PER_LOOK } else { 1 },
            moves: Cell::new(0),
        }
    }

    /// Asked before a move: has the step had its time?
    pub(super) fn is_over(&self) -> bool {
        let moves = self.moves.get() + 1;
        if moves < self.moves_per_look {
            self.moves.set(moves);
            return false;
        }
        self.moves.set(0);
        self.clock.running_for().saturating_sub(self.began) >= TIME
    }
}

impl Inner {
    /// An execution has had its slice and is not done: it goes on when others have had their turn. The caller holds its shard.
    pub(super) fn go_on_later(self: &Arc<Self>, shard: &mut Shard, id: ExecutionId) {
        // Whatever it is told meanwhile, one task goes on with it.
        if !shard.going_on.insert(id) {
            return;
        }
        let pause = self.aside.pause();
        // An engine that nobody has any more does not go on.
        let inner = Arc::downgrade(self);
        self.under_way.begin();
        self.runtime.spawn(async move {
            pause.await;
            let Some(inner) = inner.upgrade() else {
                return;
            };
            tokio::select! {
                biased;
                () = inner.stopped() => {}
                () = inner.log.room() => inner.go_on(id),
            }
            inner.under_way.end();
        });
    }

    fn go_on(self: &Arc<Self>, id: ExecutionId) {
        let mut shard = self.shard_by_id(id);
        shard.going_on.remove(&id);
        match self.drive(&mut shard, id, Input::Go) {
            // It may have ended meanwhile.
            Ok(()) | Err(DriveError::Refused(_) | DriveError::NoExecution) => {}
            // The next start goes on with it.
            Err(DriveError::Log(_)) if *self.stopping.borrow() => {}
            Err(DriveError::Log(error)) => {
                tracing::error!(%error, execution = id.0, "an execution could not go on");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_time_stands_still_the_number_of_steps_ends_a_slice() {
        let clock = Clock::driven(0);
        let mut slice = Slice::default();
        for _ in 1..MAX_STEPS {
            assert!(!slice.is_over(&clock));
        }
        assert!(slice.is_over(&clock));
        let time = StepTime::new(&clock, &Pace::default());
        assert!((0..1_000).all(|_| !time.is_over()));
    }

    #[test]
    fn the_machine_s_clock_ends_a_step() {
        let clock = Clock::system();
        let time = StepTime::new(&clock, &Pace::default());
        let until = clock.running_for() + Duration::from_secs(60);
        while !time.is_over() {
            assert!(clock.running_for() < until, "it has no end");
        }
        assert!(clock.running_for().saturating_sub(time.began) >= TIME);
    }
}
