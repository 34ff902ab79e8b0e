//! Whole activities: ports by support case, and what a carrier's people say.
use super::looks::{monday, port};
use super::signals::signal;
use super::town::{CARRIER, Town};
use crate::porting::record::Port;
use crate::porting::{cancel, date, look_up, submit};
use crate::ports::porting::{Activation, CarrierComment, CarrierPort, CarrierStatus};
use crate::request::{Begun, begin};
use contract::dossier::{NumberStatus as Here, OrderStatus as At};
use contract::port::{HandIn, PortAnswer, PortInput, PortVerdict as Next};
use contract::request::signal::{RequestSignal, SignalName};
use contract::request::{Kind, Party};
use jiff::SignedDuration;
use serde_json::{Value, json};

const PORT: &str = "pi-1";

fn input(signal: Option<RequestSignal>) -> PortInput {
    PortInput {
        request: PORT.into(),
        signal,
    }
}

fn said(seq: u64, name: SignalName, topic: &str, data: Value) -> Option<RequestSignal> {
    Some(RequestSignal {
        seq,
        ..signal(name, topic, data)
    })
}

/// A town with a port that stands there, and its carrier's order.
async fn town(order: At, by_hand: bool, carrier: CarrierStatus) -> Town {
    let town = Town::new().await;
    let mut port = port(order, Here::Submitted, 2);
    port.view.by_hand = by_hand;
    port.view.carrier = Some(CARRIER.into());
    town.carrier().by_hand = by_hand;
    town.carrier().ports.push(CarrierPort {
        id: "x-1".to_owned(),
        donor: None,
        status: carrier,
        changed: Some(monday()),
        codes: Vec::new(),
        named: Vec::new(),
        foc: Some(monday() + SignedDuration::from_hours(24 * 30)),
        on_demand: false,
        lines: port
            .lines
            .iter()
            .map(|line| (line.number.clone(), Activation::NotYet))
            .collect(),
        needs: Vec::new(),
    });
    let begun = Begun {
        id: PORT.into(),
        kind: Kind::PortIn,
        tenant: crate::seed::sample::TENANT.into(),
        person: None,
        title: "Two numbers".to_owned(),
        details: json!(port.view),
        numbers: port.lines,
        hidden: json!(port.hidden),
    };
    begin::begin(&town, begun).await.unwrap();
    town
}

async fn now(town: &Town) -> Port {
    Port::of(&town.record(PORT).await.unwrap()).unwrap()
}

async fn handed_in(town: &Town, seq: u64, data: Value) -> PortAnswer {
    let signal = said(seq, SignalName::TaskDone, "port-handin", data);
    look_up::look_up(town, input(signal)).await.unwrap()
}

#[tokio::test]
async fn a_correction_waits_for_its_operator_however_often_the_old_refusal_is_read() {
    let town = town(At::Submitted, true, CarrierStatus::Refused).await;
    for _ in 0..2 {
        let answer = submit::submit(&town, input(None)).await.unwrap();
        assert_eq!(answer.verdict, Next::HandIn);
        assert_eq!(now(&town).await.view.to_hand_in, Some(HandIn::Correction));
    }
    let looked = look_up::look_up(&town, input(None)).await.unwrap();
    assert_eq!(looked.verdict, Next::HandIn);
    let answer = handed_in(&town, 1, json!({ "caseId": "case-1" })).await;
    assert_eq!(answer.verdict, Next::DonorReview);
    let looked = look_up::look_up(&town, input(None)).await.unwrap();
    assert_eq!(
        (looked.verdict, looked.status),
        (Next::DonorReview, At::Submitted)
    );
}

