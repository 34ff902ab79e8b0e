//! The frames of an execution: the way to them, and what they say.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Telling;
use crate::core::{Identity, Record};
use crate::engine::Revision;
use crate::engine::archive::ArchiveError;
use crate::engine::entry::{Entry, Trace};
use crate::log::Position;

/// Frames from one post to the next.
const POST_FRAMES: usize = 64;

/// What a frame says: with which of its records which definition begins, by number; and what happened.
pub(in crate::engine) struct Part {
    pub(super) identity: Option<Identity>,
    pub(in crate::engine) turns: Vec<(usize, u64)>,
    pub(in crate::engine) records: Vec<Record>,
}

impl<'a> Telling<'a> {
    /// The frames from `begin`, or from the first one, to `upper`.
    pub(in crate::engine) fn path(
        &mut self,
        begin: Option<Position>,
        upper: Position,
    ) -> Result<VecDeque<Position>, ArchiveError> {
        let mut path = VecDeque::from([upper]);
        let mut at = upper;
        while Some(at) != begin {
            self.read += 1;
            let Trace { id, previous, .. } = Entry::trace(&self.reader.read(at)?);
            match previous {
                Some(previous) if id == Some(self.id.0) => at = previous,
                // The first one; or no frame of this execution, which is found when its records are read.
                Some(_) | None if begin.is_none() => break,
                Some(_) | None => return Err(ArchiveError::Broken(self.id.0)),
            }
            path.push_front(at);
            if path.len().is_multiple_of(POST_FRAMES) {
                self.laid.posts.push(at);
            }
        }
        Ok(path)
    }

    pub(in crate::engine) fn part(&mut self, at: Position) -> Result<Part, ArchiveError> {
        self.read += 1;
        let broken = || ArchiveError::Broken(self.id.0);
        let (of, identity, turns, records) =
            match Entry::read(&self.reader.read(at)?).map_err(|_| broken())? {
                Entry::Moved { id, records, .. } => (id, None, Vec::new(), records),
                Entry::Redriven {
                    id,
                    revision,
                    records,
                    ..
                } => (id, None, vec![(0, revision)], records),
                Entry::Started {
                    id,
                    revision,
                    identity,
                    records,
                } => (id, Some(identity), vec![(0, revision)], records),
                Entry::Imported {
                    id,
                    turns,
                    identity,
                    records,
                } => {
                    let place = |at| usize::try_from(at).unwrap_or(usize::MAX);
                    let turns = turns.into_iter().map(|(at, number)| (place(at), number));
                    (id, Some(identity), turns.collect(), records)
                }
                Entry::Revision(_)
                | Entry::Machine(_)
                | Entry::MachineGone(_)
                | Entry::Forgotten(_)
                | Entry::Activity(_)
                | Entry::ActivityGone(_)
                | Entry::EncryptedActivity(..)
                | Entry::Stopping(_)
                | Entry::JobStopped(_)
                | Entry::ExpressStarted { .. }
                | Entry::ExpressEnded(_) => return Err(broken()),
            };
        if of != self.id.0 {
            return Err(broken());
        }
        Ok(Part {
            identity,
            turns,
            records,
        })
    }

    pub(in crate::engine) fn revision(&self, number: u64) -> Result<&'a Revision, ArchiveError> {
        let revisions: &'a [Arc<Revision>] = self.revisions;
        let found = revisions.iter().find(|r| r.text.number == number);
        let found = found.map(|revision| &**revision);
        found.ok_or(ArchiveError::Broken(self.id.0))
    }
}
