//! Port-outs of a carrier without an interface: written down, answered, told by an operator, and followed by what operators write down.
use super::signals;
use super::town::{CARRIER, Town, number};
use crate::porting::out::by_hand::STANDING;
use crate::porting::out::record::Named;
use crate::porting::out::{self, NotWritten, Written, write_down};
use crate::porting::share::Share;
use crate::ports::porting::{CarrierPortOut, OutStatus, Pins};
use contract::port::{OutInput, OutMatch, OutTold, OutVerdict, OutView};
use contract::request::signal::SignalName;
use contract::request::{Party, RequestView};
use serde_json::{Value, json};

const OURS: [&str; 2] = ["+41445552000", "+41445552001"];
const A: &str = crate::seed::sample::TENANT;
const ID: &str = "po-telnyx-case-1";
const DAY: &str = "2026-12-10T09:00:00.000Z";

/// What AWS Support tells of on Monday.
fn told(answer_by: Option<&str>, pin: Option<&str>) -> Written {
    Written {
        carrier: CARRIER.into(),
        out: CarrierPortOut {
            id: "case-1".to_owned(),
            status: OutStatus::Pending,
            numbers: OURS.map(number).to_vec(),
            gaining: "Other Telecom".to_owned(),
            pin: pin.map(str::to_owned),
            authorised_by: None,
            end_user: Some("Isthmus Trading".to_owned()),
            account: None,
            requested_foc: Some(DAY.parse().unwrap()),
            foc: None,
            since: Some("2026-11-23T08:00:00Z".parse().unwrap()),
        },
        answer_by: answer_by.map(|text| text.parse().unwrap()),
        person: "p-ruth-amsler".into(),
        wish: "wish-1".to_owned(),
    }
}

fn ours() -> Vec<Share> {
    vec![Share {
        tenant: A.into(),
        numbers: OURS.map(number).to_vec(),
    }]
}

/// A port-out that is written down and looked at; its customer decides.
async fn written(answer_by: Option<&str>, pin: Option<&str>) -> (Town, OutTold) {
    let town = Town::new().await;
    town.carrier().by_hand = true;
    for text in OURS {
        town.keep(text, A, "no-1").await;
    }
    write_down(&town, told(answer_by, pin), ours())
        .await
        .unwrap();
    let asked = out::check(&town, input(None)).await.unwrap();
    (town, asked)
}

fn input(done: Option<(&str, Value)>) -> OutInput {
    OutInput {
        request: ID.into(),
        signal: done.map(|(form, data)| signals::done(form, data)),
    }
}

async fn decides(town: &Town, decision: &str) -> OutTold {
    // The phone company's people may refuse for what was not found.
    let data = json!({
        "decision": decision, "reason": "wrong_name", "note": "Call us first", "overrides": true,
    });
    out::answer(town, input(Some(("port-out-answer", data))))
        .await
        .unwrap()
}

async fn looks(town: &Town, done: Option<(&str, Value)>) -> OutTold {
    out::look(town, input(done)).await.unwrap()
}

async fn tells(town: &Town, outcome: &str) -> OutTold {
    looks(town, Some(("port-out-tell", json!({ "outcome": outcome })))).await
}

async fn says(town: &Town, data: Value) -> OutTold {
    looks(town, Some(("port-out-standing", data))).await
}

async fn shown(town: &Town) -> (RequestView, OutView) {
    let view = town.record(ID).await.unwrap().view;
    let out = serde_json::from_value(view.details.clone()).unwrap();
    (view, out)
}

fn stands(told: &OutTold) -> (OutVerdict, Party, Option<&str>) {
    (told.verdict, told.owner, told.form.as_deref())
}

const TELL: (OutVerdict, Party, Option<&str>) = (OutVerdict::Tell, Party::Operator, None);
const FORM: Option<&str> = Some("port-out-standing");

