//! An adaptive jitter buffer for 8 kHz streams: packets in as they come, 20 ms blocks out as they are due.
//!
//! Samples lie in a ring by their RTP timestamp, so packets of any length, order and number of copies fall into
//! place. The delay follows the jitter (RFC 3550 section 6.4.1) between [`MIN_DELAY_SAMPLES`] and [`MAX_DELAY_SAMPLES`].

use crate::frame::NARROW_SAMPLES;

/// Smallest delay: 40 ms, one block that is due and one in reserve.
pub const MIN_DELAY_SAMPLES: u32 = 320;
/// Largest delay: 200 ms; beyond it people talk over each other.
pub const MAX_DELAY_SAMPLES: u32 = 1_600;

/// One second of samples; a power of two, so that the ring fits the wrapping timestamp.
const RING: usize = 8_192;
/// Blocks without a sample after which the talkspurt is over.
const UNDERRUN_BLOCKS: u32 = 10;
/// Packets in a row that came too late before the play-out is moved.
const LATE_PACKETS: u32 = 3;
/// Blocks over which too much delay is seen before one block is skipped.
const SHRINK_BLOCKS: u32 = 100;
const BLOCK: u32 = NARROW_SAMPLES as u32;

/// What a [`Jitter::pull`] wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulled {
    /// Sound that arrived (a hole inside the block is filled with zeros).
    Audio,
    /// A block that should have come and did not: conceal it.
    Lost,
    /// Nobody is sending, or the play-out has not begun.
    Idle,
}

/// Counters since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Blocks that were missing when they were due.
    pub lost_blocks: u64,
    /// Packets that came after their time.
    pub late_packets: u64,
}

/// The buffer.
pub struct Jitter {
    ring: Box<[i16]>,
    have: Box<[bool]>,
    /// Timestamp of the next sample to play; `None` between talkspurts.
    cursor: Option<u32>,
    /// Timestamp at which the talkspurt's sound begins; before it the play-out waits.
    begins: u32,
    /// Timestamp after the newest sample.
    end: u32,
    /// Interarrival jitter, in sixteenths of a sample.
    jitter_x16: u32,
    transit: Option<i64>,
    underrun_blocks: u32,
    late_in_a_row: u32,
    least_level: u32,
    blocks_seen: u32,
    stats: Stats,
}

impl Default for Jitter {
    fn default() -> Self {
        Self {
            ring: vec![0; RING].into_boxed_slice(),
            have: vec![false; RING].into_boxed_slice(),
            cursor: None,
            begins: 0,
            end: 0,
            jitter_x16: 0,
            transit: None,
            underrun_blocks: 0,
            late_in_a_row: 0,
            least_level: u32::MAX,
            blocks_seen: 0,
            stats: Stats::default(),
        }
    }
}

impl Jitter {
    /// Takes a packet's samples, which begin at `timestamp` and arrived at `arrival_ms` of any steady clock.
    pub fn push(&mut self, timestamp: u32, samples: &[i16], arrival_ms: u64) {
        if samples.is_empty() || samples.len() > RING / 4 {
            return;
        }
        let length = samples.len() as u32;
        self.measure(timestamp, arrival_ms);
        let Some(cursor) = self.cursor else {
            self.begin(timestamp);
            self.store(timestamp, samples);
            return;
        };
        let ahead = timestamp.wrapping_sub(cursor) as i32;
        if ahead + (length as i32) <= 0 && ahead > -(RING as i32) {
            self.stats.late_packets += 1;
            self.late_in_a_row += 1;
            if self.late_in_a_row >= LATE_PACKETS {
                self.begin(timestamp);
                self.store(timestamp, samples);
            }
            return;
        }
        self.late_in_a_row = 0;
        if ahead <= -(RING as i32) || ahead > (RING - RING / 4) as i32 {
            // The sender's clock jumped: a new stream in effect.
            self.transit = None;
            self.begin(timestamp);
        }
        self.store(timestamp, samples);
    }

