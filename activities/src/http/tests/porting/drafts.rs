//! What is written of a port before it is submitted, and while it is corrected.
use super::{BAD, DRAFT, draft, post, record, refused, set, waits};
use crate::house::{Answer, House};
use crate::seed::sample;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

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
        (json!({ "language": "!!" }), "language"),
        (json!({ "language": "es-" }), "language"),
        (json!({ "language": "41-CH" }), "language"),
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