#[tokio::test]
async fn whom_a_port_out_of_several_customers_names_is_compared_and_shown_to_none_of_them() {
    const NAME: &str = "Isthmus Trading";
    let town = Town::new().await;
    town.carrier().by_hand = true;
    let shares = [A, "t-other"].into_iter().zip(OURS).map(|(tenant, text)| {
        let numbers = vec![number(text)];
        let tenant = tenant.into();
        Share { tenant, numbers }
    });
    for (tenant, text) in [A, "t-other"].into_iter().zip(OURS) {
        town.keep(text, tenant, "no-1").await;
    }
    let mut told = told(None, None);
    told.out.account = Some(A.to_owned());
    told.out.authorised_by = Some("Lucía Méndez".to_owned());
    let begun = write_down(&town, told, shares.collect()).await.unwrap();
    assert_eq!(begun.len(), 2);
    for record in &begun {
        let named = &record.hidden["named"];
        assert_eq!(named["endUser"], NAME, "{named}");
        let view: OutView = serde_json::from_value(record.view.details.clone()).unwrap();
        assert_eq!(Named::of(&view), Named::default());
    }
    out::check(&town, input(None)).await.unwrap();
    let (_, view) = shown(&town).await;
    let compared = view.compared.unwrap();
    assert_eq!(
        (compared.name, compared.account),
        (OutMatch::Fits, OutMatch::Fits)
    );
    decides(&town, "reject").await;
    let (view, out) = shown(&town).await;
    let text = out.prepared.unwrap().body;
    assert!(text.contains("We refuse") && !text.contains(NAME), "{text}");
    let view = json!(view).to_string();
    assert!(!view.contains(NAME) && !view.contains("Lucía"), "{view}");
}

#[tokio::test]
async fn an_authorised_port_out_is_told_by_an_operator_and_followed_until_the_numbers_are_gone() {
    let (town, asked) = written(None, None).await;
    let decide = (OutVerdict::Decide, Party::Customer, None);
    assert_eq!(stands(&asked), decide);
    assert!(asked.deadline.is_some(), "by the law of the country");
    let told = decides(&town, "authorise").await;
    assert_eq!(stands(&told), TELL);
    assert_eq!(
        told.deadline, asked.deadline,
        "the carrier waits until then"
    );
    let (_, view) = shown(&town).await;
    let text = view.prepared.unwrap();
    assert_eq!(text.subject, "Port-out case-1: 2 numbers may go");
    for words in [
        "We authorise",
        "Case: case-1",
        "Reference: po-telnyx-case-1",
        "Gaining carrier: Other Telecom",
        "Customer there: Isthmus Trading",
        DAY,
        "Note: Call us first",
        OURS[0],
        OURS[1],
    ] {
        assert!(text.body.contains(words), "{words}: {}", text.body);
    }
    assert!(
        town.carrier().answered.is_empty(),
        "it has no interface for that"
    );
    // Nobody has told it yet: it is still to be told.
    assert_eq!(stands(&looks(&town, None).await), TELL);

    let told = tells(&town, "told").await;
    assert_eq!(
        stands(&told),
        (OutVerdict::Authorised, Party::Operator, FORM)
    );
    assert_eq!(
        told.deadline.as_deref(),
        Some(DAY),
        "as far as it was asked for"
    );
    assert!(told.wait_s > 7 * 24 * 3_600, "there is nothing to look at");
    let (request, view) = shown(&town).await;
    assert_eq!((view.to_tell, view.prepared), (None, None));
    assert!(
        request
            .numbers
            .iter()
            .all(|line| line.status == "authorised")
    );

    let later = "2026-12-11T08:00:00Z";
    let told = says(
        &town,
        json!({ "status": "authorised", "foc": later, "note": "a day later" }),
    )
    .await;
    assert_eq!(told.verdict, OutVerdict::Authorised);
    assert_eq!(told.deadline.as_deref(), Some("2026-12-11T08:00:00.000Z"));
    assert!(told.says.unwrap().ends_with(": a day later"));
    // The day comes and nobody has said anything: it is asked for, and not every second.
    town.set_now("2026-12-11T08:00:01Z").await;
    let told = looks(&town, None).await;
    assert_eq!(
        stands(&told),
        (OutVerdict::Authorised, Party::Operator, FORM)
    );
    assert!(told.wait_s > 24 * 3_600, "{} s", told.wait_s);

    let told = says(&town, json!({ "status": "ported" })).await;
    assert_eq!(told.verdict, OutVerdict::Ported);
    let left = out::leave(&town, input(None)).await.unwrap();
    assert_eq!(left.verdict, OutVerdict::Snapback);
    assert_eq!(town.owner(OURS[0]).await, None);
    let late = says(&town, json!({ "status": "cancelled" })).await;
    assert_ne!(late.verdict, OutVerdict::Cancelled, "they are gone");
    let (_, view) = shown(&town).await;
    let closes = view.snapback.unwrap();
    town.set_now(&closes).await;
    assert_eq!(looks(&town, None).await.verdict, OutVerdict::Closed);
}

