//! The Goertzel algorithm: how much of one frequency is in a block, without a whole transform.

/// Power of `frequency_hz` in `samples`, as a fraction of the block's whole power (0.0..=1.0, about 1.0 for a pure tone).
///
/// Zero for silence. Frequencies are exact when the block holds a whole number of periods.
#[must_use]
pub fn share(samples: &[i16], frequency_hz: f64, rate_hz: u32) -> f64 {
    let whole: f64 = samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum();
    if whole == 0.0 {
        return 0.0;
    }
    // A tone of amplitude a has |X|^2 = (a n / 2)^2 and energy a^2 n / 2.
    (2.0 * power(samples, frequency_hz, rate_hz) / (whole * samples.len() as f64)).min(1.0)
}

/// |X(f)|^2 of the block at `frequency_hz`.
#[must_use]
pub fn power(samples: &[i16], frequency_hz: f64, rate_hz: u32) -> f64 {
    let omega = std::f64::consts::TAU * frequency_hz / f64::from(rate_hz);
    let coefficient = 2.0 * omega.cos();
    let (mut before, mut last) = (0.0f64, 0.0f64);
    for sample in samples {
        let now = f64::from(*sample) + coefficient * last - before;
        before = last;
        last = now;
    }
    (last * last + before * before - coefficient * last * before).max(0.0)
}

/// The strongest of `candidates_hz` and its [`share`]; `None` for silence or no candidates.
#[must_use]
pub fn strongest(samples: &[i16], candidates_hz: &[f64], rate_hz: u32) -> Option<(f64, f64)> {
    candidates_hz
        .iter()
        .map(|f| (*f, share(samples, *f, rate_hz)))
        .filter(|(_, share)| *share > 0.0)
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::Tone;

    #[test]
    fn a_tone_is_found_among_others_and_noise_is_not() {
        let mut samples = [0i16; 800];
        Tone::new(&[440.0], 8_000.0, 8_000).fill(&mut samples);
        let (frequency, share) =
            strongest(&samples, &[350.0, 440.0, 700.0, 1_000.0], 8_000).unwrap();
        assert_eq!(frequency, 440.0);
        assert!(share > 0.99, "{share}");
        assert!(super::share(&samples, 1_000.0, 8_000) < 0.01);
    }

    #[test]
    fn silence_has_no_strongest() {
        assert_eq!(strongest(&[0; 160], &[440.0], 8_000), None);
        assert_eq!(strongest(&[1, 2], &[], 8_000), None);
    }
}
