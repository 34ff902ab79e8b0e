//! Port-outs: who answers them, and the PIN that they are held against.
use super::{BAD, post, refused, set, waits, waits_for};
use crate::house::{Answer, House};
use crate::http::tests::requesting::staff;
use crate::people::Caller;
use axum::http::{Method, StatusCode};
use contract::request::Kind;
use serde_json::{Value, json};

#[tokio::test]
async fn a_port_out_is_answered_by_the_administrator_once() {
    let house = House::new().await;
    let begun = crate::request::Begun {
        id: "po-telnyx-1".into(),
        kind: Kind::PortOut,
        tenant: house.lucia().tenant,
        person: None,
        title: "1 numbers to Other".to_owned(),
        details: json!({}),
        numbers: Vec::new(),
        hidden: Value::Null,
    };
    crate::request::begin::begin(&*house.aws, begun)
        .await
        .unwrap();
    let lucia = house.lucia();
    let reject = json!({ "reason": "wrong_pin", "note": "x".repeat(501) });
    let long = post(&house, &lucia, "/v1/port-outs/po-telnyx-1/reject", reject).await;
    refused(&long, BAD.0, BAD.1, json!("note"));
    let early = post(
        &house,
        &lucia,
        "/v1/port-outs/po-telnyx-1/authorise",
        Value::Null,
    )
    .await;
    refused(&early, StatusCode::CONFLICT, "Request.NotNow", Value::Null);
    waits(
        &house,
        "po-telnyx-1",
        1,
        "port-out-answer",
        &["task.done@port-out-answer"],
    )
    .await;
    let anna = post(
        &house,
        &house.anna(),
        "/v1/port-outs/po-telnyx-1/authorise",
        Value::Null,
    )
    .await;
    refused(
        &anna,
        StatusCode::NOT_FOUND,
        "Request.NotFound",
        Value::Null,
    );
    set(
        &house,
        "po-telnyx-1",
        json!({ "faults": ["wrong_pin", "not_their_number"] }),
    )
    .await;
    let others = post(
        &house,
        &lucia,
        "/v1/port-outs/po-telnyx-1/authorise",
        Value::Null,
    )
    .await;
    refused(
        &others,
        StatusCode::CONFLICT,
        "PortOut.NotTheirs",
        Value::Null,
    );
    set(&house, "po-telnyx-1", json!({ "faults": ["wrong_pin"] })).await;
    let other = json!({ "reason": "wrong_name", "note": "We do not want that" });
    let other = post(&house, &lucia, "/v1/port-outs/po-telnyx-1/reject", other).await;
    refused(
        &other,
        StatusCode::CONFLICT,
        "PortOut.NotFound",
        Value::Null,
    );
    let form = house
        .ask(&lucia, Method::GET, "/v1/tasks/po-telnyx-1.1", None)
        .await;
    assert_eq!(
        form.body["schema"]["properties"]["reason"]["enum"],
        json!(["wrong_pin"]),
        "{}",
        form.text
    );
    let reject = json!({ "reason": "wrong_pin" });
    let done = post(&house, &lucia, "/v1/port-outs/po-telnyx-1/reject", reject).await;
    assert_eq!(done.status, StatusCode::ACCEPTED, "{}", done.text);
    let signal = house.asked().completed.last().cloned().unwrap();
    assert_eq!(
        (&signal["data"]["decision"], &signal["data"]["reason"]),
        (&json!("reject"), &json!("wrong_pin"))
    );
    let late = post(
        &house,
        &lucia,
        "/v1/port-outs/po-telnyx-1/authorise",
        Value::Null,
    )
    .await;
    refused(&late, StatusCode::CONFLICT, "Task.Done", Value::Null);
}