#[tokio::test]
async fn numbers_that_have_gone_are_given_back_when_they_can_come_back_no_more() {
    let (town, _) = written(None, None).await;
    decides(&town, "authorise").await;
    tells(&town, "told").await;
    says(&town, json!({ "status": "ported" })).await;
    out::leave(&town, input(None)).await.unwrap();
    let closes = shown(&town).await.1.snapback.unwrap();
    assert_eq!(looks(&town, None).await.verdict, OutVerdict::Snapback);
    assert!(town.carrier().given_back.is_empty(), "they may come back");

    town.set_now(&closes).await;
    // A carrier that keeps them does not hold up the end: what is left to do there is said, once.
    town.carrier().gives_none_up = true;
    for _ in 0..2 {
        assert_eq!(looks(&town, None).await.verdict, OutVerdict::Closed);
    }
    let timeline = shown(&town).await.0.timeline;
    let texts = timeline.iter().map(|entry| entry.text.as_str());
    let left: Vec<_> = texts
        .filter(|text| text.ends_with("Delete them there"))
        .collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].contains(OURS[0]) && left[0].contains(OURS[1]));
    let ended = out::end::end(&town, input(None)).await.unwrap();
    let says = ended.says.unwrap();
    assert!(says.contains("Delete them at the carrier"), "{says}");

    town.carrier().gives_none_up = false;
    // One that came back in another way is not taken away.
    town.keep(OURS[1], A, "no-2").await;
    assert_eq!(looks(&town, None).await.verdict, OutVerdict::Closed);
    assert_eq!(town.carrier().given_back, [number(OURS[0])]);
}

#[tokio::test]
async fn a_refused_one_stays_if_the_carrier_accepts_it_and_goes_if_it_does_not() {
    for (said, next, status) in [
        (
            json!({ "status": "rejected" }),
            OutVerdict::Rejected,
            "kept",
        ),
        (
            json!({ "status": "authorised", "foc": DAY }),
            OutVerdict::Authorised,
            "authorised",
        ),
    ] {
        let (town, _) = written(None, None).await;
        assert_eq!(stands(&decides(&town, "reject").await), TELL);
        let text = shown(&town).await.1.prepared.unwrap();
        assert_eq!(text.subject, "Port-out case-1: refused");
        let reason = "Reason: the name that was given is not the customer's";
        assert!(text.body.contains(reason), "{}", text.body);
        let told = tells(&town, "told").await;
        let waits = (OutVerdict::RejectedPending, Party::Operator, FORM);
        assert_eq!(stands(&told), waits);
        assert_eq!(says(&town, said).await.verdict, next);
        let (request, _) = shown(&town).await;
        assert!(request.numbers.iter().all(|line| line.status == status));
    }
}

