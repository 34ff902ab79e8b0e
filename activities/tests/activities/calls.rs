//! Beginning, routing, authorising and ending calls; opening meetings.
use crate::fake::{ANA, BEA, Fake, NUMBER, TENANT, e164};
use crate::torture::torture;
use activities::call::begin::{BeginError, NewCall, To, begin};
use activities::call::{authorise::authorise, end::end, record, route::route};
use activities::mailbox::{Mailbox, shell};
use activities::meeting::{event, open::open};
use activities::ports::calls::CallRecord;
use activities::ports::workflows::Status;
use contract::call::{AuthoriseInput, EndInput, Ended, RouteInput, Routed, Verdict};
use contract::meeting::{OpenInput, Opened};
use contract::signal::SignalName;
use contract::view::{EndedBy, Outcome, Phase, Workflow};
use contract::{CallId, LegId, TaskError};
use serde_json::{Value, json};

pub(crate) const CALL: &str = "c-1";

pub(crate) fn new_call(to: To) -> NewCall {
    NewCall {
        call: CALL.into(),
        tenant: TENANT.into(),
        caller: ANA.into(),
        caller_name: "Ana".into(),
        caller_number: Some(e164(NUMBER)),
        device: "device-ana".into(),
        to,
    }
}

fn bea() -> To {
    To::Person {
        person: BEA.into(),
        name: "Bea".into(),
        number: None,
    }
}

fn inbound(to: &str) -> RouteInput {
    RouteInput {
        call: CALL.into(),
        state: "Find person".into(),
        execution: "arn:x".into(),
        to: Some(e164(to)),
        from: Some("+41445550199".into()),
        turn: 0,
        declined: None,
    }
}

fn ending(outcome: Outcome) -> EndInput {
    EndInput {
        call: CALL.into(),
        state: "After call".into(),
        outcome,
        ended_by: EndedBy::Caller,
        reason: None,
    }
}

/// The records without what failed attempts may add to: how often they were written.
fn records(fake: &Fake) -> Vec<Value> {
    let state = fake.state();
    let mut records: Vec<_> = state.calls.values().map(|record| json!(record)).collect();
    records
        .iter_mut()
        .for_each(|record| drop(record["view"].as_object_mut().unwrap().remove("rev")));
    records
}

#[tokio::test]
async fn a_number_rings_its_person_on_all_devices() {
    let fake = Fake::new();
    fake.connect(ANA, "device-two");
    let routed = route(&fake, inbound(NUMBER)).await.unwrap();
    assert_eq!(
        routed,
        Routed {
            verdict: Verdict::Ring,
            ring_limit_s: 30,
            devices: 2,
            more: false,
            reason: None,
        }
    );
    let view = fake.record(CALL).view;
    assert_eq!(
        (
            view.rang_devices,
            view.execution.as_deref(),
            view.state.as_str()
        ),
        (Some(2), Some("arn:x"), "Find person")
    );
    assert_eq!(
        view.legs
            .iter()
            .map(|leg| leg.name.as_str())
            .collect::<Vec<_>>(),
        ["+41445550199", "Ana"]
    );
}

#[tokio::test]
async fn whoever_cannot_be_rung_is_not() {
    type Arrange = fn(&Fake);
    let cases: [(Verdict, Arrange); 8] = [
        (Verdict::NotSignedIn, |fake| {
            fake.state().connections.clear()
        }),
        (Verdict::NotAssigned, |fake| {
            fake.state().numbers.get_mut(&e164(NUMBER)).unwrap().person = None;
        }),
        (Verdict::NotAssigned, |fake| fake.state().people.clear()),
        (Verdict::Busy, |fake| other_call(fake, Phase::Talking)),
        (Verdict::Busy, |fake| other_call(fake, Phase::Ringing)),
        (Verdict::Busy, |fake| other_call(fake, Phase::Starting)),
        (Verdict::Busy, |fake| {
            fake.state().connections.clear();
            other_call(fake, Phase::Talking);
        }),
        (Verdict::Ring, |fake| other_call(fake, Phase::Ended)),
    ];
    for (verdict, arrange) in cases {
        let fake = Fake::new();
        arrange(&fake);
        assert_eq!(
            route(&fake, inbound(NUMBER)).await.unwrap().verdict,
            verdict
        );
    }
    let refused = route(&Fake::new(), inbound("+41445559999"))
        .await
        .unwrap_err();
    assert_eq!(refused.name(), "Route.NoSuchNumber");
}

