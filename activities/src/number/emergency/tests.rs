//! Addresses to which help is sent, in a real store, told to a carrier that answers in Telnyx's words.
use super::*;
use crate::carriers::config::{CarrierConfig, Place};
use crate::house::House;
use crate::people::Caller;
use crate::ports::calls::Write;
use crate::ports::numbers::Standing;
use crate::request::Begun;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use contract::request::{Kind, NumberLine};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

const NUMBER: &str = "+41445551000";
const PATH: &str = "/v1/numbers/41445551000/emergency-address";

/// The streets that a carrier was told.
type Streets = Arc<Mutex<Vec<String>>>;

async fn told(
    State(streets): State<Streets>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let street = body["street_address"].as_str().unwrap().to_owned();
    if street.starts_with("Nowhere") {
        let error = json!({ "code": "10015", "title": "Bad", "detail": "There is no such street" });
        let answer = json!({ "errors": [error] });
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(answer));
    }
    streets.lock().unwrap().push(street);
    (StatusCode::OK, Json(json!({ "data": { "id": "a-1" } })))
}

/// A carrier with one number.
async fn desk() -> (String, Streets) {
    let row = json!({ "id": "n-1", "phone_number": NUMBER });
    let streets = Streets::default();
    let router = Router::new()
        .route(
            "/v2/phone_numbers",
            get(|| async move { Json(json!({ "data": [row] })) }),
        )
        .route(
            "/v2/phone_numbers/{number}/actions/enable_emergency",
            post(|| async { Json(json!({ "data": {} })) }),
        )
        .route(
            "/v2/addresses",
            get(|| async { Json(json!({ "data": [] })) }).post(told),
        )
        .with_state(streets.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (endpoint, streets)
}

fn number(text: &str) -> E164 {
    E164::parse(text).unwrap()
}

fn home() -> TenantId {
    crate::seed::sample::TENANT.into()
}

/// A house with a carrier there, and the number as one of the sample tenant's.
async fn house(endpoint: &str) -> House {
    let place = Place::Telnyx {
        endpoint: endpoint.to_owned(),
        api_key: "key".into(),
        connection_id: None,
        public_key: None,
    };
    let carrier = CarrierConfig {
        id: "telnyx".into(),
        place,
    };
    let house = House::new().await.with_carriers(vec![carrier]);
    own(&house, NUMBER, home()).await;
    house
}

async fn own(house: &House, text: &str, tenant: TenantId) {
    let record = NumberRecord {
        number: number(text),
        tenant,
        person: None,
        group: None,
        flow: None,
        standing: Standing::Active,
        carrier: Some("telnyx".into()),
        country: None,
        number_type: None,
        request: Some("no-1".into()),
        since: None,
        leaving: None,
    };
    let kept = house.aws.keep_number(&record).await.unwrap();
    assert_eq!(kept, Write::Done);
}

fn place(street: &str, country: &str, uses: &[&str]) -> Value {
    json!({ "uses": uses, "street": street, "city": "Zürich", "country": country })
}

/// A request of the sample tenant with these details and lines.
async fn begun(house: &House, kind: Kind, details: Value, lines: &[(&str, &str)]) {
    let line = |(number, status): &(&str, &str)| NumberLine {
        number: E164::parse(number).unwrap(),
        status: (*status).to_owned(),
        reason: None,
    };
    let begun = Begun {
        id: "no-1".into(),
        kind,
        tenant: home(),
        person: None,
        title: String::new(),
        details,
        numbers: lines.iter().map(line).collect(),
        hidden: Value::Null,
    };
    let record = RequestRecord::new(begun, jiff::Timestamp::now());
    Requests::create(&*house.aws, &record).await.unwrap();
}

async fn dossier(house: &House, addresses: Vec<Value>) -> Value {
    let body = json!({ "kind": "business", "endUser": { "businessName": "Isthmus" }, "addresses": addresses });
    let lucia = house.lucia();
    let made = house.ask(&lucia, Method::POST, "/v1/dossiers", Some(body));
    let made = made.await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    made.body["dossier"]["id"].clone()
}

async fn run(house: &House, more: Value) -> Result<EmergencyGiven, NumberError> {
    let mut input = json!({ "request": "no-1" });
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    emergency(&*house.aws, serde_json::from_value(input).unwrap()).await
}

async fn note(house: &House) -> Option<EmergencyNote> {
    let mut notes = house.aws.emergency_notes(&[number(NUMBER)]).await.unwrap();
    notes.remove(&number(NUMBER))
}

/// What the API says of the number.
async fn standing(house: &House, caller: &Caller) -> Value {
    let listed = house.ask(caller, Method::GET, "/v1/numbers?limit=100", None);
    let listed = listed.await;
    let numbers = listed.body["numbers"].as_array().unwrap().clone();
    let mut own = numbers.into_iter().filter(|one| one["number"] == NUMBER);
    own.next().unwrap()["emergency"].clone()
}

#[tokio::test]
async fn an_ordered_number_gets_its_dossiers_emergency_address_once() {
    let (endpoint, streets) = desk().await;
    let house = house(&endpoint).await;
    begun(&house, Kind::NumberOrder, Value::Null, &[]).await;
    let addresses = vec![
        place("Seat 1", "CH", &["registered"]),
        place("Office 1", "CH", &["service"]),
        place("Abroad 1", "US", &["emergency"]),
        place("Help 1", "CH", &["emergency"]),
    ];
    let dossier = dossier(&house, addresses).await;
    for _ in 0..2 {
        let input = json!({ "numbers": [NUMBER, "+5078330177"], "dossier": dossier });
        let given = run(&house, input).await.unwrap();
        assert_eq!(given.given, [number(NUMBER)]);
        assert!(given.missing.is_empty());
        assert_eq!(given.says, "The emergency address is noted");
    }
    assert_eq!(*streets.lock().unwrap(), ["Help 1"]);
    let note = note(&house).await.unwrap();
    assert_eq!(
        (note.address.street.as_str(), note.untold),
        ("Help 1", None)
    );
    let shown = standing(&house, &house.lucia()).await;
    assert_eq!(shown["address"]["street"], "Help 1");
    assert_eq!(
        (&shown["wanted"], &shown["problem"]),
        (&json!(true), &Value::Null)
    );
}

#[tokio::test]
async fn a_number_without_an_address_in_its_country_is_marked() {
    let (endpoint, streets) = desk().await;
    let house = house(&endpoint).await;
    begun(&house, Kind::NumberOrder, Value::Null, &[]).await;
    let abroad = dossier(&house, vec![place("Abroad 1", "US", &["emergency"])]).await;
    for more in [json!({}), json!({ "dossier": abroad })] {
        let mut input = more;
        input["numbers"] = json!([NUMBER]);
        let given = run(&house, input).await.unwrap();
        assert_eq!(given.missing, [number(NUMBER)]);
        assert!(given.says.contains(NUMBER), "{}", given.says);
    }
    assert!(streets.lock().unwrap().is_empty());
    let shown = standing(&house, &house.lucia()).await;
    assert_eq!(shown, json!({ "wanted": true }));
}

#[tokio::test]
async fn a_port_carries_its_address_for_the_numbers_that_are_here() {
    let (endpoint, streets) = desk().await;
    let house = house(&endpoint).await;
    let copy = json!({
        "id": "d-1", "tenant": home(), "version": 1, "kind": "business", "endUser": { "businessName": "Isthmus" },
        "addresses": [place("Office 1", "CH", &["service"])], "documents": [],
    });
    let lines = [(NUMBER, "verified"), ("+41445551001", "failed")];
    let details = json!({ "form": { "dossier": copy } });
    begun(&house, Kind::PortIn, details, &lines).await;
    own(&house, "+41445551001", home()).await;
    let given = run(&house, json!({})).await.unwrap();
    assert_eq!(
        (given.given, given.missing),
        (vec![number(NUMBER)], Vec::new())
    );
    assert_eq!(*streets.lock().unwrap(), ["Office 1"]);
}

#[tokio::test]
async fn what_a_carrier_refuses_or_has_not_heard_is_said_of_the_number() {
    let (endpoint, _) = desk().await;
    let house = house(&endpoint).await;
    begun(&house, Kind::NumberOrder, Value::Null, &[]).await;
    let bad = dossier(&house, vec![place("Nowhere 1", "CH", &["emergency"])]).await;
    let input = json!({ "numbers": [NUMBER], "dossier": bad });
    let given = run(&house, input.clone()).await.unwrap();
    assert_eq!(given.given, [number(NUMBER)]);
    assert!(given.says.contains("no such street"), "{}", given.says);
    let shown = standing(&house, &house.lucia()).await;
    assert!(
        shown["problem"]
            .as_str()
            .unwrap()
            .contains("no such street")
    );

    // Nobody answers: the step fails and is run again, and until then the number says so.
    let silent = house.with_carriers(vec![CarrierConfig {
        id: "telnyx".into(),
        place: Place::Telnyx {
            endpoint: "http://127.0.0.1:1".into(),
            api_key: "key".into(),
            connection_id: None,
            public_key: None,
        },
    }]);
    let lost = run(&silent, input).await;
    assert!(matches!(lost, Err(NumberError::Carrier(_))), "{lost:?}");
    let untold = note(&silent).await.unwrap().untold;
    assert_eq!(untold.as_deref(), Some(NOT_YET));
}

#[tokio::test]
async fn an_administrator_says_where_help_is_sent() {
    let (endpoint, streets) = desk().await;
    let house = house(&endpoint).await;
    let lucia = house.lucia();
    let eve = Caller {
        role: contract::Role::Administrator,
        ..house.add_foreign_tenant().await
    };
    let body = |street: &str, country: &str| json!({ "street": street, "city": "Zürich", "country": country });
    for (caller, body, status, error, field) in [
        (
            &house.anna(),
            body("Help 1", "CH"),
            403,
            "Role.NotAllowed",
            "",
        ),
        (&eve, body("Help 1", "CH"), 404, "Number.NotFound", ""),
        (&lucia, body(" ", "CH"), 422, "Request.BadField", "street"),
        (
            &lucia,
            body("Help 1", "Switzerland"),
            422,
            "Request.BadField",
            "country",
        ),
        (
            &lucia,
            body("Help 1", "US"),
            422,
            "Request.BadField",
            "country",
        ),
        (&lucia, body("Nowhere 1", "CH"), 409, "Carrier.Refused", ""),
    ] {
        let answer = house.ask(caller, Method::PUT, PATH, Some(body)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (status, error),
            "{}",
            answer.text
        );
        assert_eq!(answer.body["field"].as_str().unwrap_or_default(), field);
    }
    assert_eq!(note(&house).await, None, "nothing was noted by then");
    let answer = house.ask(&lucia, Method::PUT, PATH, Some(body("Help 1", "CH")));
    let answer = answer.await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.body["emergency"]["address"]["street"], "Help 1");
    assert_eq!(*streets.lock().unwrap(), ["Help 1"]);

    // A number that comes later asks for nothing that is there already.
    begun(&house, Kind::NumberOrder, Value::Null, &[]).await;
    let given = run(&house, json!({ "numbers": [NUMBER] })).await.unwrap();
    assert_eq!(given.given, [number(NUMBER)]);
}

