//! Numbers that are given back and put back, in a real store, at a carrier that answers in Telnyx's words.
use super::assign::assign;
use super::release::release;
use super::withdraw::withdraw;
use crate::carriers::config::{CarrierConfig, Place};
use crate::house::House;
use crate::ports::calls::Write;
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use axum::http::{Method, StatusCode};
use axum::routing::{delete, get};
use axum::{Json, Router};
use contract::number::{
    NumberAssignInput, NumberReleaseInput, NumberWithdrawInput, NumbersSettled, status,
};
use contract::request::Kind;
use contract::routing::Target;
use contract::{E164, PersonId, RequestId, TenantId};
use serde_json::json;
use tokio::net::TcpListener;

const NUMBER: &str = "+41445551000";
const ANNA: &str = "p-anna-keller";
const WEI: &str = "p-tan-wei-ming";

fn number() -> E164 {
    E164::parse(NUMBER).unwrap()
}

fn home() -> TenantId {
    crate::seed::sample::TENANT.into()
}

fn carrier(endpoint: &str) -> Vec<CarrierConfig> {
    let place = Place::Telnyx {
        endpoint: endpoint.to_owned(),
        api_key: "key".into(),
        connection_id: Some("c-1".into()),
        public_key: None,
    };
    vec![CarrierConfig {
        id: "telnyx".into(),
        place,
    }]
}

