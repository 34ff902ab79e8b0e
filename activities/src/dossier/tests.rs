//! Dossiers decided on, in a real store.
use super::evaluate::{evaluation, evaluation_of};
use super::{DossierRecord, Ruling, decide, screen};
use crate::house::House;
use crate::ports::dossiers::Dossiers;
use crate::ports::screening::{SanctionsList, Screening};
use contract::dossier::review::{
    Decision, DossierDecideInput, DossierScreenInput, DossierStatus, Purpose, Reason,
    ScreeningVerdict,
};
use contract::dossier::{Day, Document, DocumentState, Dossier, Evaluation, LIST_MAX};
use contract::{DocumentId, DossierId, RequestId};
use serde_json::json;

fn dossier(id: &str, name: &str, number: &str) -> DossierRecord {
    let document = |id: &str, valid: &str| {
        json!({
            "id": id, "kind": "register_extract", "fileName": "a.pdf", "mediaType": "application/pdf", "bytes": 5, "sha256": "0".repeat(64),
            "uploadedAt": "2026-11-20T10:00:00Z", "state": "draft", "validUntil": valid,
        })
    };
    let dossier: Dossier = serde_json::from_value(json!({
        "id": id, "tenant": "t-isthmus-trading", "version": 1, "kind": "business",
        "endUser": { "businessName": name, "registerIds": [{ "scheme": "ch-uid", "country": "CH", "number": number }] },
        "documents": [document("doc-1", "2027-03-01"), document("doc-2", "2027-01-31")],
    }))
    .unwrap();
    let mut record = DossierRecord::new(dossier, "2026-11-20T10:00:00.000Z".to_owned());
    record.take_up(&RequestId("vd-1".to_owned()));
    record
}

fn decision(decision: Decision) -> DossierDecideInput {
    DossierDecideInput {
        dossier: "d-1".into(),
        request: "vd-1".into(),
        decision,
        until: None,
        reasons: Vec::new(),
        by: None,
        country: "CH".to_owned(),
    }
}

#[tokio::test]
async fn an_approval_says_until_when_it_can_be_relied_on_and_is_found_by_that_day() {
    let house = House::new().await;
    let d = &*house.aws;
    d.create_dossier(&dossier("d-1", "Isthmus Trading", "CHE-1"))
        .await
        .unwrap();
    let done = decide::decide(d, decision(Decision::Approve))
        .await
        .unwrap();
    assert_eq!(done.status, DossierStatus::Approved);
    let record = d.dossier(&"d-1".into()).await.unwrap().unwrap();
    assert_eq!(record.expires().map(Day::as_str), Some("2027-01-31"));
    assert!(
        record
            .view
            .dossier
            .documents
            .iter()
            .all(|one| one.state == DocumentState::Approved)
    );
    assert_eq!(d.expiring("2027-01-31", 10).await.unwrap(), []);
    assert_eq!(d.expiring("2027-02-01", 10).await.unwrap(), [record]);
    // Taken up again, nobody relies on it.
    let again = |record: &mut DossierRecord| record.take_up(&"vd-2".into());
    d.update_dossier(&"d-1".into(), again).await.unwrap();
    assert_eq!(d.expiring("2027-02-01", 10).await.unwrap(), []);
}

#[tokio::test]
async fn an_approval_for_now_holds_to_the_end_of_its_day_where_the_numbers_are() {
    let house = House::new().await;
    let d = &*house.aws;
    d.create_dossier(&dossier("d-1", "Isthmus Trading", "CHE-1"))
        .await
        .unwrap();
    let input = DossierDecideInput {
        until: Day::parse("2099-06-30").ok(),
        ..decision(Decision::ApproveProvisionally)
    };
    decide::decide(d, input).await.unwrap();
    let record = d.dossier(&"d-1".into()).await.unwrap().unwrap();
    assert_eq!(record.for_now.unwrap().ends, "2099-06-30T22:00:00Z");
    decide::decide(d, decision(Decision::Approve))
        .await
        .unwrap();
    let record = d.dossier(&"d-1".into()).await.unwrap().unwrap();
    assert_eq!(record.for_now, None);
}

