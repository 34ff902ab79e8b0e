//! Histories, read back from the log: an execution's frames form a chain, the last one known.

use std::sync::Arc;

use super::entry::Entry;
use super::{Inner, Slot};
use crate::asl::Definition;
use crate::core::history::{Event, Narrator};
use crate::core::{Execution, ExecutionId, Identity, Record, TaskId, What};
use crate::log::{LogError, Position, Reader};

/// Why a history cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// The file system, or damage.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A frame is not part of the chain it was found in.
    #[error("the history of execution {0} is damaged")]
    Broken(u64),
}

/// An execution as it started, and all its records.
pub(crate) struct Chronicle {
    /// Nothing has happened to it.
    pub(crate) start: Execution,
    /// What happened.
    pub(crate) records: Vec<Record>,
    /// From which record on it ran which definition, by number.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests tell whole histories by it")
    )]
    pub(crate) turns: Vec<(usize, u64)>,
}

impl Chronicle {
    fn of(start: Execution, mut links: Vec<Link>) -> Self {
        links.reverse();
        let (mut turns, mut records) = (Vec::new(), Vec::new());
        for link in links {
            let behind = records.len();
            turns.extend(link.turns.iter().map(|(at, number)| (behind + at, *number)));
            records.extend(link.records);
        }
        Self {
            start,
            records,
            turns,
        }
    }

    /// The events of the history, told at once. `revisions` are those of the slot.
    #[cfg(test)]
    pub(crate) fn events(
        &self,
        revisions: &[Arc<super::Revision>],
        with_data: bool,
    ) -> Result<Vec<Event>, ArchiveError> {
        let of = |number: u64| {
            let found = revisions.iter().find(|r| r.text.number == number);
            found.map(|r| &r.definition).ok_or(ArchiveError::Broken(0))
        };
        let turns = self.turns.iter();
        let turns = turns
            .map(|(at, number)| Ok((*at, of(*number)?)))
            .collect::<Result<Vec<_>, ArchiveError>>()?;
        Self::tell(self.start.clone(), &self.records, &turns, with_data)
    }

    /// The events of these records, with the definitions from which record on each is that of the execution.
    pub(crate) fn tell(
        start: Execution,
        records: &[Record],
        turns: &[(usize, &Definition)],
        with_data: bool,
    ) -> Result<Vec<Event>, ArchiveError> {
        let ((_, first), later) = turns.split_first().ok_or(ArchiveError::Broken(0))?;
        let region = start.identity.region().to_owned();
        let mut narrator = Narrator::new(start, first, &region, with_data);
        narrate(&mut narrator, records, later)
    }
}

/// Tells records, with the definitions from which of them on each is that of the execution.
fn narrate<'a>(
    narrator: &mut Narrator<'a>,
    records: &[Record],
    turns: &[(usize, &'a Definition)],
) -> Result<Vec<Event>, ArchiveError> {
    let mut events = Vec::with_capacity(records.len());
    let mut turns = turns.iter().peekable();
    for (i, record) in records.iter().enumerate() {
        if let Some((_, definition)) = turns.next_if(|(at, _)| *at == i) {
            narrator.goes_on_with(definition);
        }
        let told = narrator.tell(record);
        events.extend(told.map_err(|_| ArchiveError::Broken(0))?);
    }
    Ok(events)
}

impl Inner {
    /// Reads the frames up to `last`. What is read must be durable; see [`Inner::durable`].
    pub(crate) fn chronicle(
        &self,
        id: ExecutionId,
        last: Position,
    ) -> Result<Chronicle, ArchiveError> {
        chronicle(&self.reader, id, last)
    }

    /// The execution as it is now; a closed one is told again from its records.
    pub(crate) fn full(&self, id: ExecutionId, last: Position) -> Result<Execution, ArchiveError> {
        let (mut execution, trail) = self.trail(id, last)?;
        trail.tell(|record| execution.apply(record))?;
        Ok(execution)
    }

    /// Finds the frames up to `last`, which must be durable. Gives the execution as it started and the way to what it is now.
    pub(crate) fn trail(
        &self,
        id: ExecutionId,
        last: Position,
    ) -> Result<(Execution, Trail<'_>), ArchiveError> {
        let (mut found, mut bytes, mut at) = (Vec::new(), 0, last);
        loop {
            let link = link(&self.reader, id, at)?;
            bytes += link.bytes;
            found.push(if bytes <= MAX_HELD_BYTES {
                Held::Records(link.records)
            } else {
                Held::At(at)
            });
            at = match (link.identity, link.previous) {
                (Some(identity), _) => {
                    let trail = Trail {
                        reader: &self.reader,
                        id,
                        found,
                    };
                    return Ok((Execution::new(Arc::new(identity)), trail));
                }
                (None, Some(previous)) => previous,
                (None, None) => return Err(ArchiveError::Broken(id.0)),
            };
        }
    }

    /// Did this task take too long? As far as the frames up to `last` tell, which must be durable. Blocks on the disk.
    pub(super) fn timed_out(
        &self,
        id: ExecutionId,
        last: Position,
        task: TaskId,
    ) -> Result<bool, ArchiveError> {
        let (mut execution, trail) = self.trail(id, last)?;
        let mut found = false;
        trail.tell(|record| {
            let pending = execution.pending(task);
            let is_its = pending.is_some_and(|(branch, _)| branch == record.branch);
            found |= is_its && matches!(record.what, What::TaskTimedOut(_));
            execution.apply(record)
        })?;
        Ok(found)
    }
}

/// Bytes of frames whose records are held while an execution is told again. Small in tests, so that they get there.
const MAX_HELD_BYTES: usize = if cfg!(test) { 2_048 } else { 8 * 1_048_576 };

/// The frames of an execution, found from the last one back. Of the last ones the records are held, of those before them only
/// where they are: they are read once more when they are told.
pub(crate) struct Trail<'a> {
    reader: &'a Reader,
    id: ExecutionId,
    found: Vec<Held>,
}

