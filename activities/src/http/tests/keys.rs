//! API keys: made by people, and good until they are over. What programs do by them is in [`programs`].
mod programs;

use crate::house::{Answer, House};
use crate::people::{Caller, api_keys};
use crate::ports::api_keys::{ApiKey, ApiKeys, MAX_LISTED};
use crate::ports::calls::Write;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use contract::api::keys::ApiKeyView;
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
    let roles = "one of person, operator, administrator";
    assert!(refused.text.contains(roles), "{}", refused.text);
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
