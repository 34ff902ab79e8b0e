//! The gateway's events as it sends them, over a real store.
use super::*;
use crate::house::House;
use crate::people::Caller;
use crate::ports::connections::MAX_PER_PERSON;
use axum::http::Method;
use contract::view::Phase;

fn event(route: &str, id: &str, extra: Value) -> Value {
    let mut event = json!({
        "requestContext": { "routeKey": route, "connectionId": id, "eventType": "x", "stage": "$default", "connectedAt": 1 },
        "isBase64Encoded": false,
    });
    for (name, value) in extra.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

async fn connect_with(house: &House, id: &str, offer: &str) -> Value {
    let headers = json!({ "headers": { "Host": "localhost", "sec-websocket-protocol": offer } });
    handle(&*house.aws, &house.keys, event("$connect", id, headers))
        .await
        .unwrap()
}

/// Somebody who is signed in opens a connection.
async fn connect(house: &House, caller: &Caller, id: &str) -> Value {
    house.sign_in(caller).await;
    reconnect(house, caller, id).await
}

async fn reconnect(house: &House, caller: &Caller, id: &str) -> Value {
    connect_with(
        house,
        id,
        &format!("strowger, {}, device.tab-12345678", house.token(caller, 0)),
    )
    .await
}

async fn say(house: &House, id: &str, text: &str) -> Value {
    handle(
        &*house.aws,
        &house.keys,
        event("$default", id, json!({ "body": text })),
    )
    .await
    .unwrap();
    house.asked().posted[id].last().unwrap().clone()
}

#[tokio::test]
async fn a_good_token_opens_a_connection() {
    let house = House::new().await;
    let answer = connect(&house, &house.anna(), "c1").await;
    assert_eq!(
        answer,
        json!({ "statusCode": 200, "headers": { "Sec-WebSocket-Protocol": "strowger" } })
    );
    let known = house.aws.connection("c1").await.unwrap().unwrap();
    assert_eq!(
        (known.person, known.device.as_str()),
        (house.anna().person, "tab-12345678")
    );
    assert!(known.expires > known.since);
}

#[tokio::test]
async fn who_has_signed_out_opens_nothing_though_the_token_lasts() {
    let house = House::new().await;
    let anna = house.anna();
    assert_eq!(connect(&house, &anna, "c1").await["statusCode"], 200);
    house.aws.end_session(&anna.session).await.unwrap();
    assert_eq!(reconnect(&house, &anna, "c2").await["statusCode"], 401);
}

#[tokio::test]
async fn a_programs_key_opens_no_socket() {
    let house = House::new().await;
    let body = json!({ "name": "CRM", "role": "administrator" });
    let path = "/v1/api-keys";
    let made = house
        .ask(&house.lucia(), Method::POST, path, Some(body))
        .await;
    let secret = made.body["secret"].as_str().unwrap();
    let offer = format!("strowger, {secret}, device.tab-12345678");
    let answer = connect_with(&house, "c1", &offer).await;
    assert_eq!(answer, json!({ "statusCode": 401 }));
}

#[tokio::test]
async fn without_a_good_token_nothing_opens() {
    let house = House::new().await;
    let (anna, ghost) = (
        house.anna(),
        Caller {
            person: "p-ghost".into(),
            ..house.anna()
        },
    );
    for (offer, status) in [
        (
            format!("strowger, {}, device.tab-12345678", house.token(&anna, 600)),
            401,
        ),
        (
            format!("strowger, {}x, device.tab-12345678", house.token(&anna, 0)),
            401,
        ),
        (
            format!("strowger, {}, device.tab-12345678", house.token(&ghost, 0)),
            401,
        ),
        ("strowger, nonsense, device.tab-12345678".to_owned(), 401),
        (format!("strowger, {}", house.token(&anna, 0)), 400),
        ("strowger".to_owned(), 400),
        (String::new(), 400),
    ] {
        assert_eq!(
            connect_with(&house, "c1", &offer).await,
            json!({ "statusCode": status }),
            "{offer}"
        );
    }
    let none = handle(&*house.aws, &house.keys, event("$connect", "c1", json!({})))
        .await
        .unwrap();
    assert_eq!(none, json!({ "statusCode": 400 }));
    assert_eq!(house.aws.connection("c1").await.unwrap(), None);
}

#[tokio::test]
async fn a_person_has_a_limited_number_of_connections() {
    let house = House::new().await;
    for index in 0..MAX_PER_PERSON {
        house.connect(&house.anna(), &format!("c{index}"), 60).await;
    }
    assert_eq!(
        connect(&house, &house.anna(), "more").await["statusCode"],
        429
    );
    assert_eq!(
        connect(&house, &house.wei(), "others").await["statusCode"],
        200
    );
    handle(
        &*house.aws,
        &house.keys,
        event("$disconnect", "c0", json!({})),
    )
    .await
    .unwrap();
    assert_eq!(
        connect(&house, &house.anna(), "more").await["statusCode"],
        200
    );
}

#[tokio::test]
async fn hello_is_answered_with_what_the_person_may_see() {
    let house = House::new().await;
    let eve = house.add_foreign_tenant().await;
    let call = house.place(&house.anna(), "p-tan-wei-ming").await;
    let over = house.place(&house.lucia(), "+41 44 555 01 77").await;
    house
        .change(&over.id, |record| record.view.phase = Phase::Ended)
        .await;
    for (caller, id, sees) in [
        (house.anna(), "anna", true),
        (house.wei(), "wei", true),
        (house.lucia(), "lucia", true),
        (eve, "eve", false),
    ] {
        assert_eq!(connect(&house, &caller, id).await["statusCode"], 200);
        let snapshot = say(&house, id, r#"{"type":"hello"}"#).await;
        assert_eq!(snapshot["type"], "snapshot");
        let calls: Vec<&str> = snapshot["calls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| call["id"].as_str().unwrap())
            .collect();
        assert_eq!(
            calls,
            if sees { vec![call.id.as_str()] } else { vec![] },
            "{id}"
        );
    }
}

#[tokio::test]
async fn ping_is_answered_and_nonsense_too() {
    let house = House::new().await;
    connect(&house, &house.anna(), "c1").await;
    assert_eq!(
        say(&house, "c1", r#"{"type":"ping"}"#).await,
        json!({ "type": "pong" })
    );
    let long = format!(r#"{{"type":"ping","x":"{}"}}"#, "x".repeat(5_000));
    for bad in [
        "",
        "hello",
        "{}",
        r#"{"type":"hello","tenant":"t-2"}"#,
        r#"{"type":"call"}"#,
        "[]",
        r#"["ping"]"#,
        &long,
    ] {
        let answer = say(&house, "c1", bad).await;
        assert_eq!(answer["type"], "error", "{bad}");
        assert!(
            answer["message"]
                .as_str()
                .is_some_and(|message| message.len() > 10)
        );
    }
}

#[tokio::test]
async fn what_has_closed_is_forgotten() {
    let house = House::new().await;
    connect(&house, &house.anna(), "c1").await;
    for _ in 0..2 {
        let answer = handle(
            &*house.aws,
            &house.keys,
            event("$disconnect", "c1", json!({})),
        )
        .await
        .unwrap();
        assert_eq!(answer, json!({ "statusCode": 200 }));
    }
    assert_eq!(house.aws.connection("c1").await.unwrap(), None);
    assert_eq!(
        say(&house, "c1", r#"{"type":"hello"}"#).await["type"],
        "error"
    );
}

#[tokio::test]
async fn what_is_no_event_is_bad_input() {
    let house = House::new().await;
    let failure = handle(&*house.aws, &house.keys, json!({ "Records": [] }))
        .await
        .unwrap_err();
    assert_eq!(failure.name, "Contract.BadInput");
}
