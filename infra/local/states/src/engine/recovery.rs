//! From the files of a folder to a running engine.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, RwLock};

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use super::activities::{Activities, ActivityRecord};
use super::entry::Entry;
use super::machine::{Machines, Revision, RevisionText};
use super::nested::Nested;
use super::shard::{Closed, Kept, Live, SHARDS, Shard, Slot};
use super::snapshot::Snapshot;
use super::token::Secret;
use super::{Config, Index, Inner, Lambda, OpenError, UnderWay, retention, timers};
use crate::core::{Execution, ExecutionId, Input, Record, Status};
use crate::log::{Log, LogError, Position, Reader, list_segments, scan_segment};
use crate::remote::{Client, Tokens};

/// Opens a folder.
pub(super) fn open(
    config: Config,
    lambda: Arc<dyn Lambda>,
    runtime: Handle,
) -> Result<Arc<Inner>, OpenError> {
    let dir = config.dir.clone();
    let log_dir = dir.join("log");
    std::fs::create_dir_all(&log_dir).map_err(LogError::io(&log_dir))?;
    let lock = lock(&dir)?;
    let mut found = Found::from_snapshot(Snapshot::read(&dir)?);
    let secret = secret(&dir)?;
    let (segment, end) = found.replay(&log_dir)?;
    let log = Log::open(&log_dir, segment, end)?;
    let Found {
        machines,
        activities,
        shards,
        index,
        last_id,
        ..
    } = found;
    Ok(Arc::new(Inner {
        log,
        reader: Reader::new(&log_dir),
        secret,
        shards: shards.into_iter().map(Mutex::new).collect(),
        machines: RwLock::new(machines),
        index: Mutex::new(index),
        activities: Mutex::new(activities),
        lambda,
        client: Client::default(),
        connections: Tokens::default(),
        calls: Semaphore::new(config.max_calls.clamp(1, 100_000)),
        runtime,
        timers: timers::Timers::new(),
        last_id: AtomicU64::new(last_id),
        stopping: watch::Sender::new(false),
        under_way: UnderWay::default(),
        ended: super::map_runs::Ended::default(),
        upkeep: Mutex::new(retention::Upkeep::new(segment)),
        config,
        lock: Mutex::new(Some(lock)),
    }))
}

/// Sets the timers of all open executions, makes unanswered calls again and goes on where a step was cut short.
pub(super) fn resume(inner: &Arc<Inner>) {
    let mut nested = Vec::new();
    for number in 0..SHARDS {
        let mut shard = inner.shard_by_id(ExecutionId(number));
        let live: Vec<ExecutionId> = shard
            .slots
            .iter()
            .filter(|(_, slot)| matches!(slot, Slot::Live(_)))
            .map(|(id, _)| *id)
            .collect();
        for id in live {
            let Some(live) = shard.live_mut(id) else {
                continue;
            };
            let awaited = live.execution.awaited().into_iter();
            nested.extend(awaited.map(|(task, child)| Nested::Waits(id, task, child)));
            let by = live.execution.identity.started_by;
            nested.extend(by.map(|by| Nested::Child(id, by)));
            let (calls, revision) = (live.execution.unanswered(), Arc::clone(&live.revision));
            if !calls.is_empty() {
                inner.act(id, &revision, calls);
            }
            // Sets the timer too; for an execution that waits for the world it writes nothing.
            if let Err(error) = inner.drive(&mut shard, id, Input::Go) {
                tracing::error!(%error, execution = id.0, "an execution could not go on");
            }
        }
    }
    inner.reconcile(nested);
}

struct Found {
    covered: u32,
    machines: Machines,
    activities: Activities,
    shards: Vec<Shard>,
    index: Index,
    last_id: u64,
}

