//! The numbers that Chime sells, and those that the account has.
use super::errors::failed;
use super::{Chime, DIAL_IN};
use crate::ports::carriers::{
    Available, CarrierError, Held, MAX_FOUND, Offer, Pattern, Price, Search,
};
use crate::rules;
use aws_sdk_chimesdkvoice::types::{PhoneNumberProductType, PhoneNumberStatus, PhoneNumberType};
use contract::E164;
use contract::dossier::NumberType;

/// Most numbers that one search gives.
const MAX_SEARCH: i32 = 500;
/// Whose prices they are in `infra/world/prices`.
const SELLER: &str = "chime";

impl Chime {
    /// Where Chime has numbers, and of which types.
    pub(super) async fn sold(&self) -> Result<Vec<Offer>, CarrierError> {
        let list = self.client.list_supported_phone_number_countries();
        let found = list.product_type(DIAL_IN).send().await.map_err(failed)?;
        let countries = found.phone_number_countries.unwrap_or_default();
        Ok(countries
            .into_iter()
            .filter_map(|country| {
                let types = country.supported_phone_number_types.unwrap_or_default();
                Some(Offer {
                    country: country.country_code?,
                    number_types: types.iter().filter_map(number_type).collect(),
                })
            })
            .collect())
    }

    /// Numbers that can be ordered by the interface.
    pub(super) async fn find(&self, search: &Search) -> Result<Vec<Available>, CarrierError> {
        let kind = match search.number_type {
            NumberType::Local => PhoneNumberType::Local,
            NumberType::TollFree => PhoneNumberType::TollFree,
            NumberType::National | NumberType::Mobile | NumberType::SharedCost => {
                return Ok(Vec::new());
            }
        };
        let mut ask = self
            .client
            .search_available_phone_numbers()
            .phone_number_type(kind)
            .country(&search.country)
            // The service knows no pattern: enough is asked for to find some that fit.
            .max_results(if search.pattern.is_some() {
                MAX_SEARCH
            } else {
                i32::from(search.limit.clamp(1, MAX_FOUND))
            });
        if let Some(area) = &search.area {
            ask = if area.bytes().all(|b| b.is_ascii_digit()) {
                ask.area_code(area)
            } else {
                ask.city(area)
            };
        }
        let found = ask.send().await.map_err(failed)?;
        let price = price(&search.country, search.number_type);
        let numbers = found.e164_phone_numbers.unwrap_or_default().into_iter();
        let numbers = numbers.filter_map(|number| E164::parse(&number).ok());
        let fitting = numbers.filter(|number| {
            let pattern = search.pattern.as_ref();
            pattern.is_none_or(|pattern| fits(number, pattern))
        });
        Ok(fitting
            .take(usize::from(search.limit.clamp(1, MAX_FOUND)))
            .map(|number| Available {
                number,
                country: search.country.clone(),
                number_type: search.number_type,
                area: None,
                features: vec!["voice".to_owned()],
                price: price.clone(),
            })
            .collect())
    }

    /// What `GetPhoneNumber` says of a number: one that a SIP rule or a Voice Connector uses is somebody's already.
    pub(super) async fn in_account(&self, number: &E164) -> Result<Held, CarrierError> {
        let get = self.client.get_phone_number();
        let got = get.phone_number_id(number.as_str()).send().await;
        let found = match got.map_err(failed) {
            Ok(found) => found.phone_number,
            Err(CarrierError::NotFound(_)) => None,
            Err(error) => return Err(error),
        };
        let Some(found) = found else {
            return Ok(Held::Not("it is not in the account's inventory".to_owned()));
        };
        Ok(held(found.status.as_ref(), found.product_type.as_ref()))
    }

    /// Whether a number was deleted before: for a week it waits for that in a queue.
    pub(super) async fn is_going(&self, number: &E164) -> Result<bool, CarrierError> {
        let get = self.client.get_phone_number();
        let got = get.phone_number_id(number.as_str()).send().await;
        let status = match got.map_err(failed) {
            Ok(found) => found.phone_number.and_then(|number| number.status),
            Err(CarrierError::NotFound(_)) => return Ok(true),
            Err(error) => return Err(error),
        };
        Ok(matches!(
            status,
            Some(PhoneNumberStatus::ReleaseInProgress | PhoneNumberStatus::DeleteInProgress)
        ))
    }
}

fn held(status: Option<&PhoneNumberStatus>, product: Option<&PhoneNumberProductType>) -> Held {
    let says = match (status, product) {
        (Some(PhoneNumberStatus::Unassigned), Some(product)) if *product == DIAL_IN => {
            return Held::Free;
        }
        (Some(PhoneNumberStatus::Unassigned), product) => {
            let product = product.map_or("none", PhoneNumberProductType::as_str);
            format!("its product type is {product}, not {}", DIAL_IN.as_str())
        }
        (Some(PhoneNumberStatus::Assigned), _) => "something in the account uses it".to_owned(),
        (status, _) => {
            let status = status.map_or("not told", PhoneNumberStatus::as_str);
            format!("it is in the account's inventory as {status}")
        }
    };
    Held::Not(says)
}

/// What Amazon's price list asks for a number, as far as somebody has written it down: its interface tells no prices.
fn price(country: &str, number_type: NumberType) -> Option<Price> {
    let row = rules::price(SELLER, country, number_type)?;
    let said = row.monthly.is_some() || row.per_minute.is_some();
    said.then(|| Price {
        upfront: None,
        monthly: row.monthly.clone(),
        per_minute: row.per_minute.clone(),
        currency: row.currency.clone(),
    })
}

fn number_type(kind: &PhoneNumberType) -> Option<NumberType> {
    match kind {
        PhoneNumberType::Local => Some(NumberType::Local),
        PhoneNumberType::TollFree => Some(NumberType::TollFree),
        _ => None,
    }
}

fn fits(number: &E164, pattern: &Pattern) -> bool {
    let Some(digits) = crate::dial::national(number) else {
        return false;
    };
    match pattern {
        Pattern::Contains(part) => digits.contains(part),
        Pattern::StartsWith(part) => digits.starts_with(part),
        Pattern::EndsWith(part) => digits.ends_with(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nothing_uses_and_reaches_media_applications_can_be_taken_in() {
        let says = |status: PhoneNumberStatus, product: &PhoneNumberProductType| match held(
            Some(&status),
            Some(product),
        ) {
            Held::Free => "free".to_owned(),
            Held::Not(why) => why,
        };
        assert_eq!(says(PhoneNumberStatus::Unassigned, &DIAL_IN), "free");
        let connector = PhoneNumberProductType::VoiceConnector;
        let other = says(PhoneNumberStatus::Unassigned, &connector);
        assert!(other.contains("VoiceConnector"), "{other}");
        let used = says(PhoneNumberStatus::Assigned, &DIAL_IN);
        assert_eq!(used, "something in the account uses it");
        let comes = says(PhoneNumberStatus::AcquireInProgress, &DIAL_IN);
        assert!(comes.contains("AcquireInProgress"), "{comes}");
        assert_ne!(held(None, Some(&DIAL_IN)), Held::Free);
    }
}
