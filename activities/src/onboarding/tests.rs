//! Requests that wait for each other, over a real store.
use crate::dossier::decide;
use crate::dossier::let_go::let_go;
use crate::house::House;
use crate::ports::requests::Requests;
use crate::request::{Begun, begin, end, turn};
use contract::RequestId;
use contract::request::Kind;
use serde_json::{Value, json};

async fn begun(house: &House, id: &str, kind: Kind, details: Value) -> RequestId {
    let begun = Begun {
        id: id.into(),
        kind,
        tenant: "t-isthmus-trading".into(),
        person: None,
        title: String::new(),
        details,
        numbers: Vec::new(),
        hidden: serde_json::Value::Null,
    };
    begin::begin(&*house.aws, begun).await.unwrap().view.id
}

async fn waits(house: &House, request: &RequestId, accepts: &str) {
    let input = json!({
        "token": format!("token-{request}"), "request": request, "state": "Waits", "round": 1, "attempt": 0, "received": 0,
        "status": "waits", "owner": "platform", "nextAction": "Wait", "accepts": [accepts],
    });
    turn::turn(&*house.aws, serde_json::from_value(input).unwrap())
        .await
        .unwrap();
}

fn last(house: &House) -> Value {
    house.asked().completed.last().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_request_that_ends_tells_the_one_that_began_it_once() {
    let house = House::new().await;
    let parent = begun(&house, "ot-1", Kind::OnboardTenant, Value::Null).await;
    let child = begun(
        &house,
        "no-1",
        Kind::NumberOrder,
        json!({ "parent": parent }),
    )
    .await;
    waits(&house, &parent, "request.ended").await;
    let ended = json!({ "request": child, "outcome": "partial", "status": "partial", "says": "Half of it" });
    for _ in 0..2 {
        let input = serde_json::from_value(ended.clone()).unwrap();
        end::end(&*house.aws, input).await.unwrap();
    }
    let signal = last(&house);
    assert_eq!(
        (
            &signal["name"],
            &signal["topic"],
            &signal["data"]["request"]
        ),
        (&json!("request.ended"), &json!("partial"), &json!("no-1"))
    );
    assert_eq!(signal["seq"], 1);
}

/// A check takes the dossier up.
async fn taken_up(house: &House, dossier: &str, check: &str) {
    let purposes =
        json!([{ "country": "CH", "numberType": "local", "action": "order", "numbers": 1 }]);
    let taken = json!({ "dossier": dossier, "request": check, "purposes": purposes });
    crate::dossier::evaluate::evaluate(&*house.aws, serde_json::from_value(taken).unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn who_wants_a_dossier_hears_that_it_is_checked_and_that_its_check_is_over() {
    let house = House::new().await;
    let dossier = house.dossier().await;
    let check = begun(
        &house,
        "vd-1",
        Kind::VerifyDossier,
        json!({ "dossier": dossier }),
    )
    .await;
    for (order, many) in [("no-1", 1), ("no-2", 2)] {
        let details = json!({ "dossier": dossier });
        let order = begun(&house, order, Kind::NumberOrder, details).await;
        waits(&house, &order, "request.change@dossier").await;
        if many == 1 {
            taken_up(&house, &dossier, "vd-1").await;
        } else {
            let record = Requests::get(&*house.aws, &check).await.unwrap().unwrap();
            let_go(&*house.aws, &record.view).await.unwrap();
        }
        let told = house.asked().completed.clone();
        assert_eq!(told.len(), many, "{told:?}");
        assert_eq!(told[many - 1]["data"]["dossier"], json!(dossier));
    }
}

#[tokio::test]
async fn an_approved_dossier_wakes_the_order_that_waits_for_it_and_no_other() {
    let house = House::new().await;
    let dossier = house.dossier().await;
    let other = begun(
        &house,
        "no-2",
        Kind::NumberOrder,
        json!({ "dossier": "d-another" }),
    )
    .await;
    waits(&house, &other, "request.change@dossier").await;
    taken_up(&house, &dossier, "vd-1").await;
    let order = begun(
        &house,
        "no-1",
        Kind::NumberOrder,
        json!({ "dossier": dossier }),
    )
    .await;
    waits(&house, &order, "request.change@dossier").await;
    let decided =
        json!({ "dossier": dossier, "request": "vd-1", "decision": "approve", "country": "CH" });
    for _ in 0..2 {
        let input = serde_json::from_value(decided.clone()).unwrap();
        decide::decide(&*house.aws, input).await.unwrap();
    }
    let told = house.asked().completed.clone();
    assert!(!told.is_empty());
    for signal in told {
        assert_eq!(
            (
                &signal["name"],
                &signal["topic"],
                &signal["data"]["dossier"]
            ),
            (&json!("request.change"), &json!("dossier"), &json!(dossier))
        );
        assert_eq!(signal["seq"], 1);
    }
}
