//! The audio of one phone leg, without sockets: datagrams in, 20 ms blocks out; blocks in, datagrams out.

use super::packet::Packet;
use super::rtcp;
use super::source::SourceLock;
use super::stream::{Incoming, Outgoing};
use crate::sdp::{Audio, Direction, payload_type};
use media::NARROW_SAMPLES;
use media::comfort::Concealer;
use media::g711::Law;
use media::jitter::{Jitter, Pulled};
use media::telephone_event::{Receiver, Sender, Tick};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// One 20 ms block at 8 kHz.
pub type Block = [i16; NARROW_SAMPLES];

/// Between sender reports, in milliseconds.
const REPORT_MS: u64 = 5_000;
/// Silence between two sent digits, in milliseconds.
const DIGIT_GAP_MS: u64 = 60;
/// Most packets of one 20 ms that are looked at: a legitimate peer has one or two, a flood is cut.
const MAX_PACKETS_PER_TICK: u32 = 16;
/// Most events that wait to be fetched.
const MAX_EVENTS: usize = 64;

/// Something that happened on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEvent {
    /// The phone sent a digit.
    Digit(char),
    /// Playing or sending digits is done.
    Done(u32),
    /// Neither RTP nor RTCP came for too long.
    Silent,
}

/// A datagram to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// Whereto.
    pub to: SocketAddr,
    /// What.
    pub bytes: Vec<u8>,
}

struct Playback {
    work: u32,
    samples: Arc<[i16]>,
    at: usize,
    repeats_left: u32,
}

/// The line.
pub struct Line {
    law: Law,
    events: Option<u8>,
    direction: Direction,
    lock: SourceLock,
    jitter: Jitter,
    concealer: Concealer,
    digits_in: Receiver,
    playback: Option<Playback>,
    digits_out: Option<(u32, Sender)>,
    outgoing: Outgoing,
    incoming: Option<Incoming>,
    packets_this_tick: u32,
    heard_ms: u64,
    timeout_ms: u64,
    told_silent: bool,
    report_ms: u64,
    happened: Vec<LineEvent>,
}

impl Line {
    /// A line to a peer that described itself as `audio` and whose SIP came from `signalling`. `seed` makes SSRC,
    /// sequence and timestamp hard to guess. `timeout_ms` of silence end it.
    #[must_use]
    pub fn new(audio: Audio, signalling: IpAddr, seed: u64, timeout_ms: u64, now_ms: u64) -> Self {
        Self {
            law: audio.law,
            events: audio.events,
            direction: audio.direction,
            lock: SourceLock::new(audio.address, signalling),
            jitter: Jitter::default(),
            concealer: Concealer::default(),
            digits_in: Receiver::default(),
            playback: None,
            digits_out: None,
            outgoing: Outgoing::new(seed),
            incoming: None,
            packets_this_tick: 0,
            heard_ms: now_ms,
            timeout_ms,
            told_silent: false,
            report_ms: now_ms,
            happened: Vec::new(),
        }
    }

    /// A new description of the peer (re-INVITE): hold, another address or law.
    pub fn describe(&mut self, audio: Audio, now_ms: u64) {
        self.law = audio.law;
        self.events = audio.events;
        self.direction = audio.direction;
        self.lock.describe(audio.address);
        self.heard_ms = now_ms;
    }

    /// Takes a datagram from the RTP port.
    pub fn received(&mut self, from: SocketAddr, bytes: &[u8], now_ms: u64) {
        let Some(packet) = Packet::parse(bytes) else {
            return;
        };
        let events = Some(packet.payload_type) == self.events;
        let law = match packet.payload_type {
            0 => Some(Law::Mu),
            8 => Some(Law::A),
            _ => None,
        };
        // What the description does not name is not this call's; 13 is comfort noise, which only shows life.
        if (law.is_none() && !events && packet.payload_type != 13) || !self.lock.accepts(from) {
            return;
        }
        // Counted only now: a stranger's flood must not use up the phone's share.
        self.packets_this_tick += 1;
        if self.packets_this_tick > MAX_PACKETS_PER_TICK {
            return;
        }
        self.heard_ms = now_ms;
        self.told_silent = false;
        self.follow(&packet);
        if events {
            if let Some(digit) = self.digits_in.push(packet.timestamp, packet.payload) {
                self.happen(LineEvent::Digit(digit));
            }
        } else if let Some(law) = law {
            let mut samples = Vec::with_capacity(packet.payload.len());
            law.decode_into(packet.payload, &mut samples);
            self.jitter.push(packet.timestamp, &samples, now_ms);
        }
    }

