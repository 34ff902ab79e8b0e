//! Ports and port-outs through the API.
mod drafts;
mod outs;
mod running;

use crate::house::{Answer, House};
use crate::people::Caller;
use crate::ports::requests::Requests;
use crate::request::{RequestRecord, turn};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

pub(super) const DRAFT: &str = "/v1/ports";

pub(super) async fn post(house: &House, who: &Caller, path: &str, body: Value) -> Answer {
    house.ask(who, Method::POST, path, Some(body)).await
}

/// A draft with numbers and a PIN; gives its id.
pub(super) async fn draft(house: &House) -> String {
    let body = json!({ "numbers": ["+41445552000", "+41445552001"], "pin": "4711" });
    let answer = post(house, &house.lucia(), DRAFT, body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    answer.body["id"].as_str().unwrap().to_owned()
}

pub(super) async fn record(house: &House, id: &str) -> RequestRecord {
    Requests::get(&*house.aws, &id.into())
        .await
        .unwrap()
        .unwrap()
}

/// Puts these fields into a port's details, as the workflow does.
pub(super) async fn set(house: &House, id: &str, fields: Value) {
    Requests::update(&*house.aws, &id.into(), |record| {
        for (name, value) in fields.as_object().unwrap() {
            record.view.details[name] = value.clone();
        }
    })
    .await
    .unwrap();
}

/// Has the workflow wait for this form of the customer's.
pub(super) async fn waits(house: &House, id: &str, round: u32, form: &str, accepts: &[&str]) {
    waits_for(house, "customer", id, round, form, accepts).await;
}

/// Has the workflow wait for this party to do this form.
async fn waits_for(house: &House, owner: &str, id: &str, round: u32, form: &str, accepts: &[&str]) {
    let turn = json!({
        "token": format!("token-{round}"), "request": id, "state": "Waits", "round": round, "attempt": 0, "received": 0,
        "status": "waits", "owner": owner, "nextAction": "Go on",
        "task": { "form": form, "title": "Go on" }, "accepts": accepts,
    });
    let turn = serde_json::from_value(turn).unwrap();
    turn::turn(&*house.aws, turn).await.unwrap();
}

pub(super) fn refused(answer: &Answer, status: StatusCode, error: &str, field: Value) {
    assert_eq!(
        (answer.status, answer.error(), &answer.body["field"]),
        (status, error, &field),
        "{}",
        answer.text
    );
}

pub(super) const BAD: (StatusCode, &str) = (StatusCode::UNPROCESSABLE_ENTITY, "Request.BadField");
