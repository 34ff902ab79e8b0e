//! A port from which numbers were taken out: its carrier's order is taken back before another takes its place.
use super::looks::{number, port};
use super::town::{CARRIER, Town};
use crate::porting::look::{Facts, look};
use crate::porting::record::{Port, word};
use crate::porting::{change, look_up, submit, verify};
use crate::ports::porting::{Activation, CarrierPort, CarrierStatus};
use crate::request::{Begun, begin};
use contract::dossier::{NumberStatus as Here, OrderStatus as At};
use contract::port::{PortAnswer, PortInput, PortVerdict as Next};
use contract::request::{Kind, Party};
use serde_json::json;

const PORT: &str = "pi-1";

fn order(id: &str, status: CarrierStatus, port: &Port) -> CarrierPort {
    let lines = port.lines.iter();
    CarrierPort {
        id: id.to_owned(),
        donor: None,
        status,
        changed: None,
        codes: Vec::new(),
        named: Vec::new(),
        foc: None,
        on_demand: false,
        lines: lines
            .map(|line| (line.number.clone(), Activation::NotYet))
            .collect(),
        needs: Vec::new(),
    }
}

/// A town with a corrected port of one number, whose refused order has two.
async fn town(status: CarrierStatus) -> Town {
    let town = Town::new().await;
    let mut port = port(At::Submitted, Here::Submitted, 2);
    port.view.carrier = Some(CARRIER.into());
    town.carrier().ports.push(order("x-1", status, &port));
    port.view.moments.donor_answer = Some("2026-12-01T08:00:00Z".to_owned());
    port.leave(&[number(0)]);
    assert_eq!(port.replaced(), Some("x-1"));
    let begun = Begun {
        id: PORT.into(),
        kind: Kind::PortIn,
        tenant: crate::seed::sample::TENANT.into(),
        person: None,
        title: "One number".to_owned(),
        details: json!(port.view),
        numbers: port.lines,
        hidden: json!(port.hidden),
    };
    begin::begin(&town, begun).await.unwrap();
    town
}

fn input() -> PortInput {
    PortInput {
        request: PORT.into(),
        signal: None,
    }
}

async fn now(town: &Town) -> Port {
    Port::of(&town.record(PORT).await.unwrap()).unwrap()
}

fn waits(answer: &PortAnswer) {
    assert_eq!(
        (answer.verdict, answer.owner, answer.status),
        (Next::DonorReview, Party::Carrier, At::Submitted)
    );
    assert!(answer.next_action.contains("takes back its order"));
}

#[tokio::test]
async fn the_order_that_has_more_numbers_goes_before_another_comes() {
    let town = town(CarrierStatus::Refused).await;
    waits(&submit::submit(&town, input()).await.unwrap());
    assert_eq!(town.carrier().cancelled, ["x-1"]);
    town.carrier().ports[0].status = CarrierStatus::CancelPending;
    // What the carrier looks at is no refusal, and is not asked for twice.
    waits(&look_up::look_up(&town, input()).await.unwrap());
    waits(&submit::submit(&town, input()).await.unwrap());
    assert_eq!(town.carrier().cancelled.len(), 1);
    town.carrier().ports[0].status = CarrierStatus::Cancelled;
    let gone = look_up::look_up(&town, input()).await.unwrap();
    assert_eq!((gone.verdict, gone.status), (Next::Submit, At::Submitted));

    let made = order("x-2", CarrierStatus::InReview, &now(&town).await);
    town.carrier().ports.push(made);
    let again = submit::submit(&town, input()).await.unwrap();
    assert_eq!(again.verdict, Next::DonorReview);
    let port = now(&town).await;
    assert_eq!(port.view.external_id.as_deref(), Some("x-2"));
    assert_eq!(port.replaced(), None);
    town.carrier().ports[1].status = CarrierStatus::AtDonor;
    let looked = look_up::look_up(&town, input()).await.unwrap();
    assert_eq!(looked.status, At::DonorReview);
    assert_eq!(town.carrier().cancelled.len(), 1, "the new order stands");
}

