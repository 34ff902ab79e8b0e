//! Dossiers decided on, in a real store.
use super::{DossierRecord, decide, screen};
use crate::house::House;
use crate::ports::dossiers::Dossiers;
use contract::dossier::review::{
    Decision, DossierDecideInput, DossierScreenInput, DossierStatus, Reason, ScreeningVerdict,
};
use contract::dossier::{Day, DocumentState, Dossier};
use contract::{DossierId, RequestId};
use serde_json::json;

fn dossier(id: &str, name: &str, number: &str) -> DossierRecord {
    let document = |id: &str, valid: &str| {
        json!({
            "id": id, "kind": "invoice", "fileName": "a.pdf", "mediaType": "application/pdf", "bytes": 5, "sha256": "0".repeat(64),
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

#[test]
fn a_document_is_taken_out_of_a_draft_and_known_until_its_bytes_are_gone() {
    use contract::dossier::review::DossierStatus;
    let mut record = dossier("d-1", "Isthmus Trading", "CHE-123.456.788");
    record.view.status = DossierStatus::Draft;
    let gone = record.withdraw("doc-1").unwrap().unwrap();
    assert_eq!(gone.id.0, "doc-1");
    assert_eq!(record.view.dossier.documents.len(), 1);
    // The bytes could not be deleted: asked again, it is found again.
    assert_eq!(record.withdraw("doc-1").unwrap(), Some(gone));
    assert_eq!(record.withdraw("doc-9").unwrap(), None);
    for status in [
        DossierStatus::InReview,
        DossierStatus::Approved,
        DossierStatus::ProvisionallyApproved,
        DossierStatus::Expired,
    ] {
        record.view.status = status;
        assert_eq!(record.withdraw("doc-2"), Err(status));
    }
    record.view.status = DossierStatus::Rejected;
    assert!(record.withdraw("doc-2").unwrap().is_some());
}
