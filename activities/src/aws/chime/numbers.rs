//! The numbers that Chime sells, and those that the account has.
use super::errors::failed;
use super::{Chime, DIAL_IN};
use crate::ports::carriers::{Available, CarrierError, MAX_FOUND, Offer, Pattern, Price, Search};
use crate::rules;
use aws_sdk_chimesdkvoice::types::{PhoneNumberStatus, PhoneNumberType};
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
