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
        ("fileName", json!("a.pdf)\nCount: 50\n- extract (b.pdf")),
        ("fileName", json!("..")),
        ("fileName", json!("  ")),
        ("fileName", json!("a".repeat(201))),
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
async fn a_document_that_is_announced_twice_with_one_key_is_one() {
    use crate::ports::dossiers::Dossiers;
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    let path = format!("/v1/dossiers/{id}/documents");
    let announce = |name: &'static str, key: &'static str| {
        let body = json!({
            "kind": "invoice", "fileName": name, "mediaType": "application/pdf", "bytes": 10, "sha256": "0".repeat(64),
        });
        let (house, lucia, path) = (&house, &lucia, path.as_str());
        async move {
            house
                .ask_with_key(lucia, Method::POST, path, Some(body), key)
                .await
        }
    };
    let first = announce("bill.pdf", "announce-1").await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = announce("bill.pdf", "announce-1").await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.text);
    assert_eq!(again.body["document"], first.body["document"]);
    let other = announce("bill-2.pdf", "announce-1").await;
    assert_eq!(
        (other.status, other.error()),
        (StatusCode::CONFLICT, "Request.KeyReused")
    );
    let second = announce("bill.pdf", "announce-2").await;
    assert_ne!(second.body["document"], first.body["document"]);
    let record = house.aws.dossier(&id.as_str().into()).await.unwrap();
    let announced = record.unwrap().announced;
    let ids: Vec<_> = announced.iter().map(|one| one.id.0.as_str()).collect();
    let told = [&first, &second].map(|answer| answer.body["document"].as_str().unwrap());
    assert_eq!(ids, told);
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

async fn dossier_is(house: &House, id: &str, status: contract::dossier::review::DossierStatus) {
    use crate::ports::dossiers::Dossiers;
    let id = id.into();
    let set = house
        .aws
        .update_dossier(&id, |record| record.view.status = status);
    set.await.unwrap().unwrap();
}

async fn status_of(house: &House, id: &str) -> Value {
    let path = format!("/v1/dossiers/{id}");
    let now = house.ask(&house.lucia(), Method::GET, &path, None).await;
    now.body["status"].clone()
}

#[tokio::test]
async fn an_approved_dossier_is_rewritten_into_a_draft() {
    use contract::dossier::review::DossierStatus;
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    dossier_is(&house, &id, DossierStatus::Approved).await;
    let path = format!("/v1/dossiers/{id}");
    let put = |name: &'static str| {
        let (house, lucia, path) = (&house, &lucia, &path);
        async move {
            let now = house.ask(lucia, Method::GET, path, None).await;
            let body = json!({ "version": now.body["dossier"]["version"], "form": form(name) });
            house.ask(lucia, Method::PUT, path, Some(body)).await
        }
    };
    let same = put("Isthmus Trading").await;
    assert_eq!(same.body["status"], "approved", "{}", same.text);
    let other = put("Vortigern Shipping").await;
    assert_eq!(other.body["status"], "draft", "{}", other.text);
}

#[tokio::test]
async fn whoever_looks_at_a_dossier_is_told_once_that_it_changed() {
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    let submit = format!("/v1/dossiers/{id}/submit");
    let submitted = house
        .ask(&lucia, Method::POST, &submit, Some(purposes()))
        .await;
    let check = submitted.body["id"].as_str().unwrap().to_owned();
    let turn = json!({
        "token": "token", "request": check, "state": "Review", "round": 1, "attempt": 0, "received": 0,
        "status": "in_review", "owner": "operator", "nextAction": "Look at it",
        "task": { "form": "review", "title": "Review the dossier" },
        "accepts": ["task.done@review", "request.change@dossier"],
    });
    crate::request::turn::turn(&*house.aws, serde_json::from_value(turn).unwrap())
        .await
        .unwrap();
    for name in [
        "Isthmus Trading",
        "Vortigern Shipping",
        "Vortigern Shipping AG",
    ] {
        let path = format!("/v1/dossiers/{id}");
        let now = house.ask(&lucia, Method::GET, &path, None).await;
        let body = json!({ "version": now.body["dossier"]["version"], "form": form(name) });
        let put = house.ask(&lucia, Method::PUT, &path, Some(body)).await;
        assert_eq!(put.body["status"], "in_review", "{}", put.text);
    }
    let told = house.asked().completed.clone();
    let names: Vec<_> = told
        .iter()
        .map(|signal| (&signal["seq"], &signal["name"]))
        .collect();
    // Handed over again, it is the same signal.
    assert!(!names.is_empty());
    assert!(
        names
            .iter()
            .all(|name| *name == (&json!(1), &json!("request.change"))),
        "{names:?}"
    );
    // Who answers the task of the turn that is over answers nothing.
    let ruth = super::requesting::staff(&house);
    let answer = json!({ "answer": { "decision": "approve" } });
    let late = house
        .ask(
            &ruth,
            Method::POST,
            &format!("/v1/tasks/{check}.1"),
            Some(answer),
        )
        .await;
    assert_eq!(
        (late.status, late.error()),
        (StatusCode::CONFLICT, "Task.Done")
    );
}

