//! Orders of numbers that Chime sells by its interface.
//!
//! `CreatePhoneNumberOrder` has no idempotency token. The request's id is the numbers' `Name`, so an order whose outcome is not
//! known is found by its numbers and told from other people's by that name.
use super::errors::{failed, unknown};
use super::{Chime, DIAL_IN, MAX_PAGES, PAGE};
use crate::ports::carriers::{CarrierError, LineStatus, NewOrder, Order, OrderLine};
use aws_sdk_chimesdkvoice::types::{
    OrderedPhoneNumberStatus, PhoneNumberOrder, PhoneNumberOrderStatus,
};
use contract::E164;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// How far the service's clock may be behind ours when orders are told apart by their time.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

impl Chime {
    /// Orders.
    pub(super) async fn buy(&self, order: &NewOrder) -> Result<Order, CarrierError> {
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

    /// The order of this key, if it was made.
    pub(super) async fn bought(&self, order: &NewOrder) -> Result<Option<Order>, CarrierError> {
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

    /// An order by its id.
    pub(super) async fn order_of(&self, id: &str) -> Result<Order, CarrierError> {
        let get = self.client.get_phone_number_order();
        let found = get.phone_number_order_id(id).send().await.map_err(failed)?;
        read(found.phone_number_order)
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
