//! Bytes of segments and frames.
//!
//! Segment header, 20 bytes: `SFNLOG` and two zero bytes, format (u32 LE), number (u32 LE), CRC-32 of these (u32 LE; since
//! format 3).
//! Frame: length of the payload (u32 LE), offset in this segment up to which everything was durable when the frame was
//! written (u32 LE), whom it concerns (u64 LE, 0: nobody in particular), CRC-32 of the payload (u32 LE), CRC-32 of the
//! header so far (u32 LE), payload.
//! By the second field a frame that was lost after it had been acknowledged is told from the torn end of a write that
//! never was; by the third a damaged frame can be laid at one execution's door. The header is checked by itself, so what
//! it says holds although the payload is damaged.

use super::{FORMAT, MAX_FRAME_BYTES, Owner};

pub(crate) const SEGMENT_HEADER_BYTES: usize = 20;
pub(crate) const FRAME_HEADER_BYTES: usize = 24;
/// What of the two headers their own checksums are of.
const SEGMENT_CHECKED_BYTES: usize = SEGMENT_HEADER_BYTES - 4;
const FRAME_CHECKED_BYTES: usize = FRAME_HEADER_BYTES - 4;
const MAGIC: &[u8; 8] = b"SFNLOG\0\0";
/// The first format whose segment headers have a checksum.
const FIRST_CHECKED: u32 = 3;

/// A frame, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// Its header.
    pub(super) header: Header,
    /// What it holds.
    pub(super) payload: &'a [u8],
}

/// A frame's header, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Bytes of the payload.
    pub(super) len: u32,
    /// Up to where the segment was durable when the frame was written.
    pub(super) synced: u32,
    /// Whom it concerns.
    pub(super) owner: Owner,
    crc: u32,
}

pub(super) fn segment_header(segment: u32) -> [u8; SEGMENT_HEADER_BYTES] {
    header_of(FORMAT, segment)
}

fn header_of(format: u32, segment: u32) -> [u8; SEGMENT_HEADER_BYTES] {
    let mut header = [0; SEGMENT_HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&format.to_le_bytes());
    header[12..16].copy_from_slice(&segment.to_le_bytes());
    let crc = crc32fast::hash(&header[..SEGMENT_CHECKED_BYTES]);
    header[SEGMENT_CHECKED_BYTES..].copy_from_slice(&crc.to_le_bytes());
    header
}

/// Format and number of a segment; `None` if this is no segment header, or a damaged one.
pub(super) fn read_segment_header(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.get(..SEGMENT_CHECKED_BYTES)?;
    (&header[..8] == MAGIC).then_some(())?;
    let (format, segment) = (le32(header, 8)?, le32(header, 12)?);
    let crc = le32(bytes, SEGMENT_CHECKED_BYTES);
    if crc == Some(crc32fast::hash(header)) {
        return Some((format, segment));
    }
    // An older header has no checksum. One that would be right in a format that has one is of that, with a flipped bit.
    let flipped = (FIRST_CHECKED..=FORMAT)
        .any(|checked| crc == le32(&header_of(checked, segment), SEGMENT_CHECKED_BYTES));
    (format < FIRST_CHECKED && !flipped).then_some((format, segment))
}

/// Appends a frame that says of nothing that it is durable. One longer than [`MAX_FRAME_BYTES`] would not be read.
pub(super) fn push(out: &mut Vec<u8>, owner: Owner, payload: &[u8]) {
    debug_assert!(payload.len() <= MAX_FRAME_BYTES as usize);
    let start = out.len();
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.extend_from_slice(&0_u32.to_le_bytes());
    out.extend_from_slice(&owner.0.to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    let crc = crc32fast::hash(&out[start..]);
    out.extend_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(payload);
}

/// Says in each of these frames that their segment is durable up to `synced`.
pub(super) fn stamp(frames: &mut [u8], synced: u32) {
    let mut at = 0;
    while let Some(header) = frames.get_mut(at..at + FRAME_HEADER_BYTES) {
        header[4..8].copy_from_slice(&synced.to_le_bytes());
        let crc = crc32fast::hash(&header[..FRAME_CHECKED_BYTES]);
        header[FRAME_CHECKED_BYTES..].copy_from_slice(&crc.to_le_bytes());
        at += FRAME_HEADER_BYTES + le32(header, 0).unwrap_or_default() as usize;
    }
}

/// The frame at the start of `bytes`. `None` if it is not whole or does not match its checksums.
pub(super) fn read(bytes: &[u8]) -> Option<Frame<'_>> {
    let header = read_header(bytes)?;
    let payload = bytes.get(FRAME_HEADER_BYTES..header.frame_bytes())?;
    header.fits(payload).then_some(Frame { header, payload })
}