#[tokio::test]
async fn a_refusal_names_its_documents_and_a_request_that_lost_the_dossier_decides_nothing() {
    let house = House::new().await;
    let d = &*house.aws;
    d.create_dossier(&dossier("d-1", "Isthmus Trading", "CHE-1"))
        .await
        .unwrap();
    let mut refuse = decision(Decision::Reject);
    refuse.reasons = vec![Reason {
        about: "doc-2".to_owned(),
        reason: "Cut off at the bottom".to_owned(),
    }];
    decide::decide(d, refuse).await.unwrap();
    let record = d.dossier(&"d-1".into()).await.unwrap().unwrap();
    let states: Vec<_> = record
        .view
        .dossier
        .documents
        .iter()
        .map(|one| one.state)
        .collect();
    assert_eq!(
        states,
        [DocumentState::PendingReview, DocumentState::Rejected]
    );
    let late = DossierDecideInput {
        request: "vd-0".into(),
        ..decision(Decision::Approve)
    };
    assert_eq!(
        decide::decide(d, late).await.unwrap().status,
        DossierStatus::Rejected
    );
    let until = decide::decide(d, decision(Decision::ApproveProvisionally)).await;
    assert!(until.unwrap_err().to_string().contains("until"));
}

#[tokio::test]
async fn a_listed_name_and_the_same_register_entry_elsewhere_are_found() {
    let house = House::new().await;
    let d = &*house.aws;
    let look = async |id: &str| {
        let input = DossierScreenInput {
            dossier: DossierId(id.to_owned()),
            request: "vd-1".into(),
        };
        screen::screen(d, input).await.unwrap()
    };
    for (id, name, number) in [
        ("d-1", "Isthmus Trading", "CHE-109.322.551"),
        ("d-2", "Vortigern Shipping and Trading", "CHE109322551"),
    ] {
        d.create_dossier(&dossier(id, name, number)).await.unwrap();
    }
    assert_eq!(look("d-1").await.verdict, ScreeningVerdict::Clear);
    let second = look("d-2").await;
    assert_eq!(second.verdict, ScreeningVerdict::Suspect);
    assert_eq!(second.hits[0].listed, "Vortigern Shipping & Trading FZE");
    assert_eq!(second.duplicates, [DossierId("d-1".to_owned())]);
}

#[tokio::test]
async fn where_no_list_is_loaded_a_person_is_told_so_and_nothing_is_clear() {
    let house = House::new().await;
    let mut deployed = (*house.aws).clone();
    deployed.names.practice_screening = false;
    let d = &deployed;
    d.create_dossier(&dossier("d-1", "Isthmus Trading", "CHE-1"))
        .await
        .unwrap();
    let look = async || {
        let input = DossierScreenInput {
            dossier: "d-1".into(),
            request: "vd-1".into(),
        };
        screen::screen(d, input).await.unwrap()
    };
    let list = |names: &[&str]| SanctionsList {
        id: "UN-SC".to_owned(),
        threshold: 90,
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        source: "UN".to_owned(),
        as_of: format!("2026-11-2{}", names.len()),
        loaded: None,
    };
    // The names of the sample data are no list of any authority, and an empty list is none.
    for empty in [false, true] {
        if empty {
            d.put_list(&list(&[])).await.unwrap();
        }
        let screened = look().await;
        assert_eq!(screened.verdict, ScreeningVerdict::Suspect);
        let words = screened.unscreened.as_deref();
        assert_eq!(words, Some("no sanctions list is loaded"));
        assert_eq!(screened.hits, []);
    }
    d.put_list(&list(&["Ossip Drachenfels"])).await.unwrap();
    let screened = look().await;
    assert_eq!(screened.verdict, ScreeningVerdict::Clear);
    assert_eq!(screened.unscreened, None);
}

#[tokio::test]
async fn invented_names_come_with_the_sample_data_alone() {
    let house = House::new().await;
    let list = crate::seed::sample::sanctions().unwrap();
    assert_eq!(house.aws.lists().await.unwrap(), list);
    let empty = House::without_sample().await;
    assert_eq!(empty.aws.lists().await.unwrap(), []);
}

