//! Port-outs.

use super::*;
use crate::core::portout::{NewPortOut, PortOutAnswer, PortOutStatus};

fn with_number(bench: &mut Bench) -> String {
    bench.order(&["+12125550100"]);
    bench.pass_hours(1);
    let body = json!({ "external_pin": "8642" });
    bench
        .step(Input::EditNumber {
            id: "+12125550100".to_owned(),
            body,
        })
        .expect("ours");
    let wanted = NewPortOut {
        phone_numbers: vec!["+12125550100".to_owned()],
        pin: Some("1111".to_owned()),
        ..NewPortOut::default()
    };
    bench.id(Input::StartPortOut(wanted))
}

fn answer(id: &str, answer: PortOutAnswer, reason: &str) -> Input {
    Input::AnswerPortOut {
        id: id.to_owned(),
        answer,
        reason: reason.to_owned(),
        host_messaging: None,
    }
}

fn status(bench: &Bench, id: &str) -> PortOutStatus {
    bench.state.portouts.get(id).expect("a port-out").status
}

#[test]
fn a_rejection_is_looked_at_and_the_number_stays() {
    let mut bench = Bench::new(Faults::NONE);
    let id = with_number(&mut bench);
    let told = bench
        .state
        .events
        .iter()
        .find(|event| event.event_type == "portout.status_changed")
        .expect("told");
    assert_eq!(told.payload["attempted_pin"], "1111");
    assert!(
        bench
            .step(answer(&id, PortOutAnswer::RejectedPending, " "))
            .is_err(),
        "it needs a reason"
    );
    assert!(
        bench
            .step(Input::ReleaseNumber("+12125550100".to_owned()))
            .is_err(),
        "it is being ported out"
    );
    bench
        .step(answer(&id, PortOutAnswer::RejectedPending, "1002"))
        .expect("is taken");
    assert_eq!(
        bench
            .state
            .portouts
            .get(&id)
            .expect("a port-out")
            .rejection_code,
        Some(1002)
    );
    assert!(
        bench
            .step(answer(&id, PortOutAnswer::Authorized, ""))
            .is_err(),
        "answered already"
    );
    bench.pass_hours(24 * 10);
    assert_eq!(status(&bench, &id), PortOutStatus::Rejected);
    assert_eq!(
        bench.state.owned.first().expect("a number").status,
        OwnedStatus::Active
    );
}

#[test]
fn no_answer_in_a_week_lets_the_number_go() {
    let mut bench = Bench::new(Faults::NONE);
    let id = with_number(&mut bench);
    bench.pass_hours(24 * 7 - 1);
    assert_eq!(status(&bench, &id), PortOutStatus::Pending);
    // The date was over by then.
    bench.pass_hours(2);
    assert_eq!(status(&bench, &id), PortOutStatus::Ported);
    assert!(
        !bench
            .state
            .routes
            .get("+12125550100")
            .expect("a route")
            .here
    );
    assert_eq!(
        bench.state.owned.first().expect("a number").status,
        OwnedStatus::PortedOut
    );
    assert!(bench.step(Input::CancelPortOut(id)).is_err(), "it is over");
}

#[test]
fn people_have_their_patience_to_answer_however_fast_days_pass() {
    let mut bench = Bench::new(Faults::NONE);
    bench.state.settings.scale = Scale::new(3_600).expect("in range");
    bench.state.settings.patience_s = 3_600;
    let id = with_number(&mut bench);
    // A week would be over in less than three minutes.
    bench.pass_ms(HOUR_MS - 1_000);
    assert_eq!(status(&bench, &id), PortOutStatus::Pending);
    bench.pass_ms(1_000);
    assert_ne!(status(&bench, &id), PortOutStatus::Pending);
}

#[test]
fn the_other_carrier_may_take_it_back_until_the_date() {
    let mut bench = Bench::new(Faults::NONE);
    let id = with_number(&mut bench);
    bench
        .step(answer(&id, PortOutAnswer::Authorized, "ok"))
        .expect("is taken");
    bench
        .step(Input::CancelPortOut(id.clone()))
        .expect("in time");
    bench.pass_hours(24 * 10);
    assert_eq!(status(&bench, &id), PortOutStatus::Canceled);
    assert_eq!(
        bench.state.owned.first().expect("a number").status,
        OwnedStatus::Active
    );
}

#[test]
fn a_number_that_leaves_already_is_asked_for_no_second_time() {
    let mut bench = Bench::new(Faults::NONE);
    with_number(&mut bench);
    let wanted = NewPortOut {
        phone_numbers: vec!["+12125550100".to_owned()],
        ..NewPortOut::default()
    };
    let refused = bench
        .step(Input::StartPortOut(wanted))
        .expect_err("it leaves already");
    assert_eq!(refused.to_string(), "+12125550100 is in a port-out already");
}
