//! What a listener hears where packets are missing: the last sound fading out, then quiet noise.

use crate::frame::NARROW_SAMPLES;

/// Lost blocks in a row that repeat the last sound before only noise is left.
const REPEATS: u32 = 4;
/// Noise never gets louder than this (about -50 dBm0), so that it comforts and does not disturb.
const MAX_NOISE: i32 = 60;

/// Conceals loss on one 8 kHz stream.
#[derive(Debug)]
pub struct Concealer {
    last: [i16; NARROW_SAMPLES],
    lost: u32,
    noise_level: i32,
    seed: u32,
}

impl Default for Concealer {
    fn default() -> Self {
        Self {
            last: [0; NARROW_SAMPLES],
            lost: 0,
            noise_level: 0,
            seed: 0x9E37_79B9,
        }
    }
}

impl Concealer {
    /// Remembers a block that did arrive, and smooths the step from concealed to real sound.
    pub fn arrived(&mut self, block: &mut [i16; NARROW_SAMPLES]) {
        if self.lost > 0 {
            // 2 ms of fade-in: a step would click.
            for (at, sample) in block.iter_mut().take(16).enumerate() {
                *sample = (i32::from(*sample) * (at as i32 + 1) / 16) as i16;
            }
        }
        self.lost = 0;
        self.last = *block;
        let mean = block.iter().map(|s| i32::from(*s).abs()).sum::<i32>() / NARROW_SAMPLES as i32;
        // The background is what the quiet blocks have in common: fall fast, rise slowly.
        let step = if mean < self.noise_level {
            (self.noise_level - mean) / 2 + 1
        } else {
            -1
        };
        self.noise_level = (self.noise_level - step).clamp(0, MAX_NOISE);
    }

    /// Writes a block in place of a lost one.
    pub fn conceal(&mut self, out: &mut [i16; NARROW_SAMPLES]) {
        self.lost = self.lost.saturating_add(1);
        if self.lost > REPEATS {
            self.noise(out);
            return;
        }
        for (at, (sample, last)) in out.iter_mut().zip(self.last.iter()).enumerate() {
            // From full to nothing over REPEATS blocks, without a step between blocks.
            let done = (self.lost as i32 - 1) * NARROW_SAMPLES as i32 + at as i32;
            let whole = REPEATS as i32 * NARROW_SAMPLES as i32;
            *sample = (i32::from(*last) * (whole - done) / whole) as i16;
        }
        // Repeating the very same block buzzes at 50 Hz; played backwards its ends meet.
        self.last.reverse();
    }

    /// Writes a block of background noise.
    pub fn noise(&mut self, out: &mut [i16; NARROW_SAMPLES]) {
        for sample in out {
            self.seed ^= self.seed << 13;
            self.seed ^= self.seed >> 17;
            self.seed ^= self.seed << 5;
            let span = self.noise_level * 2 + 1;
            *sample = ((self.seed % span as u32) as i32 - self.noise_level) as i16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(block: &[i16]) -> i32 {
        block.iter().map(|s| i32::from(*s).abs()).sum::<i32>() / block.len() as i32
    }

    #[test]
    fn concealment_fades_to_the_background() {
        let mut concealer = Concealer::default();
        let mut block = [8_000i16; NARROW_SAMPLES];
        concealer.arrived(&mut block);
        let mut before = i32::MAX;
        for _ in 0..REPEATS {
            let mut out = [0; NARROW_SAMPLES];
            concealer.conceal(&mut out);
            assert!(mean(&out) < before);
            before = mean(&out);
        }
        let mut out = [0; NARROW_SAMPLES];
        concealer.conceal(&mut out);
        assert!(mean(&out) <= MAX_NOISE);
    }

    #[test]
    fn noise_follows_the_quiet_and_is_bounded() {
        let mut concealer = Concealer::default();
        for _ in 0..1_000 {
            concealer.arrived(&mut [20_000; NARROW_SAMPLES]);
        }
        let mut out = [0; NARROW_SAMPLES];
        concealer.noise(&mut out);
        assert!(out.iter().all(|s| i32::from(*s).abs() <= MAX_NOISE));
        for _ in 0..20 {
            concealer.arrived(&mut [0; NARROW_SAMPLES]);
        }
        concealer.noise(&mut out);
        assert!(mean(&out) <= 1);
    }
}
