//! `port-out-end`: how a port-out is left at the carrier when an operator ends it here.
use super::answer::{answered, claim, heard, tell};
use super::decision::{Decision, decided, said, shows};
use super::record::Out;
use super::standing::stands;
use super::{OutWorld, asked, change, desk_of, held, load, or_written};
use crate::porting::time;
use crate::ports::porting::{CarrierPortOut, OutStatus};
use contract::port::{OutAnswer, OutDecision, OutError, OutInput, OutTold};

/// Tells the carrier what was decided, or what the law says of silence. Without a decision there is nothing to tell, and a carrier without
/// an interface is told by people: then the timeline says what is left to do there.
///
/// # Errors
/// [`OutError`]: the carrier was not told.
pub async fn end<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let mut out = load(d, &input.request).await?;
    let mut known = or_written(&out, asked(d, &out).await?.as_ref());
    let mut told = None;
    if known.status == OutStatus::Pending && out.view.answer.is_none() {
        let held = held(d, &out, &known).await?;
        out.hold(&held);
        let said = said(input.signal.as_ref())?;
        if let Decision::Answer(decision) = decided(&out, said.as_ref(), time(d).now) {
            if !out.view.by_hand {
                claim(d, &input.request, &decision).await?;
                tell(desk_of(d, &out.view.carrier)?, &out, &decision).await?;
                known = or_written(&out, asked(d, &out).await?.as_ref());
            }
            told = Some(decision);
        }
    }
    change(d, &input.request, |out, time| {
        heard(out, &input.request, known.status);
        if let Some(decision) = &told {
            answered(out, &input.request, decision);
        }
        // Who came too late is told what the carrier did meanwhile.
        let is_heard = |told: &&OutDecision| {
            known.status == OutStatus::Pending || shows(known.status, told.answer)
        };
        let says = left(out, &known, told.as_ref().filter(is_heard));
        let next = stands(out, &known, time);
        out.told(next, time, Some(says))
    })
    .await
}

/// How it is left, in words.
fn left(out: &Out, known: &CarrierPortOut, told: Option<&OutDecision>) -> String {
    match out.view.to_tell {
        Some(OutAnswer::Authorise) => {
            return "Ended before the carrier was told that it is authorised: tell it".to_owned();
        }
        Some(OutAnswer::Reject) => {
            return "Ended before the carrier was told that it is refused: tell it, for silence lets \
                    the numbers go"
                .to_owned();
        }
        None => {}
    }
    match (known.status, told.map(|told| told.answer)) {
        (_, Some(OutAnswer::Authorise)) => "The carrier was told that it is authorised".to_owned(),
        (_, Some(OutAnswer::Reject)) => "The carrier was told that it is refused".to_owned(),
        (OutStatus::Pending, None) if out.view.answer.is_some() => {
            "The carrier has the answer".to_owned()
        }
        (OutStatus::Pending, None) => {
            let until = out.view.answer_by.as_deref();
            format!(
                "Ended without the carrier: nothing was decided, and the other carrier waits until {}. \
                 Answer it at the carrier, for silence lets the numbers go",
                until.unwrap_or("a moment that nobody here knows")
            )
        }
        (OutStatus::Authorised, None) => {
            "At the carrier it is authorised: the numbers go on the date, and stay in service here \
             until somebody gives them back"
                .to_owned()
        }
        (OutStatus::Ported, None) if out.is_gone() && out.view.by_hand => {
            "The numbers have gone. Delete them at the carrier if it has them still: it may charge for them"
                .to_owned()
        }
        (OutStatus::Ported, None) if out.is_gone() => "The numbers have gone".to_owned(),
        (OutStatus::Ported, None) => {
            "The numbers have gone, and are in service here until somebody gives them back"
                .to_owned()
        }
        (OutStatus::RejectedPending | OutStatus::Rejected, None) => {
            "At the carrier it is refused".to_owned()
        }
        (OutStatus::Cancelled, None) => "The other carrier has taken it back".to_owned(),
    }
}
