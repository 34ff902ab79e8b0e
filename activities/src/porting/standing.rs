//! Where a port stands, as the workflow and the screens are told it. Pure.
use super::calendar::{Time, is_over};
use super::dossier::Standing;
use super::record::Port;
use super::test_calls::CALL_S;
use super::{dossier, snapback};
use contract::dossier::OrderStatus as At;
use contract::port::{HandIn, PortAnswer, PortVerdict as Next};
use contract::request::Party;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The form by which an operator says what the carrier says.
const DONOR_FORM: &str = "port-donor";

/// What a status means for the next turn: who acts, on what, until which of the moments, and whether the carrier is looked at meanwhile.
fn words(
    port: &Port,
    verdict: Next,
    now: Timestamp,
) -> (Party, &'static str, Option<String>, bool) {
    let moments = &port.view.moments;
    let carrier = if port.view.by_hand {
        Party::Operator
    } else {
        Party::Carrier
    };
    let silence = || moments.silence.clone();
    let near = || moments.sync.clone().or_else(|| moments.foc_due.clone());
    match verdict {
        Next::Portable
        | Next::SplitUp
        | Next::Prepare
        | Next::Activate
        | Next::Verify
        | Next::Submit => (Party::Platform, "Goes on by itself", None, true),
        Next::Collect => (
            Party::Customer,
            "Add what the country asks, then submit again",
            silence(),
            false,
        ),
        Next::Sign => (
            Party::Customer,
            "Sign the letter of authorisation, or upload it signed",
            moments.signature.clone(),
            false,
        ),
        Next::CheckDossier => {
            let (owner, words) = match dossier::standing(port) {
                Standing::NotHandedIn => (Party::Customer, "Hand the dossier in for its check"),
                Standing::Good | Standing::Checked | Standing::Rejected => {
                    (Party::Platform, "Goes on when the dossier is approved")
                }
            };
            (owner, words, moments.letter.clone(), true)
        }
        Next::Review => (
            Party::Operator,
            "Review the port, then approve or return it",
            moments.letter.clone(),
            false,
        ),
        Next::HandIn => (
            Party::Operator,
            match port.to_hand_in() {
                Some(HandIn::Submission) | None => "Hand the port in at the carrier",
                Some(HandIn::Correction) => "Hand the corrected port in at the carrier",
                Some(HandIn::NewDate) => "Ask the carrier for the other date",
                Some(HandIn::AgreedDate) => "Tell the carrier that the date is agreed",
                Some(HandIn::Withdrawal) => "Ask the carrier to take the port back",
            },
            near().filter(|_| port.to_hand_in() == Some(HandIn::AgreedDate)),
            true,
        ),
        Next::DonorReview if port.replaced().is_some() => (
            carrier,
            "The carrier takes back its order, which has the other numbers too",
            moments.donor_answer.clone(),
            true,
        ),
        Next::DonorReview => (
            carrier,
            "The losing provider looks it over",
            moments.donor_answer.clone(),
            true,
        ),
        Next::Resolve => (
            Party::Operator,
            match port.view.order {
                At::Rejected => "Find out why it was refused, then say who mends it",
                _ => "Ask the losing provider through the carrier",
            },
            moments.donor_answer.clone(),
            true,
        ),
        Next::Correct => (
            Party::Customer,
            "Correct what was refused, then submit again",
            silence(),
            false,
        ),
        Next::AgreeDate => (
            Party::Customer,
            "Agree to the date or ask for another",
            moments.change.clone(),
            true,
        ),
        Next::DateAgreed => (carrier, "The numbers come on the agreed date", near(), true),
        Next::TestFailed => (
            Party::Operator,
            "Mend the routes before the cut-over",
            moments.foc_due.clone(),
            true,
        ),
        Next::SyncWindow => (
            carrier,
            "The cut-over is near: nothing can be cancelled any more",
            moments.foc_due.clone(),
            true,
        ),
        Next::Activating if is_late(port, verdict, now) => (
            Party::Operator,
            "The switch-over is late: ask the carrier, then say which numbers came and which failed, that it is cancelled, or that it is \
             still looked at",
            None,
            true,
        ),
        Next::Activating => (
            carrier,
            "The numbers are being switched over",
            moments.foc_ends.clone(),
            true,
        ),
        // Where the platform cannot call by itself, somebody else does.
        Next::Testing if port.hidden.asks => (
            Party::Operator,
            "Call the numbers, and say what was heard",
            None,
            true,
        ),
        Next::Testing => (
            Party::Platform,
            "Calls the numbers to test them",
            None,
            true,
        ),
        Next::Snapback if !port.view.going_back.is_empty() => (
            Party::Operator,
            "Have the numbers ported back, then say which have left",
            None,
            false,
        ),
        Next::Snapback => (
            Party::Platform,
            "What was ported in error can still go back",
            moments.snapback.clone(),
            false,
        ),
        Next::CancelPending if is_late(port, verdict, now) => (
            Party::Operator,
            "The carrier is late to say whether it cancels: ask it, then say what it says",
            None,
            true,
        ),
        Next::CancelPending => (
            carrier,
            "The carrier looks at the wish to cancel",
            port.hidden.cancel_due.clone(),
            true,
        ),
        Next::NotPortable
        | Next::Cancelled
        | Next::Expired
        | Next::Refused
        | Next::Closed
        | Next::ClosedInPart
        | Next::ClosedEmpty => (Party::Platform, "", None, true),
    }
}