fn other_call(fake: &Fake, phase: Phase) {
    let legs = vec![record::client_leg(
        LegId::CALLER,
        "Ana",
        Some(ANA.into()),
        None,
    )];
    let mut state = fake.state();
    let mut other = record::new(
        "c-other".into(),
        TENANT.into(),
        Workflow::OutboundCall,
        legs,
        state.now,
    );
    other.view.phase = phase;
    if other.view.is_live() {
        other.private.engaged.insert(ANA.into());
    }
    let running = (Workflow::OutboundCall.into(), json!({}), Status::Running);
    state.executions.insert("c-other".into(), running);
    state.calls.insert("c-other".into(), other);
}

#[tokio::test]
async fn of_two_phones_that_call_one_person_at_once_one_rings() {
    let fake = Fake::new();
    let other = |call: &str| RouteInput {
        call: call.into(),
        ..inbound(NUMBER)
    };
    let verdict = async |input| route(&fake, input).await.unwrap().verdict;
    assert_eq!(verdict(inbound(NUMBER)).await, Verdict::Ring);
    assert_eq!(verdict(other("c-2")).await, Verdict::Busy);
    assert_eq!(verdict(inbound(NUMBER)).await, Verdict::Ring, "run again");
    end(&fake, ending(Outcome::NoAnswer)).await.unwrap();
    assert_eq!(verdict(other("c-2")).await, Verdict::Busy, "it was told so");
    assert_eq!(verdict(other("c-3")).await, Verdict::Ring);
}

#[tokio::test]
async fn a_call_that_is_over_and_did_not_say_so_keeps_nobody_busy() {
    let fake = Fake::new();
    other_call(&fake, Phase::Talking);
    let over = Status::Over("ABORTED");
    fake.state()
        .executions
        .get_mut(&CallId::from("c-other"))
        .unwrap()
        .2 = over;
    let routed = route(&fake, inbound(NUMBER)).await.unwrap();
    assert_eq!(routed.verdict, Verdict::Ring);
    assert_eq!(fake.record("c-other").view.phase, Phase::Ended);
}

#[tokio::test]
async fn who_rings_makes_no_call() {
    let fake = Fake::new();
    route(&fake, inbound(NUMBER)).await.unwrap();
    let mut new = new_call(bea());
    new.call = "c-2".into();
    // Nothing says yet whether the execution of the call that rings is there: it is young.
    let refused = begin(&fake, new).await.unwrap_err();
    assert!(matches!(refused, BeginError::Busy(other) if other.as_str() == CALL));
    assert_eq!(fake.state().mailboxes.len(), 0, "nothing is left behind");
}

#[tokio::test]
async fn a_call_that_died_between_its_record_and_its_start_keeps_nobody_busy() {
    let fake = Fake::new();
    fake.state().start_fails = 1;
    begin(&fake, new_call(bea())).await.unwrap_err();
    let mut new = new_call(bea());
    new.call = "c-2".into();
    let busy = begin(&fake, new.clone()).await;
    assert!(
        matches!(busy, Err(BeginError::Busy(_))),
        "it may be starting"
    );
    fake.pass(31);
    assert_eq!(begin(&fake, new).await.unwrap().view.id.as_str(), "c-2");
    assert_eq!(
        fake.record(CALL).view.reason.as_deref(),
        Some("Execution.NOT_STARTED")
    );
}

#[tokio::test]
async fn routing_survives_every_fault() {
    let setup = async || Fake::new();
    torture(
        setup,
        async |fake| route(fake, inbound(NUMBER)).await,
        &["Store.Unavailable"],
        records,
    )
    .await;
    let client = async || {
        let fake = Fake::new();
        fake.connect(BEA, "device-bea");
        begin(&fake, new_call(bea())).await.unwrap();
        fake
    };
    let input = || RouteInput {
        to: None,
        from: None,
        ..inbound(NUMBER)
    };
    torture(
        client,
        async |fake| route(fake, input()).await,
        &["Store.Unavailable"],
        records,
    )
    .await;
}

