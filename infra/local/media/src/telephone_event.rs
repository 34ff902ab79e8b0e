//! RFC 4733 telephone events: DTMF digits as RTP payload, received and sent.

use crate::frame::{FRAME_MS, NARROW_SAMPLES};

/// The four bytes of an event payload (RFC 4733 section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// 0-9 digits, 10 `*`, 11 `#`, 12-15 `A`-`D`; others are not DTMF.
    pub code: u8,
    /// The E bit: the tone is over.
    pub end: bool,
    /// Power below 0 dBm0, in dB (0..=63).
    pub volume_db: u8,
    /// Length so far, in timestamp units (8 kHz samples).
    pub duration_samples: u16,
}

impl Event {
    /// Reads a payload; `None` when it is shorter than four bytes.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let [code, flags, high, low, ..] = *payload else {
            return None;
        };
        Some(Self {
            code,
            end: flags & 0x80 != 0,
            volume_db: flags & 0x3F,
            duration_samples: u16::from_be_bytes([high, low]),
        })
    }

    /// The payload's four bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 4] {
        let [high, low] = self.duration_samples.to_be_bytes();
        [
            self.code,
            (u8::from(self.end) << 7) | (self.volume_db & 0x3F),
            high,
            low,
        ]
    }
}

const DIGITS: &[u8; 16] = b"0123456789*#ABCD";

/// The digit of an event code (RFC 4733 section 3.2); `None` for codes that are not DTMF.
#[must_use]
pub fn digit_of(code: u8) -> Option<char> {
    DIGITS.get(usize::from(code)).map(|d| char::from(*d))
}

/// The event code of a digit `0`-`9`, `*`, `#`, `A`-`D`.
#[must_use]
pub fn code_of(digit: char) -> Option<u8> {
    DIGITS
        .iter()
        .position(|d| char::from(*d) == digit.to_ascii_uppercase())
        .map(|at| at as u8)
}

/// Makes one digit out of the several packets of an event, whichever of them arrive.
///
/// All packets of an event carry the timestamp of its beginning (section 2.5.1.2), so a digit is new exactly
/// when its timestamp is. A digit is reported at its first packet: a lost end delays nothing.
#[derive(Debug, Default)]
pub struct Receiver {
    last: Option<(u32, u8)>,
}

impl Receiver {
    /// Takes one packet; returns the digit when it begins one.
    pub fn push(&mut self, timestamp: u32, payload: &[u8]) -> Option<char> {
        let event = Event::parse(payload)?;
        let digit = digit_of(event.code)?;
        if let Some((last, code)) = self.last {
            let age = timestamp.wrapping_sub(last) as i32;
            // Same event again, or a packet of an earlier one that was overtaken.
            if (age == 0 && code == event.code) || age < 0 {
                return None;
            }
        }
        self.last = Some((timestamp, event.code));
        Some(digit)
    }

    /// Forgets the stream, for a new source.
    pub fn reset(&mut self) {
        self.last = None;
    }
}

/// Most symbols one [`Sender`] takes (SendDigits' own limit).
pub const MAX_SENT_DIGITS: usize = 50;
/// Pause that a comma stands for, in milliseconds.
const COMMA_MS: u64 = 500;
/// Copies of the last packet of an event (section 2.5.1.4).
const END_COPIES: u32 = 3;

/// What to send in one 20 ms tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// An event packet.
    Packet {
        /// True on the first packet of an event: the RTP marker bit.
        marker: bool,
        /// How far before this tick's own timestamp the event began, in samples: subtract it.
        began_samples_ago: u32,
        /// The payload.
        event: Event,
    },
    /// Nothing: a gap between digits.
    Gap,
    /// Everything has been sent.
    Done,
}

#[derive(Debug, Clone, Copy)]
enum Symbol {
    Digit(u8),
    Comma,
}

/// Sends digits, one 20 ms tick at a time.
#[derive(Debug)]
pub struct Sender {
    symbols: Vec<Symbol>,
    at: usize,
    tick: u32,
    tone_ticks: u32,
    gap_ticks: u32,
}

/// Why digits cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DigitsError {
    /// A symbol other than 0-9, *, #, A-D and comma.
    #[error("digits are 0-9, *, #, A-D and the comma")]
    Symbol,
    /// None, or more than [`MAX_SENT_DIGITS`].
    #[error("between 1 and 50 digits")]
    Count,
}