    /// Writes the block that is due.
    pub fn pull(&mut self, out: &mut [i16; NARROW_SAMPLES]) -> Pulled {
        out.fill(0);
        let Some(cursor) = self.cursor else {
            return Pulled::Idle;
        };
        let mut found = 0;
        for (at, sample) in out.iter_mut().enumerate() {
            let slot = slot(cursor.wrapping_add(at as u32));
            if std::mem::take(&mut self.have[slot]) {
                *sample = self.ring[slot];
                found += 1;
            }
        }
        let next = cursor.wrapping_add(BLOCK);
        self.cursor = Some(next);
        if found > 0 {
            self.underrun_blocks = 0;
            self.shrink(next);
            return Pulled::Audio;
        }
        if (cursor.wrapping_sub(self.begins) as i32) < 0 {
            return Pulled::Idle;
        }
        self.underrun_blocks += 1;
        if self.underrun_blocks >= UNDERRUN_BLOCKS {
            self.cursor = None;
            return Pulled::Idle;
        }
        self.stats.lost_blocks += 1;
        Pulled::Lost
    }

    /// Forgets the stream (a new source), keeping the counters.
    pub fn reset(&mut self) {
        self.have.fill(false);
        self.cursor = None;
        self.transit = None;
        self.jitter_x16 = 0;
        self.late_in_a_row = 0;
    }

    /// The delay that the jitter asks for now, in samples.
    #[must_use]
    pub fn target_samples(&self) -> u32 {
        // Three times the mean deviation covers nearly every packet; whole blocks.
        let wanted = BLOCK + 3 * (self.jitter_x16 / 16);
        wanted
            .next_multiple_of(BLOCK)
            .clamp(MIN_DELAY_SAMPLES, MAX_DELAY_SAMPLES)
    }

    /// Interarrival jitter in timestamp units, as a receiver report gives it.
    #[must_use]
    pub fn jitter_samples(&self) -> u32 {
        self.jitter_x16 / 16
    }

    /// Counters since the beginning.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    fn measure(&mut self, timestamp: u32, arrival_ms: u64) {
        let transit = (arrival_ms as i64)
            .wrapping_mul(8)
            .wrapping_sub(i64::from(timestamp));
        if let Some(before) = self.transit {
            let deviation = (transit - before).unsigned_abs();
            // A jump of more than a second is no jitter (a pause, a new clock).
            if deviation < 8_000 {
                let deviation = deviation as u32;
                self.jitter_x16 = self.jitter_x16 + deviation - ((self.jitter_x16 + 8) >> 4);
            }
        }
        self.transit = Some(transit);
    }

    fn begin(&mut self, timestamp: u32) {
        self.have.fill(false);
        self.begins = timestamp;
        self.end = timestamp;
        self.cursor = Some(timestamp.wrapping_sub(self.target_samples() - BLOCK));
        self.underrun_blocks = 0;
        self.late_in_a_row = 0;
        self.least_level = u32::MAX;
        self.blocks_seen = 0;
    }

    fn store(&mut self, timestamp: u32, samples: &[i16]) {
        let Some(cursor) = self.cursor else { return };
        for (at, sample) in samples.iter().enumerate() {
            let when = timestamp.wrapping_add(at as u32);
            if (when.wrapping_sub(cursor) as i32) < 0 {
                continue;
            }
            self.ring[slot(when)] = *sample;
            self.have[slot(when)] = true;
        }
        let end = timestamp.wrapping_add(samples.len() as u32);
        if (end.wrapping_sub(self.end) as i32) > 0 {
            self.end = end;
        }
        if (timestamp.wrapping_sub(self.begins) as i32) < 0 {
            self.begins = timestamp;
        }
    }

    /// Skips one block when more was waiting than the jitter asks for, during a whole window.
    fn shrink(&mut self, cursor: u32) {
        let level = self.end.wrapping_sub(cursor) as i32;
        self.least_level = self.least_level.min(level.max(0) as u32);
        self.blocks_seen += 1;
        if self.blocks_seen < SHRINK_BLOCKS {
            return;
        }
        if self.least_level >= self.target_samples() + BLOCK {
            for at in 0..BLOCK {
                self.have[slot(cursor.wrapping_add(at))] = false;
            }
            self.cursor = Some(cursor.wrapping_add(BLOCK));
        }
        self.blocks_seen = 0;
        self.least_level = u32::MAX;
    }
}

fn slot(timestamp: u32) -> usize {
    timestamp as usize & (RING - 1)
}

