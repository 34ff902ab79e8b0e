//! [`Porting`] with Amazon Chime SDK Voice: porting in and out are support cases, so people hand them in and say what they hear; of what
//! Chime has made an order, `GetPhoneNumberOrder` tells the state.
//! <https://docs.aws.amazon.com/chime-sdk/latest/ag/porting.html>
use super::Chime;
use super::errors::{failed, never};
use crate::ports::carriers::{Carrier, CarrierError, Offer, Refusal, Upload};
use crate::ports::porting::{
    Activation, CarrierComment, CarrierPort, CarrierPortOut, CarrierStatus, NewPort, OutRefusal,
    PortFill, Portable, Porting,
};
use crate::rules;
use aws_sdk_chimesdkvoice::types::{
    OrderedPhoneNumber, OrderedPhoneNumberStatus, PhoneNumberOrder, PhoneNumberOrderStatus,
};
use contract::E164;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

const BY_CASE: &str = "Chime takes ports by support case only";

impl Porting for Chime {
    fn by_hand(&self) -> bool {
        true
    }

    /// Chime publishes no codes: an operator picks from the list that Telnyx publishes.
    fn scheme(&self) -> &'static str {
        "telnyx"
    }

    fn legal_name(&self) -> String {
        "Amazon Web Services".to_owned()
    }

    /// `ListSupportedPhoneNumberCountries`: what is not sold there is not taken over either.
    async fn takes(&self) -> Result<Option<Vec<Offer>>, CarrierError> {
        self.offers().await.map(Some)
    }

    async fn portability(&self, _: &[E164]) -> Result<Vec<Portable>, CarrierError> {
        Err(never(BY_CASE))
    }

    async fn find_ports(&self, _: &str) -> Result<Vec<CarrierPort>, CarrierError> {
        Ok(Vec::new())
    }

    async fn key_of_port(&self, _: &str) -> Result<Option<String>, CarrierError> {
        Ok(None)
    }

    async fn open_ports(&self, _: &NewPort) -> Result<Vec<CarrierPort>, CarrierError> {
        Ok(Vec::new())
    }

    async fn rename_port(&self, _: &str, _: &str) -> Result<(), CarrierError> {
        Ok(())
    }

    async fn port_state(&self, id: &str) -> Result<CarrierPort, CarrierError> {
        let get = self.client.get_phone_number_order();
        let found = get.phone_number_order_id(id).send().await;
        let found = found.map_err(|error| no_order(failed(error)))?;
        let order = found.phone_number_order;
        order.map(port).ok_or_else(|| never("Chime told no order"))
    }

    async fn give(&self, _: &Upload) -> Result<String, CarrierError> {
        Err(never(BY_CASE))
    }

    async fn fill_port(&self, _: &str, _: &PortFill) -> Result<(), CarrierError> {
        Err(never(BY_CASE))
    }

    async fn submit_port(&self, _: &str) -> Result<(), CarrierError> {
        Err(never(BY_CASE))
    }

    async fn cancel_port(&self, _: &str) -> Result<(), CarrierError> {
        Err(never(BY_CASE))
    }

    async fn activate_port(&self, _: &str) -> Result<(), CarrierError> {
        Err(never(BY_CASE))
    }

    /// A number gets its SIP rule when it is there: before, a rule can name none that is not the account's. What can be looked at is what
    /// the rule will lead to, and a rule that is there already.
    async fn not_led(
        &self,
        _: Option<&str>,
        numbers: &[E164],
    ) -> Result<Vec<String>, CarrierError> {
        if self.application.is_empty() {
            return Ok(vec![
                "this deployment names no SIP media application".to_owned(),
            ]);
        }
        let mut why = Vec::new();
        let get = self.client.get_sip_media_application();
        let got = get.sip_media_application_id(&self.application).send().await;
        match got.map_err(failed) {
            Ok(_) => {}
            Err(CarrierError::NotFound(_)) => {
                why.push(format!(
                    "there is no SIP media application {}",
                    self.application
                ));
                return Ok(why);
            }
            Err(error) => return Err(error),
        }
        let disabled = self.rules().await?.into_iter().filter(|rule| {
            let of = rule.trigger_value.as_deref();
            rule.disabled == Some(true) && numbers.iter().any(|number| of == Some(number.as_str()))
        });
        why.extend(disabled.map(|rule| {
            let name = rule.name.unwrap_or_default();
            let number = rule.trigger_value.unwrap_or_default();
            format!("{number}: its SIP rule \"{name}\" is disabled")
        }));
        Ok(why)
    }

    async fn ask_date(&self, _: &str, _: Timestamp) -> Result<(), CarrierError> {
        Err(never(BY_CASE))
    }

    async fn comment_port(&self, _: &str, _: &str) -> Result<(), CarrierError> {
        Err(never(BY_CASE))
    }

    /// They are said in the support case.
    async fn comments(&self, _: &str) -> Result<Vec<CarrierComment>, CarrierError> {
        Ok(Vec::new())
    }

    /// They are told by mail or in a support case: operators write them down.
    async fn open_port_outs(&self) -> Result<Vec<CarrierPortOut>, CarrierError> {
        Ok(Vec::new())
    }

    async fn port_out(&self, _: &str) -> Result<CarrierPortOut, CarrierError> {
        Err(never(BY_CASE))
    }

    async fn answer_port_out(
        &self,
        _: &str,
        _: Option<OutRefusal>,
        _: &str,
    ) -> Result<(), CarrierError> {
        Err(never(BY_CASE))
    }
}

