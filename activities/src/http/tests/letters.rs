//! Letters of authorisation through the API: who signs them, which scans are taken, and who reads them.
use super::porting::{BAD, DRAFT, draft, post, record, refused, set, waits};
use super::requesting::staff;
use crate::house::House;
use crate::people::Caller;
use crate::ports::dossiers::Dossiers;
use axum::http::{Method, StatusCode};
use contract::dossier::Document;
use contract::{DossierId, Role};
use serde_json::{Value, json};

/// SHA-256 of the letter that [`to_be_signed`] shows.
fn shown() -> String {
    "a".repeat(64)
}

/// A signature by this name of the letter that was shown.
fn signature(name: &str) -> Value {
    let strokes = json!([[
        [100, 200],
        [150, 90],
        [200, 210],
        [260, 80],
        [320, 200],
        [400, 120],
        [480, 190],
        [600, 150]
    ]]);
    json!({ "strokes": strokes, "name": name, "document": shown() })
}

/// A dossier for which Lucía Méndez signs; gives its id.
async fn signers_dossier(house: &House) -> String {
    let form = json!({
        "kind": "business", "endUser": { "businessName": "Isthmus Trading" },
        "authorisedPerson": { "name": "Lucía Méndez", "email": "lucia.mendez@isthmus.example" },
    });
    let answer = post(house, &house.lucia(), "/v1/dossiers", form).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.body["dossier"]["id"].as_str().unwrap().to_owned()
}

/// A port whose letter waits to be signed, and its dossier; gives their ids.
async fn to_be_signed(house: &House) -> (String, String) {
    let (id, dossier) = (draft(house).await, signers_dossier(house).await);
    let path = format!("{DRAFT}/{id}");
    let body = Some(json!({ "dossier": dossier }));
    let written = house.ask(&house.lucia(), Method::PATCH, &path, body).await;
    assert_eq!(written.status, StatusCode::OK, "{}", written.text);
    set(house, &id, json!({ "letter": { "document": shown() } })).await;
    waits(house, &id, 1, "port-letter", &["task.done@port-letter"]).await;
    (id, dossier)
}

#[tokio::test]
async fn whoever_the_letter_names_signs_it_and_nobody_signs_for_the_customer() {
    let house = House::new().await;
    let (id, _) = to_be_signed(&house).await;
    let path = format!("{DRAFT}/{id}/sign");
    let other = post(&house, &house.lucia(), &path, signature("Mickey Mouse")).await;
    refused(&other, BAD.0, BAD.1, json!("name"));
    assert!(other.text.contains("Lucía Méndez"), "{}", other.text);
    let theirs = post(&house, &staff(&house), &path, signature("Lucía Méndez")).await;
    refused(
        &theirs,
        StatusCode::FORBIDDEN,
        "Role.NotAllowed",
        Value::Null,
    );
    assert_eq!(record(&house, &id).await.hidden["signature"], Value::Null);
    let own = post(&house, &house.lucia(), &path, signature(" lucia  mendez")).await;
    assert_eq!(own.status, StatusCode::ACCEPTED, "{}", own.text);
    let record = record(&house, &id).await;
    let signed = &record.view.details["letter"]["signed"];
    assert_eq!(
        (&signed["name"], &signed["person"]),
        (&json!("lucia  mendez"), &json!(house.lucia().person)),
        "{signed}"
    );
}

