//! Which of the numbers that a carrier has are ordered. Pure.
use contract::{E164, RequestId};
use sha2::{Digest, Sha256};

/// `count` of the numbers found: those that fit, else any, beginning at a place that differs from request to request and try to try,
/// so that many who look at the same list do not all want its first.
pub(super) fn pick(
    found: &[E164],
    fits: impl Fn(&E164) -> bool,
    count: usize,
    request: &RequestId,
    attempt: u32,
) -> Vec<E164> {
    let fitting: Vec<&E164> = found.iter().filter(|number| fits(number)).collect();
    let list: Vec<&E164> = if fitting.is_empty() {
        found.iter().collect()
    } else {
        fitting
    };
    if list.is_empty() {
        return Vec::new();
    }
    let digest = Sha256::digest(format!("{request}#{attempt}"));
    let seed = digest
        .iter()
        .take(8)
        .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let length = u64::try_from(list.len()).unwrap_or(1);
    let start = usize::try_from(seed % length).unwrap_or(0);
    let from = list.iter().cycle().skip(start);
    from.take(count.min(list.len()))
        .map(|number| (*number).clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn numbers(count: usize) -> Vec<E164> {
        (0..count)
            .map(|at| E164::parse(&format!("+4144555{at:04}")).unwrap())
            .collect()
    }

    proptest! {
        #[test]
        fn as_many_as_wanted_none_twice_and_fitting_ones_if_there_are(
            count in 0_usize..60, there in 0_usize..100, every in 1_usize..20, attempt in 1_u32..5, id in "[a-z0-9]{1,20}",
        ) {
            let found = numbers(there);
            let fits = |number: &E164| number.as_str().ends_with(&format!("{:02}", every));
            let picked = pick(&found, fits, count, &RequestId(id), attempt);
            let fitting = found.iter().filter(|number| fits(number)).count();
            let most = if fitting > 0 { fitting } else { there };
            prop_assert_eq!(picked.len(), count.min(most));
            prop_assert_eq!(picked.iter().collect::<BTreeSet<_>>().len(), picked.len());
            prop_assert!(picked.iter().all(|number| found.contains(number)));
            prop_assert!(fitting == 0 || picked.iter().all(fits));
        }
    }

    #[test]
    fn many_requests_begin_at_many_places() {
        let found = numbers(100);
        let first = |at: usize| pick(&found, |_| true, 1, &RequestId(format!("ot-{at}")), 1);
        let places: BTreeSet<_> = (0..100).map(first).collect();
        assert!(places.len() > 50, "{}", places.len());
    }
}