#[tokio::test]
async fn a_call_begins_once_however_often_it_is_asked_for() {
    let fake = Fake::new();
    let first = begin(&fake, new_call(bea())).await.unwrap();
    assert_eq!(
        begin(&fake, new_call(To::Written("other".into())))
            .await
            .unwrap(),
        first
    );
    assert_eq!(first.view.workflow, Workflow::ClientCall);
    let state = fake.state();
    let (workflow, input, _) = &state.executions[&CallId::from(CALL)];
    assert_eq!(
        (workflow, input),
        (&Workflow::ClientCall.into(), &json!({ "call": CALL }))
    );
    assert_eq!((state.mailboxes.len(), state.calls.len()), (1, 1));
}

#[tokio::test]
async fn a_call_whose_workflow_cannot_start_is_logged_as_failed() {
    let fake = Fake::new();
    fake.state().start_refused = true;
    let refused = begin(&fake, new_call(bea())).await.unwrap_err();
    assert!(matches!(refused, BeginError::Refused(_)));
    let view = fake.record(CALL).view;
    assert_eq!(
        (view.phase, view.outcome, view.reason.as_deref()),
        (Phase::Ended, Some(Outcome::Failed), Some("Call.NotStarted"))
    );
}

#[tokio::test]
async fn a_number_is_read_as_its_caller_would_and_policy_decides() {
    let input = || AuthoriseInput {
        call: CALL.into(),
        state: "Authorise".into(),
        execution: "arn:x".into(),
    };
    for (written, expected) in [
        ("044 555 01 99", Ok("+41445550199")),
        ("+65 6555 0177", Ok("+6565550177")),
        ("112", Err("Dial.Emergency")),
        ("0900 123 456", Err("Dial.Premium")),
        ("+49 30 123456", Err("Dial.CountryNotAllowed")),
        ("ring ana", Err("Dial.BadNumber")),
    ] {
        let fake = Fake::new();
        begin(&fake, new_call(To::Written(written.into())))
            .await
            .unwrap();
        let authorised = authorise(&fake, input()).await;
        let found = authorised
            .as_ref()
            .map(|allowed| allowed.to.as_str())
            .map_err(TaskError::name);
        assert_eq!(found, expected, "{written}");
        if let Ok(allowed) = authorised {
            assert_eq!(allowed.caller_id, e164(NUMBER));
            assert_eq!(fake.record(CALL).view.dialled, Some(allowed.to));
        }
    }
    let numberless = Fake::new();
    numberless
        .state()
        .people
        .get_mut(&ANA.into())
        .unwrap()
        .numbers
        .clear();
    begin(&numberless, new_call(To::Written("+41445550199".into())))
        .await
        .unwrap();
    assert_eq!(
        authorise(&numberless, input()).await.unwrap_err().name(),
        "Dial.NoCallerId"
    );

    let setup = async || {
        let fake = Fake::new();
        begin(&fake, new_call(To::Written("044 555 01 99".into())))
            .await
            .unwrap();
        fake
    };
    torture(
        setup,
        async |fake| authorise(fake, input()).await,
        &["Store.Unavailable"],
        records,
    )
    .await;
}

fn opening() -> OpenInput {
    OpenInput {
        call: CALL.into(),
        state: "Open meeting".into(),
        legs: vec!["caller".into(), "callee".into()],
    }
}

/// Ana has called Bea.
pub(crate) async fn begun() -> Fake {
    let fake = Fake::new();
    begin(&fake, new_call(bea())).await.unwrap();
    fake
}

#[tokio::test]
async fn a_meeting_is_opened_once_and_its_tokens_stay_private() {
    torture(
        begun,
        async |fake| open(fake, opening()).await,
        &["Store.Unavailable", "Meeting.Unavailable"],
        |fake| (records(fake), fake.state().rooms.len()),
    )
    .await;
    let fake = begun().await;
    assert_eq!(
        open(&fake, opening()).await,
        Ok(Opened {
            meeting_id: "m-c-1".into()
        })
    );
    let CallRecord { view, private } = fake.record(CALL);
    assert_eq!(private.join_token(&"callee".into()), Some("j-callee"));
    assert!(!serde_json::to_string(&view).unwrap().contains("j-callee"));
}

