//! What a port-out is answered with: what somebody decided, or what the law says of silence. Pure.
//!
//! A decision is written down before the carrier hears it, so that one that could not be told is neither lost nor taken for silence.
use super::record::Out;
use crate::porting::calendar::is_over;
use contract::port::{OutAnswer, OutDecision, OutError, OutView};
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
    // Nobody may let go what is not theirs.
    let may = |decision: &OutDecision| decision.answer == OutAnswer::Reject || !out.is_mixed();
    match said(data)? {
        Some(decision) if may(&decision) => return Ok(Decision::Answer(decision)),
        Some(_) => {
            return Ok(Decision::Wait(Some(
                "It cannot be authorised: some of the numbers are not this customer's",
            )));
        }
        None => {}
    }
    let before = view.decision.clone().filter(may);
    Ok(match before {
        Some(decision) => Decision::Answer(decision),
        None if !is_over(view.answer_by.as_ref(), now) => Decision::Wait(None),
        None => Decision::Answer(silence(view)),
    })
}

/// What an answer to the task says, if it is one.
fn said(data: &Value) -> Result<Option<OutDecision>, OutError> {
    let note = data["note"].as_str().unwrap_or_default().to_owned();
    Ok(match data["decision"].as_str() {
        Some("authorise") => Some(OutDecision {
            answer: OutAnswer::Authorise,
            reason: None,
            note,
        }),
        Some("reject") => {
            let reason = serde_json::from_value(data["reason"].clone()).map_err(|_| {
                OutError::BadInput("reason: wrong_pin, not_their_number or wrong_name".to_owned())
            })?;
            Some(OutDecision {
                answer: OutAnswer::Reject,
                reason: Some(reason),
                note,
            })
        }
        _ => None,
    })
}

/// With a lawful reason silence refuses, without one it authorises.
fn silence(view: &OutView) -> OutDecision {
    let reason = view.faults.first().copied();
    let answer = match reason {
        Some(_) => OutAnswer::Reject,
        None => OutAnswer::Authorise,
    };
    OutDecision {
        answer,
        reason,
        note: String::new(),
    }
}
