//! One task that sleeps until the earliest deadline of all executions.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::Notify;

use super::Inner;
use super::drive::DriveError;
use super::shard::SHARDS;
use crate::caught::caught;
use crate::core::{ExecutionId, Input};

/// When the timers are looked at again after a panic, in milliseconds.
const AFTER_PANIC_MS: i64 = 1_000;

/// When the timer task wakes.
#[derive(Debug)]
pub(crate) struct Timers {
    next_ms: AtomicI64,
    changed: Notify,
}

impl Timers {
    pub(crate) fn new() -> Self {
        Self {
            next_ms: AtomicI64::new(i64::MAX),
            changed: Notify::new(),
        }
    }

    /// There is a deadline at `at_ms`.
    pub(crate) fn wake_at(&self, at_ms: i64) {
        if self.next_ms.fetch_min(at_ms, Ordering::AcqRel) > at_ms {
            self.changed.notify_one();
        }
    }
}

/// Runs until the engine is dropped.
pub(crate) async fn run(inner: std::sync::Weak<Inner>) {
    loop {
        let Some(strong) = inner.upgrade() else {
            return;
        };
        tokio::select! {
            () = strong.log.room() => {}
            () = strong.stopped() => return,
        }
        strong.timers.next_ms.store(i64::MAX, Ordering::Release);
        let next_ms = ticked(|| strong.tick(), || strong.now_ms());
        strong.timers.next_ms.fetch_min(next_ms, Ordering::AcqRel);
        let next_ms = strong.timers.next_ms.load(Ordering::Acquire);
        let changed = strong.timers.changed.notified();
        tokio::select! {
            () = changed => {}
            () = strong.config.clock.sleep_until(next_ms) => {}
            () = strong.stopped() => return,
        }
    }
}

/// What a tick gives. A panic ends no other execution's timers: the one that was due has been taken out, and the others are
/// looked at again.
fn ticked(tick: impl FnOnce() -> i64, now_ms: impl FnOnce() -> i64) -> i64 {
    caught(tick).unwrap_or_else(|panicked| {
        tracing::error!(%panicked, "the timers broke off and go on");
        now_ms() + AFTER_PANIC_MS
    })
}

impl Inner {
    /// The earliest deadline of all executions.
    pub(super) fn next_deadline_ms(&self) -> Option<i64> {
        (0..SHARDS)
            .filter_map(|number| {
                let shard = self.shard_by_id(ExecutionId(number));
                shard.timers.earliest().map(|(at_ms, _)| at_ms)
            })
            .chain(self.jobs.next_ms())
            .chain(self.stops.next_ms())
            .min()
    }

    /// Steps every execution whose deadline has come. Gives the next deadline.
    pub(super) fn tick(self: &Arc<Self>) -> i64 {
        let now = self.now_ms();
        let mut next_ms = i64::MAX;
        for number in 0..SHARDS {
            let mut shard = self.shard_by_id(ExecutionId(number));
            while let Some((at_ms, _)) = shard.timers.earliest() {
                if at_ms > now {
                    next_ms = next_ms.min(at_ms);
                    break;
                }
                // The disk first: the rest is late rather than held in memory.
                if self.log.is_crowded() {
                    return now;
                }
                let Some(id) = shard.take_timer() else {
                    continue;
                };
                if let Err(DriveError::Log(error)) = self.drive(&mut shard, id, Input::Tick) {
                    tracing::error!(%error, execution = id.0, "a timer could not be recorded");
                    return i64::MAX;
                }
            }
        }
        next_ms
            .min(self.look_at_jobs(now))
            .min(self.stop_again(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_that_panicked_are_looked_at_again() {
        assert_eq!(ticked(|| 7, || 1), 7);
        assert_eq!(ticked(|| panic!("in a tick"), || 1), 1 + AFTER_PANIC_MS);
    }
}
