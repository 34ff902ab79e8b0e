//! Port-outs held against what we know of their customer, refused for what was found, and decided by silence in so many words.
use super::signals::done;
use super::town::{CARRIER, Town, number};
use crate::dossier::DossierRecord;
use crate::porting::out;
use crate::ports::dossiers::Dossiers;
use crate::ports::porting::{CarrierPortOut, OutRefusal, OutStatus, Pins};
use contract::dossier::Dossier;
use contract::dossier::review::{Decision, DossierStatus};
use contract::port::{OutInput, OutTold, OutVerdict, OutView};
use contract::request::Party;
use jiff::Timestamp;
use serde_json::{Value, json};

const OURS: &str = "+41445552000";
const A: &str = crate::seed::sample::TENANT;
const ID: &str = "po-telnyx-x-1";
/// Two working days and more after the carrier asked.
const OVER: &str = "2026-12-23T08:00:00Z";

/// A gaining carrier asks for A's number and names these.
async fn asked(pin: Option<&str>, name: Option<&str>, account: Option<&str>) -> Town {
    asked_for(OURS, pin, name, account).await
}

/// A gaining carrier asks for this number of A's.
async fn asked_for(
    wanted: &str,
    pin: Option<&str>,
    name: Option<&str>,
    account: Option<&str>,
) -> Town {
    let town = Town::new().await;
    town.keep(wanted, A, "no-1").await;
    town.carrier().outs.push(CarrierPortOut {
        id: "x-1".to_owned(),
        status: OutStatus::Pending,
        numbers: vec![number(wanted)],
        gaining: "Other Telecom".to_owned(),
        pin: pin.map(str::to_owned),
        authorised_by: None,
        end_user: name.map(str::to_owned),
        account: account.map(str::to_owned),
        requested_foc: None,
        foc: None,
        since: Some("2026-11-23T08:00:00Z".parse().unwrap()),
    });
    out::find(&town).await.unwrap();
    town
}

fn input(data: Option<Value>) -> OutInput {
    OutInput {
        request: ID.into(),
        signal: data.map(|data| done("port-out-answer", data)),
    }
}

async fn check(town: &Town) -> OutTold {
    out::check(town, input(None)).await.unwrap()
}

async fn answer(town: &Town, data: Option<Value>) -> OutTold {
    out::answer(town, input(data)).await.unwrap()
}

async fn view(town: &Town) -> OutView {
    let details = town.record(ID).await.unwrap().view.details;
    serde_json::from_value(details).unwrap()
}

#[tokio::test]
async fn what_the_carrier_names_is_held_against_the_customer_and_shown() {
    for (pin, name, account, faults, compared) in [
        (
            Some("8642"),
            Some("ISTHMUS TRADING, S.A."),
            Some("T-ISTHMUS TRADING"),
            json!([]),
            json!({ "pin": "fits", "name": "fits", "account": "fits" }),
        ),
        (
            Some("0000"),
            Some("Edelweiss"),
            Some("CH-1"),
            json!(["wrong_pin", "wrong_name", "wrong_account"]),
            json!({ "pin": "differs", "name": "differs", "account": "differs" }),
        ),
        (
            None,
            None,
            None,
            json!([]),
            json!({ "pin": "not_told", "name": "not_told", "account": "not_told" }),
        ),
    ] {
        let town = asked(pin, name, account).await;
        town.set_port_out_pin(&A.into(), Some("8642"))
            .await
            .unwrap();
        let told = check(&town).await;
        assert_eq!(
            (told.verdict, told.owner),
            (OutVerdict::Decide, Party::Customer)
        );
        let details = town.record(ID).await.unwrap().view.details;
        assert_eq!(
            (&details["faults"], &details["compared"]),
            (&faults, &compared)
        );
        let silence = if faults == json!([]) {
            ("authorises", "it is authorised")
        } else {
            ("refuses", "it is refused")
        };
        assert_eq!(details["silence"], silence.0);
        assert!(
            told.next_action.ends_with(silence.1),
            "{}",
            told.next_action
        );
        assert!(told.next_action.contains("Without an answer until 2026-11"));
    }
}

#[tokio::test]
async fn it_is_refused_for_what_was_found_and_for_nothing_else() {
    let town = asked(None, Some("Edelweiss"), None).await;
    check(&town).await;
    let other = json!({ "decision": "reject", "reason": "wrong_pin" });
    let told = answer(&town, Some(other)).await;
    assert_eq!(told.verdict, OutVerdict::Decide);
    assert!(told.says.unwrap().starts_with("It cannot be refused"));
    assert!(town.carrier().answered.is_empty());
    let found = json!({ "decision": "reject", "reason": "wrong_name" });
    let told = answer(&town, Some(found)).await;
    assert!(told.says.is_some());
    assert_eq!(town.carrier().answered, [Some(OutRefusal::WrongName)]);
    assert!(!view(&town).await.by_silence);
}

#[tokio::test]
async fn what_an_operator_overrides_is_in_the_timeline_with_the_reason() {
    let town = asked(None, None, None).await;
    check(&town).await;
    // The carrier answers at once that it has the refusal.
    town.carrier().outs[0].status = OutStatus::RejectedPending;
    let why = json!({
        "decision": "reject", "reason": "wrong_name", "note": "Reported as a fraud", "overrides": true,
    });
    let told = answer(&town, Some(why)).await;
    let says = told.says.unwrap();
    assert!(
        says.starts_with("Refused by the phone company") && says.ends_with("Reported as a fraud"),
        "{says}"
    );
}