impl Found {
    fn from_snapshot(snapshot: Snapshot) -> Self {
        let mut found = Self {
            covered: snapshot.segment,
            machines: Machines {
                last_revision: snapshot.last_revision,
                ..Machines::default()
            },
            activities: Activities::default(),
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            index: Index::default(),
            last_id: snapshot.last_id,
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
        for image in snapshot.live {
            if let Some(revision) = found.machines.revisions.get(&image.revision).cloned() {
                let identity = &image.execution.identity;
                let place = (identity.started_ms, ExecutionId(image.id));
                found
                    .index
                    .insert(identity.list_key(), Status::Running, place);
                let live = Live {
                    execution: image.execution,
                    revision,
                    position: image.position,
                    first_segment: image.first_segment,
                    armed_ms: None,
                };
                found
                    .shard(image.id)
                    .insert(ExecutionId(image.id), Slot::Live(Box::new(live)));
            }
        }
        for (id, closed) in snapshot.closed {
            found.closed(ExecutionId(id), closed);
        }
        found
    }

    fn shard(&mut self, id: u64) -> &mut Shard {
        &mut self.shards[(id % SHARDS) as usize]
    }

    /// Replays what the snapshot does not cover. Gives where the log goes on.
    fn replay(&mut self, log_dir: &Path) -> Result<(u32, u32), LogError> {
        let segments = list_segments(log_dir)?;
        let mut at = (self.covered + 1, 0);
        let newest = segments.last().copied();
        let covered = self.covered;
        for segment in segments.into_iter().filter(|segment| *segment > covered) {
            let last = newest == Some(segment);
            let scan = scan_segment(log_dir, segment, last, |position, payload| {
                self.entry(position, payload, log_dir)
            })?;
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

    fn entry(
        &mut self,
        position: Position,
        payload: &[u8],
        log_dir: &Path,
    ) -> Result<(), LogError> {
        let damaged = |what| LogError::Damaged {
            path: crate::log::segment_path(log_dir, position.segment()),
            offset: u64::from(position.offset()),
            what,
        };
        match Entry::read(payload).map_err(|_| damaged("a frame that cannot be read"))? {
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
            Entry::Forgotten(ids) => ids.into_iter().for_each(|id| self.forget(ExecutionId(id))),
            Entry::Started {
                id,
                revision,
                identity,
                records,
            } => {
                self.last_id = self.last_id.max(id / SHARDS);
                let Some(revision) = self.machines.revisions.get(&revision).cloned() else {
                    return Ok(());
                };
                let place = (identity.started_ms, ExecutionId(id));
                self.index
                    .insert(identity.list_key(), Status::Running, place);
                let live = Live {
                    execution: Arc::new(Execution::new(Arc::new(identity))),
                    revision,
                    position,
                    first_segment: position.segment(),
                    armed_ms: None,
                };
                self.shard(id)
                    .insert(ExecutionId(id), Slot::Live(Box::new(live)));
                self.moved(ExecutionId(id), position, &records)
                    .ok_or_else(|| damaged("records that do not fit"))?;
            }
            Entry::Moved {
                id,
                previous,
                records,
            } => {
                let id = ExecutionId(id);
                match self.shard(id.0).live_mut(id) {
                    None => {}
                    Some(live) if live.position != previous => {
                        return Err(damaged("a frame before it is missing"));
                    }
                    Some(_) => {
                        self.moved(id, position, &records)
                            .ok_or_else(|| damaged("records that do not fit"))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn activity(&mut self, activity: ActivityRecord) {
        let arn = Arc::clone(&activity.arn);
        self.activities.records.insert(arn, activity);
    }

    fn moved(&mut self, id: ExecutionId, position: Position, records: &[Record]) -> Option<()> {
        let live = self.shard(id.0).live_mut(id)?;
        let execution = Arc::make_mut(&mut live.execution);
        for record in records {
            execution.apply(record).ok()?;
        }
        live.position = position;
        if execution.status == Status::Running {
            return Some(());
        }
        let key = Arc::clone(execution.identity.list_key());
        let place = (execution.identity.started_ms, id);
        let (status, stopped_ms) = (execution.status, execution.end.as_ref()?.at_ms);
        self.shard(id.0).close(id);
        self.index.close(&key, status, place, stopped_ms);
        Some(())
    }

    /// A definition that an earlier version accepted and this one does not leaves its executions where they are.
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

    fn closed(&mut self, id: ExecutionId, closed: Closed) {
        let Some(revision) = self.machines.revisions.get(&closed.revision).cloned() else {
            return;
        };
        let place = (closed.started_ms, id);
        self.index.insert(closed.list_key(), Status::Running, place);
        self.index
            .close(closed.list_key(), closed.status, place, closed.stopped_ms);
        self.shard(id.0)
            .insert(id, Slot::Closed(Box::new(Kept { closed, revision })));
    }

    fn forget(&mut self, id: ExecutionId) {
        if let Some(Slot::Closed(kept)) = self.shard(id.0).remove(id) {
            let closed = &kept.closed;
            self.index
                .remove(closed.list_key(), closed.status, (closed.started_ms, id));
            self.index.forget(closed.stopped_ms, id);
        }
    }
}

fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .map_err(LogError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(LogError::Io { path, source }.into()),
    }
}

/// The key of the folder's task tokens; made with the folder.
fn secret(dir: &Path) -> Result<Secret, LogError> {
    let path = dir.join("secret");
    if let Ok(bytes) = std::fs::read(&path)
        && let Ok(key) = <[u8; 32]>::try_from(bytes)
    {
        return Ok(Secret(key));
    }
    let key: [u8; 32] = rand::random();
    let new = dir.join("secret.new");
    let mut file = File::create(&new).map_err(LogError::io(&new))?;
    file.write_all(&key)
        .and_then(|()| file.sync_all())
        .map_err(LogError::io(&new))?;
    std::fs::rename(&new, &path).map_err(LogError::io(&path))?;
    crate::log::sync_dir(dir).map_err(LogError::io(dir))?;
    Ok(Secret(key))
}