    /// Takes a datagram from the RTCP port.
    pub fn received_rtcp(&mut self, from: SocketAddr, bytes: &[u8], now_ms: u64) {
        if self.lock.same_host(from) && rtcp::valid(bytes) {
            self.heard_ms = now_ms;
            self.told_silent = false;
        }
    }

    /// Writes what the phone says now; false when it is silent. Once in each 20 ms.
    pub fn pull(&mut self, out: &mut Block) -> bool {
        self.packets_this_tick = 0;
        match self.jitter.pull(out) {
            Pulled::Audio => {
                self.concealer.arrived(out);
                true
            }
            Pulled::Lost => {
                self.concealer.conceal(out);
                true
            }
            Pulled::Idle => false,
        }
    }

    /// Sends the phone the next 20 ms: what it hears of the others, with a prompt on top. Once in each 20 ms.
    pub fn push(&mut self, others: Option<&Block>, now_ms: u64) -> Option<Datagram> {
        self.outgoing.pass(NARROW_SAMPLES as u32);
        self.watch(now_ms);
        let mut block = others.copied().unwrap_or([0; NARROW_SAMPLES]);
        self.mix_prompt(&mut block);
        if matches!(self.direction, Direction::SendOnly | Direction::Inactive)
            || self.lock.target().port() == 0
        {
            // On hold: time goes on (prompts end), nothing is sent.
            self.skip_digits();
            return None;
        }
        if let Some(datagram) = self.digit_packet() {
            return Some(datagram);
        }
        let mut payload = Vec::with_capacity(NARROW_SAMPLES);
        self.law.encode_into(&block, &mut payload);
        let bytes = self.outgoing.sound(payload_type(self.law), &payload);
        Some(self.datagram(bytes))
    }

    /// A report to the peer, when one is due.
    pub fn report(&mut self, epoch_ms: u64, now_ms: u64) -> Option<Datagram> {
        if now_ms.saturating_sub(self.report_ms) < REPORT_MS || !self.outgoing.has_begun() {
            return None;
        }
        self.report_ms = now_ms;
        let jitter = self.jitter.jitter_samples();
        let heard = self.incoming.as_ref().map(|peer| peer.heard(jitter));
        let report = self.outgoing.report(epoch_ms, heard);
        Some(Datagram {
            to: self.lock.rtcp_target(),
            bytes: rtcp::compound(&report),
        })
    }

    /// Begins to play `samples` (8 kHz), `repeat` times.
    pub fn play(&mut self, work: u32, samples: Arc<[i16]>, repeat: u32) {
        self.playback = Some(Playback {
            work,
            samples,
            at: 0,
            repeats_left: repeat.max(1),
        });
    }

    /// Begins to send digits; false when they are none.
    pub fn send_digits(&mut self, work: u32, digits: &str, tone_ms: u64) -> bool {
        match Sender::new(digits, tone_ms, DIGIT_GAP_MS) {
            Ok(sender) if self.events.is_some() => {
                self.digits_out = Some((work, sender));
                true
            }
            _ => false,
        }
    }

    /// Stops a task without telling.
    pub fn stop(&mut self, work: u32) {
        self.playback.take_if(|p| p.work == work);
        self.digits_out.take_if(|(w, _)| *w == work);
    }

    /// Takes what happened.
    pub fn take_events(&mut self) -> Vec<LineEvent> {
        std::mem::take(&mut self.happened)
    }

