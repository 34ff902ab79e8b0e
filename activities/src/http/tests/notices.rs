//! Notices of carriers that have the carrier's own id alone.
use super::porting::draft;
use crate::carriers::config::{CarrierConfig, Place};
use crate::house::House;
use crate::ports::requests::Requests;
use crate::request::RequestRecord;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Method, Request, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::request::Party;
use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

/// A carrier whose order `x-1` is of this request; its people have said two things, we one.
async fn carrier(request: String) -> String {
    let order = move |Path(id): Path<String>| {
        let request = request.clone();
        async move {
            let order = json!({
                "id": id, "status": { "value": "exception" }, "customer_reference": request,
            });
            if id == "x-1" {
                (StatusCode::OK, Json(json!({ "data": order })))
            } else {
                (StatusCode::NOT_FOUND, Json(json!({ "errors": [] })))
            }
        }
    };
    let said = || async {
        let said = |id: &str, who: &str| json!({ "id": id, "body": format!("says {who}"), "user_type": who });
        let rows = [("c-1", "admin"), ("c-2", "user"), ("c-3", "system")];
        let rows = rows.map(|(id, who)| said(id, who));
        Json(json!({ "data": rows, "meta": { "total_pages": 1 } }))
    };
    let router: Router = Router::new()
        .route("/v2/porting_orders/{id}", get(order))
        .route("/v2/porting_orders/{id}/comments", get(said));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn with(house: &House, endpoint: String) -> House {
    house.with_carriers(vec![CarrierConfig {
        id: "telnyx".into(),
        place: Place::Telnyx {
            endpoint,
            api_key: "key".into(),
            connection_id: None,
            public_key: Some(STANDARD.encode(key().verifying_key().as_bytes())),
        },
    }])
}

/// The carrier tells of a comment on an order, as
/// <https://developers.telnyx.com/docs/numbers/porting/port-in-notifications> has it: without our reference.
async fn tells(house: &House, event: &str, order: &str) -> StatusCode {
    let body = json!({ "data": { "id": event, "event_type": "porting_order.new_comment", "payload": {
        "comment": { "id": "c-1", "body": "says admin", "user_type": "admin" },
        "porting_order_id": order, "support_key": "sr_1",
    } } });
    let (body, at) = (body.to_string(), Timestamp::now().as_second());
    let signature = key().sign(format!("{at}|{body}").as_bytes()).to_bytes();
    let request = Request::builder()
        .method(Method::POST)
        .uri("/v1/carriers/telnyx/notices")
        .header("telnyx-timestamp", at.to_string())
        .header("telnyx-signature-ed25519", STANDARD.encode(signature))
        .body(Body::from(body));
    house.send(request.unwrap()).await.status
}

async fn record(house: &House, id: &str) -> RequestRecord {
    let found = Requests::get(&*house.aws, &id.into()).await.unwrap();
    found.unwrap()
}

#[tokio::test]
async fn what_a_carriers_people_say_is_in_the_timeline_as_soon_as_the_carrier_tells_of_it() {
    let plain = House::new().await;
    let id = draft(&plain).await;
    let house = with(&plain, carrier(id.clone()).await);
    let set = |record: &mut RequestRecord| {
        record.view.details["externalId"] = Value::from("x-1");
        record.view.details["carrier"] = Value::from("telnyx");
    };
    Requests::update(&*house.aws, &id.as_str().into(), set)
        .await
        .unwrap();
    for event in ["e-1", "e-1", "e-2"] {
        assert_eq!(tells(&house, event, "x-1").await, StatusCode::OK);
    }
    let told = record(&house, &id).await;
    let comments = told.view.timeline.iter().filter(|line| line.is_comment);
    let comments: Vec<_> = comments.map(|line| (line.by, line.text.as_str())).collect();
    assert_eq!(
        comments,
        [
            (Party::Carrier, "says admin"),
            (Party::Carrier, "says system")
        ]
    );
    assert_eq!(
        told.inbox.pending().count(),
        0,
        "nobody is woken for words that change nothing"
    );
}

#[tokio::test]
async fn a_notice_of_nobodys_order_is_forgotten_and_one_that_cannot_be_looked_up_comes_again() {
    let plain = House::new().await;
    let id = draft(&plain).await;
    let house = with(&plain, carrier("pi-of-others".to_owned()).await);
    for order in ["x-1", "x-2", "../phone_numbers"] {
        assert_eq!(tells(&house, "e-1", order).await, StatusCode::OK, "{order}");
    }
    let silent = with(&plain, "http://127.0.0.1:1".to_owned());
    let again = tells(&silent, "e-2", "x-1").await;
    assert_eq!(again, StatusCode::SERVICE_UNAVAILABLE);
    let lines = record(&house, &id).await.view.timeline;
    assert!(lines.iter().all(|line| !line.is_comment));
}
