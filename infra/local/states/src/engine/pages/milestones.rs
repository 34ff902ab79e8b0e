//! The milestones of histories: executions as they were behind some of their records, kept within bounds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::core::ExecutionId;
use crate::log::Position;

/// Most milestones of one execution. If there are more, every second goes and the next ones are laid half as often.
const MAX_MILESTONES: usize = 128;
/// Most bytes of the milestones of one execution; as above.
pub(super) const MAX_BYTES_OF_ONE: usize = 16 * 1_048_576;
/// Most posts of one execution. If there are more, every second goes.
const MAX_POSTS: usize = 2_048;
/// Most executions whose milestones are kept; whichever was read longest ago goes first.
const MAX_TALES: usize = 64;
/// Most bytes of all milestones; as above.
const MAX_BYTES: usize = 64 * 1_048_576;

/// How far a history has been told: a frame, and how many of its records.
pub(super) type Place = (Position, u32);

#[derive(Debug)]
pub(super) struct Milestone {
    pub(super) place: Place,
    /// The last event.
    pub(super) event: u32,
    /// Number of the definition that the execution runs.
    pub(super) revision: u64,
    /// The execution.
    pub(super) execution: Vec<u8>,
}

/// The milestones of one execution, in order.
#[derive(Debug, Clone)]
pub(super) struct Tale {
    pub(super) milestones: Vec<Arc<Milestone>>,
    /// Some of its frames, in order.
    pub(super) posts: Vec<Position>,
    /// They are laid so many times farther apart than usual.
    pub(super) sparse: u32,
    /// When it was read last, as a count.
    used: u64,
}

impl Default for Tale {
    fn default() -> Self {
        Self {
            milestones: Vec::new(),
            posts: Vec::new(),
            sparse: 1,
            used: 0,
        }
    }
}

impl Tale {
    fn bytes(&self) -> usize {
        self.milestones.iter().map(|m| m.execution.len()).sum()
    }

    /// The last one from which the event behind `event` can be told.
    pub(super) fn before(&self, event: u32) -> Option<&Arc<Milestone>> {
        self.milestones.iter().rev().find(|m| m.event <= event)
    }

    /// A frame that is not before `event`: the next milestone's, or `last`.
    pub(super) fn upper(&self, event: u32, last: Position) -> Position {
        let next = self.milestones.iter().find(|m| m.event >= event);
        next.map_or(last, |m| m.place.0.min(last))
    }

    pub(super) fn add(&mut self, laid: Laid) {
        self.posts.extend(laid.posts);
        self.posts.sort_unstable();
        self.posts.dedup();
        while self.posts.len() > MAX_POSTS {
            every_second(&mut self.posts);
        }
        for milestone in laid.milestones {
            let at = self
                .milestones
                .binary_search_by_key(&milestone.place, |m| m.place);
            if let Err(at) = at {
                self.milestones.insert(at, milestone);
            }
        }
        while self.milestones.len() > MAX_MILESTONES || self.bytes() > MAX_BYTES_OF_ONE {
            self.sparse = self.sparse.saturating_mul(2);
            every_second(&mut self.milestones);
        }
    }
}

pub(super) fn every_second<T>(list: &mut Vec<T>) {
    let mut number = 0;
    list.retain(|_| {
        number += 1;
        number % 2 == 0
    });
}

/// What a telling found for the next ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Laid {
    pub(super) milestones: Vec<Arc<Milestone>>,
    pub(super) posts: Vec<Position>,
}

impl Laid {
    pub(super) fn bytes(&self) -> usize {
        self.milestones.iter().map(|m| m.execution.len()).sum()
    }
}

/// The milestones of the histories that were read last.
#[derive(Debug, Default)]
pub(in crate::engine) struct Tales(Mutex<(HashMap<ExecutionId, Tale>, u64)>);

impl Tales {
    pub(super) fn of(&self, id: ExecutionId) -> Tale {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.0.get(&id).cloned().unwrap_or_default()
    }

    pub(super) fn add(&self, id: ExecutionId, laid: Laid) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (tales, uses) = &mut *table;
        let nothing = laid.milestones.is_empty() && laid.posts.is_empty();
        if nothing && !tales.contains_key(&id) {
            return;
        }
        *uses += 1;
        let tale = tales.entry(id).or_default();
        tale.used = *uses;
        tale.add(laid);
        while tales.len() > MAX_TALES || tales.values().map(Tale::bytes).sum::<usize>() > MAX_BYTES
        {
            let oldest = tales.iter().min_by_key(|(_, tale)| tale.used);
            let Some(oldest) = oldest.map(|(id, _)| *id) else {
                return;
            };
            tales.remove(&oldest);
        }
    }

    /// Executions and bytes that are kept.
    #[cfg(test)]
    pub(in crate::engine) fn kept(&self) -> (usize, usize) {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = table.0.values().map(Tale::bytes).sum();
        (table.0.len(), bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milestones(bytes: usize, count: u32) -> Laid {
        let posts = (1..=count).map(|number| Position::new(1, number));
        let milestones = (1..=count).map(|number| {
            Arc::new(Milestone {
                place: (Position::new(1, number), 1),
                event: number,
                revision: 1,
                execution: vec![0; bytes],
            })
        });
        Laid {
            milestones: milestones.collect(),
            posts: posts.collect(),
        }
    }

    #[test]
    fn no_more_is_kept_than_the_bounds_say_and_what_was_read_last_stays() {
        let tales = Tales::default();
        for id in 1..=100 {
            tales.add(ExecutionId(id), milestones(100, 3));
            tales.add(ExecutionId(1), Laid::default());
        }
        assert_eq!(tales.kept(), (MAX_TALES, MAX_TALES * 300));
        assert_eq!(tales.of(ExecutionId(1)).milestones.len(), 3);
        for id in 101..=120 {
            tales.add(ExecutionId(id), milestones(200_000, 60));
        }
        let (_, bytes) = tales.kept();
        assert!((MAX_BYTES / 2..=MAX_BYTES).contains(&bytes), "{bytes}");
        assert_eq!(tales.of(ExecutionId(120)).milestones.len(), 60);
    }

    #[test]
    fn milestones_of_one_execution_that_are_too_many_or_too_large_get_sparse() {
        let tales = Tales::default();
        tales.add(ExecutionId(1), milestones(1, 1_000));
        let tale = tales.of(ExecutionId(1));
        assert_eq!((tale.milestones.len(), tale.sparse), (125, 8));
        assert_eq!(tale.posts.len(), 1_000);
        tales.add(ExecutionId(1), milestones(0, 2_100));
        assert_eq!(tales.of(ExecutionId(1)).posts.len(), 1_050);
        tales.add(ExecutionId(2), milestones(1_048_576, 40));
        let tale = tales.of(ExecutionId(2));
        assert_eq!((tale.milestones.len(), tale.sparse), (10, 4));
        tales.add(ExecutionId(3), milestones(MAX_BYTES_OF_ONE + 1, 1));
        assert_eq!(tales.of(ExecutionId(3)).milestones.len(), 0);
    }
}
