//! `sma-event`: every event answered, always the same.
use crate::fake::{Fake, NUMBER, When};
use crate::turns::input;
use activities::mailbox::{Letter, shell};
use activities::sma::handle;
use activities::turn::turn;
use contract::moves::{LegMoves, Move};
use contract::signal::SignalName;
use contract::view::Phase;
use contract::{CallId, LegId};
use serde_json::{Value, json};

pub(crate) const CALL: &str = "c-t-1";

/// An event of the phone leg of a call from the phone network.
pub(crate) fn event(sequence: u64, kind: &str, action: Value) -> Value {
    let status = if kind == "HANGUP" {
        "Disconnected"
    } else {
        "Connected"
    };
    json!({
        "SchemaVersion": "1.0", "Sequence": sequence, "InvocationEventType": kind, "ActionData": action,
        "CallDetails": {
            "TransactionId": "t-1", "AwsAccountId": "000000000000", "AwsRegion": "us-east-1",
            "SipRuleId": "r-1", "SipMediaApplicationId": "sma-1",
            "Participants": [{
                "CallId": "leg-a", "ParticipantTag": "LEG-A", "To": NUMBER, "From": "+41445550199",
                "Direction": "Inbound", "StartTimeInMilliseconds": "1790000000000", "Status": status
            }]
        }
    })
}

pub(crate) fn inbound() -> Value {
    event(1, "NEW_INBOUND_CALL", Value::Null)
}

pub(crate) async fn ask(fake: &Fake, event: Value) -> Value {
    handle(fake, "prompts", event).await.unwrap()
}

fn kinds(answer: &Value) -> Option<Vec<&str>> {
    let actions = answer.get("Actions")?.as_array().unwrap();
    Some(
        actions
            .iter()
            .map(|action| action["Type"].as_str().unwrap())
            .collect(),
    )
}

fn with_moves(mut turn: contract::turn::TurnInput, moves: Vec<Move>) -> contract::turn::TurnInput {
    turn.moves = vec![LegMoves {
        leg: LegId::from("caller"),
        moves,
    }];
    turn
}

/// Runs `then` as soon as the workflow is started: the workflow's part of a conversation.
async fn workflow(fake: &Fake, then: impl AsyncFnOnce(&Fake)) {
    while !fake.state().executions.contains_key(&CallId::from(CALL)) {
        tokio::task::yield_now().await;
    }
    then(fake).await;
}

/// A call whose workflow has said "stay ringing" and waits for `accepts`.
async fn ringing(accepts: &[&str]) -> Fake {
    let fake = Fake::new();
    let first = with_moves(input(CALL, 1, accepts), vec![Move::Wait { seconds: 60 }]);
    let (answer, ()) = tokio::join!(
        ask(&fake, inbound()),
        workflow(&fake, async |fake| turn(fake, first).await.unwrap())
    );
    assert_eq!(kinds(&answer), Some(vec!["Pause"]));
    fake
}

#[tokio::test]
async fn a_new_call_is_answered_with_the_workflows_first_moves() {
    let fake = Fake::new();
    let first = with_moves(
        input(CALL, 1, &["client.answer"]),
        vec![Move::Wait { seconds: 60 }],
    );
    let (answer, ()) = tokio::join!(
        ask(&fake, inbound()),
        workflow(&fake, async |fake| turn(fake, first).await.unwrap())
    );
    assert_eq!(
        answer,
        json!({
            "SchemaVersion": "1.0",
            "Actions": [{ "Type": "Pause", "Parameters": { "CallId": "leg-a", "DurationInMilliseconds": "60000" } }],
            "TransactionAttributes": { "call": CALL, "leg": "caller" }
        })
    );
    let started = fake.state().executions[&CallId::from(CALL)].1.clone();
    assert_eq!(
        started,
        json!({ "call": CALL, "to": NUMBER, "from": "+41445550199" })
    );
    // The service asks again because the answer was lost.
    assert_eq!(ask(&fake, inbound()).await, answer);
}

