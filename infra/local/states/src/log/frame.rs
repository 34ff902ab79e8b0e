//! Bytes of segments and frames.
//!
//! Segment header, 16 bytes: `SFNLOG` and two zero bytes, format (u32 LE), number (u32 LE).
//! Frame: length of the payload (u32 LE), CRC-32 of length and payload (u32 LE), payload.

use super::{FORMAT, MAX_FRAME_BYTES};

pub(super) const SEGMENT_HEADER_BYTES: usize = 16;
pub(super) const FRAME_HEADER_BYTES: usize = 8;
const MAGIC: &[u8; 8] = b"SFNLOG\0\0";

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
    Some((le32(&header[8..12])?, le32(&header[12..16])?))
}

/// Appends a frame.
pub(super) fn push(out: &mut Vec<u8>, payload: &[u8]) {
    let len = payload.len() as u32;
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&checksum(len, payload).to_le_bytes());
    out.extend_from_slice(payload);
}

/// The frame at the start of `bytes`: its payload. `None` if it is not whole or does not match its checksum.
pub(super) fn read(bytes: &[u8]) -> Option<&[u8]> {
    let len = le32(bytes.get(..4)?)?;
    let crc = le32(bytes.get(4..FRAME_HEADER_BYTES)?)?;
    if len > MAX_FRAME_BYTES {
        return None;
    }
    let payload = bytes.get(FRAME_HEADER_BYTES..FRAME_HEADER_BYTES + len as usize)?;
    (checksum(len, payload) == crc).then_some(payload)
}

/// Length and checksum of a frame header.
pub(super) fn read_header(header: [u8; FRAME_HEADER_BYTES]) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = header;
    (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
}

pub(super) fn checksum(len: u32, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&len.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

fn le32(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_cut_or_flipped_at_any_byte_is_not_read() {
        let mut bytes = Vec::new();
        push(&mut bytes, b"payload");
        assert_eq!(read(&bytes), Some(&b"payload"[..]));
        for at in 0..bytes.len() {
            assert_eq!(read(&bytes[..at]), None, "cut at {at}");
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert_eq!(read(&flipped), None, "flipped at {at}");
        }
    }
}