#[tokio::test]
async fn what_an_administrator_said_since_outlives_a_port_that_is_taken_over() {
    let (endpoint, streets) = desk().await;
    let house = house(&endpoint).await;
    let copy = json!({
        "id": "d-1", "tenant": home(), "version": 1, "kind": "business", "endUser": { "businessName": "Isthmus" },
        "addresses": [place("Office 1", "CH", &["service"])], "documents": [],
    });
    let details = json!({ "form": { "dossier": copy } });
    begun(&house, Kind::PortIn, details, &[(NUMBER, "verified")]).await;
    run(&house, json!({})).await.unwrap();
    let body = json!({ "street": "Help 1", "city": "Zürich", "country": "CH" });
    let lucia = house.lucia();
    let set = house.ask(&lucia, Method::PUT, PATH, Some(body));
    assert_eq!(set.await.status, StatusCode::OK);
    let given = run(&house, json!({})).await.unwrap();
    assert_eq!(
        (given.given, given.says.as_str()),
        (vec![number(NUMBER)], "The emergency address is noted")
    );
    assert_eq!(*streets.lock().unwrap(), ["Office 1", "Help 1"]);
    assert_eq!(note(&house).await.unwrap().address.street, "Help 1");
    // An onboarding is told where help is sent, and that counts.
    let address: Address = serde_json::from_value(place("Help 2", "CH", &["emergency"])).unwrap();
    let (tenant, known) = (home(), [address]);
    let help = Help {
        tenant: &tenant,
        known: &known,
        who: "Isthmus",
        keeps: false,
    };
    give(&*house.aws, help, vec![number(NUMBER)]).await.unwrap();
    assert_eq!(note(&house).await.unwrap().address.street, "Help 2");
}

