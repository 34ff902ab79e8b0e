//! Number orders: taken here, carried out in [`super::order_done`].
//! <https://developers.telnyx.com/api-reference/phone-number-orders/create-a-number-order>

use super::hand::{Holder, Place};
use super::number::{E164, NumberType};
use super::problem::{Code, Problem, Refusal};
use super::reservation::{read_numbers, unavailable};
use super::table::Row;
use super::time::At;
use super::timer::Timer;
use super::{Reply, Stamp, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Longest text value of a requirement or a reference, in characters.
pub const MAX_TEXT: usize = 2000;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct NewOrder {
    /// The numbers, as sent.
    pub numbers: Vec<String>,
    /// The customer's reference.
    pub customer_reference: Option<String>,
    /// Connection of the numbers.
    pub connection_id: Option<String>,
    /// Billing group of the numbers.
    pub billing_group_id: Option<String>,
    /// Messaging profile of the numbers.
    pub messaging_profile_id: Option<String>,
}

/// An order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// The customer's reference.
    pub customer_reference: Option<String>,
    /// Connection of the numbers.
    pub connection_id: Option<String>,
    /// Billing group of the numbers.
    pub billing_group_id: Option<String>,
    /// Messaging profile of the numbers.
    pub messaging_profile_id: Option<String>,
    /// Its [`SubOrder`]s.
    pub subs: Vec<String>,
    /// Its [`Ordered`] numbers.
    pub numbers: Vec<String>,
}

impl Row for Order {
    const KIND: &'static str = "number_order";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// The part of an order that is of one country and type.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SubOrder {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// Its order.
    pub order: String,
    /// ISO 3166 code.
    pub country: String,
    /// Type of its numbers.
    pub kind: NumberType,
    /// Its [`Ordered`] numbers.
    pub numbers: Vec<String>,
}

impl Row for SubOrder {
    const KIND: &'static str = "sub_number_order";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// What became of an ordered number, and of orders as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not decided.
    Pending,
    /// The customer has it.
    Success,
    /// The customer will not have it.
    Failure,
}

/// Where an ordered number's requirements are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirements {
    /// Values are missing.
    RequirementInfoPending,
    /// The carrier looks at them.
    RequirementInfoUnderReview,
    /// A value was declined.
    RequirementInfoException,
    /// Nothing is asked for, or all is in order.
    Approved,
    /// The number ended first.
    Cancelled,
}

/// A requirement and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequirementValue {
    /// The requirement type.
    pub id: String,
    /// `document` or `textual`.
    pub field_type: String,
    /// A document's id or a text.
    pub value: Option<String>,
    /// Whether the carrier declined the value.
    pub declined: bool,
}

/// A number of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ordered {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// Its order.
    pub order: String,
    /// Its sub order.
    pub sub: String,
    /// The number.
    pub number: E164,
    /// ISO 3166 code.
    pub country: String,
    /// Its type.
    pub kind: NumberType,
    /// What became of it.
    pub outcome: Outcome,
    /// Where its requirements are.
    pub status: Requirements,
    /// Its requirements.
    pub requirements: Vec<RequirementValue>,
    /// Until when they are waited for.
    pub deadline: Option<At>,
}

impl Row for Ordered {
    const KIND: &'static str = "ordered_number";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// Pending while one is; success when one is there; failure when none is.
pub(crate) fn outcome_of(numbers: impl Iterator<Item = Outcome>) -> Outcome {
    let mut whole = Outcome::Failure;
    for outcome in numbers {
        match outcome {
            Outcome::Pending => return Outcome::Pending,
            Outcome::Success => whole = Outcome::Success,
            Outcome::Failure => {}
        }
    }
    whole
}

/// Reads `regulatory_requirements` of a body.
fn read_requirements(body: &Value) -> Result<Vec<(String, String)>, Refusal> {
    let Some(list) = body
        .get("regulatory_requirements")
        .and_then(Value::as_array)
    else {
        return Err(Refusal::at(
            Code::Missing,
            "/regulatory_requirements",
            "a list of requirement_id and field_value",
        ));
    };
    let mut values = Vec::new();
    for (index, each) in list.iter().enumerate().take(100) {
        let text = |name: &str| {
            each.get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty() && text.len() <= MAX_TEXT)
                .ok_or_else(|| {
                    Refusal::at(
                        Code::Missing,
                        format!("/regulatory_requirements/{index}/{name}"),
                        format!("{name} is a text of 1 to {MAX_TEXT} bytes"),
                    )
                })
        };
        values.push((
            text("requirement_id")?.to_owned(),
            text("field_value")?.to_owned(),
        ));
    }
    Ok(values)
}

