//! What snapshot and log say, put together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::activities::{Activities, ActivityRecord};
use super::archive::chronicle;
use super::damage::{Damage, MAX_DAMAGE, Subject};
use super::entry::Entry;
use super::import::{earlier, run_uuids};
use super::index::Of;
use super::machine::{Machines, Revision, RevisionText};
use super::past::{Backlog, Unread};
use super::recovery::Broken;
use super::shard::{Closed, Kept, Live, SHARDS, Shard, Slot};
use super::snapshot::Snapshot;
use super::stops::StopImage;
use super::{Index, shard_of};
use crate::core::{Execution, ExecutionId, Identity, Record, Status};
use crate::log::{
    Files, Found, LogError, Owner, Position, Reader, list_segments, scan_segment, segment_path,
};

/// Numbers of executions are given out one by one: one that is further off was never given out.
const MAX_GAP: u64 = 1_000_000;

/// The state of the folder, as far as it has been read.
pub(super) struct Replayed<'a> {
    reader: &'a Reader,
    covered: u32,
    pub(super) machines: Machines,
    pub(super) activities: Activities,
    pub(super) shards: Vec<Shard>,
    pub(super) index: Index,
    pub(super) last_id: u64,
    pub(super) damage: Vec<Damage>,
    /// Executions that are there and cannot go on.
    pub(super) broken: Broken,
    /// Executions that cannot be known any more.
    lost: BTreeSet<u64>,
    /// Closed executions of the snapshot that nobody has asked for yet, and those of them that are forgotten.
    unread: Unread,
    forgotten: BTreeSet<u64>,
    /// Stops of jobs that were not answered.
    pub(super) stops: BTreeMap<Position, StopImage>,
    /// Map runs of imported executions, with the executions.
    pub(super) imported: BTreeMap<[u8; 16], ExecutionId>,
}

impl<'a> Replayed<'a> {
    /// What the snapshot says.
    pub(super) fn from_snapshot(snapshot: Snapshot, reader: &'a Reader) -> Self {
        let mut found = Self {
            reader,
            covered: snapshot.segment,
            machines: Machines {
                last_revision: snapshot.last_revision,
                ..Machines::default()
            },
            activities: Activities::default(),
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            index: Index::default(),
            last_id: snapshot.last_id,
            damage: Vec::new(),
            broken: Broken::new(),
            lost: BTreeSet::new(),
            unread: snapshot.unread,
            forgotten: BTreeSet::new(),
            stops: snapshot.stops.into_iter().collect(),
            imported: snapshot.imported.into_iter().collect(),
        };
        for text in snapshot.revisions {
            found.revision(text);
        }
        for machine in snapshot.machines {
            found
                .machines
                .by_arn
                .insert(Arc::clone(&machine.arn), machine);
        }
        for activity in snapshot.activities {
            found.activity(activity);
        }
        for mut image in snapshot.live {
            let arn = Arc::clone(&image.execution.identity.arn);
            let Some(revision) = found.machines.revisions.get(&image.revision).cloned() else {
                found.loses(image.id, Some(arn), image.position);
                continue;
            };
            found.share(Arc::make_mut(&mut image.execution), &revision);
            let identity = &image.execution.identity;
            let place = (identity.started_ms, ExecutionId(image.id));
            found
                .index
                .insert(&Of::identity(identity), Status::Running, place);
            let live = Live {
                execution: image.execution,
                revision,
                earlier: found.earlier(&image.earlier),
                position: image.position,
                first_segment: image.first_segment,
                armed_ms: None,
            };
            found
                .shard(image.id)
                .insert(ExecutionId(image.id), Slot::Live(Box::new(live)));
        }
        found
    }

    /// Reads the closed executions of the snapshot: something cannot be understood without them.
    pub(super) fn read_closed(&mut self) {
        let unread = std::mem::take(&mut self.unread);
        let forgotten = std::mem::take(&mut self.forgotten);
        for frame in unread.read() {
            match frame {
                Ok(frame) => {
                    for (id, closed) in frame {
                        if !forgotten.contains(&id) {
                            self.closed(ExecutionId(id), closed);
                        }
                    }
                }
                Err(offset) => self.adds(Damage {
                    path: self.reader.dir().with_file_name("snapshot"),
                    offset,
                    subject: Subject::Other,
                }),
            }
        }
    }

    /// What is left to be read once the engine serves.
    pub(super) fn backlog(&mut self) -> Backlog {
        Backlog {
            unread: std::mem::take(&mut self.unread),
            forgotten: std::mem::take(&mut self.forgotten),
            revisions: self.machines.revisions.clone(),
        }
    }