/// Whether a carrier has let the time go by in which it was to switch over or to cancel: an operator asks it.
fn is_late(port: &Port, verdict: Next, now: Timestamp) -> bool {
    match verdict {
        Next::Activating => is_over(port.view.moments.foc_ends.as_ref(), now),
        Next::CancelPending => is_over(port.hidden.cancel_due.as_ref(), now),
        _ => false,
    }
}

/// Whether a look takes a step once the deadline of this is over, so that there is nothing to wait for.
fn goes_on_when_over(verdict: Next) -> bool {
    matches!(
        verdict,
        Next::DonorReview | Next::AgreeDate | Next::DateAgreed | Next::SyncWindow
    )
}

/// The answer that leads the workflow to this verdict.
pub fn answer(port: &Port, verdict: Next, time: Time, says: Option<String>) -> PortAnswer {
    let (owner, next_action, deadline, looks) = words(port, verdict, time.now);
    let at = deadline.as_deref();
    let by_operator = port.view.by_hand
        && matches!(
            verdict,
            Next::DonorReview
                | Next::DateAgreed
                | Next::SyncWindow
                | Next::Activating
                | Next::CancelPending
        );
    let form = match verdict {
        Next::Testing if port.hidden.asks => Some("port-verify".to_owned()),
        Next::Snapback if !port.view.going_back.is_empty() => Some(snapback::FORM.to_owned()),
        _ if by_operator || is_late(port, verdict, time.now) => Some(DONOR_FORM.to_owned()),
        _ => None,
    };
    let wait_s = if verdict == Next::Testing && !port.hidden.asks {
        match port.hidden.until.as_deref() {
            Some(until) => time.wait_s(Some(until)),
            None => u32::try_from(CALL_S).unwrap_or(1),
        }
    } else if !looks || (goes_on_when_over(verdict) && is_over(deadline.as_ref(), time.now)) {
        time.wait_s(at)
    } else {
        time.look_s(at, port.hidden.turns)
    };
    let told = snapback::wanted(port).filter(|_| verdict == Next::Snapback);
    PortAnswer {
        verdict,
        status: port.view.order,
        owner,
        next_action: told.unwrap_or_else(|| next_action.to_owned()),
        deadline,
        wait_s,
        says,
        form,
        about: about(port, verdict),
    }
}

/// What an operator looks at.
fn about(port: &Port, verdict: Next) -> Value {
    let dossier = port.view.form.dossier.as_ref();
    match (verdict, dossier, &port.hidden.dossier) {
        (Next::Review, Some(dossier), Some(known)) => json!({
            "dossier": dossier.id, "status": known.status, "check": known.check,
        }),
        _ => Value::Null,
    }
}

/// What the workflow does where an order stands and nothing new was heard.
pub fn verdict(port: &Port) -> Next {
    if port.to_hand_in().is_some() {
        return Next::HandIn;
    }
    match port.view.order {
        At::CheckingPortability if !port.hidden.parts.is_empty() => Next::SplitUp,
        At::Draft | At::CheckingPortability => Next::Portable,
        At::NotPortable => Next::NotPortable,
        At::Split => Next::SplitUp,
        At::Collecting => Next::Collect,
        At::LetterDrafted | At::WaitingForSignature => Next::Sign,
        At::InternalReview => Next::Review,
        At::Submitted | At::DonorReview if port.hidden.resolving => Next::Resolve,
        At::Submitted | At::DonorReview => Next::DonorReview,
        At::Rejected | At::Correction => Next::Correct,
        At::FocProposed => Next::AgreeDate,
        At::FocConfirmed => Next::DateAgreed,
        At::PreCutoverTest => Next::Prepare,
        At::SyncWindow => Next::SyncWindow,
        At::Activating => Next::Activating,
        At::Verifying => Next::Verify,
        At::Ported | At::SnapbackWindow => Next::Snapback,
        At::Closed => closed(port),
        At::CancelPending => Next::CancelPending,
        At::Cancelled if port.is_refused_for_good() => Next::Refused,
        At::Cancelled => Next::Cancelled,
        At::Expired => Next::Expired,
    }
}

fn closed(port: &Port) -> Next {
    match port.arrived() {
        0 => Next::ClosedEmpty,
        all if all == port.lines.len() && port.not_reached() == 0 => Next::Closed,
        _ => Next::ClosedInPart,
    }
}
