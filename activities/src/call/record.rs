//! What happens to a call's record: pure changes, each safe to make twice.
use crate::ports::calls::{CallRecord, Changed, Private};
use crate::ports::clock;
use contract::call::EndInput;
use contract::signal::{Signal, SignalName};
use contract::view::{CallView, Leg, LegKind, LegStatus, Phase, Rang, Step, Workflow};
use contract::{CallId, DeviceId, E164, LegId, PersonId, TenantId};
use jiff::Timestamp;

/// Most states of the step strip.
pub const MAX_STEPS: usize = 100;
/// Most keys of the phone's person that are shown.
pub const MAX_DIGITS: usize = 64;

/// A call that begins: revision 1, nobody asked yet.
pub fn new(
    call: CallId,
    tenant: TenantId,
    workflow: Workflow,
    legs: Vec<Leg>,
    now: Timestamp,
) -> CallRecord {
    let view = CallView {
        id: call,
        tenant,
        workflow,
        execution: None,
        rev: 1,
        phase: Phase::Starting,
        state: String::new(),
        steps: Vec::new(),
        legs,
        rung: Vec::new(),
        dialled: None,
        started_at: clock::text(now),
        ring_until: None,
        ringing_at: None,
        rang_devices: None,
        answered_at: None,
        ended_at: None,
        outcome: None,
        ended_by: None,
        reason: None,
        digits: String::new(),
    };
    CallRecord {
        view,
        private: Private::default(),
    }
}

/// A phone's side of a call. A caller who hides is shown by the network's word for that.
pub fn phone_leg(id: &str, shown: &str) -> Leg {
    let number = E164::parse(shown).ok();
    Leg {
        id: LegId::from(id),
        kind: LegKind::Phone,
        status: LegStatus::Waiting,
        name: shown.to_owned(),
        number,
        person: None,
        device: None,
    }
}

/// A person's side of a call.
pub fn client_leg(id: &str, name: &str, person: Option<PersonId>, number: Option<E164>) -> Leg {
    Leg {
        id: LegId::from(id),
        kind: LegKind::Client,
        status: LegStatus::Waiting,
        name: name.to_owned(),
        number,
        person,
        device: None,
    }
}

/// The change that `work` makes, if it makes one.
pub fn changed(record: &mut CallRecord, work: impl FnOnce(&mut CallRecord)) -> Changed {
    let before = record.clone();
    work(record);
    if *record == before {
        Changed::No
    } else {
        Changed::Yes
    }
}

/// The workflow is in a state now. Staying in it, or coming back to it at once, is no new step.
pub fn enter(view: &mut CallView, state: &str, now: Timestamp) {
    view.state = state.to_owned();
    if view.steps.last().is_some_and(|last| last.state == state) {
        return;
    }
    if view.steps.len() >= MAX_STEPS {
        view.steps.remove(0);
    }
    view.steps.push(Step {
        state: state.to_owned(),
        at: clock::text(now),
    });
}

/// A phase begins, ringing for `limit_s` seconds at most.
pub fn begin_phase(view: &mut CallView, phase: Phase, limit_s: Option<u32>, now: Timestamp) {
    view.phase = phase;
    view.ring_until = None;
    match phase {
        Phase::Starting | Phase::Ending | Phase::Ended => {}
        Phase::Ringing => {
            view.ringing_at.get_or_insert_with(|| clock::text(now));
            let limit = jiff::SignedDuration::from_secs(limit_s.unwrap_or(0).into());
            view.ring_until = limit_s
                .and_then(|_| now.checked_add(limit).ok())
                .map(clock::text);
            called(view, LegStatus::Waiting, LegStatus::Ringing);
        }
        Phase::Connecting => {
            view.answered_at.get_or_insert_with(|| clock::text(now));
            every(
                view,
                &[LegStatus::Waiting, LegStatus::Ringing],
                LegStatus::Joining,
            );
        }
        Phase::Talking => {
            view.answered_at.get_or_insert_with(|| clock::text(now));
            every(
                view,
                &[LegStatus::Waiting, LegStatus::Ringing, LegStatus::Joining],
                LegStatus::Connected,
            );
        }
    }
}

/// The meeting is open: whoever has a device may enter it.
pub fn admit(view: &mut CallView) {
    for leg in &mut view.legs {
        if leg.device.is_some() && leg.status == LegStatus::Waiting {
            leg.status = LegStatus::Joining;
        }
    }
}

