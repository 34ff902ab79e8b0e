//! Where a carrier has numbers, or takes numbers that come, held against what it offers: for one that is not asked of each number. Pure.
use crate::ports::carriers::Offer;
use crate::rules;
use contract::dossier::NumberType;
use contract::{CarrierId, E164};
use serde_json::json;

/// Why a number cannot come to a carrier that takes these; none if it can, or if nobody knows of what country and type it is: that is said by
/// the countries' rules.
pub fn not_taken(carrier: &CarrierId, offers: &[Offer], number: &E164) -> Option<String> {
    let (rules_of, kind) = rules::porting().place(number)?;
    missing(carrier, "takes", offers, &rules_of.country, kind)
}

/// Why numbers of a country and type cannot be had of a carrier that offers these; none if they can.
pub fn not_had(
    carrier: &CarrierId,
    offers: &[Offer],
    country: &str,
    kind: NumberType,
) -> Option<String> {
    missing(carrier, "has", offers, country, kind)
}

fn missing(
    carrier: &CarrierId,
    does: &str,
    offers: &[Offer],
    country: &str,
    kind: NumberType,
) -> Option<String> {
    let there: Vec<&Offer> = offers
        .iter()
        .filter(|offer| offer.country == country)
        .collect();
    if there.iter().any(|offer| offer.number_types.contains(&kind)) {
        return None;
    }
    if there.is_empty() {
        let mut known: Vec<&str> = offers.iter().map(|offer| offer.country.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        return Some(format!(
            "{carrier} {does} no numbers of {country}: it {does} numbers of {}",
            listed(&known)
        ));
    }
    let types = there.iter().flat_map(|offer| &offer.number_types);
    let types: Vec<String> = types.map(|kind| word(*kind)).collect();
    let types: Vec<&str> = types.iter().map(String::as_str).collect();
    Some(format!(
        "{carrier} {does} no {} numbers of {country}: it {does} there {}",
        word(kind),
        listed(&types)
    ))
}

fn listed(words: &[&str]) -> String {
    match words {
        [] => "none".to_owned(),
        words => words.join(", "),
    }
}

fn word(kind: NumberType) -> String {
    let text = json!(kind);
    text.as_str().unwrap_or_default().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_taken_of(number: &str) -> Option<String> {
        let offer = |country: &str, types: &[NumberType]| Offer {
            country: country.to_owned(),
            number_types: types.to_vec(),
        };
        let offers = [
            offer("US", &[NumberType::Local, NumberType::TollFree]),
            offer("CH", &[NumberType::Local]),
        ];
        not_taken(&"chime".into(), &offers, &E164::parse(number).unwrap())
    }

    #[test]
    fn what_a_carrier_does_not_sell_it_does_not_take_and_what_it_does_is_said() {
        assert_eq!(not_taken_of("+41445552000"), None);
        assert_eq!(
            not_taken_of("+5078332000").as_deref(),
            Some("chime takes no numbers of PA: it takes numbers of CH, US")
        );
        assert_eq!(
            not_taken_of("+41785552000").as_deref(),
            Some("chime takes no mobile numbers of CH: it takes there local")
        );
        // No country's rules have it, and they say so.
        assert_eq!(not_taken_of("+493023125000"), None);
    }

    #[test]
    fn a_carrier_that_takes_nothing_says_so() {
        let number = E164::parse("+41445552000").unwrap();
        let says = not_taken(&"chime".into(), &[], &number).unwrap();
        assert!(says.ends_with("it takes numbers of none"), "{says}");
    }
}
