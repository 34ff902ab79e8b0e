//! Express executions that were started and not waited for: recorded when they start, until they have ended. So one that the
//! process dies under begins again at the next start: it runs at least once, as AWS has it (developer guide, "Execution
//! guarantees"). What it does is not recorded, and one that `StartSyncExecution` waits for is not recorded at all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::gaps::Gaps;
use super::machine::Revision;
use super::shard::{Live, SHARDS, Shard, Slot};
use super::{EntryRef, Inner};
use crate::core::{Execution, ExecutionId, Identity, StartedBy};
use crate::log::{LogFailed, Position};

/// Ends that wait to be recorded at most. They go with the next start, or are recorded when the folder is looked after: one that
/// is lost with the process costs a second run, so none is worth a sync of its own.
const MAX_ENDED: usize = 256;

/// An Express execution that has not ended, as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PromiseImage {
    /// Its id.
    pub(crate) id: u64,
    /// Number of its definition.
    pub(crate) revision: u64,
    /// The frame of its start.
    pub(crate) position: Position,
    /// What it was started with.
    pub(crate) identity: Arc<Identity>,
}

/// An Express execution that has not ended.
#[derive(Debug, Clone)]
pub(super) struct Promise {
    /// What it runs.
    pub(super) revision: Arc<Revision>,
    /// The frame of its start.
    pub(super) position: Position,
    /// What it was started with.
    pub(super) identity: Arc<Identity>,
}

/// The Express executions that have not ended, and those whose end is not recorded.
#[derive(Debug, Default)]
pub(super) struct Promises(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    by_id: BTreeMap<u64, Promise>,
    ended: Vec<u64>,
}

impl Promises {
    /// Those found at the start begin again; gives how many.
    pub(super) fn again(
        found: BTreeMap<u64, Promise>,
        shards: &mut [Shard],
        now_ms: i64,
    ) -> (Self, usize) {
        let (wanted, over): (BTreeMap<u64, Promise>, BTreeMap<u64, Promise>) = found
            .into_iter()
            .partition(|(id, promise)| promise.is_wanted(ExecutionId(*id), shards));
        for (id, promise) in &wanted {
            let mut identity = (*promise.identity).clone();
            // The five minutes that it has are those of this run.
            identity.started_ms = now_ms;
            let live = Live::express(Arc::new(identity), &promise.revision);
            let shard = &mut shards[(id % SHARDS) as usize];
            shard.insert(ExecutionId(*id), Slot::Live(Box::new(live)));
        }
        let count = wanted.len();
        if count > 0 {
            // Nothing runs twice silently.
            tracing::warn!(
                count,
                "Express executions without a recorded end begin again"
            );
        }
        let open = Open {
            by_id: wanted,
            ended: over.into_keys().collect(),
        };
        (Self(Mutex::new(open)), count)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As they are stored.
    pub(super) fn images(&self) -> Vec<PromiseImage> {
        let open = self.lock();
        let images = open.by_id.iter().map(|(id, promise)| PromiseImage {
            id: *id,
            revision: promise.revision.text.number,
            position: promise.position,
            identity: Arc::clone(&promise.identity),
        });
        images.collect()
    }
}

impl Promise {
    /// Is it to begin again? One that a task waits for is not, if nobody waits any more, or if the call that started it is made
    /// again and starts another one.
    fn is_wanted(&self, id: ExecutionId, shards: &[Shard]) -> bool {
        let Some(by) = self.identity.started_by.filter(|by| by.awaited) else {
            return true;
        };
        let shard = &shards[(by.execution.0 % SHARDS) as usize];
        let Some(Slot::Live(parent)) = shard.slots.get(&by.execution) else {
            return false;
        };
        let task = parent.execution.pending(by.task);
        task.is_none_or(|(_, task)| task.child == Some(id))
    }
}

impl Live {
    /// An Express execution, before its first step.
    pub(super) fn express(identity: Arc<Identity>, revision: &Arc<Revision>) -> Self {
        Self {
            execution: Arc::new(Execution::new(identity)),
            revision: Arc::clone(revision),
            earlier: Vec::new(),
            position: Position::new(0, 0),
            first_segment: 0,
            gaps: Gaps::default(),
            armed_ms: None,
        }
    }
}

impl Inner {
    /// Records the start of an Express execution that is to run at least once, and with it the ends so far. The caller holds its
    /// shard.
    pub(super) fn promise(
        &self,
        id: ExecutionId,
        identity: &Arc<Identity>,
        revision: &Arc<Revision>,
    ) -> Result<(), LogFailed> {
        let mut open = self.promises.lock();
        let entry = EntryRef::ExpressStarted {
            id: id.0,
            revision: revision.text.number,
            identity,
            ended: &open.ended,
        };
        let position = self.log.append_of(entry.owner(), &entry.bytes(), None)?;
        open.ended.clear();
        let promise = Promise {
            revision: Arc::clone(revision),
            position,
            identity: Arc::clone(identity),
        };
        open.by_id.insert(id.0, promise);
        Ok(())
    }

    /// An execution has ended, and who waited for it knows. Says nothing of one that was not promised.
    pub(super) fn fulfil(&self, id: ExecutionId) {
        let mut open = self.promises.lock();
        if open.by_id.remove(&id.0).is_none() {
            return;
        }
        open.ended.push(id.0);
        let many = open.ended.len() >= MAX_ENDED;
        drop(open);
        if many {
            self.record_ends();
        }
    }

    /// Records the ends that no start has taken along.
    pub(super) fn record_ends(&self) {
        let mut open = self.promises.lock();
        if open.ended.is_empty() {
            return;
        }
        let entry = EntryRef::ExpressEnded(&open.ended);
        match self.log.append(&entry.bytes(), None) {
            Ok(_) => open.ended.clear(),
            Err(error) => {
                tracing::error!(%error, "ends of Express executions could not be recorded");
            }
        }
    }

    /// The task that waits for this Express execution was told of its end, or did not take it. It may still be told when it
    /// begins to wait.
    pub(super) fn fulfil_unless_awaited(&self, child: ExecutionId, by: StartedBy) {
        let parent = self.running(by.execution);
        if parent.is_none_or(|parent| parent.pending(by.task).is_none()) {
            self.ended_express.take(child);
            self.fulfil(child);
        }
    }
}
