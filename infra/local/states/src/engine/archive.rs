//! Histories, read back from the log: an execution's frames form a chain, the last one known.

use super::entry::Entry;
use super::{Inner, Slot};
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
    let mut parts: Vec<Vec<Record>> = Vec::new();
    let mut at = last;
    loop {
        let payload = reader.read(at)?;
        match Entry::read(&payload).map_err(|_| ArchiveError::Broken(id.0))? {
            Entry::Moved {
                id: found,
                previous,
                records,
            } if found == id.0 => {
                parts.push(records);
                at = previous;
            }
            Entry::Started {
                id: found,
                identity,
                records,
                ..
            } if found == id.0 => {
                parts.push(records);
                let start = Execution::new(std::sync::Arc::new(identity));
                let records = parts.into_iter().rev().flatten().collect();
                return Ok(Chronicle { start, records });
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
pub(crate) fn reading(slot: &Slot) -> (Position, std::sync::Arc<super::Revision>) {
    (slot.position(), std::sync::Arc::clone(slot.revision()))
}
