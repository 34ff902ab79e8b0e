//! What is to be done later: by time, in memory only, and how long what failed for now waits before it is tried again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The first wait, in milliseconds; each that follows is twice as long.
const FIRST_MS: i64 = 1_000;
/// The longest wait, in milliseconds.
const LONGEST_MS: i64 = 300_000;
/// How often something is tried, counting the first time: about a day.
const MAX_TRIES: u32 = 300;

/// How long something waits that has been tried so often and failed for now, in milliseconds. `None`: it has been tried enough.
pub(super) fn wait_ms(tries: u32) -> Option<i64> {
    if tries >= MAX_TRIES {
        return None;
    }
    let doubled = FIRST_MS << tries.saturating_sub(1).min(16);
    Some(doubled.min(LONGEST_MS))
}

/// Things to do, each at its time. The next start knows nothing of them: whoever adds one has recorded what must survive
/// (a stop, a job's call), and adds it again then.
#[derive(Debug)]
pub(super) struct Later<T>(Mutex<BinaryHeap<Reverse<(i64, T)>>>);

impl<T: Ord> Default for Later<T> {
    fn default() -> Self {
        Self(Mutex::new(BinaryHeap::new()))
    }
}

impl<T: Ord> Later<T> {
    fn lock(&self) -> MutexGuard<'_, BinaryHeap<Reverse<(i64, T)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This is to be done at `at_ms`, milliseconds since 1970.
    pub(super) fn add(&self, at_ms: i64, what: T) {
        self.lock().push(Reverse((at_ms, what)));
    }

    /// When the next thing is due.
    pub(super) fn next_ms(&self) -> Option<i64> {
        self.lock().peek().map(|Reverse((at_ms, _))| *at_ms)
    }

    /// Takes out what is due first, if its time has come.
    pub(super) fn due(&self, now_ms: i64) -> Option<T> {
        let mut queue = self.lock();
        let Reverse((at_ms, _)) = queue.peek()?;
        if *at_ms > now_ms {
            return None;
        }
        queue.pop().map(|Reverse((_, what))| what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_come_to_an_end() {
        let waits: Vec<Option<i64>> = (1..=10).map(wait_ms).collect();
        let seconds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300];
        assert_eq!(waits, seconds.map(|s| Some(s * 1_000)));
        assert_eq!(wait_ms(MAX_TRIES - 1), Some(LONGEST_MS));
        assert_eq!(wait_ms(MAX_TRIES), None);
        let all_ms: i64 = (1..MAX_TRIES).filter_map(wait_ms).sum();
        assert!(
            (23 * 3_600_000..26 * 3_600_000).contains(&all_ms),
            "{all_ms}"
        );
    }

    #[test]
    fn things_come_at_their_time_the_earliest_first() {
        let later = Later::default();
        assert_eq!(later.next_ms(), None);
        later.add(20, "b");
        later.add(10, "a");
        assert_eq!(later.next_ms(), Some(10));
        assert_eq!(later.due(9), None);
        assert_eq!(later.due(20), Some("a"));
        assert_eq!(later.due(20), Some("b"));
        assert_eq!(later.due(20), None);
    }
}
