//! Whose the numbers of a port-out are: a gaining carrier may list those of several customers, or some that are nobody's here. Each
//! customer sees and answers for its own numbers only. Pure.
use contract::{E164, TenantId};

/// The numbers of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Whose they are.
    pub tenant: TenantId,
    /// The numbers, in the order in which they were listed.
    pub numbers: Vec<E164>,
}

/// A share for each tenant, in the order of their first numbers. Numbers that are nobody's are in none.
pub fn shares(owned: Vec<(E164, Option<TenantId>)>) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    for (number, tenant) in owned {
        let Some(tenant) = tenant else { continue };
        match shares.iter_mut().find(|share| share.tenant == tenant) {
            Some(share) => share.numbers.push(number),
            None => shares.push(Share {
                tenant,
                numbers: vec![number],
            }),
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> E164 {
        E164::parse(text).unwrap()
    }

    #[test]
    fn each_tenant_gets_its_own_numbers_and_nobody_gets_what_is_nobodys() {
        let owned = [
            ("+41445552000", Some("t-a")),
            ("+41445552001", Some("t-b")),
            ("+41445552002", None),
            ("+41445552003", Some("t-a")),
        ];
        let owned = owned.map(|(text, tenant)| (number(text), tenant.map(TenantId::from)));
        let shared = shares(owned.to_vec());
        let seen: Vec<(&str, Vec<&str>)> = shared
            .iter()
            .map(|share| {
                let numbers = share.numbers.iter().map(E164::as_str);
                (share.tenant.as_str(), numbers.collect())
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("t-a", vec!["+41445552000", "+41445552003"]),
                ("t-b", vec!["+41445552001"])
            ]
        );
        assert!(shares(vec![(number("+41445552000"), None)]).is_empty());
    }
}