enum Held {
    Records(Vec<Record>),
    At(Position),
}

impl Trail<'_> {
    /// Hands all records to `each`, the first one first.
    pub(crate) fn tell<E>(
        self,
        mut each: impl FnMut(&Record) -> Result<(), E>,
    ) -> Result<(), ArchiveError> {
        let Self { reader, id, found } = self;
        for held in found.into_iter().rev() {
            let records = match held {
                Held::Records(records) => records,
                Held::At(at) => link(reader, id, at)?.records,
            };
            for record in &records {
                each(record).map_err(|_| ArchiveError::Broken(id.0))?;
            }
        }
        Ok(())
    }
}

/// Reads the frames of an execution up to `last`.
pub(super) fn chronicle(
    reader: &Reader,
    id: ExecutionId,
    last: Position,
) -> Result<Chronicle, ArchiveError> {
    let (mut links, mut at) = (Vec::new(), last);
    loop {
        let mut link = link(reader, id, at)?;
        let (identity, previous) = (link.identity.take(), link.previous);
        links.push(link);
        at = match (identity, previous) {
            (Some(identity), _) => {
                return Ok(Chronicle::of(Execution::new(Arc::new(identity)), links));
            }
            (None, Some(previous)) => previous,
            (None, None) => return Err(ArchiveError::Broken(id.0)),
        };
    }
}

/// A frame of an execution.
struct Link {
    /// What it was started with, if this is the first one.
    identity: Option<Identity>,
    /// The frame before it.
    previous: Option<Position>,
    /// With which of its records which definition begins, by number.
    turns: Vec<(usize, u64)>,
    /// What happened.
    records: Vec<Record>,
    /// How long it is.
    bytes: usize,
}

fn link(reader: &Reader, id: ExecutionId, at: Position) -> Result<Link, ArchiveError> {
    let payload = reader.read(at)?;
    let (of, identity, previous, turns, records) =
        match Entry::read(&payload).map_err(|_| ArchiveError::Broken(id.0))? {
            Entry::Moved {
                id: of,
                previous,
                records,
            } => (of, None, Some(previous), Vec::new(), records),
            Entry::Redriven {
                id: of,
                revision,
                previous,
                records,
                ..
            } => (of, None, Some(previous), vec![(0, revision)], records),
            Entry::Started {
                id: of,
                revision,
                identity,
                records,
            } => (of, Some(identity), None, vec![(0, revision)], records),
            Entry::Imported {
                id: of,
                turns,
                identity,
                records,
            } => {
                let place = |at| usize::try_from(at).unwrap_or(usize::MAX).min(records.len());
                let turns = turns.into_iter().map(|(at, number)| (place(at), number));
                (of, Some(identity), None, turns.collect(), records)
            }
            _other => return Err(ArchiveError::Broken(id.0)),
        };
    if of != id.0 {
        return Err(ArchiveError::Broken(id.0));
    }
    Ok(Link {
        identity,
        previous,
        turns,
        records,
        bytes: payload.len(),
    })
}

impl Chronicle {
    /// The execution after all that happened.
    pub(super) fn retold(self, id: ExecutionId) -> Result<Execution, ArchiveError> {
        let Self {
            start: mut execution,
            records,
            ..
        } = self;
        for record in &records {
            execution
                .apply(record)
                .map_err(|_| ArchiveError::Broken(id.0))?;
        }
        Ok(execution)
    }
}

/// What a reader of an execution needs to have copied out of its shard.
pub(crate) fn reading(slot: &Slot) -> (Position, Vec<Arc<super::Revision>>) {
    (slot.position(), slot.revisions())
}
