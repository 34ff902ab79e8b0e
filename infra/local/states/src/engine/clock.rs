//! Where the engine has its time from.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

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
    Driven(Arc<watch::Sender<i64>>),
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
            source: Source::Driven(Arc::new(watch::Sender::new(start_ms))),
        }
    }

    /// Moves a driven clock on to `at_ms`, milliseconds since 1970. It never goes back; the machine's clock is not moved.
    pub fn advance_to(&self, at_ms: i64) {
        if let Source::Driven(now_ms) = &self.source {
            now_ms.send_if_modified(|now_ms| {
                let later = at_ms > *now_ms;
                *now_ms = at_ms.max(*now_ms);
                later
            });
        }
    }

    /// The time, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        match &self.source {
            Source::Wall(latest_ms) => {
                let now_ms = jiff::Timestamp::now().as_millisecond();
                latest_ms.fetch_max(now_ms, Ordering::AcqRel).max(now_ms)
            }
            Source::Driven(now_ms) => *now_ms.borrow(),
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
            Source::Driven(now_ms) => {
                let mut moved = now_ms.subscribe();
                let _reached = moved.wait_for(|now_ms| *now_ms >= at_ms).await;
            }
        }
    }
}
