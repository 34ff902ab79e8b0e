//! Port-outs: found at the carriers or written down by operators, held against what we know, answered before the deadline, and followed
//! until the numbers are gone or back.
//!
//! A carrier with an interface is asked where a port-out stands, and told what was answered. Of one without, operators write down what it
//! says and tell it by hand ([`by_hand`]); everything else is the same.

pub mod by_hand;
mod compare;
mod decision;
pub mod end;
mod find;
pub mod offer;
pub(super) mod orphan;
pub mod record;
mod text;

pub use find::{Found, NotWritten, Written, find, requests_of, run, write_down};
pub use orphan::Orphan;

use super::calendar::{Time, window};
use super::{Routes, desk_of, time};
use crate::ports::Unavailable;
use crate::ports::carriers::CarrierError;
use crate::ports::clock::{self, Clock};
use crate::ports::pace::Pace;
use crate::ports::porting::{
    CarrierPortOut, Desks, Holders, OutRefusal, OutStatus, Pins, Porting, Routed,
};
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use crate::request::begin::BeginError;
use compare::{Held, Ours, compare, found};
use compliance::porting::Timer;
use contract::number::api::AssignNumber;
use contract::port::{
    OutAnswer, OutDecision, OutError, OutFault, OutInput, OutTold, OutVerdict as Next,
};
use contract::{E164, RequestId};
use decision::{Decision, decided};
use record::{Out, stands};
use serde_json::Value;
use std::collections::BTreeMap;

/// Everything that port-outs need of the world.
pub trait OutWorld: Requests + Workflows + Clock + Pace + Desks + Routes + Holders + Pins {}

impl<W: Requests + Workflows + Clock + Pace + Desks + Routes + Holders + Pins> OutWorld for W {}

impl From<Unavailable> for OutError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "a port-out");
        Self::Store
    }
}

impl From<CarrierError> for OutError {
    fn from(error: CarrierError) -> Self {
        match error {
            CarrierError::Refused(refusal) | CarrierError::NotFound(refusal) => {
                Self::Refused(refusal.to_string())
            }
            CarrierError::Busy { .. } => Self::Carrier(error.to_string()),
            CarrierError::Unknown(source) => Self::Carrier(crate::shell::chain(&source)),
        }
    }
}

impl From<BeginError> for OutError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Unavailable(error) => error.into(),
            BeginError::Refused(why) => Self::Refused(why),
        }
    }
}

async fn load<D: OutWorld>(d: &D, request: &RequestId) -> Result<Out, OutError> {
    let record = d.get(request).await?;
    Out::of(&record.ok_or_else(|| OutError::BadInput(format!("there is no request {request}")))?)
}

async fn change<D: OutWorld, R: Send>(
    d: &D,
    request: &RequestId,
    mut change: impl FnMut(&mut Out, Time) -> R + Send,
) -> Result<R, OutError> {
    let time = time(d);
    let changed = d
        .update(request, |record| {
            let mut out = Out::of(record)?;
            let result = change(&mut out, time);
            out.put(record);
            Ok(result)
        })
        .await?;
    let (result, _) =
        changed.ok_or_else(|| OutError::BadInput(format!("there is no request {request}")))?;
    result
}

/// The port-out as its carrier has it; none if the carrier cannot be asked.
async fn asked<D: OutWorld>(d: &D, out: &Out) -> Result<Option<CarrierPortOut>, OutError> {
    if out.view.by_hand {
        return Ok(None);
    }
    let desk = desk_of(d, &out.view.carrier)?;
    Ok(Some(desk.port_out(&out.view.external_id).await?))
}

/// What was told, or what operators have written down by now.
fn or_written(out: &Out, asked: Option<&CarrierPortOut>) -> CarrierPortOut {
    asked.cloned().unwrap_or_else(|| by_hand::known(out))
}