#[tokio::test]
async fn an_order_that_the_carrier_does_not_show_is_said_once_and_stops_nothing() {
    let town = town(At::Submitted, true, CarrierStatus::AtDonor).await;
    submit::submit(&town, input(None)).await.unwrap();
    let answer = handed_in(
        &town,
        1,
        json!({ "caseId": "case-1", "externalId": "typo" }),
    )
    .await;
    assert!(answer.says.unwrap().contains("shows no order typo"));
    let looked = look_up::look_up(&town, input(None)).await.unwrap();
    assert_eq!((looked.verdict, looked.says), (Next::DonorReview, None));
    let named = json!({ "status": "in_review", "externalId": "x-1" });
    let named = said(2, SignalName::TaskDone, "port-donor", named);
    look_up::look_up(&town, input(named)).await.unwrap();
    let looked = look_up::look_up(&town, input(None)).await.unwrap();
    assert_eq!(
        looked.status,
        At::DonorReview,
        "the order is read by its right id"
    );
}

#[tokio::test]
async fn nothing_is_asked_of_an_interface_that_does_not_do_it() {
    let wanted = json!({ "foc": "2027-01-20T09:00:00Z" });
    let wish = said(1, SignalName::RequestChange, "date", wanted);
    let other = town(At::DonorReview, true, CarrierStatus::DateConfirmed).await;
    look_up::look_up(&other, input(None)).await.unwrap();
    let answer = date::change_date(&other, input(wish)).await.unwrap();
    assert_eq!(answer.verdict, Next::HandIn);
    assert_eq!(now(&other).await.view.to_hand_in, Some(HandIn::NewDate));

    let answer = cancel::cancel(&other, input(None)).await.unwrap();
    assert_eq!(
        (answer.verdict, answer.status),
        (Next::HandIn, At::CancelPending)
    );
    assert_eq!(now(&other).await.view.to_hand_in, Some(HandIn::Withdrawal));
    assert!(other.carrier().cancelled.is_empty());
    let answer = handed_in(&other, 2, json!({ "caseId": "case-2" })).await;
    assert_eq!(answer.verdict, Next::CancelPending);
    let review = said(
        3,
        SignalName::TaskDone,
        "port-donor",
        json!({ "status": "in_review" }),
    );
    let answer = look_up::look_up(&other, input(review)).await.unwrap();
    assert_eq!(answer.verdict, Next::CancelPending, "it still looks at it");
    let refused = json!({ "status": "cancel_refused" });
    let refused = said(4, SignalName::TaskDone, "port-donor", refused);
    let answer = look_up::look_up(&other, input(refused)).await.unwrap();
    assert_eq!(
        answer.verdict,
        Next::HandIn,
        "the other date is still wished"
    );
    assert_eq!(now(&other).await.view.to_hand_in, Some(HandIn::NewDate));
}

#[tokio::test]
async fn a_date_that_was_asked_for_is_not_called_impossible_because_an_answer_was_lost() {
    let town = town(At::DonorReview, false, CarrierStatus::DateConfirmed).await;
    look_up::look_up(&town, input(None)).await.unwrap();
    let help = said(
        1,
        SignalName::TaskDone,
        "port-help",
        json!({ "decision": "again" }),
    );
    let helped = date::change_date(&town, input(help)).await.unwrap();
    assert_eq!(helped.verdict, Next::DateAgreed);
    assert!(helped.says.unwrap().ends_with("wish it again"));
    let wanted = json!({ "foc": "2027-01-20T09:00:00Z" });
    let wish = said(2, SignalName::RequestChange, "date", wanted);
    for _ in 0..2 {
        let answer = date::change_date(&town, input(wish.clone())).await.unwrap();
        assert_eq!(
            (answer.verdict, answer.status),
            (Next::DonorReview, At::DonorReview)
        );
        let says = answer.says.unwrap();
        assert_eq!(says, "2027-01-20T09:00:00Z was asked for");
    }
}

