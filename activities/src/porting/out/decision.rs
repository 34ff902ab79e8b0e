//! What a port-out is answered with: what somebody decided, or what the law says of silence. Pure.
//!
//! It is refused for what was found, or for what the phone company's people answer for by their note. Silence is never a customer's own
//! word: the decision says that nobody gave it.
//!
//! With a lawful reason silence counts before the carrier's time is over: what is told after it is told too late.
//!
//! A decision is written down, by whom and when, before the carrier is asked anything, and marked as answered once the carrier has heard
//! it: so one that could not be told is neither lost nor taken for silence, and another attempt goes on from what is written.
use super::offer::OVERRIDES;
use super::record::Out;
use crate::ports::clock;
use crate::ports::porting::OutStatus;
use contract::port::{OutAnswer, OutDecision, OutError, OutSilence};
use contract::request::signal::RequestSignal;
use jiff::Timestamp;

/// What is to be told to the carrier.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// This.
    Answer(OutDecision),
    /// Nothing yet, and why if somebody wanted something.
    Wait(Option<&'static str>),
}

/// What follows from what was decided before and is not told, from what somebody says now, or from silence. What was decided goes first: the
/// carrier may have heard it, of a function that died before it wrote so.
pub(super) fn decided(out: &Out, said: Option<&OutDecision>, now: Timestamp) -> Decision {
    let before = out.view.decision.as_ref();
    if let Some(decision) = before.filter(|decision| why_not(out, decision).is_none()) {
        return Decision::Answer(decision.clone());
    }
    if let Some(decision) = said {
        return match why_not(out, decision) {
            None => Decision::Answer(decision.clone()),
            Some(why) => Decision::Wait(Some(why)),
        };
    }
    if out.silent_at().is_none_or(|at| now < at) {
        return Decision::Wait(None);
    }
    silence(out, now)
}

/// Forgets what was decided if it cannot be told any more, by what was found meanwhile.
pub(super) fn forget_impossible(out: &mut Out) {
    let decision = out.view.decision.as_ref();
    if decision.is_some_and(|decision| why_not(out, decision).is_some()) {
        out.view.decision = None;
    }
}

/// Whether a carrier that shows this has heard this answer, or needs not hear it.
pub(super) fn shows(status: OutStatus, answer: OutAnswer) -> bool {
    match status {
        OutStatus::Authorised | OutStatus::Ported => answer == OutAnswer::Authorise,
        OutStatus::RejectedPending | OutStatus::Rejected => answer == OutAnswer::Reject,
        OutStatus::Pending | OutStatus::Cancelled => false,
    }
}

/// Why this cannot be decided; none if it can. What was answered already stays as it is.
fn why_not(out: &Out, decision: &OutDecision) -> Option<&'static str> {
    let view = &out.view;
    if view.answer.is_some() {
        return None;
    }
    let found = decision
        .reason
        .is_some_and(|reason| view.faults.contains(&reason));
    match decision.answer {
        // Nobody may let go what is not theirs.
        OutAnswer::Authorise if out.is_mixed() => {
            Some("It cannot be authorised: some of the numbers are not this customer's")
        }
        OutAnswer::Reject if !found && !decision.overrides => {
            Some("It cannot be refused for that: it is not what was found")
        }
        OutAnswer::Authorise | OutAnswer::Reject => None,
    }
}

/// What an answer to the task says, if the signal is one: decided by whom and when.
///
/// # Errors
/// [`OutError::BadInput`] if its reason is none of the form's.
pub(super) fn said(signal: Option<&RequestSignal>) -> Result<Option<OutDecision>, OutError> {
    let Some(signal) = signal else {
        return Ok(None);
    };
    let data = &signal.data;
    let (answer, reason) = match data["decision"].as_str() {
        Some("authorise") => (OutAnswer::Authorise, None),
        Some("reject") => {
            let reason = serde_json::from_value(data["reason"].clone()).map_err(|_| {
                OutError::BadInput("reason: one of the form's lawful reasons".to_owned())
            })?;
            (OutAnswer::Reject, Some(reason))
        }
        _ => return Ok(None),
    };
    Ok(Some(OutDecision {
        answer,
        reason,
        note: data["note"].as_str().unwrap_or_default().to_owned(),
        overrides: answer == OutAnswer::Reject && data[OVERRIDES] == true,
        by_silence: false,
        by: signal.person.clone(),
        at: Some(signal.at.clone()),
    }))
}

/// With a lawful reason silence refuses, without one it means what the country makes of it.
fn silence(out: &Out, now: Timestamp) -> Decision {
    let answer = match out.silence() {
        OutSilence::Authorises => OutAnswer::Authorise,
        OutSilence::Refuses => OutAnswer::Reject,
        OutSilence::Asks => return Decision::Wait(None),
    };
    Decision::Answer(OutDecision {
        answer,
        reason: out.view.faults.first().copied(),
        note: String::new(),
        overrides: false,
        by_silence: true,
        by: None,
        at: Some(clock::text(now)),
    })
}
