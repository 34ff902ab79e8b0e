//! Customers who bring their numbers: what is asked for, and the ports that their onboarding begins.
use crate::house::{Answer, House};
use crate::onboarding::{open, order, port, ported, undo};
use crate::people::Caller;
use crate::porting::record::Port;
use crate::ports::directory::Directory;
use crate::ports::dossiers::Dossiers;
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use crate::ports::onboardings::Onboardings;
use crate::ports::requests::Requests;
use crate::request::{Begun, RequestRecord};
use axum::http::{Method, StatusCode};
use contract::dossier::review::DossierStatus;
use contract::dossier::{Day, OrderStatus};
use contract::number::api::AssignNumber;
use contract::onboarding::{
    OnboardingOpenInput, OnboardingPortInput, OnboardingPortedInput, OnboardingUndoInput,
};
use contract::request::{Kind, Party};
use contract::routing::Target;
use contract::{E164, RequestId, Role, TenantId};
use jiff::Timestamp;
use serde_json::{Value, json};

const PIN: &str = "4711-secret";

fn staff(house: &House) -> Caller {
    Caller {
        tenant: "t-strowger".into(),
        person: "p-ruth-amsler".into(),
        role: Role::Staff,
        ..house.lucia()
    }
}

/// A customer who orders nothing.
fn customer() -> Value {
    json!({
        "kind": "tenant",
        "tenant": { "name": "Muster AG", "slug": "muster", "country": "PA" },
        "person": { "name": "Anna Muster", "email": "anna@muster.example" },
        "numbers": [],
        "ports": [{ "country": "CH", "numbers": ["+41445552000", "+41445552001"], "pin": PIN, "language": "de" }],
        "dossier": {
            "kind": "business",
            "endUser": { "businessName": "Muster AG", "legalForm": "AG" },
            "previousService": { "provider": "The old one", "accountNumber": "CH-1000", "accountName": "Muster AG" },
        },
    })
}

async fn ask(house: &House, body: Value) -> Answer {
    house
        .ask(&staff(house), Method::POST, "/v1/onboardings", Some(body))
        .await
}