/// What Chime does not take for an order's id, such as a case's number, is no order's.
fn no_order(error: CarrierError) -> CarrierError {
    let is_none = |refusal: &Refusal| {
        let mut reasons = refusal.reasons.iter();
        reasons.any(|reason| reason.code == "BadRequestException")
    };
    match error {
        CarrierError::Refused(refusal) if is_none(&refusal) => CarrierError::NotFound(refusal),
        other => other,
    }
}

fn port(order: PhoneNumberOrder) -> CarrierPort {
    let lines = order.ordered_phone_numbers.unwrap_or_default();
    let lines: Vec<(E164, Activation)> = lines.iter().filter_map(line).collect();
    let zone = zone_of(lines.first().map(|(number, _)| number));
    let foc = order.foc_date.as_deref();
    let foc = foc.and_then(|text| foc_of(text, &zone));
    CarrierPort {
        id: order.phone_number_order_id.unwrap_or_default(),
        donor: None,
        status: order
            .status
            .map_or(CarrierStatus::InReview, |status| status_of(&status)),
        changed: order
            .updated_timestamp
            .and_then(|at| Timestamp::from_nanosecond(at.as_nanos()).ok()),
        codes: Vec::new(),
        named: Vec::new(),
        foc,
        on_demand: false,
        lines,
        needs: Vec::new(),
    }
}

/// The clock by which a number's country ports: an order has numbers of one country. UTC where nobody has written one down.
fn zone_of(number: Option<&E164>) -> TimeZone {
    let place = number.and_then(|number| rules::porting().place(number));
    let calendar = place.and_then(|(country, _)| rules::calendar(&country.calendar));
    calendar.map_or(TimeZone::UTC, |calendar| calendar.zone().clone())
}

/// A date with its hour, or a day alone: that begins where the numbers are.
fn foc_of(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let day = |day: Date| Some(day.to_zoned(zone.clone()).ok()?.timestamp());
    let moment = text.parse::<Timestamp>().ok();
    moment.or_else(|| text.parse::<Date>().ok().and_then(day))
}

fn status_of(status: &PhoneNumberOrderStatus) -> CarrierStatus {
    match status {
        // With `ChangeRequested` a change that was asked for is with the losing carrier.
        PhoneNumberOrderStatus::Submitted | PhoneNumberOrderStatus::ChangeRequested => {
            CarrierStatus::AtDonor
        }
        PhoneNumberOrderStatus::Foc => CarrierStatus::DateConfirmed,
        PhoneNumberOrderStatus::Successful | PhoneNumberOrderStatus::Partial => {
            CarrierStatus::Ported
        }
        PhoneNumberOrderStatus::Exception => CarrierStatus::Refused,
        PhoneNumberOrderStatus::CancelRequested => CarrierStatus::CancelPending,
        PhoneNumberOrderStatus::Cancelled | PhoneNumberOrderStatus::Failed => {
            CarrierStatus::Cancelled
        }
        // `Processing`, `PendingDocuments`, and what Chime may add.
        _ => CarrierStatus::InReview,
    }
}

fn line(row: &OrderedPhoneNumber) -> Option<(E164, Activation)> {
    let number = E164::parse(row.e164_phone_number.as_deref()?).ok()?;
    let activation = match row.status {
        Some(OrderedPhoneNumberStatus::Acquired) => Activation::Active,
        Some(OrderedPhoneNumberStatus::Failed) => Activation::Failed,
        _ => Activation::NotYet,
    };
    Some((number, activation))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foc(text: &str, number: &str) -> Option<String> {
        let line = OrderedPhoneNumber::builder().e164_phone_number(number);
        let order = PhoneNumberOrder::builder()
            .foc_date(text)
            .ordered_phone_numbers(line.build());
        port(order.build()).foc.map(|foc| foc.to_string())
    }

    #[test]
    fn a_day_without_an_hour_begins_where_the_numbers_are() {
        for (number, begins) in [
            ("+41445552000", "2026-12-09T23:00:00Z"),
            ("+6565552000", "2026-12-09T16:00:00Z"),
            ("+5078332000", "2026-12-10T05:00:00Z"),
            ("+12125550142", "2026-12-10T05:00:00Z"),
            // A country that nobody has written rules for.
            ("+493023125000", "2026-12-10T00:00:00Z"),
        ] {
            assert_eq!(foc("2026-12-10", number).as_deref(), Some(begins));
            let hour = foc("2026-12-10T09:00:00+01:00", number);
            assert_eq!(hour.as_deref(), Some("2026-12-10T08:00:00Z"), "{number}");
        }
        assert_eq!(foc("soon", "+41445552000"), None);
    }
}
