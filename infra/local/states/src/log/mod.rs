//! The log: append-only segments of checksummed frames, written with group commit.
//!
//! ```text
//! DIR/log/0000000001.seg   header, then frames; the last segment is the one that grows
//! DIR/snapshot             state as of the end of a segment; what came later is replayed
//! DIR/secret               key of the task tokens
//! DIR/lock                 held while a process has the folder open
//! ```
//! A frame is durable once the `fdatasync` that followed its write has returned; whoever waits for it is told then, all
//! waiters of one sync together. A crash can leave a torn end in the last segment: what follows the last whole frame was
//! never acknowledged and is cut off. Damage to what had been acknowledged is told with file, offset and execution; that
//! execution ends, and the others go on. Only the very last write - what one sync covers - cannot be told from a torn one.

#[cfg(test)]
mod damage_tests;
mod files;
mod frame;
mod guard;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};

#[cfg(test)]
pub(crate) use files::{Append, ReadAt};
pub(crate) use files::{Disk, Files, make_dirs};
#[cfg(test)]
pub(crate) use frame::{FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES};
pub(crate) use guard::Guard;
pub(crate) use reader::{Found, Reader, list_segments, push_frame, scan_frames, scan_segment};
#[cfg(test)]
pub(crate) use reader::{are_frames, known_durable};
#[cfg(test)]
pub(crate) use writer::Hand;
pub(crate) use writer::{Drive, Log, LogFailed};

/// Format of segments and snapshot. Raised when a record, an entry or the snapshot changes shape.
pub const FORMAT: u32 = 6;
/// The oldest format that is read. What came since only added kinds: of entries and parts of a snapshot (4, 5), of records and of
/// what an execution was started with (5), of records and of items (6).
const OLDEST_READ: u32 = 3;
/// A segment is closed when it has grown to this many bytes.
pub(crate) const SEGMENT_BYTES: u32 = 32 * 1_048_576;
/// Longest payload of a frame; none is written that is longer. A step ends long before it (`core::MAX_STEP_BYTES`), and the
/// longest single record is what an `ItemReader` gave (`core::items::MAX_ITEMS_BYTES`). Small in tests, so that they get there.
pub(crate) const MAX_FRAME_BYTES: u32 = if cfg!(test) {
    4 * 1_048_576
} else {
    512 * 1_048_576
};

/// Whom a frame concerns: an execution's id, or nobody in particular.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner(pub(crate) u64);

impl Owner {
    /// State machines, definitions, and what is forgotten.
    pub(crate) const NOBODY: Self = Self(0);
}

/// Where a frame begins: its segment (from 1) and offset.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub(crate) struct Position(u64);

impl Position {
    pub(crate) fn new(segment: u32, offset: u32) -> Self {
        Self(u64::from(segment) << 32 | u64::from(offset))
    }

    pub(crate) fn segment(self) -> u32 {
        (self.0 >> 32) as u32
    }

    pub(crate) fn offset(self) -> u32 {
        self.0 as u32
    }
}

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// What was being read or written.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Written by a later version of this program.
    #[error(
        "{path} has data format {found}; this program reads {OLDEST_READ} to {FORMAT}: use a newer version of it"
    )]
    NewerFormat {
        /// Where.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// Written by an earlier version of this program.
    #[error(
        "{path} has data format {found}; this program reads {OLDEST_READ} to {FORMAT}: finish its executions with the \
         version that wrote it, or begin with an empty folder"
    )]
    OlderFormat {
        /// Where.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// Not torn but damaged.
    #[error("{path} is damaged at byte {offset}: {what}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// How it shows.
        what: &'static str,
    },
}

impl LogError {
    /// A format that is not read.
    pub(crate) fn format(path: PathBuf, found: u32) -> Self {
        if found > FORMAT {
            Self::NewerFormat { path, found }
        } else {
            Self::OlderFormat { path, found }
        }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// Is this a format that this program reads?
pub(crate) fn is_read(format: u32) -> bool {
    (OLDEST_READ..=FORMAT).contains(&format)
}

pub(crate) fn segment_path(dir: &Path, segment: u32) -> PathBuf {
    dir.join(format!("{segment:010}.seg"))
}