/// What speaks against it.
async fn held<D: OutWorld>(d: &D, out: &Out, known: &CarrierPortOut) -> Result<Held, OutError> {
    let mut all_theirs = true;
    for number in &known.numbers {
        if d.tenant_of(number).await?.as_ref() != Some(&out.tenant) {
            all_theirs = false;
            break;
        }
    }
    let ours = Ours {
        tenant: out.tenant.clone(),
        pin: d.port_out_pin(&out.tenant).await?,
        requires_pin: out.requires_pin(),
        names: d.holder_names(&out.tenant).await?,
        all_theirs,
    };
    Ok(compare(known, &ours))
}

/// `port-out-check`: are they this customer's numbers, and are the PIN, the name and the account right? What was decided before and not told
/// is told.
///
/// # Errors
/// [`OutError`].
pub async fn check<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let out = load(d, &input.request).await?;
    let known = or_written(&out, asked(d, &out).await?.as_ref());
    let held = held(d, &out, &known).await?;
    let told = change(d, &input.request, |out, time| {
        let since = known.since.unwrap_or(time.now);
        let wanted = out.hidden.answer_by;
        out.view.answer_by = match wanted {
            Some(wanted) => Some(clock::text(time.reached(wanted))),
            None => out.due(Timer::PortOutAnswer, time, since).ok().flatten(),
        };
        out.hold(&held);
        // It may have been answered, or taken back, before anybody looked.
        let next = stands(out, &known, time);
        let says = (next == Next::Decide).then(|| found(&held));
        out.told(next, time, says)
    })
    .await?;
    if told.verdict == Next::Decide && out.view.decision.is_some() {
        // An execution before this one could not tell it: it is told now, and not when silence has decided otherwise.
        return answer(
            d,
            OutInput {
                signal: None,
                ..input
            },
        )
        .await;
    }
    Ok(told)
}

/// `port-out-answer`: what was decided; without a decision in time, what the law says: with a lawful reason it is refused, without one it is
/// authorised where the country has it so. Silence counts only once the deadline is known and over, or, where it refuses, early enough for
/// the carrier to hear it in time; it is told from a decision.
///
/// # Errors
/// [`OutError`].
pub async fn answer<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let mut out = load(d, &input.request).await?;
    let data = input
        .signal
        .as_ref()
        .map_or(&Value::Null, |signal| &signal.data);
    let known = or_written(&out, asked(d, &out).await?.as_ref());
    let mut anew = None;
    if known.status == OutStatus::Pending && out.view.answer.is_none() {
        // Whose the numbers are, and what is known of them, may have changed since they were looked at.
        let held = held(d, &out, &known).await?;
        out.hold(&held);
        anew = Some(held);
    }
    let decision = match decided(&out, data, time(d).now)? {
        Decision::Answer(decision) => decision,
        Decision::Wait(why) => {
            return change(d, &input.request, |out, time| {
                hold(out, anew.as_ref());
                let next = stands(out, &known, time);
                out.told(next, time, why.map(str::to_owned))
            })
            .await;
        }
    };
    if known.status == OutStatus::Pending && !out.view.by_hand {
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
    let is_refused = matches!(status, OutStatus::RejectedPending | OutStatus::Rejected);
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
        Some(OutAnswer::Authorise) if out.view.by_silence => {
            "Nobody answered in time and nothing speaks against it: authorised, as the law has it, \
             and not by the customer"
                .to_owned()
        }
        Some(OutAnswer::Authorise) | None => "Authorised".to_owned(),
    }
}

/// Tells a carrier that has an interface.
async fn tell(desk: &impl Porting, out: &Out, decision: &OutDecision) -> Result<(), CarrierError> {
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
    desk.answer_port_out(id, refusal, &decision.note).await
}

/// Writes down what was answered: a carrier with an interface has heard it, another one is to be told.
fn answered(out: &mut Out, request: &RequestId, decision: &OutDecision) {
    out.view.decision = None;
    if out.view.answer.is_some() {
        return;
    }
    out.view.answer = Some(decision.answer);
    out.view.reason = decision.reason.map(super::record::word);
    out.view.by_silence = decision.by_silence;
    out.view.silence = None;
    if out.view.by_hand {
        by_hand::ask_to_tell(out, request, decision.reason, &decision.note);
    }
}

