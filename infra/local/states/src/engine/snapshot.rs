//! The snapshot: everything a restart needs as of the end of a segment, so that only what came later is replayed.
//!
//! File: `SFNSNAP` and a zero byte, format (u32 LE), four zero bytes, then frames as in the log, one for each [`Part`]. A part
//! that is longer than a frame may be, such as an execution whose map run has many children, takes several: see [`Slice`].
//! A damaged frame costs what it held and nothing else; the first part, without which the rest says nothing, is there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::activities::ActivityRecord;
use super::gaps::{Gaps, Needed};
use super::machine::{Machine, RevisionText};
use super::past::Unread;
use super::promised::PromiseImage;
use super::shard::Closed;
use super::stops::StopImage;
use crate::core::{Execution, ExecutionId};
use crate::log::{
    FORMAT, Files, Found, LogError, MAX_FRAME_BYTES, Owner, Position, is_read, push_frame,
    scan_frames,
};

const MAGIC: &[u8; 8] = b"SFNSNAP\0";
const HEADER_BYTES: usize = 16;
/// Closed executions of one frame: far from too many for one.
const CLOSED_PER_FRAME: usize = 256;
/// Bytes that are written at once.
const PIECE_BYTES: usize = 1_048_576;
/// Bytes of a part in one of the frames that it takes if it is too long for one.
const SLICE_BYTES: usize = MAX_FRAME_BYTES as usize / 32;

/// State as of the end of a segment.
#[derive(Debug, Default)]
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
    /// Executions that have closed, to be written.
    pub(crate) closed: Vec<(u64, Closed)>,
    /// Segments between the frames of executions, running or closed, that hold none. Those without an entry, as all of a
    /// snapshot that was written before there were any, may have frames in each.
    pub(crate) gaps: BTreeMap<u64, Gaps>,
    /// Executions that have closed, as they were found.
    pub(crate) unread: Unread,
    /// Stops of jobs that were not answered.
    pub(crate) stops: Vec<(Position, StopImage)>,
    /// Map runs of imported executions, with the executions.
    pub(crate) imported: Vec<([u8; 16], ExecutionId)>,
    /// Express executions that were started and have not ended.
    pub(crate) promised: Vec<PromiseImage>,
}

/// An execution that runs, as stored.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LiveImage {
    /// Its id.
    pub(crate) id: u64,
    /// Number of its definition.
    pub(crate) revision: u64,
    /// Numbers of the definitions it ran before.
    pub(crate) earlier: Vec<u64>,
    /// Its last frame.
    pub(crate) position: Position,
    /// The segment of its first frame.
    pub(crate) first_segment: u32,
    /// Its state.
    pub(crate) execution: std::sync::Arc<Execution>,
}

/// One frame, read. Variants are a data format: append.
#[derive(Debug, Deserialize)]
enum Part {
    Head(Head),
    Revision(RevisionText),
    Machine(Machine),
    Live(LiveImage),
    Closed(Vec<(u64, Closed)>),
    Activity(ActivityRecord),
    Stop((Position, StopImage)),
    Imported(([u8; 16], ExecutionId)),
    Promised(PromiseImage),
    Slice(Slice),
    Gaps((u64, Gaps)),
    EncryptedActivity((ActivityRecord, String)),
}

/// The beginning of a frame that holds a part of a part: its bytes follow. The slices of a part are in their order.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Slice {
    /// The execution that the part is of; 0: nobody's.
    owner: u64,
    /// Which of the parts that are in slices.
    part: u32,
    /// Its place among the slices of the part.
    place: u32,
    /// How many those are.
    of: u32,
}

/// A part in slices, as far as it has been read.
#[derive(Debug)]
struct Sliced {
    owner: u64,
    /// Where the first slice that was read is.
    offset: u64,
    next: u32,
    of: u32,
    bytes: Vec<u8>,
}

impl Slice {
    /// Joins those of its part that were read before it. Behind one that is missing none does.
    fn join(self, sliced: &mut BTreeMap<u32, Sliced>, offset: u64, bytes: &[u8]) {
        let part = sliced.entry(self.part).or_insert_with(|| Sliced {
            owner: self.owner,
            offset,
            next: 0,
            of: self.of,
            bytes: Vec::new(),
        });
        if self.place == part.next {
            part.next += 1;
            part.bytes.extend_from_slice(bytes);
        }
    }
}

impl Sliced {
    /// The part, if all of it was there.
    fn whole(&self) -> Option<Part> {
        let whole = self.next == self.of;
        whole
            .then(|| postcard::from_bytes(&self.bytes).ok())
            .flatten()
    }
}

