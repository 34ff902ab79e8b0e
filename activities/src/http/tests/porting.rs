//! Ports and port-outs through the API.
use super::requesting::staff;
use crate::house::{Answer, House};
use crate::people::Caller;
use crate::ports::requests::Requests;
use crate::request::{RequestRecord, turn};
use crate::seed::sample;
use axum::http::{Method, StatusCode};
use contract::request::Kind;
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

/// Has the workflow wait for this form.
pub(super) async fn waits(house: &House, id: &str, round: u32, form: &str, accepts: &[&str]) {
    let turn = json!({
        "token": format!("token-{round}"), "request": id, "state": "Waits", "round": round, "attempt": 0, "received": 0,
        "status": "waits", "owner": "customer", "nextAction": "Go on",
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

#[tokio::test]
async fn a_draft_begins_once_and_its_pin_is_seen_nowhere() {
    let house = House::new().await;
    let lucia = house.lucia();
    let body = || Some(json!({ "numbers": ["+41445552000"], "pin": "4711" }));
    let ask = |body| house.ask_with_key(&lucia, Method::POST, DRAFT, body, "key-00000001");
    let first = ask(body()).await;
    let again = ask(body()).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text);
    assert_eq!(first.body["id"], again.body["id"]);
    let other = ask(Some(json!({ "numbers": ["+41445552001"] }))).await;
    refused(
        &other,
        StatusCode::CONFLICT,
        "Request.KeyReused",
        json!("Idempotency-Key"),
    );
    let id = first.body["id"].as_str().unwrap();
    assert_eq!(first.headers["location"], format!("/v1/ports/{id}"));
    let seen = house
        .ask(&lucia, Method::GET, &format!("/v1/ports/{id}"), None)
        .await;
    let listed = house
        .ask(&lucia, Method::GET, "/v1/ports?live=true", None)
        .await;
    assert_eq!(listed.body["requests"][0]["id"], id);
    let started = house.asked().started.clone();
    assert_eq!(started.len(), 1);
    for text in [
        &first.text,
        &seen.text,
        &listed.text,
        &started[0].1.to_string(),
    ] {
        assert!(!text.contains("4711"), "{text}");
    }
    assert_eq!(record(&house, id).await.hidden["pin"], "4711");
}

#[tokio::test]
async fn what_is_wrong_in_a_draft_is_named() {
    let house = House::new().await;
    let lucia = house.lucia();
    for (body, field) in [
        (json!({ "numbers": [] }), "numbers"),
        (
            json!({ "numbers": ["+41445552000", "+41445552000"] }),
            "numbers[1]",
        ),
        (json!({ "numbers": ["+999123456789"] }), "numbers[0]"),
        // One that rings somebody here.
        (
            json!({ "numbers": ["+41445552000", sample::PEOPLE[0].numbers[0]] }),
            "numbers[1]",
        ),
        (json!({ "dossier": "d-nobodys" }), "dossier"),
        (json!({ "pin": "1".repeat(41) }), "pin"),
        (json!({ "requestedFoc": "tomorrow" }), "requestedFoc"),
        (
            json!({ "requestedFoc": "2026-01-05T10:00:00+01:00" }),
            "requestedFoc",
        ),
        (json!({ "carrier": "smoke-signals" }), "carrier"),
        (json!({ "language": "x" }), "language"),
    ] {
        let answer = post(&house, &lucia, DRAFT, body).await;
        refused(&answer, BAD.0, BAD.1, json!(field));
    }
    assert!(house.asked().started.is_empty(), "nothing began");
}

#[tokio::test]
async fn a_date_that_is_nearer_than_the_lead_time_is_refused_with_the_first_that_is_not() {
    let house = House::new().await;
    let lucia = house.lucia();
    let in_days = |days: i64| {
        let then = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
        json!({ "numbers": ["+41445552000"], "requestedFoc": then.to_string() })
    };
    let near = post(&house, &lucia, DRAFT, in_days(3)).await;
    refused(&near, BAD.0, BAD.1, json!("requestedFoc"));
    let says = near.body["message"].as_str().unwrap();
    assert!(
        says.starts_with("the numbers cannot come before 20"),
        "{says}"
    );
    let far = post(&house, &lucia, DRAFT, in_days(60)).await;
    assert_eq!(far.status, StatusCode::ACCEPTED, "{}", far.text);
    let id = far.body["id"].as_str().unwrap();
    let path = format!("/v1/ports/{id}");
    let edited = house
        .ask(
            &lucia,
            Method::PATCH,
            &path,
            Some(json!({ "requestedFoc": in_days(3)["requestedFoc"] })),
        )
        .await;
    refused(&edited, BAD.0, BAD.1, json!("requestedFoc"));
    // A draft that lay about until its date came near.
    let dossier = json!({ "id": "d-1", "version": 1, "tenant": lucia.tenant, "kind": "business", "endUser": {} });
    let form = json!({ "dossier": dossier, "requestedFoc": in_days(3)["requestedFoc"] });
    set(&house, id, json!({ "form": form })).await;
    waits(&house, id, 1, "port-order", &["task.done@port-order"]).await;
    let submitted = post(&house, &lucia, &format!("{path}/submit"), json!({})).await;
    refused(&submitted, BAD.0, BAD.1, json!("requestedFoc"));
}

#[tokio::test]
async fn numbers_are_taken_out_of_a_port_that_is_corrected_and_never_added() {
    let house = House::new().await;
    let lucia = house.lucia();
    let id = draft(&house).await;
    let path = format!("/v1/ports/{id}");
    set(
        &house,
        &id,
        json!({ "order": "correction", "externalId": "x-1" }),
    )
    .await;
    let edit = async |numbers: Value| {
        let body = json!({ "numbers": numbers });
        house.ask(&lucia, Method::PATCH, &path, Some(body)).await
    };
    let not_now = |answer: &Answer| {
        refused(
            answer,
            StatusCode::CONFLICT,
            "Request.NotNow",
            json!("numbers"),
        );
    };
    not_now(&edit(json!(["+41445552000"])).await);
    waits(&house, &id, 1, "port-order", &["task.done@port-order"]).await;
    not_now(&edit(json!(["+41445552000", "+41445552007"])).await);
    let same = edit(json!(["+41445552001", "+41445552000"])).await;
    assert_eq!(same.status, StatusCode::OK, "{}", same.text);
    assert!(
        !record(&house, &id).await.hidden["replaces"]
            .as_bool()
            .unwrap()
    );
    let less = edit(json!(["+41445552001"])).await;
    assert_eq!(less.status, StatusCode::OK, "{}", less.text);
    assert_eq!(less.body["title"], "+41445552001");
    let now = record(&house, &id).await;
    assert_eq!(now.view.numbers.len(), 1);
    assert_eq!(now.hidden["replaces"], true);
    let said = now.view.timeline.last().unwrap();
    assert_eq!(said.text, "Taken out of this port: +41445552000");
    not_now(&edit(json!(["+41445552000", "+41445552001"])).await);
}

#[tokio::test]
async fn ports_are_for_the_administrators_of_their_tenant() {
    let house = House::new().await;
    let id = draft(&house).await;
    let path = format!("/v1/ports/{id}");
    let eve = house.add_foreign_tenant().await;
    let stranger = house.ask(&eve, Method::GET, &path, None).await;
    refused(
        &stranger,
        StatusCode::NOT_FOUND,
        "Request.NotFound",
        Value::Null,
    );
    let anna = post(&house, &house.anna(), DRAFT, json!({})).await;
    refused(&anna, StatusCode::FORBIDDEN, "Role.NotAllowed", Value::Null);
    let own = house.dossier().await;
    let admin = Caller {
        role: contract::Role::Administrator,
        ..eve
    };
    let foreign = post(&house, &admin, DRAFT, json!({ "dossier": own })).await;
    refused(&foreign, BAD.0, BAD.1, json!("dossier"));
    house.asks_for_review("vd-1").await;
    let other_kind = house
        .ask(&house.lucia(), Method::GET, "/v1/ports/vd-1", None)
        .await;
    refused(
        &other_kind,
        StatusCode::NOT_FOUND,
        "Request.NotFound",
        Value::Null,
    );
}

#[tokio::test]
async fn a_port_is_written_on_while_it_may_be_and_only_what_is_given_changes() {
    let house = House::new().await;
    let (id, lucia) = (draft(&house).await, house.lucia());
    let path = format!("/v1/ports/{id}");
    let patch = |body| house.ask(&lucia, Method::PATCH, &path, Some(body));
    let language = patch(json!({ "language": "de" })).await;
    assert_eq!(language.status, StatusCode::OK, "{}", language.text);
    let dossier = house.dossier().await;
    let both =
        patch(json!({ "dossier": dossier, "portType": "partial", "remaining": "keep" })).await;
    let form = &both.body["details"]["form"];
    assert_eq!(
        (&form["language"], &form["dossier"]["id"], &form["portType"]),
        (&json!("de"), &json!(dossier), &json!("partial")),
        "{}",
        both.text
    );
    assert_eq!(record(&house, &id).await.hidden["pin"], "4711");
    set(&house, &id, json!({ "order": "collecting" })).await;
    let late = patch(json!({ "numbers": ["+41445552009"] })).await;
    refused(
        &late,
        StatusCode::CONFLICT,
        "Request.NotNow",
        json!("numbers"),
    );
    set(&house, &id, json!({ "order": "submitted" })).await;
    let closed = patch(json!({ "language": "fr" })).await;
    refused(&closed, StatusCode::CONFLICT, "Request.NotNow", Value::Null);
}

#[tokio::test]
async fn a_port_is_submitted_when_it_is_whole_and_its_workflow_waits() {
    let house = House::new().await;
    let lucia = house.lucia();
    let empty = post(&house, &lucia, DRAFT, json!({})).await;
    let at = |id: &str| format!("/v1/ports/{id}/submit");
    let id = empty.body["id"].as_str().unwrap();
    refused(
        &post(&house, &lucia, &at(id), Value::Null).await,
        BAD.0,
        BAD.1,
        json!("numbers"),
    );
    let id = draft(&house).await;
    refused(
        &post(&house, &lucia, &at(&id), Value::Null).await,
        BAD.0,
        BAD.1,
        json!("dossier"),
    );
    let dossier = json!({ "dossier": house.dossier().await });
    house
        .ask(
            &lucia,
            Method::PATCH,
            &format!("/v1/ports/{id}"),
            Some(dossier),
        )
        .await;
    let early = post(&house, &lucia, &at(&id), Value::Null).await;
    refused(&early, StatusCode::CONFLICT, "Request.NotNow", Value::Null);
    waits(&house, &id, 1, "port-order", &["task.done@port-order"]).await;
    let done = post(&house, &lucia, &at(&id), Value::Null).await;
    assert_eq!(done.status, StatusCode::ACCEPTED, "{}", done.text);
    let signal = house.asked().completed.last().cloned().unwrap();
    assert_eq!(
        (&signal["name"], &signal["topic"]),
        (&json!("task.done"), &json!("port-order"))
    );
}

#[tokio::test]
async fn what_a_state_does_not_allow_is_refused_and_comments_reach_whom_they_can() {
    let house = House::new().await;
    let (id, lucia) = (draft(&house).await, house.lucia());
    let at = |what: &str| format!("/v1/ports/{id}/{what}");
    let past = post(
        &house,
        &lucia,
        &at("change-date"),
        json!({ "foc": "2020-01-01T10:00:00Z" }),
    )
    .await;
    refused(&past, BAD.0, BAD.1, json!("foc"));
    let date = json!({ "foc": "2999-01-01T10:00:00Z" });
    let early = post(&house, &lucia, &at("change-date"), date.clone()).await;
    refused(&early, StatusCode::CONFLICT, "Request.NotNow", Value::Null);
    waits(
        &house,
        &id,
        1,
        "port-test",
        &["request.change@date", "request.cancel"],
    )
    .await;
    let told = post(&house, &lucia, &at("change-date"), date).await;
    assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.text);
    assert_eq!(
        house.asked().completed.last().unwrap()["data"]["foc"],
        "2999-01-01T10:00:00.000Z"
    );
    let numbers = json!({ "numbers": ["+41445552000"] });
    let back = post(&house, &lucia, &at("snapback"), numbers).await;
    refused(&back, StatusCode::FORBIDDEN, "Role.NotAllowed", Value::Null);
    let strange = post(
        &house,
        &staff(&house),
        &at("snapback"),
        json!({ "numbers": ["+41445559999"] }),
    )
    .await;
    refused(&strange, BAD.0, BAD.1, json!("numbers[0]"));
    let far = post(
        &house,
        &lucia,
        &at("comments"),
        json!({ "text": "Hello", "toCarrier": true }),
    )
    .await;
    refused(
        &far,
        StatusCode::CONFLICT,
        "Port.NotAtCarrier",
        json!("toCarrier"),
    );
    let near = post(
        &house,
        &lucia,
        &at("comments"),
        json!({ "text": " Hello " }),
    )
    .await;
    let said = near.body["timeline"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (&said["text"], &said["by"]),
        (&json!("Hello"), &json!("customer"))
    );
}

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

#[tokio::test]
async fn the_pin_of_a_port_is_read_by_who_hands_it_in_and_the_timeline_says_so() {
    let house = House::new().await;
    let id = draft(&house).await;
    let path = format!("{DRAFT}/{id}/pin");
    let read = |who: Caller| {
        let (house, path) = (&house, path.as_str());
        async move { house.ask(&who, Method::GET, path, None).await }
    };
    refused(
        &read(house.lucia()).await,
        StatusCode::FORBIDDEN,
        "Role.NotAllowed",
        Value::Null,
    );
    refused(
        &read(staff(&house)).await,
        StatusCode::CONFLICT,
        "Request.NotNow",
        Value::Null,
    );
    set(
        &house,
        &id,
        json!({ "byHand": true, "toHandIn": "submission" }),
    )
    .await;
    let told = read(staff(&house)).await;
    assert_eq!(told.body, json!({ "pin": "4711" }), "{}", told.text);
    assert_eq!(told.headers["cache-control"], "no-store");
    let known = record(&house, &id).await.view.timeline;
    let last = known.last().unwrap();
    assert_eq!(last.person, Some(staff(&house).person));
    assert!(
        last.text.contains("PIN") && !last.text.contains("4711"),
        "{}",
        last.text
    );
    assert!(!last.is_comment);
}
