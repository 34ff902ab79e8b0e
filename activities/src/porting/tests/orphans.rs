//! Orders at the carrier whose ids were never written down: the function died between the carrier's answer and its own write.
use super::looks::port;
use super::town::{CARRIER, Town};
use crate::porting::record::{Part, Port};
use crate::porting::{cancel, check, split};
use crate::ports::porting::{Activation, CarrierPort, CarrierStatus};
use crate::request::{Begun, begin};
use contract::dossier::{NumberStatus as Here, OrderStatus as At};
use contract::port::{PortInput, PortVerdict as Next};
use contract::request::Kind;
use contract::{E164, RequestId};
use serde_json::json;

const PORT: &str = "pi-1";

fn input() -> PortInput {
    PortInput {
        request: PORT.into(),
        signal: None,
    }
}

/// A town with a port of four numbers that stands there and knows of this order.
async fn town(order: At, known: Option<&str>) -> Town {
    let town = Town::new().await;
    let mut port = port(order, Here::Waiting, 4);
    port.view.carrier = Some(CARRIER.into());
    port.view.external_id = known.map(str::to_owned);
    port.view.moments.silence = Some("2026-11-20T08:00:00Z".to_owned());
    let dossier = json!({
        "id": "d-1", "version": 1, "tenant": "t-1", "kind": "business", "endUser": {},
    });
    port.view.form.dossier = Some(serde_json::from_value(dossier).unwrap());
    let begun = Begun {
        id: PORT.into(),
        kind: Kind::PortIn,
        tenant: crate::seed::sample::TENANT.into(),
        person: None,
        title: "Four numbers".to_owned(),
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

/// The carrier has made an order of these numbers of the port, under its id.
async fn made(town: &Town, id: &str, donor: &str, status: CarrierStatus, of: &[usize]) {
    let lines = now(town).await.lines;
    let line = |at: &usize| (lines[*at].number.clone(), Activation::NotYet);
    let mut known = town.carrier();
    known.ports.push(CarrierPort {
        id: id.to_owned(),
        donor: Some(donor.to_owned()),
        status,
        changed: None,
        codes: Vec::new(),
        named: Vec::new(),
        foc: None,
        on_demand: false,
        lines: of.iter().map(line).collect(),
        needs: Vec::new(),
    });
    known.keys.insert(id.to_owned(), PORT.to_owned());
}

#[tokio::test]
async fn a_port_that_ends_right_then_leaves_no_order_behind() {
    for order in [At::CheckingPortability, At::Rejected] {
        let town = town(order, None).await;
        made(&town, "x-9", "Alpenfon", CarrierStatus::Draft, &[0, 1]).await;
        let answer = cancel::cancel(&town, input()).await.unwrap();
        assert_eq!(answer.verdict, Next::Cancelled, "{order:?}");
        assert_eq!(town.carrier().cancelled, ["x-9"], "{order:?}");
        assert!(town.carrier().ports.is_empty(), "{order:?}");
    }
    let town = town(At::Collecting, None).await;
    made(&town, "x-9", "Alpenfon", CarrierStatus::Draft, &[0, 1]).await;
    let answer = cancel::lapse(&town, input()).await.unwrap();
    assert_eq!(answer.verdict, Next::Expired);
    assert_eq!(town.carrier().cancelled, ["x-9"]);
}

#[tokio::test]
async fn a_submitted_order_that_nobody_wrote_down_is_cancelled_and_waited_for() {
    // The order that is known is gone at the carrier, and another was made and submitted in its place.
    let town = town(At::Submitted, Some("x-1")).await;
    made(&town, "x-9", "Alpenfon", CarrierStatus::InReview, &[0, 1]).await;
    let answer = cancel::cancel(&town, input()).await.unwrap();
    assert_eq!(answer.verdict, Next::CancelPending);
    assert_eq!(town.carrier().cancelled, ["x-1", "x-9"]);
    assert_eq!(now(&town).await.view.external_id.as_deref(), Some("x-9"));
    // Asked again, it is the same.
    let again = cancel::cancel(&town, input()).await.unwrap();
    assert_eq!(again.verdict, Next::CancelPending);
}

#[tokio::test]
async fn what_was_never_submitted_is_cancelled_at_once() {
    let town = town(At::Submitted, Some("x-1")).await;
    made(&town, "x-1", "Alpenfon", CarrierStatus::Draft, &[0, 1]).await;
    for _ in 0..2 {
        let answer = cancel::cancel(&town, input()).await.unwrap();
        assert_eq!(answer.verdict, Next::Cancelled);
    }
    let port = now(&town).await;
    assert_eq!(port.statuses(), [Here::Cancelled; 4]);
}

#[tokio::test]
async fn a_check_that_is_made_again_finds_its_own_order_and_does_not_stand_in_its_own_way() {
    for order in [At::Draft, At::CheckingPortability] {
        let town = town(order, None).await;
        made(
            &town,
            "x-9",
            "Alpenfon",
            CarrierStatus::Draft,
            &[0, 1, 2, 3],
        )
        .await;
        let answer = check::check(&town, input()).await.unwrap();
        assert_eq!(answer.verdict, Next::Portable, "{order:?}");
        let port = now(&town).await;
        assert_eq!(port.view.external_id.as_deref(), Some("x-9"));
        assert_eq!(port.statuses(), [Here::Portable; 4]);
    }
}

#[tokio::test]
async fn a_split_that_is_cut_short_goes_on_with_the_same_parts() {
    let town = town(At::Draft, None).await;
    made(&town, "x-1", "Alpenfon", CarrierStatus::Draft, &[0, 2]).await;
    made(&town, "x-2", "Bergtel", CarrierStatus::Draft, &[1, 3]).await;
    let answer = check::check(&town, input()).await.unwrap();
    assert_eq!(answer.verdict, Next::SplitUp);
    let parts: Vec<Part> = now(&town).await.hidden.parts;
    assert_eq!(parts.len(), 2);
    // The first order is under its part's id already when the carrier goes away.
    town.carrier().gone_at = Some(parts[1].orders[0].clone());
    split::split_up(&town, input()).await.unwrap_err();
    for _ in 0..2 {
        let answer = split::split_up(&town, input()).await.unwrap();
        assert_eq!(answer.verdict, Next::SplitUp);
        let parent = now(&town).await;
        let children: Vec<RequestId> = parts.iter().map(|part| part.child.clone()).collect();
        assert_eq!(parent.view.children, children);
        assert!(parent.hidden.parts.is_empty());
    }
    for part in &parts {
        let child = part.child.as_str();
        assert_eq!(town.carrier().keys[&part.orders[0]], child);
        let record = town.record(child).await.unwrap();
        let numbers: Vec<E164> = record.view.numbers.into_iter().map(|n| n.number).collect();
        assert_eq!(numbers, part.numbers);
        // The part's own check finds what it was handed.
        let own = PortInput {
            request: child.into(),
            signal: None,
        };
        let answer = check::check(&town, own).await.unwrap();
        assert_eq!(answer.verdict, Next::Portable);
        let port = Port::of(&town.record(child).await.unwrap()).unwrap();
        assert_eq!(port.view.external_id.as_ref(), part.orders.first());
    }
}
