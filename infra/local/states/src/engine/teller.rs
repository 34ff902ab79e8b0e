//! Histories told as they grow, or too long to be held at once: piece by piece, each record once.
//!
//! Between two pieces nothing is held but the execution as it was then and where its frames are. A frame of which only a part was
//! wanted is read again: what it takes to hold it would be taken by everybody who listens slowly.

use std::collections::VecDeque;
use std::sync::Arc;

use super::archive::ArchiveError;
use super::pages::{Course, Telling};
use super::{Inner, Revision};
use crate::core::history::{Event, Narrator};
use crate::core::{Execution, ExecutionId, Record};
use crate::log::Position;

/// Tells the events of a history.
pub(crate) struct Teller {
    with_data: bool,
    /// The last event that the listener knows already.
    known: u32,
    /// The execution after what has been told, and the number of the definition it runs.
    told: Option<(Execution, u64)>,
    /// The last frame that has been told whole.
    until: Option<Position>,
    /// Frames that come next.
    path: VecDeque<Position>,
    /// So many records of the first of them have been told.
    done: u32,
}

/// Events in their order.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    pub(crate) events: Vec<Event>,
    /// There are further ones already.
    pub(crate) more: bool,
}

impl Teller {
    /// Nothing has been told; events up to `known` will not be.
    pub(crate) fn new(with_data: bool, known: u32) -> Self {
        Self {
            with_data,
            known,
            told: None,
            until: None,
            path: VecDeque::new(),
            done: 0,
        }
    }

    /// The execution after what has been told.
    pub(crate) fn execution(&self) -> Option<&Execution> {
        self.told.as_ref().map(|(execution, _)| execution)
    }

    fn tell(
        &mut self,
        telling: &mut Telling<'_>,
        last: Position,
        bytes: usize,
    ) -> Result<Piece, ArchiveError> {
        if self.path.is_empty() && self.until != Some(last) {
            self.path = telling.path(self.until, last)?;
            if self.until.is_some() {
                // That one has been told.
                self.path.pop_front();
            }
        }
        let Some(first) = self.path.front().copied() else {
            return Ok(Piece::default());
        };
        let (execution, revision) = match self.told.take() {
            Some(told) => told,
            None => telling.begins(first)?,
        };
        let region = execution.identity.region().to_owned();
        let definition = &telling.revision(revision)?.definition;
        let mut narrator = Narrator::new(execution, definition, &region, self.with_data);
        let mut course = Course::new(revision);
        let (mut events, mut size, known) = (Vec::new(), 0, self.known);
        let mut each = |event: Event| {
            if event.id > known {
                size += event.size();
                events.push(event);
            }
            size < bytes
        };
        while let Some(at) = self.path.front().copied() {
            let place = (at, self.done);
            if !telling.tell_frame(place, (&mut narrator, &mut course), &mut each)? {
                self.done = course.done;
                break;
            }
            self.path.pop_front();
            (self.until, self.done) = (Some(at), 0);
        }
        self.told = Some((narrator.into_execution(), course.revision));
        Ok(Piece {
            events,
            more: self.until != Some(last),
        })
    }
}

impl Inner {
    /// The events that come next, up to `last`: about so many bytes of them. What is read must be durable; see
    /// [`Inner::durable`]. `revisions` are those of the slot.
    pub(crate) fn told_on(
        &self,
        teller: &mut Teller,
        id: ExecutionId,
        last: Position,
        revisions: &[Arc<Revision>],
        bytes: usize,
    ) -> Result<Piece, ArchiveError> {
        let mut telling = self.telling(id, last, revisions, teller.with_data);
        let piece = teller.tell(&mut telling, last, bytes);
        self.keep(telling);
        piece
    }
}

/// Reads the records of an execution.
pub(crate) struct Annals {
    id: ExecutionId,
    /// Frames that come next.
    path: VecDeque<Position>,
    /// So many records of the first of them have been read.
    done: usize,
}

impl Inner {
    /// The records up to the frame `last`, which must be durable.
    pub(crate) fn annals(&self, id: ExecutionId, last: Position) -> Result<Annals, ArchiveError> {
        let mut telling = self.telling(id, last, &[], false);
        let path = telling.path(None, last);
        self.keep(telling);
        Ok(Annals {
            id,
            path: path?,
            done: 0,
        })
    }

    /// Hands the records that come next to `each`, with the number of the definition that begins with one, until it wants no
    /// more. Says whether there may be further ones.
    pub(crate) fn read_on(
        &self,
        annals: &mut Annals,
        mut each: impl FnMut(&Record, Option<u64>) -> bool,
    ) -> Result<bool, ArchiveError> {
        while let Some(at) = annals.path.front().copied() {
            let part = self.telling(annals.id, at, &[], false).part(at)?;
            for (i, record) in part.records.iter().enumerate().skip(annals.done) {
                let turn = part.turns.iter().find(|(turn, _)| *turn == i);
                annals.done = i + 1;
                if !each(record, turn.map(|(_, number)| *number)) {
                    return Ok(true);
                }
            }
            annals.path.pop_front();
            annals.done = 0;
        }
        Ok(false)
    }
}