    fn happen(&mut self, event: LineEvent) {
        if self.happened.len() < MAX_EVENTS || !matches!(event, LineEvent::Digit(_)) {
            self.happened.push(event);
        }
    }

    fn watch(&mut self, now_ms: u64) {
        if self.direction == Direction::Inactive || self.direction == Direction::RecvOnly {
            // The phone has said that it sends nothing.
            self.heard_ms = now_ms;
        }
        if !self.told_silent && now_ms.saturating_sub(self.heard_ms) >= self.timeout_ms {
            self.told_silent = true;
            self.happen(LineEvent::Silent);
        }
    }

    fn follow(&mut self, packet: &Packet<'_>) {
        match &mut self.incoming {
            Some(peer) if peer.is_of(packet) => peer.count(packet),
            Some(_) | None => {
                self.incoming = Some(Incoming::begin(packet));
                self.jitter.reset();
                self.digits_in.reset();
            }
        }
    }

    fn mix_prompt(&mut self, block: &mut Block) {
        let Some(playback) = &mut self.playback else {
            return;
        };
        for sample in block.iter_mut() {
            if playback.at >= playback.samples.len() {
                playback.repeats_left -= 1;
                playback.at = 0;
                if playback.repeats_left == 0 || playback.samples.is_empty() {
                    let work = playback.work;
                    self.playback = None;
                    self.happen(LineEvent::Done(work));
                    return;
                }
            }
            *sample = sample.saturating_add(playback.samples[playback.at]);
            playback.at += 1;
        }
    }

    fn digit_packet(&mut self) -> Option<Datagram> {
        let (work, sender) = self.digits_out.as_mut()?;
        let work = *work;
        match sender.tick() {
            Tick::Packet {
                marker,
                began_samples_ago,
                event,
            } => {
                let payload_type = self.events?;
                let bytes = event.to_bytes();
                let bytes = self
                    .outgoing
                    .event(payload_type, marker, began_samples_ago, &bytes);
                Some(self.datagram(bytes))
            }
            // The gap is sent as sound, so that the stream goes on.
            Tick::Gap => None,
            Tick::Done => {
                self.digits_out = None;
                self.happen(LineEvent::Done(work));
                None
            }
        }
    }

    fn skip_digits(&mut self) {
        if let Some((work, sender)) = &mut self.digits_out
            && sender.tick() == Tick::Done
        {
            let work = *work;
            self.digits_out = None;
            self.happen(LineEvent::Done(work));
        }
    }