#[tokio::test]
async fn a_carrier_that_takes_no_address_leaves_the_number_marked_wherever_it_is_looked_at() {
    let (endpoint, _) = desk().await;
    let chime = CarrierConfig {
        id: "telnyx".into(),
        place: Place::Chime,
    };
    let house = house(&endpoint).await.with_carriers(vec![chime]);
    begun(&house, Kind::NumberOrder, Value::Null, &[]).await;
    let dossier = dossier(&house, vec![place("Help 1", "CH", &["emergency"])]).await;
    let input = json!({ "numbers": [NUMBER], "dossier": dossier });
    let why = "Chime has no emergency service outside the US";
    let given = run(&house, input.clone()).await.unwrap();
    assert_eq!(given.given, [number(NUMBER)]);
    assert!(given.says.contains(why), "{}", given.says);
    let lucia = house.lucia();
    let problem = async || {
        let shown = standing(&house, &lucia).await;
        shown["problem"].as_str().unwrap_or_default().to_owned()
    };
    assert!(problem().await.starts_with(why));

    // Another address makes no difference: it is noted, and nobody says that it was told.
    let body = json!({ "street": "Help 2", "city": "Zürich", "country": "CH" });
    let set = house.ask(&lucia, Method::PUT, PATH, Some(body)).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.text);
    let shown = &set.body["emergency"];
    assert_eq!(shown["address"]["street"], "Help 2");
    assert!(shown["problem"].as_str().unwrap().starts_with(why));
    // What the tenant has said stays, however often the dossier's is given.
    run(&house, input).await.unwrap();
    assert!(problem().await.starts_with(why));
    assert_eq!(note(&house).await.unwrap().address.street, "Help 2");
}

