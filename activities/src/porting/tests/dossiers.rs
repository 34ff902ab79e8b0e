//! The dossier of a port: checked while the port is drafted and signed, approved before it goes to the carrier.
use super::looks::port;
use super::signals::done;
use super::town::{CARRIER, Town};
use crate::dossier::{DossierRecord, Ruling};
use crate::porting::dossier::check_of;
use crate::porting::record::Port;
use crate::porting::{evaluate, review};
use crate::ports::dossiers::Dossiers;
use crate::ports::requests::Requests;
use crate::request::{Begun, RequestRecord, begin};
use contract::dossier::review::{Decision, DossierStatus};
use contract::dossier::{Day, Document, Dossier, NumberStatus as Here, OrderStatus as At};
use contract::port::{PortAnswer, PortInput, PortVerdict as Next};
use contract::request::signal::RequestSignal;
use contract::request::{Kind, Party};
use serde_json::{Value, json};

const PORT: &str = "pi-1";
const DOSSIER: &str = "d-1";
/// The check that the port begins of what the dossier holds at first, and after so many changes.
fn check(edition: u32) -> String {
    check_of(&PORT.into(), &DOSSIER.into(), edition).0
}

fn document(id: &str, kind: &str) -> Value {
    json!({
        "id": id, "kind": kind, "fileName": format!("{kind}.pdf"), "mediaType": "application/pdf", "bytes": 900,
        "sha256": "0".repeat(64), "uploadedAt": "2026-11-20T08:00:00Z", "issued": "2026-11-19", "state": "draft",
    })
}

/// A dossier with all that Switzerland asks of a port.
fn complete(signer: &str) -> Dossier {
    let dossier = json!({
        "id": DOSSIER, "tenant": crate::seed::sample::TENANT, "version": 1, "kind": "business",
        "endUser": {
            "businessName": "Muster AG", "legalForm": "AG",
            "registerIds": [{ "scheme": "ch-uid", "country": "CH", "number": "CHE-123.456.788" }],
        },
        "addresses": [{
            "uses": ["service", "registered"], "street": "Bahnhofstrasse 1", "city": "Zürich", "region": "ZH",
            "postalCode": "8001", "country": "CH",
        }],
        "authorisedPerson": { "name": signer, "email": "signer@example.com", "nationality": "CH" },
        "previousService": { "provider": "Alpenfon", "accountNumber": "CH-1000", "accountName": "Muster AG" },
        "documents": [document("1", "register_extract"), document("2", "invoice")],
    });
    serde_json::from_value(dossier).unwrap()
}

/// A town with a port whose numbers were checked, and its customer's dossier.
async fn town(dossier: Dossier) -> Town {
    let town = Town::new().await;
    let mut port = port(At::Collecting, Here::Portable, 1);
    port.view.submissions = 0;
    port.view.carrier = Some(CARRIER.into());
    port.view.form.dossier = Some(dossier.clone());
    let record = DossierRecord::new(dossier, "2026-11-20T08:00:00.000Z".to_owned());
    town.create_dossier(&record).await.unwrap();
    let begun = Begun {
        id: PORT.into(),
        kind: Kind::PortIn,
        tenant: crate::seed::sample::TENANT.into(),
        person: None,
        title: "One number".to_owned(),
        details: json!(port.view),
        numbers: port.lines,
        hidden: json!(port.hidden),
    };
    begin::begin(&town, begun).await.unwrap();
    town
}

fn input(signal: Option<RequestSignal>) -> PortInput {
    PortInput {
        request: PORT.into(),
        signal,
    }
}

async fn evaluated(town: &Town) -> PortAnswer {
    evaluate::evaluate(town, input(None)).await.unwrap()
}

async fn approved_by_us(town: &Town) -> PortAnswer {
    let signal = done("port-review", json!({ "decision": "approve" }));
    review::review(town, input(Some(signal))).await.unwrap()
}

async fn now(town: &Town) -> Port {
    Port::of(&town.record(PORT).await.unwrap()).unwrap()
}

async fn status(town: &Town) -> DossierStatus {
    let record = town.dossier(&DOSSIER.into()).await.unwrap().unwrap();
    record.view.status
}

/// Changes the dossier as its page and its check do.
async fn change<R: Send>(town: &Town, change: impl FnMut(&mut DossierRecord) -> R + Send) -> R {
    let changed = town.update_dossier(&DOSSIER.into(), change).await;
    changed.unwrap().unwrap().0
}

/// The check decides, and ends.
async fn decides(town: &Town, check: &str, decision: Decision) {
    let written = change(town, |record| {
        record.decide(&check.into(), decision, None, &[])
    })
    .await;
    assert_eq!(written, Ruling::Written, "{check} checks it");
    if decision != Decision::Reject {
        ends(town, check).await;
    }
}