    fn datagram(&self, bytes: Vec<u8>) -> Datagram {
        Datagram {
            to: self.lock.target(),
            bytes,
        }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line")
            .field("law", &self.law)
            .field("direction", &self.direction)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::tone::Tone;
    use proptest::prelude::*;

    const PHONE: &str = "127.0.0.1:4000";

    fn line(events: Option<u8>) -> Line {
        let audio = Audio {
            address: PHONE.parse().unwrap(),
            law: Law::A,
            events,
            direction: Direction::SendRecv,
        };
        Line::new(audio, "127.0.0.1".parse().unwrap(), 42 << 32, 20_000, 0)
    }

    fn rtp(sequence: u16, payload_type: u8, payload: &[u8]) -> Vec<u8> {
        let timestamp = u32::from(sequence) * 160;
        let mut bytes = Vec::new();
        Packet {
            payload_type,
            marker: false,
            sequence,
            timestamp,
            ssrc: 7,
            payload,
        }
        .write(&mut bytes);
        bytes
    }

    #[test]
    fn two_lines_carry_a_tone() {
        let (mut a, mut b) = (line(None), line(None));
        let mut tone = Tone::new(&[1_000.0], 10_000.0, 8_000);
        let mut heard = Vec::new();
        for tick in 0..100u64 {
            let mut block = [0; NARROW_SAMPLES];
            tone.fill(&mut block);
            let datagram = a.push(Some(&block), tick * 20).unwrap();
            b.received(PHONE.parse().unwrap(), &datagram.bytes, tick * 20);
            if b.pull(&mut block) {
                heard.extend_from_slice(&block);
            }
        }
        assert!(heard.len() > 90 * 160);
        assert!(media::goertzel::share(&heard[320..8_320], 1_000.0, 8_000) > 0.99);
    }

    #[test]
    fn digits_go_out_and_come_in_once() {
        let (mut a, mut b) = (line(Some(101)), line(Some(101)));
        assert!(a.send_digits(9, "12#", 100));
        let mut digits = String::new();
        let mut done = false;
        for tick in 0..60u64 {
            let datagram = a.push(None, tick * 20).unwrap();
            b.received(PHONE.parse().unwrap(), &datagram.bytes, tick * 20);
            b.pull(&mut [0; NARROW_SAMPLES]);
            digits.extend(b.take_events().iter().filter_map(|e| {
                if let LineEvent::Digit(d) = e {
                    Some(*d)
                } else {
                    None
                }
            }));
            done |= a.take_events().contains(&LineEvent::Done(9));
        }
        assert_eq!(digits, "12#");
        assert!(done);
    }

    #[test]
    fn a_prompt_is_heard_to_its_end_as_often_as_asked() {
        let mut line = line(None);
        line.play(3, Arc::from(vec![1_000i16; 400]), 2);
        let done = (0..20u64).find(|tick| {
            line.push(None, tick * 20);
            line.take_events().contains(&LineEvent::Done(3))
        });
        assert_eq!(
            done,
            Some(5),
            "800 samples end in the sixth block: the end is noticed there"
        );
    }

    #[test]
    fn silence_is_told_once_and_not_on_hold() {
        let mut line = line(None);
        let silent = |line: &mut Line, from: u64, to: u64| {
            (from..to)
                .filter(|tick| {
                    line.push(None, tick * 20);
                    line.take_events().contains(&LineEvent::Silent)
                })
                .count()
        };
        assert_eq!(silent(&mut line, 0, 999), 0);
        assert_eq!(silent(&mut line, 999, 3_000), 1);
        line.received(PHONE.parse().unwrap(), &rtp(1, 8, &[0xD5; 160]), 60_000);
        let hold = Audio {
            address: PHONE.parse().unwrap(),
            law: Law::A,
            events: None,
            direction: Direction::Inactive,
        };
        line.describe(hold, 60_000);
        assert_eq!(silent(&mut line, 3_000, 9_000), 0);
        assert!(
            line.push(None, 180_000).is_none(),
            "nothing is sent to a phone that put us on hold"
        );
    }

    #[test]
    fn sendonly_hold_without_rtp_still_times_out_but_keeps_the_call_with_rtcp() {
        let mut line = line(None);
        for second in 0..100u64 {
            line.received_rtcp(
                "127.0.0.1:4001".parse().unwrap(),
                &rtcp::compound(&rtcp::Report::default()),
                second * 1_000,
            );
            line.push(None, second * 1_000 + 500);
        }
        assert!(!line.take_events().contains(&LineEvent::Silent));
    }

    proptest! {
        #[test]
        fn a_flood_from_anywhere_changes_nothing_for_the_phone(
            flood in proptest::collection::vec((1u8..255, proptest::collection::vec(any::<u8>(), 0..40)), 0..400),
        ) {
            let mut line = line(Some(101));
            line.received(PHONE.parse().unwrap(), &rtp(0, 8, &[0x2A; 160]), 0);
            for (host, bytes) in flood {
                line.received(SocketAddr::from(([10, 0, 0, host], 4000)), &bytes, 1);
            }
            let digit = rtp(90, 101, &[7, 0, 0, 160]);
            line.received(PHONE.parse().unwrap(), &digit, 1);
            prop_assert_eq!(line.push(None, 2).unwrap().to, PHONE.parse().unwrap());
            prop_assert_eq!(line.take_events(), [LineEvent::Digit('7')]);
        }
    }
}