/// A house whose carrier leads the number here and does not take it back, and the number as one of the sample tenant's that rings Anna.
async fn house() -> House {
    let row = json!({ "id": "n-1", "phone_number": NUMBER, "connection_id": "c-1" });
    let router = Router::new()
        .route(
            "/v2/phone_numbers",
            get(|| async move { Json(json!({ "data": [row] })) }),
        )
        .route(
            "/v2/phone_numbers/{id}",
            delete(|| async { StatusCode::UNPROCESSABLE_ENTITY }),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let house = House::new().await.with_carriers(carrier(&endpoint));
    let record = NumberRecord {
        number: number(),
        tenant: home(),
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
    ring(&house, ANNA).await;
    house
}

async fn ring(house: &House, person: &str) {
    let target = Target::Person(PersonId::from(person));
    let (home, number) = (home(), number());
    let led = house.aws.lead_number(&home, &number, Some(&target)).await;
    assert_eq!(led.unwrap(), Write::Done);
}

async fn leave(house: &House, request: &str, again: bool) -> NumbersSettled {
    let input = NumberWithdrawInput {
        request: request.into(),
        tenant: home(),
        numbers: vec![number()],
        again,
    };
    withdraw(&*house.aws, input).await.unwrap()
}

fn coming_back(request: &str) -> NumberAssignInput {
    NumberAssignInput {
        request: request.into(),
        tenant: home(),
        carrier: "telnyx".into(),
        numbers: vec![number()],
        person: Some(ANNA.into()),
        group: None,
        flow: None,
        back: true,
    }
}

async fn come_back(house: &House, request: &str) -> NumbersSettled {
    let input = coming_back(request);
    assign(&*house.aws, input).await.unwrap()
}

/// Where the number is, whom it rings, and by which request it leaves.
async fn now(house: &House) -> (Standing, Option<PersonId>, Option<RequestId>) {
    let record = house.aws.number_record(&number()).await.unwrap().unwrap();
    (record.standing, record.person, record.leaving)
}

fn leaving(request: &str) -> (Standing, Option<PersonId>, Option<RequestId>) {
    (Standing::Quarantined, None, Some(request.into()))
}

fn in_use(person: &str) -> (Standing, Option<PersonId>, Option<RequestId>) {
    (Standing::Active, Some(person.into()), None)
}

#[tokio::test]
async fn what_was_put_back_is_not_withdrawn_again_and_rings_whom_it_rings_by_now() {
    let house = house().await;
    assert_eq!(leave(&house, "nr-1", false).await.done, [number()]);
    assert_eq!(now(&house).await, leaving("nr-1"));
    assert_eq!(leave(&house, "nr-1", true).await.done, [number()]);
    assert_eq!(come_back(&house, "nr-1").await.done, [number()]);
    assert_eq!(now(&house).await, in_use(ANNA));
    // The request's end was not written, and another execution takes it over.
    ring(&house, WEI).await;
    assert_eq!(leave(&house, "nr-1", true).await.failed, [number()]);
    assert_eq!(come_back(&house, "nr-1").await.done, [number()]);
    assert_eq!(now(&house).await, in_use(WEI));
}

#[tokio::test]
async fn putting_back_goes_on_where_the_carriers_silence_stopped_it() {
    let house = house().await;
    leave(&house, "nr-1", false).await;
    let silent = house.with_carriers(carrier("http://127.0.0.1:1"));
    let lost = assign(&*silent.aws, coming_back("nr-1")).await;
    assert!(lost.is_err(), "{lost:?}");
    assert_eq!(now(&house).await, leaving("nr-1"));
    assert_eq!(come_back(&house, "nr-1").await.done, [number()]);
    assert_eq!(now(&house).await, in_use(ANNA));
}

#[tokio::test]
async fn what_another_request_gives_back_or_the_carrier_has_is_not_put_back() {
    let house = house().await;
    leave(&house, "nr-2", false).await;
    let lines = come_back(&house, "nr-1").await;
    assert_eq!(lines.failed, [number()]);
    assert_eq!(lines.numbers[0].status, status::FAILED);
    assert_eq!(now(&house).await, leaving("nr-2"));
    let struck = house.aws.strike_number(&home(), &number()).await;
    struck.unwrap();
    assert_eq!(come_back(&house, "nr-1").await.failed, [number()]);
    let known = house.aws.number_record(&number()).await.unwrap();
    assert_eq!(known, None, "nothing is written down that is not there");
}

#[tokio::test]
async fn what_its_carrier_does_not_take_is_in_use_again_and_can_be_given_back_anew() {
    let house = house().await;
    leave(&house, "nr-1", false).await;
    let input = NumberReleaseInput {
        request: "nr-1".into(),
        tenant: home(),
        carrier: "telnyx".into(),
        numbers: vec![number()],
        reason: None,
    };
    let refused = release(&*house.aws, input).await.unwrap();
    assert_eq!(refused.failed, [number()]);
    assert_eq!(now(&house).await, leaving("nr-1"));
    // An operator gives up.
    assert_eq!(come_back(&house, "nr-1").await.done, [number()]);
    assert_eq!(now(&house).await, in_use(ANNA));
    assert_eq!(leave(&house, "nr-2", false).await.done, [number()]);
    assert_eq!(now(&house).await, leaving("nr-2"));
}

#[tokio::test]
async fn an_order_gives_back_no_number_that_another_one_has_brought() {
    let house = house().await;
    let input = NumberReleaseInput {
        request: "no-2".into(),
        tenant: home(),
        carrier: "telnyx".into(),
        numbers: vec![number()],
        reason: None,
    };
    let settled = release(&*house.aws, input).await.unwrap();
    assert_eq!((settled.done, settled.failed), (Vec::new(), Vec::new()));
    assert_eq!(settled.numbers[0].status, status::FAILED);
    assert_eq!(now(&house).await, in_use(ANNA));
}

#[tokio::test]
async fn what_was_never_withdrawn_is_put_back_as_it_is() {
    let house = house().await;
    ring(&house, WEI).await;
    assert_eq!(come_back(&house, "nr-1").await.done, [number()]);
    assert_eq!(now(&house).await, in_use(WEI));
}

#[tokio::test]
async fn a_request_that_is_over_holds_no_number() {
    let house = house().await;
    let lucia = house.lucia();
    house.begins("nr-1", Kind::NumberRelease).await;
    leave(&house, "nr-1", false).await;
    let path = format!("/v1/numbers/{NUMBER}");
    let again = format!("{path}/release");
    let to_wei = json!({ "person": WEI });
    let held = house
        .ask(&lucia, Method::PATCH, &path, Some(to_wei.clone()))
        .await;
    assert_eq!(
        (held.status, held.error()),
        (StatusCode::CONFLICT, "Number.Leaving")
    );
    let held = house.ask(&lucia, Method::POST, &again, None).await;
    assert_eq!(
        (held.status, held.error()),
        (StatusCode::CONFLICT, "Number.Leaving")
    );
    assert_eq!(now(&house).await, leaving("nr-1"));
    let end = json!({ "request": "nr-1", "outcome": "failed", "status": "failed", "says": "No" });
    let end = serde_json::from_value(end).unwrap();
    crate::request::end::end(&*house.aws, end).await.unwrap();
    let led = house.ask(&lucia, Method::PATCH, &path, Some(to_wei)).await;
    assert_eq!(led.status, StatusCode::OK, "{}", led.text);
    assert_eq!(now(&house).await, in_use(WEI));
    // Left behind once more.
    leave(&house, "nr-1", false).await;
    let begun = house.ask(&lucia, Method::POST, &again, None).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
    assert_eq!(now(&house).await, (Standing::Active, None, None));
}
