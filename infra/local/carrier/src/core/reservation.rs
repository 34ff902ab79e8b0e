//! Reservations: a number is held for half an hour. <https://developers.telnyx.com/docs/numbers/phone-numbers/number-reservations>

use super::hand::{Holder, Place};
use super::number::E164;
use super::problem::{Code, Problem, Refusal};
use super::table::Row;
use super::time::At;
use super::timer::Timer;
use super::{Reply, Stamp, State};
use serde::{Deserialize, Serialize};

/// Most numbers of one reservation or order.
pub const MAX_NUMBERS: usize = 1000;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct NewReservation {
    /// The numbers, as sent.
    pub numbers: Vec<String>,
    /// The customer's reference.
    pub customer_reference: Option<String>,
}

/// Numbers held.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reservation {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// The customer's reference.
    pub customer_reference: Option<String>,
    /// The numbers, each with an id of its own.
    pub numbers: Vec<(String, E164)>,
    /// When it ends.
    pub ends: At,
}

impl Row for Reservation {
    const KIND: &'static str = "reservation";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// Reads a list of numbers: none twice, not too many.
pub(super) fn read_numbers(texts: &[String], pointer: &str) -> Result<Vec<E164>, Refusal> {
    if texts.is_empty() {
        return Err(Refusal::at(
            Code::Missing,
            pointer,
            "at least one phone number is needed",
        ));
    }
    if texts.len() > MAX_NUMBERS {
        return Err(Refusal::at(
            Code::Invalid,
            pointer,
            format!("at most {MAX_NUMBERS} phone numbers at once"),
        ));
    }
    let mut numbers = Vec::with_capacity(texts.len());
    let mut seen = std::collections::BTreeSet::new();
    let mut problems = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        match E164::parse(text, &pointer) {
            Ok(number) if seen.insert(number.clone()) => numbers.push(number),
            Ok(number) => problems.push(Problem {
                code: Code::Duplicate,
                detail: format!("{number} is listed twice"),
                pointer: Some(pointer),
            }),
            Err(Refusal(more)) => problems.extend(more),
        }
    }
    if problems.is_empty() {
        Ok(numbers)
    } else {
        Err(Refusal(problems))
    }
}

impl State {
    pub(super) fn reserve(&mut self, wanted: NewReservation, now: At) -> Result<Reply, Refusal> {
        let numbers = read_numbers(&wanted.numbers, "/phone_numbers")?;
        self.room(self.reservations.len(), 1)?;
        let mut problems = Vec::new();
        for (index, number) in numbers.iter().enumerate() {
            if self.place(number) != Place::Free {
                problems.push(unavailable(
                    number,
                    format!("/phone_numbers/{index}/phone_number"),
                ));
            }
        }
        if !problems.is_empty() {
            return Err(Refusal(problems));
        }
        let id = self.id();
        let stamp = self.stamp(now);
        let ends = self.later(self.world.paces.common.reservation_s, now);
        for number in &numbers {
            self.give(number, Holder::Reservation(id.clone()));
        }
        let numbers = numbers
            .into_iter()
            .map(|number| (self.id(), number))
            .collect();
        self.wake(ends, Timer::ReservationEnds(id.clone()));
        let customer_reference = wanted.customer_reference;
        self.reservations.put(Reservation {
            id: id.clone(),
            stamp,
            customer_reference,
            numbers,
            ends,
        });
        Ok(Reply::One(id))
    }

    pub(super) fn extend_reservation(&mut self, id: &str, now: At) -> Result<Reply, Refusal> {
        let reservation = self
            .reservations
            .get(id)
            .ok_or_else(|| Refusal::missing("number reservation", id))?;
        if reservation.ends <= now {
            return Err(Refusal::new(
                Code::Illegal,
                "the reservation has expired; reserve the numbers again",
            ));
        }
        let ends = self.later(self.world.paces.common.reservation_s, now);
        let reservation = self.reservations.edit(id).expect("seen above");
        reservation.ends = ends;
        reservation.stamp.updated_at = now;
        self.wake(ends, Timer::ReservationEnds(id.to_owned()));
        Ok(Reply::One(id.to_owned()))
    }

    pub(super) fn reservation_ends(&mut self, id: &str, now: At) {
        let Some(reservation) = self
            .reservations
            .get(id)
            .filter(|reservation| reservation.ends <= now)
        else {
            return;
        };
        let held = Holder::Reservation(id.to_owned());
        let numbers: Vec<E164> = reservation
            .numbers
            .iter()
            .map(|(_, number)| number.clone())
            .collect();
        for number in numbers {
            if self.place(&number) == Place::Held(&held) {
                self.give_back(&number);
            }
        }
    }
}

/// The number cannot be had.
pub(super) fn unavailable(number: &E164, pointer: String) -> Problem {
    Problem {
        code: Code::Invalid,
        detail: format!("the phone number {number} is not available"),
        pointer: Some(pointer),
    }
}