async fn ends(town: &Town, check: &str) {
    let end = |record: &mut RequestRecord| {
        record.view.ended_at = Some("2026-11-23T09:00:00.000Z".to_owned());
    };
    Requests::update(town, &check.into(), end).await.unwrap();
}

async fn signed(town: &Town) {
    Requests::update(town, &PORT.into(), |record| {
        let mut port = Port::of(record).unwrap();
        let letter = port.view.letter.as_mut().unwrap();
        let signer = json!({ "name": "Anna Muster", "at": "2026-11-23T08:00:00Z" });
        letter.signed = Some(serde_json::from_value(signer).unwrap());
        port.put(record);
    })
    .await
    .unwrap();
}

/// As far as the wait for the dossier: complete, handed in, signed.
async fn as_far_as_the_check(town: &Town) -> PortAnswer {
    assert_eq!(evaluated(town).await.verdict, Next::Sign);
    signed(town).await;
    evaluated(town).await
}

fn started(town: &Town) -> Vec<String> {
    let asked = town.house.asked();
    let names = asked.started.iter().map(|(name, _)| name.clone());
    names.filter(|name| name.starts_with("pi-1-")).collect()
}

#[tokio::test]
async fn a_port_hands_its_dossier_in_once_and_is_signed_while_that_is_checked() {
    let town = town(complete("Anna Muster")).await;
    for _ in 0..2 {
        assert_eq!(evaluated(&town).await.verdict, Next::Sign);
    }
    assert_eq!(started(&town), [check(0)]);
    assert_eq!(status(&town).await, DossierStatus::InReview);
    let begun = town.record(&check(0)).await.unwrap().view;
    assert_eq!(begun.kind, Kind::VerifyDossier);
    assert_eq!(
        begun.details,
        json!({ "dossier": DOSSIER, "purposes": [
            { "country": "CH", "numberType": "local", "action": "port_in", "numbers": 1 },
        ] })
    );
    signed(&town).await;
    let waits = evaluated(&town).await;
    assert_eq!(
        (waits.verdict, waits.status, waits.owner),
        (Next::CheckDossier, At::InternalReview, Party::Platform)
    );
    decides(&town, &check(0), Decision::Approve).await;
    let looked = evaluated(&town).await;
    assert_eq!(
        (looked.verdict, looked.owner),
        (Next::Review, Party::Operator)
    );
    assert_eq!(
        looked.about,
        json!({ "dossier": DOSSIER, "status": "approved", "check": check(0) })
    );
    let over = approved_by_us(&town).await;
    assert_eq!((over.verdict, over.about), (Next::Submit, Value::Null));
    assert_eq!(started(&town), [check(0)]);
}

#[tokio::test]
async fn what_is_incomplete_is_not_handed_in_and_what_is_approved_need_not_be() {
    let mut lacking = complete("Anna Muster");
    lacking.documents.clear();
    let lacks = town(lacking).await;
    assert_eq!(evaluated(&lacks).await.verdict, Next::Collect);
    assert_eq!(status(&lacks).await, DossierStatus::Draft);

    let known = town(complete("Anna Muster")).await;
    change(&known, |record| record.take_up(&"vd-1".into())).await;
    decides(&known, "vd-1", Decision::ApproveProvisionally).await;
    assert_eq!(as_far_as_the_check(&known).await.verdict, Next::Review);
    assert!(started(&lacks).is_empty() && started(&known).is_empty());
}

#[tokio::test]
async fn a_port_goes_on_with_what_is_approved_for_now_while_what_must_follow_is_added() {
    let town = town(complete("Anna Muster")).await;
    change(&town, |record| record.take_up(&"vd-1".into())).await;
    decides(&town, "vd-1", Decision::ApproveProvisionally).await;
    let follows: Document = serde_json::from_value(document("9", "power_of_attorney")).unwrap();
    change(&town, |record| {
        let until = Day::parse("2099-06-30").unwrap();
        record.hold_for_now(&until, "2099-06-30T22:00:00Z".parse().unwrap());
        record.add(follows.clone());
    })
    .await;
    assert_eq!(status(&town).await, DossierStatus::Draft);
    assert_eq!(as_far_as_the_check(&town).await.verdict, Next::Review);
    assert!(started(&town).is_empty(), "nothing is handed in for it");
}

#[tokio::test]
async fn a_dossier_that_is_refused_stops_the_port_before_and_after_its_signature() {
    let early = town(complete("Anna Muster")).await;
    change(&early, |record| record.take_up(&"vd-1".into())).await;
    decides(&early, "vd-1", Decision::Reject).await;
    let stops = evaluated(&early).await;
    assert_eq!(
        (stops.verdict, stops.owner),
        (Next::Collect, Party::Customer)
    );
    assert!(stops.says.unwrap().contains("refused in its check"));

    let late = town(complete("Anna Muster")).await;
    as_far_as_the_check(&late).await;
    decides(&late, &check(0), Decision::Reject).await;
    let stops = evaluated(&late).await;
    assert_eq!(
        (stops.verdict, stops.status),
        (Next::Correct, At::Correction)
    );
    assert_eq!(
        evaluated(&late).await.verdict,
        Next::Correct,
        "as long as it is"
    );
    assert_eq!(now(&late).await.view.submissions, 0);
}

