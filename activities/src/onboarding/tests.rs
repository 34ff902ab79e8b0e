//! Requests that wait for each other, over a real store.
use crate::dossier::decide;
use crate::house::House;
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
    let order = begun(
        &house,
        "no-1",
        Kind::NumberOrder,
        json!({ "dossier": dossier }),
    )
    .await;
    waits(&house, &order, "request.change@dossier").await;
    let purposes =
        json!([{ "country": "CH", "numberType": "local", "action": "order", "numbers": 1 }]);
    let taken = json!({ "dossier": dossier, "request": "vd-1", "purposes": purposes });
    crate::dossier::evaluate::evaluate(&*house.aws, serde_json::from_value(taken).unwrap())
        .await
        .unwrap();
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
