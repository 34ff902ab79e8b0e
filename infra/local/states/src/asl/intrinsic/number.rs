//! Functions of numbers and chance.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::super::lookup::Sight;
use super::{Nodes, Outcome};

/// The whole numbers that arithmetic takes (guide: -2147483648 through 2147483647).
const WHOLE: std::ops::RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;

/// To the nearest whole number; a half goes up.
pub(super) fn rounded(number: f64) -> i64 {
    (number + 0.5).floor() as i64
}

fn within(nodes: &Nodes<'_>, place: usize) -> Result<i64, String> {
    let number = nodes.whole(place)?;
    if WHOLE.contains(&number) {
        return Ok(number);
    }
    Err(format!(
        "The number {number} is not in the range from {} to {}",
        WHOLE.start(),
        WHOLE.end()
    ))
}

pub(super) fn add(nodes: &Nodes<'_>) -> Outcome {
    Ok((within(nodes, 0)? + within(nodes, 1)?).to_string())
}

/// From the first number to the second, which it never gives; with a seed always the same.
pub(super) fn random(nodes: &Nodes<'_>, sight: &Sight<'_>) -> Outcome {
    let (first, last) = (within(nodes, 0)?, within(nodes, 1)?);
    if first >= last {
        return Err("The first argument must be smaller than the second".into());
    }
    let number = if nodes.0.len() > 2 {
        let seed = within(nodes, 2)?;
        SmallRng::seed_from_u64(seed.cast_unsigned()).random_range(first..last)
    } else {
        sight.chance(|chance| chance.random_range(first..last))
    };
    Ok(number.to_string())
}

pub(super) fn uuid(sight: &Sight<'_>) -> String {
    let bytes = sight.chance(|chance| chance.random::<[u8; 16]>());
    format!(
        "\"{}\"",
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    )
}