/// `port-out-look`: where it stands at the carrier, by its interface or by what an operator has done or heard.
///
/// # Errors
/// [`OutError`].
pub async fn look<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let out = load(d, &input.request).await?;
    let asked = asked(d, &out).await?;
    let heard = by_hand::heard(input.signal.as_ref())?.filter(|_| out.view.by_hand);
    let signal = input.signal.as_ref();
    let asks_again = signal.is_some_and(|signal| signal.data["decision"] == "ask_again");
    change(d, &input.request, |out, time| {
        if asks_again {
            // What the carrier does not take is decided anew.
            out.view.decision = None;
        }
        let says = heard.as_ref().map(|heard| by_hand::take_down(out, heard));
        let known = or_written(out, asked.as_ref());
        let next = stands(out, &known, time);
        out.told(next, time, says)
    })
    .await
}

/// `port-out-leave`: the numbers ring nobody here any more.
///
/// # Errors
/// [`OutError`].
pub async fn leave<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let out = load(d, &input.request).await?;
    if out.view.rang.is_none() {
        // Kept before the first number goes: an attempt after this one would find that it rings nobody.
        let mut rang = BTreeMap::new();
        for line in &out.lines {
            if let Some(target) = d.rings(&routed(&input.request, &out, &line.number)).await? {
                rang.insert(line.number.clone(), AssignNumber::to(Some(target)));
            }
        }
        change(d, &input.request, |out, _| {
            out.view.rang = Some(rang.clone())
        })
        .await?;
    }
    for line in &out.lines {
        d.unmake_route(&routed(&input.request, &out, &line.number))
            .await?;
    }
    change(d, &input.request, |out, time| {
        for line in &mut out.lines {
            "gone".clone_into(&mut line.status);
        }
        if out.view.snapback.is_none() {
            let known = out.due(Timer::SnapbackWindow, time, time.now);
            out.view.snapback = Some(window(known, time));
        }
        out.told(
            Next::Snapback,
            time,
            Some("The numbers are out of service here".to_owned()),
        )
    })
    .await
}

/// `port-out-restore`: the numbers came back.
///
/// # Errors
/// [`OutError`].
pub async fn restore<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let out = load(d, &input.request).await?;
    let (mut failed, mut not_led) = (Vec::new(), BTreeMap::new());
    for line in &out.lines {
        let rang = out.view.rang.as_ref();
        let rang = rang.and_then(|rang| rang.get(&line.number));
        let target = rang.and_then(AssignNumber::target);
        let of = routed(&input.request, &out, &line.number);
        match d.make_route(&of, target.as_ref()).await? {
            None => match d.lead_route(&of).await {
                Ok(()) => {}
                // The carrier may have it back later: it is in service here, and says what is not.
                Err(CarrierError::Refused(why) | CarrierError::NotFound(why)) => {
                    let reason = format!("the carrier does not lead its calls here: {why}");
                    not_led.insert(line.number.clone(), reason);
                }
                Err(error) => return Err(error.into()),
            },
            // It came back in another way already.
            Some(_) if d.tenant_of(&line.number).await?.as_ref() == Some(&out.tenant) => {}
            Some(why) => failed.push(format!("{}: {why}", line.number)),
        }
    }
    if !failed.is_empty() {
        failed.truncate(5);
        return Err(OutError::Refused(failed.join("; ")));
    }
    change(d, &input.request, |out, time| {
        for line in &mut out.lines {
            "restored".clone_into(&mut line.status);
            line.reason = not_led.get(&line.number).cloned();
        }
        out.told(
            Next::Restored,
            time,
            Some("The numbers are in service again".to_owned()),
        )
    })
    .await
}

fn routed<'a>(request: &'a RequestId, out: &'a Out, number: &'a E164) -> Routed<'a> {
    Routed {
        request,
        tenant: &out.tenant,
        carrier: &out.view.carrier,
        number,
    }
}
