//! Tones, and which of them are in what was heard.

use media::{FRAME_SAMPLES, Frame};
use std::f64::consts::PI;

/// A steady tone, frame by frame.
pub(crate) struct Tone {
    hz: f64,
    at: u64,
}

impl Tone {
    pub(crate) fn new(hz: f64) -> Self {
        Self { hz, at: 0 }
    }

    pub(crate) fn next(&mut self, out: &mut Frame) {
        for sample in out.iter_mut() {
            *sample = (6_000.0 * (2.0 * PI * self.hz * self.at as f64 / 48_000.0).sin()) as i16;
            self.at += 1;
        }
    }
}

/// Amplitude of one frequency (Goertzel).
pub(crate) fn amplitude(samples: &[i16], hz: f64) -> f64 {
    let k = 2.0 * (2.0 * PI * hz / 48_000.0).cos();
    let (mut a, mut b) = (0.0, 0.0);
    for sample in samples {
        (a, b) = (f64::from(*sample) + k * a - b, a);
    }
    2.0 * (a * a + b * b - k * a * b).max(0.0).sqrt() / samples.len() as f64
}

/// Which of the tones are in the last half second of what was heard.
pub(crate) fn heard(samples: &[i16], tones: &[f64]) -> Vec<bool> {
    let window = &samples[samples.len().saturating_sub(25 * FRAME_SAMPLES)..];
    tones
        .iter()
        .map(|hz| amplitude(window, *hz) > 1_000.0)
        .collect()
}
