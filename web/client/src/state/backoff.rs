//! How long to wait before the socket is opened again: doubling, capped, with full jitter.

/// The first wait is at most this, in milliseconds.
const FIRST_MS: f64 = 500.0;
/// No wait is longer than this, in milliseconds: who is called meanwhile is not reached.
const LONGEST_MS: f64 = 8_000.0;

/// The wait before attempt `attempt` (from 1), in milliseconds; `jitter` is a random number of 0 to 1.
pub(crate) fn wait_ms(attempt: u32, jitter: f64) -> u32 {
    let ceiling = (FIRST_MS * 2f64.powi(attempt.saturating_sub(1).min(16) as i32)).min(LONGEST_MS);
    // Never quite at once: a server that refuses must not be asked in a loop.
    (ceiling * (0.2 + 0.8 * jitter.clamp(0.0, 1.0))) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_wait_is_bounded_and_never_none(attempt in 0u32..10_000, jitter in 0f64..1.0) {
            let wait = wait_ms(attempt, jitter);
            prop_assert!((100..=8_000).contains(&wait));
        }
    }

    #[test]
    fn waits_grow() {
        assert!(wait_ms(1, 1.0) < wait_ms(3, 1.0));
        assert_eq!(wait_ms(20, 1.0), 8_000);
    }
}
