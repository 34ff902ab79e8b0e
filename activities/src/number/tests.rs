//! Numbers of tenants in a real store, test calls, and carriers' notices.
use crate::carriers::config::{CarrierConfig, Place};
use crate::house::House;
use crate::ports::calls::Write;
use crate::ports::directory::Directory;
use crate::ports::numbers::{NumberRecord, Numbers, Standing, TestCall};
use crate::ports::requests::Requests;
use crate::request::{Begun, RequestRecord};
use crate::sma;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::number::{NumberError, NumberTestError, NumberTestInput};
use contract::request::Kind;
use contract::request::signal::{Accept, SignalName};
use contract::routing::Target;
use contract::{E164, PersonId, Role, TaskError, TenantId};
use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use serde_json::{Value, json};

const NUMBER: &str = "+41445551000";
const SHOWS: &str = "+5078330100";

fn number(text: &str) -> E164 {
    E164::parse(text).unwrap()
}

fn record(text: &str, tenant: &str) -> NumberRecord {
    NumberRecord {
        number: number(text),
        tenant: tenant.into(),
        person: None,
        group: None,
        flow: None,
        standing: Standing::Active,
        carrier: Some("telnyx".into()),
        country: Some("CH".into()),
        number_type: None,
        request: Some("no-1".into()),
        since: None,
        leaving: None,
    }
}

fn home() -> TenantId {
    crate::seed::sample::TENANT.into()
}

/// An order that waits, as the store has it.
async fn waiting(house: &House) -> RequestRecord {
    let begun = Begun {
        id: "no-1".into(),
        kind: Kind::NumberOrder,
        tenant: home(),
        person: None,
        title: "1 local number in CH".into(),
        details: Value::Null,
        numbers: Vec::new(),
        hidden: Value::Null,
    };
    let record = RequestRecord::new(begun, Timestamp::now());
    Requests::create(&*house.aws, &record).await.unwrap();
    record
}

/// The signals that wait: name and topic.
async fn signals(house: &House) -> Vec<(SignalName, Option<String>)> {
    let record = Requests::get(&*house.aws, &"no-1".into()).await.unwrap();
    let record = record.unwrap();
    let pending = record.inbox.pending();
    pending
        .map(|signal| (signal.name, signal.topic.clone()))
        .collect()
}

async fn numbers_of(house: &House, person: &str) -> Vec<String> {
    let found = house.aws.person(&home(), &PersonId::from(person)).await;
    let numbers = found.unwrap().unwrap().numbers;
    numbers.into_iter().map(String::from).collect()
}

#[tokio::test]
async fn a_number_rings_one_person_whose_list_has_it() {
    let house = House::new().await;
    let d = &*house.aws;
    let (anna, wei) = (
        PersonId::from("p-anna-keller"),
        PersonId::from("p-tan-wei-ming"),
    );
    assert_eq!(
        d.keep_number(&record(NUMBER, home().as_str()))
            .await
            .unwrap(),
        Write::Done
    );
    let (to_anna, to_wei) = (Target::Person(anna.clone()), Target::Person(wei.clone()));
    let before = numbers_of(&house, "p-anna-keller").await;
    for person in [
        Some(&to_anna),
        Some(&to_anna),
        Some(&Target::Person(wei.clone())),
    ] {
        let led = d.lead_number(&home(), &number(NUMBER), person).await;
        assert_eq!(led.unwrap(), Write::Done);
    }
    assert_eq!(numbers_of(&house, "p-anna-keller").await, before);
    assert!(
        numbers_of(&house, "p-tan-wei-ming")
            .await
            .contains(&NUMBER.to_owned())
    );
    // At once from several sides: one of them wins, and the lists agree with the number.
    let (number, home) = (number(NUMBER), home());
    let (a, b, c) = tokio::join!(
        d.lead_number(&home, &number, Some(&to_anna)),
        d.lead_number(&home, &number, None),
        d.lead_number(&home, &number, Some(&to_wei)),
    );
    assert!([a, b, c].into_iter().all(|led| led.unwrap() == Write::Done));
    let now = d.number_record(&number).await.unwrap().unwrap().person;
    for person in [&anna, &wei] {
        let listed = numbers_of(&house, person.as_str()).await;
        assert_eq!(
            listed.contains(&NUMBER.to_owned()),
            now.as_ref() == Some(person)
        );
    }
}

