//! How number orders end: requirements looked at, numbers there or not, the order told.

use super::event::Family;
use super::hand::Holder;
use super::number::E164;
use super::order::{Ordered, Outcome, Requirements, outcome_of};
use super::owned::Source;
use super::problem::{Code, Refusal};
use super::time::At;
use super::timer::Timer;
use super::{Reply, State};
use crate::view;

/// Numbers that end so are sold to somebody else in the same moment.
const FAILS: &str = "99";
/// Numbers that end so take ten times as long.
const SLOW: &str = "98";
/// How much longer.
const SLOWER: u64 = 10;

/// Whether a number behaves unlike others when it is ordered: it fails, or takes long.
pub(crate) fn is_for_practice(number: &E164) -> bool {
    number.as_str().ends_with(FAILS) || number.as_str().ends_with(SLOW)
}

impl State {
    /// The carrier starts on a number whose requirements are in order.
    pub(super) fn ordered_goes_on(&mut self, id: &str, number: &E164, country: &str, now: At) {
        let usual = self.world.pace(country).order_s;
        let span = if number.as_str().ends_with(SLOW) {
            usual * SLOWER
        } else {
            usual
        };
        let due = self.later(span, now);
        self.wake(due, Timer::OrderedDone(id.to_owned()));
    }

    pub(super) fn ordered_reviewed(&mut self, id: &str, now: At) {
        let under_review =
            |ordered: &&Ordered| ordered.status == Requirements::RequirementInfoUnderReview;
        let Some(ordered) = self.ordered.get(id).filter(under_review) else {
            return;
        };
        let mut requirements = ordered.requirements.clone();
        for each in &mut requirements {
            let value = each.value.as_deref().unwrap_or_default();
            each.declined = !self.acceptable(&each.id, &each.field_type, value);
        }
        let declined = requirements.iter().any(|each| each.declined);
        let (number, country) = (ordered.number.clone(), ordered.country.clone());
        let ordered = self.ordered.edit(id).expect("seen above");
        ordered.requirements = requirements;
        ordered.stamp.updated_at = now;
        ordered.status = if declined {
            Requirements::RequirementInfoException
        } else {
            Requirements::Approved
        };
        if !declined {
            self.ordered_goes_on(id, &number, &country, now);
        }
    }

    /// Whether a value is what its requirement type accepts.
    pub(super) fn acceptable(&self, requirement: &str, field_type: &str, value: &str) -> bool {
        if field_type == "document" {
            return self
                .documents
                .get(value)
                .is_some_and(|document| document.legible);
        }
        let kind = self
            .world
            .requirements
            .types
            .values()
            .find(|kind| kind.id == requirement);
        let limit = |name: &str| {
            kind.and_then(|kind| kind.acceptance_criteria.get(name))
                .and_then(serde_json::Value::as_u64)
        };
        let length = value.chars().count() as u64;
        limit("min_length").is_none_or(|least| length >= least)
            && limit("max_length").is_none_or(|most| length <= most)
    }

    pub(super) fn ordered_done(&mut self, id: &str, now: At) {
        let pending = |ordered: &&Ordered| ordered.outcome == Outcome::Pending;
        let Some(ordered) = self.ordered.get(id).filter(pending).cloned() else {
            return;
        };
        if ordered.number.as_str().ends_with(FAILS) {
            self.give(
                &ordered.number,
                Holder::Other("another customer".to_owned()),
            );
            self.settle(&ordered, Outcome::Failure, ordered.status, now);
            return;
        }
        let order = self.orders.get(&ordered.order);
        let connection = order.and_then(|order| order.connection_id.clone());
        let reference = order.and_then(|order| order.customer_reference.clone());
        self.own(
            &ordered.number,
            &ordered.country,
            ordered.kind,
            Source::Order,
            connection,
            reference,
            ordered.stamp.created_at,
            now,
        );
        self.settle(&ordered, Outcome::Success, ordered.status, now);
    }

    pub(super) fn ordered_limit(&mut self, id: &str, now: At) {
        let waits = |ordered: &&Ordered| {
            ordered.outcome == Outcome::Pending
                && matches!(
                    ordered.status,
                    Requirements::RequirementInfoPending | Requirements::RequirementInfoException
                )
        };
        if let Some(ordered) = self.ordered.get(id).filter(waits).cloned() {
            self.give_back(&ordered.number);
            self.settle(&ordered, Outcome::Failure, Requirements::Cancelled, now);
        }
    }

    pub(super) fn cancel_sub_order(&mut self, id: &str, now: At) -> Result<Reply, Refusal> {
        let sub = self
            .sub_orders
            .get(id)
            .ok_or_else(|| Refusal::missing("sub number order", id))?;
        let pending: Vec<Ordered> = sub
            .numbers
            .iter()
            .filter_map(|number| self.ordered.get(number))
            .filter(|ordered| ordered.outcome == Outcome::Pending)
            .cloned()
            .collect();
        if pending.is_empty() {
            return Err(Refusal::new(
                Code::Illegal,
                "the sub number order is no longer pending",
            ));
        }
        for ordered in pending {
            self.give_back(&ordered.number);
            self.settle(&ordered, Outcome::Failure, Requirements::Cancelled, now);
        }
        Ok(Reply::One(id.to_owned()))
    }

    fn settle(&mut self, ordered: &Ordered, outcome: Outcome, status: Requirements, now: At) {
        if let Some(row) = self.ordered.edit(&ordered.id) {
            row.outcome = outcome;
            row.status = status;
            row.stamp.updated_at = now;
        }
        for stamp in [
            self.sub_orders.edit(&ordered.sub).map(|sub| &mut sub.stamp),
            self.orders
                .edit(&ordered.order)
                .map(|order| &mut order.stamp),
        ]
        .into_iter()
        .flatten()
        {
            stamp.updated_at = now;
        }
        let Some(order) = self.orders.get(&ordered.order) else {
            return;
        };
        let outcomes = order
            .numbers
            .iter()
            .filter_map(|id| self.ordered.get(id))
            .map(|ordered| ordered.outcome);
        if outcome_of(outcomes) != Outcome::Pending {
            let payload = view::orders::order(self, order);
            self.emit(
                Family::Order,
                "number_order.complete",
                &ordered.order,
                None,
                payload,
                now,
            );
        }
    }
}