#[test]
fn a_document_is_taken_out_of_a_draft_and_known_until_its_bytes_are_gone() {
    use contract::dossier::review::DossierStatus;
    let mut record = dossier("d-1", "Isthmus Trading", "CHE-123.456.788");
    record.view.status = DossierStatus::Draft;
    let now = jiff::Timestamp::UNIX_EPOCH;
    let gone = record.withdraw("doc-1", now).unwrap().unwrap();
    assert_eq!(gone.id.0, "doc-1");
    assert_eq!(record.view.dossier.documents.len(), 1);
    // The bytes could not be deleted: asked again, it is found again.
    assert_eq!(record.withdraw("doc-1", now).unwrap(), Some(gone));
    assert_eq!(record.withdraw("doc-9", now).unwrap(), None);
    for status in [
        DossierStatus::InReview,
        DossierStatus::Approved,
        DossierStatus::ProvisionallyApproved,
    ] {
        record.view.status = status;
        assert_eq!(record.withdraw("doc-2", now), Err(status));
    }
    for status in [DossierStatus::Rejected, DossierStatus::Expired] {
        let mut record = record.clone();
        record.view.status = status;
        assert!(
            record.withdraw("doc-2", now).unwrap().is_some(),
            "{status:?}"
        );
    }
}

#[test]
fn a_dossier_whose_time_is_over_is_expired_until_something_is_decided() {
    let day = |text: &str| Day::parse(text).unwrap();
    let (first, renewal) = (RequestId("vd-1".into()), RequestId("vd-2".into()));
    let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
    record.decide(&first, Decision::Approve, None, &[]);
    record.expire(&day("2026-12-31"));
    assert_eq!(record.view.status, DossierStatus::Approved, "another day");
    record.expire(&day("2027-01-31"));
    assert_eq!(record.view.status, DossierStatus::Expired);
    assert_eq!(record.expires(), None);
    // Nobody mends it: it is no draft that was never approved.
    record.take_up(&renewal);
    record.let_go(&renewal);
    assert_eq!(record.view.status, DossierStatus::Expired);
    // The paper that ran out is still there, and another one too: the next day counts.
    record.take_up(&renewal);
    record.decide(&renewal, Decision::Approve, None, &[]);
    assert_eq!(record.view.status, DossierStatus::Approved);
    assert_eq!(record.expires(), Some(&day("2027-03-01")));
    record.take_up(&renewal);
    record.let_go(&renewal);
    assert_eq!(record.view.status, DossierStatus::Draft);
}

#[test]
fn one_that_was_given_more_time_has_what_it_had_on_its_last_day_and_what_came_since() {
    let (first, lapsed) = (RequestId("vd-1".into()), RequestId("vr-1".into()));
    let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
    let last = Day::parse("2027-01-31").unwrap();
    record.decide(&first, Decision::Approve, None, &[]);
    assert_eq!(record.extended(), None);
    record.expire(&last);
    record.take_up(&lapsed);
    record.decide(&lapsed, Decision::Lapse, None, &[]);
    assert_eq!(record.view.status, DossierStatus::Expired);
    assert_eq!(record.extended(), None);
    let until = Day::parse("2027-06-30").unwrap();
    record.decide(&lapsed, Decision::ApproveProvisionally, Some(&until), &[]);
    assert_eq!(record.extended(), Some(&last));
    let invoice = json!({
        "id": "doc-3", "kind": "invoice", "fileName": "b.pdf", "mediaType": "application/pdf", "bytes": 5, "sha256": "0".repeat(64),
        "uploadedAt": "2027-03-25T10:00:00Z", "state": "draft", "issued": "2027-03-20",
    });
    record.add(serde_json::from_value(invoice).unwrap());
    let purposes =
        json!([{ "country": "CH", "numberType": "local", "action": "port_in", "numbers": 1 }]);
    let purposes: Vec<Purpose> = serde_json::from_value(purposes).unwrap();
    let passed = |evaluation: &Evaluation, id: &str| {
        let mut outcomes = evaluation.outcomes.iter();
        let found = outcomes.find(|outcome| outcome.requirement == id);
        found.unwrap().passed
    };
    // Both extracts have run out by then.
    let now = "2027-04-01T10:00:00Z".parse().unwrap();
    let held = evaluation_of(&record, &purposes, now).unwrap();
    assert!(passed(&held, "ch.register.extract"), "{held:?}");
    assert!(passed(&held, "ch.port.invoice"), "{held:?}");
    let plain = evaluation(&record.view.dossier, &purposes, now).unwrap();
    assert!(!passed(&plain, "ch.register.extract"));
}

