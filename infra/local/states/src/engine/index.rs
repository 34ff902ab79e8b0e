//! Executions by state machine and status, newest first, for lists; and by age, for retention.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::core::{ExecutionId, Status};

/// Place in a list: start in milliseconds since 1970, then id.
pub(crate) type Place = (i64, ExecutionId);

const STATUSES: [Status; 5] = [
    Status::Running,
    Status::Succeeded,
    Status::Failed,
    Status::TimedOut,
    Status::Aborted,
];

/// The lists of all state machines.
#[derive(Debug, Default)]
pub(crate) struct Index {
    machines: HashMap<Arc<str>, [BTreeSet<Place>; 5]>,
    /// Closed executions by the time they closed.
    closed: BTreeSet<Place>,
}

impl Index {
    /// Adds an execution.
    pub(crate) fn insert(&mut self, machine: &Arc<str>, status: Status, place: Place) {
        if let Some(lists) = self.machines.get_mut(machine) {
            lists[status as usize].insert(place);
        } else {
            let mut lists: [BTreeSet<Place>; 5] = Default::default();
            lists[status as usize].insert(place);
            self.machines.insert(Arc::clone(machine), lists);
        }
    }

    /// An execution closed.
    pub(crate) fn close(
        &mut self,
        machine: &Arc<str>,
        status: Status,
        place: Place,
        stopped_ms: i64,
    ) {
        self.remove(machine, Status::Running, place);
        self.insert(machine, status, place);
        self.closed.insert((stopped_ms, place.1));
    }

    /// Takes an execution out of its list.
    pub(crate) fn remove(&mut self, machine: &Arc<str>, status: Status, place: Place) {
        if let Some(lists) = self.machines.get_mut(machine) {
            lists[status as usize].remove(&place);
            if lists.iter().all(BTreeSet::is_empty) {
                self.machines.remove(machine);
            }
        }
    }

    /// How many executions of a machine run.
    pub(crate) fn running(&self, machine: &str) -> usize {
        self.machines
            .get(machine)
            .map_or(0, |lists| lists[Status::Running as usize].len())
    }

    /// How many executions run.
    pub(crate) fn running_in_all(&self) -> usize {
        self.machines
            .values()
            .map(|lists| lists[Status::Running as usize].len())
            .sum()
    }

    /// Up to `most` executions of a machine behind `after`, newest first.
    pub(crate) fn page(
        &self,
        machine: &str,
        status: Option<Status>,
        after: Option<Place>,
        most: usize,
    ) -> Vec<Place> {
        let Some(lists) = self.machines.get(machine) else {
            return Vec::new();
        };
        let before = after.unwrap_or((i64::MAX, ExecutionId(u64::MAX)));
        let mut places: Vec<Place> = STATUSES
            .iter()
            .filter(|s| status.is_none_or(|wanted| wanted == **s))
            .flat_map(|s| lists[*s as usize].range(..before).rev().take(most).copied())
            .collect();
        places.sort_unstable_by(|a, b| b.cmp(a));
        places.truncate(most);
        places
    }

    /// Closed executions that are too old or too many, oldest first, at most `most`.
    pub(crate) fn expired(
        &self,
        closed_before_ms: i64,
        keep: usize,
        most: usize,
    ) -> Vec<ExecutionId> {
        let surplus = self.closed.len().saturating_sub(keep);
        self.closed
            .iter()
            .enumerate()
            .take_while(|(i, (stopped_ms, _))| *i < surplus || *stopped_ms < closed_before_ms)
            .take(most)
            .map(|(_, (_, id))| *id)
            .collect()
    }

    /// A closed execution is not kept any longer.
    pub(crate) fn forget(&mut self, stopped_ms: i64, id: ExecutionId) {
        self.closed.remove(&(stopped_ms, id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_where_the_last_one_ended_whatever_the_status() {
        let machine: Arc<str> = "m".into();
        let mut index = Index::default();
        for i in 0..10 {
            let status = STATUSES[i as usize % 5];
            index.insert(&machine, status, (i, ExecutionId(i as u64)));
        }
        let first = index.page("m", None, None, 4);
        assert_eq!(first.iter().map(|p| p.0).collect::<Vec<_>>(), [9, 8, 7, 6]);
        let second = index.page("m", None, first.last().copied(), 4);
        assert_eq!(second.iter().map(|p| p.0).collect::<Vec<_>>(), [5, 4, 3, 2]);
        assert_eq!(index.page("m", Some(Status::Running), None, 4).len(), 2);
    }

    #[test]
    fn the_oldest_are_forgotten_first_and_only_those_over_the_limits() {
        let machine: Arc<str> = "m".into();
        let mut index = Index::default();
        for i in 0..5_i64 {
            index.insert(&machine, Status::Running, (i, ExecutionId(i as u64)));
            index.close(
                &machine,
                Status::Succeeded,
                (i, ExecutionId(i as u64)),
                100 + i,
            );
        }
        assert_eq!(index.expired(0, 3, 10), [ExecutionId(0), ExecutionId(1)]);
        assert_eq!(index.expired(104, 100, 10).len(), 4);
        assert!(index.expired(0, 5, 10).is_empty());
    }
}