    /// The same texts once: those of the machine and its definition.
    fn shared(&self, mut identity: Identity, revision: &Revision) -> Identity {
        if let Some((arn, _)) = self.machines.by_arn.get_key_value(&identity.machine_arn) {
            identity.machine_arn = Arc::clone(arn);
        }
        if identity.role_arn == revision.text.role_arn {
            identity.role_arn = Arc::clone(&revision.text.role_arn);
        }
        identity
    }

    /// As above, and the input once where it is still the data.
    fn share(&self, execution: &mut Execution, revision: &Revision) {
        let identity = self.shared((*execution.identity).clone(), revision);
        for branch in execution.branches.values_mut() {
            if branch.data == identity.input {
                branch.data = identity.input.clone();
            }
        }
        execution.identity = Arc::new(identity);
    }

    fn shard(&mut self, id: u64) -> &mut Shard {
        &mut self.shards[(id % SHARDS) as usize]
    }

    /// Replays what the snapshot does not cover. Gives where the log goes on.
    pub(super) fn replay(
        &mut self,
        files: &dyn Files,
        log_dir: &Path,
    ) -> Result<(u32, u32), LogError> {
        let segments = list_segments(files, log_dir)?;
        let mut at = (self.covered + 1, 0);
        let newest = segments.last().copied();
        let covered = self.covered;
        for segment in segments.into_iter().filter(|segment| *segment > covered) {
            let last = newest == Some(segment);
            let scan = scan_segment(
                files,
                log_dir,
                segment,
                last,
                |position, found| match found {
                    Found::Frame(payload) => match Entry::read(payload) {
                        Ok(entry) => self.entry(position, entry),
                        Err(_) => self.notes(position, Subject::Other),
                    },
                    Found::Damage { owner, payload } => self.damaged(position, owner, payload),
                },
            )?;
            if scan.torn_bytes > 0 {
                tracing::warn!(
                    segment,
                    at = scan.end,
                    bytes = scan.torn_bytes,
                    "cut off the torn end of the log"
                );
            }
            at = (segment, scan.end);
        }
        Ok(at)
    }

    fn entry(&mut self, position: Position, entry: Entry) {
        match entry {
            Entry::Revision(text) => self.revision(text),
            Entry::Machine(machine) => {
                self.machines
                    .by_arn
                    .insert(Arc::clone(&machine.arn), machine);
            }
            Entry::MachineGone(arn) => {
                self.machines.by_arn.remove(arn.as_str());
            }
            Entry::Activity(activity) => self.activity(activity),
            Entry::ActivityGone(arn) => self.activities.remove(&arn),
            Entry::Forgotten(ids) => {
                if !self.unread.is_empty() {
                    self.forgotten.extend(&ids);
                }
                ids.into_iter().for_each(|id| self.forget(ExecutionId(id)));
            }
            Entry::Started {
                id,
                revision,
                identity,
                records,
            } => {
                self.last_id = self.last_id.max(id / SHARDS);
                let Some(revision) = self.machines.revisions.get(&revision).cloned() else {
                    self.loses(id, Some(identity.arn), position);
                    return;
                };
                let place = (identity.started_ms, ExecutionId(id));
                let identity = self.shared(identity, &revision);
                self.index
                    .insert(&Of::identity(&identity), Status::Running, place);
                let live = Live {
                    execution: Arc::new(Execution::new(Arc::new(identity))),
                    revision,
                    earlier: Vec::new(),
                    position,
                    first_segment: position.segment(),
                    armed_ms: None,
                };
                self.shard(id)
                    .insert(ExecutionId(id), Slot::Live(Box::new(live)));
                self.moved(ExecutionId(id), position, &records);
            }
            Entry::Moved {
                id,
                previous,
                records,
            } => {
                let broken = self.broken.contains_key(&id);
                if self.lost.contains(&id) {
                    return;
                }
                let id = ExecutionId(id);
                match self.shard(id.0).live_mut(id).map(|live| live.position) {
                    Some(last) if last == previous => {
                        // What follows the last whole frame was written by who had found the damage: its end.
                        self.broken.remove(&id.0);
                        self.moved(id, position, &records);
                    }
                    Some(_) if broken => {}
                    Some(_) => self.breaks(id.0, position, None),
                    // Of what has been forgotten, frames may be left.
                    None => {}
                }
            }
            Entry::Stopping(stop) => {
                self.stops.insert(position, stop);
            }
            Entry::JobStopped(at) => {
                self.stops.remove(&at);
            }
            Entry::Imported {
                id,
                turns,
                identity,
                records,
            } => self.imported(ExecutionId(id), position, (identity, &turns), &records),
            Entry::Redriven {
                id,
                revision,
                previous,
                execution,
                records,
            } => {
                let at = (position, previous);
                if !self.shard(id).slots.contains_key(&ExecutionId(id)) {
                    self.read_closed();
                }
                self.redriven(ExecutionId(id), at, revision, execution, &records);
            }
        }
    }

