//! Reading back: a whole segment at recovery, single frames for histories.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::files::{Files, ReadAt};
use super::frame::{self, FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES};
use super::{FORMAT, LogError, Owner, Position, is_read, segment_path};

/// How a scan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Offset behind the last whole frame; 0 for a segment that has nothing.
    pub(crate) end: u32,
    /// Bytes behind it that are no frame.
    pub(crate) torn_bytes: u64,
    /// Its format, as far as can be read.
    pub(crate) format: u32,
}

/// What a scan comes upon.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found<'a> {
    /// A frame's payload.
    Frame(&'a [u8]),
    /// A segment without a header and without any frame: whatever was acknowledged in it is gone.
    Emptied,
    /// Bytes that were acknowledged and are not what was written.
    Damage {
        /// Whom they concerned, as far as can be read.
        owner: Owner,
        /// What follows the header of the frame that began here.
        payload: &'a [u8],
    },
}

/// The numbers of the segments in `dir`, in order.
pub(crate) fn list_segments(files: &dyn Files, dir: &Path) -> Result<Vec<u32>, LogError> {
    let names = files.names(dir).map_err(LogError::io(dir))?;
    let mut numbers: Vec<u32> = names
        .iter()
        .filter_map(|name| name.strip_suffix(".seg")?.parse().ok())
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Hands everything in a segment to `each`. A torn end is possible in the last segment only.
pub(crate) fn scan_segment(
    files: &dyn Files,
    dir: &Path,
    segment: u32,
    last: bool,
    mut each: impl FnMut(Position, Found<'_>),
) -> Result<Scan, LogError> {
    let path = segment_path(dir, segment);
    let bytes = files.read(&path).map_err(LogError::io(&path))?;
    // Behind what was written last there are zeros: no frame, and nothing that was torn.
    let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
    let written = bytes.len() - if last { zeros } else { 0 };
    let header = frame::read_segment_header(&bytes);
    match header {
        Some((format, _)) if !is_read(format) => {
            return Err(LogError::format(path, format));
        }
        Some((_, number)) if number == segment => {}
        None if next_header(&bytes[..written], 0).is_none() => {
            each(Position::new(segment, 0), Found::Emptied);
            return Ok(Scan {
                end: 0,
                torn_bytes: 0,
                format: FORMAT,
            });
        }
        // Its frames still carry checksums of their own.
        _other => each(
            Position::new(segment, 0),
            Found::Damage {
                owner: Owner::NOBODY,
                payload: &[],
            },
        ),
    }
    let mut at = SEGMENT_HEADER_BYTES.min(bytes.len());
    while at < written {
        let position = Position::new(segment, at as u32);
        if let Some(frame) = frame::read(&bytes[at..]) {
            each(position, Found::Frame(frame.payload));
            at += frame.header.frame_bytes();
            continue;
        }
        let next = next_header(&bytes[..written], at);
        if last && !was_durable(&bytes, at, next) {
            break;
        }
        let end = next.unwrap_or(written);
        each(position, damage(&bytes[at..end]));
        at = end;
    }
    Ok(Scan {
        end: at as u32,
        torn_bytes: written.saturating_sub(at) as u64,
        format: header.map_or(FORMAT, |(format, _)| format),
    })
}

/// Up to where the frames of a segment say that it was durable.
#[cfg(test)]
pub(crate) fn known_durable(bytes: &[u8]) -> usize {
    let mut durable = 0;
    let mut at = SEGMENT_HEADER_BYTES;
    while let Some(frame) = bytes.get(at..).and_then(frame::read) {
        durable = durable.max(frame.header.synced as usize);
        at += frame.header.frame_bytes();
    }
    durable
}

/// Are these whole frames, one behind the other? What they hold is not looked at.
#[cfg(test)]
pub(crate) fn are_frames(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(header) = bytes.get(at..).and_then(frame::read_header) {
        at += header.frame_bytes();
    }
    at == bytes.len()
}

/// Hands everything in a run of frames, with its offset, to `each`; for files that are written whole.
pub(crate) fn scan_frames(bytes: &[u8], mut each: impl FnMut(usize, Found<'_>)) {
    let mut at = 0;
    while at < bytes.len() {
        if let Some(frame) = frame::read(&bytes[at..]) {
            each(at, Found::Frame(frame.payload));
            at += frame.header.frame_bytes();
        } else {
            let end = next_header(bytes, at).unwrap_or(bytes.len());
            each(at, damage(&bytes[at..end]));
            at = end;
        }
    }
}

/// Appends a frame to a file that is written whole.
pub(crate) fn push_frame(out: &mut Vec<u8>, owner: Owner, payload: &[u8]) {
    frame::push(out, owner, payload);
}

/// Of a damaged header nothing is believed: the damage is nobody's, unless the payload tells whose.
fn damage(bytes: &[u8]) -> Found<'_> {
    Found::Damage {
        owner: frame::read_header(bytes).map_or(Owner::NOBODY, |header| header.owner),
        payload: bytes.get(FRAME_HEADER_BYTES..).unwrap_or_default(),
    }
}

/// Where a frame with a whole header begins behind `bad`: behind its payload, if its own header is whole.
fn next_header(bytes: &[u8], bad: usize) -> Option<usize> {
    let known = bytes.get(bad..).and_then(frame::read_header);
    let from = bad + known.map_or(1, |header| header.frame_bytes());
    (from..bytes.len()).find(|at| frame::read_header(&bytes[*at..]).is_some())
}

/// Does a later frame say that what is at `bad` had been durable? Then it is not a torn end but damage.
fn was_durable(bytes: &[u8], bad: usize, next: Option<usize>) -> bool {
    let mut at = next;
    while let Some(found) = at {
        let later = frame::read_header(&bytes[found..]);
        if later.is_some_and(|header| header.synced as usize > bad) {
            return true;
        }
        at = next_header(bytes, found);
    }
    false
}

/// Reads single frames; segments stay open.
#[derive(Debug)]
pub(crate) struct Reader {
    files: Arc<dyn Files>,
    dir: PathBuf,
    open: Mutex<HashMap<u32, Arc<dyn ReadAt>>>,
}

/// Most segments kept open for reading.
const MAX_OPEN_SEGMENTS: usize = 64;

impl Reader {
    pub(crate) fn new(files: Arc<dyn Files>, dir: &Path) -> Self {
        Self {
            files,
            dir: dir.to_owned(),
            open: Mutex::default(),
        }
    }

    /// Where the segments are.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The payload of the frame at `position`.
    pub(crate) fn read(&self, position: Position) -> Result<Vec<u8>, LogError> {
        let path = segment_path(&self.dir, position.segment());
        let file = self.file(position.segment(), &path)?;
        let offset = u64::from(position.offset());
        let mut bytes = [0; FRAME_HEADER_BYTES];
        file.read_exact_at(&mut bytes, offset)
            .map_err(LogError::io(&path))?;
        let damaged = |what| LogError::Damaged {
            path: path.clone(),
            offset,
            what,
        };
        let Some(header) = frame::read_header(&bytes) else {
            return Err(damaged("a frame header that does not match its checksum"));
        };
        let mut payload = vec![0; header.len as usize];
        file.read_exact_at(&mut payload, offset + FRAME_HEADER_BYTES as u64)
            .map_err(LogError::io(&path))?;
        if !header.fits(&payload) {
            return Err(damaged("a frame that does not match its checksum"));
        }
        Ok(payload)
    }

    /// Forgets a segment that is about to be deleted.
    pub(crate) fn forget(&self, segment: u32) {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&segment);
    }

    fn file(&self, segment: u32, path: &Path) -> Result<Arc<dyn ReadAt>, LogError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(&segment) {
            return Ok(Arc::clone(file));
        }
        if open.len() >= MAX_OPEN_SEGMENTS {
            open.clear();
        }
        let file = self.files.open(path).map_err(LogError::io(path))?;
        open.insert(segment, Arc::clone(&file));
        Ok(file)
    }
}
