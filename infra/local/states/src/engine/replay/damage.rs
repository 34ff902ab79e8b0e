//! Bytes that are not what was written: whose they were, and what becomes of it.

use std::sync::Arc;

use super::stranded::{believed, place};
use super::{MAX_GAP, Replayed, Stranded};
use crate::core::{ExecutionId, Identity};
use crate::engine::damage::{Damage, MAX_DAMAGE, Subject};
use crate::engine::entry::Entry;
use crate::engine::shard::{SHARDS, Slot, shard_of};
use crate::log::{Owner, Position, segment_path};

impl Replayed<'_> {
    /// Bytes that are not what was written: finds out whose they were.
    pub(super) fn damaged(&mut self, position: Position, owner: Owner, payload: &[u8]) {
        self.read_closed();
        let trace = Entry::trace(payload);
        let arn = trace.arn();
        if owner != Owner::NOBODY {
            // Its header is whole, so this is certain.
            let started = trace.started.filter(|_| trace.id == Some(owner.0));
            return self.breaks_at(owner.0, position, started);
        }
        let found = trace.id.filter(|id| {
            let last = self.shard(*id).slots.get(&ExecutionId(*id));
            let last = last.map(Slot::position);
            let belongs = |arn: &Arc<str>| shard_of(arn) == id % SHARDS;
            (last.is_some() && trace.previous == last) || arn.as_ref().is_some_and(belongs)
        });
        match found {
            Some(id) => self.breaks_at(id, position, trace.started),
            None => self.notes(position, Subject::Other),
        }
    }

    /// An execution lacks what was at `position`; its beginning, if that is what can be made out there.
    fn breaks_at(&mut self, id: u64, position: Position, started: Option<(u64, Identity)>) {
        let arn = started.as_ref().map(|(_, it)| Arc::clone(&it.arn));
        let there = self.shard(id).slots.contains_key(&ExecutionId(id));
        let begun = started.and_then(|(number, it)| Some((number, believed(id, it)?)));
        match begun {
            Some((number, identity)) if !there && id / SHARDS < self.last_id + MAX_GAP => {
                let revision = self.machines.revisions.get(&number).cloned();
                let stranded = Stranded::beginning(position, identity, revision);
                self.strands(id, stranded);
            }
            Some(_) | None => self.breaks(id, position, arn),
        }
    }

    /// An execution lacks what was at `position`.
    pub(super) fn breaks(&mut self, id: u64, position: Position, arn: Option<Arc<str>>) {
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
        let place = place(position);
        if self.broken.insert(id, place).is_none() {
            self.notes(position, Subject::Execution(arn));
        }
    }

    pub(super) fn loses(&mut self, id: u64, arn: Option<Arc<str>>, position: Position) {
        // Its number must not be given out again, if it is one.
        let number = id / SHARDS;
        if number < self.last_id + MAX_GAP {
            self.last_id = self.last_id.max(number);
        }
        if self.lost.insert(id) {
            self.notes(position, Subject::Lost { id, arn });
        }
    }

    pub(super) fn notes(&mut self, position: Position, subject: Subject) {
        self.adds(Damage {
            path: segment_path(self.reader.dir(), position.segment()),
            offset: u64::from(position.offset()),
            subject,
        });
    }

    pub(super) fn adds(&mut self, damage: Damage) {
        if self.damage.len() < MAX_DAMAGE {
            self.damage.push(damage);
        } else {
            tracing::error!(%damage, "found while opening");
        }
    }
}
