//! Where the engine has its time from.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// Longest sleep: the wall clock may be set meanwhile.
const MAX_SLEEP_MS: i64 = 60_000;

/// A source of time: the machine's clock, or one that stands still until it is moved on.
#[derive(Debug, Clone)]
pub struct Clock {
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    /// The wall clock; holds the latest time it has told.
    Wall(Arc<AtomicI64>),
    /// Moved by hand.
    Driven(Arc<Driven>),
}

#[derive(Debug)]
struct Driven {
    now_ms: AtomicI64,
    /// Wakes sleepers in the order in which they went to sleep.
    moved: Notify,
}

impl Clock {
    /// The machine's clock; it never goes back.
    pub fn system() -> Self {
        Self {
            source: Source::Wall(Arc::default()),
        }
    }

    /// A clock that shows `start_ms` (milliseconds since 1970) until it is moved on: for tests and dry runs.
    pub fn driven(start_ms: i64) -> Self {
        Self {
            source: Source::Driven(Arc::new(Driven {
                now_ms: AtomicI64::new(start_ms),
                moved: Notify::new(),
            })),
        }
    }

    /// Moves a driven clock on to `at_ms`, milliseconds since 1970. It never goes back; the machine's clock is not moved.
    pub fn advance_to(&self, at_ms: i64) {
        if let Source::Driven(driven) = &self.source
            && driven.now_ms.fetch_max(at_ms, Ordering::AcqRel) < at_ms
        {
            driven.moved.notify_waiters();
        }
    }

    /// The time, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        match &self.source {
            Source::Wall(latest_ms) => {
                let now_ms = jiff::Timestamp::now().as_millisecond();
                latest_ms.fetch_max(now_ms, Ordering::AcqRel).max(now_ms)
            }
            Source::Driven(driven) => driven.now_ms.load(Ordering::Acquire),
        }
    }

    /// Sleeps until `at_ms`, or for a minute if that is longer.
    pub(crate) async fn sleep_until(&self, at_ms: i64) {
        match &self.source {
            Source::Wall(_) => {
                let sleep_ms = at_ms
                    .saturating_sub(self.now_ms())
                    .clamp(0, MAX_SLEEP_MS)
                    .unsigned_abs();
                tokio::time::sleep(Duration::from_millis(sleep_ms)).await;
            }
            Source::Driven(driven) => loop {
                let mut moved = std::pin::pin!(driven.moved.notified());
                // From here on no move is missed.
                moved.as_mut().enable();
                if driven.now_ms.load(Ordering::Acquire) >= at_ms {
                    return;
                }
                moved.await;
            },
        }
    }
}
