//! A port-out at a carrier without an interface: what it has is what operators have written down, and what it is to be told is a task of
//! theirs, with the text for it. Pure.
use super::record::{Named, Out};
use super::text;
use crate::porting::calendar::Time;
use crate::ports::clock;
use crate::ports::porting::{CarrierPortOut, OutStatus};
use contract::RequestId;
use contract::port::{
    OutAnswer, OutError, OutFault, OutSaid, OutStanding, OutTelling, OutTold, OutVerdict as Next,
    Telling,
};
use contract::request::Party;
use contract::request::signal::{RequestSignal, SignalName};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The form by which an operator says that the carrier was told.
const TELL_FORM: &str = "port-out-tell";
/// The form by which an operator writes down what it says.
pub const STANDING_FORM: &str = "port-out-standing";
/// What a notice is about that an operator brings though nobody asked for it.
pub const STANDING: &str = "standing";

/// The port-out as the carrier has it, by what was written down.
pub fn known(out: &Out) -> CarrierPortOut {
    let view = &out.view;
    let moment = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
    let named = out.hidden.named.clone();
    let named = named.unwrap_or_else(|| Named::of(view));
    CarrierPortOut {
        id: view.external_id.clone(),
        status: status(view.said, view.answer),
        numbers: out.hidden.numbers.clone(),
        gaining: view.gaining.clone(),
        pin: out.hidden.pin.clone(),
        authorised_by: named.authorised_by,
        end_user: named.end_user,
        account: named.account_number,
        requested_foc: moment(&view.requested_foc),
        foc: moment(&view.foc),
        since: out.hidden.since,
    }
}

/// What the carrier said last counts; before it said anything, what we answered.
fn status(said: Option<OutStanding>, answer: Option<OutAnswer>) -> OutStatus {
    match (said, answer) {
        (Some(OutStanding::Authorised), _) | (None, Some(OutAnswer::Authorise)) => {
            OutStatus::Authorised
        }
        (Some(OutStanding::Ported), _) => OutStatus::Ported,
        (Some(OutStanding::Rejected), _) => OutStatus::Rejected,
        (Some(OutStanding::Cancelled), _) => OutStatus::Cancelled,
        (None, Some(OutAnswer::Reject)) => OutStatus::RejectedPending,
        (None, None) => OutStatus::Pending,
    }
}

/// Where it stands at a carrier with an interface: what an operator has heard of it counts where the interface is behind, and never takes
/// back what it shows. One that shows nothing of our answer yet is behind too.
pub fn overtaken(out: &Out, shown: OutStatus) -> OutStatus {
    let may_lag = match shown {
        OutStatus::Authorised | OutStatus::RejectedPending => true,
        OutStatus::Pending => out.view.answer.is_some(),
        OutStatus::Rejected | OutStatus::Cancelled | OutStatus::Ported => false,
    };
    match out.view.said.filter(|_| may_lag) {
        Some(OutStanding::Authorised) if shown == OutStatus::Pending => OutStatus::Authorised,
        Some(OutStanding::Authorised) | None => shown,
        Some(OutStanding::Ported) => OutStatus::Ported,
        Some(OutStanding::Rejected) => OutStatus::Rejected,
        Some(OutStanding::Cancelled) => OutStatus::Cancelled,
    }
}

/// Asks an operator to tell the carrier what was answered: that the numbers may go, or why they may not. The PIN has done its work.
pub fn ask_to_tell(out: &mut Out, request: &RequestId, fault: Option<OutFault>, note: &str) {
    out.hidden.pin = None;
    out.view.to_tell = out.view.answer;
    out.view.prepared = Some(text::of(request, out, fault, note));
}

/// What an operator has done or heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The carrier was told, or needs no telling.
    Telling(OutTelling),
    /// Where it stands there, on which date.
    Standing(OutSaid, Option<Timestamp>),
}

