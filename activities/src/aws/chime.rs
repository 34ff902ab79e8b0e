//! [`Carrier`] on Amazon Chime SDK Voice: its own numbers, which reach SIP media applications (`SipMediaApplicationDialIn`, the
//! only product outside the US) by a SIP rule each.
//!
//! `CreatePhoneNumberOrder` has no idempotency token. The request's id is the numbers' `Name`, so an order whose outcome is not
//! known is found by its numbers and told from other people's by that name.
use crate::ports::Unavailable;
use crate::ports::carriers::{
    Available, Carrier, CarrierError, LineStatus, MAX_FOUND, NewOrder, Offer, Order, OrderLine,
    Pattern, Price, Reason, Refusal, Reservation, Search, Told, Upload,
};
use crate::rules;
use aws_sdk_chimesdkvoice::Client;
use aws_sdk_chimesdkvoice::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_chimesdkvoice::types::{
    OrderedPhoneNumberStatus, PhoneNumberOrder, PhoneNumberOrderStatus, PhoneNumberProductType,
    PhoneNumberStatus, PhoneNumberType, SipRule, SipRuleTargetApplication, SipRuleTriggerType,
};
use contract::E164;
use contract::dossier::{Address, NumberType};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

const SERVICE: &str = "Chime SDK Voice";
const DIAL_IN: PhoneNumberProductType = PhoneNumberProductType::SipMediaApplicationDialIn;
/// Rows of one page, the most that the service gives of rules and orders.
const PAGE: i32 = 99;
/// Most pages that are read of a list.
const MAX_PAGES: usize = 40;
/// Most numbers that one search gives.
const MAX_SEARCH: i32 = 500;
/// How far the service's clock may be behind ours when orders are told apart by their time.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The country whose numbers `CreatePhoneNumberOrder` orders; others are had by support case
/// (<https://docs.aws.amazon.com/chime-sdk/latest/ag/provision-phone.html>).
const HOME: &str = "US";
/// Whose prices they are in `infra/world/prices`.
const SELLER: &str = "chime";
/// Why no address is taken, of a number in the US and of one elsewhere
/// (<https://docs.aws.amazon.com/chime-sdk/latest/ag/emergency-calling.html>).
const HELP_AT_HOME: &str = "Chime takes no address of a number: emergency calls in the US go by the configuration of a Voice Connector, \
    which this platform does not write";
const HELP_ABROAD: &str = "Chime has no emergency service outside the US: emergency calls have to go by another telephone or carrier";

/// Chime SDK Voice as one of the carriers.
#[derive(Debug, Clone)]
pub struct Chime {
    pub(super) client: Client,
    pub(super) application: String,
    region: String,
}

impl Chime {
    /// Over a client that tries once: ordering is not to be repeated. `application` is the `SipMediaApplicationId` that numbers lead to.
    pub(super) fn new(client: Client, application: String, region: String) -> Self {
        Self {
            client,
            application,
            region,
        }
    }

    /// The rules of the application whose trigger is this number.
    async fn rules_of(&self, number: &E164) -> Result<Vec<SipRule>, CarrierError> {
        let mut rules = self.rules().await?;
        rules.retain(|rule| rule.trigger_value.as_deref() == Some(number.as_str()));
        Ok(rules)
    }

