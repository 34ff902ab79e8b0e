//! What follows from what the carrier says: the steps of the order and of its numbers. Pure: facts, a signal and the time go in.
//!
//! What follows where an order stands is in `donor` until a date is agreed, and in `cut_over` from then on.
mod cut_over;
mod donor;
mod refusals;

use super::calendar::{self, Time};
use super::record::Port;
use super::{hand_in, snapback, standing};
use crate::ports::porting::{Activation, CarrierPort, CarrierStatus};
use contract::E164;
use contract::dossier::{NumberStep as Num, OrderStatus as At, OrderStep as Do};
use contract::port::{PortError, PortVerdict as Next};
use contract::request::Party;
use contract::request::signal::{RequestSignal, SignalName};
use cut_over::{activating, confirmed, sync, tested};
use donor::{donor_review, proposed, submitted};
use refusals::{after_rejection, codes, customer_is_asked, rejected, take_down};

/// Most steps that one look takes: the machine has no circle without waiting.
const STEPS_MAX: usize = 16;
/// How many numbers are named.
const NAMED_MAX: usize = 5;

/// What is known of the order now.
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    /// What the carrier says; none if nothing was heard.
    pub carrier: Option<&'a CarrierPort>,
    /// Whose refusal codes it uses.
    pub scheme: &'a str,
    /// Whether an operator says it in the carrier's name.
    pub declared: bool,
}

impl<'a> Facts<'a> {
    /// What counts of it for a port as it is now.
    fn news(&self, port: &Port) -> Option<&'a CarrierPort> {
        let counts = |known: &&CarrierPort| {
            self.declared || !port.view.by_hand || hand_in::is_news(port, known)
        };
        self.carrier.filter(counts)
    }
}

/// What a look came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// What the workflow does next.
    pub next: Next,
    /// What happened, for the timeline.
    pub says: Option<String>,
}

/// Takes every step that follows from the facts, the signal and the time.
///
/// # Errors
/// [`PortError::NotPossible`] if the machine refuses a step that this module takes: a fault of ours.
pub fn look(
    port: &mut Port,
    facts: &Facts<'_>,
    signal: Option<&RequestSignal>,
    time: Time,
) -> Result<Looked, PortError> {
    let mut says = Vec::new();
    let mut next = None;
    if let Some(signal) = signal {
        heard(port, signal, facts, time, &mut says)?;
    }
    for _ in 0..STEPS_MAX {
        let before = port.view.order;
        let lines = port.lines.clone();
        next = one(port, facts, time, &mut says)?;
        if next.is_some() || (port.view.order == before && port.lines == lines) {
            break;
        }
    }
    hand_in::without_date(port);
    says.dedup();
    Ok(Looked {
        next: next.unwrap_or_else(|| standing::verdict(port)),
        says: (!says.is_empty()).then(|| says.join(". ")),
    })
}

/// What a person said that is not the carrier's.
fn heard(
    port: &mut Port,
    signal: &RequestSignal,
    facts: &Facts<'_>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<(), PortError> {
    let topic = signal.topic.as_deref();
    match (signal.name, topic, port.view.order) {
        (SignalName::TaskDone, Some("port-date"), At::FocProposed) => {
            port.step(Do::ConfirmFoc, Party::Customer, time.now)?;
            says.push("The date is agreed".to_owned());
        }
        (SignalName::TaskDone, Some("port-handin"), order) => {
            says.extend(hand_in::done(port, &signal.data, facts.carrier).map(str::to_owned));
            match order {
                At::Submitted | At::DonorReview => calendar::donor_asked(port, time),
                At::CancelPending => calendar::cancel_asked(port, time),
                _ => {}
            }
        }
        (SignalName::TaskDone, Some("port-donor"), _) => {
            hand_in::named(port, &signal.data);
            // What it says is looked at next; where it says nothing new, it is given time once more.
            calendar::waited_on(port, time);
        }
        (SignalName::TaskDone, Some("port-resolve"), order)
            if signal.data["action"] == "ask_customer" =>
        {
            if order != At::Rejected {
                port.step(Do::Reject, Party::Operator, time.now)?;
                port.step_numbers(Num::Reject, Party::Carrier, time.now, None);
            }
            let codes = codes(&signal.data);
            let note = signal.data["note"].as_str();
            let note = Some(note.unwrap_or_default());
            take_down(port, &codes, facts.scheme, &[], note);
            customer_is_asked(port, time);
            says.push(format!("Refused by the losing side: {}", codes.join(", ")));
        }
        (SignalName::TaskDone, Some("port-resolve"), _) => {
            calendar::donor_asked(port, time);
            says.push("The losing provider was asked again".to_owned());
        }
        (SignalName::RequestChange, Some("snapback"), At::SnapbackWindow) => {
            says.push(snapback::ask(port, &signal.data, time));
        }
        (SignalName::TaskDone, Some(snapback::FORM), _) => {
            says.extend(snapback::done(port, &signal.data, time));
        }
        _ => {}
    }
    Ok(())
}

