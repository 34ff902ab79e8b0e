//! `port-out-answer`: what was decided, told to the carrier and written down.
use super::compare::Held;
use super::decision::{Decision, decided, forget_impossible, said, shows};
use super::record::Out;
use super::standing::stands;
use super::{OutWorld, asked, by_hand, change, desk_of, held, load, or_written, text};
use crate::porting::record::word;
use crate::porting::time;
use crate::ports::carriers::CarrierError;
use crate::ports::porting::{OutRefusal, OutStatus, Porting};
use contract::RequestId;
use contract::port::{OutAnswer, OutDecision, OutError, OutFault, OutInput, OutTold};

/// What was decided; without a decision in time, what the law says: with a lawful reason it is refused, without one it is
/// authorised where the country has it so. Silence counts only once the deadline is known and over, or, where it refuses, early enough for
/// the carrier to hear it in time; it is told from a decision.
///
/// # Errors
/// [`OutError`].
pub async fn answer<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let said = said(input.signal.as_ref())?;
    if let Some(said) = &said {
        claim(d, &input.request, said).await?;
    }
    let mut out = load(d, &input.request).await?;
    let known = or_written(&out, asked(d, &out).await?.as_ref());
    let mut anew = None;
    if known.status == OutStatus::Pending && out.view.answer.is_none() {
        // Whose the numbers are, and what is known of them, may have changed since they were looked at.
        let held = held(d, &out, &known).await?;
        out.hold(&held);
        anew = Some(held);
    }
    let decision = match decided(&out, said.as_ref(), time(d).now) {
        Decision::Answer(decision) => decision,
        Decision::Wait(why) => {
            return change(d, &input.request, |out, time| {
                hold(out, anew.as_ref());
                forget_impossible(out);
                let next = stands(out, &known, time);
                out.told(next, time, why.map(str::to_owned))
            })
            .await;
        }
    };
    // A carrier that has heard it and shows nothing of it yet takes no second answer.
    let is_told = out.view.answer.is_some() || out.view.by_hand;
    if known.status == OutStatus::Pending && !is_told {
        change(d, &input.request, |out, _| {
            hold(out, anew.as_ref());
            out.view.decision = Some(decision.clone());
        })
        .await?;
        tell(desk_of(d, &out.view.carrier)?, &out, &decision).await?;
    }
    // Who came too late is told what the carrier did meanwhile.
    let asked = asked(d, &out).await?;
    change(d, &input.request, |out, time| {
        hold(out, anew.as_ref());
        answered(out, &input.request, &decision);
        let known = or_written(out, asked.as_ref());
        let next = stands(out, &known, time);
        let says = in_words(out, known.status, &decision);
        out.told(next, time, Some(says))
    })
    .await
}

fn hold(out: &mut Out, held: Option<&Held>) {
    if let Some(held) = held {
        out.hold(held);
    }
}

/// What was answered, for the timeline: also by whom, where it was not the customer's word.
fn in_words(out: &Out, status: OutStatus, decision: &OutDecision) -> String {
    // A carrier that has just heard it may show nothing of it yet.
    let is_refused = matches!(
        status,
        OutStatus::Pending | OutStatus::RejectedPending | OutStatus::Rejected
    );
    match out.view.answer {
        Some(OutAnswer::Reject) if !is_refused => "The refusal came too late".to_owned(),
        Some(OutAnswer::Reject) if out.view.by_silence => {
            "Nobody answered in time: refused, for there is a lawful reason".to_owned()
        }
        Some(OutAnswer::Reject) if decision.overrides => {
            let reason = decision.reason.map_or("no reason", text::reason);
            format!(
                "Refused by the phone company though it was not found that {reason}: {}",
                decision.note.trim()
            )
        }
        Some(OutAnswer::Reject) => "Refused".to_owned(),
        Some(OutAnswer::Authorise)
            if matches!(status, OutStatus::RejectedPending | OutStatus::Rejected) =>
        {
            "At the carrier it is refused already".to_owned()
        }
        Some(OutAnswer::Authorise) if out.view.by_silence => {
            "Nobody answered in time and nothing speaks against it: authorised, as the law has it, \
             and not by the customer"
                .to_owned()
        }
        Some(OutAnswer::Authorise) | None => "Authorised".to_owned(),
    }
}

/// Writes down what was decided before anybody is asked or told anything, for an attempt after this one; what is written already stays.
pub(super) async fn claim<D: OutWorld>(
    d: &D,
    request: &RequestId,
    decision: &OutDecision,
) -> Result<(), OutError> {
    change(d, request, |out, _| {
        if out.view.answer.is_none() {
            out.view.decision.get_or_insert_with(|| decision.clone());
        }
    })
    .await
}

/// Tells a carrier that has an interface. One that refuses because it waits for no answer any more has heard it, of an attempt before this
/// one, or has decided meanwhile: what it shows counts.
pub(super) async fn tell(
    desk: &impl Porting,
    out: &Out,
    decision: &OutDecision,
) -> Result<(), CarrierError> {
    let refusal = match (decision.answer, decision.reason) {
        (OutAnswer::Authorise, _) => None,
        (OutAnswer::Reject, Some(OutFault::WrongPin | OutFault::PinNotTold)) => {
            Some(OutRefusal::WrongPin)
        }
        (OutAnswer::Reject, Some(OutFault::NotTheirNumber | OutFault::WrongAccount)) => {
            Some(OutRefusal::WrongAccount)
        }
        (OutAnswer::Reject, Some(OutFault::WrongName) | None) => Some(OutRefusal::WrongName),
    };
    let id = &out.view.external_id;
    let told = desk.answer_port_out(id, refusal, &decision.note).await;
    if !matches!(told, Err(CarrierError::Refused(_))) {
        return told;
    }
    match desk.port_out(id).await?.status {
        OutStatus::Pending => told,
        OutStatus::Authorised
        | OutStatus::RejectedPending
        | OutStatus::Rejected
        | OutStatus::Cancelled
        | OutStatus::Ported => Ok(()),
    }
}

/// Marks what was decided as answered where the carrier shows that it has heard it: who told it may have died before it wrote so.
pub(super) fn heard(out: &mut Out, request: &RequestId, shown: OutStatus) {
    let decision = out.view.decision.clone();
    let decision = decision.filter(|decision| shows(shown, decision.answer));
    if let Some(decision) = decision.filter(|_| !out.view.by_hand) {
        answered(out, request, &decision);
    }
}

/// Writes down what was answered: a carrier with an interface has heard it, another one is to be told.
pub(super) fn answered(out: &mut Out, request: &RequestId, decision: &OutDecision) {
    out.view.decision = None;
    if out.view.answer.is_some() {
        return;
    }
    out.view.answer = Some(decision.answer);
    out.view.reason = decision.reason.map(word);
    out.view.decided_by.clone_from(&decision.by);
    out.view.decided_at.clone_from(&decision.at);
    out.view.by_silence = decision.by_silence;
    out.view.silence = None;
    if out.view.by_hand {
        by_hand::ask_to_tell(out, request, decision.reason, &decision.note);
    }
}
