//! Until a date is agreed: the carrier passes the order on, and the losing provider looks it over and names a date. Pure.
use super::is_under_way;
use crate::porting::calendar::{self, Time};
use crate::porting::record::Port;
use crate::ports::porting::{CarrierPort, CarrierStatus};
use contract::dossier::{NumberStep as Num, OrderStep as Do};
use contract::port::{PortError, PortVerdict as Next};
use contract::request::Party;
use jiff::{SignedDuration, Timestamp};

/// A date this close to the one asked for needs no question.
const SUITS: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn submitted(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    match carrier.map(|carrier| carrier.status) {
        // A refusal was answered before.
        None
        | Some(
            CarrierStatus::Draft
            | CarrierStatus::InReview
            | CarrierStatus::Refused
            | CarrierStatus::CancelPending
            | CarrierStatus::Cancelled,
        ) => {
            if !is_late(port, time) {
                return Ok(None);
            }
            says.push("The carrier has not passed it on in time".to_owned());
            is_silent(port, time);
            Ok(None)
        }
        Some(CarrierStatus::AtDonor | CarrierStatus::DateConfirmed | CarrierStatus::Ported) => {
            port.step(Do::AcceptSubmission, Party::Carrier, time.now)?;
            calendar::donor_asked(port, time);
            says.push("The carrier has passed it to the losing provider".to_owned());
            Ok(None)
        }
    }
}

pub(super) fn donor_review(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    match carrier.map(|carrier| (carrier, carrier.status)) {
        Some((carrier, CarrierStatus::DateConfirmed | CarrierStatus::Ported)) => {
            let foc = carrier.foc.unwrap_or(time.now);
            port.step(Do::ProposeFoc, Party::Carrier, time.now)?;
            port.step_numbers(Num::Confirm, Party::Carrier, time.now, None);
            port.hidden.foc_declined = None;
            calendar::date_proposed(port, time, foc);
            says.push(format!("The losing provider names {foc} as the date"));
            Ok(None)
        }
        // A refusal was answered before.
        Some((
            _,
            CarrierStatus::Draft
            | CarrierStatus::InReview
            | CarrierStatus::AtDonor
            | CarrierStatus::Refused
            | CarrierStatus::CancelPending
            | CarrierStatus::Cancelled,
        ))
        | None => {
            if !is_late(port, time) {
                return Ok(None);
            }
            port.step(Do::Escalate, Party::Platform, time.now)?;
            says.push("The losing provider has not answered in time".to_owned());
            is_silent(port, time);
            Ok(None)
        }
    }
}

/// Nobody answered in time: an operator asks, and says what came of it. One who has the carrier's case before them is asked already.
fn is_silent(port: &mut Port, time: Time) {
    calendar::donor_asked(port, time);
    port.hidden.resolving = !port.view.by_hand;
}

/// Whether an answer is overdue: of a carrier that was asked.
fn is_late(port: &Port, time: Time) -> bool {
    port.to_hand_in().is_none()
        && calendar::is_over(port.view.moments.donor_answer.as_ref(), time.now)
}

/// Whether the date needs no question: none was asked for, it is near it, or it is too late for another.
fn suits(port: &Port, now: Timestamp) -> bool {
    let at = |text: &Option<String>| {
        text.as_ref()
            .and_then(|text| text.parse::<Timestamp>().ok())
    };
    let near = match (
        at(&port.view.form.requested_foc),
        at(&port.view.moments.foc),
    ) {
        (Some(asked), Some(foc)) => foc.duration_since(asked).abs() <= SUITS,
        (None, _) | (_, None) => true,
    };
    near || calendar::is_over(port.view.moments.change.as_ref(), now)
}

pub(super) fn proposed(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    if suits(port, time.now) || carrier.is_some_and(is_under_way) {
        port.follow(Do::ConfirmFoc, Party::Operator, time.now)?;
        says.push("The date stands".to_owned());
    }
    Ok(None)
}