#[tokio::test]
async fn a_meeting_for_a_call_that_is_over_is_refused() {
    let fake = begun().await;
    end(&fake, ending(Outcome::Cancelled)).await.unwrap();
    assert_eq!(
        open(&fake, opening()).await.unwrap_err().name(),
        "Call.Ended"
    );
    let none = OpenInput {
        legs: Vec::new(),
        ..opening()
    };
    assert_eq!(
        open(&fake, none).await.unwrap_err().name(),
        "Contract.BadInput"
    );
}

/// A call with a meeting and a phone leg that is up.
async fn talking() -> Fake {
    let fake = begun().await;
    open(&fake, opening()).await.unwrap();
    let call = CallId::from(CALL);
    shell::change(&fake, &call, |mailbox: &mut Mailbox| {
        mailbox.bind(&"callee".into(), "t-9", jiff::Timestamp::UNIX_EPOCH)
    })
    .await
    .unwrap();
    let mut state = fake.state();
    let answered = activities::ports::clock::text(state.now);
    state.calls.get_mut(&call).unwrap().view.answered_at = Some(answered);
    state.now += jiff::SignedDuration::from_secs(65);
    drop(state);
    fake
}

#[tokio::test]
async fn an_end_takes_everything_down_whatever_fails_on_the_way() {
    torture(
        talking,
        async |fake| end(fake, ending(Outcome::Completed)).await,
        &["Store.Unavailable", "Call.CleanupUnavailable"],
        |fake| {
            let state = fake.state();
            assert!(state.mailboxes[&CallId::from(CALL)].1.is_closed());
            assert!(
                state.nudged.iter().all(|transaction| transaction == "t-9")
                    && !state.nudged.is_empty()
            );
            let rooms = state.rooms.len();
            drop(state);
            (records(fake), rooms)
        },
    )
    .await;
    let fake = talking().await;
    assert_eq!(
        end(&fake, ending(Outcome::Completed)).await,
        Ok(Ended { talked_s: 65 })
    );
    assert_eq!(fake.state().rooms.len(), 0);
    // The first word stands.
    end(&fake, ending(Outcome::Failed)).await.unwrap();
    assert_eq!(fake.record(CALL).view.outcome, Some(Outcome::Completed));
}

#[tokio::test]
async fn a_call_that_has_no_record_ends_without_one() {
    assert_eq!(
        end(&Fake::new(), ending(Outcome::NoSuchNumber)).await,
        Ok(Ended { talked_s: 0 })
    );
}

#[tokio::test]
async fn meeting_events_are_signals_of_client_legs_only() {
    let fake = begun().await;
    let joined = |leg: &str, at: u64| {
        json!({ "source": "aws.chime", "detail-type": "Chime Meeting State Change", "detail": {
            "eventType": "chime:AttendeeJoined", "meetingId": "m", "attendeeId": "a", "timestamp": at,
            "externalUserId": leg, "externalMeetingId": CALL
        } })
    };
    // Doubled by the service.
    for _ in 0..2 {
        event::handle(&fake, joined("callee", 1)).await.unwrap();
    }
    event::handle(&fake, joined("nobody", 1)).await.unwrap();
    let mailbox = serde_json::to_value(&fake.state().mailboxes[&CallId::from(CALL)].1).unwrap();
    let names: Vec<_> = mailbox["pending"]
        .as_array()
        .unwrap()
        .iter()
        .map(|signal| signal["name"].clone())
        .collect();
    assert_eq!(names, [json!(SignalName::ClientJoined)]);
    // A phone's attendee is left to the SMA's events.
    fake.state()
        .calls
        .get_mut(&CallId::from(CALL))
        .unwrap()
        .view
        .legs[0] = record::phone_leg("caller", "+41445550199");
    event::handle(&fake, joined("caller", 2)).await.unwrap();
    let after = serde_json::to_value(&fake.state().mailboxes[&CallId::from(CALL)].1).unwrap();
    assert_eq!(after, mailbox);
    assert_eq!(
        event::handle(&fake, json!({ "detail": 3 }))
            .await
            .unwrap_err()
            .name,
        "Contract.BadInput"
    );
}