#[test]
fn an_approval_that_outlives_a_paper_holds_until_the_next_day() {
    let day = |text: &str| Day::parse(text).unwrap();
    let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
    record.decide(&RequestId("vd-1".into()), Decision::Approve, None, &[]);
    record.outlive(&day("2027-01-31"));
    assert_eq!(record.view.status, DossierStatus::Approved);
    assert_eq!(record.expires(), Some(&day("2027-03-01")));
    record.outlive(&day("2027-01-31"));
    assert_eq!(record.expires(), Some(&day("2027-03-01")), "once");
}

#[test]
fn a_check_that_has_begun_already_goes_on_when_the_day_is_over() {
    let renewal = RequestId("vd-2".to_owned());
    let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
    let first = RequestId("vd-1".to_owned());
    record.decide(&first, Decision::Approve, None, &[]);
    record.take_up(&renewal);
    record.expire(&Day::parse("2027-01-31").unwrap());
    assert_eq!(record.view.status, DossierStatus::InReview);
    record.decide(&renewal, Decision::Lapse, None, &[]);
    assert_eq!(record.view.status, DossierStatus::Expired);
}

#[test]
fn what_was_approved_is_a_draft_again_if_anything_in_it_changes_and_only_then() {
    for status in [
        DossierStatus::Approved,
        DossierStatus::ProvisionallyApproved,
    ] {
        let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
        record.view.status = status;
        let mut filled = record.view.dossier.clone();
        filled.documents.clear();
        let before = record.clone();
        record.rewrite(&filled);
        assert_eq!(record, before, "filled in as it was");
        filled.end_user.business_name = Some("Vortigern Shipping".to_owned());
        record.rewrite(&filled);
        assert_eq!(record.view.status, DossierStatus::Draft, "{status:?}");
        assert_eq!(record.view.dossier.documents.len(), 2, "its documents stay");
        record.view.status = status;
        let document = record.view.dossier.documents[0].clone();
        record.add(document);
        assert_eq!(record.view.status, DossierStatus::Draft, "a document more");
    }
}

#[test]
fn the_name_that_was_approved_last_stays_its_holders() {
    let (first, renewal) = (RequestId("vd-1".into()), RequestId("vd-2".into()));
    let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
    assert_eq!(record.holder_names(), [""; 0], "nobody has approved it");
    record.decide(&first, Decision::Approve, None, &[]);
    let mut filled = record.view.dossier.clone();
    filled.end_user.business_name = Some("Vortigern Shipping".to_owned());
    record.rewrite(&filled);
    assert_eq!(record.view.status, DossierStatus::Draft);
    assert_eq!(record.holder_names(), ["Isthmus Trading"]);
    record.take_up(&renewal);
    record.decide(&renewal, Decision::Reject, None, &[]);
    assert_eq!(record.holder_names(), ["Isthmus Trading"]);
    record.take_up(&renewal);
    record.decide(&renewal, Decision::Approve, None, &[]);
    let names = record.holder_names();
    assert!(names.iter().all(|name| name == "Vortigern Shipping"));
    assert!(!names.is_empty());
}

#[test]
fn the_name_of_one_that_was_approved_before_names_were_kept_is_kept_at_its_first_change() {
    let mut before = dossier("d-1", "Isthmus Trading", "CHE-1");
    before.decide(&RequestId("vd-1".into()), Decision::Approve, None, &[]);
    let mut stored = json!(before);
    stored.as_object_mut().unwrap().remove("holder");
    let stored: DossierRecord = serde_json::from_value(stored).unwrap();
    assert_eq!(stored.holder, None);
    assert_eq!(stored.holder_names(), ["Isthmus Trading"]);
    let mut filled = stored.view.dossier.clone();
    filled.end_user.business_name = Some("Vortigern Shipping".to_owned());
    let mut changed = stored.clone();
    changed.rewrite(&filled);
    let mut taken_up = stored;
    taken_up.take_up(&RequestId("vd-2".into()));
    for record in [changed, taken_up] {
        assert_eq!(record.holder_names(), ["Isthmus Trading"]);
    }
}

/// A document of this kind that was uploaded just now, with its last day if it has one.
fn uploaded(kind: &str, valid_until: Option<&str>) -> Document {
    let document = json!({
        "id": "doc-9", "kind": kind, "fileName": "b.pdf", "mediaType": "application/pdf", "bytes": 5, "sha256": "0".repeat(64),
        "uploadedAt": "2026-12-01T10:00:00Z", "state": "draft", "validUntil": valid_until,
    });
    serde_json::from_value(document).unwrap()
}

