//! Which field is wrong: a refusal names its place in the body that was sent.
use super::porting::{BAD, post, refused};
use super::requesting::staff;
use super::routing;
use crate::house::House;
use axum::http::{Method, StatusCode};
use contract::request::Kind;
use serde_json::{Value, json};

const DOSSIERS: &str = "/v1/dossiers";

/// A dossier's form with one field that does not fit, and the place of that field in the form.
fn bad_forms() -> [(Value, &'static str); 6] {
    let form = |more: Value| {
        let mut form = json!({ "kind": "business", "endUser": { "businessName": "Isthmus" } });
        for (name, value) in more.as_object().unwrap() {
            form[name] = value.clone();
        }
        form
    };
    let register = json!({ "scheme": "ch-uid", "country": "CH", "number": " " });
    [
        (
            form(json!({ "endUser": { "businessName": "  " } })),
            "endUser.businessName",
        ),
        (
            form(json!({ "endUser": { "registerIds": [register] } })),
            "endUser.registerIds[0].number",
        ),
        (
            form(json!({ "contacts": [{ "name": "Ana", "email": "ana" }] })),
            "contacts[0].email",
        ),
        (
            form(json!({ "declares": ["ch-local-residence", ""] })),
            "declares[1]",
        ),
        (form(json!({ "declares": vec!["one"; 51] })), "declares"),
        // What serde refuses is named in the same way.
        (
            form(json!({ "addresses": [{ "uses": ["service"], "street": 1 }] })),
            "addresses[0].street",
        ),
    ]
}

#[tokio::test]
async fn of_a_dossiers_form_the_place_in_the_body_is_named() {
    let house = House::new().await;
    let lucia = house.lucia();
    let path = format!("{DOSSIERS}/{}", house.dossier().await);
    for (form, field) in bad_forms() {
        let begun = post(&house, &lucia, DOSSIERS, form.clone()).await;
        refused(&begun, BAD.0, BAD.1, json!(field));
        let body = json!({ "version": 1, "form": form });
        let replaced = house.ask(&lucia, Method::PUT, &path, Some(body)).await;
        refused(&replaced, BAD.0, BAD.1, json!(format!("form.{field}")));
    }
}

/// A customer to be, with its dossier as far as it is known.
fn customer(dossier: &Value) -> Value {
    json!({
        "kind": "tenant", "tenant": { "name": "Alpenblick AG", "slug": "alpenblick", "country": "CH" },
        "person": { "name": "Reto Caduff", "email": "reto.caduff@alpenblick.example" },
        "numbers": [{ "country": "CH", "numberType": "local", "count": 1 }],
        "dossier": dossier,
    })
}

#[tokio::test]
async fn of_an_onboardings_dossier_too() {
    let house = House::new().await;
    for (form, field) in bad_forms() {
        let answer = post(&house, &staff(&house), "/v1/onboardings", customer(&form)).await;
        refused(&answer, BAD.0, BAD.1, json!(format!("dossier.{field}")));
    }
}

#[tokio::test]
async fn a_form_that_is_mended_is_sent_again_with_the_same_key() {
    let house = House::new().await;
    let key = "the-same-key";
    let good = json!({ "kind": "business", "endUser": { "businessName": "Isthmus" } });
    let bad = json!({ "kind": "business", "endUser": { "businessName": " " } });
    for (who, path, status) in [
        (house.lucia(), DOSSIERS, StatusCode::CREATED),
        (staff(&house), "/v1/onboardings", StatusCode::ACCEPTED),
    ] {
        let body = |form: &Value| match path {
            DOSSIERS => form.clone(),
            _ => customer(form),
        };
        let ask = async |body| {
            house
                .ask_with_key(&who, Method::POST, path, Some(body), key)
                .await
        };
        let refused = ask(body(&bad)).await;
        assert_eq!(refused.status, BAD.0, "{}", refused.text);
        let taken = ask(body(&good)).await;
        assert_eq!(taken.status, status, "{}", taken.text);
    }
}

#[tokio::test]
async fn of_a_tasks_answer_the_field_that_is_wrong_missing_or_unknown_is_named() {
    let house = House::new().await;
    house.asks_for_review("vd-1").await;
    for (answer, field) in [
        (json!({}), "answer.decision"),
        (json!({ "decision": "maybe" }), "answer.decision"),
        (json!({ "decision": "reject" }), "answer.reasons"),
        (
            json!({ "decision": "reject", "reasons": [{ "about": "Invoice" }] }),
            "answer.reasons[0].reason",
        ),
        (
            json!({ "decision": "approve_provisionally" }),
            "answer.until",
        ),
        (
            json!({ "decision": "approve", "surprise": 1 }),
            "answer.surprise",
        ),
        (json!([]), "answer"),
    ] {
        let body = json!({ "answer": answer });
        let told = post(&house, &house.lucia(), "/v1/tasks/vd-1.1", body).await;
        refused(&told, BAD.0, BAD.1, json!(field));
    }
    // It fits its form, and is more than a workflow is told at once.
    let reason = json!({ "about": "Invoice", "reason": "x".repeat(500) });
    let body = json!({ "answer": { "decision": "reject", "reasons": vec![reason; 9] } });
    let told = post(&house, &house.lucia(), "/v1/tasks/vd-1.1", body).await;
    let large = StatusCode::PAYLOAD_TOO_LARGE;
    refused(&told, large, "Request.TooLarge", json!("answer"));
    assert!(told.text.contains("4 KiB"), "{}", told.text);
}

#[tokio::test]
async fn of_what_a_dossier_is_held_against_the_purpose_that_does_not_fit_is_named() {
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    let purpose = |country: &str, numbers: u32| json!({ "country": country, "numberType": "local", "action": "order", "numbers": numbers });
    let good = purpose("CH", 10_000);
    for end in ["evaluation", "submit"] {
        let path = format!("{DOSSIERS}/{id}/{end}");
        for (purposes, field) in [
            (json!([]), "purposes"),
            (json!(vec![good.clone(); 21]), "purposes"),
            (json!([good, purpose("CH", 0)]), "purposes[1].numbers"),
            (json!([purpose("CH", 10_001)]), "purposes[0].numbers"),
            (json!([purpose("CH", u32::MAX)]), "purposes[0].numbers"),
            (json!([good, purpose("ch", 1)]), "purposes[1].country"),
            // Nobody has written down what it requires.
            (json!([good, purpose("ZZ", 1)]), "purposes"),
        ] {
            let answer = post(&house, &lucia, &path, json!({ "purposes": purposes })).await;
            refused(&answer, BAD.0, BAD.1, json!(field));
            // Which field it is stands in `field`.
            let message = answer.body["message"].as_str().unwrap();
            assert!(!message.starts_with("purposes"), "{message}");
        }
    }
    assert!(house.asked().started.is_empty(), "no check began");
    let path = format!("{DOSSIERS}/{id}/evaluation");
    let held = post(&house, &lucia, &path, json!({ "purposes": [good] })).await;
    assert_eq!(held.status, StatusCode::OK, "{}", held.text);
}

#[tokio::test]
async fn a_line_of_text_says_something_and_has_no_control_characters_wherever_it_is_sent() {
    let house = House::new().await;
    house.begins("no-1", Kind::NumberOrder).await;
    let (lucia, ruth) = (house.lucia(), staff(&house));
    let key = |name: &str| json!({ "name": name, "role": "person" });
    let person = |name: &str| {
        let person = json!({ "name": name, "email": "mia@isthmus.example" });
        json!({ "kind": "user", "person": person })
    };
    let gaining = |name: &str| json!({ "numbers": ["+41445550100"], "gaining": name, "externalId": "case-1" });
    let group = |name: &str| {
        let mut group = routing::group();
        group["name"] = json!(name);
        group
    };
    let dossier = |name: &str| json!({ "kind": "business", "endUser": { "businessName": name } });
    for bad in ["   ", "a\nb", "a\u{7}b", "x".repeat(201).as_str()] {
        for (who, path, body, field) in [
            (&lucia, "/v1/api-keys", key(bad), "name"),
            (&lucia, "/v1/onboardings", person(bad), "person.name"),
            (&ruth, "/v1/port-outs", gaining(bad), "gaining"),
            (&lucia, "/v1/groups", group(bad), "name"),
            (&lucia, DOSSIERS, dossier(bad), "endUser.businessName"),
        ] {
            let answer = post(&house, who, path, body).await;
            refused(&answer, BAD.0, BAD.1, json!(field));
            let message = answer.body["message"].as_str().unwrap();
            let allowed = " characters, not only spaces, no control characters";
            assert!(message.contains(allowed), "{path}: {message}");
        }
    }
    // What is said may have several lines.
    let path = "/v1/requests/no-1/comments";
    let said = post(&house, &lucia, path, json!({ "text": "One\nTwo" })).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.text);
    let nothing = post(&house, &lucia, path, json!({ "text": " \n " })).await;
    refused(&nothing, BAD.0, BAD.1, json!("text"));
    assert!(nothing.text.contains("not only spaces"), "{}", nothing.text);
}