#[tokio::test]
async fn a_dossier_whose_check_is_over_is_handed_in_again() {
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
    assert_eq!(submit("key-000002").await.error(), "Dossier.InReview");
    let ended = json!({ "request": first.body["id"], "outcome": "failed", "status": "failed", "says": "It failed" });
    crate::request::end::end(&*house.aws, serde_json::from_value(ended).unwrap())
        .await
        .unwrap();
    assert_eq!(status_of(&house, &id).await, "in_review");
    let second = submit("key-000003").await;
    assert_eq!(second.status, StatusCode::ACCEPTED, "{}", second.text);
    assert_ne!(second.body["id"], first.body["id"]);
    assert_eq!(submit("key-000004").await.error(), "Dossier.InReview");
}

#[tokio::test]
async fn an_operator_who_ends_a_stalled_check_lets_its_dossier_go() {
    use crate::ports::requests::Requests;
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    let path = format!("/v1/dossiers/{id}/submit");
    let submitted = house
        .ask(&lucia, Method::POST, &path, Some(purposes()))
        .await;
    let check = submitted.body["id"].as_str().unwrap();
    let of_check = check.into();
    let stalled = Requests::update(&*house.aws, &of_check, |record| {
        record.stall("The workflow failed", jiff::Timestamp::now());
    });
    stalled.await.unwrap().unwrap();
    let ruth = super::requesting::staff(&house);
    let cancel = format!("/v1/requests/{check}/cancel");
    let ended = house.ask(&ruth, Method::POST, &cancel, None).await;
    assert_eq!(ended.status, StatusCode::ACCEPTED, "{}", ended.text);
    assert_eq!(status_of(&house, &id).await, "draft");
}

#[tokio::test]
async fn a_check_that_waits_for_something_to_follow_gives_way_to_the_next() {
    use contract::dossier::review::DossierStatus;
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    let path = format!("/v1/dossiers/{id}/submit");
    let first = house
        .ask_with_key(&lucia, Method::POST, &path, Some(purposes()), "key-000001")
        .await;
    let check = first.body["id"].as_str().unwrap();
    house.asks(check, "customer", Value::Null).await;
    dossier_is(&house, &id, DossierStatus::ProvisionallyApproved).await;
    let second = house
        .ask_with_key(&lucia, Method::POST, &path, Some(purposes()), "key-000002")
        .await;
    assert_eq!(second.status, StatusCode::ACCEPTED, "{}", second.text);
    let signal = house.asked().completed.last().cloned().unwrap();
    assert_eq!(signal["name"], "request.cancel");
}

#[tokio::test]
async fn who_saw_a_document_is_told_to_its_administrators_and_to_staff() {
    use crate::dossier::Seen;
    use crate::ports::dossiers::Dossiers;
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    for (at, what) in [
        ("2026-11-20T10:00:00.000Z", "doc-1"),
        ("2026-11-21T10:00:00.000Z", "removed doc-1"),
    ] {
        let seen = Seen {
            at: at.to_owned(),
            person: "p-ruth-amsler".into(),
            what: what.to_owned(),
            source: "203.0.113.5".to_owned(),
        };
        house.aws.audit(&id.as_str().into(), &seen).await.unwrap();
    }
    let path = format!("/v1/dossiers/{id}/views");
    let own = house.ask(&lucia, Method::GET, &path, None).await;
    let view = |at: &str, act: &str| json!({ "at": at, "person": "p-ruth-amsler", "document": "doc-1", "act": act });
    assert_eq!(
        own.body["views"],
        json!([
            view("2026-11-21T10:00:00.000Z", "removed"),
            view("2026-11-20T10:00:00.000Z", "read"),
        ])
    );
    let ruth = super::requesting::staff(&house);
    let staff = house.ask(&ruth, Method::GET, &path, None).await;
    assert_eq!(staff.body["views"][0]["from"], "203.0.113.5");
    let eve = Caller {
        role: Role::Administrator,
        ..house.add_foreign_tenant().await
    };
    for stranger in [eve, house.anna()] {
        let none = house.ask(&stranger, Method::GET, &path, None).await;
        assert_eq!(none.error(), "Dossier.NotFound");
    }
}