#[tokio::test]
async fn silence_is_told_from_the_customers_word() {
    let town = asked(None, None, None).await;
    check(&town).await;
    town.set_now(OVER).await;
    let told = answer(&town, None).await;
    assert!(told.says.unwrap().ends_with("not by the customer"));
    assert_eq!(town.carrier().answered, [None]);
    let silent = view(&town).await;
    assert!(silent.by_silence && silent.silence.is_none() && silent.answer.is_some());
    let town = asked(None, None, None).await;
    check(&town).await;
    let told = answer(&town, Some(json!({ "decision": "authorise" }))).await;
    assert_eq!(told.says.as_deref(), Some("Authorised"));
    assert!(!view(&town).await.by_silence);
}

#[tokio::test]
async fn a_pin_that_was_not_named_is_a_fault_only_where_carriers_have_to_name_it() {
    for (wanted, faults, silence) in [
        (OURS, json!([]), "authorises"),
        ("+12125550100", json!(["pin_not_told"]), "refuses"),
    ] {
        let town = asked_for(wanted, None, None, None).await;
        town.give_port_out_pin(&A.into(), "8642").await.unwrap();
        check(&town).await;
        let details = town.record(ID).await.unwrap().view.details;
        assert_eq!(details["faults"], faults, "{wanted}");
        assert_eq!(details["compared"]["pin"], "not_told");
        assert_eq!(details["silence"], silence);
        town.set_now(OVER).await;
        answer(&town, None).await;
        let refusal = (silence == "refuses").then_some(OutRefusal::WrongPin);
        assert_eq!(town.carrier().answered, [refusal]);
    }
}

#[tokio::test]
async fn the_holders_name_fits_while_the_approved_dossier_is_changed() {
    let dossier: Dossier = serde_json::from_value(json!({
        "id": "d-1", "tenant": A, "version": 1, "kind": "business", "endUser": { "businessName": "Muster AG" },
        "addresses": [{ "uses": ["service"], "street": "Bahnhofstrasse 1", "city": "Zürich", "country": "CH" }],
    }))
    .unwrap();
    let mut record = DossierRecord::new(dossier, "2026-11-20T10:00:00.000Z".to_owned());
    record.take_up(&"vd-1".into());
    record.decide(&"vd-1".into(), Decision::Approve, None, &[]);
    let mut filled = record.view.dossier.clone();
    filled.addresses[0].street = "Bahnhofstrasse 2".to_owned();
    // What is only written there is nobody's name yet.
    filled.end_user.business_name = Some("Edelweiss".to_owned());
    record.rewrite(&filled);
    assert_eq!(record.view.status, DossierStatus::Draft);
    for (name, faults) in [("Muster", json!([])), ("Edelweiss", json!(["wrong_name"]))] {
        let town = asked(None, Some(name), None).await;
        town.create_dossier(&record).await.unwrap();
        check(&town).await;
        let details = town.record(ID).await.unwrap().view.details;
        assert_eq!(details["faults"], faults, "{name}");
    }
}

/// A stranger asks for the number; the carrier lets it go when the time for the answer is over. What the customer is told, and when.
async fn by_a_stranger() -> (Town, OutTold, Timestamp) {
    let town = asked(None, Some("Edelweiss"), None).await;
    let told = check(&town).await;
    let lets_go: Timestamp = view(&town).await.answer_by.unwrap().parse().unwrap();
    town.carrier().lets_go = Some(lets_go);
    (town, told, lets_go)
}

#[tokio::test]
async fn silence_refuses_before_the_carrier_lets_the_numbers_go() {
    let (town, told, lets_go) = by_a_stranger().await;
    let until = told.deadline.unwrap();
    let at: Timestamp = until.parse().unwrap();
    assert!(at < lets_go, "{until}: the carrier is to hear it");
    let day = at.strftime("until %Y-%m-%d %H:%M UTC it is refused");
    assert!(told.next_action.ends_with(&day.to_string()));
    let wait = lets_go.duration_since("2026-11-23T08:00:00Z".parse().unwrap());
    assert!(i64::from(told.wait_s) < wait.as_secs(), "{} s", told.wait_s);
    town.set_now(&until).await;
    let told = answer(&town, None).await;
    assert_eq!(town.carrier().answered, [Some(OutRefusal::WrongName)]);
    assert_eq!(told.verdict, OutVerdict::RejectedPending);
    let says = told.says.unwrap();
    assert!(
        says.starts_with("Nobody answered in time: refused"),
        "{says}"
    );
    assert!(view(&town).await.by_silence);
}

#[tokio::test]
async fn a_refusal_that_could_not_be_told_in_time_says_so() {
    let (town, _, _) = by_a_stranger().await;
    town.set_now(OVER).await;
    let told = answer(&town, None).await;
    assert_eq!(told.says.as_deref(), Some("The refusal came too late"));
    assert!(town.carrier().answered.is_empty());
}

#[tokio::test]
async fn a_pin_that_was_forgotten_with_the_answer_is_no_fault_when_it_is_looked_at_again() {
    let town = asked(Some("8642"), None, None).await;
    town.set_port_out_pin(&A.into(), Some("8642"))
        .await
        .unwrap();
    check(&town).await;
    answer(&town, Some(json!({ "decision": "authorise" }))).await;
    town.carrier().outs[0].pin = None;
    check(&town).await;
    assert!(view(&town).await.faults.is_empty());
    let ids = out::requests_of(&town, &CARRIER.into(), "x-1").await;
    assert_eq!(ids.unwrap(), [ID.into()]);
}
