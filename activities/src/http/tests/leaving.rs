//! Port-outs that an operator writes down.
use super::requesting::staff;
use crate::carriers::config::{CarrierConfig, Place};
use crate::house::{Answer, House};
use crate::people::Caller;
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use crate::ports::requests::Requests;
use axum::http::{Method, StatusCode};
use contract::E164;
use serde_json::{Value, json};

const PATH: &str = "/v1/port-outs";
const OURS: [&str; 2] = ["+12125550142", "+12125550143"];
const THEIRS: &str = "+12125550144";
const OF_TELNYX: &str = "+12125550145";
const OF_NO_CARRIER: &str = "+12125550146";
const A: &str = crate::seed::sample::TENANT;
const B: &str = "t-other";
const PIN: &str = "864213579";
const NAME: &str = "Isthmus Trading";

/// A house with numbers of two customers at Chime, one at Telnyx, and one that came with it.
async fn house() -> House {
    let telnyx = Place::Telnyx {
        endpoint: "http://127.0.0.1:1".to_owned(),
        api_key: "key".to_owned(),
        connection_id: None,
        public_key: None,
    };
    let carrier = |id: &str, place| CarrierConfig {
        id: id.into(),
        place,
    };
    let carriers = vec![carrier("chime", Place::Chime), carrier("telnyx", telnyx)];
    let house = House::new().await.with_carriers(carriers);
    for (number, tenant, carrier) in [
        (OURS[0], A, Some("chime")),
        (OURS[1], A, Some("chime")),
        (THEIRS, B, Some("chime")),
        (OF_TELNYX, A, Some("telnyx")),
        (OF_NO_CARRIER, A, None),
    ] {
        let record = NumberRecord {
            number: E164::parse(number).unwrap(),
            tenant: tenant.into(),
            person: None,
            group: None,
            flow: None,
            standing: Standing::Active,
            carrier: carrier.map(Into::into),
            country: None,
            number_type: None,
            request: None,
            since: None,
            leaving: None,
        };
        house.aws.keep_number(&record).await.unwrap();
    }
    house
}

