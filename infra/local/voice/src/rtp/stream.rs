//! The two RTP streams of a line, as far as reports tell of them (RFC 3550 section 6.4).

use super::packet::Packet;
use super::rtcp::{Heard, Report};

/// The stream to the phone.
#[derive(Debug)]
pub(super) struct Outgoing {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// Whether sound was sent: its first packet is marked.
    begun: bool,
    packets: u32,
    octets: u32,
}

impl Outgoing {
    /// A stream whose SSRC, first sequence number and timestamp come from `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            ssrc: (seed >> 32) as u32,
            sequence: seed as u16,
            timestamp: (seed >> 16) as u32,
            begun: false,
            packets: 0,
            octets: 0,
        }
    }

    /// Time passes, whether anything is sent or not.
    pub(super) fn pass(&mut self, samples: u32) {
        self.timestamp = self.timestamp.wrapping_add(samples);
    }

    /// Whether anything was sent.
    pub(super) fn has_begun(&self) -> bool {
        self.packets > 0
    }

    /// A packet of sound.
    pub(super) fn sound(&mut self, payload_type: u8, payload: &[u8]) -> Vec<u8> {
        let marker = !std::mem::replace(&mut self.begun, true);
        self.packet(payload_type, marker, self.timestamp, payload)
    }

    /// A packet of an event that began so long ago (RFC 4733 section 2.2: it keeps the timestamp of its beginning).
    pub(super) fn event(
        &mut self,
        payload_type: u8,
        marker: bool,
        began_samples_ago: u32,
        payload: &[u8],
    ) -> Vec<u8> {
        let timestamp = self.timestamp.wrapping_sub(began_samples_ago);
        self.packet(payload_type, marker, timestamp, payload)
    }

    fn packet(
        &mut self,
        payload_type: u8,
        marker: bool,
        timestamp: u32,
        payload: &[u8],
    ) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload.len() as u32);
        let packet = Packet {
            payload_type,
            marker,
            sequence: self.sequence,
            timestamp,
            ssrc: self.ssrc,
            payload,
        };
        let mut bytes = Vec::with_capacity(12 + payload.len());
        packet.write(&mut bytes);
        bytes
    }

    /// A sender report.
    pub(super) fn report(&self, epoch_ms: u64, heard: Option<Heard>) -> Report {
        Report {
            ssrc: self.ssrc,
            epoch_ms,
            timestamp: self.timestamp,
            packets: self.packets,
            octets: self.octets,
            heard,
        }
    }
}

/// The stream from the phone.
#[derive(Debug)]
pub(super) struct Incoming {
    ssrc: u32,
    first: u16,
    highest: u32,
    received: u32,
}

impl Incoming {
    /// A stream of which this is the first packet.
    pub(super) fn begin(packet: &Packet<'_>) -> Self {
        Self {
            ssrc: packet.ssrc,
            first: packet.sequence,
            highest: u32::from(packet.sequence),
            received: 1,
        }
    }

    /// Whether a packet is of this stream.
    pub(super) fn is_of(&self, packet: &Packet<'_>) -> bool {
        self.ssrc == packet.ssrc
    }

    /// Counts one more packet.
    pub(super) fn count(&mut self, packet: &Packet<'_>) {
        let step = packet.sequence.wrapping_sub(self.highest as u16) as i16;
        if step > 0 {
            self.highest = self.highest.wrapping_add(step as u32);
        }
        self.received = self.received.wrapping_add(1);
    }

    /// What a report says of it.
    pub(super) fn heard(&self, jitter: u32) -> Heard {
        let expected = self.highest.wrapping_sub(u32::from(self.first)) + 1;
        Heard {
            ssrc: self.ssrc,
            highest: self.highest,
            lost: expected.saturating_sub(self.received),
            jitter,
        }
    }
}