/// What a signal says of it; none if it is about something else.
///
/// # Errors
/// [`OutError::BadInput`] if it does not read.
pub fn heard(signal: Option<&RequestSignal>) -> Result<Option<Heard>, OutError> {
    let Some(signal) = signal else {
        return Ok(None);
    };
    match (signal.name, signal.topic.as_deref()) {
        (SignalName::TaskDone, Some(form @ TELL_FORM)) => {
            Ok(Some(Heard::Telling(read(form, &signal.data)?)))
        }
        (SignalName::TaskDone, Some(form @ STANDING_FORM))
        | (SignalName::CarrierNotice, Some(form @ STANDING)) => {
            let said: OutSaid = read(form, &signal.data)?;
            let foc = said.foc.as_deref().map(str::parse::<Timestamp>);
            let foc = foc.transpose().map_err(|_| {
                OutError::BadInput("foc: an instant such as 2026-11-20T10:00:00Z".to_owned())
            })?;
            Ok(Some(Heard::Standing(said, foc)))
        }
        (_, _) => Ok(None),
    }
}

fn read<T: DeserializeOwned>(form: &str, data: &Value) -> Result<T, OutError> {
    serde_json::from_value(data.clone())
        .map_err(|error| OutError::BadInput(format!("{form}: {error}")))
}

/// Takes down what was heard; again it changes nothing. Gives what happened, in words.
pub fn take_down(out: &mut Out, heard: &Heard) -> String {
    // What the carrier says overtakes what it was still to be told.
    (out.view.to_tell, out.view.prepared) = (None, None);
    let (words, note) = match heard {
        Heard::Telling(telling) => {
            let words = match telling.outcome {
                Telling::Told => "The carrier was told".to_owned(),
                Telling::Overtaken => "The carrier's case says something else already".to_owned(),
            };
            (words, &telling.note)
        }
        // What is out of service here comes back by an operator's word alone.
        Heard::Standing(said, _) if out.view.snapback.is_some() => {
            ("The numbers have left already".to_owned(), &said.note)
        }
        Heard::Standing(said, foc) => {
            out.view.said = Some(said.status);
            if let Some(foc) = foc {
                out.view.foc = Some(clock::text(*foc));
            }
            (said_words(said.status, *foc), &said.note)
        }
    };
    match note.as_deref().map(str::trim) {
        Some(note) if !note.is_empty() => format!("{words}: {note}"),
        Some(_) | None => words,
    }
}

fn said_words(standing: OutStanding, foc: Option<Timestamp>) -> String {
    match (standing, foc) {
        (OutStanding::Authorised, Some(foc)) => format!("The numbers go on {foc}"),
        (OutStanding::Authorised, None) => "The numbers go".to_owned(),
        (OutStanding::Ported, _) => "The numbers are gone".to_owned(),
        (OutStanding::Rejected, _) => "The refusal is accepted".to_owned(),
        (OutStanding::Cancelled, _) => "The gaining carrier has taken it back".to_owned(),
    }
}

/// Who is waited for, where an operator stands between us and the carrier; none where nobody does.
pub fn waits(out: &Out, next: Next, time: Time) -> Option<OutTold> {
    if !out.view.by_hand {
        return None;
    }
    let moment = |text: &Option<String>| text.as_ref()?.parse::<Timestamp>().ok();
    let (next_action, deadline, form) = match next {
        Next::Tell => {
            let action = match out.view.to_tell {
                Some(OutAnswer::Reject) => "Tell the carrier that the port-out is refused",
                Some(OutAnswer::Authorise) | None => "Tell the carrier that the numbers may go",
            };
            (action, out.view.answer_by.clone(), None)
        }
        Next::Authorised => {
            let date = moment(&out.view.foc).or_else(|| moment(&out.view.requested_foc));
            let date = date.map(|date| clock::text(time.reached(date)));
            let action = "Write down on which date the numbers go, and when they are gone";
            (action, date, Some(STANDING_FORM))
        }
        Next::RejectedPending => {
            let action = "Write down whether the carrier accepts the refusal";
            (action, None, Some(STANDING_FORM))
        }
        Next::Decide
        | Next::Rejected
        | Next::Cancelled
        | Next::Ported
        | Next::Snapback
        | Next::Restored
        | Next::Closed => return None,
    };
    // There is nothing to look at meanwhile, and a deadline that is over comes no second time.
    let is_ahead = moment(&deadline).is_some_and(|due| due > time.now);
    let ahead = deadline.as_deref().filter(|_| is_ahead);
    Some(OutTold {
        verdict: next,
        owner: Party::Operator,
        next_action: next_action.to_owned(),
        wait_s: time.wait_s(ahead),
        deadline,
        says: None,
        form: form.map(str::to_owned),
    })
}