#[tokio::test]
async fn a_date_before_the_lead_time_is_over_is_asked_of_nobody() {
    let town = town(At::DonorReview, true, CarrierStatus::DateConfirmed).await;
    look_up::look_up(&town, input(None)).await.unwrap();
    crate::ports::requests::Requests::update(&town, &PORT.into(), |record| {
        let mut port = Port::of(record).unwrap();
        port.view.moments.submitted = Some("2026-11-23T08:00:00Z".to_owned());
        port.put(record);
    })
    .await
    .unwrap();
    for (wanted, why) in [
        ("2026-12-01T09:00:00Z", "the earliest day is 2026-12-16"),
        ("2026-11-01T09:00:00Z", "2026-11-01T09:00:00Z is over"),
    ] {
        let wish = json!({ "foc": wanted });
        let wish = said(1, SignalName::RequestChange, "date", wish);
        let answer = date::change_date(&town, input(wish)).await.unwrap();
        let says = answer.says.unwrap();
        assert_eq!(says, format!("The date cannot be changed: {why}"));
        assert_eq!(answer.verdict, Next::DateAgreed);
    }
    assert_eq!(now(&town).await.view.to_hand_in, None);
}

#[tokio::test]
async fn what_was_refused_is_submitted_once_for_each_time_that_an_operator_says_so() {
    let town = town(At::Rejected, false, CarrierStatus::AtDonor).await;
    let wish = |seq| {
        let again = json!({ "action": "resubmit" });
        input(said(seq, SignalName::TaskDone, "port-resolve", again))
    };
    let review = json!({ "decision": "approve" });
    let review = input(said(1, SignalName::TaskDone, "port-review", review));
    for (asked, next, submissions) in [
        // A submission that was refused is tried again, for its answer was lost.
        (review, Next::Correct, 1),
        (input(None), Next::Correct, 1),
        (wish(2), Next::DonorReview, 2),
        (wish(2), Next::Correct, 2),
        (wish(3), Next::DonorReview, 3),
    ] {
        let answer = submit::submit(&town, asked).await.unwrap();
        assert_eq!(answer.verdict, next);
        assert_eq!(now(&town).await.view.submissions, submissions);
        crate::ports::requests::Requests::update(&town, &PORT.into(), |record| {
            let mut port = Port::of(record).unwrap();
            port.view.order = At::Rejected;
            port.put(record);
        })
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn a_port_that_lapses_ends_when_its_case_is_closed() {
    let town = town(At::Correction, true, CarrierStatus::Refused).await;
    let silent =
        |port: &mut Port| port.view.moments.silence = Some("2026-11-20T08:00:00Z".to_owned());
    crate::ports::requests::Requests::update(&town, &PORT.into(), |record| {
        let mut port = Port::of(record).unwrap();
        silent(&mut port);
        port.put(record);
    })
    .await
    .unwrap();
    for _ in 0..2 {
        let answer = cancel::lapse(&town, input(None)).await.unwrap();
        assert_eq!((answer.verdict, answer.status), (Next::HandIn, At::Expired));
    }
    let answer = handed_in(&town, 1, json!({ "caseId": "case-3" })).await;
    assert_eq!(answer.verdict, Next::Expired);
}

#[tokio::test]
async fn what_the_carriers_people_say_is_in_the_timeline_once() {
    let town = town(At::DonorReview, false, CarrierStatus::AtDonor).await;
    let comment = |id: &str, text: &str| CarrierComment {
        id: id.to_owned(),
        text: text.to_owned(),
    };
    town.carrier()
        .comments
        .push(comment("c-1", "Send the invoice of October"));
    for _ in 0..2 {
        look_up::look_up(&town, input(None)).await.unwrap();
    }
    town.carrier().comments.push(comment("c-2", "Thank you"));
    look_up::look_up(&town, input(None)).await.unwrap();
    let timeline = town.record(PORT).await.unwrap().view.timeline;
    let comments = timeline.iter().filter(|line| line.is_comment);
    let comments: Vec<_> = comments.map(|line| (line.by, line.text.as_str())).collect();
    assert_eq!(
        comments,
        [
            (Party::Carrier, "Send the invoice of October"),
            (Party::Carrier, "Thank you"),
        ]
    );
}
