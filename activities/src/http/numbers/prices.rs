//! What numbers cost: as their carrier says when they are ordered, kept with the order.
use crate::ports::Unavailable;
use crate::ports::carriers::{Carrier, Carriers, MAX_FOUND, Pattern, Search};
use crate::ports::numbers::NumberRecord;
use crate::ports::requests::Requests;
use contract::dossier::NumberType;
use contract::number::api::{NumberPrice, OrderNumbers};
use contract::{E164, RequestId};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The carrier's prices of what is ordered, by number. A carrier that does not say so stops no order.
pub(super) async fn told(d: &impl Carriers, body: &OrderNumbers, numbers: &[E164]) -> Value {
    if numbers.is_empty() {
        return Value::Null;
    }
    let search = Search {
        country: body.country.clone(),
        number_type: body.number_type,
        area: None,
        pattern: begins(numbers).map(Pattern::Contains),
        limit: MAX_FOUND,
    };
    let Some(carrier) = d.carrier(&body.carrier) else {
        return Value::Null;
    };
    let found = carrier.search(&search).await.unwrap_or_else(|error| {
        tracing::warn!(carrier = %body.carrier, error = crate::shell::chain(&error), "no prices for an order");
        Vec::new()
    });
    let priced = found
        .into_iter()
        .filter(|one| numbers.contains(&one.number));
    let prices = priced.filter_map(|one| {
        let price = one.price?;
        let price = NumberPrice {
            upfront: price.upfront,
            monthly: price.monthly,
            per_minute: price.per_minute,
            currency: price.currency,
        };
        Some((one.number.to_string(), json!(price)))
    });
    let prices: Map<String, Value> = prices.collect();
    if prices.is_empty() {
        Value::Null
    } else {
        Value::Object(prices)
    }
}

/// The digits that all of them begin with, without those of the country's code, which is at most three digits long.
fn begins(numbers: &[E164]) -> Option<String> {
    let first = numbers.first()?.as_str();
    let length = numbers.iter().fold(first.len(), |length, number| {
        let same = number.as_str().bytes().zip(first.bytes());
        same.take(length).take_while(|(a, b)| a == b).count()
    });
    first
        .get(4..length)
        .filter(|digits| !digits.is_empty())
        .map(str::to_owned)
}

/// What an order says of its numbers.
#[derive(Default)]
pub(super) struct Ordered(Value);

impl Ordered {
    /// The type of its numbers.
    pub(super) fn number_type(&self) -> Option<NumberType> {
        serde_json::from_value(self.0["numberType"].clone()).ok()
    }

    /// What a number of it costs.
    pub(super) fn price(&self, number: &E164) -> Option<NumberPrice> {
        serde_json::from_value(self.0["prices"][number.as_str()].clone()).ok()
    }
}

/// The orders that brought these numbers.
pub(super) async fn orders(
    d: &impl Requests,
    numbers: &[NumberRecord],
) -> Result<BTreeMap<RequestId, Ordered>, Unavailable> {
    let mut orders = BTreeMap::new();
    for id in numbers.iter().filter_map(|record| record.request.as_ref()) {
        if !orders.contains_key(id) {
            let order = d.get(id).await?;
            let details = order.map_or(Value::Null, |order| order.view.details);
            orders.insert(id.clone(), Ordered(details));
        }
    }
    Ok(orders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_looked_for_by_what_they_share() {
        let shared = |numbers: &[&str]| {
            let numbers: Vec<E164> = numbers.iter().map(|n| E164::parse(n).unwrap()).collect();
            begins(&numbers)
        };
        assert_eq!(
            shared(&["+41445551000", "+41445551009"]).as_deref(),
            Some("4555100")
        );
        assert_eq!(shared(&["+41445551000"]).as_deref(), Some("45551000"));
        assert_eq!(shared(&["+41445551000", "+41225551000"]), None);
        assert_eq!(shared(&[]), None);
    }

    #[test]
    fn an_order_without_prices_has_none() {
        let order = Ordered(json!({ "numberType": "mobile", "prices": { "+41445551000":
            { "monthly": "1.00", "currency": "USD" } } }));
        let price = order.price(&E164::parse("+41445551000").unwrap());
        assert_eq!(price.unwrap().monthly.as_deref(), Some("1.00"));
        assert!(order.price(&E164::parse("+41445551001").unwrap()).is_none());
        assert_eq!(order.number_type(), Some(NumberType::Mobile));
        assert!(Ordered::default().number_type().is_none());
    }
}
