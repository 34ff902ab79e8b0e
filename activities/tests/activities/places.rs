//! `call-place`: at most one call to a leg, whatever is lost.
use crate::calls::{CALL, new_call};
use crate::fake::{Dialling, Fake, NUMBER, When, e164};
use activities::call::begin::{To, begin};
use activities::call::{end::end, place::place};
use contract::call::{EndInput, PlaceInput, Placed};
use contract::view::{EndedBy, Outcome};
use contract::{TaskError, call::PlaceError};

fn input() -> PlaceInput {
    PlaceInput {
        call: CALL.into(),
        state: "Place".into(),
        leg: "callee".into(),
        to: e164("+6565550177"),
        caller_id: e164(NUMBER),
    }
}

async fn begun() -> Fake {
    let fake = Fake::new();
    begin(&fake, new_call(To::Written("+6565550177".into())))
        .await
        .unwrap();
    fake
}

fn dialled(fake: &Fake) -> usize {
    fake.state().dialled.len()
}

#[tokio::test]
async fn a_leg_is_dialled_once_however_often_the_task_runs() {
    let fake = begun().await;
    for _ in 0..3 {
        assert_eq!(
            place(&fake, input()).await,
            Ok(Placed {
                transaction_id: "t-1".into()
            })
        );
    }
    assert_eq!(dialled(&fake), 1);
}

#[tokio::test]
async fn no_fault_at_any_port_call_dials_twice() {
    let fake = begun().await;
    let before = fake.state().port_calls;
    place(&fake, input()).await.unwrap();
    let port_calls = fake.state().port_calls - before;
    for n in 0..port_calls {
        for when in [When::Before, When::After] {
            let fake = begun().await;
            fake.fail(n, when);
            let first = place(&fake, input()).await;
            fake.heal();
            let second = place(&fake, input()).await;
            assert!(
                dialled(&fake) <= 1,
                "port call {n} failing {when:?}: {first:?}, then {second:?}"
            );
            for outcome in [first, second] {
                match outcome {
                    Ok(_) => assert_eq!(dialled(&fake), 1),
                    Err(error) => assert!(
                        ["Store.Unavailable", "Call.OutcomeUnknown"].contains(&error.name()),
                        "{error}"
                    ),
                }
            }
        }
    }
}

#[tokio::test]
async fn a_network_that_is_busy_may_be_tried_again_and_one_that_refuses_says_so() {
    let fake = begun().await;
    fake.state().dialling = Dialling::Busy;
    assert_eq!(place(&fake, input()).await, Err(PlaceError::TrunkBusy));
    fake.state().dialling = Dialling::Refused;
    assert_eq!(
        place(&fake, input()).await.unwrap_err().name(),
        "Call.Refused"
    );
    fake.state().dialling = Dialling::Works;
    assert_eq!(
        place(&fake, input()).await,
        Ok(Placed {
            transaction_id: "t-1".into()
        })
    );
}

#[tokio::test]
async fn a_call_that_is_over_is_not_dialled() {
    let fake = begun().await;
    let over = EndInput {
        call: CALL.into(),
        state: "After call".into(),
        outcome: Outcome::Cancelled,
        ended_by: EndedBy::Caller,
        reason: None,
    };
    end(&fake, over).await.unwrap();
    assert_eq!(place(&fake, input()).await, Err(PlaceError::CallEnded));
    assert_eq!(dialled(&fake), 0);
}