#[tokio::test]
async fn two_functions_at_the_same_event_give_one_answer() {
    let fake = Fake::new();
    let first = with_moves(
        input(CALL, 1, &["client.answer"]),
        vec![Move::Wait { seconds: 60 }],
    );
    let (one, other, ()) = tokio::join!(
        ask(&fake, inbound()),
        ask(&fake, inbound()),
        workflow(&fake, async |fake| turn(fake, first).await.unwrap())
    );
    assert_eq!(one, other);
    assert_eq!(kinds(&one), Some(vec!["Pause"]));
}

#[tokio::test]
async fn a_slow_workflow_leaves_the_caller_ringing_and_its_moves_follow_by_an_update() {
    let fake = Fake::new();
    let began = fake.state().now;
    let answer = ask(&fake, inbound()).await;
    assert_eq!(
        answer["Actions"][0]["Parameters"]["DurationInMilliseconds"],
        "30000"
    );
    let waited = fake.state().now.duration_since(began).as_millis();
    assert!((3_500..4_000).contains(&waited), "{waited} ms");
    turn(
        &fake,
        with_moves(
            input(CALL, 1, &["client.answer"]),
            vec![Move::HangUp { status: 486 }],
        ),
    )
    .await
    .unwrap();
    assert_eq!(fake.state().nudged, ["t-1"]);
    let update = event(
        2,
        "CALL_UPDATE_REQUESTED",
        json!({ "Type": "CallUpdateRequest" }),
    );
    let answer = ask(&fake, update.clone()).await;
    assert_eq!(
        answer["Actions"][0]["Parameters"],
        json!({ "CallId": "leg-a", "SipResponseCode": "486" })
    );
    assert_eq!(ask(&fake, update).await, answer, "the same update again");
    let other = ask(&fake, event(3, "CALL_UPDATE_REQUESTED", Value::Null)).await;
    assert_eq!(kinds(&other), None, "what is given once is not given again");
}

#[tokio::test]
async fn a_call_that_no_workflow_can_take_is_unavailable() {
    let cases: [fn(&Fake); 2] = [
        |fake| fake.state().start_refused = true,
        |fake| fake.state().start_fails = 9,
    ];
    for arrange in cases {
        let fake = Fake::new();
        arrange(&fake);
        let answer = ask(&fake, inbound()).await;
        assert_eq!(answer["Actions"][0]["Parameters"]["SipResponseCode"], "480");
        assert!(fake.state().mailboxes[&CallId::from(CALL)].1.is_closed());
        assert_eq!(kinds(&ask(&fake, inbound()).await), Some(vec!["Hangup"]));
    }
    let mut odd = inbound();
    odd["CallDetails"]["Participants"][0]["To"] = json!("reception");
    let answer = ask(&Fake::new(), odd).await;
    assert_eq!(answer["Actions"][0]["Parameters"]["SipResponseCode"], "480");
}

#[tokio::test]
async fn a_start_that_fails_for_now_is_tried_again() {
    let fake = Fake::new();
    fake.state().start_fails = 2;
    assert_eq!(kinds(&ask(&fake, inbound()).await), Some(vec!["Pause"]));
    assert_eq!(fake.state().executions.len(), 1);
}

#[tokio::test]
async fn a_hangup_ends_the_turn_that_waits_for_it_and_needs_no_actions() {
    let fake = ringing(&["phone.hungup", "client.answer"]).await;
    let hangup = event(
        2,
        "HANGUP",
        json!({ "Type": "Hangup", "Parameters": {
        "SipResponseCode": 0, "CallId": "leg-a", "ParticipantTag": "LEG-A" } }),
    );
    for _ in 0..2 {
        assert_eq!(kinds(&ask(&fake, hangup.clone()).await), Some(Vec::new()));
    }
    assert_eq!(fake.state().handed, [("token-1.0".to_owned(), 1)]);
}

#[tokio::test]
async fn a_leg_joins_with_its_own_token_from_the_record() {
    let fake = ringing(&["client.answer"]).await;
    let mut record = activities::call::record::new(
        CALL.into(),
        "t-1".into(),
        contract::view::Workflow::InboundCall,
        vec![activities::call::record::phone_leg(
            "caller",
            "+41445550199",
        )],
        fake.state().now,
    );
    record.private.meeting = Some(json!({ "MeetingId": "m-1" }));
    record.private.attendees = [(LegId::from("caller"), json!({ "JoinToken": "j-caller" }))].into();
    fake.state().calls.insert(CALL.into(), record);
    turn(
        &fake,
        with_moves(
            input(CALL, 2, &["phone.joined"]),
            vec![Move::Listen, Move::Join],
        ),
    )
    .await
    .unwrap();
    let answer = ask(&fake, event(2, "CALL_UPDATE_REQUESTED", Value::Null)).await;
    assert_eq!(
        kinds(&answer),
        Some(vec!["ReceiveDigits", "JoinChimeMeeting"])
    );
    let join = &answer["Actions"][1]["Parameters"];
    assert_eq!(
        join,
        &json!({ "CallId": "leg-a", "MeetingId": "m-1", "JoinToken": "j-caller" })
    );
}

