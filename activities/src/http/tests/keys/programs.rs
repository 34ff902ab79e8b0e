//! What a program does by the key that it shows: as much as its role, in its own tenant, and nothing that only people do.
use super::super::porting::{record, waits};
use super::super::requesting::staff;
use super::{by, made, me, pair, wish};
use crate::house::House;
use crate::people::Caller;
use crate::ports::calls::Write;
use crate::ports::directory::{Credential, Directory, NewTenant, Person, Tenant};
use crate::request::Begun;
use crate::request::begin::begin;
use crate::seed::sample;
use axum::http::{Method, StatusCode};
use contract::Role;
use contract::request::Kind;
use serde_json::{Value, json};

/// Another tenant with an administrator.
async fn other_tenant(house: &House) -> Caller {
    let person = Person {
        person: "p-otto".into(),
        tenant: "t-otto".into(),
        name: "Otto".into(),
        email: "otto@other.example".into(),
        role: Role::Administrator,
        numbers: Vec::new(),
        ring_limit_s: 25,
        language: None,
    };
    let new = NewTenant {
        tenant: Tenant {
            tenant: "t-otto".into(),
            name: "Otto AG".into(),
            dial: sample::dial_policy(),
            country: None,
            closed_at: None,
        },
        people: vec![Credential {
            person,
            password_hash: "none".into(),
        }],
        numbers: Vec::new(),
    };
    assert_eq!(house.aws.create_tenant(&new).await.unwrap(), Write::Done);
    Caller {
        tenant: "t-otto".into(),
        person: "p-otto".into(),
        role: Role::Administrator,
        session: "s-otto".into(),
    }
}

#[tokio::test]
async fn a_program_acts_as_its_key_with_the_keys_role() {
    let house = House::new().await;
    let (id, secret) = made(&house, &staff(&house), "staff").await;
    let whoami = me(&house, &secret).await;
    assert_eq!(
        whoami.body,
        json!({
            "person": id, "tenant": "t-strowger", "tenantName": whoami.body["tenantName"], "name": "Customers out of the CRM",
            "email": "", "role": "staff", "numbers": [],
        })
    );
    let customer = json!({
        "kind": "tenant", "tenant": { "name": "Alpenblick AG", "slug": "alpenblick", "country": "CH" },
        "person": { "name": "Reto Caduff", "email": "reto.caduff@alpenblick.example" },
        "numbers": [{ "country": "CH", "numberType": "local", "count": 1 }],
    });
    let path = "/v1/onboardings";
    let begun = by(&house, &secret, Method::POST, path, Some(customer.clone())).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
    assert_eq!(begun.body["request"]["timeline"][0]["person"], id);

    // An administrator's key is for the tenant's own things.
    let (_, secret) = made(&house, &house.lucia(), "administrator").await;
    let refused = by(&house, &secret, Method::POST, path, Some(customer)).await;
    assert_eq!(pair(&refused), (403, "Role.NotAllowed"));
    // And an operator's is for less.
    let (_, secret) = made(&house, &house.lucia(), "operator").await;
    let refused = by(&house, &secret, Method::GET, "/v1/webhooks", None).await;
    assert_eq!(pair(&refused), (403, "Webhook.NotAllowed"));
}