#[test]
fn papers_of_ports_leave_a_dossier_approved() {
    for status in [
        DossierStatus::Approved,
        DossierStatus::ProvisionallyApproved,
    ] {
        for kind in ["invoice", "service_record", "letter_of_authorisation"] {
            let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
            record.view.status = status;
            let edition = record.edition;
            record.add(uploaded(kind, None));
            assert_eq!((record.view.status, record.edition), (status, edition));
            assert_eq!(record.view.dossier.documents.len(), 3, "it is there");
        }
        let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
        record.view.status = status;
        record.add(uploaded("power_of_attorney", None));
        assert_eq!(record.view.status, DossierStatus::Draft);
    }
}

#[test]
fn a_paper_of_ports_that_comes_during_a_check_is_looked_at_too() {
    let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
    record.add(uploaded("invoice", None));
    assert!(record.is_stale(), "who checks it is told");
    let check = RequestId("vd-1".to_owned());
    let ruling = record.decide(&check, Decision::Approve, None, &[]);
    assert_eq!(ruling, Ruling::Stale);
}

#[test]
fn an_invoice_that_runs_out_ends_no_approval() {
    let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
    let check = RequestId("vd-1".to_owned());
    record.add(uploaded("invoice", Some("2026-12-24")));
    record.take_up(&check);
    record.decide(&check, Decision::Approve, None, &[]);
    assert_eq!(record.expires().map(Day::as_str), Some("2027-01-31"));
}

#[test]
fn only_ports_ask_for_papers_of_ports() {
    use compliance::requirement::Rule;
    use contract::dossier::NumberAction;
    let mut asked = 0;
    let countries = crate::rules::catalogue().countries();
    for requirement in countries.flat_map(|country| &country.requirements) {
        let Rule::Document { kinds, .. } = &requirement.rule else {
            continue;
        };
        if kinds.iter().any(|kind| kind.is_for_ports_alone()) {
            let actions = &requirement.applies.actions;
            assert_eq!(actions, &[NumberAction::PortIn], "{}", requirement.id);
            asked += 1;
        }
    }
    assert!(asked >= 8, "a letter and an invoice in each country");
}

#[test]
fn what_was_announced_and_never_came_is_given_up_until_its_bytes_are_gone() {
    let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
    let announced = |id: &str, at: &str| Document {
        id: id.into(),
        uploaded_at: at.to_owned(),
        ..uploaded("invoice", None)
    };
    record.announced = vec![
        announced("doc-old", "2026-12-01T09:59:59.999Z"),
        announced("doc-new", "2026-12-01T10:00:00.000Z"),
    ];
    let before = "2026-12-01T10:00:00Z".parse().unwrap();
    assert!(record.has_left_overs(before));
    assert_eq!(record.give_up(before), [DocumentId::from("doc-old")]);
    // The bytes could not be deleted: it is told again, and comes no more.
    assert!(record.has_left_overs(before));
    assert_eq!(record.give_up(before), [DocumentId::from("doc-old")]);
    assert!(!record.arrive(&announced("doc-old", "2026-12-01T09:59:59.999Z"), true));
    assert_eq!(record.view.dossier.documents.len(), 2);
    record.given_up.clear();
    assert!(!record.has_left_overs(before));
    // What is waited for comes once.
    let new = announced("doc-new", "2026-12-01T10:00:00.000Z");
    assert!(record.arrive(&new, true));
    assert!(!record.arrive(&new, true));
    assert_eq!(record.view.dossier.documents.len(), 3);
    assert_eq!(record.announced, []);
}

#[test]
fn what_is_announced_again_is_awaited_once_and_for_longer() {
    let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
    let announced = |id: String, at: &str| Document {
        id: DocumentId(id),
        uploaded_at: at.to_owned(),
        ..uploaded("invoice", None)
    };
    let room = LIST_MAX - record.view.dossier.documents.len();
    for number in 0..room {
        let early = announced(format!("new-{number}"), "2026-12-01T10:00:00.000Z");
        assert!(record.announce(&early), "{number}");
    }
    assert!(!record.announce(&announced("new-more".into(), "2026-12-01T10:00:00.000Z")));
    let again = announced("new-0".into(), "2026-12-01T10:29:00.000Z");
    assert!(record.announce(&again), "it has its room");
    assert_eq!(record.announced.len(), room);
    assert_eq!(record.announced[0], again);
    // One that has come is not awaited again.
    assert!(record.arrive(&again, true));
    assert!(record.announce(&again));
    assert_eq!(record.announced.len(), room - 1);
    assert_eq!(record.view.dossier.documents.len(), LIST_MAX - room + 1);
}

