//! Policy: may this tenant call this number, and with which number of its own?
use super::{World, look_up};
use contract::E164;
use contract::call::AuthoriseError;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What a tenant allows. Whatever it does not name is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DialPolicy {
    /// The countries that may be called, ISO 3166-1 alpha-2.
    pub countries: Vec<String>,
    /// Whether numbers that cost extra may be called in these countries.
    #[serde(default)]
    pub premium_allowed: bool,
}

/// Why a number may not be called. Each has the name that `call-authorise` gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// An emergency number.
    #[error("emergency numbers cannot be called from here: use a phone")]
    Emergency,
    /// It costs extra.
    #[error("premium-rate numbers are not allowed")]
    Premium,
    /// The country is not on the tenant's list, or there are no facts about it.
    #[error("this country is not allowed")]
    CountryNotAllowed,
    /// No numbering plan has such a number.
    #[error("this is not a telephone number")]
    BadNumber,
}

impl From<Refusal> for AuthoriseError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Emergency => Self::Emergency,
            Refusal::Premium => Self::Premium,
            Refusal::CountryNotAllowed => Self::CountryNotAllowed,
            Refusal::BadNumber => Self::BadNumber,
        }
    }
}

/// Whether a number may be called.
///
/// # Errors
/// The first rule that refuses it: emergency, no such number, country, premium.
pub fn decide(policy: &DialPolicy, world: &World, number: &E164) -> Result<(), Refusal> {
    // A short number never becomes E.164 in the countries of today; should one, it is still not carried.
    let short = |country: &super::Country| {
        country
            .national(number)
            .is_some_and(|national| country.emergency.iter().any(|code| code == national))
    };
    if world.countries.iter().any(short) {
        return Err(Refusal::Emergency);
    }
    let known = look_up(number).ok_or(Refusal::BadNumber)?;
    if !policy.countries.contains(&known.iso2) {
        return Err(Refusal::CountryNotAllowed);
    }
    let country = world
        .country(&known.iso2)
        .ok_or(Refusal::CountryNotAllowed)?;
    let national = country.national(number).ok_or(Refusal::CountryNotAllowed)?;
    if !policy.premium_allowed && (known.premium || country.is_premium(national)) {
        return Err(Refusal::Premium);
    }
    Ok(())
}

/// The person has no number to call from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this person has no number to call from")]
pub struct NoCallerId;

impl From<NoCallerId> for AuthoriseError {
    fn from(NoCallerId: NoCallerId) -> Self {
        Self::NoCallerId
    }
}

/// The number to show: the first of the person's own.
///
/// # Errors
/// [`NoCallerId`] if they have none.
pub fn caller_id(numbers: &[E164]) -> Result<&E164, NoCallerId> {
    numbers.first().ok_or(NoCallerId)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::sample::world;
    use proptest::prelude::*;

    fn policy(countries: &[&str]) -> DialPolicy {
        DialPolicy {
            countries: countries.iter().map(|iso2| (*iso2).to_owned()).collect(),
            premium_allowed: false,
        }
    }

    fn decided(countries: &[&str], number: &str) -> Result<(), Refusal> {
        decide(&policy(countries), &world(), &E164::parse(number).unwrap())
    }

    const SAMPLE: &[&str] = &["CH", "SG", "PA", "US"];

    #[test]
    fn the_sample_tenant_calls_its_four_countries_and_no_other() {
        for number in [
            "+41445550199",
            "+41791234567",
            "+6565550177",
            "+5078330122",
            "+50761234567",
            "+12025550123",
        ] {
            assert_eq!(decided(SAMPLE, number), Ok(()), "{number}");
        }
        for number in [
            "+4930123456",
            "+390612345678",
            "+16137827274",
            "+18765550123",
            "+881612345678",
            "+4232345678",
        ] {
            assert_eq!(
                decided(SAMPLE, number),
                Err(Refusal::CountryNotAllowed),
                "{number}"
            );
        }
    }

    #[test]
    fn a_country_without_facts_is_refused_even_if_allowed() {
        assert_eq!(
            decided(&["JM"], "+18765550123"),
            Err(Refusal::CountryNotAllowed)
        );
    }

    #[test]
    fn premium_numbers_need_the_tenants_permission() {
        for number in [
            "+41900123456",
            "+41901123456",
            "+19002345678",
            "+12129761234",
        ] {
            assert_eq!(decided(SAMPLE, number), Err(Refusal::Premium), "{number}");
        }
        let generous = DialPolicy {
            premium_allowed: true,
            ..policy(SAMPLE)
        };
        assert_eq!(
            decide(&generous, &world(), &E164::parse("+41900123456").unwrap()),
            Ok(())
        );
    }

    #[test]
    fn an_empty_policy_allows_nothing() {
        assert_eq!(
            decided(&[], "+41445550199"),
            Err(Refusal::CountryNotAllowed)
        );
    }

    #[test]
    fn the_first_number_is_shown() {
        let numbers = ["+41445550100", "+5078330100"].map(|text| E164::parse(text).unwrap());
        assert_eq!(caller_id(&numbers), Ok(&numbers[0]));
        assert_eq!(caller_id(&[]), Err(NoCallerId));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        /// Whatever the digits: what passes has the calling code of an allowed country and is not premium.
        #[test]
        fn nothing_outside_the_allow_list_passes(
            code in prop_oneof!["41", "65", "507", "1", "44", "49", "[1-9][0-9]{0,2}"],
            rest in "[0-9]{4,12}",
            allowed in proptest::sample::subsequence(vec!["CH", "SG", "PA", "US", "GB"], 0..=5),
        ) {
            let Ok(number) = E164::parse(&format!("+{code}{rest}")) else { return Ok(()) };
            let world = world();
            if decide(&policy(&allowed), &world, &number).is_ok() {
                let known = look_up(&number).unwrap();
                prop_assert!(allowed.contains(&known.iso2.as_str()));
                prop_assert!(!known.premium);
                let country = world.country(&known.iso2).unwrap();
                let national = country.national(&number).unwrap();
                prop_assert!(!country.is_premium(national));
                prop_assert!(!country.emergency.iter().any(|code| code == national));
            }
        }
    }
}
