//! Webhooks over the API.
use crate::house::House;
use crate::people::Caller;
use crate::ports::calls::Write;
use crate::ports::webhooks::{Delivery, Webhook, Webhooks};
use axum::http::{Method, StatusCode};
use contract::webhook::DeliveryState;
use contract::{DeliveryId, Role, WebhookId};
use serde_json::{Value, json};

const URL: &str = "https://example.test/hooks";

fn administrator(house: &House) -> Caller {
    Caller {
        role: Role::Administrator,
        ..house.lucia()
    }
}

async fn made(house: &House, caller: &Caller) -> Value {
    let new = json!({ "url": URL, "kinds": ["port-in"] });
    let answer = house
        .ask(caller, Method::POST, "/v1/webhooks", Some(new))
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.body
}

#[tokio::test]
async fn a_webhook_is_made_once_and_its_secret_is_told_only_then_and_when_rotated() {
    let house = House::new().await;
    let caller = administrator(&house);
    let new = json!({ "url": URL, "kinds": ["port-in"] });
    let make = |body: Value| {
        house.ask_with_key(
            &caller,
            Method::POST,
            "/v1/webhooks",
            Some(body),
            "key-12345",
        )
    };
    let first = make(new.clone()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = async || {
        let again = make(new.clone()).await;
        assert_eq!(again.status, StatusCode::OK, "{}", again.text);
        assert_eq!(again.body, json!({ "webhook": first.body["webhook"] }));
    };
    again().await;
    let other = make(json!({ "url": "https://example.test/other" })).await;
    assert_eq!(
        (other.status, other.error()),
        (StatusCode::CONFLICT, "Request.KeyReused")
    );
    let secret = first.body["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"));

    let listed = house.ask(&caller, Method::GET, "/v1/webhooks", None).await;
    assert_eq!(listed.body["webhooks"], json!([first.body["webhook"]]));
    assert!(!listed.text.contains("whsec_"));
    let path = format!(
        "/v1/webhooks/{}",
        first.body["webhook"]["id"].as_str().unwrap()
    );
    let rotated = house
        .ask(&caller, Method::POST, &format!("{path}/secret"), None)
        .await;
    assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.text);
    assert_ne!(rotated.body["secret"], secret);
    again().await;
    let removed = house.ask(&caller, Method::DELETE, &path, None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(
        house.ask(&caller, Method::GET, &path, None).await.error(),
        "Webhook.NotFound"
    );
}

#[tokio::test]
async fn a_webhook_hears_of_each_kind_once() {
    let house = House::new().await;
    let caller = administrator(&house);
    let ask = async |kinds: Value| {
        let new = json!({ "url": URL, "kinds": kinds });
        let path = "/v1/webhooks";
        house.ask(&caller, Method::POST, path, Some(new)).await
    };
    let twice = ask(json!(["port-in", "number-order", "port-in"])).await;
    assert_eq!(
        (twice.status, twice.error(), &twice.body["field"]),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            "Request.BadField",
            &json!("kinds[2]")
        )
    );
    let once = ask(json!(["port-in", "number-order"])).await;
    assert_eq!(once.status, StatusCode::CREATED, "{}", once.text);
}

