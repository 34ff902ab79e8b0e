//! Sine tones and the cadences of the telephone network.

/// A continuous sum of sines.
#[derive(Debug, Clone)]
pub struct Tone {
    steps: Vec<f64>,
    phases: Vec<f64>,
    amplitude: f64,
}

impl Tone {
    /// `frequencies_hz` together, each at `amplitude / count`, so that the sum never exceeds `amplitude` (0..=32767).
    #[must_use]
    pub fn new(frequencies_hz: &[f64], amplitude: f64, rate_hz: u32) -> Self {
        let steps: Vec<f64> = frequencies_hz
            .iter()
            .map(|f| std::f64::consts::TAU * f / f64::from(rate_hz))
            .collect();
        let each = amplitude.clamp(0.0, f64::from(i16::MAX)) / steps.len().max(1) as f64;
        Self {
            phases: vec![0.0; steps.len()],
            steps,
            amplitude: each,
        }
    }

    /// Writes the next samples; phases go on across calls.
    pub fn fill(&mut self, out: &mut [i16]) {
        for sample in out {
            let mut sum = 0.0;
            for (phase, step) in self.phases.iter_mut().zip(&self.steps) {
                sum += phase.sin();
                *phase = (*phase + step) % std::f64::consts::TAU;
            }
            *sample = (sum * self.amplitude) as i16;
        }
    }
}

/// A tone that goes on and off.
#[derive(Debug, Clone)]
pub struct Cadence {
    tone: Tone,
    on_samples: u64,
    period_samples: u64,
    at: u64,
}

impl Cadence {
    /// `on_ms` of tone, then `off_ms` of silence, again and again.
    #[must_use]
    pub fn new(tone: Tone, on_ms: u64, off_ms: u64, rate_hz: u32) -> Self {
        let samples = |ms: u64| ms * u64::from(rate_hz) / 1_000;
        Self {
            tone,
            on_samples: samples(on_ms),
            period_samples: samples(on_ms + off_ms).max(1),
            at: 0,
        }
    }

    /// Ringback as most of the world hears it: 425 Hz, 1 s on, 4 s off (ITU-T E.180).
    #[must_use]
    pub fn ringback(rate_hz: u32) -> Self {
        Self::new(Tone::new(&[425.0], 6_000.0, rate_hz), 1_000, 4_000, rate_hz)
    }

    /// Busy: 425 Hz, half a second on and off (ITU-T E.180).
    #[must_use]
    pub fn busy(rate_hz: u32) -> Self {
        Self::new(Tone::new(&[425.0], 6_000.0, rate_hz), 500, 500, rate_hz)
    }

    /// Writes the next samples.
    pub fn fill(&mut self, out: &mut [i16]) {
        self.tone.fill(out);
        for sample in out {
            if self.at >= self.on_samples {
                *sample = 0;
            }
            self.at = (self.at + 1) % self.period_samples;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_stays_within_the_amplitude() {
        let mut out = [0i16; 8_000];
        Tone::new(&[697.0, 1_209.0], 10_000.0, 8_000).fill(&mut out);
        let peak = out.iter().map(|s| s.unsigned_abs()).max().unwrap();
        assert!((9_000..=10_000).contains(&peak), "{peak}");
    }

    #[test]
    fn a_cadence_is_on_and_off() {
        let mut out = [0i16; 8_000];
        Cadence::busy(8_000).fill(&mut out);
        assert!(out[..4_000].iter().any(|s| *s != 0));
        assert!(out[4_000..].iter().all(|s| *s == 0));
    }
}
