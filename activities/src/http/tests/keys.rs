//! API keys: made by people, shown by programs.
use super::porting::{record, waits};
use super::requesting::staff;
use crate::house::{Answer, House};
use crate::people::{Caller, api_keys};
use crate::ports::api_keys::{ApiKey, ApiKeys, MAX_LISTED};
use crate::ports::calls::Write;
use crate::ports::directory::{Credential, Directory, NewTenant, Person, Tenant};
use crate::request::Begun;
use crate::request::begin::begin;
use crate::seed::sample;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use contract::api::keys::ApiKeyView;
use contract::request::Kind;
use contract::{ApiKeyId, Role};
use futures_util::future::join_all;
use serde_json::{Value, json};

fn wish(role: &str) -> Value {
    json!({ "name": "Customers out of the CRM", "role": role })
}

async fn make(house: &House, caller: &Caller, body: Value) -> Answer {
    house
        .ask(caller, Method::POST, "/v1/api-keys", Some(body))
        .await
}

/// A key that somebody has made: its id and its secret.
async fn made(house: &House, caller: &Caller, role: &str) -> (String, String) {
    let answer = make(house, caller, wish(role)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        text(&answer.body["key"]["id"]),
        text(&answer.body["secret"]),
    )
}

/// What a program asks by a key, with an `Idempotency-Key` of its own.
async fn by(
    house: &House,
    secret: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {secret}"))
        .header("idempotency-key", uuid::Uuid::new_v4().simple().to_string())
        .header("content-type", "application/json")
        .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
        .unwrap();
    house.send(request).await
}

async fn me(house: &House, secret: &str) -> Answer {
    by(house, secret, Method::GET, "/v1/me", None).await
}

fn pair(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.error())
}

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

/// A key as the store has it, changed; gives its secret.
async fn stored(house: &House, change: impl FnOnce(&mut ApiKey)) -> String {
    let secret = api_keys::secret();
    let lucia = house.lucia();
    let mut key = ApiKey {
        view: ApiKeyView {
            id: "key-stored".into(),
            name: "Stored".into(),
            prefix: api_keys::shown(&secret),
            role: Role::Administrator,
            made_by: lucia.person,
            made_at: "2026-01-01T00:00:00.000Z".into(),
            last_used: None,
            expires_at: None,
            revoked_at: None,
            revoked_by: None,
        },
        tenant: lucia.tenant,
        hash: api_keys::hash_of(&secret).unwrap(),
        expires: None,
    };
    change(&mut key);
    let made = house.aws.api_keys_made(&key.tenant).await.unwrap();
    let created = house.aws.create_api_key(&key, made).await.unwrap();
    assert_eq!(created, Write::Done);
    secret
}

#[tokio::test]
async fn a_key_is_made_once_and_its_secret_is_told_only_then() {
    let house = House::new().await;
    let lucia = house.lucia();
    let post = |body: Value| {
        house.ask_with_key(
            &lucia,
            Method::POST,
            "/v1/api-keys",
            Some(body),
            "key-of-a-key",
        )
    };
    let first = post(wish("administrator")).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let secret = first.body["secret"].as_str().unwrap();
    assert!(secret.starts_with(first.body["key"]["prefix"].as_str().unwrap()));
    assert_eq!(first.body["key"]["madeBy"], "p-lucia-mendez");

    let again = post(wish("administrator")).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    assert_eq!(again.body, json!({ "key": first.body["key"] }));
    let other = post(wish("operator")).await;
    assert_eq!(pair(&other), (409, "Request.KeyReused"));

    let list = house.ask(&lucia, Method::GET, "/v1/api-keys", None).await;
    assert_eq!(list.body, json!({ "keys": [first.body["key"]] }));
    assert_eq!(me(&house, secret).await.status, StatusCode::OK);
}

