//! What each entry of the log changes.

use std::sync::Arc;

use super::{Replayed, Stranded};
use crate::core::{Execution, ExecutionId, Identity, Record, Status};
use crate::engine::archive::chronicle;
use crate::engine::entry::Entry;
use crate::engine::gaps::Gaps;
use crate::engine::import::{earlier, run_uuids};
use crate::engine::index::Of;
use crate::engine::machine::Revision;
use crate::engine::promised::PromiseImage;
use crate::engine::shard::{Kept, Live, SHARDS, Slot};
use crate::log::Position;

impl Replayed<'_> {
    pub(super) fn entry(&mut self, position: Position, entry: Entry) {
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
            Entry::EncryptedActivity(activity, encryption) => {
                self.activity(activity.encrypted(encryption));
            }
            Entry::ActivityGone(arn) => self.activities.remove(&arn),
            Entry::Forgotten(ids) => {
                if !self.unread.is_empty() {
                    self.forgotten.extend(&ids);
                }
                self.stranded.retain(|id, _| !ids.contains(id));
                ids.into_iter().for_each(|id| self.forget(ExecutionId(id)));
            }
            Entry::Started {
                id,
                revision,
                identity,
                records,
            } => {
                self.last_id = self.last_id.max(id / SHARDS);
                self.begins_anew(id);
                let Some(known) = self.machines.revisions.get(&revision).cloned() else {
                    let execution = Execution::new(Arc::new(identity));
                    let mut stranded = Stranded::definition(revision, position, execution);
                    stranded.moved(position, position, &records);
                    self.strands(id, stranded);
                    return;
                };
                let revision = known;
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
                    gaps: Gaps::default(),
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
                if let Some(stranded) = self.stranded.get_mut(&id) {
                    stranded.moved(previous, position, &records);
                    return;
                }
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
            Entry::ExpressStarted {
                id,
                revision,
                identity,
                ended,
            } => {
                self.promises_end(&ended);
                self.promise(PromiseImage {
                    id,
                    revision,
                    position,
                    identity: Arc::new(identity),
                });
            }
            Entry::ExpressEnded(ended) => self.promises_end(&ended),
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
                if let Some(stranded) = self.stranded.get_mut(&id) {
                    stranded.redriven(previous, execution);
                    stranded.moved(previous, position, &records);
                    return;
                }
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
            gaps: Gaps::default(),
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
                // Where its frames in between are was not seen: no gap.
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
            gaps,
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
            gaps,
            armed_ms: None,
        };
        let place = (closed.started_ms, id);
        self.index
            .reopen(&closed.of(), closed.status, place, closed.stopped_ms);
        self.shard(id.0).insert(id, Slot::Live(Box::new(live)));
        Some(true)
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
        live.moved_to(position);
        let execution = &live.execution;
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
}
