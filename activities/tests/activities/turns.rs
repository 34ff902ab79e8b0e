//! `turn`: what it writes, hands over and refuses.
use crate::calls::{CALL, begun};
use crate::fake::Fake;
use crate::torture::torture;
use activities::mailbox::{Delivered, Letter, shell};
use activities::turn::turn;
use contract::signal::{Accept, SignalName};
use contract::turn::TurnInput;
use contract::view::{LegStatus, Phase};
use contract::{CallId, LegId, TaskError};
use serde_json::json;

pub(crate) fn input(call: &str, round: u32, accepts: &[&str]) -> TurnInput {
    TurnInput {
        token: format!("token-{round}.0"),
        call: call.into(),
        state: format!("State {round}"),
        round,
        attempt: 0,
        received: 0,
        phase: Phase::Ringing,
        limit_s: Some(30),
        moves: Vec::new(),
        accepts: accepts
            .iter()
            .map(|text| Accept::try_from((*text).to_owned()).unwrap())
            .collect(),
    }
}

fn answer() -> Letter {
    let mut letter = Letter::new(
        "answer-key",
        SignalName::ClientAnswer,
        Some(LegId::from("callee")),
    );
    letter.device = Some("device-bea".into());
    letter
}

async fn deliver(fake: &Fake, letter: &Letter) -> Delivered {
    shell::deliver(fake, &CallId::from(CALL), letter)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_turn_shows_its_state_and_waits() {
    let fake = begun().await;
    turn(&fake, input(CALL, 1, &["client.answer"]))
        .await
        .unwrap();
    let view = fake.record(CALL).view;
    assert_eq!(
        (view.phase, view.state.as_str(), view.steps.len()),
        (Phase::Ringing, "State 1", 1)
    );
    assert!(view.ring_until.is_some() && view.ringing_at.is_some());
    assert!(fake.state().handed.is_empty());
    assert_eq!(deliver(&fake, &answer()).await, Delivered::Taken(1));
    assert_eq!(fake.state().handed, [("token-1.0".to_owned(), 1)]);
}

#[tokio::test]
async fn a_signal_that_came_first_ends_the_turn_at_once() {
    let fake = begun().await;
    assert_eq!(deliver(&fake, &answer()).await, Delivered::Kept(1));
    turn(&fake, input(CALL, 1, &["client.answer"]))
        .await
        .unwrap();
    assert_eq!(fake.state().handed, [("token-1.0".to_owned(), 1)]);
}

#[tokio::test]
async fn the_device_whose_answer_the_workflow_received_has_the_leg() {
    let fake = begun().await;
    turn(&fake, input(CALL, 1, &["client.answer"]))
        .await
        .unwrap();
    deliver(&fake, &answer()).await;
    let mut late = answer();
    (late.key, late.device) = ("late".into(), Some("device-slow".into()));
    deliver(&fake, &late).await;
    assert_eq!(
        fake.record(CALL).view.legs[1].device,
        None,
        "nothing is shown before the workflow has it"
    );
    let mut next = input(CALL, 2, &["client.joined@callee"]);
    (next.received, next.phase, next.limit_s) = (1, Phase::Connecting, None);
    turn(&fake, next).await.unwrap();
    let view = fake.record(CALL).view;
    assert_eq!(view.legs[1].device, Some("device-bea".into()));
    assert_eq!(view.legs[1].status, LegStatus::Joining);
}

#[tokio::test]
async fn a_turn_that_is_over_changes_nothing() {
    let fake = begun().await;
    turn(&fake, input(CALL, 2, &["client.answer"]))
        .await
        .unwrap();
    let before = (fake.record(CALL), fake.state().mailboxes.clone());
    turn(&fake, input(CALL, 1, &["client.hangup"]))
        .await
        .unwrap();
    assert_eq!((fake.record(CALL), fake.state().mailboxes.clone()), before);
}

#[tokio::test]
async fn a_signal_whose_token_died_goes_to_the_next_attempt() {
    let fake = begun().await;
    fake.state().spent.insert("token-1.0".into());
    turn(&fake, input(CALL, 1, &["client.answer"]))
        .await
        .unwrap();
    deliver(&fake, &answer()).await;
    let mut again = input(CALL, 1, &["client.answer"]);
    (again.attempt, again.token) = (1, "token-1.1".into());
    turn(&fake, again).await.unwrap();
    assert_eq!(fake.state().handed, [("token-1.1".to_owned(), 1)]);
}

#[tokio::test]
async fn a_turn_survives_every_fault() {
    for led in [false, true] {
        let setup = async || {
            let fake = begun().await;
            if led {
                deliver(&fake, &answer()).await;
            }
            fake
        };
        torture(
            setup,
            async |fake| turn(fake, input(CALL, 1, &["client.answer"])).await,
            &["Store.Unavailable"],
            |fake| {
                let mailbox =
                    serde_json::to_value(&fake.state().mailboxes[&CallId::from(CALL)].1).unwrap();
                (
                    mailbox,
                    json!(fake.record(CALL)),
                    fake.state().handed.clone(),
                )
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_turn_that_cannot_be_is_refused_with_its_field() {
    let fake = begun().await;
    let no_call = turn(&fake, input("c-none", 1, &["client.answer"]))
        .await
        .unwrap_err();
    assert_eq!(no_call.name(), "Call.Ended");
    type Spoil = fn(&mut TurnInput);
    let cases: [(Spoil, &str); 3] = [
        (|input| input.round = 0, "round"),
        (|input| input.accepts.clear(), "accepts"),
        (
            |input| {
                let moves = vec![contract::moves::Move::Join; 11];
                input.moves = vec![contract::moves::LegMoves {
                    leg: "caller".into(),
                    moves,
                }];
            },
            "moves",
        ),
    ];
    for (change, field) in cases {
        let mut bad = input(CALL, 1, &["client.answer"]);
        change(&mut bad);
        let refused = turn(&fake, bad).await.unwrap_err();
        assert_eq!(refused.name(), "Contract.BadInput");
        assert!(refused.to_string().contains(field), "{refused}");
    }
}

#[tokio::test]
async fn a_signal_that_cannot_be_handed_over_now_is_handed_over_a_little_later() {
    let fake = begun().await;
    turn(&fake, input(CALL, 1, &["client.answer"]))
        .await
        .unwrap();
    fake.state().complete_fails = 2;
    deliver(&fake, &answer()).await;
    assert_eq!(fake.state().handed.len(), 1);
}