#[tokio::test]
async fn a_secret_is_made_anew_while_fewer_than_ten_sign_and_then_when_the_first_day_is_over() {
    let house = House::new().await;
    let caller = administrator(&house);
    let id = WebhookId::from(
        made(&house, &caller).await["webhook"]["id"]
            .as_str()
            .unwrap(),
    );
    let path = format!("/v1/webhooks/{id}/secret");
    let rotate = || house.ask(&caller, Method::POST, &path, None);
    let stored = async || {
        let known = house.aws.webhook(&caller.tenant, &id).await;
        known.unwrap().unwrap()
    };
    for _ in 0..9 {
        let rotated = rotate().await;
        assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.text);
    }
    let before = stored().await;
    let refused = rotate().await;
    assert_eq!(
        (refused.status, refused.error()),
        (StatusCode::TOO_MANY_REQUESTS, "Webhook.TooManySecrets")
    );
    let wait = refused.headers["retry-after"].to_str().unwrap();
    let wait_s: i64 = wait.parse().unwrap();
    assert!((1..=24 * 60 * 60).contains(&wait_s), "{wait}");
    assert_eq!(stored().await, before, "all ten sign on");
    // The day of the first is over.
    let over = |webhook: &mut Webhook| {
        webhook.older.last_mut().unwrap().until = "2020-01-01T00:00:00.000Z".to_owned();
    };
    let changed = house.aws.change_webhook(&caller.tenant, &id, over).await;
    changed.unwrap().unwrap();
    assert_eq!(rotate().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_test_and_a_replay_are_deliveries_in_the_log() {
    let house = House::new().await;
    let caller = administrator(&house);
    let id = made(&house, &caller).await["webhook"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/webhooks/{id}");
    let tested = house
        .ask(&caller, Method::POST, &format!("{path}/test"), None)
        .await;
    assert_eq!(tested.status, StatusCode::ACCEPTED, "{}", tested.text);
    let first = tested.body["id"].as_str().unwrap().to_owned();
    let replay = format!("{path}/deliveries/{first}/replay");
    let replayed = house.ask(&caller, Method::POST, &replay, None).await;
    assert_eq!(replayed.status, StatusCode::ACCEPTED, "{}", replayed.text);
    assert_eq!(replayed.body["message"], tested.body["message"]);
    assert_eq!(replayed.body["body"], tested.body["body"]);
    assert_ne!(replayed.body["id"], tested.body["id"]);
    let started: Vec<_> = house
        .asked()
        .started
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    assert_eq!(
        started,
        [first, replayed.body["id"].as_str().unwrap().to_owned()]
    );
    let log = house
        .ask(&caller, Method::GET, &format!("{path}/deliveries"), None)
        .await;
    assert_eq!(log.body["deliveries"].as_array().unwrap().len(), 2);
    assert_eq!(log.body["deliveries"][0]["state"], "pending");

    let off = Some(json!({ "enabled": false }));
    let switched = house.ask(&caller, Method::PATCH, &path, off).await;
    assert_eq!(switched.body["enabled"], false, "{}", switched.text);
    for path in [format!("{path}/test"), replay] {
        let refused = house.ask(&caller, Method::POST, &path, None).await;
        assert_eq!(refused.error(), "Webhook.Disabled", "{path}");
    }
}

#[tokio::test]
async fn a_test_or_a_replay_that_is_asked_for_twice_with_one_key_is_one_delivery() {
    let house = House::new().await;
    let caller = administrator(&house);
    let id = made(&house, &caller).await["webhook"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/webhooks/{id}");
    let post = |path: String, key: &'static str| {
        let (house, caller) = (&house, &caller);
        async move {
            house
                .ask_with_key(caller, Method::POST, &path, None, key)
                .await
        }
    };
    let test = format!("{path}/test");
    let tested = post(test.clone(), "key-of-a-test").await;
    assert_eq!(tested.status, StatusCode::ACCEPTED, "{}", tested.text);
    assert_eq!(post(test, "key-of-a-test").await.body, tested.body);
    let replay = format!(
        "{path}/deliveries/{}/replay",
        tested.body["id"].as_str().unwrap()
    );
    let replayed = post(replay.clone(), "key-of-a-replay").await;
    assert_eq!(replayed.status, StatusCode::ACCEPTED, "{}", replayed.text);
    assert_eq!(
        post(replay.clone(), "key-of-a-replay").await.body,
        replayed.body
    );
    let reused = post(replay, "key-of-a-test").await;
    assert_eq!(
        (reused.status, reused.error()),
        (StatusCode::CONFLICT, "Request.KeyReused")
    );
    let log = house
        .ask(&caller, Method::GET, &format!("{path}/deliveries"), None)
        .await;
    let deliveries = log.body["deliveries"].as_array().unwrap();
    assert_eq!(deliveries.len(), 2, "{}", log.text);
    assert!(deliveries.contains(&tested.body) && deliveries.contains(&replayed.body));
    let started = house.asked().started.clone();
    assert!(started.iter().all(|(_, input)| input["timeScale"] == 1));
}

/// A delivery of a webhook as it is stored.
async fn delivery(house: &House, webhook: &str, told: &Value) -> Delivery {
    let id = DeliveryId::from(told["id"].as_str().unwrap());
    let known = house.aws.delivery(&webhook.into(), &id).await;
    known.unwrap().unwrap()
}

#[tokio::test]
async fn a_webhook_that_takes_nothing_is_asked_for_ten_times_and_again_once_one_is_taken() {
    let house = House::new().await;
    let caller = administrator(&house);
    let id = made(&house, &caller).await["webhook"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/webhooks/{id}");
    let test: &str = &format!("{path}/test");
    let post = async |path: &str, key: String| {
        house
            .ask_with_key(&caller, Method::POST, path, None, &key)
            .await
    };
    let mut begun = Vec::new();
    for at in 0..10 {
        let tested = post(test, format!("key-of-test-{at}")).await;
        assert_eq!(tested.status, StatusCode::ACCEPTED, "{}", tested.text);
        begun.push(tested.body);
    }
    let first = delivery(&house, &id, &begun[0]).await;
    let replay: &str = &format!("{path}/deliveries/{}/replay", first.id);
    for (path, key) in [(test, "key-of-test-10"), (replay, "key-of-a-replay")] {
        let refused = post(path, key.to_owned()).await;
        assert_eq!(
            (refused.status, refused.error()),
            (StatusCode::TOO_MANY_REQUESTS, "Webhook.TooManyPending"),
            "{path}"
        );
        let wait = refused.headers["retry-after"].to_str().unwrap();
        let wait_s: i64 = wait.parse().unwrap();
        assert!((1..=60 * 60).contains(&wait_s), "{wait}");
    }
    assert_eq!(house.asked().started.len(), 10, "no other has begun");
    let again = post(test, "key-of-test-0".to_owned()).await;
    assert_eq!(
        (again.status, &again.body),
        (StatusCode::ACCEPTED, &begun[0])
    );
    let taken = |delivery: &mut Delivery| delivery.state = DeliveryState::Delivered;
    let changed = house.aws.change_delivery(&first.webhook, &first.id, taken);
    changed.await.unwrap().unwrap();
    let tested = post(test, "key-of-test-10".to_owned()).await;
    assert_eq!(tested.status, StatusCode::ACCEPTED, "{}", tested.text);
}

#[tokio::test]
async fn the_log_is_read_part_by_part() {
    let house = House::new().await;
    let caller = administrator(&house);
    let id = made(&house, &caller).await["webhook"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let test = format!("/v1/webhooks/{id}/test");
    let tested = house.ask(&caller, Method::POST, &test, None).await;
    let newest = delivery(&house, &id, &tested.body).await;
    for at in 1..60 {
        let before = Delivery {
            id: DeliveryId(format!("{at:013}-before")),
            ..newest.clone()
        };
        let put = house.aws.put_delivery(&before, 0).await;
        assert_eq!(put.unwrap(), Write::Done);
    }
    let path = format!("/v1/webhooks/{id}/deliveries");
    let first = house.ask(&caller, Method::GET, &path, None).await;
    let next = first.body["next"].as_str().unwrap();
    let second = house
        .ask(&caller, Method::GET, &format!("{path}?next={next}"), None)
        .await;
    let ids = |body: &Value| -> Vec<String> {
        let all = body["deliveries"].as_array().unwrap();
        all.iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut all = ids(&first.body);
    assert_eq!((all.len(), ids(&second.body).len()), (50, 10));
    all.extend(ids(&second.body));
    assert!(
        all.windows(2).all(|pair| pair[0] > pair[1]),
        "newest first, none twice"
    );
    assert!(second.body.get("next").is_none());
}

#[tokio::test]
async fn others_and_other_tenants_are_kept_out() {
    let house = House::new().await;
    let caller = administrator(&house);
    let id = made(&house, &caller).await["webhook"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let foreign = Caller {
        role: Role::Administrator,
        ..house.add_foreign_tenant().await
    };
    let key = Some(json!({ "enabled": false }));
    for (method, rest, body) in [
        (Method::GET, "", None),
        (Method::PATCH, "", key),
        (Method::DELETE, "", None),
        (Method::POST, "/secret", None),
        (Method::POST, "/test", None),
        (Method::GET, "/deliveries", None),
        (Method::POST, "/deliveries/x/replay", None),
    ] {
        let path = format!("/v1/webhooks/{id}{rest}");
        let theirs = house
            .ask(&foreign, method.clone(), &path, body.clone())
            .await;
        assert_eq!(theirs.error(), "Webhook.NotFound", "{method} {path}");
        let member = house.ask(&house.anna(), method.clone(), &path, body).await;
        assert_eq!(member.error(), "Webhook.NotAllowed", "{method} {path}");
    }
}

#[tokio::test]
async fn a_bad_field_is_named() {
    let house = House::new().await;
    let caller = administrator(&house);
    for (body, field) in [
        (json!({ "url": "http://example.test" }), "url"),
        (json!({ "url": "https://169.254.169.254/" }), "url"),
        (json!({ "url": URL, "kinds": ["calls"] }), "kinds[0]"),
        (json!({ "url": URL, "colour": "red" }), "colour"),
        (json!({}), "url"),
    ] {
        let refused = house
            .ask(&caller, Method::POST, "/v1/webhooks", Some(body.clone()))
            .await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{body}: {}",
            refused.text
        );
        assert_eq!(refused.body["field"], field, "{body}: {}", refused.text);
    }
    for _ in 0..10 {
        made(&house, &caller).await;
    }
    let new = Some(json!({ "url": URL }));
    let full = house.ask(&caller, Method::POST, "/v1/webhooks", new).await;
    assert_eq!(full.error(), "Webhook.TooMany");
}
