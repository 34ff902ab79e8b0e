//! The snapshot: everything a restart needs as of the end of a segment, so that only what came later is replayed.
//!
//! File: `SFNSNAP` and a zero byte, format (u32 LE), CRC-32 of the rest (u32 LE), the rest in postcard.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::activities::ActivityRecord;
use super::machine::{Machine, RevisionText};
use super::shard::Closed;
use crate::core::Execution;
use crate::log::{FORMAT, LogError, Position};

const MAGIC: &[u8; 8] = b"SFNSNAP\0";
const HEADER_BYTES: usize = 16;

/// State as of the end of a segment.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    /// The last segment that is in it.
    pub(crate) segment: u32,
    /// The last id given out, without its shard.
    pub(crate) last_id: u64,
    /// The last revision number given out.
    pub(crate) last_revision: u64,
    /// Definitions.
    pub(crate) revisions: Vec<RevisionText>,
    /// State machines.
    pub(crate) machines: Vec<Machine>,
    /// Activities.
    pub(crate) activities: Vec<ActivityRecord>,
    /// Executions that run.
    pub(crate) live: Vec<LiveImage>,
    /// Executions that have closed.
    pub(crate) closed: Vec<(u64, Closed)>,
}

/// An execution that runs, as stored.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LiveImage {
    /// Its id.
    pub(crate) id: u64,
    /// Number of its definition.
    pub(crate) revision: u64,
    /// Its last frame.
    pub(crate) position: Position,
    /// The segment of its first frame.
    pub(crate) first_segment: u32,
    /// Its state.
    pub(crate) execution: std::sync::Arc<Execution>,
}

fn path(dir: &Path) -> PathBuf {
    dir.join("snapshot")
}

impl Snapshot {
    /// Reads the snapshot of a folder; an empty one if there is none.
    pub(crate) fn read(dir: &Path) -> Result<Self, LogError> {
        let path = path(dir);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(source) => return Err(LogError::Io { path, source }),
        };
        let damaged = |offset, what| LogError::Damaged {
            path: path.clone(),
            offset,
            what,
        };
        let Some((header, body)) = bytes.split_at_checked(HEADER_BYTES) else {
            return Err(damaged(0, "shorter than its header"));
        };
        let word = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        if &header[..8] != MAGIC {
            return Err(damaged(0, "not a snapshot"));
        }
        if word(8) > FORMAT {
            return Err(LogError::NewerFormat {
                path,
                found: word(8),
            });
        }
        if word(8) < FORMAT {
            return Err(LogError::OlderFormat {
                path,
                found: word(8),
            });
        }
        if word(12) != crc32fast::hash(body) {
            return Err(damaged(
                HEADER_BYTES as u64,
                "it does not match its checksum",
            ));
        }
        postcard::from_bytes(body).map_err(|_| damaged(HEADER_BYTES as u64, "it cannot be read"))
    }

    /// Replaces the snapshot of a folder: either the old or the new one is there, whole, whatever happens.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), LogError> {
        let body = postcard::to_stdvec(self).unwrap_or_default();
        let new = dir.join("snapshot.new");
        let mut file = File::create(&new).map_err(LogError::io(&new))?;
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&FORMAT.to_le_bytes());
        header.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        file.write_all(&header)
            .and_then(|()| file.write_all(&body))
            .map_err(LogError::io(&new))?;
        file.sync_all().map_err(LogError::io(&new))?;
        let path = path(dir);
        std::fs::rename(&new, &path).map_err(LogError::io(&path))?;
        crate::log::sync_dir(dir).map_err(LogError::io(dir))
    }
}
