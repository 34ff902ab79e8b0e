//! Dossiers through the API.
use crate::house::House;
use crate::people::Caller;
use axum::http::{Method, StatusCode};
use contract::Role;
use serde_json::{Value, json};

fn purposes() -> Value {
    json!({ "purposes": [{ "country": "CH", "numberType": "local", "action": "order", "numbers": 1 }] })
}

fn form(name: &str) -> Value {
    json!({ "kind": "business", "endUser": { "businessName": name } })
}

#[tokio::test]
async fn a_dossier_is_evaluated_before_anybody_hands_it_in() {
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    let path = format!("/v1/dossiers/{id}/evaluation");
    let held = house
        .ask(&lucia, Method::POST, &path, Some(purposes()))
        .await;
    assert_eq!(held.body["verdict"], "noncompliant", "{}", held.text);
    let outcomes = held.body["outcomes"].as_array().unwrap();
    let failures: Vec<_> = outcomes
        .iter()
        .flat_map(|one| one["failures"].as_array().unwrap())
        .collect();
    assert!(!failures.is_empty());
    for failure in failures {
        assert!(
            failure["field"]
                .as_str()
                .is_some_and(|field| field.starts_with('/')),
            "{failure}"
        );
    }
    let nowhere = json!({ "purposes": [{ "country": "ZZ", "numberType": "local", "action": "order", "numbers": 1 }] });
    let refused = house.ask(&lucia, Method::POST, &path, Some(nowhere)).await;
    assert_eq!(
        (refused.status, &refused.body["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("purposes"))
    );
}

#[tokio::test]
async fn what_somebody_else_changed_is_not_overwritten() {
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    let path = format!("/v1/dossiers/{id}");
    let change = |version: u32, name: &'static str| {
        let (house, lucia, path) = (&house, &lucia, &path);
        let body = json!({ "version": version, "form": form(name) });
        async move { house.ask(lucia, Method::PUT, path, Some(body)).await }
    };
    let first = change(1, "One").await;
    assert_eq!(first.body["dossier"]["version"], 2, "{}", first.text);
    let late = change(1, "Other").await;
    assert_eq!(
        (late.status, late.error()),
        (StatusCode::CONFLICT, "Dossier.Changed")
    );
    let now = house.ask(&lucia, Method::GET, &path, None).await;
    assert_eq!(now.body["dossier"]["endUser"]["businessName"], "One");
}

#[tokio::test]
async fn handing_in_starts_one_workflow_however_often_it_is_sent() {
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    let path = format!("/v1/dossiers/{id}/submit");
    let submit = |key: &'static str| {
        let (house, lucia, path) = (&house, &lucia, &path);
        async move {
            house
                .ask_with_key(lucia, Method::POST, path, Some(purposes()), key)
                .await
        }
    };
    let first = submit("key-000001").await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text);
    assert_eq!(submit("key-000001").await.body["id"], first.body["id"]);
    let started = house.asked().started.clone();
    assert_eq!(started.len(), 1);
    assert_eq!(
        (started[0].0.as_str(), &started[0].1["details"]["dossier"]),
        (first.body["id"].as_str().unwrap(), &json!(id))
    );
    let second = submit("key-000002").await;
    assert_eq!(
        (second.status, second.error()),
        (StatusCode::CONFLICT, "Dossier.InReview")
    );
}

#[tokio::test]
async fn a_foreign_dossier_looks_exactly_like_none() {
    let house = House::new().await;
    let eve = Caller {
        role: Role::Administrator,
        ..house.add_foreign_tenant().await
    };
    let id = house.dossier().await;
    for (method, end, body) in [
        (Method::GET, "", None),
        (
            Method::PUT,
            "",
            Some(json!({ "version": 1, "form": form("Mine") })),
        ),
        (Method::POST, "/evaluation", Some(purposes())),
        (Method::POST, "/submit", Some(purposes())),
        (Method::GET, "/documents/doc-1", None),
        (Method::DELETE, "/documents/doc-1", None),
        (Method::POST, "/documents/doc-1/uploaded", None),
    ] {
        let of = |id: &str| {
            let (path, method, body) = (
                format!("/v1/dossiers/{id}{end}"),
                method.clone(),
                body.clone(),
            );
            let (house, eve) = (&house, &eve);
            async move { house.ask(eve, method, &path, body).await.text }
        };
        let (theirs, nobodys) = (of(&id).await, of("d-unknown").await);
        assert!(
            theirs.contains("Dossier.NotFound"),
            "{method} {end}: {theirs}"
        );
        assert_eq!(theirs, nobodys, "{method} {end}");
    }
}

#[tokio::test]
async fn a_document_that_cannot_be_one_is_refused_before_it_is_uploaded() {
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    let path = format!("/v1/dossiers/{id}/documents");
    let good = json!({
        "kind": "invoice", "fileName": "bill.pdf", "mediaType": "application/pdf", "bytes": 10, "sha256": "0".repeat(64),
    });
    for (field, value) in [
        ("mediaType", json!("application/x-msdownload")),
        ("bytes", json!(0)),
        ("bytes", json!(4_000_000_000_u32)),
        ("sha256", json!("abc")),
        ("fileName", json!("../../etc/passwd")),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let refused = house.ask(&lucia, Method::POST, &path, Some(bad)).await;
        assert_eq!(
            (refused.status, &refused.body["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)),
            "{}",
            refused.text
        );
    }
    let nobody = house
        .ask(
            &lucia,
            Method::POST,
            &format!("{path}/doc-1/uploaded"),
            None,
        )
        .await;
    assert_eq!(nobody.error(), "Document.NotFound");
}

#[tokio::test]
async fn a_document_that_somebody_relies_on_is_not_removed() {
    use crate::ports::dossiers::Dossiers;
    use contract::dossier::review::DossierStatus;
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    let paper: contract::dossier::Document = serde_json::from_value(json!({
        "id": "doc-1", "kind": "invoice", "fileName": "a.pdf", "mediaType": "application/pdf", "bytes": 5, "sha256": "0".repeat(64),
        "uploadedAt": "2026-11-20T10:00:00Z", "state": "draft",
    }))
    .unwrap();
    let set = |status: DossierStatus| {
        let (house, paper, id) = (&house, paper.clone(), id.as_str().into());
        async move {
            let put = house.aws.update_dossier(&id, |record| {
                record.view.status = status;
                record.view.dossier.documents = vec![paper.clone()];
            });
            put.await.unwrap().unwrap();
        }
    };
    let path = format!("/v1/dossiers/{id}/documents/doc-1");
    set(DossierStatus::InReview).await;
    let refused = house.ask(&lucia, Method::DELETE, &path, None).await;
    assert_eq!(
        (refused.status, refused.error()),
        (StatusCode::CONFLICT, "Dossier.NotDraft"),
        "{}",
        refused.text
    );
    set(DossierStatus::Draft).await;
    let port = json!({ "numbers": ["+41445552000"], "dossier": id });
    let begun = house
        .ask(&lucia, Method::POST, "/v1/ports", Some(port))
        .await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
    let refused = house.ask(&lucia, Method::DELETE, &path, None).await;
    assert_eq!(refused.error(), "Document.InUse", "{}", refused.text);
    let nobody = path.replace("doc-1", "doc-9");
    let refused = house.ask(&lucia, Method::DELETE, &nobody, None).await;
    assert_eq!(refused.error(), "Document.NotFound");
}
