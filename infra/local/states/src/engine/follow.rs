//! Who follows an execution hears that it moved. Executions that nobody follows pay one look at a number.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::Inner;
use crate::core::ExecutionId;

/// Most followers at a time.
const MAX_FOLLOWERS: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Followers {
    count: AtomicUsize,
    by_id: Mutex<HashMap<ExecutionId, (watch::Sender<u64>, usize)>>,
}

impl Followers {
    fn table(&self) -> MutexGuard<'_, HashMap<ExecutionId, (watch::Sender<u64>, usize)>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An execution that is followed; it is let go with this.
pub(crate) struct Followed {
    inner: Arc<Inner>,
    id: ExecutionId,
    moves: watch::Receiver<u64>,
}

impl Inner {
    /// Follows an execution; `None` if too many are followed.
    pub(crate) fn follow(self: &Arc<Self>, id: ExecutionId) -> Option<Followed> {
        let mut table = self.followers.table();
        if self.followers.count.load(Ordering::Acquire) >= MAX_FOLLOWERS {
            return None;
        }
        self.followers.count.fetch_add(1, Ordering::AcqRel);
        let entry = table
            .entry(id)
            .or_insert_with(|| (watch::Sender::new(0), 0));
        entry.1 += 1;
        Some(Followed {
            inner: Arc::clone(self),
            id,
            moves: entry.0.subscribe(),
        })
    }

    /// An execution moved.
    pub(super) fn moved(&self, id: ExecutionId) {
        if self.followers.count.load(Ordering::Acquire) == 0 {
            return;
        }
        if let Some((moves, _)) = self.followers.table().get(&id) {
            moves.send_modify(|moves| *moves += 1);
        }
    }
}

impl Followed {
    /// How often it has moved since it is followed.
    pub(crate) fn moves(&self) -> u64 {
        *self.moves.borrow()
    }

    /// Resolves when it has moved more often than that; false if the engine stops first.
    pub(crate) async fn beyond(&mut self, moves: u64) -> bool {
        let inner = Arc::clone(&self.inner);
        tokio::select! {
            moved = self.moves.wait_for(|now| *now > moves) => moved.is_ok(),
            () = inner.stopped() => false,
        }
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        let mut table = self.inner.followers.table();
        self.inner.followers.count.fetch_sub(1, Ordering::AcqRel);
        if let Some((_, followers)) = table.get_mut(&self.id) {
            *followers -= 1;
            if *followers == 0 {
                table.remove(&self.id);
            }
        }
    }
}