/// The first byte of a frame of [`Part::Closed`].
const CLOSED: u8 = 4;

/// The executions of a frame of [`Part::Closed`].
pub(super) fn closed_of(frame: &[u8]) -> Option<Vec<(u64, Closed)>> {
    match postcard::from_bytes(frame) {
        Ok(Part::Closed(closed)) => Some(closed),
        Ok(_) | Err(_) => None,
    }
}

/// One frame, to be written: the same shape as [`Part`], borrowed.
#[derive(Debug, Serialize)]
enum PartRef<'a> {
    Head(Head),
    Revision(&'a RevisionText),
    Machine(&'a Machine),
    Live(&'a LiveImage),
    Closed(&'a [(u64, Closed)]),
    Activity(&'a ActivityRecord),
    Stop(&'a (Position, StopImage)),
    Imported(&'a ([u8; 16], ExecutionId)),
    Promised(&'a PromiseImage),
    Slice(Slice),
    Gaps((&'a u64, &'a Gaps)),
    EncryptedActivity((&'a ActivityRecord, &'a str)),
}

impl<'a> PartRef<'a> {
    fn activity(activity: &'a ActivityRecord) -> Self {
        match activity.encryption.as_deref() {
            None => Self::Activity(activity),
            Some(encryption) => Self::EncryptedActivity((activity, encryption)),
        }
    }
}

/// What the rest refers to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Head {
    format: u32,
    segment: u32,
    last_id: u64,
    last_revision: u64,
}

/// The snapshot's file.
pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join("snapshot")
}

impl Snapshot {
    /// Reads the snapshot of a folder; an empty one if there is none. `damaged` is told of each frame that is not what was
    /// written: where, and whose.
    pub(crate) fn read(
        files: &dyn Files,
        dir: &Path,
        mut damaged: impl FnMut(u64, Owner),
    ) -> Result<Self, LogError> {
        let path = path(dir);
        let bytes = match files.read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(source) => return Err(LogError::Io { path, source }),
        };
        let wrong = |offset, what| LogError::Damaged {
            path: path.clone(),
            offset,
            what,
        };
        let Some((header, frames)) = bytes.split_at_checked(HEADER_BYTES) else {
            return Err(wrong(0, "shorter than its header"));
        };
        let format = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
        let mut snapshot = Self::default();
        let mut headed = false;
        let mut unread = Vec::new();
        let mut sliced: BTreeMap<u32, Sliced> = BTreeMap::new();
        let mut told = BTreeSet::new();
        scan_frames(frames, |at, found| {
            let offset = (HEADER_BYTES + at) as u64;
            match found {
                Found::Frame(payload) if payload.first() == Some(&CLOSED) => {
                    // A payload is a part of the file: where it begins in memory says where in the file.
                    let from = payload.as_ptr() as usize - bytes.as_ptr() as usize;
                    unread.push((offset, from..from + payload.len()));
                }
                Found::Frame(payload) => match postcard::take_from_bytes(payload) {
                    Ok((Part::Slice(slice), bytes)) => slice.join(&mut sliced, offset, bytes),
                    Ok((part, _)) => headed |= snapshot.take(part),
                    Err(_) => damaged(offset, Owner::NOBODY),
                },
                Found::Damage { owner, .. } => {
                    told.insert(owner.0);
                    damaged(offset, owner);
                }
                // Only of segments.
                Found::Emptied => {}
            }
        });
        for part in sliced.into_values() {
            match part.whole() {
                Some(whole) => headed |= snapshot.take(whole),
                // What it lacks has been named.
                None if told.contains(&part.owner) => {}
                None => damaged(part.offset, Owner(part.owner)),
            }
        }
        // A damaged header does no harm: the head says the same.
        if headed {
            snapshot.unread = Unread::new(bytes, unread);
            Ok(snapshot)
        } else if &header[..8] == MAGIC && !is_read(format) {
            Err(LogError::format(path, format))
        } else {
            Err(wrong(
                HEADER_BYTES as u64,
                "neither copy of its head can be read",
            ))
        }
    }

    /// Says whether it was the head.
    fn take(&mut self, part: Part) -> bool {
        match part {
            Part::Head(head) if !is_read(head.format) => {}
            Part::Head(head) => {
                self.segment = head.segment;
                self.last_id = head.last_id;
                self.last_revision = head.last_revision;
                return true;
            }
            Part::Revision(revision) => self.revisions.push(revision),
            Part::Machine(machine) => self.machines.push(machine),
            Part::Live(live) => self.live.push(live),
            // Kept back as they are, and put together.
            Part::Closed(_) | Part::Slice(_) => {}
            Part::Activity(activity) => self.activities.push(activity),
            Part::EncryptedActivity((activity, encryption)) => {
                self.activities.push(activity.encrypted(encryption));
            }
            Part::Stop(stop) => self.stops.push(stop),
            Part::Imported(imported) => self.imported.push(imported),
            Part::Promised(promised) => self.promised.push(promised),
            Part::Gaps((id, gaps)) => {
                self.gaps.insert(id, gaps);
            }
        }
        false
    }

    /// The segments that histories of its executions are in.
    pub(crate) fn needed(&self) -> Needed {
        let live = self.live.iter();
        let live = live.map(|live| (live.id, live.first_segment, live.position));
        let closed = self.closed.iter();
        let closed = closed.map(|(id, closed)| (*id, closed.first_segment, closed.position));
        let mut runs = Vec::new();
        for (id, first, position) in live.chain(closed) {
            match self.gaps.get(&id) {
                Some(gaps) => runs.extend(gaps.held(first, position.segment())),
                None => runs.push((first, position.segment())),
            }
        }
        Needed::new(runs)
    }

    /// Replaces the snapshot of a folder: either the old or the new one is there, whole, whatever happens.
    pub(crate) fn write(&self, files: &dyn Files, dir: &Path) -> Result<(), LogError> {
        let path = path(dir);
        let mut frames = self.frames();
        let mut begun = false;
        let mut pieces = std::iter::from_fn(|| {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            if !begun {
                begun = true;
                piece.extend_from_slice(MAGIC);
                piece.extend_from_slice(&FORMAT.to_le_bytes());
                piece.extend_from_slice(&[0; 4]);
            }
            while piece.len() < PIECE_BYTES
                && let Some((owner, frame)) = frames.next()
            {
                push_frame(&mut piece, owner, &frame);
            }
            (!piece.is_empty()).then_some(piece)
        });
        files
            .replace(&path, &mut pieces)
            .map_err(LogError::io(&path))
    }

    /// What the frames hold.
    fn frames(&self) -> impl Iterator<Item = (Owner, Vec<u8>)> {
        let mut sliced = 0;
        self.parts().flat_map(move |(owner, part)| {
            // Writing to memory cannot fail for these types.
            let mut bytes = postcard::to_stdvec(&part).unwrap_or_default();
            let fits = bytes.len() <= MAX_FRAME_BYTES as usize;
            sliced += u32::from(!fits);
            let part = sliced;
            let of = if fits {
                1
            } else {
                bytes.len().div_ceil(SLICE_BYTES)
            };
            (0..of).map(move |place| {
                if fits {
                    return (owner, std::mem::take(&mut bytes));
                }
                let from = place * SLICE_BYTES;
                let to = bytes.len().min(from + SLICE_BYTES);
                let slice = PartRef::Slice(Slice {
                    owner: owner.0,
                    part,
                    place: place as u32,
                    of: of as u32,
                });
                let mut frame = postcard::to_stdvec(&slice).unwrap_or_default();
                frame.extend_from_slice(&bytes[from..to]);
                (owner, frame)
            })
        })
    }

    fn parts(&self) -> impl Iterator<Item = (Owner, PartRef<'_>)> {
        let head = Head {
            format: FORMAT,
            segment: self.segment,
            last_id: self.last_id,
            last_revision: self.last_revision,
        };
        let nobodys = |part| (Owner::NOBODY, part);
        [head, head]
            .into_iter()
            .map(PartRef::Head)
            .chain(self.revisions.iter().map(PartRef::Revision))
            .chain(self.machines.iter().map(PartRef::Machine))
            .chain(self.activities.iter().map(PartRef::activity))
            .chain(self.stops.iter().map(PartRef::Stop))
            .chain(self.imported.iter().map(PartRef::Imported))
            // An execution whose gaps are damaged lacks nothing.
            .chain(self.gaps.iter().map(PartRef::Gaps))
            .map(nobodys)
            .chain(
                self.promised
                    .iter()
                    .map(|promised| (Owner(promised.id), PartRef::Promised(promised))),
            )
            .chain(
                self.live
                    .iter()
                    .map(|live| (Owner(live.id), PartRef::Live(live))),
            )
            .chain(
                self.closed
                    .chunks(CLOSED_PER_FRAME)
                    .map(PartRef::Closed)
                    .map(nobodys),
            )
    }
}