#[tokio::test]
async fn a_number_whose_carrier_is_configured_no_more_was_told_to_nobody() {
    let (endpoint, _) = desk().await;
    let house = house(&endpoint).await.with_carriers(Vec::new());
    begun(&house, Kind::NumberOrder, Value::Null, &[]).await;
    let dossier = dossier(&house, vec![place("Help 1", "CH", &["emergency"])]).await;
    let input = json!({ "numbers": [NUMBER], "dossier": dossier });
    let given = run(&house, input).await.unwrap();
    assert!(given.says.contains("no carrier telnyx"), "{}", given.says);
    assert!(note(&house).await.unwrap().untold.is_some());
}

#[tokio::test]
async fn who_has_the_number_next_does_not_live_there() {
    let (endpoint, _) = desk().await;
    let house = house(&endpoint).await;
    let eve = Caller {
        role: contract::Role::Administrator,
        ..house.add_foreign_tenant().await
    };
    let body = json!({ "street": "Help 1", "city": "Zürich", "country": "CH" });
    let lucia = house.lucia();
    let set = house.ask(&lucia, Method::PUT, PATH, Some(body));
    assert_eq!(set.await.status, StatusCode::OK);
    let before = note(&house).await.unwrap();
    let strike = house.aws.strike_number(&home(), &number(NUMBER)).await;
    strike.unwrap();
    assert_eq!(note(&house).await, None);
    // Were the old note still there, it would not be the new owner's.
    own(&house, NUMBER, "t-other".into()).await;
    let noted = house.aws.note_emergency(&number(NUMBER), &before).await;
    noted.unwrap();
    assert_eq!(standing(&house, &eve).await, json!({ "wanted": true }));
}

#[test]
fn many_numbers_are_named_by_the_first_few() {
    let all: Vec<Outcome> = (0..8)
        .map(|n| Outcome::Missing(number(&format!("+4144555100{n}"))))
        .collect();
    let says = super::told(all).says;
    assert!(says.ends_with("+41445551004 and 3 more"), "{says}");
}