/// The header at the start of `bytes`. `None` if it does not match its checksum.
pub(super) fn read_header(bytes: &[u8]) -> Option<Header> {
    let header = Header {
        len: le32(bytes, 0)?,
        synced: le32(bytes, 4)?,
        owner: Owner(u64::from(le32(bytes, 8)?) | u64::from(le32(bytes, 12)?) << 32),
        crc: le32(bytes, 16)?,
    };
    let right = header.len <= MAX_FRAME_BYTES
        && le32(bytes, FRAME_CHECKED_BYTES)? == crc32fast::hash(&bytes[..FRAME_CHECKED_BYTES]);
    right.then_some(header)
}

impl Header {
    /// Is this the payload that the header was written for?
    pub(super) fn fits(&self, payload: &[u8]) -> bool {
        crc32fast::hash(payload) == self.crc
    }

    /// Bytes of the frame.
    pub(super) fn frame_bytes(&self) -> usize {
        FRAME_HEADER_BYTES + self.len as usize
    }
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_cut_or_flipped_at_any_byte_is_not_read() {
        let mut bytes = Vec::new();
        push(&mut bytes, Owner(7 << 33), b"payload");
        stamp(&mut bytes, 99);
        let frame = read(&bytes).expect("a frame");
        assert_eq!(frame.payload, b"payload");
        assert_eq!(
            (frame.header.synced, frame.header.owner),
            (99, Owner(7 << 33))
        );
        for at in 0..bytes.len() {
            assert_eq!(read(&bytes[..at]), None, "cut at {at}");
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert_eq!(read(&flipped), None, "flipped at {at}");
            let header = read_header(&flipped);
            if at < FRAME_HEADER_BYTES {
                assert_eq!(header, None, "a flip at {at} says nothing wrong");
            } else {
                assert_eq!(header.map(|h| h.owner), Some(Owner(7 << 33)));
            }
        }
        assert_eq!(read(&[0; 64]), None, "zeros are no frame");
    }

    #[test]
    fn what_is_durable_is_said_in_every_frame_and_changes_nothing_else() {
        let frames: [(u64, &[u8]); 3] = [(1, b"one"), (0, b""), (2, b"two")];
        let mut bytes = Vec::new();
        for (owner, payload) in frames {
            push(&mut bytes, Owner(owner), payload);
        }
        stamp(&mut bytes, 99);
        let mut at = 0;
        for (owner, payload) in frames {
            let frame = read(&bytes[at..]).expect("a frame");
            let header = frame.header;
            assert_eq!((header.synced, header.owner), (99, Owner(owner)));
            assert_eq!(frame.payload, payload);
            at += header.frame_bytes();
        }
        assert_eq!(at, bytes.len());
    }

    #[test]
    fn a_flipped_bit_in_a_segments_header_makes_no_other_format_of_it() {
        let header = segment_header(7);
        for format in FIRST_CHECKED..=FORMAT {
            let header = header_of(format, 7);
            assert_eq!(read_segment_header(&header), Some((format, 7)));
            for bit in 0..header.len() * 8 {
                let mut flipped = header;
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(read_segment_header(&flipped), None, "{format}, bit {bit}");
            }
        }
        let mut old = header[..SEGMENT_CHECKED_BYTES].to_vec();
        old[8] = 2;
        assert_eq!(read_segment_header(&old), Some((2, 7)));
    }
}
