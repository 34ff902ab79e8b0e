//! Histories, read back from the log: an execution's frames form a chain, the last one known.

use super::entry::Entry;
use super::{Inner, Slot};
use crate::asl::Definition;
use crate::core::history::{Event, Narrator};
use crate::core::{Execution, ExecutionId, Record};
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

    /// The events of the history. `revisions` are those of the slot.
    pub(crate) fn events(
        &self,
        revisions: &[std::sync::Arc<super::Revision>],
        with_data: bool,
    ) -> Result<Vec<Event>, ArchiveError> {
        let broken = || ArchiveError::Broken(0);
        let of = |number: u64| {
            let found = revisions.iter().find(|r| r.text.number == number);
            found.map(|r| &r.definition).ok_or_else(broken)
        };
        let turns = self
            .turns
            .iter()
            .map(|(at, number)| Ok((*at, of(*number)?)));
        let turns = turns.collect::<Result<Vec<_>, ArchiveError>>()?;
        Self::tell(self.start.clone(), &self.records, &turns, with_data)
    }

    /// The events of these records, with the definitions from which record on each is that of the execution.
    pub(crate) fn tell(
        start: Execution,
        records: &[Record],
        turns: &[(usize, &Definition)],
        with_data: bool,
    ) -> Result<Vec<Event>, ArchiveError> {
        let broken = || ArchiveError::Broken(0);
        let (_, first) = turns.first().ok_or_else(broken)?;
        let region = start.identity.region().to_owned();
        let mut narrator = Narrator::new(start, first, &region, with_data);
        let mut events = Vec::with_capacity(records.len());
        let mut turns = turns.iter().skip(1).peekable();
        for (i, record) in records.iter().enumerate() {
            if let Some((_, definition)) = turns.next_if(|(at, _)| *at == i) {
                narrator.goes_on_with(definition);
            }
            events.extend(narrator.tell(record).map_err(|_| broken())?);
        }
        Ok(events)
    }
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
    let broken = ArchiveError::Broken(id.0);
    let mut parts: Vec<(Option<u64>, Vec<Record>)> = Vec::new();
    let mut at = last;
    loop {
        let payload = reader.read(at)?;
        match Entry::read(&payload).map_err(|_| ArchiveError::Broken(id.0))? {
            Entry::Moved {
                id: found,
                previous,
                records,
            } if found == id.0 => {
                parts.push((None, records));
                at = previous;
            }
            Entry::Redriven {
                id: found,
                revision,
                previous,
                records,
                ..
            } if found == id.0 => {
                parts.push((Some(revision), records));
                at = previous;
            }
            Entry::Started {
                id: found,
                revision,
                identity,
                records,
            } if found == id.0 => {
                parts.push((Some(revision), records));
                let start = Execution::new(std::sync::Arc::new(identity));
                return Ok(Chronicle::of(start, parts));
            }
            Entry::Imported {
                id: found,
                turns,
                identity,
                mut records,
            } if found == id.0 => {
                for (at, revision) in turns.into_iter().rev() {
                    let at = usize::try_from(at).unwrap_or(usize::MAX).min(records.len());
                    parts.push((Some(revision), records.split_off(at)));
                }
                let start = Execution::new(std::sync::Arc::new(identity));
                return Ok(Chronicle::of(start, parts));
            }
            _other => return Err(broken),
        }
    }
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
pub(crate) fn reading(slot: &Slot) -> (Position, Vec<std::sync::Arc<super::Revision>>) {
    (slot.position(), slot.revisions())
}
