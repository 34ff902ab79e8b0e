//! Bytes of segments and frames.
//!
//! Segment header, 16 bytes: `SFNLOG` and two zero bytes, format (u32 LE), number (u32 LE).
//! Frame: length of the payload (u32 LE), offset in this segment up to which everything was durable when the frame was
//! queued (u32 LE), whom it concerns (u64 LE, 0: nobody in particular), CRC-32 of these and the payload (u32 LE), payload.
//! By the second field a frame that was lost after it had been acknowledged is told from the torn end of a write that
//! never was; by the third a damaged frame can be laid at one execution's door.

use super::{FORMAT, MAX_FRAME_BYTES, Owner};

pub(super) const SEGMENT_HEADER_BYTES: usize = 16;
pub(super) const FRAME_HEADER_BYTES: usize = 20;
const MAGIC: &[u8; 8] = b"SFNLOG\0\0";

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
    /// Up to where the segment was durable when the frame was queued.
    pub(super) synced: u32,
    /// Whom it concerns.
    pub(super) owner: Owner,
    crc: u32,
}

pub(super) fn segment_header(segment: u32) -> [u8; SEGMENT_HEADER_BYTES] {
    let mut header = [0; SEGMENT_HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    header[12..].copy_from_slice(&segment.to_le_bytes());
    header
}

/// Format and number of a segment; `None` if this is no segment header.
pub(super) fn read_segment_header(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.get(..SEGMENT_HEADER_BYTES)?;
    (&header[..8] == MAGIC).then_some(())?;
    Some((le32(header, 8)?, le32(header, 12)?))
}

/// Appends a frame.
pub(super) fn push(out: &mut Vec<u8>, synced: u32, owner: Owner, payload: &[u8]) {
    let mut header = Header {
        len: payload.len() as u32,
        synced,
        owner,
        crc: 0,
    };
    header.crc = header.checksum(payload);
    out.extend_from_slice(&header.len.to_le_bytes());
    out.extend_from_slice(&header.synced.to_le_bytes());
    out.extend_from_slice(&header.owner.0.to_le_bytes());
    out.extend_from_slice(&header.crc.to_le_bytes());
    out.extend_from_slice(payload);
}

/// The frame at the start of `bytes`. `None` if it is not whole or does not match its checksum.
pub(super) fn read(bytes: &[u8]) -> Option<Frame<'_>> {
    let header = read_header(bytes)?;
    let payload = bytes.get(FRAME_HEADER_BYTES..FRAME_HEADER_BYTES + header.len as usize)?;
    header.fits(payload).then_some(Frame { header, payload })
}

/// The header at the start of `bytes`. `None` if it names a length that no frame has.
pub(super) fn read_header(bytes: &[u8]) -> Option<Header> {
    let header = Header {
        len: le32(bytes, 0)?,
        synced: le32(bytes, 4)?,
        owner: Owner(u64::from(le32(bytes, 8)?) | u64::from(le32(bytes, 12)?) << 32),
        crc: le32(bytes, 16)?,
    };
    (header.len <= MAX_FRAME_BYTES).then_some(header)
}

impl Header {
    /// Is this the payload that the header was written for?
    pub(super) fn fits(&self, payload: &[u8]) -> bool {
        self.checksum(payload) == self.crc
    }

    fn checksum(&self, payload: &[u8]) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.len.to_le_bytes());
        hasher.update(&self.synced.to_le_bytes());
        hasher.update(&self.owner.0.to_le_bytes());
        hasher.update(payload);
        hasher.finalize()
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
        push(&mut bytes, 99, Owner(7 << 33), b"payload");
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
        }
        assert_eq!(read(&[0; 64]), None, "zeros are no frame");
    }
}