impl std::fmt::Debug for Jitter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jitter")
            .field("cursor", &self.cursor)
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(number: u32) -> [i16; 160] {
        std::array::from_fn(|at| ((number * 160 + at as u32) % 30_000) as i16 + 1)
    }

    /// Plays `arrivals` (packet number, arrival in ms), pulling every 20 ms; returns what was heard.
    fn play(mut arrivals: Vec<(u32, u64)>, first_timestamp: u32, pulls: u64) -> (Vec<i16>, Stats) {
        arrivals.sort_by_key(|(_, at)| *at);
        let mut jitter = Jitter::default();
        let mut heard = Vec::new();
        let mut next = 0;
        for pull in 0..pulls {
            let now = pull * 20;
            while next < arrivals.len() && arrivals[next].1 <= now {
                let (number, at) = arrivals[next];
                jitter.push(
                    first_timestamp.wrapping_add(number * 160),
                    &block(number),
                    at,
                );
                next += 1;
            }
            let mut out = [0; 160];
            match jitter.pull(&mut out) {
                Pulled::Audio => heard.extend_from_slice(&out),
                Pulled::Lost | Pulled::Idle => {}
            }
        }
        (heard, jitter.stats())
    }

    proptest! {
        #[test]
        fn within_the_delay_nothing_is_lost_reordered_or_doubled(
            first in any::<u32>(),
            delays in proptest::collection::vec((0u64..18, any::<bool>()), 20..80),
        ) {
            let mut arrivals = Vec::new();
            for (number, (delay, twice)) in delays.iter().enumerate() {
                arrivals.push((number as u32, number as u64 * 20 + delay));
                if *twice {
                    arrivals.push((number as u32, number as u64 * 20 + delay + 1));
                }
            }
            let wanted: Vec<i16> = (0..delays.len() as u32).flat_map(block).collect();
            let (heard, stats) = play(arrivals, first, delays.len() as u64 + 20);
            prop_assert_eq!(stats.lost_blocks, 9, "only the end of the stream is an underrun");
            prop_assert_eq!(heard, wanted);
        }

        #[test]
        fn any_packets_are_taken_and_the_delay_stays_in_bounds(
            packets in proptest::collection::vec((any::<u32>(), 0usize..400, any::<u16>()), 0..200),
        ) {
            let mut jitter = Jitter::default();
            let mut out = [0; 160];
            for (timestamp, length, at) in packets {
                jitter.push(timestamp, &vec![1; length], u64::from(at));
                jitter.pull(&mut out);
                let delay = jitter.target_samples();
                prop_assert!((MIN_DELAY_SAMPLES..=MAX_DELAY_SAMPLES).contains(&delay));
            }
        }
    }

    #[test]
    fn a_missing_packet_is_reported_lost_once() {
        let arrivals = (0..30)
            .filter(|n| *n != 10)
            .map(|n| (n, u64::from(n) * 20))
            .collect();
        let (heard, stats) = play(arrivals, 5, 31);
        assert_eq!(stats.lost_blocks, 1);
        assert_eq!(heard.len(), 29 * 160);
    }

    #[test]
    fn a_new_clock_of_the_sender_is_followed() {
        let mut jitter = Jitter::default();
        let mut out = [0; 160];
        for n in 0..50u32 {
            jitter.push(n * 160, &block(n), u64::from(n) * 20);
            jitter.pull(&mut out);
        }
        let mut heard = 0;
        for n in 0..50u32 {
            jitter.push(
                3_000_000_000u32.wrapping_add(n * 160),
                &block(n),
                1_000 + u64::from(n) * 20,
            );
            heard += usize::from(jitter.pull(&mut out) == Pulled::Audio);
        }
        assert!(heard >= 48, "{heard}");
    }

    #[test]
    fn a_burst_that_built_up_delay_is_worked_off() {
        let mut jitter = Jitter::default();
        let mut out = [0; 160];
        // 300 ms arrive at once, then the stream is steady.
        for n in 0..15u32 {
            jitter.push(n * 160, &block(n), 0);
        }
        let mut played = 0u32;
        for n in 15..2_000u32 {
            jitter.push(n * 160, &block(n), u64::from(n) * 20);
            played += u32::from(jitter.pull(&mut out) == Pulled::Audio);
        }
        assert!(jitter.end.wrapping_sub(jitter.cursor.unwrap()) <= 3 * 160 + MIN_DELAY_SAMPLES);
        assert!(played > 1_900);
    }
}
