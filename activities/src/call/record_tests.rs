use super::*;
use contract::view::{EndedBy, Outcome};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn inbound() -> CallRecord {
    let callee = client_leg(LegId::CALLEE, "Ana", Some(PersonId::from("p-1")), None);
    let legs = vec![phone_leg(LegId::CALLER, "+41445550199"), callee];
    new(
        CallId::from("c-1"),
        TenantId::from("t-1"),
        Workflow::InboundCall,
        legs,
        at(0),
    )
}

fn signal(name: SignalName, leg: &str) -> Signal {
    let (person, device, status, digits, reason) = (None, None, None, None, None);
    Signal {
        seq: 1,
        name,
        at: clock::text(at(5)),
        leg: Some(LegId::from(leg)),
        person,
        device,
        status,
        digits,
        reason,
    }
}

fn statuses(view: &CallView) -> Vec<LegStatus> {
    view.legs.iter().map(|leg| leg.status).collect()
}

#[test]
fn the_strip_has_each_state_once_however_often_it_is_entered() {
    let mut view = inbound().view;
    for state in ["Ring", "Ring", "Talking", "Talking", "Ring"] {
        enter(&mut view, state, at(1));
    }
    assert_eq!(
        view.steps
            .iter()
            .map(|step| step.state.as_str())
            .collect::<Vec<_>>(),
        ["Ring", "Talking", "Ring"]
    );
}

#[test]
fn the_strip_keeps_the_last_hundred_states() {
    let mut view = inbound().view;
    for n in 0..=MAX_STEPS {
        enter(&mut view, &n.to_string(), at(1));
    }
    assert_eq!(
        (view.steps.len(), view.steps[0].state.as_str()),
        (MAX_STEPS, "1")
    );
}

#[test]
fn ringing_has_an_end_that_goes_when_it_stops_and_a_beginning_that_stays() {
    let mut view = inbound().view;
    begin_phase(&mut view, Phase::Ringing, Some(30), at(2));
    assert_eq!(view.ring_until, Some(clock::text(at(32))));
    assert_eq!(statuses(&view), [LegStatus::Waiting, LegStatus::Ringing]);
    begin_phase(&mut view, Phase::Connecting, None, at(9));
    assert_eq!(
        (view.ring_until.clone(), view.ringing_at.clone()),
        (None, Some(clock::text(at(2))))
    );
    assert_eq!(statuses(&view), [LegStatus::Joining, LegStatus::Joining]);
    begin_phase(&mut view, Phase::Talking, None, at(11));
    assert_eq!(view.answered_at, Some(clock::text(at(9))));
    assert_eq!(
        statuses(&view),
        [LegStatus::Connected, LegStatus::Connected]
    );
}

#[test]
fn the_device_that_answers_has_the_leg() {
    let mut view = inbound().view;
    let mut answer = signal(SignalName::ClientAnswer, LegId::CALLEE);
    answer.device = Some("device-0001".into());
    apply(&mut view, &answer);
    assert_eq!(view.legs[1].device, answer.device);
    assert_eq!(view.answered_at.as_ref(), Some(&answer.at));
}

#[test]
fn the_last_keys_are_shown() {
    let mut view = inbound().view;
    for _ in 0..30 {
        let mut keys = signal(SignalName::PhoneDigits, LegId::CALLER);
        keys.digits = Some("123#".into());
        apply(&mut view, &keys);
    }
    assert_eq!(view.digits, "123#".repeat(16));
}

#[test]
fn a_call_ends_once_and_forgets_its_tokens() {
    let mut record = inbound();
    record.private.meeting = Some(serde_json::json!({ "MeetingId": "m" }));
    record.view.answered_at = Some(clock::text(at(10)));
    let mut input = EndInput {
        call: record.view.id.clone(),
        state: "After call".into(),
        outcome: Outcome::Completed,
        ended_by: EndedBy::Caller,
        reason: None,
    };
    end(&mut record, &input, at(75));
    assert_eq!(
        (record.private.meeting_id(), talked_s(&record.view)),
        (None, 65)
    );
    let first = record.clone();
    input.outcome = Outcome::Failed;
    end(&mut record, &input, at(90));
    assert_eq!(record, first);
}

#[test]
fn an_open_meeting_admits_who_has_a_device_and_nobody_else() {
    let mut view = inbound().view;
    view.legs[1].device = Some(contract::DeviceId::from("device-1"));
    admit(&mut view);
    assert_eq!(statuses(&view), [LegStatus::Waiting, LegStatus::Joining]);
    view.legs[1].status = LegStatus::Connected;
    admit(&mut view);
    assert_eq!(statuses(&view), [LegStatus::Waiting, LegStatus::Connected]);
}
