//! RTP packets (RFC 3550 section 5.1).

/// A received packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Payload type.
    pub payload_type: u8,
    /// Marker bit.
    pub marker: bool,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Payload, without padding.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a datagram; `None` when it is no valid RTP.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (head, mut rest) = bytes.split_first_chunk::<12>()?;
        if head[0] >> 6 != 2 {
            return None;
        }
        rest = rest.get(usize::from(head[0] & 0x0F) * 4..)?;
        if head[0] & 0x10 != 0 {
            let (extension, after) = rest.split_first_chunk::<4>()?;
            rest =
                after.get(usize::from(u16::from_be_bytes([extension[2], extension[3]])) * 4..)?;
        }
        if head[0] & 0x20 != 0 {
            let padding = usize::from(*rest.last()?);
            if padding == 0 {
                return None;
            }
            rest = rest.get(..rest.len().checked_sub(padding)?)?;
        }
        Some(Self {
            payload_type: head[1] & 0x7F,
            marker: head[1] & 0x80 != 0,
            sequence: u16::from_be_bytes([head[2], head[3]]),
            timestamp: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
            ssrc: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
            payload: rest,
        })
    }

    /// Appends the wire form to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[0x80, (u8::from(self.marker) << 7) | self.payload_type]);
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        out.extend_from_slice(self.payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn padding_and_extension_are_taken_off() {
        let mut bytes = vec![
            0xB0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xBE, 0xDE, 0, 1, 9, 9, 9, 9,
        ];
        bytes.extend([1, 2, 3, 0, 0, 3]);
        assert_eq!(Packet::parse(&bytes).unwrap().payload, [1, 2, 3]);
        *bytes.last_mut().unwrap() = 200;
        assert_eq!(Packet::parse(&bytes), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Packet::parse(&bytes);
        }

        #[test]
        fn what_is_written_reads_back(
            pt in 0u8..128, marker in any::<bool>(), sequence in any::<u16>(), timestamp in any::<u32>(),
            ssrc in any::<u32>(), payload in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let packet = Packet { payload_type: pt, marker, sequence, timestamp, ssrc, payload: &payload };
            let mut bytes = Vec::new();
            packet.write(&mut bytes);
            prop_assert_eq!(Packet::parse(&bytes), Some(packet));
        }
    }
}
