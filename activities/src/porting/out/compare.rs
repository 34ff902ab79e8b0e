//! What a carrier tells of a port-out, held against what we know of the customer: what speaks against it. Pure.
use super::text;
use crate::ports::porting::CarrierPortOut;
use compliance::holder::{is_same_account, is_same_holder};
use contract::TenantId;
use contract::port::{OutCompared, OutFault, OutMatch};

/// How the ids of tenants begin: who reads an account number out may leave it away.
const TENANT_PREFIX: &str = "t-";

/// What we know of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ours {
    /// Whose account it is: its number is this id.
    pub(super) tenant: TenantId,
    /// The PIN that they have set.
    pub(super) pin: Option<String>,
    /// Whether a PIN has to be named where the numbers are.
    pub(super) requires_pin: bool,
    /// The names that they have here.
    pub(super) names: Vec<String>,
    /// Whether all of the numbers are theirs.
    pub(super) all_theirs: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    /// What does not fit, in the order in which it counts.
    pub(super) faults: Vec<OutFault>,
    /// How each thing that was told compares.
    pub(super) compared: OutCompared,
}

/// Holds what was told against what we know. What was not told is a fault only of the PIN, and only where carriers have to name it:
/// elsewhere, where none does, no number of a customer with a PIN could ever go.
pub(super) fn compare(told: &CarrierPortOut, ours: &Ours) -> Held {
    let compared = OutCompared {
        pin: pin(told.pin.as_deref(), ours.pin.as_deref()),
        name: one_of(told.end_user.as_deref(), &ours.names, is_same_holder),
        account: one_of(
            told.account.as_deref(),
            &accounts(&ours.tenant),
            is_same_account,
        ),
    };
    let mut faults = Vec::new();
    if !ours.all_theirs {
        faults.push(OutFault::NotTheirNumber);
    }
    match compared.pin {
        OutMatch::Differs => faults.push(OutFault::WrongPin),
        OutMatch::NotTold if ours.requires_pin => faults.push(OutFault::PinNotTold),
        OutMatch::NotTold | OutMatch::Fits | OutMatch::NotKnown => {}
    }
    if compared.name == OutMatch::Differs {
        faults.push(OutFault::WrongName);
    }
    if compared.account == OutMatch::Differs {
        faults.push(OutFault::WrongAccount);
    }
    Held { faults, compared }
}

fn pin(told: Option<&str>, ours: Option<&str>) -> OutMatch {
    match (told.map(str::trim).filter(|pin| !pin.is_empty()), ours) {
        (_, None) => OutMatch::NotKnown,
        (None, Some(_)) => OutMatch::NotTold,
        (Some(told), Some(ours)) if told == ours => OutMatch::Fits,
        (Some(_), Some(_)) => OutMatch::Differs,
    }
}

fn one_of(told: Option<&str>, ours: &[String], same: impl Fn(&str, &str) -> bool) -> OutMatch {
    match told.filter(|told| !told.trim().is_empty()) {
        _ if ours.is_empty() => OutMatch::NotKnown,
        None => OutMatch::NotTold,
        Some(told) if ours.iter().any(|known| same(told, known)) => OutMatch::Fits,
        Some(_) => OutMatch::Differs,
    }
}

/// The number of a tenant's account, in whole and without what every one begins with.
fn accounts(tenant: &TenantId) -> Vec<String> {
    let whole = tenant.to_string();
    let short = whole.strip_prefix(TENANT_PREFIX).map(str::to_owned);
    [Some(whole.clone()), short].into_iter().flatten().collect()
}

