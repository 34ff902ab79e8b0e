//! What a dossier is to be good for: countries, types of number, and whether they are bought or brought along.

use contract::CarrierId;
use contract::dossier::NumberAction;
use contract::dossier::NumberType;
use contract::dossier::review::Purpose;
use contract::number::api::OfferedCountry;

/// Most purposes of one dossier.
pub(crate) const PURPOSES_MAX: usize = 20;

/// The purposes with one more; one that is there already is not put in twice, and is for as many numbers as are wanted now.
pub(crate) fn with(purposes: &[Purpose], one: Purpose) -> Vec<Purpose> {
    let mut purposes = purposes.to_vec();
    let is_it = |other: &Purpose| {
        (&other.country, other.number_type, other.action)
            == (&one.country, one.number_type, one.action)
    };
    let at = purposes.iter().position(is_it);
    if let Some(known) = at.and_then(|at| purposes.get_mut(at)) {
        known.numbers = one.numbers;
    } else if purposes.len() < PURPOSES_MAX {
        purposes.push(one);
    }
    purposes
}

/// How many numbers are wanted, if that is what was typed: 1 to 10,000.
pub(crate) fn many(text: &str) -> Option<u32> {
    let many = text.trim().parse::<u32>().ok();
    many.filter(|many| (1..=10_000).contains(many))
}

/// The purposes without one.
pub(crate) fn without(purposes: &[Purpose], at: usize) -> Vec<Purpose> {
    let mut purposes = purposes.to_vec();
    if at < purposes.len() {
        purposes.remove(at);
    }
    purposes
}

/// Whether any number is brought along.
pub(crate) fn ports(purposes: &[Purpose]) -> bool {
    let brought = |purpose: &Purpose| purpose.action == NumberAction::PortIn;
    purposes.iter().any(brought)
}

/// The countries that carriers sell in and that orders are taken for, each once, in their order.
pub(crate) fn countries(offered: &[OfferedCountry]) -> Vec<String> {
    let mut countries: Vec<String> = Vec::new();
    for offer in offered.iter().filter(|offer| offer.orderable) {
        if !countries.contains(&offer.country) {
            countries.push(offer.country.clone());
        }
    }
    countries
}

/// The countries that carriers sell in and that no orders are taken for, whoever sells there, each once, by why.
pub(crate) fn not_orderable(offered: &[OfferedCountry]) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    let open = countries(offered);
    let closed = offered.iter();
    for offer in closed.filter(|offer| !open.contains(&offer.country)) {
        let why = offer.reason.clone().unwrap_or_default();
        match groups.iter_mut().find(|(known, _)| *known == why) {
            Some((_, countries)) if countries.contains(&offer.country) => {}
            Some((_, countries)) => countries.push(offer.country.clone()),
            None => groups.push((why, vec![offer.country.clone()])),
        }
    }
    groups
}

/// Whether a country wants to know where help is sent.
pub(crate) fn wants_address(offered: &[OfferedCountry], country: &str) -> bool {
    let mut there = offered.iter().filter(|offer| offer.country == country);
    there.any(|offer| offer.wants_address)
}

/// The types that can be ordered in a country, whoever sells them.
pub(crate) fn types(offered: &[OfferedCountry], country: &str) -> Vec<NumberType> {
    let there = offered.iter();
    let there = there.filter(|offer| offer.orderable && offer.country == country);
    let sold: Vec<NumberType> = there.flat_map(|offer| offer.number_types.clone()).collect();
    let all = NumberType::ALL.iter().copied();
    all.filter(|kind| sold.contains(kind)).collect()
}

/// The first carrier that has such numbers and lists none, and how they are had of it.
pub(crate) fn by_case(
    offered: &[OfferedCountry],
    country: &str,
    kind: NumberType,
) -> Option<(CarrierId, String)> {
    let there = offered.iter();
    let mut there = there.filter(|offer| offer.orderable && offer.country == country);
    there.find_map(|offer| {
        let how = offer.by_case.clone()?;
        let has = offer.number_types.contains(&kind);
        has.then(|| (offer.carrier.clone(), how))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purpose(country: &str, number_type: NumberType) -> Purpose {
        Purpose {
            country: country.into(),
            number_type,
            action: NumberAction::Order,
            numbers: 1,
        }
    }

    #[test]
    fn nothing_is_wanted_twice_and_no_list_grows_for_ever() {
        let one = with(&[], purpose("CH", NumberType::Local));
        assert_eq!(with(&one, purpose("CH", NumberType::Local)).len(), 1);
        let ten = Purpose {
            numbers: 10,
            ..purpose("CH", NumberType::Local)
        };
        assert_eq!(with(&one, ten.clone()), [ten]);
        let two = with(&one, purpose("CH", NumberType::Mobile));
        assert_eq!(two.len(), 2);
        assert_eq!(without(&two, 0)[0].number_type, NumberType::Mobile);
        assert_eq!(without(&two, 9), two);
        let full = vec![purpose("SG", NumberType::Local); PURPOSES_MAX];
        assert_eq!(
            with(&full, purpose("CH", NumberType::Local)).len(),
            PURPOSES_MAX
        );
        assert!(!ports(&two));
    }

    #[test]
    fn as_many_numbers_are_wanted_as_a_dossier_can_be_good_for() {
        assert_eq!((many("1"), many(" 10000 ")), (Some(1), Some(10_000)));
        for none in ["", "0", "10001", "-1", "1.5", "ten"] {
            assert_eq!(many(none), None, "{none}");
        }
    }

    #[test]
    fn countries_are_named_once_and_types_of_all_their_carriers() {
        let offer = |country: &str, carrier: &str, types: &[NumberType]| OfferedCountry {
            country: country.into(),
            carrier: carrier.into(),
            number_types: types.to_vec(),
            orderable: true,
            by_case: None,
            reason: None,
            wants_address: country == "CH",
        };
        let closed = |country: &str, carrier: &str| OfferedCountry {
            orderable: false,
            reason: Some("no rules".into()),
            ..offer(country, carrier, &[NumberType::Local])
        };
        let offered = [
            closed("AT", "a"),
            offer("CH", "a", &[NumberType::Mobile]),
            offer("CH", "b", &[NumberType::Local, NumberType::Mobile]),
            closed("DE", "a"),
            closed("DE", "b"),
            offer("PA", "a", &[NumberType::Local]),
            // Of one carrier by support case, of another at once.
            OfferedCountry {
                by_case: Some("by support case".into()),
                ..offer("PA", "b", &[NumberType::TollFree])
            },
        ];
        assert_eq!(countries(&offered), ["CH", "PA"]);
        assert!(wants_address(&offered, "CH") && !wants_address(&offered, "PA"));
        let closed = vec!["AT".to_owned(), "DE".to_owned()];
        assert_eq!(not_orderable(&offered), [("no rules".to_owned(), closed)]);
        assert!(not_orderable(&offered[1..3]).is_empty());
        assert_eq!(
            types(&offered, "CH"),
            [NumberType::Local, NumberType::Mobile]
        );
        assert_eq!(
            types(&offered, "PA"),
            [NumberType::Local, NumberType::TollFree]
        );
        let how = "by support case".to_owned();
        assert_eq!(
            by_case(&offered, "PA", NumberType::TollFree),
            Some(("b".into(), how))
        );
        assert_eq!(by_case(&offered, "PA", NumberType::Local), None);
        assert!(types(&offered, "US").is_empty());
    }
}
