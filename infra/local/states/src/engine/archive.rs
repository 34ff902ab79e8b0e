//! Histories, read back from the log: an execution's frames form a chain, the last one known.

use std::sync::Arc;

use super::entry::Entry;
use super::{Inner, Slot};
use crate::asl::Definition;
use crate::core::history::{Event, Narrator};
use crate::core::{Execution, ExecutionId, Identity, Record};
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
    fn of(start: Execution, mut parts: Vec<(Option<u64>, Vec<Record>)>) -> Self {
        parts.reverse();
        let (mut turns, mut records) = (Vec::new(), Vec::new());
        for (revision, part) in parts {
            turns.extend(revision.map(|revision| (records.len(), revision)));
            records.extend(part);
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
        self.chronicle(id, last)?.retold(id)
    }
}

/// Reads the frames of an execution up to `last`.
pub(super) fn chronicle(
    reader: &Reader,
    id: ExecutionId,
    last: Position,
) -> Result<Chronicle, ArchiveError> {
    let found = frames(reader, id, last)?;
    let identity = found.identity.ok_or(ArchiveError::Broken(id.0))?;
    Ok(Chronicle::of(
        Execution::new(Arc::new(identity)),
        found.parts,
    ))
}

/// Frames of an execution, the last one first: the number of the definition, where it changes, and the records.
struct Frames {
    /// What it was started with.
    identity: Option<Identity>,
    parts: Vec<(Option<u64>, Vec<Record>)>,
}

/// Reads the frames of an execution from `last` back to its first one.
fn frames(reader: &Reader, id: ExecutionId, last: Position) -> Result<Frames, ArchiveError> {
    let mut found = Frames {
        identity: None,
        parts: Vec::new(),
    };
    let mut at = last;
    loop {
        let payload = reader.read(at)?;
        match Entry::read(&payload).map_err(|_| ArchiveError::Broken(id.0))? {
            Entry::Moved {
                id: of,
                previous,
                records,
            } if of == id.0 => {
                found.parts.push((None, records));
                at = previous;
            }
            Entry::Redriven {
                id: of,
                revision,
                previous,
                records,
                ..
            } if of == id.0 => {
                found.parts.push((Some(revision), records));
                at = previous;
            }
            Entry::Started {
                id: of,
                revision,
                identity,
                records,
            } if of == id.0 => {
                found.parts.push((Some(revision), records));
                found.identity = Some(identity);
                break;
            }
            Entry::Imported {
                id: of,
                turns,
                identity,
                mut records,
            } if of == id.0 => {
                for (at, revision) in turns.into_iter().rev() {
                    let at = usize::try_from(at).unwrap_or(usize::MAX).min(records.len());
                    found.parts.push((Some(revision), records.split_off(at)));
                }
                found.identity = Some(identity);
                break;
            }
            _other => return Err(ArchiveError::Broken(id.0)),
        }
    }
    Ok(found)
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
