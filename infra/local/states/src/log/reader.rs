//! Reading back: a whole segment at recovery, single frames for histories.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::frame::{self, FRAME_HEADER_BYTES, Header, SEGMENT_HEADER_BYTES};
use super::{FORMAT, LogError, Position, segment_path};

/// How a scan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Offset behind the last whole frame.
    pub(crate) end: u32,
    /// Bytes behind it that are no frame.
    pub(crate) torn_bytes: u64,
}

/// The numbers of the segments in `dir`, in order.
pub(crate) fn list_segments(dir: &Path) -> Result<Vec<u32>, LogError> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(LogError::io(dir))? {
        let name = entry.map_err(LogError::io(dir))?.file_name();
        let number: Option<u32> = name
            .to_str()
            .and_then(|n| n.strip_suffix(".seg"))
            .and_then(|n| n.parse().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Hands every frame of a segment to `each`. A torn end is allowed in the last segment only.
pub(crate) fn scan_segment<E: From<LogError>>(
    dir: &Path,
    segment: u32,
    last: bool,
    mut each: impl FnMut(Position, &[u8]) -> Result<(), E>,
) -> Result<Scan, E> {
    let path = segment_path(dir, segment);
    let bytes = std::fs::read(&path).map_err(LogError::io(&path))?;
    let damaged = |offset: usize, what| LogError::Damaged {
        path: path.clone(),
        offset: offset as u64,
        what,
    };
    match frame::read_segment_header(&bytes) {
        Some((format, _)) if format > FORMAT => {
            return Err(LogError::NewerFormat {
                path,
                found: format,
            }
            .into());
        }
        Some((format, _)) if format < FORMAT => {
            return Err(LogError::OlderFormat {
                path,
                found: format,
            }
            .into());
        }
        Some((_, number)) if number == segment => {}
        // Created, and the machine stopped before the header was durable.
        None if last
            && (bytes.len() < SEGMENT_HEADER_BYTES || bytes.iter().all(|byte| *byte == 0)) =>
        {
            return Ok(Scan {
                end: 0,
                torn_bytes: bytes.len() as u64,
            });
        }
        _other => return Err(damaged(0, "not the header of this segment").into()),
    }
    let mut at = SEGMENT_HEADER_BYTES;
    while let Some(frame) = frame::read(&bytes[at..]) {
        each(Position::new(segment, at as u32), frame.payload)?;
        at += FRAME_HEADER_BYTES + frame.payload.len();
    }
    if at < bytes.len() && (!last || was_durable(&bytes, at)) {
        return Err(damaged(at, "a frame that does not match its checksum").into());
    }
    Ok(Scan {
        end: at as u32,
        torn_bytes: (bytes.len() - at) as u64,
    })
}

/// Does a later frame say that the one at `bad` had been durable? Then it is not a torn end but damage.
fn was_durable(bytes: &[u8], bad: usize) -> bool {
    (bad + 1..bytes.len())
        .any(|at| frame::read(&bytes[at..]).is_some_and(|later| later.synced as usize > bad))
}

/// Reads single frames; segments stay open.
#[derive(Debug)]
pub(crate) struct Reader {
    dir: PathBuf,
    files: Mutex<HashMap<u32, Arc<File>>>,
}

/// Most segments kept open for reading.
const MAX_OPEN_SEGMENTS: usize = 64;

impl Reader {
    pub(crate) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            files: Mutex::default(),
        }
    }

    /// The payload of the frame at `position`.
    pub(crate) fn read(&self, position: Position) -> Result<Vec<u8>, LogError> {
        let path = segment_path(&self.dir, position.segment());
        let file = self.file(position.segment(), &path)?;
        let offset = u64::from(position.offset());
        let mut header = [0; FRAME_HEADER_BYTES];
        file.read_exact_at(&mut header, offset)
            .map_err(LogError::io(&path))?;
        let damaged = |what| LogError::Damaged {
            path: path.clone(),
            offset,
            what,
        };
        let Some(Header { len, synced, crc }) = frame::read_header(&header) else {
            return Err(damaged("a frame longer than any"));
        };
        let mut payload = vec![0; len as usize];
        file.read_exact_at(&mut payload, offset + FRAME_HEADER_BYTES as u64)
            .map_err(LogError::io(&path))?;
        if frame::checksum(len, synced, &payload) != crc {
            return Err(damaged("a frame that does not match its checksum"));
        }
        Ok(payload)
    }

    /// Forgets a segment that is about to be deleted.
    pub(crate) fn forget(&self, segment: u32) {
        self.files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&segment);
    }

    fn file(&self, segment: u32, path: &Path) -> Result<Arc<File>, LogError> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(&segment) {
            return Ok(Arc::clone(file));
        }
        if files.len() >= MAX_OPEN_SEGMENTS {
            files.clear();
        }
        let file = Arc::new(File::open(path).map_err(LogError::io(path))?);
        files.insert(segment, Arc::clone(&file));
        Ok(file)
    }
}