    /// The rules of the application.
    pub(super) async fn rules(&self) -> Result<Vec<SipRule>, CarrierError> {
        let mut found = Vec::new();
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let list = self.client.list_sip_rules().max_results(PAGE);
            let list = list.sip_media_application_id(&self.application);
            let page = list
                .set_next_token(next.take())
                .send()
                .await
                .map_err(failed)?;
            found.extend(page.sip_rules.unwrap_or_default());
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// Lets a rule lead calls, or not.
    async fn switch(&self, rule: &SipRule, disabled: bool) -> Result<(), CarrierError> {
        let Some(id) = &rule.sip_rule_id else {
            return Ok(());
        };
        let name = rule.name.as_deref().or(rule.trigger_value.as_deref());
        let update = self.client.update_sip_rule().sip_rule_id(id);
        let update = update.name(name.unwrap_or(id)).disabled(disabled);
        update.send().await.map(drop).map_err(failed)
    }

    /// Whether a number was deleted before: for a week it waits for that in a queue.
    async fn is_going(&self, number: &E164) -> Result<bool, CarrierError> {
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

    /// Whether the numbers of an order that are had are named after the request.
    async fn is_named(&self, order: &Order, key: &str) -> Result<bool, CarrierError> {
        for line in order
            .lines
            .iter()
            .filter(|l| l.status != LineStatus::Failed)
        {
            let get = self.client.get_phone_number();
            match get.phone_number_id(line.number.as_str()).send().await {
                Ok(found) => {
                    let name = found.phone_number.and_then(|number| number.name);
                    if name.as_deref() != Some(key) {
                        return Ok(false);
                    }
                }
                Err(error) => match failed(error) {
                    // Not there yet: its name is not known either, so this says nothing against it.
                    CarrierError::NotFound(_) => {}
                    error => return Err(error),
                },
            }
        }
        Ok(true)
    }
}

impl Carrier for Chime {
    async fn offers(&self) -> Result<Vec<Offer>, CarrierError> {
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

    fn by_case(&self, country: &str) -> Option<String> {
        by_case(country)
    }

    async fn search(&self, search: &Search) -> Result<Vec<Available>, CarrierError> {
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

    /// Chime keeps nothing from others.
    async fn reserve(&self, _order: &NewOrder) -> Result<Option<Reservation>, CarrierError> {
        Ok(None)
    }

    async fn order(&self, order: &NewOrder) -> Result<Order, CarrierError> {
        if let Some(why) = order.numbers.iter().find_map(case_of) {
            return Err(never(&why));
        }
        let numbers: Vec<String> = order.numbers.iter().map(E164::to_string).collect();
        let made = self
            .client
            .create_phone_number_order()
            .product_type(DIAL_IN)
            .set_e164_phone_numbers(Some(numbers))
            .name(&order.key)
            .send()
            .await
            .map_err(failed)?;
        read(made.phone_number_order)
    }

    async fn find_order(&self, order: &NewOrder) -> Result<Option<Order>, CarrierError> {
        let since = order
            .since
            .saturating_sub(CLOCK_SKEW)
            .unwrap_or(Timestamp::MIN);
        let wanted: BTreeSet<&E164> = order.numbers.iter().collect();
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let list = self.client.list_phone_number_orders().max_results(PAGE);
            let page = list
                .set_next_token(next.take())
                .send()
                .await
                .map_err(failed)?;
            for found in page.phone_number_orders.unwrap_or_default() {
                let at = found.created_timestamp.map(|at| at.secs());
                let found = read(Some(found))?;
                let numbers: BTreeSet<&E164> = found.lines.iter().map(|l| &l.number).collect();
                if numbers == wanted
                    && at.is_none_or(|at| at >= since.as_second())
                    && self.is_named(&found, &order.key).await?
                {
                    return Ok(Some(found));
                }
            }
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        Ok(None)
    }

    async fn order_state(&self, id: &str) -> Result<Order, CarrierError> {
        let get = self.client.get_phone_number_order();
        let found = get.phone_number_order_id(id).send().await.map_err(failed)?;
        read(found.phone_number_order)
    }

    async fn upload(&self, _document: &Upload) -> Result<String, CarrierError> {
        Err(never("Chime takes documents by support case only"))
    }

    async fn name_of_need(&self, _: &str) -> Result<Option<String>, CarrierError> {
        Ok(None)
    }

    async fn answer(&self, _: &str, _: &[(String, String)]) -> Result<(), CarrierError> {
        Err(never("Chime asks for nothing through its API"))
    }

    async fn cancel_order(&self, _id: &str) -> Result<(), CarrierError> {
        Err(never("Chime cancels no order: what arrives is given back"))
    }

    async fn lead_here(&self, number: &E164) -> Result<(), CarrierError> {
        let rules = self.rules_of(number).await?;
        if !rules.is_empty() {
            // One that was about to be deleted leads again.
            for rule in rules.iter().filter(|rule| rule.disabled == Some(true)) {
                self.switch(rule, false).await?;
            }
            return Ok(());
        }
        let target = SipRuleTargetApplication::builder()
            .sip_media_application_id(&self.application)
            .priority(1)
            .aws_region(&self.region)
            .build();
        let create = self
            .client
            .create_sip_rule()
            .name(format!("number {number}"))
            .trigger_type(SipRuleTriggerType::ToPhoneNumber)
            .trigger_value(number.as_str())
            .disabled(false)
            .target_applications(target);
        create.send().await.map(drop).map_err(failed)
    }

    async fn lead_no_more(&self, number: &E164) -> Result<(), CarrierError> {
        let rules = match self.rules_of(number).await {
            // An application that is gone has none.
            Err(CarrierError::NotFound(_)) => Vec::new(),
            rules => rules?,
        };
        for rule in rules {
            // A rule that is in use cannot be deleted.
            gone_is_done(self.switch(&rule, true).await)?;
            let Some(id) = rule.sip_rule_id else {
                continue;
            };
            let delete = self.client.delete_sip_rule().sip_rule_id(id);
            gone_is_done(delete.send().await.map(drop).map_err(failed))?;
        }
        Ok(())
    }

    async fn tell_emergency(
        &self,
        number: &E164,
        _: &Address,
        _: &str,
    ) -> Result<Told, CarrierError> {
        let why = match country(number) {
            Some(country) if country != HOME => HELP_ABROAD,
            Some(_) | None => HELP_AT_HOME,
        };
        Ok(Told::NotTaken(why.to_owned()))
    }

    async fn release(&self, number: &E164) -> Result<(), CarrierError> {
        self.lead_no_more(number).await?;
        let delete = self.client.delete_phone_number();
        let delete = delete.phone_number_id(number.as_str());
        match delete.send().await.map(drop).map_err(failed) {
            Err(CarrierError::Refused(why)) => {
                if self.is_going(number).await? {
                    Ok(())
                } else {
                    Err(CarrierError::Refused(why))
                }
            }
            deleted => gone_is_done(deleted),
        }
    }
}

/// The country of a number; none if no plan has it.
fn country(number: &E164) -> Option<String> {
    crate::dial::look_up(number).map(|known| known.iso2)
}

/// Why the numbers of a country are not ordered through the interface.
fn by_case(country: &str) -> Option<String> {
    (country != HOME).then(|| {
        format!(
            "numbers of {country} are had of Chime by support case only, which takes 2 to 6 weeks"
        )
    })
}

/// The same for one number. Of one that no plan knows, Chime itself says whether it is had.
fn case_of(number: &E164) -> Option<String> {
    by_case(&country(number)?)
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

fn gone_is_done(result: Result<(), CarrierError>) -> Result<(), CarrierError> {
    match result {
        Err(CarrierError::NotFound(_)) => Ok(()),
        other => other,
    }
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

fn read(order: Option<PhoneNumberOrder>) -> Result<Order, CarrierError> {
    let unreadable = || unknown("the answer has no order");
    let order = order.ok_or_else(unreadable)?;
    let over = matches!(
        order.status,
        Some(PhoneNumberOrderStatus::Failed | PhoneNumberOrderStatus::Cancelled)
    );
    let lines = order.ordered_phone_numbers.unwrap_or_default();
    let lines = lines.into_iter().filter_map(|line| {
        let status = match line.status {
            Some(OrderedPhoneNumberStatus::Acquired) => LineStatus::Active,
            Some(OrderedPhoneNumberStatus::Failed) => LineStatus::Failed,
            Some(_) | None if over => LineStatus::Failed,
            Some(_) | None => LineStatus::Pending,
        };
        Some(OrderLine {
            number: E164::parse(line.e164_phone_number.as_deref()?).ok()?,
            status,
            needs: Vec::new(),
        })
    });
    Ok(Order {
        lines: lines.collect(),
        id: order.phone_number_order_id.ok_or_else(unreadable)?,
    })
}

pub(super) fn never(words: &str) -> CarrierError {
    CarrierError::Refused(refusal(501, "NotOffered", words))
}

fn unknown(words: &str) -> CarrierError {
    CarrierError::Unknown(Unavailable::new(SERVICE, words))
}

fn refusal(status: u16, code: &str, detail: &str) -> Refusal {
    Refusal {
        status,
        reasons: vec![Reason {
            code: code.to_owned(),
            title: code.to_owned(),
            detail: detail.to_owned(),
            source: None,
        }],
    }
}

/// What an error says of what was asked: whatever is not surely "not done" is unknown.
pub(super) fn failed<E, R>(error: SdkError<E, R>) -> CarrierError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    let said = error.message().unwrap_or_default().to_owned();
    match code.as_str() {
        "NotFoundException" => CarrierError::NotFound(refusal(404, &code, &said)),
        "ThrottledClientException" | "TooManyRequestsException" => {
            CarrierError::Busy { retry_after_s: 1 }
        }
        "BadRequestException"
        | "ForbiddenException"
        | "AccessDeniedException"
        | "UnauthorizedClientException"
        | "ConflictException"
        | "ResourceLimitExceededException" => CarrierError::Refused(refusal(400, &code, &said)),
        _ => unknown(&DisplayErrorContext(&error).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_that_are_known_to_be_of_other_countries_need_a_case() {
        for (number, needs) in [
            ("+12025550123", false),
            ("+41445552000", true),
            ("+99912345678", false),
        ] {
            let number = E164::parse(number).unwrap();
            assert_eq!(case_of(&number).is_some(), needs, "{number}");
        }
    }
}