#[tokio::test]
async fn another_tenants_number_is_neither_kept_nor_led_nor_struck() {
    let house = House::new().await;
    house.add_foreign_tenant().await;
    let d = &*house.aws;
    let (number, other) = (number(NUMBER), TenantId::from("t-other"));
    d.keep_number(&record(NUMBER, home().as_str()))
        .await
        .unwrap();
    assert_eq!(
        d.keep_number(&record(NUMBER, "t-other")).await.unwrap(),
        Write::Conflict
    );
    let eve = PersonId::from("p-eve");
    assert_eq!(
        d.lead_number(&other, &number, Some(&Target::Person(eve.clone())))
            .await
            .unwrap(),
        Write::Conflict
    );
    let leaves = d.mark_leaving(&other, &number, &"nr-1".into(), true).await;
    assert_eq!(leaves.unwrap(), Write::Conflict);
    d.strike_number(&other, &number).await.unwrap();
    let left = d.number_record(&number).await.unwrap().unwrap();
    assert_eq!((left.tenant, left.standing), (home(), Standing::Active));
    // Nor does a person of another tenant ring for it.
    assert_eq!(
        d.lead_number(&home(), &number, Some(&Target::Person(eve.clone())))
            .await
            .unwrap(),
        Write::Conflict
    );
    let listed = d.numbers_of(&other, 100, None).await.unwrap();
    assert!(listed.numbers.is_empty());
}

#[tokio::test]
async fn a_number_leaves_by_one_request_and_can_come_back() {
    let house = House::new().await;
    let d = &*house.aws;
    let number = number(NUMBER);
    d.keep_number(&record(NUMBER, home().as_str()))
        .await
        .unwrap();
    let leave = |request: &'static str, leaves| {
        let (home, number) = (home(), number.clone());
        async move {
            d.mark_leaving(&home, &number, &request.into(), leaves)
                .await
                .unwrap()
        }
    };
    assert_eq!(leave("nr-1", true).await, Write::Done);
    assert_eq!(leave("nr-2", true).await, Write::Conflict);
    assert_eq!(leave("nr-1", false).await, Write::Done);
    assert_eq!(leave("nr-2", true).await, Write::Done);
    d.strike_number(&home(), &number).await.unwrap();
    assert_eq!(d.number_record(&number).await.unwrap(), None);
}

