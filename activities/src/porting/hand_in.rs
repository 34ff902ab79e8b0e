//! What an operator tells a carrier without an interface, and what of the carrier's orders counts until it has been told. Pure.
//!
//! Such a carrier's order lags behind its support case: what it said before is no answer to what was handed in last.
use super::prepared;
use super::record::{Port, is_final};
use crate::ports::porting::{CarrierPort, CarrierStatus};
use contract::RequestId;
use contract::dossier::OrderStatus as At;
use contract::port::HandIn;
use serde_json::Value;

/// Asks the operator to tell the carrier something, with the text for it.
pub fn ask(port: &mut Port, request: &RequestId, gaining: &str, what: HandIn) {
    let before = port.to_hand_in();
    if what == HandIn::Withdrawal && before != Some(HandIn::Withdrawal) {
        port.hidden.put_off = before;
    }
    port.view.to_hand_in = Some(what);
    port.view.prepared = Some(prepared::text(request, port, gaining, what));
}

/// Asks for what a submission needs: the port for the first time, or as it was corrected.
pub fn ask_to_submit(port: &mut Port, request: &RequestId, gaining: &str) {
    let what = if port.is_at_carrier() {
        HandIn::Correction
    } else {
        HandIn::Submission
    };
    ask(port, request, gaining, what);
}

/// Asks to tell the date that the customer has agreed to. A date that nobody was asked about is the one wished for: the carrier knows it.
pub fn ask_to_confirm(port: &mut Port, request: &RequestId, gaining: &str) {
    ask(port, request, gaining, HandIn::AgreedDate);
}

/// Once the date is near or is no more, there is nothing to agree to.
pub fn without_date(port: &mut Port) {
    let agreed = Some(HandIn::AgreedDate);
    if port.view.order != At::FocConfirmed && port.view.to_hand_in == agreed {
        port.view.to_hand_in = None;
    }
    // While it is cancelled it may still come back to the date.
    let pending = matches!(port.view.order, At::FocConfirmed | At::CancelPending);
    if !pending && port.hidden.put_off == agreed {
        port.hidden.put_off = None;
    }
}

/// Asks to take the port back at a carrier that has it; says whether it has.
pub fn ask_to_withdraw(port: &mut Port, request: &RequestId, gaining: &str) -> bool {
    let has_it = port.is_at_carrier();
    if has_it {
        ask(port, request, gaining, HandIn::Withdrawal);
    }
    has_it
}

/// The operator has told it. `known` is the order as the carrier's interface shows it at that moment. Gives what happened, in words.
pub fn done(port: &mut Port, data: &Value, known: Option<&CarrierPort>) -> Option<&'static str> {
    let what = port.to_hand_in()?;
    named(port, data);
    port.view.to_hand_in = None;
    // A refusal that stands there now was answered by this very hand-in.
    port.hidden.refusal_known = known
        .filter(|known| known.status == CarrierStatus::Refused)
        .and_then(|known| known.changed);
    Some(match what {
        HandIn::Submission => "Handed in at the carrier",
        HandIn::Correction => "Handed in at the carrier again, corrected",
        HandIn::NewDate => "The carrier was asked for the other date",
        HandIn::AgreedDate => "The carrier was told that the date is agreed",
        HandIn::Withdrawal => "The carrier was asked to take it back",
    })
}

/// The case and the order as an operator names them; what is not named stays.
pub fn named(port: &mut Port, data: &Value) {
    let text = |name: &str| {
        let text = data[name].as_str().map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    if let Some(case) = text("caseId") {
        port.view.case_id = Some(case);
    }
    if let Some(order) = text("externalId") {
        port.view.external_id = Some(order);
    }
}

/// The carrier does not cancel: what cancelling came before is to be handed in again.
pub fn resume(port: &mut Port) {
    port.view.to_hand_in = port.hidden.put_off.take();
}

/// The carrier has brought or ended the order: there is nothing left to tell it.
pub fn overtaken(port: &mut Port, known: &CarrierPort) {
    let ended = matches!(
        known.status,
        CarrierStatus::Ported | CarrierStatus::Cancelled
    );
    // Numbers that come though the port has ended are the operator's to send back.
    let comes_late = known.status == CarrierStatus::Ported && is_final(port.view.order);
    if ended && !comes_late {
        (port.view.to_hand_in, port.hidden.put_off) = (None, None);
    }
}

/// Whether what the carrier's interface says of the order is news. What an operator declares always is.
pub fn is_news(port: &Port, known: &CarrierPort) -> bool {
    let stale_refusal = known.status == CarrierStatus::Refused
        && port.hidden.refusal_known.is_some()
        && known.changed <= port.hidden.refusal_known;
    // Without a date there is nothing to agree to: the operator reads it in the case.
    let no_date = known.status == CarrierStatus::DateConfirmed
        && port.view.order == At::DonorReview
        && (known.foc.is_none() || known.foc == port.hidden.foc_declined);
    // To agree changes nothing of the order: what it shows counts meanwhile.
    let to_hand_in = port.to_hand_in();
    let to_hand_in = to_hand_in.filter(|what| *what != HandIn::AgreedDate);
    match (known.status, to_hand_in) {
        (CarrierStatus::Ported, _) => true,
        // A corrected port may come under another order than the one that ended.
        (CarrierStatus::Cancelled, what) => what != Some(HandIn::Correction),
        (_, Some(_)) => false,
        // Whether it refuses to cancel is said in the case alone: until then the order shows what it showed before.
        (status, None) if port.view.order == At::CancelPending => {
            status == CarrierStatus::CancelPending
        }
        (_, None) => !stale_refusal && !no_date,
    }
}
