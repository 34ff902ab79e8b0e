//! 8 kHz to 48 kHz and back, streaming, with low delay.
//!
//! One linear-phase low-pass (windowed sinc, Kaiser, 60 dB) run as a polyphase filter by six. The band up to
//! 3.4 kHz passes, that from 4.6 kHz is gone: what a telephone channel carries (ITU-T G.712). The delay is
//! half the filter, [`DELAY_US`] in either direction, where an FFT resampler needs 10 ms.

use crate::{Frame, NARROW_SAMPLES};
use std::f64::consts::PI;
use std::sync::LazyLock;

/// 48 kHz samples per 8 kHz sample.
const FACTOR: usize = 6;
/// Taps of each of the six phases.
const TAPS: usize = 24;
/// Taps of the whole filter, at 48 kHz.
const LENGTH: usize = FACTOR * TAPS;
/// Cut-off (-6 dB), in Hz.
const CUT_OFF_HZ: f64 = 4_000.0;
/// Kaiser's beta for 60 dB.
const BETA: f64 = 5.65;

/// Delay of one conversion, in microseconds: (LENGTH - 1) / 2 samples at 48 kHz.
pub const DELAY_US: u64 = 1_490;

/// The filter with unit gain at 0 Hz.
static FILTER: LazyLock<[f32; LENGTH]> = LazyLock::new(|| {
    let middle = (LENGTH - 1) as f64 / 2.0;
    let cut_off = CUT_OFF_HZ / f64::from(crate::RATE_HZ);
    let mut taps = [0.0_f64; LENGTH];
    for (n, tap) in taps.iter_mut().enumerate() {
        let t = n as f64 - middle;
        let sinc = if t == 0.0 {
            2.0 * cut_off
        } else {
            (2.0 * PI * cut_off * t).sin() / (PI * t)
        };
        let edge = t / middle;
        *tap = sinc * bessel_i0(BETA * (1.0 - edge * edge).max(0.0).sqrt()) / bessel_i0(BETA);
    }
    let gain: f64 = taps.iter().sum();
    std::array::from_fn(|n| (taps[n] / gain) as f32)
});

/// The filter split into its six phases, newest sample first, times six for the zeros between.
static PHASES: LazyLock<[[f32; TAPS]; FACTOR]> = LazyLock::new(|| {
    std::array::from_fn(|phase| std::array::from_fn(|k| FILTER[k * FACTOR + phase] * FACTOR as f32))
});

/// Modified Bessel function of the first kind, order 0, by its series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..40 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

fn clamp(sample: f32) -> i16 {
    // `as` saturates, which is the clipping wanted here.
    sample.round() as i16
}

/// 8 kHz to 48 kHz.
#[derive(Debug, Clone)]
pub struct Upsampler {
    /// The last TAPS - 1 samples of the block before, oldest first, and room for a block.
    line: [f32; TAPS - 1 + NARROW_SAMPLES],
}

impl Default for Upsampler {
    fn default() -> Self {
        Self {
            line: [0.0; TAPS - 1 + NARROW_SAMPLES],
        }
    }
}

impl Upsampler {
    /// Converts the next 20 ms.
    pub fn process(&mut self, narrow: &[i16; NARROW_SAMPLES], wide: &mut Frame) {
        for (slot, sample) in self.line[TAPS - 1..].iter_mut().zip(narrow) {
            *slot = f32::from(*sample);
        }
        for (i, out) in wide.chunks_exact_mut(FACTOR).enumerate() {
            let window = &self.line[i..i + TAPS];
            for (sample, phase) in out.iter_mut().zip(PHASES.iter()) {
                *sample = clamp(window.iter().rev().zip(phase).map(|(x, h)| x * h).sum());
            }
        }
        self.line.copy_within(NARROW_SAMPLES.., 0);
    }
}

/// 48 kHz to 8 kHz.
#[derive(Debug, Clone)]
pub struct Downsampler {
    /// The last LENGTH - 1 samples of the block before, oldest first, and room for a block.
    line: [f32; LENGTH - 1 + crate::FRAME_SAMPLES],
}

impl Default for Downsampler {
    fn default() -> Self {
        Self {
            line: [0.0; LENGTH - 1 + crate::FRAME_SAMPLES],
        }
    }
}

