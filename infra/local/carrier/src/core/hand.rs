//! In whose hand a number is. One row a number, so it is never in two.

use super::State;
use super::number::E164;
use super::table::Row;
use serde::{Deserialize, Serialize};

/// Who holds a number, other than where it is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Holder {
    /// This reservation.
    Reservation(String),
    /// This ordered number, not there yet.
    Ordered(String),
    /// The customer, as this number.
    Customer(String),
    /// Nobody for a while.
    Quarantine,
    /// Another carrier or another customer.
    Other(String),
}

/// A number that is not where it is from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hand {
    /// The number.
    pub number: E164,
    /// Who holds it.
    pub holder: Holder,
}

impl Row for Hand {
    const KIND: &'static str = "hand";
    fn key(&self) -> String {
        self.number.as_str().to_owned()
    }
}

/// Where a number is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place<'a> {
    /// For sale here.
    Free,
    /// With a donor that knows it.
    Donor,
    /// With this holder.
    Held(&'a Holder),
    /// With a carrier of which nothing is known.
    Elsewhere,
    /// In no country served.
    Unknown,
}

impl State {
    /// Where the number is.
    #[must_use]
    pub fn place(&self, number: &E164) -> Place<'_> {
        if let Some(hand) = self.hands.get(number.as_str()) {
            return Place::Held(&hand.holder);
        }
        if self.world.range_of(number).is_some() {
            return Place::Free;
        }
        if self.world.record_of(number).is_some() {
            return Place::Donor;
        }
        if self.world.country_of(number).is_some() {
            Place::Elsewhere
        } else {
            Place::Unknown
        }
    }

    pub(super) fn give(&mut self, number: &E164, holder: Holder) {
        self.hands.put(Hand {
            number: number.clone(),
            holder,
        });
    }

    pub(super) fn give_back(&mut self, number: &E164) {
        self.hands.remove(number.as_str());
    }

    pub(super) fn quarantine_ends(&mut self, number: &str) {
        let resting = self
            .hands
            .get(number)
            .is_some_and(|hand| hand.holder == Holder::Quarantine);
        if resting {
            self.hands.remove(number);
        }
    }
}
