//! Closed executions of before the start: read in while the open ones go on already, so that a start takes as long as what
//! is open. Whoever asks about what may have closed waits until they are all there, so that no answer is a wrong one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use super::Inner;
use super::damage::{Damage, Subject};
use super::gaps::Gaps;
use super::index::Of;
use super::machine::Revision;
use super::shard::{Closed, Kept, Slot};
use crate::core::{ExecutionId, Status};
use crate::log::segment_path;

/// Closed executions as a snapshot has them, in frames that were checked and not read yet.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    /// The file.
    bytes: Vec<u8>,
    /// Where in it each begins, and what its payload is.
    frames: Vec<(u64, Range<usize>)>,
}

impl Unread {
    /// Frames of a file.
    pub(crate) fn new(bytes: Vec<u8>, frames: Vec<(u64, Range<usize>)>) -> Self {
        Self { bytes, frames }
    }

    /// Are there none?
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// How many frames there are.
    fn len(&self) -> usize {
        self.frames.len()
    }

    /// The executions of a frame; or where in the file it is, if it was written by something else.
    fn frame(&self, number: usize) -> Result<Vec<(u64, Closed)>, u64> {
        let (offset, payload) = self.frames.get(number).cloned().unwrap_or_default();
        let payload = self.bytes.get(payload).unwrap_or_default();
        super::snapshot::closed_of(payload).ok_or(offset)
    }

    /// Frame by frame.
    pub(super) fn read(&self) -> impl Iterator<Item = Result<Vec<(u64, Closed)>, u64>> + '_ {
        (0..self.len()).map(|number| self.frame(number))
    }
}

/// What is left to be read in once the engine serves.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    pub(super) unread: Unread,
    /// Those among them that the log says are kept no longer.
    pub(super) forgotten: BTreeSet<u64>,
    /// Segments between their frames that hold none.
    pub(super) gaps: BTreeMap<u64, Gaps>,
    /// The definitions of all of them; none is dropped before they have been read.
    pub(super) revisions: HashMap<u64, Arc<Revision>>,
}

/// Whether the closed executions are all known.
#[derive(Debug)]
pub(super) struct Past {
    known: AtomicBool,
    told: Notify,
}

impl Past {
    pub(super) fn new(known: bool) -> Self {
        Self {
            known: AtomicBool::new(known),
            told: Notify::new(),
        }
    }
}

impl Inner {
    /// Are the closed executions all known?
    pub(crate) fn past_is_known(&self) -> bool {
        self.past.known.load(Ordering::Acquire)
    }

    /// Resolves once the closed executions are all known.
    pub(crate) async fn past_known(&self) {
        let mut told = std::pin::pin!(self.past.told.notified());
        // From here on it is not missed.
        told.as_mut().enable();
        if !self.past_is_known() {
            told.await;
        }
    }

    /// Reads in what is left, aside, unless the engine goes first.
    pub(super) fn read_in(self: &Arc<Self>, backlog: Backlog) {
        let (inner, backlog) = (Arc::downgrade(self), Arc::new(backlog));
        self.runtime.spawn(async move {
            for number in 0..backlog.unread.len() {
                let Some(inner) = inner.upgrade() else {
                    return;
                };
                let (reader, backlog) = (Arc::clone(&inner), Arc::clone(&backlog));
                let read = inner.aside(move || reader.remember_frame(&backlog, number));
                if let Err(error) = read.await {
                    tracing::error!(%error, "closed executions could not be read in");
                }
            }
            if let Some(inner) = inner.upgrade() {
                inner.past.known.store(true, Ordering::Release);
                inner.past.told.notify_waiters();
            }
        });
    }

    fn remember_frame(&self, backlog: &Backlog, number: usize) {
        match backlog.unread.frame(number) {
            Ok(frame) => {
                for (id, closed) in frame {
                    if !backlog.forgotten.contains(&id) {
                        self.remember(ExecutionId(id), closed, backlog);
                    }
                }
            }
            Err(offset) => self.damage.add(Damage {
                path: super::snapshot::path(&self.config.dir),
                offset,
                subject: Subject::Other,
            }),
        }
    }

    fn remember(&self, id: ExecutionId, closed: Closed, backlog: &Backlog) {
        let revisions = &backlog.revisions;
        let Some(revision) = revisions.get(&closed.revision) else {
            let log_dir = self.config.dir.join("log");
            self.damage.add(Damage {
                path: segment_path(&log_dir, closed.position.segment()),
                offset: u64::from(closed.position.offset()),
                subject: Subject::Lost {
                    id: id.0,
                    arn: Some(closed.arn),
                },
            });
            return;
        };
        let gaps = backlog.gaps.get(&id.0).cloned().unwrap_or_default();
        let kept = Kept::of(closed, gaps, revision, revisions);
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
        gaps: Gaps,
        revision: &Arc<Revision>,
        revisions: &HashMap<u64, Arc<Revision>>,
    ) -> Self {
        let earlier = closed.earlier.iter();
        Self {
            earlier: earlier.filter_map(|n| revisions.get(n).cloned()).collect(),
            revision: Arc::clone(revision),
            gaps,
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
