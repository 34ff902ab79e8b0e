//! Keeping the folder small: snapshots, closed executions that are too old or too many, segments nobody refers to.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::drive::DriveError;
use super::shard::{SHARDS, Shard, Slot};
use super::snapshot::{LiveImage, Snapshot};
use super::{EntryRef, Inner};
use crate::core::{ExecutionId, Input, MAX_OPEN_MS};
use crate::log::{LogError, list_segments, segment_path};

/// How often the folder is looked after.
const EVERY: Duration = Duration::from_secs(5);
/// A snapshot is taken when the log has grown by so many segments.
const SEGMENTS_PER_SNAPSHOT: u32 = 2;
/// Most executions looked at in one go; a round goes on until none is left.
const FORGET_AT_ONCE: usize = if cfg!(test) { 100 } else { 10_000 };
const DAY_MS: i64 = 86_400_000;

/// What upkeep remembers.
#[derive(Debug)]
pub(crate) struct Upkeep {
    snapshot_after: u32,
}

impl Upkeep {
    pub(crate) fn new(segment: u32) -> Self {
        Self {
            snapshot_after: segment + SEGMENTS_PER_SNAPSHOT,
        }
    }
}

/// Runs until the engine is dropped or stops.
pub(crate) async fn run(inner: Weak<Inner>) {
    loop {
        let Some(strong) = inner.upgrade() else {
            return;
        };
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = strong.stopped() => return,
        }
        let sweeper = Arc::clone(&strong);
        let swept = strong.aside(move || sweeper.sweep()).await;
        drop(strong);
        if let Ok(Err(error)) = swept {
            tracing::error!(%error, "upkeep of the log failed");
        }
    }
}

impl Inner {
    /// Ends and forgets what is too old, and takes a snapshot if the log has grown.
    fn sweep(self: &Arc<Self>) -> Result<(), LogError> {
        if !self.past_is_known() {
            return Ok(());
        }
        self.record_ends();
        self.end_overdue();
        self.forget_expired();
        self.remove_deleted();
        let due = {
            let mut upkeep = self.upkeep.lock().unwrap_or_else(PoisonError::into_inner);
            let segment = self.log.segment();
            let due = segment >= upkeep.snapshot_after;
            if due {
                upkeep.snapshot_after = segment + SEGMENTS_PER_SNAPSHOT;
            }
            due
        };
        if due { self.snapshot() } else { Ok(()) }
    }

    /// Removes deleted machines whose executions have all closed.
    fn remove_deleted(&self) {
        let mut machines = self.machines_mut();
        let gone: Vec<Arc<str>> = machines
            .by_arn
            .values()
            .filter(|m| self.is_gone(m))
            .map(|m| Arc::clone(&m.arn))
            .collect();
        for arn in gone {
            if self
                .log
                .append(&EntryRef::MachineGone(&arn).bytes(), None)
                .is_ok()
            {
                machines.by_arn.remove(&arn);
                self.deleting.forget(&arn);
            }
        }
        machines.drop_unused();
    }

    /// Until what is given is dropped, nobody else forgets or takes a snapshot.
    fn tidying(&self) -> MutexGuard<'_, ()> {
        self.tidying.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all that is too old or too many, some at a time: a shard stands still for its part of those only.
    pub(super) fn forget_expired(&self) {
        // Two at once would both take the same number for what is too many.
        let _alone = self.tidying();
        let before_ms = self.now_ms() - i64::from(self.config.keep_closed_days) * DAY_MS;
        let closed = self.index().closed_in_all();
        let mut surplus = closed.saturating_sub(self.config.keep_closed);
        let mut after = None;
        // The disk first: what is left is forgotten in the next round.
        while !self.log.is_crowded() {
            let expired = self
                .index()
                .expired(before_ms, surplus, after, FORGET_AT_ONCE);
            let mut by_shard: BTreeMap<u64, Vec<ExecutionId>> = BTreeMap::new();
            // Asked before the frame is appended: what a parent knows is in the log before its child is forgotten.
            for (_, id) in expired.iter().filter(|(_, id)| !self.is_awaited(*id)) {
                by_shard.entry(id.0 % SHARDS).or_default().push(*id);
            }
            for (number, ids) in by_shard {
                self.forget(number, ids);
            }
            if expired.len() < FORGET_AT_ONCE {
                return;
            }
            surplus = surplus.saturating_sub(expired.len());
            after = expired.last().copied();
        }
    }

    /// Ends what has run for as long as anything may. Deadlines of an execution itself are timers; one that waits without
    /// any has none, so that it costs no memory, and is found here.
    pub(super) fn end_overdue(self: &Arc<Self>) {
        let started_ms = self.now_ms() - MAX_OPEN_MS + 1;
        let overdue = self.index().started_before(started_ms, FORGET_AT_ONCE);
        for id in overdue {
            let mut shard = self.shard_by_id(id);
            match self.drive(&mut shard, id, Input::Tick) {
                Ok(()) | Err(DriveError::NoExecution | DriveError::Refused(_)) => {}
                Err(DriveError::Log(error)) => {
                    tracing::error!(%error, execution = id.0, "an end could not be recorded");
                    return;
                }
            }
        }
    }