impl Sender {
    /// A sender of `digits`, each `tone_ms` long with `gap_ms` of silence after it; a comma pauses for half a second.
    ///
    /// # Errors
    /// See [`DigitsError`].
    pub fn new(digits: &str, tone_ms: u64, gap_ms: u64) -> Result<Self, DigitsError> {
        let count = digits.chars().count();
        if count == 0 || count > MAX_SENT_DIGITS {
            return Err(DigitsError::Count);
        }
        let symbols = digits
            .chars()
            .map(|d| {
                if d == ',' {
                    Ok(Symbol::Comma)
                } else {
                    code_of(d).map(Symbol::Digit).ok_or(DigitsError::Symbol)
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        let ticks = |ms: u64| {
            u32::try_from(ms.div_ceil(FRAME_MS))
                .unwrap_or(u32::MAX)
                .max(1)
        };
        Ok(Self {
            symbols,
            at: 0,
            tick: 0,
            tone_ticks: ticks(tone_ms),
            gap_ticks: ticks(gap_ms),
        })
    }

    /// What to send now.
    pub fn tick(&mut self) -> Tick {
        let Some(symbol) = self.symbols.get(self.at).copied() else {
            return Tick::Done;
        };
        let now = self.tick;
        self.tick += 1;
        match symbol {
            Symbol::Comma => {
                if u64::from(self.tick) * FRAME_MS >= COMMA_MS {
                    self.next_symbol();
                }
                Tick::Gap
            }
            Symbol::Digit(code) => {
                let last = self.tone_ticks + END_COPIES - 1;
                if now >= last {
                    if now + 1 >= last + self.gap_ticks {
                        self.next_symbol();
                    }
                    return Tick::Gap;
                }
                let end = now + 1 >= self.tone_ticks;
                let length = (now + 1).min(self.tone_ticks) * NARROW_SAMPLES as u32;
                let duration_samples = u16::try_from(length).unwrap_or(u16::MAX);
                let event = Event {
                    code,
                    end,
                    volume_db: 10,
                    duration_samples,
                };
                Tick::Packet {
                    marker: now == 0,
                    began_samples_ago: now * NARROW_SAMPLES as u32,
                    event,
                }
            }
        }
    }

    fn next_symbol(&mut self) {
        self.at += 1;
        self.tick = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packets(digits: &str, tone_ms: u64, gap_ms: u64) -> Vec<(u32, [u8; 4])> {
        let mut sender = Sender::new(digits, tone_ms, gap_ms).unwrap();
        let mut sent = Vec::new();
        for tick in 0u32.. {
            match sender.tick() {
                Tick::Packet {
                    began_samples_ago,
                    event,
                    ..
                } => {
                    sent.push((tick * 160 - began_samples_ago, event.to_bytes()));
                }
                Tick::Gap => {}
                Tick::Done => break,
            }
        }
        sent
    }

    #[test]
    fn an_event_has_growing_durations_one_timestamp_and_three_ends() {
        let sent = packets("5", 100, 40);
        let events: Vec<Event> = sent.iter().map(|(_, p)| Event::parse(p).unwrap()).collect();
        assert!(sent.iter().all(|(ts, _)| *ts == 0));
        assert_eq!(
            events
                .iter()
                .map(|e| e.duration_samples)
                .collect::<Vec<_>>(),
            [160, 320, 480, 640, 800, 800, 800]
        );
        assert_eq!(events.iter().filter(|e| e.end).count(), 3);
    }

    #[test]
    fn digits_outside_the_dial_are_refused() {
        assert_eq!(
            Sender::new("12x", 100, 40).unwrap_err(),
            DigitsError::Symbol
        );
        assert_eq!(Sender::new("", 100, 40).unwrap_err(), DigitsError::Count);
        assert_eq!(
            Sender::new(&"1".repeat(51), 100, 40).unwrap_err(),
            DigitsError::Count
        );
    }

    proptest! {
        #[test]
        fn what_is_sent_is_received_if_any_packet_of_each_event_arrives(
            digits in "[0-9*#A-D]{1,20}", tone_ms in 40u64..300, seed in any::<u64>(),
        ) {
            let sent = packets(&digits, tone_ms, 60);
            let mut receiver = Receiver::default();
            let mut heard = String::new();
            let mut state = seed | 1;
            let mut last_ts = None;
            for (timestamp, payload) in sent {
                state ^= state << 13; state ^= state >> 7; state ^= state << 17;
                // The first packet of an event always arrives, of the others half.
                let first = last_ts != Some(timestamp);
                last_ts = Some(timestamp);
                if first || state % 2 == 0 {
                    heard.extend(receiver.push(timestamp, &payload));
                }
            }
            prop_assert_eq!(heard, digits);
        }

        #[test]
        fn any_bytes_are_taken(ts in any::<u32>(), payload in proptest::collection::vec(any::<u8>(), 0..12)) {
            let mut receiver = Receiver::default();
            receiver.push(ts, &payload);
            prop_assert_eq!(receiver.push(ts, &payload), None);
        }
    }
}
