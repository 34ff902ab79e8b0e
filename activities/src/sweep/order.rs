//! In which order a sweep looks at open requests: there may be more than it has time for. Pure.
//!
//! Each tenant's come in turn, so that one with thousands holds up nobody else. Each minute another tenant is the first, and of each tenant
//! another request. Where a list begins moves on by an irrational part of it, which leaves no long gap however long the list is: if
//! there is time for one part in eight of a list, every part of it is looked at within twelve minutes or so.
use contract::{RequestId, TenantId};
use std::collections::BTreeMap;

/// How far the first tenant moves on each minute, in parts of 2⁶⁴: the golden section.
const TENANTS: u64 = 0x9E37_79B9_7F4A_7C15;
/// How far a tenant's first request does: the square root of 2, so that which tenant is first says nothing of which request is.
const REQUESTS: u64 = 0x6A09_E667_F3BC_C909;

/// The requests in the order of this minute.
pub(super) fn in_turn(open: Vec<(TenantId, RequestId)>, minute: u64) -> Vec<RequestId> {
    let mut order = Vec::with_capacity(open.len());
    let mut tenants: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (tenant, id) in open {
        tenants.entry(tenant).or_default().push(id);
    }
    let mut tenants: Vec<_> = tenants
        .into_values()
        .map(|mut ids| {
            let first = first(minute, REQUESTS, ids.len());
            ids.rotate_left(first);
            ids.into_iter()
        })
        .collect();
    let first = first(minute, TENANTS, tenants.len());
    tenants.rotate_left(first);
    while !tenants.is_empty() {
        tenants.retain_mut(|ids| {
            let next = ids.next();
            let has_more = next.is_some();
            order.extend(next);
            has_more
        });
    }
    order
}

/// Which of so many is the first in this minute.
fn first(minute: u64, step: u64, many: usize) -> usize {
    let part = u128::from(minute.wrapping_mul(step));
    let many = u128::try_from(many).unwrap_or(u128::MAX);
    usize::try_from((part * many) >> 64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Some minute.
    const NOW: u64 = 29_500_000;

    fn open(tenants: usize, each: usize) -> Vec<(TenantId, RequestId)> {
        let all = (0..tenants).flat_map(|tenant| (0..each).map(move |n| (tenant, n)));
        all.map(|(tenant, n)| {
            let id = RequestId(format!("pi-{tenant}-{n}"));
            (TenantId(format!("t-{tenant:02}")), id)
        })
        .collect()
    }

    /// How many sweeps that have time for so many look at all of them.
    fn sweeps_for_all(open: &[(TenantId, RequestId)], time_for: usize) -> u64 {
        let mut left: BTreeSet<_> = open.iter().map(|(_, id)| id.clone()).collect();
        for minute in NOW..NOW + 1_000 {
            if left.is_empty() {
                return minute - NOW;
            }
            for id in in_turn(open.to_vec(), minute).iter().take(time_for) {
                left.remove(id);
            }
        }
        panic!("{left:?} are never looked at");
    }

    #[test]
    fn all_are_looked_at_once() {
        for (tenants, each) in [(0, 0), (1, 1), (1, 9), (7, 5)] {
            let open = open(tenants, each);
            let mut order = in_turn(open.clone(), NOW);
            let mut all: Vec<_> = open.into_iter().map(|(_, id)| id).collect();
            order.sort();
            all.sort();
            assert_eq!(order, all);
        }
    }

    #[test]
    fn a_tenant_with_thousands_is_before_nobody_elses_first() {
        let mut many = open(1, 5_000);
        let few = [("t-few", "pi-few"), ("t-new", "pi-new")];
        many.extend(few.map(|(tenant, id)| (TenantId::from(tenant), RequestId::from(id))));
        for minute in NOW..NOW + 5 {
            let order = in_turn(many.clone(), minute);
            for (_, id) in few {
                assert!(
                    order[..3].contains(&RequestId::from(id)),
                    "{:?}",
                    &order[..3]
                );
            }
        }
    }

    #[test]
    fn whatever_there_is_time_for_none_is_left_for_long() {
        for many in [1_009, 2_018, 3_000] {
            let sweeps = sweeps_for_all(&open(1, many), many / 8);
            assert!(sweeps <= 16, "{many}: {sweeps}");
        }
        // For half of the tenants, and for one in 24 of the requests.
        let sweeps = sweeps_for_all(&open(12, 12), 6);
        assert!(sweeps <= 150, "{sweeps}");
    }
}
