//! Orders by support case, over a real store.
use super::{case_prepare, case_recall, case_take};
use crate::carriers::config::{CarrierConfig, Place};
use crate::house::House;
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use crate::ports::requests::Requests;
use crate::request::{Begun, RequestRecord};
use contract::number::{NumberError, NumbersCame, status};
use contract::request::Kind;
use contract::request::turn::RequestTurnInput;
use contract::{E164, TenantId};
use jiff::Timestamp;
use serde_json::{Value, json};

const FIRST: &str = "+41445552001";
const SECOND: &str = "+41445552002";
/// One that the account does not have.
const ELSEWHERE: &str = "+41445553001";
/// One of which the carrier says nothing.
const UNTOLD: &str = "+41445554001";

fn number(text: &str) -> E164 {
    E164::parse(text).unwrap()
}

fn home() -> TenantId {
    crate::seed::sample::TENANT.into()
}

/// A house with an order of two numbers.
async fn ordering() -> House {
    let chime = CarrierConfig {
        id: "chime".into(),
        place: Place::Chime,
    };
    let house = House::new().await.with_carriers(vec![chime]);
    order(&house, "no-1").await;
    house
}

/// An order of two numbers by support case.
async fn order(house: &House, id: &str) {
    let begun = Begun {
        id: id.into(),
        kind: Kind::NumberOrder,
        tenant: home(),
        person: None,
        title: "2 local numbers in CH".into(),
        details: json!({ "byCase": true, "count": 2 }),
        numbers: Vec::new(),
        hidden: Value::Null,
    };
    let record = RequestRecord::new(begun, Timestamp::now());
    Requests::create(&*house.aws, &record).await.unwrap();
}

async fn stored(house: &House) -> RequestRecord {
    let record = Requests::get(&*house.aws, &"no-1".into()).await.unwrap();
    record.unwrap()
}

async fn keep(house: &House, text: &str, tenant: &str, request: &str) {
    let record = NumberRecord {
        number: number(text),
        tenant: tenant.into(),
        person: None,
        group: None,
        flow: None,
        standing: Standing::Active,
        carrier: Some("chime".into()),
        country: Some("CH".into()),
        number_type: None,
        request: Some(request.into()),
        since: None,
        leaving: None,
    };
    house.aws.keep_number(&record).await.unwrap();
}

async fn taken(house: &House, numbers: &[&str]) -> Result<NumbersCame, NumberError> {
    taken_after(house, &[], numbers, false).await
}

/// An operator names numbers after others had come.
async fn taken_after(
    house: &House,
    before: &[&str],
    numbers: &[&str],
    more: bool,
) -> Result<NumbersCame, NumberError> {
    taken_by(house, "no-1", before, numbers, more).await
}

/// An operator names numbers in the case of this order.
async fn taken_by(
    house: &House,
    order: &str,
    before: &[&str],
    numbers: &[&str],
    more: bool,
) -> Result<NumbersCame, NumberError> {
    let input = json!({
        "request": order, "carrier": "chime", "country": "CH", "numberType": "local", "count": 2, "numbers": numbers,
        "before": before, "more": more,
    });
    case_take::take(&*house.aws, serde_json::from_value(input).unwrap()).await
}

#[tokio::test]
async fn what_an_operator_sends_is_in_the_request_and_in_no_answer() {
    let house = ordering().await;
    let dossier = house.dossier().await;
    let input = json!({
        "request": "no-1", "tenant": home(), "asks": "numbers", "country": "CH", "numberType": "local", "count": 2, "dossier": dossier,
    });
    let prepare = async |input: &Value| {
        let input = serde_json::from_value(input.clone()).unwrap();
        case_prepare::prepare(&*house.aws, input).await
    };
    let answer = json!(prepare(&input).await.unwrap());
    assert!(!answer.to_string().contains("Isthmus"), "{answer}");
    let details = stored(&house).await.view.details;
    let body = details["prepared"]["body"].as_str().unwrap();
    assert!(body.contains("End user: Isthmus Trading"), "{body}");
    assert_eq!(details["count"], 2);

    let mut foreign = input.clone();
    foreign["tenant"] = json!("t-other");
    prepare(&foreign).await.unwrap();
    let details = stored(&house).await.view.details;
    let body = details["prepared"]["body"].as_str().unwrap();
    assert!(body.contains("End user: none"), "{body}");

    let mut unknown = input;
    unknown["request"] = json!("no-2");
    assert!(matches!(
        prepare(&unknown).await,
        Err(NumberError::BadInput(_))
    ));
}

