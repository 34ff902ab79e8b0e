//! Reservations and number orders.

use super::{USER_ID, stamped};
use crate::core::State;
use crate::core::order::{Order, Ordered, Outcome, Requirements, SubOrder, outcome_of};
use crate::core::reservation::Reservation;
use crate::core::time::At;
use serde_json::{Value, json};

/// Numbers of a sub order that are listed with it.
const LISTED: usize = 50;

/// <https://developers.telnyx.com/api-reference/phone-number-reservations/retrieve-a-number-reservation>
pub fn reservation(reservation: &Reservation, now: At) -> Value {
    let status = if reservation.ends > now {
        "success"
    } else {
        "failure"
    };
    let numbers: Vec<Value> = reservation
        .numbers
        .iter()
        .map(|(id, number)| {
            let body = json!({
                "id": id,
                "record_type": "reserved_phone_number",
                "phone_number": number,
                "status": status,
                "expired_at": reservation.ends.iso(),
                "errors": "",
            });
            stamped(body, reservation.stamp)
        })
        .collect();
    let body = json!({
        "id": reservation.id,
        "record_type": "number_reservation",
        "customer_reference": reservation.customer_reference,
        "status": status,
        "errors": "",
        "phone_numbers": numbers,
    });
    stamped(body, reservation.stamp)
}

fn numbers<'a>(state: &'a State, ids: &'a [String]) -> impl Iterator<Item = &'a Ordered> + Clone {
    ids.iter().filter_map(|id| state.ordered.get(id))
}

/// <https://developers.telnyx.com/api-reference/phone-number-orders/retrieve-a-number-order>
pub fn order(state: &State, order: &Order) -> Value {
    let rows = numbers(state, &order.numbers);
    let body = json!({
        "id": order.id,
        "record_type": "number_order",
        "status": outcome_of(rows.clone().map(|row| row.outcome)),
        "customer_reference": order.customer_reference,
        "connection_id": order.connection_id,
        "billing_group_id": order.billing_group_id,
        "messaging_profile_id": order.messaging_profile_id,
        "phone_numbers_count": order.numbers.len(),
        "sub_number_orders_ids": order.subs,
        "requirements_met": rows.clone().all(met),
        "phone_numbers": rows.map(ordered).collect::<Vec<_>>(),
    });
    stamped(body, order.stamp)
}

fn met(ordered: &Ordered) -> bool {
    ordered.status == Requirements::Approved
}

/// <https://developers.telnyx.com/api-reference/phone-number-orders/retrieve-a-single-phone-number-within-a-number-order>
pub fn ordered(ordered: &Ordered) -> Value {
    let requirements: Vec<Value> = ordered
        .requirements
        .iter()
        .map(|each| {
            let status = match (&each.value, each.declined, ordered.status) {
                (None, _, _) => "awaiting-value",
                (Some(_), true, _) => "declined",
                (Some(_), false, Requirements::Approved) => "approved",
                (Some(_), false, _) => "pending-approval",
            };
            json!({
                "record_type": "phone_number_regulatory_requirement",
                "requirement_id": each.id,
                "field_type": each.field_type,
                "field_value": each.value,
                "status": status,
            })
        })
        .collect();
    json!({
        "id": ordered.id,
        "record_type": "number_order_phone_number",
        "phone_number": ordered.number,
        "phone_number_type": ordered.kind,
        "country_code": ordered.country,
        "country_iso_alpha2": ordered.country,
        "order_request_id": ordered.order,
        "sub_number_order_id": ordered.sub,
        "bundle_id": null,
        "is_block_number": false,
        "locality": "",
        "status": ordered.outcome,
        "requirements_met": met(ordered),
        "requirements_status": ordered.status,
        "regulatory_requirements": requirements,
        "deadline": ordered.deadline.filter(|_| ordered.outcome == Outcome::Pending).map(At::iso),
    })
}

/// <https://developers.telnyx.com/api-reference/phone-number-orders/retrieve-a-sub-number-order>
pub fn sub_order(state: &State, sub: &SubOrder, with_numbers: bool) -> Value {
    let rows = numbers(state, &sub.numbers);
    let asked = state.world.required("ordering", &sub.country, sub.kind);
    let asked: Vec<Value> = asked
        .into_iter()
        .map(|kind| json!({ "record_type": "sub_number_order_regulatory_requirement", "requirement_id": kind.id, "field_type": kind.kind }))
        .collect();
    let reference = state
        .orders
        .get(&sub.order)
        .and_then(|order| order.customer_reference.clone());
    let mut body = json!({
        "id": sub.id,
        "record_type": "sub_number_order",
        "order_request_id": sub.order,
        "user_id": USER_ID,
        "country_code": sub.country,
        "phone_number_type": sub.kind,
        "phone_numbers_count": sub.numbers.len(),
        "customer_reference": reference,
        "is_block_sub_number_order": false,
        "regulatory_requirements": asked,
        "requirements_met": rows.clone().all(met),
        "status": outcome_of(rows.clone().map(|row| row.outcome)),
    });
    if with_numbers {
        body["phone_numbers"] = rows.take(LISTED).map(ordered).collect();
    }
    stamped(body, sub.stamp)
}