#[tokio::test]
async fn an_onboardings_emergency_address_fits_as_a_numbers_does() {
    let house = House::new().await;
    let with = |field: &str, value: Value| {
        let mut address = json!({
            "uses": ["emergency"], "street": "Bahnhofstrasse 1", "city": "Zürich", "region": "ZH", "postalCode": "8001",
            "country": "CH",
        });
        address[field] = value;
        json!({
            "kind": "user", "person": { "name": "Mia", "email": "mia@isthmus.example" }, "emergencyAddress": address,
        })
    };
    for (field, value) in [
        ("street", json!(" ")),
        ("extended", json!("x".repeat(201))),
        ("city", json!("x".repeat(101))),
        ("region", json!("x".repeat(61))),
        ("postalCode", json!("8".repeat(21))),
        ("postalCode", json!(" ")),
        ("country", json!("che")),
    ] {
        let answer = post(
            &house,
            &house.lucia(),
            "/v1/onboardings",
            with(field, value),
        )
        .await;
        let field = json!(format!("emergencyAddress.{field}"));
        refused(&answer, BAD.0, BAD.1, field);
    }
}

#[tokio::test]
async fn a_refusal_says_what_is_allowed_and_not_only_which() {
    let house = House::new().await;
    let user = |more: Value| {
        let mut body =
            json!({ "kind": "user", "person": { "name": "Mia", "email": "mia@isthmus.example" } });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let webhook = json!({ "url": "https://example.test/hooks" });
    for (more, field, words) in [
        (json!({ "number": "+41445550100" }), "number", "is not free"),
        (
            json!({ "withDossier": "d-that-never-was" }),
            "withDossier",
            "not a dossier of this tenant",
        ),
        (
            json!({ "webhook": webhook }),
            "webhook",
            "only with the `kind` `tenant`",
        ),
    ] {
        let answer = post(&house, &house.lucia(), "/v1/onboardings", user(more)).await;
        assert_eq!(answer.body["field"], field, "{}", answer.text);
        assert!(answer.text.contains(words), "{}", answer.text);
    }
}