#[tokio::test]
async fn one_that_was_taken_back_meanwhile_needs_no_telling() {
    let (town, _) = written(None, None).await;
    decides(&town, "authorise").await;
    let told = tells(&town, "overtaken").await;
    assert_eq!(
        stands(&told),
        (OutVerdict::Authorised, Party::Operator, FORM)
    );
    let told = says(&town, json!({ "status": "cancelled" })).await;
    assert_eq!(told.verdict, OutVerdict::Cancelled);
    let (request, _) = shown(&town).await;
    assert!(request.numbers.iter().all(|line| line.status == "kept"));
}

#[tokio::test]
async fn what_the_carrier_says_unasked_counts_at_once() {
    for decides_first in [false, true] {
        let (town, _) = written(None, None).await;
        if decides_first {
            decides(&town, "reject").await;
        }
        let mut notice = input(Some((STANDING, json!({ "status": "cancelled" }))));
        if let Some(signal) = &mut notice.signal {
            signal.name = SignalName::CarrierNotice;
        }
        let told = out::look(&town, notice).await.unwrap();
        assert_eq!(told.verdict, OutVerdict::Cancelled);
        assert_eq!(told.says.unwrap(), "The gaining carrier has taken it back");
        let (_, view) = shown(&town).await;
        assert_eq!((view.to_tell, view.prepared), (None, None));
    }
}

#[tokio::test]
async fn the_pin_is_held_against_the_customers_and_forgotten_with_the_answer() {
    for (named, faults) in [
        (Some("8642"), json!([])),
        (Some("97531"), json!(["wrong_pin"])),
        // Where no carrier has to name one, nothing is wrong.
        (None, json!([])),
    ] {
        let (town, _) = written(None, named).await;
        town.set_port_out_pin(&A.into(), Some("8642"))
            .await
            .unwrap();
        out::check(&town, input(None)).await.unwrap();
        let (request, _) = shown(&town).await;
        assert_eq!(request.details["faults"], faults);
        assert!(!json!(request).to_string().contains("97531"));
        assert_eq!(town.record(ID).await.unwrap().hidden["pin"], json!(named));
        decides(&town, "reject").await;
        let hidden = town.record(ID).await.unwrap().hidden;
        assert_eq!(hidden["pin"], Value::Null);
        assert_eq!(hidden["numbers"], json!(OURS), "the rest stays");
    }
}

#[tokio::test]
async fn a_deadline_that_the_carrier_gives_goes_before_the_law() {
    let until = "2026-11-23T15:00:00.000Z";
    let (town, asked) = written(Some(until), None).await;
    assert_eq!(asked.deadline.as_deref(), Some(until));
    town.set_now("2026-11-23T15:00:01Z").await;
    let told = out::answer(&town, input(None)).await.unwrap();
    assert_eq!(stands(&told), TELL, "silence authorises");
    assert!(told.wait_s > 3_600, "a deadline that is over is no clock");
}

#[tokio::test]
async fn what_silence_refuses_is_to_be_told_while_the_carrier_waits() {
    let (town, _) = written(None, Some("97531")).await;
    town.set_port_out_pin(&A.into(), Some("8642"))
        .await
        .unwrap();
    let asked = out::check(&town, input(None)).await.unwrap();
    let answer_by = shown(&town).await.1.answer_by.unwrap();
    let until = asked.deadline.unwrap();
    assert!(until < answer_by, "{until}, {answer_by}");
    town.set_now(&until).await;
    let told = out::answer(&town, input(None)).await.unwrap();
    assert_eq!(stands(&told), TELL);
    assert_eq!(told.deadline.as_ref(), Some(&answer_by));
    assert!(told.wait_s > 4 * 3_600, "{} s are ahead", told.wait_s);
    let text = shown(&town).await.1.prepared.unwrap();
    assert_eq!(text.subject, "Port-out case-1: refused");
}

