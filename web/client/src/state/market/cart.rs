//! What was found among the numbers that can be had, and what of it is chosen.

use contract::number::api::AvailableNumber;
use contract::{CarrierId, E164};
use std::collections::BTreeSet;

/// Most numbers of one order.
pub(crate) const MOST: usize = 50;

/// Offers and what is chosen of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Cart {
    /// The offers, the cheapest month first.
    pub(crate) offers: Vec<AvailableNumber>,
    chosen: BTreeSet<E164>,
}

/// What happens to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pick {
    /// Another search gave these.
    Found(Vec<AvailableNumber>),
    /// A number is chosen, or no longer.
    Toggle(E164),
    /// Nothing is chosen.
    Empty,
}

impl Cart {
    /// Whether a number is chosen.
    pub(crate) fn has(&self, number: &E164) -> bool {
        self.chosen.contains(number)
    }

    /// The chosen offers.
    pub(crate) fn chosen(&self) -> impl Iterator<Item = &AvailableNumber> {
        self.offers.iter().filter(|offer| self.has(&offer.number))
    }

    /// The chosen numbers, an order for each carrier.
    pub(crate) fn orders(&self) -> Vec<(CarrierId, Vec<String>)> {
        let mut orders: Vec<(CarrierId, Vec<String>)> = Vec::new();
        for offer in self.chosen() {
            let number = offer.number.to_string();
            match orders.iter_mut().find(|(one, _)| *one == offer.carrier) {
                Some((_, numbers)) => numbers.push(number),
                None => orders.push((offer.carrier.clone(), vec![number])),
            }
        }
        orders
    }

    /// Whether no more can be chosen.
    pub(crate) fn is_full(&self) -> bool {
        self.chosen.len() >= MOST
    }

    /// After something happened. What another search does not offer is not chosen any more.
    pub(crate) fn after(&self, pick: Pick) -> Self {
        let mut next = self.clone();
        match pick {
            Pick::Found(offers) => {
                next.offers = offers;
                next.offers.sort_by_key(|offer| {
                    let month = offer
                        .price
                        .as_ref()
                        .and_then(|price| price.monthly.as_ref());
                    let month = month.and_then(|month| month.parse::<f64>().ok());
                    // Cents, so that the order is total; what has no price comes last.
                    month.map_or(u64::MAX, |month| (month * 1_000_000.0) as u64)
                });
                let there = |number: &E164| next.offers.iter().any(|one| one.number == *number);
                next.chosen.retain(|number| there(number));
            }
            Pick::Toggle(number) => {
                if !next.chosen.remove(&number) && !self.is_full() {
                    next.chosen.insert(number);
                }
            }
            Pick::Empty => next.chosen.clear(),
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::dossier::NumberType;
    use contract::number::api::NumberPrice;

    fn offer(number: &str, carrier: &str, monthly: Option<&str>) -> AvailableNumber {
        AvailableNumber {
            number: E164::parse(number).unwrap(),
            carrier: carrier.into(),
            country: "CH".into(),
            number_type: NumberType::Local,
            area: None,
            features: vec![],
            price: monthly.map(|monthly| NumberPrice {
                upfront: None,
                monthly: Some(monthly.into()),
                per_minute: None,
                currency: "USD".into(),
            }),
        }
    }

    fn found() -> Cart {
        Cart::default().after(Pick::Found(vec![
            offer("+41445551000", "a", None),
            offer("+41445551001", "b", Some("2.00")),
            offer("+41445551002", "a", Some("1.00")),
        ]))
    }

    fn toggle(cart: &Cart, number: &str) -> Cart {
        cart.after(Pick::Toggle(E164::parse(number).unwrap()))
    }

    #[test]
    fn the_cheapest_comes_first_and_what_has_no_price_last() {
        let months: Vec<_> = found()
            .offers
            .iter()
            .map(|offer| offer.number.to_string())
            .collect();
        assert_eq!(months, ["+41445551002", "+41445551001", "+41445551000"]);
    }

    #[test]
    fn numbers_of_two_carriers_are_two_orders() {
        let cart = toggle(
            &toggle(&toggle(&found(), "+41445551000"), "+41445551001"),
            "+41445551002",
        );
        let orders = cart.orders();
        assert_eq!(orders.len(), 2);
        assert_eq!(
            orders[0],
            (
                "a".into(),
                vec!["+41445551002".into(), "+41445551000".into()]
            )
        );
        assert_eq!(toggle(&cart, "+41445551001").orders().len(), 1);
        assert!(cart.after(Pick::Empty).orders().is_empty());
    }

    #[test]
    fn what_is_gone_is_not_ordered() {
        let cart = toggle(&found(), "+41445551001");
        let cart = cart.after(Pick::Found(vec![offer("+41445551002", "a", None)]));
        assert!(cart.orders().is_empty());
        assert_eq!(cart, toggle(&toggle(&cart, "+41445551002"), "+41445551002"));
    }

    #[test]
    fn no_order_has_more_than_it_may() {
        let offers = (0..60).map(|i| offer(&format!("+414455510{i:02}"), "a", None));
        let numbers: Vec<_> = offers.clone().map(|offer| offer.number).collect();
        let cart = Cart::default().after(Pick::Found(offers.collect()));
        let cart = numbers
            .into_iter()
            .fold(cart, |cart, number| cart.after(Pick::Toggle(number)));
        assert!(cart.is_full());
        assert_eq!(cart.chosen().count(), MOST);
    }
}
