//! Orders of numbers through the API: on which dossier.
use super::porting::{BAD, post, refused};
use crate::carriers::config::{CarrierConfig, Place};
use crate::house::House;
use crate::people::Caller;
use axum::http::{Method, StatusCode};
use contract::Role;
use contract::request::Kind;
use serde_json::{Value, json};

const ORDERS: &str = "/v1/number-orders";

/// A house with a carrier, the dossier of its tenant, and one of another tenant.
async fn house() -> (House, String, String) {
    let chime = CarrierConfig {
        id: "chime".into(),
        place: Place::Chime,
    };
    let house = House::new().await.with_carriers(vec![chime]);
    let eve = Caller {
        role: Role::Administrator,
        ..house.add_foreign_tenant().await
    };
    let form = json!({ "kind": "business", "endUser": { "businessName": "Other" } });
    let theirs = post(&house, &eve, "/v1/dossiers", form).await;
    let theirs = theirs.body["dossier"]["id"].as_str().unwrap().to_owned();
    let own = house.dossier().await;
    (house, own, theirs)
}

fn wish(dossier: &str) -> Value {
    json!({ "carrier": "chime", "country": "CH", "numberType": "local", "count": 2, "dossier": dossier })
}

#[tokio::test]
async fn an_order_names_a_dossier_of_its_own_tenant() {
    let (house, own, theirs) = house().await;
    let lucia = house.lucia();
    let mut answers = Vec::new();
    for dossier in [theirs.as_str(), "d-that-never-was"] {
        let answer = post(&house, &lucia, ORDERS, wish(dossier)).await;
        refused(&answer, BAD.0, BAD.1, json!("dossier"));
        answers.push(answer.text);
    }
    assert_eq!(answers[0], answers[1], "another tenant's looks like none");
    assert!(house.asked().started.is_empty(), "nothing began");
    let begun = post(&house, &lucia, ORDERS, wish(&own)).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
    assert_eq!(begun.body["details"]["dossier"], own);
}

#[tokio::test]
async fn an_order_that_asks_for_a_dossier_is_given_one_of_its_own_tenant() {
    let (house, own, theirs) = house().await;
    house.begins("no-1", Kind::NumberOrder).await;
    let turn = json!({
        "token": "token", "request": "no-1", "state": "Wait for dossier", "round": 1, "attempt": 0, "received": 0,
        "status": "dossier_wanted", "owner": "customer", "nextAction": "Name a dossier", "accepts": ["request.change@dossier"],
    });
    let turn = serde_json::from_value(turn).unwrap();
    crate::request::turn::turn(&*house.aws, turn).await.unwrap();
    let change = async |dossier: &str| {
        let (path, body) = (format!("{ORDERS}/no-1"), json!({ "dossier": dossier }));
        house
            .ask(&house.lucia(), Method::PATCH, &path, Some(body))
            .await
    };
    for dossier in [theirs.as_str(), "d-that-never-was", "!"] {
        refused(&change(dossier).await, BAD.0, BAD.1, json!("dossier"));
    }
    assert!(
        house.asked().completed.is_empty(),
        "its workflow is not told"
    );
    let changed = change(&own).await;
    assert_eq!(changed.status, StatusCode::ACCEPTED, "{}", changed.text);
    let told = house.asked().completed.last().cloned().unwrap();
    assert_eq!(
        (&told["name"], &told["data"]["dossier"]),
        (&json!("request.change"), &json!(own))
    );
}