#[tokio::test]
async fn a_leg_that_cannot_join_tells_the_workflow() {
    let fake = ringing(&["client.answer"]).await;
    turn(
        &fake,
        with_moves(
            input(CALL, 2, &["phone.failed"]),
            vec![Move::Listen, Move::Join],
        ),
    )
    .await
    .unwrap();
    let answer = ask(&fake, event(2, "CALL_UPDATE_REQUESTED", Value::Null)).await;
    assert_eq!(kinds(&answer), Some(vec!["ReceiveDigits"]));
    assert_eq!(fake.state().handed, [("token-2.0".to_owned(), 1)]);
}

#[tokio::test]
async fn an_event_that_no_open_turn_waits_for_is_answered_at_once_and_keeps_its_list() {
    let fake = ringing(&["client.answer"]).await;
    let began = fake.state().now;
    for (sequence, kind, action) in [
        (2, "ACTION_SUCCESSFUL", json!({ "Type": "Pause" })),
        (
            3,
            "DIGITS_RECEIVED",
            json!({ "Type": "ReceiveDigits", "ReceivedDigits": "5" }),
        ),
        (4, "ACTION_INTERRUPTED", json!({ "Type": "Pause" })),
        (5, "SOMETHING_NEW", Value::Null),
    ] {
        let answer = ask(&fake, event(sequence, kind, action)).await;
        assert_eq!(kinds(&answer), None, "{kind}");
        assert_eq!(answer["TransactionAttributes"]["leg"], "caller");
    }
    assert_eq!(fake.state().now, began);
}

#[tokio::test]
async fn an_event_gets_the_moves_of_the_turn_that_it_leads_to() {
    let fake = ringing(&["phone.digits"]).await;
    let digits = event(
        2,
        "DIGITS_RECEIVED",
        json!({ "Type": "ReceiveDigits", "ReceivedDigits": "5" }),
    );
    let mut next = with_moves(
        input(CALL, 2, &["phone.hungup"]),
        vec![Move::Digits { digits: "1".into() }],
    );
    (next.received, next.phase) = (1, Phase::Talking);
    let workflow = async {
        while fake.state().handed.is_empty() {
            tokio::task::yield_now().await;
        }
        turn(&fake, next).await.unwrap();
    };
    let (answer, ()) = tokio::join!(ask(&fake, digits), workflow);
    assert_eq!(kinds(&answer), Some(vec!["SendDigits"]));
    assert!(fake.state().nudged.is_empty(), "who asks needs no waking");
}

#[tokio::test]
async fn events_of_calls_that_are_over_or_unknown_are_hung_up() {
    let fake = ringing(&["client.answer"]).await;
    let call = CallId::from(CALL);
    shell::change(&fake, &call, |mailbox| mailbox.close())
        .await
        .unwrap();
    for fake in [fake, Fake::new()] {
        let digits = event(7, "DIGITS_RECEIVED", json!({ "ReceivedDigits": "5" }));
        assert_eq!(kinds(&ask(&fake, digits).await), Some(vec!["Hangup"]));
        assert_eq!(
            kinds(&ask(&fake, event(8, "CALL_UPDATE_REQUESTED", Value::Null)).await),
            Some(vec!["Hangup"])
        );
        assert_eq!(
            kinds(&ask(&fake, event(9, "HANGUP", Value::Null)).await),
            Some(Vec::new())
        );
    }
}

/// An event of the leg that `call-place` dialled.
fn outbound(transaction: &str, kind: &str) -> Value {
    let mut event = event(
        1,
        kind,
        json!({ "Parameters": { "Arguments": { "call": "c-9", "leg": "callee" } } }),
    );
    event["CallDetails"]["TransactionId"] = json!(transaction);
    event["CallDetails"]["TransactionAttributes"] = json!({ "call": "c-9", "leg": "callee" });
    event
}

