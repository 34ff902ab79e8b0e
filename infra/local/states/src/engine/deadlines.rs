//! The deadlines of a shard's executions, earliest first.
//!
//! Of the entries of an execution one counts, the one that it was armed with. The others are out of date: they are passed
//! over when their time comes, and thrown away together once they are most of all. So memory follows what runs, not what
//! ever ran.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::core::ExecutionId;

/// So few entries are not worth the work.
const FEW: usize = 64;

/// When which executions are to be looked at.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    heap: BinaryHeap<Reverse<(i64, ExecutionId)>>,
    /// How many of them are out of date.
    stale: usize,
}

impl Deadlines {
    /// Adds one.
    pub(super) fn set(&mut self, at_ms: i64, id: ExecutionId) {
        self.heap.push(Reverse((at_ms, id)));
    }

    /// The earliest, which may be out of date.
    pub(super) fn earliest(&self) -> Option<(i64, ExecutionId)> {
        self.heap.peek().map(|Reverse(entry)| *entry)
    }

    /// Takes the earliest out. `counts` says whether an entry is not out of date.
    pub(super) fn take(
        &mut self,
        counts: impl Fn(i64, ExecutionId) -> bool,
    ) -> Option<ExecutionId> {
        let Reverse((at_ms, id)) = self.heap.pop()?;
        if counts(at_ms, id) {
            return Some(id);
        }
        self.stale = self.stale.saturating_sub(1);
        None
    }

    /// One more is out of date. `counts` says of each whether it is not.
    pub(super) fn outdate(&mut self, counts: impl Fn(i64, ExecutionId) -> bool) {
        self.stale += 1;
        if self.heap.len() <= FEW || self.stale <= self.heap.len() / 2 {
            return;
        }
        let mut kept = std::mem::take(&mut self.heap).into_vec();
        kept.retain(|Reverse((at_ms, id))| counts(*at_ms, *id));
        // An execution that was armed for the same time twice has two that look alike.
        kept.sort_unstable();
        kept.dedup();
        kept.shrink_to(2 * FEW);
        self.heap = kept.into();
        self.stale = 0;
    }

    /// How many entries there are, out of date or not.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is armed, armed anew and closed: every deadline that counts comes, in order, and what is out of date
        /// is never most of many.
        #[test]
        fn what_counts_comes_in_order_and_the_rest_does_not_pile_up(
            moves in proptest::collection::vec((0_u64..200, proptest::option::of(0_i64..1_000)), 0..2_000)
        ) {
            let mut deadlines = Deadlines::default();
            let mut armed: BTreeMap<ExecutionId, i64> = BTreeMap::new();
            for (id, at_ms) in moves {
                let id = ExecutionId(id);
                let before = match at_ms {
                    Some(at_ms) => armed.insert(id, at_ms),
                    None => armed.remove(&id),
                };
                if let Some(at_ms) = at_ms {
                    deadlines.set(at_ms, id);
                }
                if before.is_some() {
                    deadlines.outdate(|at_ms, id| armed.get(&id) == Some(&at_ms));
                }
                prop_assert!(deadlines.len() <= FEW.max(2 * armed.len() + 1));
            }
            let mut last = i64::MIN;
            while let Some((at_ms, id)) = deadlines.earliest() {
                let counts = armed.get(&id) == Some(&at_ms);
                let taken = deadlines.take(|at_ms, id| armed.get(&id) == Some(&at_ms));
                prop_assert_eq!(taken, counts.then_some(id));
                if counts {
                    prop_assert!(last <= at_ms);
                    last = at_ms;
                    armed.remove(&id);
                }
            }
            prop_assert!(armed.is_empty());
        }
    }
}
