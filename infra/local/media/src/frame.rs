//! The unit of audio: 20 ms of mono 16-bit samples at 48 kHz.

use std::ops::{Deref, DerefMut};

/// Sampling rate inside the platform, in Hz: Opus' own (RFC 7587 section 4.1).
pub const RATE_HZ: u32 = 48_000;
/// Length of a [`Frame`], in milliseconds.
pub const FRAME_MS: u64 = 20;
/// Samples in a [`Frame`].
pub const FRAME_SAMPLES: usize = 960;
/// Sampling rate of the telephone side, in Hz (G.711).
pub const NARROW_RATE_HZ: u32 = 8_000;
/// Samples in 20 ms on the telephone side.
pub const NARROW_SAMPLES: usize = 160;

/// 20 ms of mono audio at 48 kHz. It derefs to its 960 samples; `Frame::default()` is silence.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame([i16; FRAME_SAMPLES]);

impl Frame {
    /// All zero.
    pub const SILENCE: Frame = Frame([0; FRAME_SAMPLES]);

    /// A frame of exactly these samples.
    #[must_use]
    pub const fn new(samples: [i16; FRAME_SAMPLES]) -> Self {
        Self(samples)
    }

    /// Makes every sample zero.
    pub fn silence(&mut self) {
        self.0.fill(0);
    }
}

impl Default for Frame {
    fn default() -> Self {
        Self::SILENCE
    }
}

impl Deref for Frame {
    type Target = [i16; FRAME_SAMPLES];
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Frame {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // 960 numbers help nobody in a log.
        let peak = self.0.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
        write!(f, "Frame(peak {peak})")
    }
}