#[tokio::test]
async fn lists_go_on_where_they_stopped() {
    let house = House::new().await;
    let d = &*house.aws;
    for n in 0..5 {
        d.keep_number(&record(&format!("+4144555100{n}"), home().as_str()))
            .await
            .unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = d.numbers_of(&home(), 2, after.as_ref()).await.unwrap();
        seen.extend(page.numbers.into_iter().map(|each| each.number));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    // Three came with the sample.
    assert_eq!((seen.len(), &seen), (8, &sorted));
}

fn event(kind: &str, call: Option<&str>, from: &str, status: u16) -> Value {
    let arguments = call.map(|call| json!({ "call": call, "leg": "test" }));
    json!({
        "SchemaVersion": "1.0", "Sequence": 1, "InvocationEventType": kind,
        "ActionData": { "Type": "Hangup", "Parameters": { "SipResponseCode": status, "ParticipantTag": "LEG-A" } },
        "CallDetails": {
            "TransactionId": call.map_or("t-in", |_| "t-out"), "AwsAccountId": "1",
            "TransactionAttributes": arguments,
            "Participants": [{ "CallId": "a", "ParticipantTag": "LEG-A", "To": NUMBER, "From": from, "Status": "Connected" }],
        },
    })
}

/// A house in which a test call to the number is on its way.
async fn testing() -> (House, crate::aws::Aws) {
    let house = House::new().await;
    let mut aws = (*house.aws).clone();
    aws.names.test_call_from = Some(number(SHOWS));
    waiting(&house).await;
    let test = TestCall {
        test: "no-1-41445551000-1".into(),
        called: number(NUMBER),
        shows: number(SHOWS),
        request: "no-1".into(),
        until_s: Timestamp::now().as_second() + 60,
        dialled: true,
    };
    aws.note_test(&test).await.unwrap();
    (house, aws)
}

#[tokio::test]
async fn a_test_call_that_arrives_has_passed_and_rings_nobody() {
    let (house, aws) = testing().await;
    let arrived = event("NEW_INBOUND_CALL", None, SHOWS, 0);
    for _ in 0..2 {
        let answer = sma::tested::handle(&aws, "prompts", arrived.clone())
            .await
            .unwrap();
        let hangup = &answer["Actions"][0];
        assert_eq!(hangup["Type"], "Hangup");
        assert_eq!(hangup["Parameters"]["SipResponseCode"], "486");
    }
    // The end of the outgoing side comes after it and says nothing new.
    let over = event("HANGUP", Some("no-1-41445551000-1"), SHOWS, 486);
    sma::tested::handle(&aws, "prompts", over).await.unwrap();
    let passed = (SignalName::CallTested, Some("passed".to_owned()));
    assert_eq!(signals(&house).await, [passed]);
    assert!(
        house.asked().started.is_empty(),
        "no workflow rings anybody"
    );
}

#[tokio::test]
async fn a_test_call_that_does_not_arrive_has_failed() {
    let (house, aws) = testing().await;
    let older = event("HANGUP", Some("no-1-41445551000-0"), SHOWS, 404);
    sma::tested::handle(&aws, "prompts", older).await.unwrap();
    assert!(
        signals(&house).await.is_empty(),
        "an older one says nothing"
    );
    let answered = event("CALL_ANSWERED", Some("no-1-41445551000-1"), SHOWS, 0);
    let answer = sma::tested::handle(&aws, "prompts", answered)
        .await
        .unwrap();
    assert_eq!(
        answer["Actions"][0]["Type"], "Hangup",
        "somebody else has the number"
    );
    let over = event("HANGUP", Some("no-1-41445551000-1"), SHOWS, 404);
    sma::tested::handle(&aws, "prompts", over).await.unwrap();
    let failed = (SignalName::CallTested, Some("failed".to_owned()));
    assert_eq!(signals(&house).await, [failed]);
}

#[tokio::test]
async fn without_a_number_to_call_from_a_test_call_is_not_refused_but_not_made_here() {
    let (house, aws) = testing().await;
    let input = NumberTestInput {
        request: "no-1".into(),
        tenant: home(),
        number: number(NUMBER),
        attempt: 1,
    };
    let here = super::test_call::test(&*house.aws, input.clone()).await;
    assert_eq!(here, Err(NumberTestError::NotHere));
    assert_eq!(NumberTestError::NotHere.name(), "Test.NotHere");
    // Where calls are made, a number that is nobody's is refused.
    let foreign = super::test_call::test(&aws, input).await;
    assert!(
        matches!(
            foreign,
            Err(NumberTestError::Number(NumberError::Refused(_)))
        ),
        "{foreign:?}"
    );
    assert!(signals(&house).await.is_empty());
}

#[tokio::test]
async fn somebody_elses_call_to_a_number_under_test_is_a_call() {
    let (house, aws) = testing().await;
    let call = event("NEW_INBOUND_CALL", None, "+41790000000", 0);
    sma::tested::handle(&aws, "prompts", call).await.unwrap();
    assert!(signals(&house).await.is_empty());
    assert_eq!(house.asked().started.len(), 1);
}

fn notice(key: &SigningKey, at_s: i64, body: &str) -> Request<Body> {
    let signature = key.sign(format!("{at_s}|{body}").as_bytes()).to_bytes();
    Request::builder()
        .method(Method::POST)
        .uri("/v1/carriers/telnyx/notices")
        .header("telnyx-timestamp", at_s.to_string())
        .header("telnyx-signature-ed25519", STANDARD.encode(signature))
        .body(Body::from(body.to_owned()))
        .unwrap()
}

#[tokio::test]
async fn a_signed_notice_is_told_once_and_an_unsigned_one_never() {
    let key = SigningKey::from_bytes(&[9; 32]);
    let telnyx = CarrierConfig {
        id: "telnyx".into(),
        place: Place::Telnyx {
            endpoint: "http://127.0.0.1:1".into(),
            api_key: "key".into(),
            connection_id: None,
            public_key: Some(STANDARD.encode(key.verifying_key().as_bytes())),
        },
    };
    let house = House::new().await.with_carriers(vec![telnyx]);
    waiting(&house).await;
    let now = Timestamp::now().as_second();
    let body = r#"{"data":{"id":"e-1","event_type":"number_order.complete",
        "payload":{"id":"o-1","status":"success","customer_reference":"no-1"}}}"#;
    for _ in 0..2 {
        let answer = house.send(notice(&key, now, body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    let told = (SignalName::CarrierNotice, Some("success".to_owned()));
    assert_eq!(signals(&house).await, [told]);
    let accept = Accept::try_from("carrier.notice@success".to_owned()).unwrap();
    let record = Requests::get(&*house.aws, &"no-1".into())
        .await
        .unwrap()
        .unwrap();
    assert!(record.inbox.pending().all(|signal| accept.takes(signal)));

    let others = SigningKey::from_bytes(&[8; 32]);
    for bad in [notice(&others, now, body), notice(&key, now - 400, body)] {
        let answer = house.send(bad).await;
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::UNAUTHORIZED, "Notice.NotBelieved")
        );
    }
    let unread = house.send(notice(&key, now, "{}")).await;
    assert_eq!(
        (unread.status, unread.error()),
        (StatusCode::BAD_REQUEST, "Notice.Unreadable")
    );
    // Of nobody's order: taken, so that it does not come for ever.
    let stranger = body.replace("no-1", "no-2").replace("e-1", "e-2");
    assert_eq!(
        house.send(notice(&key, now, &stranger)).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn numbers_and_orders_are_an_administrators_and_of_their_own_tenant_only() {
    let house = House::new().await;
    let foreign = house.add_foreign_tenant().await;
    waiting(&house).await;
    house
        .aws
        .keep_number(&record(NUMBER, home().as_str()))
        .await
        .unwrap();
    let administrator = |caller: crate::people::Caller| crate::people::Caller {
        role: Role::Administrator,
        ..caller
    };
    let (lucia, eve) = (administrator(house.lucia()), administrator(foreign));
    let operator = crate::people::Caller {
        role: Role::Operator,
        ..house.lucia()
    };
    let get = |path: &'static str| (Method::GET, path, None::<Value>);
    let assign = |person: Value| {
        (
            Method::PATCH,
            "/v1/numbers/41445551000",
            Some(json!({ "person": person })),
        )
    };
    for (caller, (method, path, body), status, error) in [
        (&house.anna(), get("/v1/numbers"), 403, "Role.NotAllowed"),
        (&operator, get("/v1/number-orders"), 403, "Role.NotAllowed"),
        (
            &house.anna(),
            get("/v1/number-orders/no-1"),
            404,
            "Request.NotFound",
        ),
        (&eve, get("/v1/number-orders/no-1"), 404, "Request.NotFound"),
        (
            &eve,
            (Method::POST, "/v1/number-orders/no-1/cancel", None),
            404,
            "Request.NotFound",
        ),
        (&eve, assign(Value::Null), 404, "Number.NotFound"),
        (
            &eve,
            (Method::POST, "/v1/numbers/41445551000/release", None),
            404,
            "Number.NotFound",
        ),
        (&lucia, assign(json!("p-eve")), 404, "Person.NotFound"),
        (&lucia, get("/v1/number-orders/no-1"), 200, ""),
        (&lucia, assign(json!("p-anna-keller")), 200, ""),
        (
            &lucia,
            (Method::POST, "/v1/number-orders/no-1/cancel", None),
            409,
            "Request.NotNow",
        ),
    ] {
        let answer = house.ask(caller, method.clone(), path, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (status, error),
            "{method} {path}"
        );
    }
    let listed = house.ask(&eve, Method::GET, "/v1/numbers", None).await;
    assert_eq!(listed.body["numbers"], json!([]));
    assert!(
        numbers_of(&house, "p-anna-keller")
            .await
            .contains(&NUMBER.to_owned())
    );
}

#[tokio::test]
async fn an_order_is_cancelled_where_its_workflow_takes_that_and_nowhere_else() {
    let house = House::new().await;
    waiting(&house).await;
    let lucia = house.lucia();
    let cancel = |caller: crate::people::Caller| {
        let house = &house;
        async move {
            let path = "/v1/number-orders/no-1/cancel";
            let answer = house.ask(&caller, Method::POST, path, None).await;
            (answer.status.as_u16(), answer.error().to_owned())
        }
    };
    let turn = |round: u32, accepts: &'static str| {
        let house = &house;
        async move {
            let input = json!({
                "token": "token", "request": "no-1", "state": "Testing", "round": round, "attempt": 0, "received": 0,
                "status": "testing", "owner": "platform", "nextAction": "Wait", "accepts": [accepts],
            });
            let input = serde_json::from_value(input).unwrap();
            crate::request::turn::turn(&*house.aws, input)
                .await
                .unwrap();
        }
    };
    // While a test call is under way it cannot be cancelled; between two it can, though its status is the same.
    turn(1, "call.tested").await;
    let not_now = (409, "Request.NotNow".to_owned());
    assert_eq!(cancel(lucia.clone()).await, not_now);
    turn(2, "request.cancel").await;
    assert_eq!(cancel(lucia.clone()).await, (202, String::new()));
    let told = house.asked().completed.last().cloned().unwrap();
    assert_eq!(told["name"], "request.cancel");

    let id = contract::RequestId::from("no-1");
    let stalled = Requests::update(&*house.aws, &id, |record| {
        record.stall("The workflow failed", Timestamp::now());
    });
    stalled.await.unwrap();
    assert_eq!(cancel(lucia.clone()).await, not_now);
    let failed = ("no-1".to_owned(), "FAILED".to_owned());
    house.asked().statuses.extend([failed]);
    let staff = crate::people::Caller {
        role: Role::Staff,
        ..lucia
    };
    assert_eq!(cancel(staff).await, (202, String::new()));
    let ends = Requests::get(&*house.aws, &id).await.unwrap().unwrap();
    assert_eq!((ends.view.status.as_str(), ends.taken_over), ("ending", 1));
}

#[test]
fn one_number_and_many_are_told_in_words() {
    assert_eq!(super::counted(1, "local"), "1 local number");
    assert_eq!(super::counted(10, "toll_free"), "10 toll-free numbers");
    assert_eq!(super::counted(2, ""), "2 numbers");
}

#[test]
fn a_late_carrier_is_waited_for_until_a_day_or_cancelled() {
    let form = crate::forms::find("carrier-late").unwrap();
    let now = "2026-11-20T12:00:00Z".parse().unwrap();
    for good in [
        json!({ "decision": "wait", "until": "2026-12-01" }),
        json!({ "decision": "cancel", "note": "They do not know when." }),
    ] {
        assert_eq!(form.check(&good, now), Ok(()), "{good}");
    }
    for bad in [
        json!({ "decision": "wait" }),
        json!({ "decision": "wait", "until": "2026-02-31" }),
        json!({ "decision": "wait", "until": "2026-11-01" }),
        json!({ "decision": "forget" }),
    ] {
        assert!(form.check(&bad, now).is_err(), "{bad}");
    }
}
