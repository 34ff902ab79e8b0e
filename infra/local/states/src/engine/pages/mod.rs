//! Pages of histories. A page is told from the last milestone before it, not from the beginning: so it costs about what it
//! shows.
//!
//! A milestone is an execution as it was behind one of its records, and where in the log that record is. They are laid as
//! histories are told, kept as bytes, so that their size is known, and can be dropped at any time. As frames know only the
//! frame before them, the way from the last one back to a page is long; posts on it make that short the next time.
//!
//! ```text
//! milestones   executions as they were, kept within bounds
//! telling      records as events, from a milestone on
//! frames       the frames of an execution, and what they say
//! shown        events of a page, as they are found
//! ```

mod frames;
mod milestones;
mod shown;
mod telling;

use std::sync::Arc;

use super::archive::ArchiveError;
use super::{Inner, Revision};
use crate::core::ExecutionId;
use crate::core::history::Event;
use crate::log::{Position, Reader};
use milestones::{Laid, Tale};
use shown::Shown;

pub(super) use milestones::Tales;
pub(super) use telling::Course;

/// About how many bytes of events a page shows at most: AWS ends pages by size too. One event is always shown.
pub(super) const MAX_PAGE_BYTES: usize = 8 * 1_048_576;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    /// The last event that the pages before have shown.
    pub(crate) shown: Option<u32>,
    /// The newest event first.
    pub(crate) reverse: bool,
    /// Most events.
    pub(crate) most: usize,
    /// Inputs and outputs are told too.
    pub(crate) with_data: bool,
}

/// A page of a history.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// In the order that was asked for.
    pub(crate) events: Vec<Event>,
    /// There are further ones.
    pub(crate) more: bool,
    /// How many records were told for it.
    pub(crate) told: usize,
    /// How many frames were read for it.
    pub(crate) read: usize,
}

impl Inner {
    /// A page of the history up to `last`, which must be durable. `revisions` are those of the slot.
    pub(crate) fn page(
        &self,
        id: ExecutionId,
        last: Position,
        revisions: &[Arc<Revision>],
        ask: Ask,
    ) -> Result<Page, ArchiveError> {
        let mut telling = self.telling(id, last, revisions, ask.with_data);
        let page = telling.page(ask);
        self.keep(telling);
        page
    }

    /// Begins to read a history.
    pub(super) fn telling<'a>(
        &'a self,
        id: ExecutionId,
        last: Position,
        revisions: &'a [Arc<Revision>],
        with_data: bool,
    ) -> Telling<'a> {
        Telling {
            reader: &self.reader,
            id,
            last,
            revisions,
            with_data,
            tale: self.tales.of(id),
            laid: Laid::default(),
            told: 0,
            read: 0,
        }
    }

    /// Keeps what a reading has found for the next ones.
    pub(super) fn keep(&self, telling: Telling<'_>) {
        self.tales.add(telling.id, telling.laid);
    }
}

/// One reading of a history.
pub(super) struct Telling<'a> {
    reader: &'a Reader,
    id: ExecutionId,
    last: Position,
    revisions: &'a [Arc<Revision>],
    with_data: bool,
    tale: Tale,
    laid: Laid,
    told: usize,
    read: usize,
}

impl Telling<'_> {
    fn page(&mut self, ask: Ask) -> Result<Page, ArchiveError> {
        // One more than is shown says whether there are more.
        let wanted = u32::try_from(ask.most + 1).unwrap_or(u32::MAX);
        let mut shown = Shown::new(ask);
        match (ask.reverse, ask.shown) {
            (false, before) => {
                let from = before.unwrap_or(0);
                self.between(from, from.saturating_add(wanted), &mut shown)?;
            }
            (true, Some(before)) => {
                let to = before.saturating_sub(1);
                self.between(to.saturating_sub(wanted), to, &mut shown)?;
            }
            (true, None) => self.newest(wanted, &mut shown)?,
        }
        let mut events = Vec::from(shown.events);
        if ask.reverse {
            events.reverse();
        }
        Ok(Page {
            events,
            more: shown.more,
            told: self.told,
            read: self.read,
        })
    }

    /// The events behind `from` up to `to`.
    fn between(&mut self, from: u32, to: u32, shown: &mut Shown) -> Result<(), ArchiveError> {
        if from >= to {
            return Ok(());
        }
        let begin = self.tale.before(from).cloned();
        let upper = self.tale.upper(to, self.last);
        self.tell(begin, upper, |event| {
            let (of_page, more) = (event.id > from && event.id <= to, event.id < to);
            let wanted = !of_page || shown.take(event);
            wanted && more
        })
    }

    /// The last events.
    fn newest(&mut self, most: u32, shown: &mut Shown) -> Result<(), ArchiveError> {
        let begin = self.tale.milestones.last().cloned();
        let whole = begin.is_none();
        let mut total = begin.as_ref().map_or(0, |m| m.event);
        self.tell(begin, self.last, |event| {
            total = event.id;
            shown.take(event)
        })?;
        if whole || shown.more {
            return Ok(());
        }
        shown.clear();
        let mut newest = Telling {
            laid: Laid::default(),
            tale: self.tale.clone(),
            ..*self
        };
        newest.tale.add(self.laid.clone());
        let told = newest.between(total.saturating_sub(most), total, shown);
        (self.told, self.read) = (newest.told, newest.read);
        self.laid.milestones.append(&mut newest.laid.milestones);
        self.laid.posts.append(&mut newest.laid.posts);
        told
    }
}
