//! As much RTCP as a two-party leg needs (RFC 3550 section 6): sender reports out, liveness in.

/// What a report says about our own sending and hearing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Report {
    /// Our synchronisation source.
    pub ssrc: u32,
    /// Wall clock, in milliseconds since 1970.
    pub epoch_ms: u64,
    /// RTP timestamp of the same moment.
    pub timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Payload bytes sent.
    pub octets: u32,
    /// The peer, once it was heard.
    pub heard: Option<Heard>,
}

/// Reception of the peer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Heard {
    /// Its synchronisation source.
    pub ssrc: u32,
    /// Highest sequence number, with the cycles in the upper half.
    pub highest: u32,
    /// Packets lost since the beginning.
    pub lost: u32,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
}

/// Seconds between 1900 (NTP) and 1970.
const NTP_OFFSET: u64 = 2_208_988_800;

/// A compound packet: sender report and CNAME.
#[must_use]
pub fn compound(report: &Report) -> Vec<u8> {
    let blocks = u8::from(report.heard.is_some());
    let words = 6 + 6 * u16::from(blocks);
    let mut out = vec![0x80 | blocks, 200];
    out.extend_from_slice(&words.to_be_bytes());
    let ntp = (((report.epoch_ms / 1_000) + NTP_OFFSET) << 32)
        | (((report.epoch_ms % 1_000) << 32) / 1_000);
    out.extend_from_slice(&report.ssrc.to_be_bytes());
    out.extend_from_slice(&ntp.to_be_bytes());
    for word in [report.timestamp, report.packets, report.octets] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    if let Some(heard) = report.heard {
        let lost = heard.lost.min(0x7F_FFFF);
        for word in [heard.ssrc, lost, heard.highest, heard.jitter, 0, 0] {
            out.extend_from_slice(&word.to_be_bytes());
        }
    }
    // SDES with a CNAME of eight characters: 4 + 4 + 2 + 8 + 2 of padding = 20 bytes.
    out.extend_from_slice(&[0x81, 202, 0, 4]);
    out.extend_from_slice(&report.ssrc.to_be_bytes());
    out.extend_from_slice(&[1, 8]);
    out.extend_from_slice(format!("{:08x}", report.ssrc).as_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

/// Whether a datagram is a well-formed compound packet (appendix A.2).
#[must_use]
pub fn valid(mut bytes: &[u8]) -> bool {
    if !matches!(bytes.get(1), Some(200 | 201)) {
        return false;
    }
    while !bytes.is_empty() {
        let Some(head) = bytes.first_chunk::<4>() else {
            return false;
        };
        let length = (usize::from(u16::from_be_bytes([head[2], head[3]])) + 1) * 4;
        if head[0] >> 6 != 2 || bytes.len() < length {
            return false;
        }
        bytes = &bytes[length..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn our_reports_are_well_formed() {
        assert!(valid(&compound(&Report::default())));
        assert!(valid(&compound(&Report {
            heard: Some(Heard::default()),
            ..Report::default()
        })));
        assert!(!valid(&compound(&Report::default())[..20]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = valid(&bytes);
        }
    }
}