#[tokio::test]
async fn an_order_that_is_gone_already_holds_nothing_up() {
    let town = town(CarrierStatus::Cancelled).await;
    let made = order("x-2", CarrierStatus::InReview, &now(&town).await);
    town.carrier().ports.push(made);
    submit::submit(&town, input()).await.unwrap();
    assert_eq!(now(&town).await.view.external_id.as_deref(), Some("x-2"));
    assert!(town.carrier().cancelled.is_empty());
}

#[tokio::test]
async fn a_carrier_that_does_not_take_its_order_back_in_time_is_asked_by_an_operator() {
    let town = town(CarrierStatus::CancelPending).await;
    let due = submit::submit(&town, input()).await.unwrap().deadline;
    assert!(due.is_some(), "nobody would ask about it");
    town.set_now("2027-11-23T08:00:00Z").await;
    let late = look_up::look_up(&town, input()).await.unwrap();
    assert_eq!((late.verdict, late.owner), (Next::Resolve, Party::Operator));
    assert!(town.carrier().cancelled.is_empty());
}

#[tokio::test]
async fn numbers_that_come_with_the_order_that_was_to_go_are_the_ports() {
    let town = town(CarrierStatus::Ported).await;
    submit::submit(&town, input()).await.unwrap();
    let port = now(&town).await;
    assert_eq!(port.replaced(), None);
    assert_eq!(port.view.external_id.as_deref(), Some("x-1"));
    assert!(town.carrier().cancelled.is_empty());
    // The number that was taken out is in our account too: without a line nobody would make its route.
    for line in &mut town.carrier().ports[0].lines {
        line.1 = Activation::Active;
    }
    assert_eq!(port.lines.len(), 1);
    let looked = look_up::look_up(&town, input()).await.unwrap();
    assert_eq!(
        (looked.verdict, looked.status),
        (Next::Prepare, At::PreCutoverTest)
    );
    let says = looked.says.unwrap();
    assert!(
        says.contains("although taken out") && says.contains(number(1).as_str()),
        "{says}"
    );
    assert_eq!(says.matches(number(1).as_str()).count(), 1, "{says}");
    let port = now(&town).await;
    let numbers: Vec<_> = port.lines.iter().map(|line| line.number.clone()).collect();
    assert_eq!(numbers, [number(0), number(1)]);
    assert_eq!(port.statuses(), [Here::Confirmed; 2]);
    assert!(
        port.hidden.came_along.is_empty(),
        "its route is made with the others'"
    );
}

#[tokio::test]
async fn a_number_that_was_taken_out_and_comes_at_the_cut_over_has_its_route_made_too() {
    let town = town(CarrierStatus::Ported).await;
    let mut known = town.carrier().ports[0].clone();
    for line in &mut known.lines {
        line.1 = Activation::Active;
    }
    let facts = Facts {
        carrier: Some(&known),
        scheme: "telnyx",
        declared: false,
    };
    change(&town, &PORT.into(), |port, time| {
        (port.view.order, port.hidden.replaces) = (At::Activating, false);
        port.hidden.routes_made = true;
        for line in &mut port.lines {
            line.status = word(Here::Activating);
        }
        let looked = look(port, &facts, None, time)?;
        assert!(looked.says.unwrap().contains("2 of 2 numbers"));
        Ok(())
    })
    .await
    .unwrap();
    let port = now(&town).await;
    assert_eq!(port.view.order, At::Verifying);
    assert_eq!(port.statuses(), [Here::Active; 2]);
    assert_eq!(port.hidden.came_along, [number(1)]);
    assert_eq!(town.owner(number(1).as_str()).await, None);
    verify::verify(&town, input()).await.unwrap();
    let owner = town.owner(number(1).as_str()).await;
    assert_eq!(owner.as_deref(), Some(crate::seed::sample::TENANT));
    assert_eq!(now(&town).await.lines[1].reason, None);
}

#[test]
fn only_numbers_that_an_order_of_the_carriers_has_make_it_another() {
    let mut same = port(At::Correction, Here::Rejected, 2);
    same.leave(&[number(0), number(1)]);
    assert_eq!(same.replaced(), None, "nothing was taken out");
    let mut by_hand = port(At::Correction, Here::Rejected, 2);
    by_hand.view.by_hand = true;
    by_hand.leave(&[number(1)]);
    assert_eq!(by_hand.lines.len(), 1);
    assert_eq!(by_hand.replaced(), None, "the case is told what is left");
}
