//! Orders by support case, over a real store.
use super::{case_prepare, case_recall, case_take};
use crate::carriers::config::{CarrierConfig, Place};
use crate::house::House;
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use crate::ports::requests::Requests;
use crate::request::{Begun, RequestRecord};
use contract::number::{NumberError, NumbersCame, status};
use contract::request::Kind;
use contract::{E164, TenantId};
use jiff::Timestamp;
use serde_json::{Value, json};

const FIRST: &str = "+41445552001";
const SECOND: &str = "+41445552002";
/// One that the account does not have.
const ELSEWHERE: &str = "+41445553001";

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
    let begun = Begun {
        id: "no-1".into(),
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
    house
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
    let input = json!({
        "request": "no-1", "carrier": "chime", "country": "CH", "numberType": "local", "count": 2, "numbers": numbers,
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