/// Puts a document into a dossier, as if it had been uploaded and checked.
async fn put_document(house: &House, dossier: &str, id: &str, changes: Value) {
    let mut document = json!({
        "id": id, "kind": "letter_of_authorisation", "fileName": "letter.pdf", "mediaType": "application/pdf", "bytes": 5,
        "sha256": "0".repeat(64), "uploadedAt": "2026-11-20T10:00:00Z", "state": "draft",
    });
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    let document: Document = serde_json::from_value(document).unwrap();
    let dossier = DossierId::from(dossier);
    let put = house.aws.update_dossier(&dossier, |record| {
        record.view.dossier.documents.push(document.clone());
    });
    put.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_letter_on_paper_is_a_checked_letter_of_the_ports_own_dossier() {
    let house = House::new().await;
    let (id, dossier) = to_be_signed(&house).await;
    let elsewhere = signers_dossier(&house).await;
    for (document, changes) in [
        ("doc-invoice", json!({ "kind": "invoice" })),
        ("doc-refused", json!({ "state": "rejected" })),
        ("doc-picture", json!({ "mediaType": "image/png" })),
        ("doc-good", json!({})),
    ] {
        put_document(&house, &dossier, document, changes).await;
    }
    put_document(&house, &elsewhere, "doc-elsewhere", json!({})).await;
    // Announced, and perhaps uploaded, but never checked.
    let of_dossier = DossierId::from(dossier.as_str());
    let announced = house.aws.update_dossier(&of_dossier, |record| {
        let good = record.view.dossier.documents.last().cloned().unwrap();
        record.announced.push(Document {
            id: "doc-announced".into(),
            ..good
        });
    });
    announced.await.unwrap().unwrap();
    let path = format!("{DRAFT}/{id}/letter");
    let hand_in = |document: &str| {
        let (house, path, document) = (&house, &path, document.to_owned());
        async move {
            let body = json!({ "document": document, "name": "Lucía Méndez" });
            post(house, &staff(house), path, body).await
        }
    };
    for document in [
        "doc-invoice",
        "doc-refused",
        "doc-picture",
        "doc-elsewhere",
        "doc-announced",
        "doc-unknown",
    ] {
        refused(&hand_in(document).await, BAD.0, BAD.1, json!("document"));
    }
    let taken = hand_in("doc-good").await;
    assert_eq!(taken.status, StatusCode::ACCEPTED, "{}", taken.text);
    let signed = record(&house, &id).await.view.details["letter"]["signed"].clone();
    assert_eq!(
        (&signed["upload"], &signed["person"]),
        (&json!("doc-good"), &json!(staff(&house).person))
    );
}

#[tokio::test]
async fn a_letter_on_paper_is_read_from_the_store_and_who_read_it_is_noted() {
    let house = House::new().await;
    let (id, dossier) = to_be_signed(&house).await;
    put_document(&house, &dossier, "doc-good", json!({})).await;
    let paper = json!({ "document": "doc-good", "name": "Lucía Méndez" });
    let path = format!("{DRAFT}/{id}/letter");
    let taken = post(&house, &house.lucia(), &path, paper).await;
    assert_eq!(taken.status, StatusCode::ACCEPTED, "{}", taken.text);
    let path = format!("{path}.pdf");
    let operator = Caller {
        role: Role::Operator,
        ..house.lucia()
    };
    let none = house.ask(&operator, Method::GET, &path, None).await;
    refused(&none, StatusCode::FORBIDDEN, "Role.NotAllowed", Value::Null);
    let of_dossier = DossierId::from(dossier.as_str());
    let seen = || house.aws.audited(&of_dossier, 10);
    assert_eq!(seen().await.unwrap(), []);
    let read = house.ask(&staff(&house), Method::GET, &path, None).await;
    assert_eq!(read.status, StatusCode::SEE_OTHER, "{}", read.text);
    let place = read.headers["location"].to_str().unwrap();
    assert!(
        place.contains("/t/t-isthmus-trading/doc-good?") && place.contains("X-Amz-Signature="),
        "{place}"
    );
    let seen = seen().await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (seen[0].what.as_str(), &seen[0].person),
        ("doc-good", &staff(&house).person)
    );
}

#[tokio::test]
async fn a_letter_that_was_signed_on_the_screen_is_read_and_who_read_it_is_noted() {
    let house = House::new().await;
    let (lucia, ruth) = (house.lucia(), staff(&house));
    let form = json!({
        "kind": "business", "endUser": { "businessName": "Isthmus Trading" },
        "addresses": [{ "uses": ["service"], "street": "Bahnhofstrasse 1", "city": "Zürich", "region": "ZH",
                        "postalCode": "8001", "country": "CH" }],
        "authorisedPerson": { "name": "Lucía Méndez", "email": "lucia.mendez@isthmus.example" },
        "previousService": { "provider": "Alpenfon", "accountNumber": "CH-1000" },
    });
    let made = post(&house, &lucia, "/v1/dossiers", form).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let dossier = made.body["dossier"]["id"].as_str().unwrap().to_owned();
    let id = draft(&house).await;
    let path = format!("{DRAFT}/{id}");
    let body = json!({ "dossier": dossier, "portType": "full" });
    let written = house.ask(&lucia, Method::PATCH, &path, Some(body)).await;
    assert_eq!(written.status, StatusCode::OK, "{}", written.text);
    set(&house, &id, json!({ "country": "CH" })).await;
    let letter = format!("{path}/letter.pdf");
    let of_dossier = DossierId::from(dossier.as_str());
    let seen = || house.aws.audited(&of_dossier, 10);
    let unsigned = house.ask(&lucia, Method::GET, &letter, None).await;
    assert_eq!(unsigned.status, StatusCode::OK, "{}", unsigned.text);
    assert_eq!(seen().await.unwrap(), [], "nobody has signed it yet");
    let signed = json!({ "name": "Lucía Méndez", "at": "2026-11-20T10:00:00.000Z" });
    let shown = json!({ "letter": { "document": shown(), "signed": signed } });
    set(&house, &id, shown).await;
    let read = house.ask(&ruth, Method::GET, &letter, None).await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.text);
    let seen = seen().await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (seen[0].what.as_str(), &seen[0].person),
        (format!("letter of {id}").as_str(), &ruth.person)
    );
    let views = format!("/v1/dossiers/{dossier}/views");
    let views = house.ask(&lucia, Method::GET, &views, None).await;
    let listed = &views.body["views"][0];
    assert_eq!(
        (&listed["document"], &listed["act"]),
        (&json!(format!("letter of {id}")), &json!("read")),
        "{}",
        views.text
    );
}

