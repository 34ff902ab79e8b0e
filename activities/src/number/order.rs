//! `number-order-place`, `number-order-check`, `number-order-cancel`: one order at a carrier.
use super::{carrier, line, line_because, new_order, since};
use crate::ports::carriers::{Carrier, CarrierError, Carriers, LineStatus, Need, NeedForm, Order};
use crate::shell::chain;
use contract::number::{
    NumberError, NumberOrderInput, NumberOrdered, NumberPlaceInput, NumberState, status,
};
use contract::request::NumberLine;
use std::collections::BTreeMap;

/// Orders under the request's id. The carrier is asked for such an order first: whatever became of the try before, there is one.
///
/// # Errors
/// [`NumberError`]; after [`NumberError::Carrier`] it may be there: place again.
pub async fn place(
    d: &impl Carriers,
    input: NumberPlaceInput,
) -> Result<NumberOrdered, NumberError> {
    let since = since(&input.since)?;
    let from = carrier(d, &input.carrier)?;
    let order = new_order(input.request.as_str(), &input.numbers, since);
    let placed = match from.find_order(&order).await? {
        Some(found) => found,
        None => from.order(&order).await?,
    };
    Ok(view(from, &placed).await)
}

/// Asks how far an order is.
///
/// # Errors
/// [`NumberError`].
pub async fn check(
    d: &impl Carriers,
    input: NumberOrderInput,
) -> Result<NumberOrdered, NumberError> {
    let from = carrier(d, &input.carrier)?;
    Ok(view(from, &from.order_state(&input.order).await?).await)
}

/// Takes back what is not there yet. A carrier that cancels nothing says so by the state that follows: its numbers stay pending.
///
/// # Errors
/// [`NumberError`].
pub async fn cancel(
    d: &impl Carriers,
    input: NumberOrderInput,
) -> Result<NumberOrdered, NumberError> {
    let from = carrier(d, &input.carrier)?;
    take_back(from, &input.order).await?;
    Ok(view(from, &from.order_state(&input.order).await?).await)
}

/// Cancels what the carrier lets be cancelled.
pub(super) async fn take_back(from: &impl Carrier, order: &str) -> Result<(), NumberError> {
    match from.cancel_order(order).await {
        Ok(()) => Ok(()),
        Err(CarrierError::Refused(refusal)) => {
            tracing::info!(order, "not cancelled: {refusal}");
            Ok(())
        }
        Err(
            error @ (CarrierError::NotFound(_)
            | CarrierError::Busy { .. }
            | CarrierError::Unknown(_)),
        ) => Err(error.into()),
    }
}

/// An order in the words of the workflow.
pub(super) async fn view(from: &impl Carrier, order: &Order) -> NumberOrdered {
    let is = |wanted: LineStatus| order.lines.iter().any(|line| line.status == wanted);
    let state = if order.is_settled() {
        if is(LineStatus::Active) {
            NumberState::Settled
        } else {
            NumberState::Failed
        }
    } else if is(LineStatus::NeedsInfo) || is(LineStatus::Declined) {
        NumberState::NeedsInfo
    } else {
        NumberState::Pending
    };
    let had = order
        .lines
        .iter()
        .filter(|l| l.status == LineStatus::Active);
    NumberOrdered {
        order: order.id.clone(),
        state,
        numbers: order
            .lines
            .iter()
            .map(|each| shown(&each.number, each.status))
            .collect(),
        had: had.map(|line| line.number.clone()).collect(),
        needs: needs(from, order).await,
    }
}

/// What is asked for, in words: the carrier's id of it, of what form the answer is, and what the carrier calls it.
async fn needs(from: &impl Carrier, order: &Order) -> Vec<String> {
    let asked = order.lines.iter().flat_map(|line| &line.needs);
    let asked: BTreeMap<&str, &Need> = asked.map(|need| (need.id.as_str(), need)).collect();
    let mut told = Vec::with_capacity(asked.len());
    for need in asked.into_values() {
        let form = match need.form {
            NeedForm::Text => "text",
            NeedForm::Document => "document",
            NeedForm::Address => "address",
            NeedForm::Action => "action",
        };
        // Without its name it can still be answered.
        let name = from.name_of_need(&need.id).await.unwrap_or_else(|error| {
            tracing::warn!(need = need.id, error = chain(&error), "a need has no name");
            None
        });
        let name = name.map(|name| format!(": {name}")).unwrap_or_default();
        let declined = if need.declined { ", declined" } else { "" };
        told.push(format!("{} ({form}{declined}{name})", need.id));
    }
    told
}

fn shown(number: &contract::E164, at: LineStatus) -> NumberLine {
    match at {
        LineStatus::Pending => line(number, status::ORDERED),
        LineStatus::NeedsInfo => line(number, status::NEEDS_INFO),
        LineStatus::InReview => line_because(
            number,
            status::ORDERED,
            "the carrier looks at what it was given",
        ),
        LineStatus::Declined => line_because(
            number,
            status::NEEDS_INFO,
            "the carrier declined what it was given",
        ),
        LineStatus::Active => line(number, status::ACQUIRED),
        LineStatus::Failed => line_because(
            number,
            status::FAILED,
            "the carrier could not give this number",
        ),
    }
}
