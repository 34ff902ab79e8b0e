//! `sweep`: what no event will ever tell.
use crate::calls::{CALL, begun};
use crate::fake::Fake;
use crate::turns::input;
use activities::mailbox::{Letter, shell};
use activities::meeting::open::open;
use activities::ports::workflows::Status;
use activities::sweep::{Swept, sweep};
use activities::turn::turn;
use contract::CallId;
use contract::meeting::OpenInput;
use contract::signal::SignalName;
use contract::view::{Outcome, Phase};

/// Ana has called Bea, and their meeting is open.
async fn met() -> Fake {
    let fake = begun().await;
    let legs = vec!["caller".into(), "callee".into()];
    open(
        &fake,
        OpenInput {
            call: CALL.into(),
            state: "Open meeting".into(),
            legs,
        },
    )
    .await
    .unwrap();
    fake
}

fn status(fake: &Fake, status: Status) {
    fake.state()
        .executions
        .get_mut(&CallId::from(CALL))
        .unwrap()
        .2 = status;
}

#[tokio::test]
async fn a_call_whose_workflow_died_is_taken_down_and_logged() {
    let fake = met().await;
    status(&fake, Status::Over("FAILED"));
    assert_eq!(
        sweep(&fake).await.unwrap(),
        Swept {
            live: 1,
            ended: 1,
            gone: 0,
            failed: 0
        }
    );
    let view = fake.record(CALL).view;
    assert_eq!(
        (view.phase, view.outcome, view.reason.as_deref()),
        (
            Phase::Ended,
            Some(Outcome::Failed),
            Some("Execution.FAILED")
        )
    );
    assert_eq!(fake.state().rooms.len(), 0);
    assert_eq!(sweep(&fake).await.unwrap(), Swept::default());
}

#[tokio::test]
async fn a_call_that_was_never_started_is_ended_once_it_is_no_longer_young() {
    let fake = met().await;
    fake.state().executions.clear();
    assert_eq!(sweep(&fake).await.unwrap().ended, 0);
    fake.pass(31);
    assert_eq!(sweep(&fake).await.unwrap().ended, 1);
    assert_eq!(
        fake.record(CALL).view.reason.as_deref(),
        Some("Execution.NOT_STARTED")
    );
}

#[tokio::test]
async fn a_signal_that_was_lost_on_the_way_is_said_again() {
    let fake = met().await;
    turn(&fake, input(CALL, 1, &["client.answer"]))
        .await
        .unwrap();
    fake.state().complete_fails = 4;
    let letter = Letter::new("k", SignalName::ClientAnswer, None);
    shell::deliver(&fake, &CallId::from(CALL), &letter)
        .await
        .unwrap();
    assert!(fake.state().handed.is_empty());
    sweep(&fake).await.unwrap();
    assert_eq!(fake.state().handed, [("token-1.0".to_owned(), 1)]);
}

#[tokio::test]
async fn a_leg_and_a_meeting_that_are_gone_are_told_to_the_workflow_once() {
    let fake = met().await;
    let now = fake.state().now;
    shell::change(&fake, &CallId::from(CALL), |mailbox| {
        mailbox.bind(&"callee".into(), "t-9", now)
    })
    .await
    .unwrap();
    turn(&fake, input(CALL, 1, &["phone.hungup"]))
        .await
        .unwrap();
    fake.pass(60);
    assert_eq!(sweep(&fake).await.unwrap().gone, 0);
    assert_eq!(
        fake.state().nudged,
        ["t-9"],
        "a leg that is up is asked whether it is"
    );
    fake.state().gone.insert("t-9".into());
    fake.state().rooms.clear();
    assert_eq!(sweep(&fake).await.unwrap().gone, 2);
    assert_eq!(fake.state().handed.len(), 1);
    // The HANGUP that was lost comes after all: it is the same signal.
    sweep(&fake).await.unwrap();
    let mailbox = serde_json::to_value(&fake.state().mailboxes[&CallId::from(CALL)].1).unwrap();
    assert_eq!(mailbox["lastSeq"], 2);
}
