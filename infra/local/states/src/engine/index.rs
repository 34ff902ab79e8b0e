//! Executions by state machine and status, newest first, for lists; and by age, for retention.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use crate::core::{ExecutionId, Identity, Status, Via};

/// Place in a list: start in milliseconds since 1970, then id.
pub(crate) type Place = (i64, ExecutionId);

const STATUSES: [Status; 5] = [
    Status::Running,
    Status::Succeeded,
    Status::Failed,
    Status::TimedOut,
    Status::Aborted,
];

/// Whose an execution is: it is in the lists of its machine, its version and its alias.
#[derive(Debug, Clone)]
pub(crate) struct Of {
    /// ARN of the state machine.
    pub(crate) machine: Arc<str>,
    /// How it was started.
    pub(crate) via: Via,
    /// ARN of the map run whose child it is: the one list it is in then.
    pub(crate) run: Option<Arc<str>>,
}

impl Of {
    /// Of an execution.
    pub(crate) fn identity(identity: &Identity) -> Self {
        Self {
            machine: Arc::clone(&identity.machine_arn),
            via: identity.via.clone(),
            run: identity.origin.as_ref().map(|o| Arc::clone(&o.run_arn)),
        }
    }

    /// The ARN of the version, if there is one.
    pub(crate) fn version_arn(&self) -> Option<String> {
        self.via.version_arn(&self.machine)
    }

    /// The ARN of the alias, if there is one.
    pub(crate) fn alias_arn(&self) -> Option<String> {
        self.via.alias_arn(&self.machine)
    }

    fn lists(&self) -> impl Iterator<Item = Arc<str>> {
        let more = match &self.run {
            Some(_) => [None, None],
            None => [self.version_arn(), self.alias_arn()],
        };
        let more = more.into_iter().flatten().map(Arc::from);
        let first = self.run.as_ref().unwrap_or(&self.machine);
        std::iter::once(Arc::clone(first)).chain(more)
    }
}

/// The lists of all state machines.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// By ARN of a machine, a version, an alias or a map run.
    machines: HashMap<Arc<str>, [BTreeSet<Place>; 5]>,
    open: usize,
    /// Closed executions by the time they closed.
    closed: BTreeSet<Place>,
}

impl Index {
    /// Adds an execution.
    pub(crate) fn insert(&mut self, of: &Of, status: Status, place: Place) {
        self.open += usize::from(status == Status::Running);
        for list in of.lists() {
            self.machines.entry(list).or_default()[status as usize].insert(place);
        }
    }

    /// An execution closed.
    pub(crate) fn close(&mut self, of: &Of, status: Status, place: Place, stopped_ms: i64) {
        self.remove(of, Status::Running, place);
        self.insert(of, status, place);
        self.closed.insert((stopped_ms, place.1));
    }

    /// A closed execution runs again.
    pub(crate) fn reopen(&mut self, of: &Of, status: Status, place: Place, stopped_ms: i64) {
        self.closed.remove(&(stopped_ms, place.1));
        self.remove(of, status, place);
        self.insert(of, Status::Running, place);
    }

    /// Takes an execution out of its lists.
    pub(crate) fn remove(&mut self, of: &Of, status: Status, place: Place) {
        self.open -= usize::from(status == Status::Running).min(self.open);
        for list in of.lists() {
            if let Some(lists) = self.machines.get_mut(&list) {
                lists[status as usize].remove(&place);
                if lists.iter().all(BTreeSet::is_empty) {
                    self.machines.remove(&list);
                }
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
        self.open
    }

    /// Up to `most` executions of a machine, version, alias or map run behind `after`, newest first.
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

    /// How many executions have closed and are kept.
    pub(crate) fn closed_in_all(&self) -> usize {
        self.closed.len()
    }

    /// Closed executions behind `after`, the ones that closed first, at most `most`: the first `surplus` of them and all
    /// that are too old. Their places are those of their ends.
    pub(crate) fn expired(
        &self,
        closed_before_ms: i64,
        surplus: usize,
        after: Option<Place>,
        most: usize,
    ) -> Vec<Place> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.closed
            .range((from, Bound::Unbounded))
            .enumerate()
            .take_while(|(i, (stopped_ms, _))| *i < surplus || *stopped_ms < closed_before_ms)
            .take(most)
            .map(|(_, place)| *place)
            .collect()
    }

    /// Up to `most` executions that run and were started before this time.
    pub(crate) fn started_before(&self, started_ms: i64, most: usize) -> BTreeSet<ExecutionId> {
        let before = (started_ms, ExecutionId(0));
        self.machines
            .values()
            .flat_map(|lists| lists[Status::Running as usize].range(..before))
            .map(|(_, id)| *id)
            .take(most)
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

    fn of(machine: &str) -> Of {
        Of {
            machine: machine.into(),
            via: Via::default(),
            run: None,
        }
    }

    #[test]
    fn an_execution_is_listed_under_its_version_and_alias_too() {
        let of = Of {
            machine: "m".into(),
            via: Via {
                version: Some(2),
                alias: Some("live".into()),
            },
            run: None,
        };
        let mut index = Index::default();
        let place = (1, ExecutionId(1));
        index.insert(&of, Status::Running, place);
        for list in ["m", "m:2", "m:live"] {
            assert_eq!(index.page(list, None, None, 9), [place], "{list}");
        }
        assert_eq!(index.running_in_all(), 1);
        index.close(&of, Status::Failed, place, 5);
        assert_eq!(index.running_in_all(), 0);
        assert_eq!(index.page("m:live", Some(Status::Failed), None, 9), [place]);
        index.reopen(&of, Status::Failed, place, 5);
        assert!(index.expired(i64::MAX, 9, None, 9).is_empty());
        assert_eq!(index.running("m"), 1);
        assert!(index.started_before(1, 9).is_empty());
        assert_eq!(index.started_before(2, 9).len(), 1, "once, in three lists");
    }

    #[test]
    fn a_page_goes_on_where_the_last_one_ended_whatever_the_status() {
        let machine = of("m");
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
        let machine = of("m");
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
        let place = |i: u64| (100 + i as i64, ExecutionId(i));
        assert_eq!(index.closed_in_all(), 5);
        assert_eq!(index.expired(0, 2, None, 10), [place(0), place(1)]);
        assert_eq!(index.expired(0, 3, None, 2), [place(0), place(1)]);
        assert_eq!(index.expired(0, 1, Some(place(1)), 2), [place(2)]);
        assert_eq!(index.expired(104, 0, None, 10).len(), 4);
        assert!(index.expired(0, 0, None, 10).is_empty());
    }
}