/// An onboarding that has begun, with its tenant and its first administrator there.
async fn opened(house: &House, body: Value) -> (RequestId, TenantId) {
    let answer = ask(house, body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    assert!(!answer.text.contains(PIN), "{}", answer.text);
    let text = |name: &str| answer.body["request"][name].as_str().unwrap().to_owned();
    let of = (RequestId(text("id")), TenantId(text("tenant")));
    let input = OnboardingOpenInput {
        request: of.0.clone(),
        tenant: of.1.clone(),
    };
    open::open(&*house.aws, input).await.unwrap();
    of
}

/// The ports begin.
async fn begun(house: &House, of: &(RequestId, TenantId)) -> Vec<RequestId> {
    let input = OnboardingPortInput {
        request: of.0.clone(),
        tenant: of.1.clone(),
    };
    port::port(&*house.aws, input).await.unwrap().ports
}

async fn look(house: &House, of: &(RequestId, TenantId)) -> Answer {
    let path = format!("/v1/onboardings/{}", of.0);
    house.ask(&staff(house), Method::GET, &path, None).await
}

#[tokio::test]
async fn each_field_of_a_port_that_does_not_fit_is_named() {
    let house = House::new().await;
    let with = |field: &str, value: Value| {
        let mut body = customer();
        body["ports"][0][field] = value;
        body
    };
    let ports = |ports: Value| {
        let mut body = customer();
        body["ports"] = ports;
        body
    };
    let one = customer()["ports"][0].clone();
    let six: Vec<Value> = (0..6)
        .map(|at| json!({ "country": "CH", "numbers": [format!("+4144555200{at}")] }))
        .collect();
    let mut person =
        json!({ "kind": "user", "person": { "name": "Mia", "email": "mia@isthmus.example" } });
    person["ports"] = json!([one]);
    let cases = [
        (ports(json!([])), "numbers"),
        (ports(json!(six)), "ports"),
        (ports(json!([one, one])), "ports[1].numbers[0]"),
        (with("numbers", json!([])), "ports[0].numbers"),
        (
            with("numbers", json!(["+41445552000", "+41445552000"])),
            "ports[0].numbers[1]",
        ),
        (
            with("numbers", json!(["+41445552000", "+6565552000"])),
            "ports[0].numbers[1]",
        ),
        (
            with("numbers", json!(["+33144444444"])),
            "ports[0].numbers[0]",
        ),
        // In service here already.
        (
            with("numbers", json!(["+41445552000", "+41445550100"])),
            "ports[0].numbers[1]",
        ),
        (with("country", json!("ch")), "ports[0].country"),
        (with("pin", json!("1".repeat(41))), "ports[0].pin"),
        (with("carrier", json!("nobody")), "ports[0].carrier"),
        (with("language", json!("d")), "ports[0].language"),
        (with("language", json!("!!")), "ports[0].language"),
        (with("rings", json!("everybody")), "ports[0].rings"),
        (person, "ports"),
    ];
    for (body, field) in cases {
        let answer = ask(&house, body.clone()).await;
        assert_eq!(answer.status.as_u16(), 422, "{field}: {}", answer.text);
        assert_eq!(answer.body["field"], field, "{body}");
    }
    assert!(house.asked().started.is_empty());
}

#[tokio::test]
async fn the_dossier_is_asked_for_what_porting_asks() {
    let house = House::new().await;
    let answer = ask(&house, customer()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let details = &answer.body["request"]["details"];
    let port_in =
        json!({ "country": "CH", "numberType": "local", "action": "port_in", "numbers": 2 });
    assert_eq!(details["purposes"], json!([port_in]));
    assert_eq!(details["wishes"], json!([]));
    assert_eq!(
        details["portWishes"],
        json!([{ "country": "CH", "numbers": 2 }])
    );
    // The days of the numbers count, not those of the customer's home.
    assert_eq!(details["country"], "CH");
    let stages: Vec<_> = answer.body["progress"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["stage"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        stages.contains(&"ports".to_owned()) && !stages.contains(&"numbers".to_owned()),
        "{stages:?}"
    );
    let started = house.asked().started.clone();
    let [(_, input)] = started.as_slice() else {
        panic!("{started:?}");
    };
    assert!(!input.to_string().contains(PIN), "{input}");
    // One that orders some, too, is asked for both.
    let mut both = customer();
    both["tenant"]["slug"] = json!("muster-two");
    both["person"]["email"] = json!("two@muster.example");
    both["numbers"] = json!([{ "country": "SG", "numberType": "local", "count": 1 }]);
    let both = ask(&house, both).await;
    let details = &both.body["request"]["details"];
    assert_eq!(details["purposes"].as_array().map(Vec::len), Some(2));
    assert_eq!(details["country"], "SG");
}

#[tokio::test]
async fn each_port_begins_once_submitted_and_keeps_its_pin() {
    let house = House::new().await;
    let of = opened(&house, customer()).await;
    let none = look(&house, &of).await;
    assert_eq!(none.body["ports"], Value::Null);
    let ports = begun(&house, &of).await;
    assert_eq!(ports, [RequestId(format!("{}-p0", of.0))]);
    let record = Requests::get(&*house.aws, &ports[0])
        .await
        .unwrap()
        .unwrap();
    let port = Port::of(&record).unwrap();
    assert_eq!(record.view.kind, Kind::PortIn);
    assert_eq!(record.view.tenant, of.1);
    assert_eq!(port.view.order, OrderStatus::Draft);
    assert_eq!(port.view.parent.as_ref(), Some(&of.0));
    let form = &port.view.form;
    assert_eq!(form.language.as_deref(), Some("de"));
    let dossier = form.dossier.as_ref().unwrap();
    assert!(dossier.previous_service.is_some());
    let administrator = house.aws.people(&of.1).await.unwrap().remove(0);
    let rings = form.rings.as_ref().and_then(AssignNumber::target);
    assert_eq!(
        rings.as_ref().and_then(Target::person),
        Some(&administrator.person)
    );
    assert_eq!(port.hidden.pin.as_deref(), Some(PIN));
    // It waits for no hand to submit it.
    assert!(
        record
            .inbox
            .seq_of("submitted-with-its-onboarding")
            .is_some()
    );
    let onboarding = Requests::get(&*house.aws, &of.0).await.unwrap().unwrap();
    assert_eq!(
        onboarding.hidden,
        Value::Null,
        "the PIN is in the port alone"
    );

    let started = house.asked().started.len();
    assert_eq!(
        begun(&house, &of).await,
        ports,
        "run again it begins nothing"
    );
    assert_eq!(house.asked().started.len(), started);
    let again = Requests::get(&*house.aws, &ports[0])
        .await
        .unwrap()
        .unwrap();
    assert_eq!(Port::of(&again).unwrap().hidden.pin.as_deref(), Some(PIN));

    let seen = look(&house, &of).await;
    assert_eq!(seen.body["ports"][0]["port"], ports[0].as_str());
    assert_eq!(
        seen.body["ports"][0]["numbers"].as_array().map(Vec::len),
        Some(2)
    );
    assert!(!seen.text.contains(PIN), "{}", seen.text);
    let input = OnboardingPortedInput {
        request: of.0.clone(),
        tenant: of.1.clone(),
    };
    let stands = ported::ported(&*house.aws, input).await.unwrap();
    assert_eq!((stands.open, stands.had.len()), (1, 0));
}

#[tokio::test]
async fn a_port_that_is_being_split_and_its_parts_tell_each_number_once() {
    let house = House::new().await;
    let of = opened(&house, customer()).await;
    let ports = begun(&house, &of).await;
    let part = RequestId(format!("{}-a", ports[0]));
    let linked = Requests::update(&*house.aws, &ports[0], |record| {
        record.view.details["children"] = json!([part]);
    });
    let ((), whole) = linked.await.unwrap().unwrap();
    let form = Begun {
        id: part.clone(),
        kind: Kind::PortIn,
        tenant: of.1.clone(),
        person: None,
        title: String::new(),
        details: json!({ "order": OrderStatus::Collecting }),
        numbers: whole.view.numbers[..1].to_vec(),
        hidden: Value::Null,
    };
    let record = RequestRecord::new(form, Timestamp::UNIX_EPOCH);
    Requests::create(&*house.aws, &record).await.unwrap();
    let seen = look(&house, &of).await;
    let told = seen.body["ports"].as_array().unwrap().iter();
    let told: Vec<_> = told
        .map(|port| {
            let lines = port["numbers"].as_array().unwrap();
            let numbers: Vec<_> = lines.iter().map(|line| line["number"].clone()).collect();
            (port["port"].clone(), numbers)
        })
        .collect();
    let left = (json!(ports[0]), vec![json!("+41445552001")]);
    let begun = (json!(part), vec![json!("+41445552000")]);
    assert_eq!(told, [left, begun]);
}

#[tokio::test]
async fn while_the_dossier_is_renewed_its_orders_and_ports_rely_on_what_is_approved() {
    let house = House::new().await;
    let d = &*house.aws;
    let of = opened(&house, customer()).await;
    let until = Day::parse("2099-01-31").unwrap();
    let ends: jiff::Timestamp = "2099-01-31T23:00:00Z".parse().unwrap();
    let dossier = order::own_dossier(&of.0);
    let renewed = d.update_dossier(&dossier, |record| {
        record.view.status = DossierStatus::Approved;
        record.view.dossier.valid_until = Some(until.clone());
        record.open_renewal(&until, ends, &RequestId::from("vd-2"));
        let mut drafted = record.view.dossier.clone();
        drafted.end_user.business_name = Some("Muster & Sons AG".to_owned());
        record.rewrite(&drafted);
    });
    let ((), known) = renewed.await.unwrap().unwrap();
    assert_eq!(known.view.status, DossierStatus::Draft);
    let asked = d.onboarding(&of.0).await.unwrap().unwrap();
    let ordered = order::dossier_of(d, &asked).await.unwrap().unwrap();
    let ports = begun(&house, &of).await;
    let record = Requests::get(d, &ports[0]).await.unwrap().unwrap();
    let ported = Port::of(&record).unwrap().view.form.dossier.unwrap();
    for relied_on in [ordered, ported] {
        let name = relied_on.end_user.business_name;
        assert_eq!(name.as_deref(), Some("Muster AG"));
    }
}

#[tokio::test]
async fn what_is_taken_back_takes_its_ports_back_and_keeps_what_came() {
    let house = House::new().await;
    let of = opened(&house, customer()).await;
    let ports = begun(&house, &of).await;
    house.asks(ports[0].as_str(), "customer", Value::Null).await;
    let input = OnboardingUndoInput {
        request: of.0.clone(),
        tenant: of.1.clone(),
    };
    let first = undo::undo(&*house.aws, input.clone()).await.unwrap();
    assert_eq!(first.pending, 1, "{}", first.says);
    let told = Requests::get(&*house.aws, &ports[0])
        .await
        .unwrap()
        .unwrap();
    let key = format!("undo#{}", of.0);
    assert!(told.inbox.seq_of(&key).is_some(), "the port is told");
    // The carrier did not cancel: the numbers came.
    let number = E164::parse("+41445552000").unwrap();
    let record = NumberRecord {
        number: number.clone(),
        tenant: of.1.clone(),
        person: None,
        group: None,
        flow: None,
        standing: Standing::Active,
        carrier: None,
        country: None,
        number_type: None,
        request: Some(ports[0].clone()),
        since: None,
        leaving: None,
    };
    house.aws.keep_number(&record).await.unwrap();
    let end =
        json!({ "request": ports[0], "outcome": "partial", "status": "closed", "says": "Here" });
    crate::request::end::end(&*house.aws, serde_json::from_value(end).unwrap())
        .await
        .unwrap();
    let last = undo::undo(&*house.aws, input).await.unwrap();
    assert_eq!(last.pending, 1, "{}", last.says);
    let here = house.aws.number_record(&number).await.unwrap();
    assert_eq!(here.map(|record| record.standing), Some(Standing::Active));
    let tenant = house.aws.tenant(&of.1).await.unwrap().unwrap();
    assert_eq!(tenant.closed_at, None);
}

#[tokio::test]
async fn one_that_is_taken_back_before_its_ports_forgets_their_pins() {
    let house = House::new().await;
    let of = opened(&house, customer()).await;
    let before = Requests::get(&*house.aws, &of.0).await.unwrap().unwrap();
    assert!(before.hidden.to_string().contains(PIN));
    let input = OnboardingUndoInput {
        request: of.0.clone(),
        tenant: of.1.clone(),
    };
    let undone = undo::undo(&*house.aws, input).await.unwrap();
    assert_eq!(undone.pending, 0, "{}", undone.says);
    let after = Requests::get(&*house.aws, &of.0).await.unwrap().unwrap();
    assert_eq!(after.hidden, Value::Null);
}

#[tokio::test]
async fn it_goes_live_without_its_ports_only_while_it_waits_for_them() {
    let house = House::new().await;
    let of = opened(&house, customer()).await;
    let path = format!("/v1/onboardings/{}/go-live", of.0);
    let ruth = staff(&house);
    let early = house.ask(&ruth, Method::POST, &path, None).await;
    assert_eq!(
        (early.status.as_u16(), early.error()),
        (409, "Request.NotNow")
    );
    let turn = json!({
        "token": "token", "request": of.0, "state": "Ports under way", "round": 1, "attempt": 0, "received": 0,
        "status": "porting", "owner": Party::Customer, "nextAction": "In the port: sign",
        "accepts": ["request.ended", "request.change@live", "request.cancel"],
    });
    crate::request::turn::turn(&*house.aws, serde_json::from_value(turn).unwrap())
        .await
        .unwrap();
    let told = house.ask(&ruth, Method::POST, &path, None).await;
    assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.text);
    let signal = house.asked().completed.last().cloned().unwrap_or_default();
    assert_eq!(
        (&signal["name"], &signal["topic"]),
        (&json!("request.change"), &json!("live"))
    );
    let eve = Caller {
        role: Role::Administrator,
        ..house.add_foreign_tenant().await
    };
    let foreign = house.ask(&eve, Method::POST, &path, None).await;
    assert_eq!(foreign.error(), "Request.NotFound");
}
