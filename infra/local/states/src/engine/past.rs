//! Closed executions of before the start: read in while the open ones go on already, so that a start takes as long as what
//! is open. Whoever asks about what may have closed waits until they are all there, so that no answer is a wrong one.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use tokio::sync::watch;

use super::Inner;
use super::index::Of;
use super::machine::Revision;
use super::shard::{Closed, Kept, Slot};
use crate::core::{ExecutionId, Status};

/// Closed executions as a snapshot has them, in frames that were checked and not read yet.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    /// The file.
    bytes: Vec<u8>,
    /// Where in it.
    frames: Vec<Range<usize>>,
}

impl Unread {
    /// Frames of a file.
    pub(crate) fn new(bytes: Vec<u8>, frames: Vec<Range<usize>>) -> Self {
        Self { bytes, frames }
    }

    /// Are there none?
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Frame by frame; one that was written by something else has nobody.
    pub(super) fn read(&self) -> impl Iterator<Item = Vec<(u64, Closed)>> + '_ {
        self.frames.iter().map(|at| {
            let frame = self.bytes.get(at.clone()).unwrap_or_default();
            super::snapshot::closed_of(frame).unwrap_or_else(|| {
                tracing::error!(offset = at.start, "a frame of the snapshot cannot be read");
                Vec::new()
            })
        })
    }
}

/// What is left to be read in once the engine serves.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    pub(super) unread: Unread,
    /// Those among them that the log says are kept no longer.
    pub(super) forgotten: BTreeSet<u64>,
    /// The definitions of all of them; none is dropped before they have been read.
    pub(super) revisions: HashMap<u64, Arc<Revision>>,
}

/// Whether the closed executions are all known.
#[derive(Debug)]
pub(super) struct Past(watch::Sender<bool>);

impl Past {
    pub(super) fn new(known: bool) -> Self {
        Self(watch::Sender::new(known))
    }
}

impl Inner {
    /// Are the closed executions all known?
    pub(crate) fn past_is_known(&self) -> bool {
        *self.past.0.borrow()
    }

    /// Resolves once the closed executions are all known.
    pub(crate) async fn past_known(&self) {
        if self.past_is_known() {
            return;
        }
        let mut known = self.past.0.subscribe();
        let _known = known.wait_for(|known| *known).await;
    }

    /// The same, for a thread that may block.
    pub(super) fn wait_for_past(&self) {
        if !self.past_is_known() {
            self.runtime.block_on(self.past_known());
        }
    }

    /// Reads in what is left, on a thread of its own, unless the engine goes first.
    pub(super) fn read_in(self: &Arc<Self>, backlog: Backlog) {
        let inner = Arc::downgrade(self);
        self.runtime.spawn_blocking(move || {
            for frame in backlog.unread.read() {
                let Some(inner) = inner.upgrade() else {
                    return;
                };
                for (id, closed) in frame {
                    if !backlog.forgotten.contains(&id) {
                        inner.remember(ExecutionId(id), closed, &backlog.revisions);
                    }
                }
            }
            if let Some(inner) = inner.upgrade() {
                inner.past.0.send_replace(true);
            }
        });
    }

    fn remember(&self, id: ExecutionId, closed: Closed, revisions: &HashMap<u64, Arc<Revision>>) {
        let Some(revision) = revisions.get(&closed.revision) else {
            tracing::error!(
                arn = &*closed.arn,
                "a closed execution is lost: its definition cannot be read"
            );
            return;
        };
        let kept = Kept::of(closed, revision, revisions);
        let closed = &kept.closed;
        let (of, status) = (closed.of(), closed.status);
        let (place, stopped_ms) = ((closed.started_ms, id), closed.stopped_ms);
        let mut shard = self.shard_by_id(id);
        if shard.slots.contains_key(&id) {
            return;
        }
        shard.insert(id, Slot::Closed(Box::new(kept)));
        self.index().remember(&of, status, place, stopped_ms);
    }
}

impl Kept {
    /// A closed execution with its definitions; texts that its definition has are shared.
    pub(super) fn of(
        closed: Closed,
        revision: &Arc<Revision>,
        revisions: &HashMap<u64, Arc<Revision>>,
    ) -> Self {
        let earlier = closed.earlier.iter();
        Self {
            earlier: earlier.filter_map(|n| revisions.get(n).cloned()).collect(),
            revision: Arc::clone(revision),
            closed,
        }
    }
}

impl super::Index {
    /// Adds an execution that has closed.
    pub(super) fn remember(
        &mut self,
        of: &Of,
        status: Status,
        place: super::Place,
        stopped_ms: i64,
    ) {
        self.insert(of, Status::Running, place);
        self.close(of, status, place, stopped_ms);
    }
}