impl Downsampler {
    /// Converts the next 20 ms.
    pub fn process(&mut self, wide: &Frame, narrow: &mut [i16; NARROW_SAMPLES]) {
        for (slot, sample) in self.line[LENGTH - 1..].iter_mut().zip(wide.iter()) {
            *slot = f32::from(*sample);
        }
        for (i, out) in narrow.iter_mut().enumerate() {
            let start = i * FACTOR;
            // The filter is symmetric, so it needs no reversing.
            let window = &self.line[start..start + LENGTH];
            *out = clamp(window.iter().zip(FILTER.iter()).map(|(x, h)| x * h).sum());
        }
        self.line.copy_within(crate::FRAME_SAMPLES.., 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone_48k(hz: f64, frames: usize) -> Vec<Frame> {
        (0..frames)
            .map(|f| {
                let mut frame = Frame::SILENCE;
                for (i, s) in frame.iter_mut().enumerate() {
                    let t = (f * crate::FRAME_SAMPLES + i) as f64 / 48_000.0;
                    *s = (10_000.0 * (2.0 * PI * hz * t).sin()) as i16;
                }
                frame
            })
            .collect()
    }

    fn rms(samples: &[i16]) -> f64 {
        (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
    }

    /// RMS after down and up again, of a tone of RMS 7071, past the start.
    fn there_and_back(hz: f64) -> f64 {
        let (mut down, mut up) = (Downsampler::default(), Upsampler::default());
        let mut narrow = [0; NARROW_SAMPLES];
        let mut heard = Vec::new();
        for frame in tone_48k(hz, 10) {
            down.process(&frame, &mut narrow);
            let mut back = Frame::SILENCE;
            up.process(&narrow, &mut back);
            heard.extend_from_slice(&back[..]);
        }
        rms(&heard[1_920..])
    }

    #[test]
    fn the_telephone_band_passes_unchanged() {
        for hz in [300.0, 697.0, 1_000.0, 1_633.0, 2_500.0, 3_300.0] {
            let level = there_and_back(hz);
            assert!(
                (level / 7_071.0 - 1.0).abs() < 0.02,
                "{hz} Hz came back at {level}"
            );
        }
    }

    #[test]
    fn what_8_khz_cannot_carry_is_removed_and_does_not_fold_back() {
        for hz in [4_700.0, 5_500.0, 7_000.0, 9_000.0, 15_000.0] {
            let level = there_and_back(hz);
            assert!(level < 15.0, "{hz} Hz folded back at {level}");
        }
    }

    #[test]
    fn the_delay_is_the_one_named() {
        let mut click = Frame::SILENCE;
        click[0] = 20_000;
        let mut down = Downsampler::default();
        let mut narrow = [0; NARROW_SAMPLES];
        down.process(&click, &mut narrow);
        // The impulse at t = 0 peaks at the narrow sample nearest to the delay.
        let peak = (0..NARROW_SAMPLES)
            .max_by_key(|i| narrow[*i].abs())
            .unwrap();
        assert_eq!(peak, (DELAY_US as usize * 8 + 500) / 1_000);

        let mut narrow = [0; NARROW_SAMPLES];
        narrow[0] = 20_000;
        let mut wide = Frame::SILENCE;
        Upsampler::default().process(&narrow, &mut wide);
        let peak = (0..960).max_by_key(|i| wide[*i].abs()).unwrap();
        assert!(
            (peak as i64 * 1_000_000 / 48_000 - DELAY_US as i64).abs() < 30,
            "peak at sample {peak}"
        );
    }

    #[test]
    fn full_scale_clips_instead_of_wrapping() {
        let mut loud = Frame::SILENCE;
        for (i, s) in loud.iter_mut().enumerate() {
            *s = if (i / 60) % 2 == 0 {
                i16::MAX
            } else {
                i16::MIN
            };
        }
        let mut down = Downsampler::default();
        let mut narrow = [0; NARROW_SAMPLES];
        down.process(&loud, &mut narrow);
        down.process(&loud, &mut narrow);
        // A 400 Hz square wave: twenty samples per period, in sign with its source after the delay.
        let plus = narrow[24..].iter().filter(|s| **s > 20_000).count();
        let minus = narrow[24..].iter().filter(|s| **s < -20_000).count();
        assert!(
            plus > 45 && minus > 45,
            "{plus} high and {minus} low of 136"
        );
    }
}