/// One step, if one follows. Gives what the workflow does, if that does not follow from the status alone.
fn one(
    port: &mut Port,
    facts: &Facts<'_>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    let carrier = facts.news(port);
    if let Some(known) = carrier {
        hand_in::overtaken(port, known);
        came_along(port, known, says);
        if ended_there(port, known, time, says)? || refused_there(port, known, facts, time, says)? {
            return Ok(None);
        }
    }
    match port.view.order {
        At::Submitted => submitted(port, carrier, time, says),
        At::DonorReview => donor_review(port, carrier, time, says),
        At::Rejected => Ok(Some(after_rejection(port, time)?)),
        At::FocProposed => proposed(port, carrier, time, says),
        At::FocConfirmed => confirmed(port, carrier, time, says),
        At::PreCutoverTest => tested(port, carrier, time),
        At::SyncWindow => sync(port, carrier, time),
        At::Activating => activating(port, carrier, time, says),
        At::Ported => {
            calendar::ported(port, time);
            port.step(Do::OpenSnapback, Party::Platform, time.now)?;
            Ok(None)
        }
        At::SnapbackWindow => {
            // What is to go back is here until it has left.
            let is_over = calendar::is_over(port.view.moments.snapback.as_ref(), time.now);
            if is_over && port.view.going_back.is_empty() {
                port.step(Do::Close, Party::Platform, time.now)?;
            }
            Ok(None)
        }
        At::CancelPending => cancel_pending(port, carrier, time, says),
        At::Draft
        | At::CheckingPortability
        | At::NotPortable
        | At::Split
        | At::Collecting
        | At::LetterDrafted
        | At::WaitingForSignature
        | At::InternalReview
        | At::Correction
        | At::Verifying
        | At::Closed
        | At::Cancelled
        | At::Expired => Ok(None),
    }
}

/// Numbers that were taken out of the port and are here with its order all the same: in no list, nobody would look after them.
fn came_along(port: &mut Port, carrier: &CarrierPort, says: &mut Vec<String>) {
    let here = carrier
        .lines
        .iter()
        .filter(|(_, activation)| *activation == Activation::Active)
        .map(|(number, _)| number.clone());
    let taken = port.take_in(here);
    if taken.is_empty() {
        return;
    }
    let named: Vec<_> = taken.iter().take(NAMED_MAX).map(E164::as_str).collect();
    let named = named.join(", ");
    let more = match taken.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    says.push(format!(
        "Came with the carrier's order although taken out, and is the port's again: {named}{more}"
    ));
}

/// Whether the carrier ended the order by itself.
fn ended_there(
    port: &mut Port,
    carrier: &CarrierPort,
    time: Time,
    says: &mut Vec<String>,
) -> Result<bool, PortError> {
    let open = matches!(
        port.view.order,
        At::Submitted | At::DonorReview | At::FocProposed | At::FocConfirmed | At::PreCutoverTest
    );
    let ended = carrier.status == CarrierStatus::Cancelled && open;
    if ended {
        port.follow(Do::Cancel, Party::Operator, time.now)?;
        says.push("The carrier has cancelled the order".to_owned());
    }
    Ok(ended)
}

/// Whether the losing side refused it. Once the cut-over is prepared the date goes first, and the refusal is the next step's.
fn refused_there(
    port: &mut Port,
    carrier: &CarrierPort,
    facts: &Facts<'_>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<bool, PortError> {
    let open = matches!(
        port.view.order,
        At::Submitted | At::DonorReview | At::FocProposed | At::FocConfirmed
    );
    let refused = carrier.status == CarrierStatus::Refused && open;
    if refused {
        rejected(port, carrier, facts.scheme, time, says)?;
    }
    Ok(refused)
}

/// Whether the carrier has begun to bring the numbers.
fn is_under_way(carrier: &CarrierPort) -> bool {
    carrier.status == CarrierStatus::Ported
        || carrier
            .lines
            .iter()
            .any(|(_, activation)| match activation {
                Activation::UnderWay
                | Activation::Conflict
                | Activation::Active
                | Activation::Failed => true,
                Activation::NotYet => false,
            })
}

fn cancel_pending(
    port: &mut Port,
    carrier: Option<&CarrierPort>,
    time: Time,
    says: &mut Vec<String>,
) -> Result<Option<Next>, PortError> {
    match carrier.map(|carrier| carrier.status) {
        None | Some(CarrierStatus::CancelPending) => {
            if port.hidden.cancel_due.is_none() && port.to_hand_in().is_none() {
                calendar::cancel_asked(port, time);
            }
        }
        Some(CarrierStatus::Cancelled | CarrierStatus::Draft) => {
            port.step(Do::ConfirmCancel, Party::Carrier, time.now)?;
            port.step_numbers(Num::Cancel, Party::Platform, time.now, None);
            says.push("The carrier has cancelled the order".to_owned());
        }
        Some(
            CarrierStatus::InReview
            | CarrierStatus::AtDonor
            | CarrierStatus::Refused
            | CarrierStatus::DateConfirmed
            | CarrierStatus::Ported,
        ) => {
            port.step(Do::RefuseCancel, Party::Carrier, time.now)?;
            port.hidden.cancel_due = None;
            hand_in::resume(port);
            says.push("The carrier does not cancel any more".to_owned());
        }
    }
    Ok(None)
}