    fn imported(
        &mut self,
        id: ExecutionId,
        position: Position,
        (identity, turns): (Identity, &[(u64, u64)]),
        records: &[Record],
    ) {
        self.last_id = self.last_id.max(id.0 / SHARDS);
        self.imported
            .extend(run_uuids(records).map(|run| (run, id)));
        let known = &self.machines.revisions;
        let revisions: Option<Vec<Arc<Revision>>> = turns
            .iter()
            .map(|(_, number)| known.get(number).cloned())
            .collect();
        let Some((revisions, last)) = revisions.and_then(|r| Some((r.clone(), r.last()?.clone())))
        else {
            self.loses(id.0, Some(identity.arn), position);
            return;
        };
        let place = (identity.started_ms, id);
        self.index
            .insert(&Of::identity(&identity), Status::Running, place);
        let live = Live {
            execution: Arc::new(Execution::new(Arc::new(identity))),
            revision: last,
            earlier: earlier(revisions.into_iter()),
            position,
            first_segment: position.segment(),
            armed_ms: None,
        };
        self.shard(id.0).insert(id, Slot::Live(Box::new(live)));
        self.moved(id, position, records);
    }

    fn redriven(
        &mut self,
        id: ExecutionId,
        (position, previous): (Position, Position),
        revision: u64,
        execution: Execution,
        records: &[Record],
    ) {
        if self.broken.contains_key(&id.0) {
            // It holds the execution whole. If what it follows can be read, nothing is missing any more.
            let revision = self.machines.revisions.get(&revision).cloned();
            let whole = chronicle(self.reader, id, previous).is_ok();
            if let (Some(revision), true, Some(live)) =
                (revision, whole, self.shard(id.0).live_mut(id))
            {
                let before = std::mem::replace(&mut live.revision, revision);
                if before.text.number != live.revision.text.number {
                    live.earlier.push(before);
                }
                live.execution = Arc::new(execution);
                live.position = previous;
                self.broken.remove(&id.0);
                self.moved(id, position, records);
            }
            return;
        }
        match self.reopened(id, previous, revision, execution) {
            Some(true) => {
                self.lost.remove(&id.0);
                self.moved(id, position, records);
            }
            Some(false) => self.breaks(id.0, position, None),
            // Of what has been forgotten, frames may be left.
            None => {}
        }
    }

    /// A closed execution goes on. `None` if it is not known any more, false if it is not where the log says.
    fn reopened(
        &mut self,
        id: ExecutionId,
        previous: Position,
        revision: u64,
        execution: Execution,
    ) -> Option<bool> {
        let kept = match self.shard(id.0).slots.get(&id)? {
            Slot::Closed(kept) if kept.closed.position == previous => (**kept).clone(),
            Slot::Closed(_) | Slot::Live(_) => return Some(false),
        };
        let Some(revision) = self.machines.revisions.get(&revision).cloned() else {
            return Some(false);
        };
        let Kept {
            closed,
            revision: before,
            mut earlier,
        } = kept;
        if before.text.number != revision.text.number {
            earlier.push(before);
        }
        let live = Live {
            execution: Arc::new(execution),
            revision,
            earlier,
            position: previous,
            first_segment: closed.first_segment,
            armed_ms: None,
        };
        let place = (closed.started_ms, id);
        self.index
            .reopen(&closed.of(), closed.status, place, closed.stopped_ms);
        self.shard(id.0).insert(id, Slot::Live(Box::new(live)));
        Some(true)
    }

    fn earlier(&self, numbers: &[u64]) -> Vec<Arc<Revision>> {
        let known = &self.machines.revisions;
        numbers
            .iter()
            .filter_map(|n| known.get(n).cloned())
            .collect()
    }

    fn activity(&mut self, activity: ActivityRecord) {
        let arn = Arc::clone(&activity.arn);
        self.activities.records.insert(arn, activity);
    }

    fn moved(&mut self, id: ExecutionId, position: Position, records: &[Record]) {
        let Some(live) = self.shard(id.0).live_mut(id) else {
            return;
        };
        let execution = Arc::make_mut(&mut live.execution);
        if records
            .iter()
            .any(|record| execution.apply(record).is_err())
        {
            let last = live.position;
            let whole = chronicle(self.reader, id, last).and_then(|told| told.retold(id));
            if let (Ok(whole), Some(live)) = (whole, self.shard(id.0).live_mut(id)) {
                live.execution = Arc::new(whole);
            }
            self.breaks(id.0, position, None);
            return;
        }
        live.position = position;
        if execution.status == Status::Running {
            return;
        }
        let of = Of::identity(&execution.identity);
        let place = (execution.identity.started_ms, id);
        let status = execution.status;
        let stopped_ms = execution.end.as_ref().map_or(0, |end| end.at_ms);
        self.shard(id.0).close(id);
        self.index.close(&of, status, place, stopped_ms);
    }

