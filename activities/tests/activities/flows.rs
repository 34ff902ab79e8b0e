//! A call from the phone network, from its first event to the log, as the `inbound-call` workflow runs it.
use crate::fake::{ANA, Fake, NUMBER, e164};
use crate::phones::{CALL, ask, event, inbound};
use activities::call::{end::end, route::route};
use activities::mailbox::{Delivered, Letter, shell};
use activities::meeting::open::open;
use activities::turn::turn;
use contract::call::{EndInput, RouteInput, Verdict};
use contract::meeting::OpenInput;
use contract::moves::{LegMoves, Move};
use contract::signal::{Accept, SignalName};
use contract::turn::TurnInput;
use contract::view::{EndedBy, LegStatus, Outcome, Phase};
use contract::{CallId, LegId};
use serde_json::{Value, json};

/// The workflow's side: opens turns one after another and waits for what ends them.
struct Flow<'f> {
    fake: &'f Fake,
    round: u32,
    received: u64,
}

impl Flow<'_> {
    async fn turn(&mut self, state: &str, phase: Phase, moves: Vec<Move>, accepts: &[&str]) -> u64 {
        self.round += 1;
        let moves = if moves.is_empty() {
            Vec::new()
        } else {
            vec![LegMoves {
                leg: LegId::from("caller"),
                moves,
            }]
        };
        let token = format!("token-{}", self.round);
        let input = TurnInput {
            token: token.clone(),
            call: CALL.into(),
            state: state.into(),
            round: self.round,
            attempt: 0,
            received: self.received,
            phase,
            limit_s: (phase == Phase::Ringing).then_some(30),
            moves,
            accepts: accepts
                .iter()
                .map(|text| Accept::try_from((*text).to_owned()).unwrap())
                .collect(),
        };
        turn(self.fake, input).await.unwrap();
        loop {
            let ended = self
                .fake
                .state()
                .handed
                .iter()
                .find(|(to, _)| *to == token)
                .map(|(_, seq)| *seq);
            if let Some(seq) = ended {
                self.received = seq;
                return seq;
            }
            tokio::task::yield_now().await;
        }
    }
}

async fn workflow(fake: &Fake) {
    let call = CallId::from(CALL);
    while !fake.state().executions.contains_key(&call) {
        tokio::task::yield_now().await;
    }
    let to = Some(e164(NUMBER));
    let from = Some("+41445550199".to_owned());
    let find = RouteInput {
        call: call.clone(),
        state: "Find person".into(),
        execution: "arn:x".into(),
        to,
        from,
        turn: 0,
        declined: None,
    };
    assert_eq!(route(fake, find).await.unwrap().verdict, Verdict::Ring);
    let mut flow = Flow {
        fake,
        round: 0,
        received: 0,
    };
    flow.turn(
        "Ring",
        Phase::Ringing,
        vec![Move::Wait { seconds: 60 }],
        &["client.answer", "phone.hungup"],
    )
    .await;
    let legs = vec!["caller".into(), "callee".into()];
    open(
        fake,
        OpenInput {
            call: call.clone(),
            state: "Open meeting".into(),
            legs,
        },
    )
    .await
    .unwrap();
    flow.turn(
        "Connect",
        Phase::Connecting,
        vec![Move::Listen, Move::Join],
        &["phone.joined@caller", "phone.hungup"],
    )
    .await;
    flow.turn(
        "Meet",
        Phase::Connecting,
        Vec::new(),
        &["client.joined@callee", "phone.hungup"],
    )
    .await;
    flow.turn(
        "Talking",
        Phase::Talking,
        Vec::new(),
        &["phone.hungup", "phone.digits", "client.hangup"],
    )
    .await;
    flow.turn(
        "Talking",
        Phase::Talking,
        Vec::new(),
        &["phone.hungup", "client.hangup"],
    )
    .await;
    let state = "After call".to_owned();
    let (outcome, ended_by) = (Outcome::Completed, EndedBy::Caller);
    end(
        fake,
        EndInput {
            call,
            state,
            outcome,
            ended_by,
            reason: None,
        },
    )
    .await
    .unwrap();
}

/// The phone network and Ana's browser.
async fn world(fake: &Fake) {
    let call = CallId::from(CALL);
    let first = ask(fake, inbound()).await;
    assert_eq!(first["Actions"][0]["Type"], "Pause");

    let mut answer = Letter::new(
        "cmd-answer",
        SignalName::ClientAnswer,
        Some("callee".into()),
    );
    (answer.person, answer.device) = (Some(ANA.into()), Some("device-ana".into()));
    assert!(matches!(
        shell::deliver(fake, &call, &answer).await.unwrap(),
        Delivered::Taken(_)
    ));
    while fake.state().nudged.is_empty() {
        tokio::task::yield_now().await;
    }
    let update = ask(
        fake,
        event(
            2,
            "CALL_UPDATE_REQUESTED",
            json!({ "Type": "CallUpdateRequest" }),
        ),
    )
    .await;
    assert_eq!(update["Actions"][1]["Type"], "JoinChimeMeeting");
    ask(
        fake,
        event(3, "ACTION_INTERRUPTED", json!({ "Type": "Pause" })),
    )
    .await;
    let joined = ask(
        fake,
        event(
            4,
            "ACTION_SUCCESSFUL",
            json!({ "Type": "JoinChimeMeeting" }),
        ),
    )
    .await;
    assert_eq!(joined.get("Actions"), None);
    let client = Letter::new(
        "m/a/joined",
        SignalName::ClientJoined,
        Some("callee".into()),
    );
    shell::deliver(fake, &call, &client).await.unwrap();
    while fake.record(CALL).view.phase != Phase::Talking {
        tokio::task::yield_now().await;
    }
    fake.pass(42);
    let digits = event(
        5,
        "DIGITS_RECEIVED",
        json!({ "Type": "ReceiveDigits", "ReceivedDigits": "7" }),
    );
    assert_eq!(ask(fake, digits).await.get("Actions"), None);
    let hangup = event(
        6,
        "HANGUP",
        json!({ "Parameters": { "SipResponseCode": 0, "ParticipantTag": "LEG-A" } }),
    );
    assert_eq!(ask(fake, hangup).await["Actions"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn a_phone_calls_a_person_and_they_talk() {
    let fake = Fake::new();
    tokio::join!(world(&fake), workflow(&fake));
    let view = fake.record(CALL).view;
    let strip: Vec<_> = view.steps.iter().map(|step| step.state.as_str()).collect();
    assert_eq!(
        strip,
        [
            "Find person",
            "Ring",
            "Open meeting",
            "Connect",
            "Meet",
            "Talking",
            "After call"
        ]
    );
    assert_eq!(
        (view.phase, view.outcome, view.ended_by),
        (
            Phase::Ended,
            Some(Outcome::Completed),
            Some(EndedBy::Caller)
        )
    );
    assert_eq!(
        (view.digits.as_str(), view.legs[1].device.clone()),
        ("7", Some("device-ana".into()))
    );
    assert!(view.legs.iter().all(|leg| leg.status == LegStatus::Ended));
    assert!(activities::call::record::talked_s(&view) >= 42);
    let state = fake.state();
    assert!(state.rooms.is_empty() && state.mailboxes[&CallId::from(CALL)].1.is_closed());
    let distinct: std::collections::BTreeSet<_> = state.handed.iter().map(|(_, seq)| seq).collect();
    assert_eq!(
        (state.handed.len(), distinct.len()),
        (5, 5),
        "five turns, five signals"
    );
}