#[tokio::test]
async fn a_key_sees_its_own_tenant_and_no_other() {
    let house = House::new().await;
    let otto = other_tenant(&house).await;
    house.asks_for_review("vd-1").await;
    let dossier = house.dossier().await;
    let (id, own) = made(&house, &house.lucia(), "administrator").await;
    let (_, foreign) = made(&house, &otto, "administrator").await;
    for path in ["/v1/requests/vd-1", &format!("/v1/dossiers/{dossier}")] {
        let seen = by(&house, &own, Method::GET, path, None).await;
        assert_eq!(seen.status, StatusCode::OK, "{path}: {}", seen.text);
        let none = by(&house, &foreign, Method::GET, path, None).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{path}: {}", none.text);
    }
    let listed = by(&house, &foreign, Method::GET, "/v1/dossiers", None).await;
    assert_eq!(listed.body["dossiers"], json!([]));

    let list = house.ask(&otto, Method::GET, "/v1/api-keys", None).await;
    assert_eq!(list.body["keys"].as_array().unwrap().len(), 1);
    let path = |id: &str| format!("/v1/api-keys/{id}");
    let theirs = house.ask(&otto, Method::DELETE, &path(&id), None).await;
    let none = house
        .ask(&otto, Method::DELETE, &path("key-none"), None)
        .await;
    assert_eq!(pair(&theirs), (404, "ApiKey.NotFound"));
    assert_eq!(theirs.text, none.text);
    assert_eq!(me(&house, &own).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_key_makes_no_keys_and_does_nothing_that_only_people_do() {
    let house = House::new().await;
    let (id, secret) = made(&house, &house.lucia(), "administrator").await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    let path = format!("/v1/api-keys/{id}");
    let device = json!({ "device": "tab-12345678" });
    let dial = json!({ "to": "044 555 01 77", "device": "tab-12345678" });
    let media = format!("/v1/calls/{}/media", call.id);
    let sign = json!({ "document": "0".repeat(64), "name": "Lucía Méndez", "strokes": [] });
    let scan = json!({ "document": "doc-1", "name": "Lucía Méndez" });
    let authorise = "/v1/port-outs/po-1/authorise";
    let gone = json!({ "status": "ported" });
    let pin = Some(json!({ "pin": "4711" }));
    for (method, path, body) in [
        (Method::POST, "/v1/ports/pi-1/sign", Some(sign)),
        (Method::POST, "/v1/ports/pi-1/letter", Some(scan)),
        (Method::POST, authorise, None),
        (Method::POST, "/v1/port-outs/po-1/standing", Some(gone)),
        (Method::PUT, "/v1/port-outs/pin", pin),
        (Method::GET, "/v1/port-outs/pin", None),
        (Method::POST, "/v1/api-keys", Some(wish("operator"))),
        (Method::GET, "/v1/api-keys", None),
        (Method::DELETE, path.as_str(), None),
        (Method::POST, "/v1/calls", Some(dial)),
        (Method::POST, media.as_str(), Some(device)),
    ] {
        let refused = by(&house, &secret, method.clone(), path, body).await;
        assert_eq!(
            pair(&refused),
            (403, "ApiKey.NotAllowed"),
            "{method} {path}"
        );
    }
    let refresh = by(&house, &secret, Method::POST, "/v1/session/refresh", None).await;
    assert_eq!(pair(&refresh), (401, "Session.Invalid"));
    // An operator ends any call of the tenant, by a program too.
    let path = format!("/v1/calls/{}/commands", call.id);
    let hang_up = json!({ "command": "hang_up" });
    let taken = by(&house, &secret, Method::POST, &path, Some(hang_up)).await;
    assert_eq!(taken.status, StatusCode::ACCEPTED, "{}", taken.text);
}

#[tokio::test]
async fn a_key_lets_no_numbers_go_by_the_task_either() {
    let authorise = json!({ "decision": "authorise" });
    let gone = json!({ "status": "ported" });
    for (role, form, answer) in [
        ("administrator", "port-out-answer", authorise.clone()),
        ("staff", "port-out-answer", authorise),
        ("staff", "port-out-standing", gone),
    ] {
        let house = House::new().await;
        let lucia = house.lucia();
        let begun = Begun {
            id: "po-1".into(),
            kind: Kind::PortOut,
            tenant: lucia.tenant.clone(),
            person: None,
            title: "1 number to Other".to_owned(),
            details: json!({}),
            numbers: Vec::new(),
            hidden: Value::Null,
        };
        begin(&*house.aws, begun).await.unwrap();
        let accepts = format!("task.done@{form}");
        waits(&house, "po-1", 1, form, &[accepts.as_str()]).await;
        let task = record(&house, "po-1").await.view.task.unwrap();
        let path = format!("/v1/tasks/{}", task.id);
        let maker = if role == "staff" {
            staff(&house)
        } else {
            lucia
        };
        let (_, secret) = made(&house, &maker, role).await;
        let answer = json!({ "answer": answer });
        let refused = by(&house, &secret, Method::POST, &path, Some(answer.clone())).await;
        assert_eq!(pair(&refused), (403, "ApiKey.NotAllowed"), "{role} {form}");
        let taken = house.ask(&maker, Method::POST, &path, Some(answer)).await;
        assert_eq!(taken.status, StatusCode::ACCEPTED, "{}", taken.text);
    }
}

#[tokio::test]
async fn a_key_makes_no_administrators_who_outlive_it() {
    let house = House::new().await;
    let lucia = house.lucia();
    let (_, secret) = made(&house, &lucia, "administrator").await;
    let colleague = |role: &str| {
        json!({
            "kind": "user",
            "person": { "name": "Reto Caduff", "email": "reto@isthmus.example", "role": role },
        })
    };
    let path = "/v1/onboardings";
    let wish = Some(colleague("administrator"));
    let refused = by(&house, &secret, Method::POST, path, wish).await;
    assert_eq!(pair(&refused), (403, "ApiKey.NotAllowed"));
    assert_eq!(refused.body["field"], "person.role");
    let person = Some(colleague("person"));
    let begun = by(&house, &secret, Method::POST, path, person).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
    // A person who has signed in does.
    let other = json!({
        "kind": "user",
        "person": { "name": "Ida", "email": "ida@isthmus.example", "role": "administrator" },
    });
    let begun = house
        .ask_with_key(&lucia, Method::POST, path, Some(other), "key-of-ida")
        .await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
}