    /// Forgets executions of a shard, which stands still meanwhile: one that goes on or whose name is taken again does so
    /// before, or finds it gone.
    fn forget(&self, number: u64, mut ids: Vec<ExecutionId>) {
        let mut shard = self.shard(number);
        ids.retain(|id| matches!(shard.slots.get(id), Some(Slot::Closed(_))));
        let numbers: Vec<u64> = ids.iter().map(|id| id.0).collect();
        let entry = EntryRef::Forgotten(&numbers).bytes();
        if ids.is_empty() || self.log.append(&entry, None).is_err() {
            return;
        }
        for id in ids {
            if let Some(Slot::Closed(kept)) = shard.remove(id) {
                let closed = &kept.closed;
                let mut index = self.index();
                index.remove(&closed.of(), closed.status, (closed.started_ms, id));
                index.forget(closed.stopped_ms, id);
            }
        }
    }

    /// Does whoever started this closed execution not know its end yet?
    pub(super) fn is_awaited(&self, id: ExecutionId) -> bool {
        let starter = match self.shard_by_id(id).slots.get(&id) {
            Some(Slot::Closed(kept)) => kept.closed.starter.as_deref().copied(),
            Some(Slot::Live(_)) | None => None,
        };
        starter.is_some_and(|starter| {
            let parent = self.running(starter.execution());
            parent.is_some_and(|parent| starter.waits(&parent, id))
        })
    }

    /// Writes a snapshot and deletes the segments that neither it nor any history needs. Not before what has closed is
    /// all known: the snapshot would lack it. Blocks its thread.
    pub(crate) fn snapshot(&self) -> Result<(), LogError> {
        if !self.past_is_known() {
            return Ok(());
        }
        // Two at once would write one file, and remove the same segments.
        let _alone = self.tidying();
        let snapshot = self.cut();
        // The snapshot may know nothing that a crash can still take out of the log.
        if self.log.wait_durable().is_err() {
            return Ok(());
        }
        snapshot.write(&*self.files, &self.config.dir)?;
        let needed = snapshot.needed();
        let log_dir = self.config.dir.join("log");
        for segment in list_segments(&*self.files, &log_dir)? {
            if segment <= snapshot.segment && !needed.contains(segment) {
                self.reader.forget(segment);
                let path = segment_path(&log_dir, segment);
                self.files.remove(&path).map_err(LogError::io(&path))?;
            }
        }
        Ok(())
    }

    /// Everything as of the end of a segment. Executions stand still meanwhile, but only to be counted: their states are
    /// shared, not copied.
    fn cut(&self) -> Snapshot {
        let mut machines = self.machines_mut();
        let shards: Vec<MutexGuard<'_, Shard>> = (0..SHARDS)
            .map(|number| self.shard_by_id(ExecutionId(number)))
            .collect();
        machines.drop_unused();
        let mut snapshot = Snapshot {
            segment: self.log.rotate(),
            last_id: self.last_id.load(std::sync::atomic::Ordering::Acquire),
            last_revision: machines.last_revision,
            revisions: machines
                .revisions
                .values()
                .map(|revision| revision.text.clone())
                .collect(),
            machines: machines.by_arn.values().cloned().collect(),
            activities: self.activities().records.values().cloned().collect(),
            ..Snapshot::default()
        };
        snapshot.stops = self.stops.images();
        snapshot.promised = self.promises.images();
        snapshot.imported = self.imported.list(|id| {
            let shard = &shards[(id.0 % SHARDS) as usize];
            shard.slots.contains_key(&id)
        });
        for (id, slot) in shards.iter().flat_map(|shard| &shard.slots) {
            if slot.is_express() {
                continue;
            }
            if !slot.gaps().is_empty() {
                snapshot.gaps.insert(id.0, slot.gaps().clone());
            }
            match slot {
                Slot::Live(live) => snapshot.live.push(LiveImage {
                    id: id.0,
                    revision: live.revision.text.number,
                    earlier: live.earlier.iter().map(|r| r.text.number).collect(),
                    position: live.position,
                    first_segment: live.first_segment,
                    execution: Arc::clone(&live.execution),
                }),
                Slot::Closed(kept) => snapshot.closed.push((id.0, kept.closed.clone())),
            }
        }
        drop(shards);
        drop(machines);
        // The same state is the same file, byte by byte.
        snapshot.revisions.sort_by_key(|revision| revision.number);
        snapshot.live.sort_by_key(|live| live.id);
        snapshot.closed.sort_by_key(|(id, _)| *id);
        snapshot
    }
}