#[test]
fn what_is_declared_again_was_declared_before() {
    let declared = |by: &str, at: &str| {
        let declaration = json!({ "requirement": "ch.truth", "madeAt": at, "by": by });
        vec![serde_json::from_value(declaration).unwrap()]
    };
    let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
    record.view.status = DossierStatus::Approved;
    record.view.dossier.declarations = declared("Ana", "2026-11-20T10:00:00Z");
    let mut filled = record.view.dossier.clone();
    filled.declarations = declared("Ana", "2027-01-01T10:00:00Z");
    record.rewrite(&filled);
    assert_eq!(record.view.status, DossierStatus::Approved);
    filled.declarations = declared("Reto", "2027-01-01T10:00:00Z");
    record.rewrite(&filled);
    assert_eq!(record.view.status, DossierStatus::Draft);
}

#[test]
fn nothing_is_approved_that_was_not_taken_up() {
    let check = RequestId("vd-1".to_owned());
    let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
    let mut filled = record.view.dossier.clone();
    filled.end_user.business_name = Some("Vortigern Shipping".to_owned());
    record.rewrite(&filled);
    assert_eq!(record.view.status, DossierStatus::InReview);
    for decision in [Decision::Approve, Decision::ApproveProvisionally] {
        let ruling = record.decide(&check, decision, None, &[]);
        assert_eq!(ruling, Ruling::Stale);
        assert_eq!(record.view.status, DossierStatus::InReview);
    }
    record.take_up(&check);
    let ruling = record.decide(&check, Decision::Approve, None, &[]);
    assert_eq!(
        (ruling, record.view.status),
        (Ruling::Written, DossierStatus::Approved)
    );
    let other = RequestId("vd-2".to_owned());
    let ruling = record.decide(&other, Decision::Lapse, None, &[]);
    assert_eq!(
        (ruling, record.view.status),
        (Ruling::NotTheirs, DossierStatus::Approved)
    );
}

#[test]
fn a_check_that_is_over_lets_go_and_takes_back_no_decision() {
    let check = RequestId("vd-1".to_owned());
    for (status, then) in [
        (DossierStatus::InReview, DossierStatus::Draft),
        (DossierStatus::ProvisionallyApproved, DossierStatus::Draft),
        (DossierStatus::Approved, DossierStatus::Approved),
        (DossierStatus::Rejected, DossierStatus::Rejected),
    ] {
        let mut record = dossier("d-1", "Isthmus Trading", "CHE-1");
        record.view.status = status;
        record.let_go(&RequestId("vd-0".to_owned()));
        assert_eq!(record.view.status, status, "another's check");
        record.let_go(&check);
        assert_eq!(record.view.status, then);
    }
}

#[test]
fn what_was_approved_for_good_stays_whatever_fails_after_it_was_written() {
    let check = RequestId("vd-1".to_owned());
    let mut approved = dossier("d-1", "Isthmus Trading", "CHE-1");
    approved.decide(&check, Decision::Approve, None, &[]);
    assert!(approved.is_approved_by(&check) && !approved.is_approved_by(&"vd-2".into()));
    for decision in [Decision::Lapse, Decision::LetGo] {
        let mut record = approved.clone();
        let ruling = record.decide(&check, decision, None, &[]);
        assert_eq!((ruling, &record), (Ruling::Written, &approved));
    }
    // One that is handed in anew is another's matter.
    approved.take_up(&check);
    approved.decide(&check, Decision::LetGo, None, &[]);
    assert_eq!(approved.view.status, DossierStatus::Draft);
    assert!(!approved.is_approved_by(&check));
}

#[test]
fn a_dossier_of_before_reads() {
    let mut old = json!(dossier("d-1", "Isthmus Trading", "CHE-1"));
    let fields = old.as_object_mut().unwrap();
    fields.remove("edition");
    assert!(!fields.contains_key("over") && !fields.contains_key("givenUp"));
    fields.remove("checked");
    let record: DossierRecord = serde_json::from_value(old).unwrap();
    assert!(!record.is_stale());
}
