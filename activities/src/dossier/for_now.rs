//! An approval for now: it holds until its day, also while what must follow is added and checked, and ends with its check. One that was given
//! more time after its last day is approved like this. Pure.
use super::{DossierRecord, Kept};
use contract::dossier::Day;
use contract::dossier::review::DossierStatus;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An approval for now, from when it is given until something is decided for good, or its check is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForNow {
    /// Its last day.
    pub until: Day,
    /// When that day is over where the numbers are, RFC 3339.
    pub ends: String,
    /// What was approved, once it is changed or checked anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
}

impl ForNow {
    /// Whether its last day is not over.
    pub fn holds(&self, now: Timestamp) -> bool {
        let ends = self.ends.parse::<Timestamp>();
        ends.is_ok_and(|ends| now < ends)
    }
}

impl DossierRecord {
    /// Says when the last day of what was just approved for now is over.
    pub fn hold_for_now(&mut self, until: &Day, ends: Timestamp) {
        if self.view.status == DossierStatus::ProvisionallyApproved {
            self.for_now = Some(ForNow {
                until: until.clone(),
                ends: ends.to_string(),
                kept: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::RequestId;
    use contract::dossier::Document;
    use contract::dossier::review::Decision;
    use serde_json::json;

    const CHECK: &str = "vd-1";

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The end of the last day in Zurich.
    fn ends() -> Timestamp {
        at("2027-06-30T22:00:00Z")
    }

    fn before() -> Timestamp {
        at("2027-06-30T21:59:59Z")
    }

    fn paper(id: &str) -> Document {
        let paper = json!({
            "id": id, "kind": "register_extract", "fileName": "a.pdf", "mediaType": "application/pdf", "bytes": 5, "sha256": "0".repeat(64),
            "uploadedAt": "2027-01-20T10:00:00Z", "state": "draft", "validUntil": "2027-01-31",
        });
        serde_json::from_value(paper).unwrap()
    }

    fn decide(record: &mut DossierRecord, decision: Decision) {
        let until = day("2027-06-30");
        record.decide(&CHECK.into(), decision, Some(&until), &[]);
        if decision == Decision::ApproveProvisionally {
            record.hold_for_now(&until, ends());
        }
    }

    /// A dossier whose last day is over, and that an operator has extended.
    fn extended() -> DossierRecord {
        let dossier = serde_json::from_value(json!({
            "id": "d-1", "tenant": "t-1", "version": 1, "kind": "business", "endUser": { "businessName": "Isthmus Trading" },
            "documents": [paper("doc-1")],
        }))
        .unwrap();
        let mut record = DossierRecord::new(dossier, "2027-01-20T10:00:00.000Z".to_owned());
        record.take_up(&CHECK.into());
        decide(&mut record, Decision::Approve);
        record.expire(&day("2027-01-31"));
        record.take_up(&CHECK.into());
        decide(&mut record, Decision::Lapse);
        assert_eq!(record.view.status, DossierStatus::Expired);
        decide(&mut record, Decision::ApproveProvisionally);
        record
    }

    #[test]
    fn an_extended_dossier_holds_while_the_new_paper_is_added_checked_and_refused() {
        let mut record = extended();
        let until = Some(day("2027-06-30"));
        assert_eq!(record.approved_until(before()), until);
        record.add(paper("doc-2"));
        let mut filled = record.view.dossier.clone();
        filled.end_user.business_name = Some("Isthmus Trading & Sons".to_owned());
        record.rewrite(&filled);
        let drafted = record.clone();
        // Handed in by the check's own task, or anew.
        record.take_up(&"vd-2".into());
        let checked = record.clone();
        record.decide(&"vd-2".into(), Decision::Reject, None, &[]);
        for (record, status) in [
            (drafted, DossierStatus::Draft),
            (checked, DossierStatus::InReview),
            (record, DossierStatus::Rejected),
        ] {
            assert_eq!(record.view.status, status);
            assert_eq!(record.view.provisional_until, None, "{status:?}");
            assert_eq!(record.approved_until(before()), until, "{status:?}");
            assert_eq!(record.approved_until(ends()), None, "{status:?}");
            assert_eq!(record.clone().relied_on(ends()).view.status, status);
            let mut let_go = record.clone();
            assert!(let_go.withdraw("doc-1").is_err(), "orders rely on it");
            let relied_on = record.relied_on(before());
            assert_eq!(relied_on.view.status, DossierStatus::ProvisionallyApproved);
            assert_eq!(relied_on.view.provisional_until, until);
            // What ran out counts on, and what came since is not approved.
            assert_eq!(relied_on.extended(), Some(&day("2027-01-31")));
            let dossier = relied_on.view.dossier;
            let name = dossier.end_user.business_name.as_deref();
            assert_eq!(
                (name, dossier.documents.len()),
                (Some("Isthmus Trading"), 1)
            );
        }
    }

    #[test]
    fn an_approval_for_now_ends_with_what_is_decided_for_good_and_with_its_check() {
        let mut drafted = extended();
        drafted.add(paper("doc-2"));
        let mut stalled = drafted.clone();
        stalled.let_go(&CHECK.into());
        assert_eq!(stalled.approved_until(before()), None, "it was ended");
        for (decision, status) in [
            (Decision::Approve, DossierStatus::Approved),
            (Decision::Lapse, DossierStatus::Expired),
        ] {
            let mut record = drafted.clone();
            record.take_up(&CHECK.into());
            decide(&mut record, decision);
            assert_eq!((record.view.status, &record.for_now), (status, &None));
        }
        // One that has lost the dossier ends nothing.
        let mut anew = drafted;
        anew.take_up(&"vd-2".into());
        decide(&mut anew, Decision::Lapse);
        anew.let_go(&CHECK.into());
        assert_eq!(anew.approved_until(before()), Some(day("2027-06-30")));
    }

    #[test]
    fn in_a_renewal_what_is_approved_for_now_comes_before_what_was_approved_until_it_lapses() {
        let dossier = serde_json::from_value(json!({
            "id": "d-1", "tenant": "t-1", "version": 1, "kind": "business", "endUser": { "businessName": "Isthmus Trading" },
            "documents": [paper("doc-1")],
        }))
        .unwrap();
        let mut record = DossierRecord::new(dossier, "2027-01-20T10:00:00.000Z".to_owned());
        record.take_up(&"vd-0".into());
        record.decide(&"vd-0".into(), Decision::Approve, None, &[]);
        let (last, check) = (day("2027-01-31"), RequestId::from(CHECK));
        record.open_renewal(&last, at("2027-01-31T23:00:00Z"), &check);
        record.add(paper("doc-2"));
        record.take_up(&check);
        decide(&mut record, Decision::ApproveProvisionally);
        record.add(paper("doc-3"));
        let now = at("2027-01-25T10:00:00Z");
        let papers = |record: &DossierRecord| {
            let relied_on = record.clone().relied_on(now);
            (
                relied_on.view.status,
                relied_on.view.dossier.documents.len(),
            )
        };
        assert_eq!(papers(&record), (DossierStatus::ProvisionallyApproved, 2));
        decide(&mut record, Decision::Lapse);
        assert_eq!(record.view.status, DossierStatus::Draft);
        assert_eq!(papers(&record), (DossierStatus::Approved, 1));
        assert_eq!(record.approved_until(now), Some(last));
    }
}