#[tokio::test]
async fn two_who_ask_at_once_with_one_idempotency_key_make_one_key() {
    let house = House::new().await;
    let lucia = house.lucia();
    let post = || {
        let body = Some(wish("operator"));
        house.ask_with_key(&lucia, Method::POST, "/v1/api-keys", body, "key-of-a-key")
    };
    let (one, other) = tokio::join!(post(), post());
    assert_eq!(one.body["key"]["id"], other.body["key"]["id"]);
    let told = [&one, &other].map(|answer| answer.body["secret"].is_string());
    assert_ne!(told[0], told[1], "{} {}", one.text, other.text);
    let list = house.ask(&lucia, Method::GET, "/v1/api-keys", None).await;
    assert_eq!(list.body["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_store_has_the_hash_and_no_secret() {
    let house = House::new().await;
    let (_, secret) = made(&house, &house.lucia(), "administrator").await;
    let scan = house.aws.dynamodb.scan().table_name("directory");
    let items = format!("{:?}", scan.send().await.unwrap().items());
    assert!(items.contains(&api_keys::hash_of(&secret).unwrap()));
    assert!(!items.contains(&secret) && !items.contains(&secret[9..]));
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
async fn only_administrators_make_keys_and_none_that_may_more_than_they() {
    let house = House::new().await;
    let lucia = house.lucia();
    let operator = Caller {
        role: Role::Operator,
        ..house.lucia()
    };
    for caller in [house.anna(), operator] {
        let refused = make(&house, &caller, wish("person")).await;
        assert_eq!(pair(&refused), (403, "ApiKey.NotAllowed"));
        let refused = house.ask(&caller, Method::GET, "/v1/api-keys", None).await;
        assert_eq!(pair(&refused), (403, "ApiKey.NotAllowed"));
        let path = "/v1/api-keys/key-1";
        let refused = house.ask(&caller, Method::DELETE, path, None).await;
        assert_eq!(pair(&refused), (403, "ApiKey.NotAllowed"));
    }
    let refused = make(&house, &lucia, wish("staff")).await;
    assert_eq!(pair(&refused), (403, "ApiKey.RoleTooHigh"));
    assert_eq!(refused.body["field"], "role");
}

#[tokio::test]
async fn a_key_that_is_revoked_opens_nothing_from_then_on() {
    let house = House::new().await;
    let lucia = house.lucia();
    let (id, secret) = made(&house, &lucia, "administrator").await;
    assert_eq!(me(&house, &secret).await.status, StatusCode::OK);
    let path = format!("/v1/api-keys/{id}");
    for _ in 0..2 {
        let revoked = house.ask(&lucia, Method::DELETE, &path, None).await;
        assert_eq!(revoked.status, StatusCode::NO_CONTENT, "{}", revoked.text);
    }
    let refused = me(&house, &secret).await;
    assert_eq!(pair(&refused), (401, "ApiKey.Revoked"));
    assert_eq!(refused.headers["www-authenticate"], "Bearer");
    let list = house.ask(&lucia, Method::GET, "/v1/api-keys", None).await;
    let key = &list.body["keys"][0];
    assert_eq!(key["revokedBy"], "p-lucia-mendez", "{}", list.text);
    assert!(key["revokedAt"].is_string());
    let found = house.aws.api_key(&lucia.tenant, &ApiKeyId(id)).await;
    assert!(found.unwrap().unwrap().expires.is_some(), "it goes one day");
}

#[tokio::test]
async fn keys_that_are_over_or_whose_maker_is_gone_say_why() {
    let house = House::new().await;
    let expired = stored(&house, |key| {
        key.view.id = "key-expired".into();
        key.view.expires_at = Some("2026-01-02T00:00:00.000Z".into());
    })
    .await;
    let orphan = stored(&house, |key| {
        key.view.id = "key-orphan".into();
        key.view.made_by = "p-ghost".into();
    })
    .await;
    let demoted = stored(&house, |key| {
        key.view.id = "key-demoted".into();
        key.view.made_by = "p-anna-keller".into();
    })
    .await;
    let nobodys = api_keys::secret();
    for (secret, error) in [
        (expired.as_str(), "ApiKey.Expired"),
        (orphan.as_str(), "ApiKey.MakerGone"),
        (demoted.as_str(), "ApiKey.MakerGone"),
        (nobodys.as_str(), "ApiKey.Invalid"),
        ("sk_short", "ApiKey.Invalid"),
    ] {
        assert_eq!(pair(&me(&house, secret).await), (401, error));
    }
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
    let pin = Some(json!({ "pin": "4711" }));
    for (method, path, body) in [
        (Method::POST, "/v1/ports/pi-1/sign", Some(sign)),
        (Method::POST, "/v1/ports/pi-1/letter", Some(scan)),
        (Method::POST, authorise, None),
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
    let form = "port-out-answer";
    waits(&house, "po-1", 1, form, &["task.done@port-out-answer"]).await;
    let task = record(&house, "po-1").await.view.task.unwrap();
    let path = format!("/v1/tasks/{}", task.id);
    let (_, secret) = made(&house, &lucia, "administrator").await;
    let answer = json!({ "answer": { "decision": "authorise" } });
    let refused = by(&house, &secret, Method::POST, &path, Some(answer.clone())).await;
    assert_eq!(pair(&refused), (403, "ApiKey.NotAllowed"));
    let taken = house.ask(&lucia, Method::POST, &path, Some(answer)).await;
    assert_eq!(taken.status, StatusCode::ACCEPTED, "{}", taken.text);
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

#[tokio::test]
async fn the_day_of_the_last_use_is_noted() {
    let house = House::new().await;
    let long_ago = Some("2026-01-01".to_owned());
    let secret = stored(&house, |key| key.view.last_used = long_ago).await;
    let today = jiff::Timestamp::now().to_string();
    assert_eq!(me(&house, &secret).await.status, StatusCode::OK);
    let tenant = house.lucia().tenant;
    let key = house.aws.api_key(&tenant, &"key-stored".into()).await;
    let used = key.unwrap().unwrap().view.last_used.unwrap();
    let later = jiff::Timestamp::now().to_string();
    assert!([&today[..10], &later[..10]].contains(&used.as_str()));
}

#[tokio::test]
async fn a_key_that_is_good_is_listed_however_many_are_over_since() {
    let house = House::new().await;
    stored(&house, |key| key.view.id = "key-0-good".into()).await;
    let over = Some("2026-01-02T00:00:00.000Z".to_owned());
    for at in 1..=MAX_LISTED {
        stored(&house, |key| {
            key.view.id = format!("key-{at}").into();
            if at % 2 == 0 {
                key.view.expires_at.clone_from(&over);
            } else {
                key.view.revoked_at.clone_from(&over);
            }
        })
        .await;
    }
    let lucia = house.lucia();
    let list = house.ask(&lucia, Method::GET, "/v1/api-keys", None).await;
    let keys = list.body["keys"].as_array().unwrap();
    assert_eq!(keys.len(), MAX_LISTED + 1);
    assert_eq!(keys.last().unwrap()["id"], "key-0-good");
}

#[tokio::test]
async fn names_days_and_the_number_of_keys_have_bounds() {
    let house = House::new().await;
    let lucia = house.lucia();
    let with = |name: &str, value: Value| {
        let mut body = wish("operator");
        body[name] = value;
        body
    };
    for (body, field) in [
        (with("name", json!("  ")), "name"),
        (with("name", json!("x".repeat(81))), "name"),
        (with("name", json!("two\nlines")), "name"),
        (with("role", json!("owner")), "role"),
        (with("expiresInDays", json!(0)), "expiresInDays"),
        (with("expiresInDays", json!(366)), "expiresInDays"),
        (with("expiresInDays", json!(-1)), "expiresInDays"),
        (with("secret", json!("sk_mine")), "secret"),
    ] {
        let refused = make(&house, &lucia, body).await;
        assert_eq!(pair(&refused), (422, "Request.BadField"), "{field}");
        assert_eq!(refused.body["field"], field, "{}", refused.text);
    }
    let longest = make(&house, &lucia, with("expiresInDays", json!(365))).await;
    assert_eq!(longest.status, StatusCode::CREATED, "{}", longest.text);
    let at = |name: &str| -> jiff::Timestamp {
        let text = longest.body["key"][name].as_str().unwrap();
        text.parse().unwrap()
    };
    let life = at("expiresAt").as_second() - at("madeAt").as_second();
    assert_eq!(life, 365 * 24 * 60 * 60);

    for _ in 1..20 {
        made(&house, &lucia, "operator").await;
    }
    let full = make(&house, &lucia, wish("operator")).await;
    assert_eq!(pair(&full), (409, "ApiKey.TooMany"));
    let id = longest.body["key"]["id"].as_str().unwrap();
    let path = format!("/v1/api-keys/{id}");
    house.ask(&lucia, Method::DELETE, &path, None).await;
    // Of some at once one is the twentieth, and no other is made.
    let at_once = (0..4).map(|_| make(&house, &lucia, wish("operator")));
    let told = join_all(at_once).await;
    let mut told: Vec<u16> = told.iter().map(|answer| answer.status.as_u16()).collect();
    told.sort_unstable();
    assert_eq!(told, [201, 409, 409, 409]);
}