#[tokio::test]
async fn numbers_that_are_really_there_are_written_into_the_order_and_others_keep_them_out() {
    let house = ordering().await;
    let came = taken(&house, &[FIRST, ELSEWHERE]).await.unwrap();
    assert_eq!((came.numbers, came.had), (Vec::new(), Vec::new()));
    let why = format!("{ELSEWHERE}: it is not in the account's inventory");
    assert_eq!(came.problems, [why]);
    assert!(stored(&house).await.view.numbers.is_empty());

    keep(&house, SECOND, home().as_str(), "no-9").await;
    let came = taken(&house, &[FIRST, SECOND]).await.unwrap();
    let why = format!("{SECOND}: it is in use here already");
    assert_eq!(came.problems, [why]);

    for _ in 0..2 {
        let came = taken(&house, &[FIRST]).await.unwrap();
        assert_eq!(came.had, [number(FIRST)]);
        let lines = stored(&house).await.view.numbers;
        let lines: Vec<_> = lines
            .iter()
            .map(|line| (line.number.as_str(), line.status.as_str()))
            .collect();
        assert_eq!(lines, [(FIRST, status::ACQUIRED)]);
        // Assigned meanwhile, it is still this order's.
        keep(&house, FIRST, home().as_str(), "no-1").await;
    }
}

#[tokio::test]
async fn what_comes_in_two_deliveries_is_one_order_and_a_mistake_in_the_second_loses_nothing() {
    let house = ordering().await;
    let first = taken_after(&house, &[], &[FIRST], true).await.unwrap();
    assert!(first.more);
    assert_eq!(stored(&house).await.view.details["moreToCome"], true);
    let wrong = taken_after(&house, &[FIRST], &[ELSEWHERE], true).await;
    let wrong = wrong.unwrap();
    assert_eq!(wrong.had, [number(FIRST)]);
    assert_eq!(wrong.problems.len(), 1);
    let all = taken_after(&house, &[FIRST], &[SECOND], true).await;
    let all = all.unwrap();
    assert_eq!(all.had, [number(FIRST), number(SECOND)]);
    assert!(!all.more, "none is missing");
    let view = stored(&house).await.view;
    assert_eq!(view.details["moreToCome"], Value::Null);
    assert_eq!(view.numbers.len(), 2);
}

#[tokio::test]
async fn a_number_that_is_named_in_two_cases_is_the_orders_that_took_it_in_first() {
    let house = ordering().await;
    order(&house, "no-2").await;
    let took = async |order: &str, before: &[&str], numbers: &[&str]| {
        let came = taken_by(&house, order, before, numbers, true).await;
        let came = came.unwrap();
        (came.had, came.problems)
    };
    let both = [number(FIRST), number(SECOND)];
    // The rest is to come: nothing is in use yet.
    let first = (vec![both[0].clone()], Vec::new());
    assert_eq!(took("no-1", &[], &[FIRST]).await, first);
    let why = format!("{FIRST}: the order no-1 has taken it in");
    let refused = took("no-2", &[], &[SECOND, FIRST]).await;
    assert_eq!(refused, (Vec::new(), vec![why]));
    // What was named beside it by mistake is nobody's, and taking in again what was taken in is nothing new.
    assert_eq!(took("no-1", &[], &[FIRST]).await, first);
    let all = (both.to_vec(), Vec::new());
    assert_eq!(took("no-1", &[FIRST], &[SECOND]).await, all);
    // The order is over and has put them into no use.
    let ended =
        json!({ "request": "no-1", "outcome": "failed", "status": "failed", "says": "It failed" });
    crate::request::end::end(&*house.aws, serde_json::from_value(ended).unwrap())
        .await
        .unwrap();
    assert_eq!(took("no-2", &[], &[FIRST, SECOND]).await, all);
}

