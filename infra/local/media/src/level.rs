//! Speaking levels in dBov (RFC 6464 section 3: 0 is the loudest a sample can be, 127 is silence).

use crate::Frame;

/// Level of digital silence.
pub const SILENT_DBOV: u8 = 127;

/// Frames whose loudest sample is no louder than this count as silence: -72 dBov, below any microphone's noise.
const SILENCE_PEAK: u16 = 8;

/// True if nothing can be heard in the frame.
#[must_use]
pub fn is_silence(frame: &Frame) -> bool {
    frame.iter().all(|s| s.unsigned_abs() <= SILENCE_PEAK)
}

/// Power of a signal, gathered over some frames.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Power {
    squares: f64,
    samples: u32,
}

impl Power {
    /// Adds a frame; `None` is 20 ms of silence.
    pub fn add(&mut self, frame: Option<&Frame>) {
        if let Some(frame) = frame {
            self.squares += frame
                .iter()
                .map(|s| i64::from(*s) * i64::from(*s))
                .sum::<i64>() as f64;
        }
        self.samples = self.samples.saturating_add(crate::FRAME_SAMPLES as u32);
    }

    /// The mean since the start as attenuation below overload, in dB, 0 (loudest) to 127 (silence).
    #[must_use]
    pub fn dbov(&self) -> u8 {
        if self.samples == 0 || self.squares == 0.0 {
            return SILENT_DBOV;
        }
        let mean = self.squares / f64::from(self.samples);
        let below = -10.0 * (mean / f64::powi(32_768.0, 2)).log10();
        below.round().clamp(0.0, f64::from(SILENT_DBOV)) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overload_is_0_and_silence_is_127() {
        let mut power = Power::default();
        power.add(Some(&Frame::new([i16::MIN; 960])));
        assert_eq!(power.dbov(), 0);
        let mut power = Power::default();
        power.add(Some(&Frame::SILENCE));
        power.add(None);
        assert_eq!(power.dbov(), 127);
        assert_eq!(Power::default().dbov(), 127);
    }

    #[test]
    fn half_the_amplitude_is_six_db_and_half_the_time_is_three() {
        let half = Frame::new([16_384; 960]);
        let mut power = Power::default();
        power.add(Some(&half));
        assert_eq!(power.dbov(), 6);
        power.add(None);
        assert_eq!(power.dbov(), 9);
    }

    #[test]
    fn a_quiet_microphone_is_not_silence() {
        let mut frame = Frame::new([8; 960]);
        assert!(is_silence(&frame));
        frame[500] = -9;
        assert!(!is_silence(&frame));
    }
}
