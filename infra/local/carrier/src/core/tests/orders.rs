//! Number orders, reservations and the customer's numbers.

use super::*;
use crate::core::order::Requirements;
use crate::core::reservation::NewReservation;

#[test]
fn an_order_succeeds_in_part() {
    let mut bench = Bench::new(Faults::NONE);
    let id = bench.order(&["+12125550100", "+12125550199", "+12125550198"]);
    bench.pass_ms(60_000);
    let shown = |bench: &Bench| {
        crate::view::orders::order(&bench.state, bench.state.orders.get(&id).expect("an order"))
    };
    assert_eq!(shown(&bench)["status"], "pending", "98 takes longer");
    bench.pass_ms(600_000);
    let order = shown(&bench);
    assert_eq!(order["status"], "success");
    let mut statuses: Vec<(String, String)> = order["phone_numbers"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| (row["phone_number"].to_string(), row["status"].to_string()))
        .collect();
    statuses.sort();
    let statuses: Vec<&str> = statuses.iter().map(|(_, status)| status.as_str()).collect();
    assert_eq!(statuses, ["\"success\"", "\"success\"", "\"failure\""]);
    let told: Vec<&Event> = bench
        .state
        .events
        .iter()
        .filter(|event| event.event_type == "number_order.complete")
        .collect();
    assert_eq!(told.len(), 1);
    assert!(
        bench
            .step(Input::Order(NewOrder {
                numbers: vec!["+12125550100".to_owned()],
                ..NewOrder::default()
            }))
            .is_err()
    );
}

#[test]
fn requirements_are_asked_for_looked_at_declined_and_corrected() {
    let mut bench = Bench::new(Faults::NONE);
    let order = bench.order(&["+41445551000"]);
    let id = bench.state.orders.get(&order).expect("an order").numbers[0].clone();
    let fill = |bench: &mut Bench, document: &str, uid: &str| {
        let requirements = bench
            .state
            .ordered
            .get(&id)
            .expect("a number")
            .requirements
            .clone();
        let values: Vec<Value> = requirements
            .iter()
            .map(|each| {
                let value = if each.field_type == "document" {
                    document
                } else {
                    uid
                };
                json!({ "requirement_id": each.id, "field_value": value })
            })
            .collect();
        bench.step(Input::EditOrdered {
            id: id.clone(),
            body: json!({ "regulatory_requirements": values }),
        })
    };
    let status = |bench: &Bench| bench.state.ordered.get(&id).expect("a number").status;
    assert_eq!(status(&bench), Requirements::RequirementInfoPending);
    fill(&mut bench, "no-such-document", "CHE-123.456.788").expect("values are taken as they are");
    assert_eq!(status(&bench), Requirements::RequirementInfoUnderReview);
    assert!(
        fill(&mut bench, "again", "x").is_err(),
        "not while they are looked at"
    );
    bench.pass_hours(24);
    assert_eq!(status(&bench), Requirements::RequirementInfoException);
    let proof = bench.document("address.pdf");
    fill(&mut bench, &proof, "CHE-123.456.788").expect("is corrected");
    bench.pass_hours(24);
    assert_eq!(status(&bench), Requirements::Approved);
    assert_eq!(bench.state.owned.len(), 1);
}

#[test]
fn a_number_without_its_requirements_ends_and_is_free_again() {
    let mut bench = Bench::new(Faults::NONE);
    let id = bench.order(&["+5078331000"]);
    bench.pass_hours(24 * 31);
    let order = bench.state.orders.get(&id).expect("an order");
    assert_eq!(
        crate::view::orders::order(&bench.state, order)["status"],
        "failure"
    );
    bench.order(&["+5078331000"]);
}

#[test]
fn a_reservation_holds_half_an_hour() {
    let mut bench = Bench::new(Faults::NONE);
    let wanted = NewReservation {
        numbers: vec!["+6565551000".to_owned()],
        customer_reference: None,
    };
    let id = bench.id(Input::Reserve(wanted.clone()));
    assert!(bench.step(Input::Reserve(wanted.clone())).is_err());
    bench.pass_ms(20 * 60_000);
    bench
        .step(Input::ExtendReservation(id.clone()))
        .expect("in time");
    bench.pass_ms(20 * 60_000);
    assert!(
        bench.step(Input::Reserve(wanted.clone())).is_err(),
        "it was extended"
    );
    bench.pass_ms(20 * 60_000);
    bench.step(Input::Reserve(wanted)).expect("free again");
    assert!(bench.step(Input::ExtendReservation(id)).is_err(), "expired");
}

#[test]
fn a_released_number_rests_and_its_route_goes() {
    let mut bench = Bench::new(Faults::NONE);
    bench.order(&["+12125550100"]);
    bench.pass_hours(1);
    bench
        .step(Input::EditNumber {
            id: "+12125550100".to_owned(),
            body: json!({ "connection_id": "trunk-2" }),
        })
        .expect("ours");
    assert_eq!(
        bench
            .state
            .routes
            .get("+12125550100")
            .and_then(|route| route.connection_id.clone())
            .as_deref(),
        Some("trunk-2")
    );
    bench
        .step(Input::ReleaseNumber("+12125550100".to_owned()))
        .expect("ours");
    assert!(
        !bench
            .state
            .routes
            .get("+12125550100")
            .expect("a route")
            .here
    );
    let again = || {
        Input::Order(NewOrder {
            numbers: vec!["+12125550100".to_owned()],
            ..NewOrder::default()
        })
    };
    assert!(bench.step(again()).is_err(), "it rests");
    bench.pass_hours(24 * 30);
    bench.step(again()).expect("it may be sold again");
}

#[test]
fn notices_are_lost_repeated_and_late_by_the_seed_and_come_again_when_asked() {
    let mut bench = Bench::new(Faults {
        lost_per_mille: 1000,
        repeated_per_mille: 0,
        late_per_mille: 0,
    });
    bench.order(&["+12125550100"]);
    bench.pass_hours(1);
    assert!(bench.state.deliveries.is_empty());
    let event = bench.state.events.first().expect("an event").id.clone();
    bench
        .step(Input::Republish(event.clone()))
        .expect("is known");
    assert_eq!(bench.state.deliveries.len(), 1);
    for attempt in 1..=super::super::event::MAX_ATTEMPTS {
        let delivery = bench.state.deliveries.first().expect("a notice").clone();
        assert_eq!(delivery.attempt, attempt);
        let key = super::super::table::Row::key(&delivery);
        bench
            .step(Input::NoticeSent { key, taken: false })
            .expect("is noted");
    }
    assert!(
        bench.state.deliveries.is_empty(),
        "it is given up in the end"
    );
    let mut bench = Bench::new(Faults {
        lost_per_mille: 0,
        repeated_per_mille: 1000,
        late_per_mille: 0,
    });
    bench.order(&["+12125550100"]);
    bench.pass_hours(1);
    assert_eq!(bench.state.deliveries.len(), 2);
    bench
        .step(Input::Practice {
            manual_donor: None,
            reliable: Some(true),
        })
        .expect("is taken");
    bench.order(&["+12125550101"]);
    bench.pass_hours(1);
    assert_eq!(bench.state.deliveries.len(), 3);
}
