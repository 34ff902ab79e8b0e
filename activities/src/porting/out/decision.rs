//! What a port-out is answered with: what somebody decided, or what the law says of silence. Pure.
//!
//! It is refused for what was found, or for what the phone company's people answer for by their note. Silence is never a customer's own
//! word: the decision says that nobody gave it.
//!
//! With a lawful reason silence counts before the carrier's time is over: what is told after it is told too late.
//!
//! A decision is written down before the carrier hears it, so that one that could not be told is neither lost nor taken for silence.
use super::offer::OVERRIDES;
use super::record::Out;
use contract::port::{OutAnswer, OutDecision, OutError, OutSilence};
use jiff::Timestamp;
use serde_json::Value;

/// What is to be told to the carrier.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// This.
    Answer(OutDecision),
    /// Nothing yet, and why if somebody wanted something.
    Wait(Option<&'static str>),
}

/// What follows from what somebody says now, from what was decided before, or from silence.
pub(super) fn decided(out: &Out, data: &Value, now: Timestamp) -> Result<Decision, OutError> {
    let view = &out.view;
    if let Some(decision) = said(data)? {
        return Ok(match why_not(out, &decision) {
            None => Decision::Answer(decision),
            Some(why) => Decision::Wait(Some(why)),
        });
    }
    let before = view.decision.clone();
    let before = before.filter(|decision| why_not(out, decision).is_none());
    Ok(match before {
        Some(decision) => Decision::Answer(decision),
        None if out.silent_at().is_none_or(|at| now < at) => Decision::Wait(None),
        None => silence(out),
    })
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

/// What an answer to the task says, if it is one.
fn said(data: &Value) -> Result<Option<OutDecision>, OutError> {
    let note = data["note"].as_str().unwrap_or_default().to_owned();
    Ok(match data["decision"].as_str() {
        Some("authorise") => Some(OutDecision {
            answer: OutAnswer::Authorise,
            reason: None,
            note,
            overrides: false,
            by_silence: false,
        }),
        Some("reject") => {
            let reason = serde_json::from_value(data["reason"].clone()).map_err(|_| {
                OutError::BadInput("reason: one of the form's lawful reasons".to_owned())
            })?;
            Some(OutDecision {
                answer: OutAnswer::Reject,
                reason: Some(reason),
                note,
                overrides: data[OVERRIDES] == true,
                by_silence: false,
            })
        }
        _ => None,
    })
}

/// With a lawful reason silence refuses, without one it means what the country makes of it.
fn silence(out: &Out) -> Decision {
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
    })
}
