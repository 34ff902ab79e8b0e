//! Port-outs of numbers that are several customers', or whose deadline nobody knows.
use super::town::{CARRIER, Town, number};
use crate::porting::out;
use crate::ports::porting::{CarrierPortOut, OutRefusal, OutStatus};
use contract::port::{OutInput, OutTold, OutVerdict};
use contract::request::Party;
use contract::request::signal::{RequestSignal, SignalName};
use serde_json::{Value, json};

const OURS: &str = "+41445552000";
const THEIRS: &str = "+41445552001";
const NOBODYS: &str = "+41445552009";
const A: &str = crate::seed::sample::TENANT;
const B: &str = "t-other";

/// A gaining carrier asks for these numbers, of which A has one and B another.
async fn asked_for(numbers: &[&str]) -> Town {
    let town = Town::new().await;
    town.keep(OURS, A, "no-1").await;
    town.keep(THEIRS, B, "no-2").await;
    town.carrier().outs.push(CarrierPortOut {
        id: "x-1".to_owned(),
        status: OutStatus::Pending,
        numbers: numbers.iter().map(|text| number(text)).collect(),
        gaining: "Other Telecom".to_owned(),
        pin: None,
        authorised_by: None,
        end_user: None,
        requested_foc: None,
        foc: None,
        since: Some("2026-11-23T08:00:00Z".parse().unwrap()),
    });
    out::find(&town).await.unwrap();
    town
}

fn input(request: &str, decision: Option<&str>) -> OutInput {
    OutInput {
        request: request.into(),
        signal: decision.map(|decision| RequestSignal {
            seq: 1,
            name: SignalName::TaskDone,
            topic: Some("port-out-answer".to_owned()),
            at: String::new(),
            person: None,
            data: json!({ "decision": decision, "reason": "wrong_name" }),
        }),
    }
}

async fn check(town: &Town, request: &str) -> OutTold {
    out::check(town, input(request, None)).await.unwrap()
}

async fn answer(town: &Town, request: &str, decision: Option<&str>) -> OutTold {
    out::answer(town, input(request, decision)).await.unwrap()
}

async fn lines(town: &Town, request: &str) -> Vec<String> {
    let record = town.record(request).await.unwrap();
    let lines = record.view.numbers.iter();
    lines.map(|line| line.number.to_string()).collect()
}

#[tokio::test]
async fn each_tenant_sees_its_own_numbers_and_none_can_let_the_others_go() {
    let town = asked_for(&[OURS, THEIRS, NOBODYS]).await;
    let (ours, theirs) = ("po-telnyx-x-1", "po-telnyx-x-1-2");
    // Found again, they are the same requests.
    assert_eq!(out::find(&town).await.unwrap(), 1);
    for (request, tenant, own) in [(ours, A, OURS), (theirs, B, THEIRS)] {
        let view = town.record(request).await.unwrap().view;
        assert_eq!(
            (view.tenant.as_str(), view.title.as_str()),
            (tenant, "1 numbers to Other Telecom")
        );
        assert_eq!(lines(&town, request).await, [own]);
        assert!(town.record("po-telnyx-x-1-3").await.is_none());
        check(&town, request).await;
        let told = answer(&town, request, Some("authorise")).await;
        assert_eq!(told.verdict, OutVerdict::Decide);
        assert!(told.says.unwrap().starts_with("It cannot be authorised"));
        let view = town.record(request).await.unwrap().view;
        let text = json!(view).to_string();
        let others = if own == OURS { THEIRS } else { OURS };
        assert!(!text.contains(others) && !text.contains(NOBODYS), "{text}");
    }
    assert!(town.carrier().answered.is_empty(), "nothing was let go");
    town.set_now("2026-12-23T08:00:00Z").await;
    answer(&town, ours, None).await;
    assert_eq!(
        town.carrier().answered,
        [Some(OutRefusal::WrongAccount)],
        "silence refuses it"
    );
    let ids = out::requests_of(&town, &CARRIER.into(), "x-1")
        .await
        .unwrap();
    assert_eq!(ids, [ours.into(), theirs.into()]);
}

#[tokio::test]
async fn numbers_of_which_one_went_to_another_tenant_meanwhile_are_not_let_go() {
    let town = asked_for(&[OURS]).await;
    let told = check(&town, "po-telnyx-x-1").await;
    assert_eq!(
        (told.verdict, told.owner),
        (OutVerdict::Decide, Party::Customer)
    );
    town.carrier().outs[0].numbers.push(number(THEIRS));
    let told = answer(&town, "po-telnyx-x-1", Some("authorise")).await;
    assert_eq!(told.verdict, OutVerdict::Decide);
    assert!(town.carrier().answered.is_empty());
    answer(&town, "po-telnyx-x-1", Some("reject")).await;
    assert_eq!(town.carrier().answered, [Some(OutRefusal::WrongName)]);
}

#[tokio::test]
async fn silence_authorises_only_after_the_deadline_and_never_without_one() {
    let town = asked_for(&[OURS]).await;
    let told = check(&town, "po-telnyx-x-1").await;
    assert!(told.deadline.is_some());
    let early = answer(&town, "po-telnyx-x-1", None).await;
    assert_eq!(early.verdict, OutVerdict::Decide);
    crate::ports::requests::Requests::update(&town, &"po-telnyx-x-1".into(), |record| {
        record.view.details["answerBy"] = Value::Null;
    })
    .await
    .unwrap();
    town.set_now("2027-11-23T08:00:00Z").await;
    let unknown = answer(&town, "po-telnyx-x-1", None).await;
    assert_eq!(
        (unknown.verdict, unknown.owner),
        (OutVerdict::Decide, Party::Operator)
    );
    assert!(unknown.wait_s > 7 * 24 * 3_600, "{} s", unknown.wait_s);
    assert!(town.carrier().answered.is_empty());
    check(&town, "po-telnyx-x-1").await;
    answer(&town, "po-telnyx-x-1", None).await;
    assert_eq!(
        town.carrier().answered,
        [None],
        "over, and nothing speaks against it"
    );
}