/// What was found, in words for the timeline.
pub(super) fn found(held: &Held) -> String {
    if !held.faults.is_empty() {
        let reasons: Vec<_> = held.faults.iter().copied().map(text::reason).collect();
        return format!("There is a lawful reason to refuse: {}", reasons.join("; "));
    }
    match held.compared.pin {
        OutMatch::NotKnown => {
            "Nothing speaks against it; no PIN is set that would tell who asks".to_owned()
        }
        OutMatch::NotTold => {
            "Nothing speaks against it; no PIN was named, and none has to be".to_owned()
        }
        OutMatch::Fits | OutMatch::Differs => "Nothing speaks against it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::porting::OutStatus;

    fn told(pin: Option<&str>, name: Option<&str>, account: Option<&str>) -> CarrierPortOut {
        CarrierPortOut {
            id: "x-1".to_owned(),
            status: OutStatus::Pending,
            numbers: Vec::new(),
            gaining: "Other Telecom".to_owned(),
            pin: pin.map(str::to_owned),
            authorised_by: None,
            end_user: name.map(str::to_owned),
            account: account.map(str::to_owned),
            requested_foc: None,
            foc: None,
            since: None,
        }
    }

    fn ours(pin: Option<&str>) -> Ours {
        Ours {
            tenant: "t-alpenblick".into(),
            pin: pin.map(str::to_owned),
            requires_pin: true,
            names: vec!["Alpenblick AG".to_owned(), "Café Zürich".to_owned()],
            all_theirs: true,
        }
    }

    #[test]
    fn what_fits_as_people_write_it_is_no_reason_to_refuse() {
        for (name, account) in [
            ("ALPENBLICK", "t-alpenblick"),
            ("Alpen Blick GmbH", "ALPENBLICK"),
            ("cafe zuerich", "T Alpenblick"),
        ] {
            let held = compare(
                &told(Some(" 4711 "), Some(name), Some(account)),
                &ours(Some("4711")),
            );
            assert!(held.faults.is_empty(), "{name} {account}: {held:?}");
            let all = [held.compared.pin, held.compared.name, held.compared.account];
            assert_eq!(all, [OutMatch::Fits; 3]);
        }
    }

    #[test]
    fn what_differs_is_named_one_by_one() {
        let mixed = Ours {
            all_theirs: false,
            ..ours(Some("4711"))
        };
        let held = compare(&told(Some("0000"), Some("Edelweiss"), Some("t-x")), &mixed);
        assert_eq!(
            held.faults,
            [
                OutFault::NotTheirNumber,
                OutFault::WrongPin,
                OutFault::WrongName,
                OutFault::WrongAccount
            ]
        );
        let says = found(&held);
        assert!(says.contains("PIN") && says.contains("name"), "{says}");
    }

    #[test]
    fn a_pin_that_was_not_told_is_another_reason_than_a_wrong_one() {
        for (named, set, faults, compared) in [
            (
                None,
                Some("4711"),
                vec![OutFault::PinNotTold],
                OutMatch::NotTold,
            ),
            (
                Some(" "),
                Some("4711"),
                vec![OutFault::PinNotTold],
                OutMatch::NotTold,
            ),
            (
                Some("1"),
                Some("4711"),
                vec![OutFault::WrongPin],
                OutMatch::Differs,
            ),
            (None, None, vec![], OutMatch::NotKnown),
            (Some("1"), None, vec![], OutMatch::NotKnown),
        ] {
            let held = compare(&told(named, None, None), &ours(set));
            assert_eq!((held.faults, held.compared.pin), (faults, compared));
        }
        let unset = compare(&told(None, None, None), &ours(None));
        assert!(found(&unset).contains("no PIN is set"));
    }

    #[test]
    fn a_pin_that_need_not_be_named_is_a_fault_only_if_it_is_wrong() {
        let free = Ours {
            requires_pin: false,
            ..ours(Some("4711"))
        };
        let held = compare(&told(None, None, None), &free);
        assert!(held.faults.is_empty(), "{held:?}");
        assert_eq!(held.compared.pin, OutMatch::NotTold);
        assert!(found(&held).contains("no PIN was named"));
        let held = compare(&told(Some("1"), None, None), &free);
        assert_eq!(held.faults, [OutFault::WrongPin]);
    }

    #[test]
    fn what_was_not_told_or_is_not_known_speaks_against_nothing() {
        let nameless = Ours {
            names: Vec::new(),
            ..ours(None)
        };
        let held = compare(&told(None, Some("Edelweiss"), None), &nameless);
        assert!(held.faults.is_empty(), "{held:?}");
        assert_eq!(
            (held.compared.name, held.compared.account),
            (OutMatch::NotKnown, OutMatch::NotTold)
        );
    }
}