    /// A definition that an earlier version accepted and this one does not costs its executions.
    fn revision(&mut self, text: RevisionText) {
        let number = text.number;
        self.machines.last_revision = self.machines.last_revision.max(number);
        match Revision::compile(text) {
            Ok(revision) => {
                self.machines.revisions.insert(number, Arc::new(revision));
            }
            Err(found) => {
                let first = found.first().map(ToString::to_string).unwrap_or_default();
                tracing::error!(revision = number, %first, "a stored definition is not accepted any more");
            }
        }
    }

    fn closed(&mut self, id: ExecutionId, mut closed: Closed) {
        let Some(revision) = self.machines.revisions.get(&closed.revision).cloned() else {
            self.loses(id.0, Some(Arc::clone(&closed.arn)), closed.position);
            return;
        };
        if let Some((arn, _)) = self.machines.by_arn.get_key_value(&closed.machine_arn) {
            closed.machine_arn = Arc::clone(arn);
        }
        let place = (closed.started_ms, id);
        let of = closed.of();
        self.index
            .remember(&of, closed.status, place, closed.stopped_ms);
        let kept = Kept::of(closed, &revision, &self.machines.revisions);
        self.shard(id.0).insert(id, Slot::Closed(Box::new(kept)));
    }

    fn forget(&mut self, id: ExecutionId) {
        if let Some(Slot::Closed(kept)) = self.shard(id.0).remove(id) {
            let closed = &kept.closed;
            self.index
                .remove(&closed.of(), closed.status, (closed.started_ms, id));
            self.index.forget(closed.stopped_ms, id);
        }
    }

    /// Bytes that are not what was written: finds out whose they were.
    fn damaged(&mut self, position: Position, owner: Owner, payload: &[u8]) {
        self.read_closed();
        let trace = Entry::trace(payload);
        if owner != Owner::NOBODY {
            // Its header is whole, so this is certain.
            let arn = trace.arn.filter(|_| trace.id == Some(owner.0));
            self.breaks(owner.0, position, arn);
            return;
        }
        let found = trace.id.filter(|id| {
            let last = self.shard(*id).slots.get(&ExecutionId(*id));
            let last = last.map(Slot::position);
            let belongs = |arn: &Arc<str>| shard_of(arn) == id % SHARDS;
            (last.is_some() && trace.previous == last) || trace.arn.as_ref().is_some_and(belongs)
        });
        match found {
            Some(id) => self.breaks(id, position, trace.arn),
            None => self.notes(position, Subject::Other),
        }
    }

    /// An execution lacks what was at `position`.
    fn breaks(&mut self, id: u64, position: Position, arn: Option<Arc<str>>) {
        self.read_closed();
        if let Some(Slot::Closed(kept)) = self.shard(id).slots.get(&ExecutionId(id)) {
            // A redrive is gone: it stays closed as it was before.
            let arn = Arc::clone(&kept.closed.arn);
            if self.lost.insert(id) {
                self.notes(position, Subject::Execution(arn));
            }
            return;
        }
        let slot = self.shard(id).live_mut(ExecutionId(id));
        let Some(arn) = slot.map(|live| Arc::clone(&live.execution.identity.arn)) else {
            return self.loses(id, arn, position);
        };
        let place = format!(
            "{} at byte {}",
            segment_path(Path::new(""), position.segment()).display(),
            position.offset()
        );
        if self.broken.insert(id, place).is_none() {
            self.notes(position, Subject::Execution(arn));
        }
    }

    fn loses(&mut self, id: u64, arn: Option<Arc<str>>, position: Position) {
        // Its number must not be given out again, if it is one.
        let number = id / SHARDS;
        if number < self.last_id + MAX_GAP {
            self.last_id = self.last_id.max(number);
        }
        if self.lost.insert(id) {
            self.notes(position, Subject::Lost { id, arn });
        }
    }

    fn notes(&mut self, position: Position, subject: Subject) {
        self.adds(Damage {
            path: segment_path(self.reader.dir(), position.segment()),
            offset: u64::from(position.offset()),
            subject,
        });
    }

    fn adds(&mut self, damage: Damage) {
        if self.damage.len() < MAX_DAMAGE {
            self.damage.push(damage);
        } else {
            tracing::error!(%damage, "found while opening");
        }
    }
}
