//! Segments of the log between an execution's frames.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::log::Position;

/// Runs of segments, the last of each included, that lie between two frames of an execution and hold none of it. They may be
/// deleted: its frames form a chain by their places, and nothing that follows the chain comes past them. Most executions have
/// none and take no memory for them. Shared with a snapshot that is being written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gaps(Option<Arc<Vec<(u32, u32)>>>);

impl Gaps {
    /// Are there none?
    pub(crate) fn is_empty(&self) -> bool {
        self.runs().is_empty()
    }

    fn runs(&self) -> &[(u32, u32)] {
        match &self.0 {
            Some(runs) => runs.as_slice(),
            None => &[],
        }
    }

    /// The frame that follows the one at `from` is at `to`.
    pub(crate) fn step(&mut self, from: Position, to: Position) {
        let (from, to) = (from.segment(), to.segment());
        if from + 1 < to {
            let runs = Arc::make_mut(self.0.get_or_insert_default());
            runs.push((from + 1, to - 1));
        }
    }

    /// The runs of segments that may hold frames of an execution whose first and last frame are in these.
    pub(crate) fn held(&self, first: u32, last: u32) -> impl Iterator<Item = (u32, u32)> {
        let behind = self.runs().iter().map(|(_, to)| to + 1);
        let before = self.runs().iter().map(|(from, _)| from - 1);
        let firsts = std::iter::once(first).chain(behind);
        firsts.zip(before.chain(std::iter::once(last)))
    }
}

/// Runs of segments, in order, none of them in two.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Needed(Vec<(u32, u32)>);

impl Needed {
    /// All that are in one of these runs.
    pub(crate) fn new(mut runs: Vec<(u32, u32)>) -> Self {
        runs.sort_unstable();
        runs.dedup_by(|later, kept| {
            let within = later.0 <= kept.1;
            if within {
                kept.1 = kept.1.max(later.1);
            }
            within
        });
        Self(runs)
    }

    /// Is this segment in one of them?
    pub(crate) fn contains(&self, segment: u32) -> bool {
        let behind = self.0.partition_point(|(first, _)| *first <= segment);
        let run = self.0[..behind].last();
        run.is_some_and(|(_, last)| segment <= *last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(segments: &[u32]) -> Gaps {
        let mut gaps = Gaps::default();
        for pair in segments.windows(2) {
            gaps.step(Position::new(pair[0], 7), Position::new(pair[1], 9));
        }
        gaps
    }

    #[test]
    fn the_segments_of_its_frames_are_held_and_no_others() {
        for (frames, held) in [
            (vec![4], vec![(4, 4)]),
            (vec![4, 4, 5, 6], vec![(4, 6)]),
            (vec![4, 6], vec![(4, 4), (6, 6)]),
            (vec![1, 2, 5, 5, 9], vec![(1, 2), (5, 5), (9, 9)]),
        ] {
            let (first, last) = (frames[0], frames[frames.len() - 1]);
            let found: Vec<(u32, u32)> = gaps(&frames).held(first, last).collect();
            assert_eq!(found, held, "{frames:?}");
        }
        assert!(gaps(&[1, 1, 2, 3]).is_empty());
    }

    #[test]
    fn what_any_execution_holds_is_needed() {
        let needed = Needed::new(vec![(5, 5), (1, 2), (2, 3), (8, 9), (1, 1), (5, 5)]);
        let found: Vec<u32> = (0..12).filter(|it| needed.contains(*it)).collect();
        assert_eq!(found, [1, 2, 3, 5, 8, 9]);
        assert!(!Needed::new(Vec::new()).contains(1));
    }
}