#[tokio::test]
async fn what_was_named_when_the_carrier_said_nothing_is_kept_from_no_other_order() {
    let house = ordering().await;
    order(&house, "no-2").await;
    let failed = taken(&house, &[FIRST, UNTOLD]).await;
    assert!(failed.is_err(), "{failed:?}");
    let came = taken_by(&house, "no-2", &[], &[FIRST], true).await.unwrap();
    assert_eq!(came.problems, Vec::<String>::new());
}

#[tokio::test]
async fn of_two_orders_that_take_a_number_in_at_once_one_has_it() {
    let house = ordering().await;
    order(&house, "no-2").await;
    let both = ["no-1", "no-2"].map(|order| taken_by(&house, order, &[], &[FIRST], false));
    let both = futures_util::future::join_all(both).await;
    let came = both.iter().flatten();
    let won = came.filter(|came| came.problems.is_empty()).count();
    assert_eq!(won, 1, "{both:?}");
}

/// A turn of a state of the workflow, as its definition says it; what it computes is said otherwise each time.
fn turn(state: &str, round: u32) -> RequestTurnInput {
    let definition =
        include_str!("../../../workflows/definitions/number-order/definition.asl.json");
    let definition: Value = serde_json::from_str(definition).unwrap();
    let mut said = definition["States"][state]["Arguments"]["Payload"].clone();
    for (field, value) in [
        ("token", json!(format!("token-{round}"))),
        ("request", json!("no-1")),
        ("state", json!(state)),
        ("round", json!(round)),
        ("attempt", json!(0)),
        ("received", json!(0)),
        ("deadline", json!(format!("2026-12-0{round}T10:00:00.000Z"))),
        ("says", json!(format!("Asked {round} times"))),
        ("details", json!({})),
    ] {
        said[field] = value;
    }
    said["task"]["about"] = json!({ "round": round });
    serde_json::from_value(said).unwrap()
}

#[tokio::test]
async fn what_an_operator_is_asked_again_is_the_same_task() {
    let house = ordering().await;
    for state in ["Review", "Hand in case", "With support", "Withdraw case"] {
        let mut record = stored(&house).await;
        for round in 1..=3 {
            record
                .open_turn(&turn(state, round), Timestamp::now())
                .unwrap();
            let task = record.view.task.as_ref().unwrap();
            assert_eq!(task.id.as_str(), "no-1.1", "{state}");
        }
    }
}

#[tokio::test]
async fn of_what_came_the_tenant_keeps_what_it_uses() {
    let house = ordering().await;
    house.add_foreign_tenant().await;
    let numbers = [FIRST, SECOND, ELSEWHERE];
    keep(&house, FIRST, home().as_str(), "no-1").await;
    keep(&house, ELSEWHERE, "t-other", "no-7").await;
    let recalled = async |returning: &[&str]| {
        let input = json!({ "request": "no-1", "tenant": home(), "numbers": numbers, "returning": returning });
        let input = serde_json::from_value(input).unwrap();
        case_recall::recall(&*house.aws, input).await.unwrap()
    };
    let kept = recalled(&[]).await;
    assert_eq!(kept.used, [number(FIRST)]);
    assert_eq!(kept.had, [number(SECOND)]);
    let statuses: Vec<&str> = kept.numbers.iter().map(|l| l.status.as_str()).collect();
    let wanted = [status::ASSIGNED, status::ACQUIRED, status::FAILED];
    assert_eq!(statuses, wanted);
    let back = recalled(&[FIRST]).await;
    assert_eq!((back.used.len(), back.had.len()), (0, 2));
}
