//! Porting orders. The service has no operation that makes or moves one: AWS Support does, in a support case. Here its part is played by
//! `POST /practice/porting-orders` and `PUT /practice/porting-orders/{id}`; `GetPhoneNumberOrder` shows what came of it.

use super::fields::Fields;
use super::numbers::DIAL_IN;
use super::{Answer, Failure, Shared, created, ok};
use crate::carrier::is_e164;
use crate::store::{Number, Order, OrderedNumber, State};
use axum::body::Bytes;
use axum::extract::Path;
use jiff::Timestamp;
use serde_json::json;

/// Most numbers of one porting order here.
const MAX_PORTED: usize = 500;
/// Statuses of an order that is on its way (`PhoneNumberOrderStatus`).
const OPEN: [&str; 7] = [
    "Processing",
    "PendingDocuments",
    "Submitted",
    "FOC",
    "ChangeRequested",
    "Exception",
    "CancelRequested",
];

/// Support opens an order for numbers of one country.
pub(super) async fn open(axum::extract::State(api): Shared, body: Bytes) -> Answer {
    let fields = Fields::parse(&body)?;
    let numbers = fields.texts("E164PhoneNumbers", 1, MAX_PORTED)?;
    let numbers =
        numbers.ok_or_else(|| Failure::BadRequest("E164PhoneNumbers is required".to_owned()))?;
    if let Some(bad) = numbers.iter().find(|number| !is_e164(number)) {
        return Err(Failure::BadRequest(format!(
            "E164PhoneNumbers: {bad} is not an E.164 number"
        )));
    }
    let (now, id) = (Timestamp::now(), uuid::Uuid::new_v4().to_string());
    let waits = |number: String| OrderedNumber {
        number,
        status: "Processing".to_owned(),
    };
    let order = Order {
        phone_number_order_id: id.clone(),
        product_type: DIAL_IN.to_owned(),
        status: "Submitted".to_owned(),
        order_type: "Porting".to_owned(),
        ordered_phone_numbers: numbers.into_iter().map(waits).collect(),
        created_timestamp: now,
        updated_timestamp: now,
        foc_date: None,
    };
    let shown = json!({ "PhoneNumberOrder": order });
    api.change(|state| {
        state.orders.insert(id, order);
        Ok(())
    })
    .await?;
    created(shown)
}

/// Support moves an order: `Status`, with `FocDate` if there is one, with `Country` when the numbers come and `Failed` for those that do not.
pub(super) async fn step(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    let fields = Fields::parse(&body)?;
    let status = fields.text("Status", 1, 64)?;
    let foc = fields.optional_text("FocDate", 1, 64)?;
    let failed = fields.texts("Failed", 0, MAX_PORTED)?.unwrap_or_default();
    let country = fields.optional_text("Country", 2, 2)?;
    let order = api
        .change(|state| {
            let none = || Failure::NotFound(format!("no phone number order {id}"));
            let mut order = state.orders.get(&id).cloned().ok_or_else(none)?;
            if !OPEN.contains(&order.status.as_str()) || order.order_type != "Porting" {
                return Err(Failure::BadRequest(format!(
                    "an order that is {} is not moved any more",
                    order.status
                )));
            }
            match status.as_str() {
                "Successful" => {
                    let country = country.ok_or_else(|| {
                        Failure::BadRequest("Country is required with Successful".to_owned())
                    })?;
                    arrive(state, &mut order, &failed, &country);
                }
                "Cancelled" => order.status = status,
                open if OPEN.contains(&open) => order.status = status,
                _ => {
                    return Err(Failure::BadRequest(format!(
                        "Status must be Successful, Cancelled or one of {}",
                        OPEN.join(", ")
                    )));
                }
            }
            order.foc_date = foc.or(order.foc_date);
            order.updated_timestamp = Timestamp::now();
            state.orders.insert(id.clone(), order.clone());
            Ok(order)
        })
        .await?;
    ok(json!({ "PhoneNumberOrder": order }))
}

/// The numbers are the account's from now on, but for those that failed.
fn arrive(state: &mut State, order: &mut Order, failed: &[String], country: &str) {
    let now = Timestamp::now();
    for line in &mut order.ordered_phone_numbers {
        if failed.contains(&line.number) {
            line.status = "Failed".to_owned();
            continue;
        }
        line.status = "Acquired".to_owned();
        let number = Number {
            number: line.number.clone(),
            country: country.to_owned(),
            order_id: Some(order.phone_number_order_id.clone()),
            name: None,
            created: now,
            updated: now,
        };
        state.numbers.insert(line.number.clone(), number);
    }
    order.settle();
}