#[tokio::test]
async fn the_phone_companys_people_refuse_a_port_out_for_what_was_not_found_if_they_say_why() {
    let house = House::new().await;
    house.begins("po-1", Kind::PortOut).await;
    let form = "port-out-answer";
    waits(&house, "po-1", 1, form, &["task.done@port-out-answer"]).await;
    let ruth = staff(&house);
    let path = "/v1/tasks/po-1.1";
    let offered = house.ask(&house.lucia(), Method::GET, path, None).await;
    let decisions = |answer: &Answer| {
        let schema = &answer.body["schema"];
        schema["properties"]["decision"]["enum"].clone()
    };
    assert_eq!(decisions(&offered), json!(["authorise"]));
    let offered = house.ask(&ruth, Method::GET, path, None).await;
    assert_eq!(decisions(&offered), json!(["authorise", "reject"]));
    let answer = json!({ "decision": "reject", "reason": "wrong_name" });
    let own = json!({ "answer": answer });
    let own = post(&house, &house.lucia(), path, own).await;
    refused(&own, StatusCode::CONFLICT, "PortOut.NotFound", Value::Null);
    let sneaks =
        json!({ "answer": { "decision": "reject", "reason": "wrong_name", "overrides": true } });
    let sneaks = post(&house, &house.lucia(), path, sneaks).await;
    assert_eq!(sneaks.status, BAD.0, "{}", sneaks.text);
    let reject = "/v1/port-outs/po-1/reject";
    let wordless = post(&house, &ruth, reject, json!({ "reason": "wrong_name" })).await;
    refused(
        &wordless,
        StatusCode::CONFLICT,
        "PortOut.NoteWanted",
        Value::Null,
    );
    let why = json!({ "reason": "wrong_name", "note": "Reported as a fraud" });
    let done = post(&house, &ruth, reject, why.clone()).await;
    assert_eq!(done.status, StatusCode::ACCEPTED, "{}", done.text);
    let signal = house.asked().completed.last().cloned().unwrap();
    assert_eq!(
        signal["data"],
        json!({
            "decision": "reject", "reason": "wrong_name", "note": "Reported as a fraud", "overrides": true,
        })
    );
    let again = post(&house, &ruth, reject, why).await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.text);
}

#[tokio::test]
async fn what_an_operator_is_to_answer_its_customer_answers_by_no_door() {
    let house = House::new().await;
    house.begins("po-1", Kind::PortOut).await;
    let (form, accepts) = ("port-out-answer", "task.done@port-out-answer");
    waits_for(&house, "operator", "po-1", 1, form, &[accepts]).await;
    set(&house, "po-1", json!({ "faults": ["wrong_pin"] })).await;
    let authorise = "/v1/port-outs/po-1/authorise";
    for (path, body) in [
        (authorise, Value::Null),
        (
            "/v1/port-outs/po-1/reject",
            json!({ "reason": "wrong_pin" }),
        ),
        (
            "/v1/tasks/po-1.1",
            json!({ "answer": { "decision": "authorise" } }),
        ),
    ] {
        let answer = post(&house, &house.lucia(), path, body).await;
        refused(
            &answer,
            StatusCode::FORBIDDEN,
            "Role.NotAllowed",
            Value::Null,
        );
    }
    let done = post(&house, &staff(&house), authorise, Value::Null).await;
    assert_eq!(done.status, StatusCode::ACCEPTED, "{}", done.text);
}

#[tokio::test]
async fn the_pin_of_port_outs_is_set_by_administrators() {
    let house = House::new().await;
    let lucia = house.lucia();
    let put = |who: Caller, pin: Value| {
        let house = &house;
        async move {
            let body = Some(json!({ "pin": pin }));
            house
                .ask(&who, Method::PUT, "/v1/port-outs/pin", body)
                .await
        }
    };
    refused(
        &put(lucia.clone(), json!("12a4")).await,
        BAD.0,
        BAD.1,
        json!("pin"),
    );
    let anna = put(house.anna(), json!("4711")).await;
    refused(&anna, StatusCode::FORBIDDEN, "Role.NotAllowed", Value::Null);
    assert_eq!(
        put(lucia.clone(), json!("4711")).await.status,
        StatusCode::NO_CONTENT
    );
    let pin = || crate::ports::porting::Pins::port_out_pin(&*house.aws, &lucia.tenant);
    assert_eq!(pin().await.unwrap().as_deref(), Some("4711"));
    let read = |who| house.ask(who, Method::GET, "/v1/port-outs/pin", None);
    assert_eq!(read(&lucia).await.body, json!({ "pin": "4711" }));
    let anna = read(&house.anna()).await;
    refused(&anna, StatusCode::FORBIDDEN, "Role.NotAllowed", Value::Null);
    assert_eq!(
        put(lucia.clone(), Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(pin().await.unwrap(), None);
}