#[tokio::test]
async fn a_step_that_is_tried_again_changes_nothing() {
    let (town, _) = written(None, None).await;
    let first = decides(&town, "authorise").await;
    let text = shown(&town).await.1.prepared;
    assert_eq!(decides(&town, "authorise").await, first);
    assert_eq!(shown(&town).await.1.prepared, text);
    let first = tells(&town, "told").await;
    assert_eq!(tells(&town, "told").await, first);
    assert_eq!(decides(&town, "reject").await.verdict, first.verdict);
    assert_eq!(shown(&town).await.1.to_tell, None, "it was told already");
}

#[tokio::test]
async fn what_does_not_read_is_refused_and_what_is_of_others_is_not_heard() {
    let (town, _) = written(None, None).await;
    decides(&town, "authorise").await;
    for (form, data) in [
        ("port-out-tell", json!({ "outcome": "maybe" })),
        ("port-out-standing", json!({ "status": "gone" })),
        (
            "port-out-standing",
            json!({ "status": "authorised", "foc": "soon" }),
        ),
    ] {
        let refused = out::look(&town, input(Some((form, data)))).await;
        assert!(refused.is_err(), "{form}");
    }
    let help = Some(("port-help", json!({ "decision": "again" })));
    assert_eq!(stands(&looks(&town, help).await), TELL);
}

#[tokio::test]
async fn a_carriers_id_is_written_down_once() {
    let (town, _) = written(None, None).await;
    let again = write_down(&town, told(None, None), ours()).await.unwrap();
    let ids: Vec<_> = again.iter().map(|record| record.view.id.as_str()).collect();
    assert_eq!(ids, [ID]);
    let by_ruth = again[0].view.timeline.iter();
    let by_ruth = by_ruth.filter(|entry| entry.person.is_some());
    assert_eq!(by_ruth.count(), 1, "it is noted once");
    let other = Written {
        wish: "wish-2".to_owned(),
        ..told(None, None)
    };
    let known = write_down(&town, other, ours()).await;
    assert!(matches!(known, Err(NotWritten::Known(id)) if id.as_str() == ID));
    // An id that looks like the second request of another is a port-out of its own.
    let mut second = told(None, None);
    (second.out.id, second.wish) = ("case-1-2".to_owned(), "wish-2".to_owned());
    let records = write_down(&town, second, ours()).await.unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].view.id.as_str(), "po-telnyx-case-1-2");
    let mut ids = out::requests_of(&town, &CARRIER.into(), "case-1")
        .await
        .unwrap();
    assert_eq!(ids.pop(), Some(ID.into()));
    assert!(ids.is_empty());
    // Carriers of this kind are not asked for port-outs.
    town.carrier().outs.push(told(None, None).out);
    assert_eq!(out::find(&town).await.unwrap(), out::Found::default());
}

#[tokio::test]
async fn one_that_is_ended_before_the_carrier_was_told_says_what_is_left_to_do_there() {
    let (town, _) = written(None, None).await;
    let ended = async || {
        let told = out::end::end(&town, input(None)).await.unwrap();
        told.says.unwrap()
    };
    let undecided = ended().await;
    assert!(
        undecided.starts_with("Ended without the carrier"),
        "{undecided}"
    );
    decides(&town, "reject").await;
    let untold = ended().await;
    assert!(untold.contains("is refused: tell it"), "{untold}");
    tells(&town, "told").await;
    assert_eq!(ended().await, "At the carrier it is refused");
}

#[test]
fn a_port_out_that_was_stored_before_reads() {
    let before = json!({
        "carrier": "telnyx", "externalId": "x-1", "gaining": "Other Telecom", "faults": ["wrong_pin"], "answer": "reject",
    });
    let view: OutView = serde_json::from_value(before).unwrap();
    assert!(!view.by_hand && view.to_tell.is_none() && view.said.is_none());
    assert!(view.decision.is_none() && view.silence.is_none() && !view.by_silence);
}
