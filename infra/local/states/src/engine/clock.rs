//! Where the engine has its time from.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

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
    /// The wall clock.
    Wall(Arc<Wall>),
    /// Moved by hand.
    Driven(Arc<Driven>),
}

/// The wall clock, held against one that is never set.
#[derive(Debug)]
struct Wall {
    /// When the clock that is never set began.
    began: Instant,
    /// How far the wall clock has been ahead of that one at most, in microseconds. One that is set back changes nothing here: the
    /// time goes on from the latest that was told.
    ahead_us: AtomicI64,
}

#[derive(Debug)]
struct Driven {
    now_ms: AtomicI64,
    /// Wakes sleepers in the order in which they went to sleep.
    moved: Notify,
}

impl Clock {
    /// The machine's clock; it never goes back, and never stands still.
    pub fn system() -> Self {
        Self {
            source: Source::Wall(Arc::new(Wall::new())),
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
            Source::Wall(wall) => {
                // The wall clock first: what comes between the two must not look like a lead of it.
                let wall_us = jiff::Timestamp::now().as_microsecond();
                wall.now_ms(wall_us, wall.began.elapsed())
            }
            Source::Driven(driven) => driven.now_ms.load(Ordering::Acquire),
        }
    }

    /// How long it has run, by a clock that is never set. One that is moved by hand stands still: what this bounds, something
    /// else must bound too.
    pub(crate) fn running_for(&self) -> Duration {
        match &self.source {
            Source::Wall(wall) => wall.began.elapsed(),
            Source::Driven(_) => Duration::ZERO,
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

impl Wall {
    fn new() -> Self {
        Self {
            began: Instant::now(),
            ahead_us: AtomicI64::new(i64::MIN),
        }
    }

    /// The time in milliseconds, where the wall clock shows `wall_us` and the other one has run for so long.
    fn now_ms(&self, wall_us: i64, ran: Duration) -> i64 {
        let ran_us = i64::try_from(ran.as_micros()).unwrap_or(i64::MAX);
        let ahead_us = wall_us.saturating_sub(ran_us);
        let most_us = self.ahead_us.fetch_max(ahead_us, Ordering::AcqRel);
        ran_us
            .saturating_add(most_us.max(ahead_us))
            .div_euclid(1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    const START_MS: i64 = 1_767_225_600_000;

    /// What is told when the wall clock shows this, so many milliseconds after the start.
    fn told(wall: &Wall, wall_ms: i64, ran_ms: u64) -> i64 {
        wall.now_ms(wall_ms * 1_000, Duration::from_millis(ran_ms))
    }

    #[test]
    fn a_wall_clock_that_is_set_back_neither_turns_the_time_back_nor_stops_it() {
        let wall = Wall::new();
        assert_eq!(told(&wall, START_MS + HOUR_MS, 0), START_MS + HOUR_MS);
        for ran_ms in [10, 20, 7_000] {
            let set_back = START_MS + ran_ms;
            let now_ms = told(&wall, set_back, ran_ms.unsigned_abs());
            assert_eq!(now_ms, START_MS + HOUR_MS + ran_ms);
        }
    }

    #[test]
    fn a_wall_clock_that_is_set_on_is_followed() {
        let wall = Wall::new();
        assert_eq!(told(&wall, START_MS, 5), START_MS);
        let set_on = START_MS + HOUR_MS;
        assert_eq!(told(&wall, set_on, 6), set_on);
        assert_eq!(told(&wall, set_on + 1, 7), set_on + 1);
    }

    #[test]
    fn the_machine_s_clock_shows_the_wall_clock() {
        let clock = Clock::system();
        let before_ms = jiff::Timestamp::now().as_millisecond();
        let now_ms = clock.now_ms();
        assert!(now_ms >= before_ms);
        assert!(clock.now_ms() >= now_ms);
    }
}