#[tokio::test]
async fn a_day_that_is_none_is_refused_when_the_task_is_answered() {
    let house = House::new().await;
    house
        .begins("vd-1", contract::request::Kind::VerifyDossier)
        .await;
    house.asks("vd-1", "operator", Value::Null).await;
    let answer =
        json!({ "answer": { "decision": "approve_provisionally", "until": "2026-02-31" } });
    let ruth = super::requesting::staff(&house);
    let refused = house
        .ask(&ruth, Method::POST, "/v1/tasks/vd-1.1", Some(answer))
        .await;
    assert_eq!(
        (refused.status, &refused.body["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("answer.until")),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn uploads_that_never_came_do_not_fill_a_dossier() {
    use crate::ports::dossiers::Dossiers;
    use contract::dossier::{Document, LIST_MAX};
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    let path = format!("/v1/dossiers/{id}/documents");
    let announce = || {
        let body = json!({
            "kind": "invoice", "fileName": "bill.pdf", "mediaType": "application/pdf", "bytes": 10, "sha256": "0".repeat(64),
        });
        house.ask(&lucia, Method::POST, &path, Some(body))
    };
    let set = |at: String| {
        let documents = (0..LIST_MAX).map(|number| {
            let document = json!({
                "id": format!("doc-{number}"), "kind": "invoice", "fileName": "a.pdf", "mediaType": "application/pdf", "bytes": 5,
                "sha256": "0".repeat(64), "uploadedAt": at, "state": "draft",
            });
            serde_json::from_value::<Document>(document).unwrap()
        });
        let (house, id) = (&house, id.as_str().into());
        let documents: Vec<_> = documents.collect();
        async move {
            let put = house
                .aws
                .update_dossier(&id, |record| record.announced.clone_from(&documents));
            put.await.unwrap().unwrap();
        }
    };
    let now = jiff::Timestamp::now();
    let ago = |minutes: i64| (now - jiff::SignedDuration::from_mins(minutes)).to_string();
    set(ago(20)).await;
    let full = announce().await;
    assert_eq!(
        (full.status, full.error()),
        (StatusCode::CONFLICT, "Dossier.TooManyDocuments"),
        "{}",
        full.text
    );
    assert!(house.asked().deleted.is_empty(), "they may still come");
    set(ago(31)).await;
    let taken = announce().await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text);
    let deleted = house.asked().deleted.clone();
    assert_eq!(deleted.len(), LIST_MAX);
    assert_eq!(deleted[0], "t/t-isthmus-trading/doc-0");
    let record = house.aws.dossier(&id.as_str().into()).await.unwrap();
    let record = record.unwrap();
    assert_eq!((record.announced.len(), record.given_up.len()), (1, 0));
    let late = format!("{path}/doc-0/uploaded");
    let late = house.ask(&lucia, Method::POST, &late, None).await;
    assert_eq!(late.error(), "Document.NotFound", "{}", late.text);
}

#[tokio::test]
async fn a_dossier_that_is_renewed_is_shown_and_held_as_orders_rely_on_it() {
    use crate::ports::dossiers::Dossiers;
    use contract::dossier::Day;
    use contract::dossier::review::DossierStatus;
    let house = House::new().await;
    let (lucia, id) = (house.lucia(), house.dossier().await);
    let path = format!("/v1/dossiers/{id}");
    let until = Day::parse("2099-01-31").unwrap();
    let ends: jiff::Timestamp = "2099-01-31T23:00:00Z".parse().unwrap();
    let paper: contract::dossier::Document = serde_json::from_value(json!({
        "id": "doc-1", "kind": "register_extract", "fileName": "a.pdf", "mediaType": "application/pdf", "bytes": 5,
        "sha256": "0".repeat(64), "uploadedAt": "2026-11-20T10:00:00Z", "state": "approved", "validUntil": "2099-01-31",
    }))
    .unwrap();
    let of = id.as_str().into();
    let renewed = house.aws.update_dossier(&of, |record| {
        record.view.status = DossierStatus::Approved;
        record.view.dossier.documents = vec![paper.clone()];
        record.view.dossier.valid_until = Some(until.clone());
        record.open_renewal(&until, ends, &"vd-2".into());
    });
    renewed.await.unwrap().unwrap();
    let now = house.ask(&lucia, Method::GET, &path, None).await;
    assert_eq!(now.body["approvedUntil"], "2099-01-31", "{}", now.text);
    let body = json!({ "version": now.body["dossier"]["version"], "form": form("Isthmus & Sons") });
    let put = house.ask(&lucia, Method::PUT, &path, Some(body)).await;
    assert_eq!(put.body["status"], "draft", "{}", put.text);
    assert_eq!(put.body["approvedUntil"], "2099-01-31", "{}", put.text);
    let list = house.ask(&lucia, Method::GET, "/v1/dossiers", None).await;
    assert_eq!(list.body["dossiers"][0], put.body, "{}", list.text);
    // The draft lacks on the day after what the approval has today.
    let extract = |query: &'static str| {
        let (house, lucia, path) = (&house, &lucia, format!("{path}/evaluation{query}"));
        async move {
            let held = house
                .ask(lucia, Method::POST, &path, Some(purposes()))
                .await;
            let outcomes = held.body["outcomes"].as_array().unwrap().iter();
            let mut outcomes = outcomes.filter(|one| one["requirement"] == "ch.register.extract");
            outcomes.next().unwrap()["passed"].clone()
        }
    };
    assert_eq!(extract("").await, json!(false));
    let refused = format!("{path}/evaluation?as=drafted");
    let refused = house
        .ask(&lucia, Method::POST, &refused, Some(purposes()))
        .await;
    assert_eq!(
        (refused.status, &refused.body["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("as"))
    );
    let gone = format!("{path}/documents/doc-1");
    let refused = house.ask(&lucia, Method::DELETE, &gone, None).await;
    assert_eq!(refused.error(), "Dossier.NotDraft", "{}", refused.text);
    assert!(refused.text.contains("what is approved relies on"));
    assert_eq!(extract("?as=approved").await, json!(true));
}
