//! Chance that is the same whenever the same step is made again, and another for every field, item and attempt.

use rand::SeedableRng;
use rand::rngs::SmallRng;

/// One number of many (the finalizer of SplitMix64 over each part in turn).
pub(crate) fn mixed(parts: impl IntoIterator<Item = u64>) -> u64 {
    parts.into_iter().fold(0, |state: u64, part| {
        let mut z = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// The chance of one field of a state, so that `Output` does not draw what `Assign` drew.
pub(crate) fn of_field(seed: u64, field: &str) -> SmallRng {
    let name = field.bytes().map(u64::from);
    SmallRng::seed_from_u64(mixed(std::iter::once(seed).chain(name)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::RngExt;

    use super::*;

    #[test]
    fn every_place_draws_something_else_and_always_the_same() {
        let draw = |seed, field| of_field(seed, field).random::<u64>();
        let mut seen = BTreeSet::new();
        for seed in 0..1_000 {
            for field in ["Output", "Assign", "Seconds", "Choices[0]/Condition"] {
                assert!(seen.insert(draw(seed, field)), "{seed} {field}");
                assert_eq!(draw(seed, field), draw(seed, field));
            }
        }
    }

    #[test]
    fn the_order_of_the_parts_counts() {
        assert_ne!(mixed([1, 2]), mixed([2, 1]));
        assert_ne!(mixed([0]), mixed([0, 0]));
    }
}