#[tokio::test]
async fn a_scan_stays_behind_with_its_dossier() {
    let house = House::new().await;
    let (id, dossier) = to_be_signed(&house).await;
    let elsewhere = signers_dossier(&house).await;
    let signed =
        json!({ "name": "Lucía Méndez", "at": "2026-11-20T10:00:00.000Z", "upload": "doc-good" });
    let letter =
        json!({ "letter": { "document": shown(), "signed": signed }, "order": "correction" });
    set(&house, &id, letter).await;
    let write = |dossier: &str| {
        let (house, body) = (&house, json!({ "dossier": dossier }));
        let path = format!("{DRAFT}/{id}");
        async move {
            let lucia = house.lucia();
            house.ask(&lucia, Method::PATCH, &path, Some(body)).await
        }
    };
    let same = write(&dossier).await;
    assert_eq!(same.body["details"]["letter"]["signed"], signed);
    let other = write(&elsewhere).await;
    let left = &other.body["details"]["letter"];
    assert_eq!(
        (&left["signed"], &left["document"]),
        (&Value::Null, &json!(shown()))
    );
}

#[tokio::test]
async fn an_operator_of_the_tenant_sees_a_port_without_its_dossier() {
    let house = House::new().await;
    let (id, _) = to_be_signed(&house).await;
    set(
        &house,
        &id,
        json!({ "prepared": { "subject": "s", "body": "Lucía Méndez", "attach": [] } }),
    )
    .await;
    let operator = Caller {
        role: Role::Operator,
        ..house.lucia()
    };
    let path = format!("{DRAFT}/{id}");
    let letter = format!("{path}/letter.pdf");
    for (path, status) in [
        (path.as_str(), StatusCode::OK),
        ("/v1/ports?live=true", StatusCode::OK),
        (letter.as_str(), StatusCode::FORBIDDEN),
    ] {
        let told = house.ask(&operator, Method::GET, path, None).await;
        assert_eq!(told.status, status, "{}", told.text);
        assert!(!told.text.contains("Méndez"), "{path}: {}", told.text);
    }
    let own = house.ask(&house.lucia(), Method::GET, &path, None).await;
    assert!(own.text.contains("Méndez"), "{}", own.text);
}

#[tokio::test]
async fn a_letter_is_signed_as_it_was_shown() {
    let house = House::new().await;
    let (id, lucia) = (draft(&house).await, house.lucia());
    let at = |what: &str| format!("/v1/ports/{id}/{what}");
    let missing = house
        .ask(&lucia, Method::GET, &at("letter.pdf"), None)
        .await;
    assert_eq!(
        (missing.status, missing.error()),
        (StatusCode::CONFLICT, "Port.NoLetter")
    );
    let early = post(&house, &lucia, &at("sign"), signature("Lucía Méndez")).await;
    refused(&early, StatusCode::CONFLICT, "Request.NotNow", Value::Null);
    let (id, _) = to_be_signed(&house).await;
    let at = |what: &str| format!("/v1/ports/{id}/{what}");
    let unnamed = post(&house, &lucia, &at("sign"), signature("")).await;
    refused(&unnamed, BAD.0, BAD.1, json!("name"));
    let mut other = signature("Lucía Méndez");
    other["document"] = json!("b".repeat(64));
    let other = post(&house, &lucia, &at("sign"), other).await;
    refused(
        &other,
        StatusCode::CONFLICT,
        "Port.LetterChanged",
        json!("document"),
    );
    let done = post(&house, &lucia, &at("sign"), signature("Lucía Méndez")).await;
    assert_eq!(done.status, StatusCode::ACCEPTED, "{}", done.text);
    let record = record(&house, &id).await;
    assert_eq!(
        record.view.details["letter"]["signed"]["name"],
        "Lucía Méndez"
    );
    assert_eq!(record.hidden["signature"]["name"], "Lucía Méndez");
}