fn called(view: &mut CallView, from: LegStatus, to: LegStatus) {
    for leg in &mut view.legs {
        if leg.id.as_str() == LegId::CALLEE && leg.status == from {
            leg.status = to;
        }
    }
}

fn every(view: &mut CallView, from: &[LegStatus], to: LegStatus) {
    for leg in &mut view.legs {
        if from.contains(&leg.status) {
            leg.status = to;
        }
    }
}

/// The workflow has received a signal: what it tells about the legs.
pub fn apply(view: &mut CallView, signal: &Signal) {
    let status = match signal.name {
        SignalName::ClientAnswer | SignalName::PhoneAnswered => {
            view.answered_at.get_or_insert_with(|| signal.at.clone());
            Some(LegStatus::Joining)
        }
        SignalName::PhoneRinging => Some(LegStatus::Ringing),
        SignalName::PhoneJoined | SignalName::ClientJoined => Some(LegStatus::Connected),
        SignalName::PhoneHungup
        | SignalName::ClientDecline
        | SignalName::ClientLeft
        | SignalName::ClientDropped => Some(LegStatus::Ended),
        SignalName::PhoneDigits => {
            view.digits
                .push_str(signal.digits.as_deref().unwrap_or_default());
            let excess = view.digits.len().saturating_sub(MAX_DIGITS);
            view.digits = view.digits.chars().skip(excess).collect();
            None
        }
        SignalName::PhonePlaced
        | SignalName::PhoneDone
        | SignalName::PhoneFailed
        | SignalName::PhoneLeft
        | SignalName::ClientHangup
        | SignalName::ClientDigits
        | SignalName::MeetingEnded => None,
    };
    let Some(leg) = view
        .legs
        .iter_mut()
        .find(|leg| Some(&leg.id) == signal.leg.as_ref())
    else {
        return;
    };
    if let Some(status) = status {
        leg.status = status;
    }
    if signal.name == SignalName::ClientAnswer {
        leg.device = signal.device.clone();
    }
}

/// A device of somebody has a leg. If several people rang, the leg is theirs from now on, and the others ring no more.
pub fn answered(
    record: &mut CallRecord,
    leg: &LegId,
    person: Option<&PersonId>,
    device: &DeviceId,
) {
    let view = &mut record.view;
    let Some(leg) = view.legs.iter_mut().find(|known| known.id == *leg) else {
        return;
    };
    if leg.device.is_none() {
        leg.device = Some(device.clone());
    }
    let rung = view.rung.iter().find(|rung| Some(&rung.person) == person);
    let (None, Some(rung)) = (&leg.person, rung) else {
        return;
    };
    let who = rung.person.clone();
    leg.person = Some(who.clone());
    leg.name.clone_from(&rung.name);
    stop_ringing(record);
    for rung in &mut record.view.rung {
        if rung.person == who {
            rung.status = Rang::Answered;
        }
    }
    record.private.engaged.insert(who);
}

/// Whoever rings for a group or a flow rings no more, and is free.
pub fn stop_ringing(record: &mut CallRecord) {
    for rung in &mut record.view.rung {
        if rung.status == Rang::Ringing {
            rung.status = Rang::Stopped;
            record.private.engaged.remove(&rung.person);
        }
    }
}

/// The call is over. What it was first said to be, it stays.
pub fn end(record: &mut CallRecord, input: &EndInput, now: Timestamp) {
    let view = &mut record.view;
    if !view.is_live() {
        return;
    }
    enter(view, &input.state, now);
    view.phase = Phase::Ended;
    view.ring_until = None;
    view.outcome = Some(input.outcome);
    view.ended_by = Some(input.ended_by);
    view.reason.clone_from(&input.reason);
    view.ended_at = Some(clock::text(now));
    for leg in &mut view.legs {
        leg.status = LegStatus::Ended;
    }
    for rung in &mut view.rung {
        if rung.status == Rang::Ringing {
            rung.status = Rang::Stopped;
        }
    }
    // The meeting is deleted: its tokens open nothing any more.
    record.private = Private {
        round: record.private.round,
        engaged: std::mem::take(&mut record.private.engaged),
        ..Private::default()
    };
}

/// How long people talked, whole seconds.
pub fn talked_s(view: &CallView) -> u64 {
    let at = |text: &Option<String>| text.as_deref()?.parse::<Timestamp>().ok();
    let (Some(answered), Some(ended)) = (at(&view.answered_at), at(&view.ended_at)) else {
        return 0;
    };
    u64::try_from(ended.duration_since(answered).as_secs()).unwrap_or(0)
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