#[tokio::test]
async fn nothing_goes_to_the_carrier_that_was_changed_since_it_was_approved() {
    let town = town(complete("Anna Muster")).await;
    as_far_as_the_check(&town).await;
    decides(&town, &check(0), Decision::Approve).await;
    assert_eq!(evaluated(&town).await.verdict, Next::Review);
    change(&town, |record| record.rewrite(&complete("Beat Muster"))).await;
    let held = approved_by_us(&town).await;
    assert_eq!(
        (held.verdict, held.status),
        (Next::CheckDossier, At::InternalReview)
    );
    assert!(held.says.unwrap().starts_with("Not submitted"));
    assert_eq!(now(&town).await.view.submissions, 0);

    assert_eq!(evaluated(&town).await.verdict, Next::CheckDossier);
    assert_eq!(started(&town), [check(0), check(1)]);
    decides(&town, &check(1), Decision::Approve).await;
    // What was signed is another than what was approved.
    let anew = evaluated(&town).await;
    assert_eq!(
        (anew.verdict, anew.status),
        (Next::Sign, At::WaitingForSignature)
    );
    let port = now(&town).await;
    let signer = port.view.form.dossier.unwrap().authorised_person.unwrap();
    assert_eq!(signer.name, "Beat Muster");
    assert!(port.view.letter.unwrap().signed.is_none());
    signed(&town).await;
    assert_eq!(evaluated(&town).await.verdict, Next::Review);
    assert_eq!(approved_by_us(&town).await.verdict, Next::Submit);
}

#[tokio::test]
async fn help_for_a_review_that_could_not_be_taken_down_decides_nothing() {
    let town = town(complete("Anna Muster")).await;
    as_far_as_the_check(&town).await;
    decides(&town, &check(0), Decision::Approve).await;
    assert_eq!(evaluated(&town).await.verdict, Next::Review);
    let help = done("port-help", json!({ "decision": "again" }));
    let asked = review::review(&town, input(Some(help))).await.unwrap();
    assert_eq!(
        (asked.verdict, asked.status),
        (Next::Review, At::InternalReview)
    );
    assert_eq!(approved_by_us(&town).await.verdict, Next::Submit);
}

#[tokio::test]
async fn papers_of_ports_that_come_meanwhile_send_no_port_back() {
    for kind in ["invoice", "letter_of_authorisation"] {
        let town = town(complete("Anna Muster")).await;
        as_far_as_the_check(&town).await;
        decides(&town, &check(0), Decision::Approve).await;
        assert_eq!(evaluated(&town).await.verdict, Next::Review);
        let paper = serde_json::from_value(document("9", kind)).unwrap();
        change(&town, |record| record.add(Document::clone(&paper))).await;
        assert_eq!(status(&town).await, DossierStatus::Approved, "{kind}");
        assert_eq!(approved_by_us(&town).await.verdict, Next::Submit, "{kind}");
    }
}

#[tokio::test]
async fn a_check_that_ended_without_a_decision_is_its_customers_to_begin_anew() {
    let town = town(complete("Anna Muster")).await;
    as_far_as_the_check(&town).await;
    change(&town, |record| record.let_go(&check(0).as_str().into())).await;
    ends(&town, &check(0)).await;
    let waits = evaluated(&town).await;
    assert_eq!(
        (waits.verdict, waits.owner),
        (Next::CheckDossier, Party::Customer)
    );
    assert!(waits.next_action.contains("Hand the dossier in"));
    assert_eq!(started(&town), [check(0)]);
}

#[tokio::test]
async fn a_hand_in_that_died_half_way_is_finished() {
    let town = town(complete("Anna Muster")).await;
    // It was taken up, and the request was never begun.
    change(&town, |record| record.take_up(&check(0).as_str().into())).await;
    assert_eq!(evaluated(&town).await.verdict, Next::Sign);
    assert_eq!(started(&town), [check(0)]);
}

#[tokio::test]
async fn a_letter_that_grows_too_old_in_the_wait_is_signed_anew() {
    let town = town(complete("Anna Muster")).await;
    as_far_as_the_check(&town).await;
    town.set_now("2027-03-01T08:00:00Z").await;
    let old = evaluated(&town).await;
    assert_eq!((old.verdict, old.status), (Next::Correct, At::Correction));
    assert!(now(&town).await.view.letter.unwrap().signed.is_none());
}