impl State {
    pub(super) fn order(&mut self, wanted: NewOrder, now: At) -> Result<Reply, Refusal> {
        let numbers = read_numbers(&wanted.numbers, "/phone_numbers")?;
        self.room(self.ordered.len(), numbers.len())?;
        let mut problems: Vec<Problem> = Vec::new();
        for (index, number) in numbers.iter().enumerate() {
            // One account: what is reserved is reserved by whoever orders now.
            let free = matches!(
                self.place(number),
                Place::Free | Place::Held(Holder::Reservation(_))
            );
            if !free {
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
        let mut groups: BTreeMap<(String, NumberType), Vec<E164>> = BTreeMap::new();
        for number in numbers {
            let country = self
                .world
                .country_of(&number)
                .map(|country| country.iso.clone())
                .unwrap_or_default();
            let kind = self.world.type_of(&number);
            groups.entry((country, kind)).or_default().push(number);
        }
        let mut order = Order {
            id: id.clone(),
            stamp,
            customer_reference: wanted.customer_reference,
            connection_id: wanted.connection_id,
            billing_group_id: wanted.billing_group_id,
            messaging_profile_id: wanted.messaging_profile_id,
            subs: Vec::new(),
            numbers: Vec::new(),
        };
        for ((country, kind), numbers) in groups {
            let sub = self.id();
            let stamp = self.stamp(now);
            let ids: Vec<String> = numbers
                .iter()
                .map(|number| self.order_number(&id, &sub, number, &country, kind, now))
                .collect();
            order.numbers.extend(ids.iter().cloned());
            order.subs.push(sub.clone());
            self.sub_orders.put(SubOrder {
                id: sub,
                stamp,
                order: id.clone(),
                country,
                kind,
                numbers: ids,
            });
        }
        self.orders.put(order);
        Ok(Reply::One(id))
    }

    fn order_number(
        &mut self,
        order: &str,
        sub: &str,
        number: &E164,
        country: &str,
        kind: NumberType,
        now: At,
    ) -> String {
        let id = self.id();
        let stamp = self.stamp(now);
        let requirements: Vec<RequirementValue> = self
            .world
            .required("ordering", country, kind)
            .into_iter()
            .map(|required| RequirementValue {
                id: required.id.clone(),
                field_type: required.kind.clone(),
                value: None,
                declined: false,
            })
            .collect();
        self.give(number, Holder::Ordered(id.clone()));
        let (status, deadline) = if requirements.is_empty() {
            self.ordered_goes_on(&id, number, country, now);
            (Requirements::Approved, None)
        } else {
            let deadline = self.later_for_people(self.world.paces.common.requirement_limit_s, now);
            self.wake(deadline, Timer::OrderedLimit(id.clone()));
            (Requirements::RequirementInfoPending, Some(deadline))
        };
        self.ordered.put(Ordered {
            id: id.clone(),
            stamp,
            order: order.to_owned(),
            sub: sub.to_owned(),
            number: number.clone(),
            country: country.to_owned(),
            kind,
            outcome: Outcome::Pending,
            status,
            requirements,
            deadline,
        });
        id
    }

    pub(super) fn edit_order(&mut self, id: &str, body: &Value, now: At) -> Result<Reply, Refusal> {
        let order = self
            .orders
            .get(id)
            .ok_or_else(|| Refusal::missing("number order", id))?;
        let numbers = order.numbers.clone();
        if body.get("regulatory_requirements").is_some() {
            self.fill_requirements(&numbers, body, now)?;
        }
        let order = self.orders.edit(id).expect("seen above");
        if let Some(reference) = body.get("customer_reference").and_then(Value::as_str) {
            order.customer_reference = Some(reference.chars().take(MAX_TEXT).collect());
        }
        order.stamp.updated_at = now;
        Ok(Reply::One(id.to_owned()))
    }

    pub(super) fn edit_ordered(
        &mut self,
        id: &str,
        body: &Value,
        now: At,
    ) -> Result<Reply, Refusal> {
        if self.ordered.get(id).is_none() {
            return Err(Refusal::missing("number order phone number", id));
        }
        self.fill_requirements(&[id.to_owned()], body, now)?;
        Ok(Reply::One(id.to_owned()))
    }

    pub(super) fn edit_sub_order(
        &mut self,
        id: &str,
        body: &Value,
        now: At,
    ) -> Result<Reply, Refusal> {
        let sub = self
            .sub_orders
            .get(id)
            .ok_or_else(|| Refusal::missing("sub number order", id))?;
        let numbers = sub.numbers.clone();
        self.fill_requirements(&numbers, body, now)?;
        Ok(Reply::One(id.to_owned()))
    }

    /// Sets values on the numbers that ask for them and still wait; all are checked before any is changed.
    fn fill_requirements(&mut self, ids: &[String], body: &Value, now: At) -> Result<(), Refusal> {
        let values = read_requirements(body)?;
        let waiting: Vec<String> = ids
            .iter()
            .filter(|id| {
                self.ordered.get(id).is_some_and(|ordered| {
                    matches!(
                        ordered.status,
                        Requirements::RequirementInfoPending
                            | Requirements::RequirementInfoException
                    )
                })
            })
            .cloned()
            .collect();
        if waiting.is_empty() {
            return Err(Refusal::new(
                Code::Illegal,
                "no number of this order waits for requirements",
            ));
        }
        for (index, (requirement, _)) in values.iter().enumerate() {
            let asked = waiting.iter().any(|id| {
                self.ordered.get(id).is_some_and(|ordered| {
                    ordered
                        .requirements
                        .iter()
                        .any(|each| &each.id == requirement)
                })
            });
            if !asked {
                return Err(Refusal::at(
                    Code::NoSuchAssociation,
                    format!("/regulatory_requirements/{index}/requirement_id"),
                    format!("no number of this order asks for the requirement {requirement}"),
                ));
            }
        }
        for id in waiting {
            self.fill_one(&id, &values, now);
        }
        Ok(())
    }

    fn fill_one(&mut self, id: &str, values: &[(String, String)], now: At) {
        let Some(ordered) = self.ordered.edit(id) else {
            return;
        };
        for each in &mut ordered.requirements {
            if let Some((_, value)) = values
                .iter()
                .find(|(requirement, _)| *requirement == each.id)
            {
                each.value = Some(value.clone());
                each.declined = false;
            }
        }
        ordered.stamp.updated_at = now;
        let complete = ordered
            .requirements
            .iter()
            .all(|each| each.value.is_some() && !each.declined);
        if complete {
            ordered.status = Requirements::RequirementInfoUnderReview;
            let country = ordered.country.clone();
            let due = self.later(self.world.pace(&country).requirement_review_s, now);
            self.wake(due, Timer::OrderedReviewed(id.to_owned()));
        }
    }
}
