//! Executions that come from elsewhere.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::gaps::Gaps;
use super::index::Of;
use super::machine::{Revision, RevisionText};
use super::shard::{Live, Slot};
use super::{EntryRef, Inner};
use crate::core::record::What;
use crate::core::{Execution, ExecutionId, Identity, Record, Status};
use crate::log::LogFailed;

/// An execution with all that happened to it, found to be sound. It has closed.
#[derive(Debug)]
pub(crate) struct Import {
    /// What it was started with.
    pub(crate) identity: Identity,
    /// The definitions it ran. Their numbers are given anew.
    pub(crate) revisions: Vec<Revision>,
    /// From which record on it ran which of them.
    pub(crate) turns: Vec<(usize, usize)>,
    /// What happened.
    pub(crate) records: Vec<Record>,
    /// It, after that.
    pub(crate) execution: Execution,
}

impl Inner {
    /// Adds an execution: all of it is there after a crash, or nothing. `None` if its ARN is taken.
    pub(crate) fn import(
        self: &Arc<Self>,
        import: Import,
    ) -> Result<Option<ExecutionId>, LogFailed> {
        let mut machines = self.machines_mut();
        let mut shard = self.shard_by_arn(&import.identity.arn);
        if shard.find(&import.identity.arn).is_some() {
            return Ok(None);
        }
        let mut revisions = Vec::with_capacity(import.revisions.len());
        for revision in import.revisions {
            let same = |known: &&Arc<Revision>| {
                let number = known.text.number;
                known.text
                    == RevisionText {
                        number,
                        ..revision.text.clone()
                    }
            };
            if let Some(known) = machines.revisions.values().find(same) {
                revisions.push(Arc::clone(known));
                continue;
            }
            let mut revision = revision;
            machines.last_revision += 1;
            revision.text.number = machines.last_revision;
            let entry = EntryRef::Revision(&revision.text).bytes();
            self.log.append(&entry, None)?;
            let revision = Arc::new(revision);
            let number = revision.text.number;
            machines.revisions.insert(number, Arc::clone(&revision));
            revisions.push(revision);
        }
        let of_turn = |(at, which): &(usize, usize)| {
            let revision = revisions.get(*which)?;
            Some((*at as u64, Arc::clone(revision)))
        };
        let turns: Vec<(u64, Arc<Revision>)> = import.turns.iter().filter_map(of_turn).collect();
        let Some((_, last)) = turns.last() else {
            return Ok(None);
        };
        let last = Arc::clone(last);
        let id = self.new_id(&import.identity.arn);
        let numbers: Vec<(u64, u64)> = turns.iter().map(|(at, r)| (*at, r.text.number)).collect();
        let entry = EntryRef::Imported {
            id: id.0,
            turns: &numbers,
            identity: &import.identity,
            records: &import.records,
        };
        let position = self.log.append_of(entry.owner(), &entry.bytes(), None)?;
        self.imported.add(run_uuids(&import.records), id);
        let of = Of::identity(&import.identity);
        let place = (import.identity.started_ms, id);
        let status = import.execution.status;
        let stopped_ms = import.execution.end.as_ref().map_or(0, |end| end.at_ms);
        let live = Live {
            execution: Arc::new(import.execution),
            revision: last,
            earlier: earlier(turns.into_iter().map(|(_, revision)| revision)),
            position,
            first_segment: position.segment(),
            gaps: Gaps::default(),
            armed_ms: None,
        };
        shard.insert(id, Slot::Live(Box::new(live)));
        shard.close(id);
        let mut index = self.index();
        index.insert(&of, Status::Running, place);
        index.close(&of, status, place, stopped_ms);
        Ok(Some(id))
    }
}

/// The map runs that imported executions had. Their ARNs tell of the execution elsewhere, so it is kept here which one
/// that is now: of several imports of one execution the last. As many as such runs there are.
#[derive(Debug)]
pub(super) struct Imported(Mutex<BTreeMap<[u8; 16], ExecutionId>>);

impl Imported {
    pub(super) fn new(found: BTreeMap<[u8; 16], ExecutionId>) -> Self {
        Self(Mutex::new(found))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<[u8; 16], ExecutionId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, runs: impl Iterator<Item = [u8; 16]>, id: ExecutionId) {
        self.lock().extend(runs.map(|run| (run, id)));
    }

    /// Those of the executions that are `kept`; the others are not known any longer.
    pub(super) fn list(&self, kept: impl Fn(ExecutionId) -> bool) -> Vec<([u8; 16], ExecutionId)> {
        let mut imported = self.lock();
        imported.retain(|_, id| kept(*id));
        imported.iter().map(|(run, id)| (*run, *id)).collect()
    }
}

/// The UUIDs of the map runs that records tell of.
pub(super) fn run_uuids(records: &[Record]) -> impl Iterator<Item = [u8; 16]> + '_ {
    records.iter().filter_map(|record| match &record.what {
        What::MapRunStarted { uuid, .. } => Some(*uuid),
        _other => None,
    })
}

impl Inner {
    /// The imported execution that had this map run.
    pub(crate) fn imported_run(&self, uuid: [u8; 16]) -> Option<ExecutionId> {
        self.imported.lock().get(&uuid).copied()
    }
}

/// The definitions before the last, each once where it follows itself.
pub(super) fn earlier(turns: impl Iterator<Item = Arc<Revision>>) -> Vec<Arc<Revision>> {
    let mut revisions: Vec<Arc<Revision>> = turns.collect();
    revisions.dedup_by_key(|revision| revision.text.number);
    revisions.pop();
    revisions
}
