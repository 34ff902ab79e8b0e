//! What snapshot and log say, put together.

mod damage;
mod entries;
mod stranded;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

pub(super) use stranded::Stranded;

use super::Index;
use super::activities::{Activities, ActivityRecord};
use super::damage::{Damage, Subject};
use super::entry::Entry;
use super::gaps::Gaps;
use super::index::Of;
use super::machine::{Machines, Revision, RevisionText};
use super::past::{Backlog, Unread};
use super::promised::{Promise, PromiseImage};
use super::recovery::Broken;
use super::shard::{Closed, Kept, Live, SHARDS, Shard, Slot};
use super::snapshot::Snapshot;
use super::stops::StopImage;
use crate::core::{Execution, ExecutionId, Identity, Status};
use crate::integration::ServiceModels;
use crate::log::{
    FORMAT, Files, Found, LogError, Position, Reader, list_segments, scan_segment, segment_path,
};

/// Numbers of executions are given out one by one: one that is further off was never given out.
const MAX_GAP: u64 = 1_000_000;

/// The state of the folder, as far as it has been read.
pub(super) struct Replayed<'a> {
    reader: &'a Reader,
    models: &'a ServiceModels,
    covered: u32,
    pub(super) machines: Machines,
    pub(super) activities: Activities,
    pub(super) shards: Vec<Shard>,
    pub(super) index: Index,
    pub(super) last_id: u64,
    pub(super) damage: Vec<Damage>,
    /// Executions that are there and cannot go on.
    pub(super) broken: Broken,
    /// Executions that are there by their names only.
    pub(super) stranded: BTreeMap<u64, Stranded>,
    /// Executions that cannot be known any more.
    lost: BTreeSet<u64>,
    /// Closed executions of the snapshot that nobody has asked for yet, and those of them that are forgotten.
    unread: Unread,
    forgotten: BTreeSet<u64>,
    /// Of executions of the snapshot that were not asked for yet: segments that hold none of their frames.
    gaps: BTreeMap<u64, Gaps>,
    /// Stops of jobs that were not answered.
    pub(super) stops: BTreeMap<Position, StopImage>,
    /// Map runs of imported executions, with the executions.
    pub(super) imported: BTreeMap<[u8; 16], ExecutionId>,
    /// Express executions that were started and have not ended.
    pub(super) promised: BTreeMap<u64, Promise>,
}

impl<'a> Replayed<'a> {
    /// What the snapshot says.
    pub(super) fn from_snapshot(
        snapshot: Snapshot,
        reader: &'a Reader,
        models: &'a ServiceModels,
    ) -> Self {
        let mut found = Self {
            reader,
            models,
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
            stranded: BTreeMap::new(),
            lost: BTreeSet::new(),
            unread: snapshot.unread,
            forgotten: BTreeSet::new(),
            gaps: snapshot.gaps,
            stops: snapshot.stops.into_iter().collect(),
            imported: snapshot.imported.into_iter().collect(),
            promised: BTreeMap::new(),
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
        for image in snapshot.promised {
            found.promise(image);
        }
        for mut image in snapshot.live {
            let Some(revision) = found.machines.revisions.get(&image.revision).cloned() else {
                let execution = Arc::unwrap_or_clone(image.execution);
                let stranded = Stranded::definition(image.revision, image.position, execution);
                found.strands(image.id, stranded);
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
                gaps: found.gaps.remove(&image.id).unwrap_or_default(),
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
            gaps: std::mem::take(&mut self.gaps),
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
        if covered > 0 && newest.is_none_or(|newest| newest <= covered) {
            // It was there before the snapshot was.
            self.notes(Position::new(covered + 1, 0), Subject::Segment);
        }
        for segment in segments.into_iter().filter(|segment| *segment > covered) {
            let last = newest == Some(segment);
            // What no snapshot covers is not deleted.
            let next = if at.1 == 0 { at.0 } else { at.0 + 1 };
            if segment > next {
                self.notes(Position::new(next, 0), Subject::Segment);
            }
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
                    Found::Emptied => self.notes(position, Subject::Segment),
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
            // One that was emptied stays as it is, so that it is told at the next start too.
            at = match scan.end {
                0 => (segment + 1, 0),
                // Who wrote it would take frames of this format for damage: they go into a segment that says so.
                end if last && scan.format != FORMAT => {
                    let path = segment_path(log_dir, segment);
                    let cut = files.append(&path, u64::from(end));
                    cut.and_then(|mut file| file.finish())
                        .map_err(LogError::io(&path))?;
                    (segment + 1, 0)
                }
                end => (segment, end),
            };
        }
        self.name_stranded();
        Ok(at)
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

    /// A definition that an earlier version accepted and this one does not costs its executions.
    fn revision(&mut self, text: RevisionText) {
        let number = text.number;
        self.machines.last_revision = self.machines.last_revision.max(number);
        match Revision::stored(text, self.models) {
            Ok(revision) => {
                self.machines.revisions.insert(number, Arc::new(revision));
            }
            Err(found) => {
                let first = found.first().map(ToString::to_string).unwrap_or_default();
                tracing::error!(revision = number, %first, "a stored definition is not accepted any more");
            }
        }
    }

    /// An Express execution that begins again unless its end follows. Without its definition it cannot.
    fn promise(&mut self, image: PromiseImage) {
        let PromiseImage {
            id,
            revision,
            position,
            identity,
        } = image;
        self.last_id = self.last_id.max(id / SHARDS);
        let Some(revision) = self.machines.revisions.get(&revision).cloned() else {
            self.loses(id, Some(Arc::clone(&identity.arn)), position);
            return;
        };
        let promise = Promise {
            revision,
            position,
            identity,
        };
        self.promised.insert(id, promise);
    }

    /// Express executions that have ended.
    fn promises_end(&mut self, ended: &[u64]) {
        for id in ended {
            self.promised.remove(id);
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
        let gaps = self.gaps.remove(&id.0).unwrap_or_default();
        let kept = Kept::of(closed, gaps, &revision, &self.machines.revisions);
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
}
