//! [`Carrier`] on Amazon Chime SDK Voice: its own numbers, which reach SIP media applications (`SipMediaApplicationDialIn`, the
//! only product outside the US) by a SIP rule each.

mod errors;
mod numbers;
mod orders;
mod ports;
mod rules;

use crate::ports::carriers::{
    Available, Carrier, CarrierError, Held, NewOrder, Offer, Order, Reservation, Search, Told,
    Upload,
};
use aws_sdk_chimesdkvoice::Client;
use aws_sdk_chimesdkvoice::types::PhoneNumberProductType;
use contract::E164;
use contract::dossier::Address;
use errors::{failed, gone_is_done, never};

const DIAL_IN: PhoneNumberProductType = PhoneNumberProductType::SipMediaApplicationDialIn;
/// Rows of one page, the most that the service gives of rules and orders.
const PAGE: i32 = 99;
/// Most pages that are read of a list.
const MAX_PAGES: usize = 40;

/// The country whose numbers `CreatePhoneNumberOrder` orders; others are had by support case
/// (<https://docs.aws.amazon.com/chime-sdk/latest/ag/provision-phone.html>).
const HOME: &str = "US";
/// Why no address is taken, of a number in the US and of one elsewhere
/// (<https://docs.aws.amazon.com/chime-sdk/latest/ag/emergency-calling.html>).
const HELP_AT_HOME: &str = "Chime takes no address of a number: emergency calls in the US go by the configuration of a Voice Connector, \
    which this platform does not write";
const HELP_ABROAD: &str = "Chime has no emergency service outside the US: emergency calls have to go by another telephone or carrier";

/// Chime SDK Voice as one of the carriers.
#[derive(Debug, Clone)]
pub struct Chime {
    client: Client,
    application: String,
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
}

impl Carrier for Chime {
    async fn offers(&self) -> Result<Vec<Offer>, CarrierError> {
        self.sold().await
    }

    fn by_case(&self, country: &str) -> Option<String> {
        by_case(country)
    }

    async fn held(&self, number: &E164) -> Result<Held, CarrierError> {
        self.in_account(number).await
    }

    async fn search(&self, search: &Search) -> Result<Vec<Available>, CarrierError> {
        self.find(search).await
    }

    /// Chime keeps nothing from others.
    async fn reserve(&self, _order: &NewOrder) -> Result<Option<Reservation>, CarrierError> {
        Ok(None)
    }

    async fn order(&self, order: &NewOrder) -> Result<Order, CarrierError> {
        if let Some(why) = order.numbers.iter().find_map(case_of) {
            return Err(never(&why));
        }
        self.buy(order).await
    }

    async fn find_order(&self, order: &NewOrder) -> Result<Option<Order>, CarrierError> {
        self.bought(order).await
    }

    async fn order_state(&self, id: &str) -> Result<Order, CarrierError> {
        self.order_of(id).await
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
        self.add_rule(number).await
    }

    async fn lead_no_more(&self, number: &E164) -> Result<(), CarrierError> {
        self.drop_rules(number).await
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
        self.drop_rules(number).await?;
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

/// How the numbers of a country are had that are not ordered through the interface.
fn by_case(country: &str) -> Option<String> {
    (country != HOME).then(|| {
        format!(
            "Chime lists no numbers of {country}: they are ordered by their count and come by support case, which takes 2 to 6 weeks"
        )
    })
}

/// The same for one number. Of one that no plan knows, Chime itself says whether it is had.
fn case_of(number: &E164) -> Option<String> {
    by_case(&country(number)?)
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