#[tokio::test]
async fn a_leg_that_was_dialled_twice_keeps_its_first_transaction() {
    let fake = Fake::new();
    let call = CallId::from("c-9");
    shell::change_or_create(&fake, &call, |mailbox| {
        drop(mailbox.claim(&"callee".into(), "run-1"))
    })
    .await
    .unwrap();
    let placed = ask(&fake, outbound("t-5", "NEW_OUTBOUND_CALL")).await;
    assert_eq!(
        placed["TransactionAttributes"],
        json!({ "call": "c-9", "leg": "callee" })
    );
    assert_eq!(
        fake.state().mailboxes[&call]
            .1
            .transaction_of(&"callee".into()),
        Some("t-5")
    );
    ask(&fake, outbound("t-6", "NEW_OUTBOUND_CALL")).await;
    assert_eq!(
        kinds(&ask(&fake, outbound("t-6", "CALL_ANSWERED")).await),
        Some(vec!["Hangup"])
    );
    assert_eq!(
        fake.state().mailboxes[&call]
            .1
            .transaction_of(&"callee".into()),
        Some("t-5")
    );
}

#[tokio::test]
async fn a_leg_that_comes_up_after_the_call_is_over_is_woken_to_be_hung_up() {
    let fake = Fake::new();
    let call = CallId::from("c-9");
    shell::change_or_create(&fake, &call, |mailbox| drop(mailbox.close()))
        .await
        .unwrap();
    ask(&fake, outbound("t-5", "NEW_OUTBOUND_CALL")).await;
    assert_eq!(fake.state().nudged, ["t-5"]);
    assert_eq!(
        kinds(&ask(&fake, outbound("t-5", "CALL_UPDATE_REQUESTED")).await),
        Some(vec!["Hangup"])
    );
}

#[tokio::test]
async fn an_event_survives_every_fault() {
    let hangup = || {
        event(
            2,
            "HANGUP",
            json!({ "Type": "Hangup", "Parameters": { "SipResponseCode": 480 } }),
        )
    };
    let fake = ringing(&["phone.hungup"]).await;
    let before = fake.state().port_calls;
    let expected = ask(&fake, hangup()).await;
    let port_calls = fake.state().port_calls - before;
    for n in 0..port_calls {
        for when in [When::Before, When::After] {
            let fake = ringing(&["phone.hungup"]).await;
            fake.fail(n, when);
            let first = handle(&fake, "prompts", hangup()).await;
            fake.heal();
            match first {
                Ok(answer) => assert_eq!(answer, expected),
                Err(failure) => {
                    assert_eq!(failure.name, "Store.Unavailable");
                    assert_eq!(ask(&fake, hangup()).await, expected);
                }
            }
            assert_eq!(
                fake.state().handed,
                [("token-1.0".to_owned(), 1)],
                "port call {n} failing {when:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_no_event_is_bad_input() {
    for bad in [
        json!(null),
        json!([]),
        json!({ "InvocationEventType": "RINGING" }),
        json!({ "CallDetails": {} }),
    ] {
        assert_eq!(
            handle(&Fake::new(), "prompts", bad).await.unwrap_err().name,
            "Contract.BadInput"
        );
    }
}

#[tokio::test]
async fn a_command_and_an_event_at_the_same_time_both_arrive() {
    let fake = ringing(&["client.hangup", "phone.hungup"]).await;
    let call = CallId::from(CALL);
    let letter = Letter::new("cmd-1", SignalName::ClientHangup, None);
    let hangup = event(2, "HANGUP", Value::Null);
    let (delivered, _) = tokio::join!(shell::deliver(&fake, &call, &letter), ask(&fake, hangup));
    delivered.unwrap();
    assert_eq!(fake.state().handed.len(), 1);
    let mut next = input(CALL, 2, &["client.hangup", "phone.hungup"]);
    next.received = fake.state().handed[0].1;
    turn(&fake, next).await.unwrap();
    let mut seqs: Vec<_> = fake.state().handed.iter().map(|(_, seq)| *seq).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, [1, 2]);
}