fn body(numbers: &[&str], more: Value) -> Value {
    let mut body =
        json!({ "numbers": numbers, "gaining": "Other Telecom", "externalId": "case-4711" });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn record(house: &House, who: &Caller, body: Value, key: &str) -> Answer {
    house
        .ask_with_key(who, Method::POST, PATH, Some(body), key)
        .await
}

fn refused(answer: &Answer, status: StatusCode, error: &str, field: &Value) {
    assert_eq!(
        (answer.status, answer.error(), &answer.body["field"]),
        (status, error, field),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_port_out_is_written_down_once_with_a_request_for_each_customer() {
    let house = house().await;
    let ruth = staff(&house);
    let more = json!({
        "endUser": NAME, "accountNumber": A, "pin": PIN, "requestedFoc": "2999-01-20T09:00:00+01:00",
    });
    let wish = || body(&[OURS[0], THEIRS, OURS[1]], more.clone());
    let first = record(&house, &ruth, wish(), "key-00000001").await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text);
    assert_eq!(
        first.headers["location"],
        "/v1/port-outs/po-chime-case-4711"
    );
    let requests = first.body["requests"].as_array().unwrap();
    let seen: Vec<_> = requests
        .iter()
        .map(|one| {
            let numbers = one["numbers"].as_array().unwrap().iter();
            let numbers: Vec<_> = numbers
                .map(|line| line["number"].as_str().unwrap())
                .collect();
            (
                one["id"].as_str().unwrap(),
                one["tenant"].as_str().unwrap(),
                numbers,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("po-chime-case-4711", A, OURS.to_vec()),
            ("po-chime-case-4711-2", B, vec![THEIRS]),
        ]
    );
    let details = &requests[0]["details"];
    assert_eq!(
        (
            &details["byHand"],
            &details["carrier"],
            &details["requestedFoc"]
        ),
        (
            &json!(true),
            &json!("chime"),
            &json!("2999-01-20T08:00:00.000Z")
        )
    );

    let again = record(&house, &ruth, wish(), "key-00000001").await;
    assert_eq!(again.body, first.body, "sent again it is the same");
    let started = house.asked().started.clone();
    assert_eq!(started.len(), 2);
    // The PIN is kept, and shown to nobody.
    let id = "po-chime-case-4711".into();
    let kept = Requests::get(&*house.aws, &id);
    assert_eq!(kept.await.unwrap().unwrap().hidden["pin"], PIN);
    let path = format!("{PATH}/po-chime-case-4711");
    let shown = house.ask(&house.lucia(), Method::GET, &path, None).await;
    for text in [&first.text, &shown.text, &json!(started).to_string()] {
        assert!(!text.contains(PIN), "{text}");
    }
    assert!(!shown.text.contains(THEIRS), "{}", shown.text);
    let line = shown.body["timeline"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&line["person"], &line["by"]),
        (&json!(ruth.person), &json!("operator"))
    );

    let other = record(&house, &ruth, body(&OURS, json!({})), "key-00000001").await;
    refused(
        &other,
        StatusCode::CONFLICT,
        "Request.KeyReused",
        &json!("Idempotency-Key"),
    );
    let twice = record(&house, &ruth, wish(), "key-00000002").await;
    refused(
        &twice,
        StatusCode::CONFLICT,
        "PortOut.Known",
        &json!("externalId"),
    );
    assert!(twice.text.contains("po-chime-case-4711"), "{}", twice.text);
    assert_eq!(house.asked().started.len(), 2);
}

#[tokio::test]
async fn whom_it_names_is_shown_to_its_one_customer_and_of_several_to_none() {
    let house = house().await;
    let ruth = staff(&house);
    let lucia = house.lucia();
    let of_b = Caller {
        tenant: B.into(),
        ..house.lucia()
    };
    let named = |case: &str| json!({ "endUser": NAME, "accountNumber": A, "externalId": case });
    let both = body(&[OURS[0], THEIRS], named("case-1"));
    let both = record(&house, &ruth, both, "key-00000001").await;
    assert_eq!(both.status, StatusCode::ACCEPTED, "{}", both.text);
    for (who, id) in [(&lucia, "po-chime-case-1"), (&of_b, "po-chime-case-1-2")] {
        let path = format!("{PATH}/{id}");
        let shown = house.ask(who, Method::GET, &path, None).await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
        let details = &shown.body["details"];
        assert_eq!(details["accountNumber"], Value::Null, "{id}");
        assert!(!shown.text.contains(NAME), "{}", shown.text);
    }
    let one = record(&house, &ruth, body(&OURS, named("case-2")), "key-00000002").await;
    let details = &one.body["requests"][0]["details"];
    assert_eq!(
        (&details["endUser"], &details["accountNumber"]),
        (&json!(NAME), &json!(A)),
        "{}",
        one.text
    );
}

#[tokio::test]
async fn what_is_wrong_in_it_is_named_and_nothing_begins() {
    let house = house().await;
    let ruth = staff(&house);
    let long = |count: usize| "x".repeat(count);
    for (numbers, more, field) in [
        (vec![], json!({}), "numbers"),
        (vec![OURS[0], OURS[0]], json!({}), "numbers[1]"),
        // In nobody's service here, of another carrier, of none.
        (vec![OURS[0], "+12125550199"], json!({}), "numbers[1]"),
        (vec![OURS[0], OF_TELNYX], json!({}), "numbers[1]"),
        (vec![OF_NO_CARRIER], json!({}), "numbers[0]"),
        // A carrier that tells of its port-outs by itself.
        (vec![OF_TELNYX], json!({}), "numbers[0]"),
        (vec![OURS[0]], json!({ "gaining": " " }), "gaining"),
        (vec![OURS[0]], json!({ "gaining": long(201) }), "gaining"),
        (vec![OURS[0]], json!({ "externalId": "a b" }), "externalId"),
        (vec![OURS[0]], json!({ "externalId": "a_b" }), "externalId"),
        (
            vec![OURS[0]],
            json!({ "externalId": long(45) }),
            "externalId",
        ),
        (vec![OURS[0]], json!({ "endUser": "" }), "endUser"),
        (vec![OURS[0]], json!({ "pin": long(41) }), "pin"),
        (
            vec![OURS[0]],
            json!({ "accountNumber": long(61) }),
            "accountNumber",
        ),
        (
            vec![OURS[0]],
            json!({ "requestedFoc": "soon" }),
            "requestedFoc",
        ),
        (
            vec![OURS[0]],
            json!({ "answerBy": "2020-01-01T10:00:00Z" }),
            "answerBy",
        ),
        (vec![OURS[0]], json!({ "answerBy": "tomorrow" }), "answerBy"),
    ] {
        let key = uuid::Uuid::new_v4().simple().to_string();
        let answer = record(&house, &ruth, body(&numbers, more), &key).await;
        refused(
            &answer,
            StatusCode::UNPROCESSABLE_ENTITY,
            "Request.BadField",
            &json!(field),
        );
    }
    assert!(house.asked().started.is_empty());
}

#[tokio::test]
async fn what_the_carrier_says_is_written_down_at_any_time() {
    let house = house().await;
    let ruth = staff(&house);
    let begun = record(&house, &ruth, body(&OURS, json!({})), "key-00000001").await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
    let path = format!("{PATH}/po-chime-case-4711/standing");
    let says = |who: Caller, said: Value| {
        let (house, path) = (&house, path.as_str());
        async move { house.ask(&who, Method::POST, path, Some(said)).await }
    };
    let ported = json!({ "status": "ported" });
    let lucia = says(house.lucia(), ported.clone()).await;
    refused(
        &lucia,
        StatusCode::FORBIDDEN,
        "Role.NotAllowed",
        &Value::Null,
    );
    for (said, field) in [
        (json!({ "status": "authorised" }), "foc"),
        (json!({ "status": "authorised", "foc": "soon" }), "foc"),
        (json!({ "status": "ported", "foc": "soon" }), "foc"),
        (
            json!({ "status": "ported", "note": "x".repeat(1_001) }),
            "note",
        ),
        (json!({ "status": "gone" }), "status"),
    ] {
        let answer = says(ruth.clone(), said).await;
        refused(
            &answer,
            StatusCode::UNPROCESSABLE_ENTITY,
            "Request.BadField",
            &json!(field),
        );
    }
    let said = json!({ "status": "authorised", "foc": "2999-01-20T09:00:00Z", "note": "moved" });
    let done = says(ruth.clone(), said.clone()).await;
    assert_eq!(done.status, StatusCode::ACCEPTED, "{}", done.text);
    let id = "po-chime-case-4711".into();
    let kept = Requests::get(&*house.aws, &id);
    let kept = kept.await.unwrap().unwrap();
    let told = kept.inbox.pending().next().unwrap().clone();
    assert_eq!((told.topic.as_deref(), told.data), (Some("standing"), said));
    assert_eq!(told.person, Some(ruth.person.clone()));

    house.begins("po-1", contract::request::Kind::PortOut).await;
    let path = format!("{PATH}/po-1/standing");
    let other = house.ask(&ruth, Method::POST, &path, Some(ported)).await;
    refused(
        &other,
        StatusCode::CONFLICT,
        "PortOut.NotByHand",
        &Value::Null,
    );
}

#[tokio::test]
async fn only_the_phone_companys_people_write_port_outs_down() {
    let house = house().await;
    for who in [house.anna(), house.lucia()] {
        // Whether a number is anybody's here is not told either.
        for number in [OURS[0], "+12125550199"] {
            let answer = record(&house, &who, body(&[number], json!({})), "key-00000001").await;
            refused(
                &answer,
                StatusCode::FORBIDDEN,
                "Role.NotAllowed",
                &Value::Null,
            );
        }
    }
    assert!(house.asked().started.is_empty());
}
