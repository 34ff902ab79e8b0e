//! An approval for now: it holds until its day, also while what must follow is added and checked. It ends before that with what is decided for
//! good, and with the check that gave it: whoever takes that one back, or brings nothing in time, gives up what it allowed. A check whose
//! workflow could not go on takes nothing back. Another check of the same dossier, such as one that is handed in anew and taken back, judged
//! nothing of what was allowed, and leaves it until its day. One that
//! was given more time after its last day is approved like this; that one ends with whatever check lapses, for each of them is about the
//! papers that ran out, and an operator is asked anew what becomes of it. Pure.
use super::{DossierRecord, Kept};
use contract::RequestId;
use contract::dossier::Day;
use contract::dossier::review::DossierStatus;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An approval for now, from when it is given until something is decided for good, or the check that gave it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForNow {
    /// Its last day.
    pub until: Day,
    /// When that day is over where the numbers are, RFC 3339.
    pub ends: String,
    /// The check that gave it; none of one that was given before this was kept: that one ends with any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<RequestId>,
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
                by: self.view.request.clone(),
                kept: None,
            });
        }
    }

    /// A check is over without a decision: what it approved for now ends with it, and so does more time that was given after the last day.
    pub(super) fn end_for_now(&mut self, check: &RequestId) {
        let is_its = |one: &ForNow| one.by.as_ref().is_none_or(|by| by == check);
        if self.is_over() || self.for_now.as_ref().is_some_and(is_its) {
            self.for_now = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dossier::Ruling;
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

    /// A dossier that nobody has checked.
    fn begun() -> DossierRecord {
        let dossier = serde_json::from_value(json!({
            "id": "d-1", "tenant": "t-1", "version": 1, "kind": "business", "endUser": { "businessName": "Isthmus Trading" },
            "documents": [paper("doc-1")],
        }))
        .unwrap();
        DossierRecord::new(dossier, "2027-01-20T10:00:00.000Z".to_owned())
    }

    /// A dossier whose last day is over, and that is checked anew.
    fn out_of_time() -> DossierRecord {
        let mut record = begun();
        record.take_up(&CHECK.into());
        decide(&mut record, Decision::Approve);
        record.expire(&day("2027-01-31"));
        record.take_up(&CHECK.into());
        record
    }

    /// A dossier whose last day is over, and that an operator has extended.
    fn extended() -> DossierRecord {
        let mut record = out_of_time();
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
            let taken = let_go.withdraw("doc-1", before());
            assert!(taken.is_err(), "orders rely on it");
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
    fn a_check_whose_workflow_failed_leaves_what_it_approved_for_now_until_its_day() {
        let mut given = begun();
        given.take_up(&CHECK.into());
        decide(&mut given, Decision::ApproveProvisionally);
        let mut completed = given.clone();
        completed.add(paper("doc-2"));
        let drafted = completed.clone();
        completed.take_up(&CHECK.into());
        for (mut record, status) in [
            (given, DossierStatus::Draft),
            (drafted, DossierStatus::Draft),
            (completed, DossierStatus::Draft),
            (extended(), DossierStatus::Expired),
        ] {
            record.let_go(&CHECK.into());
            assert_eq!(record.view.status, status);
            let until = record.approved_until(before());
            assert_eq!(until, Some(day("2027-06-30")), "{status:?}");
            assert_eq!(record.approved_until(ends()), None, "{status:?}");
            let relied_on = record.relied_on(before()).view;
            assert_eq!(relied_on.status, DossierStatus::ProvisionallyApproved);
            assert_eq!(relied_on.dossier.documents.len(), 1);
        }
    }

    #[test]
    fn a_check_that_did_not_give_it_leaves_an_approval_for_now_until_its_day() {
        let other = RequestId::from("vd-2");
        let lapse = |record: &mut DossierRecord| record.decide(&other, Decision::Lapse, None, &[]);
        let mut own = begun();
        own.take_up(&CHECK.into());
        decide(&mut own, Decision::ApproveProvisionally);
        own.add(paper("doc-2"));
        let mut anew = own.clone();
        anew.take_up(&other);
        let mut lapsed = anew.clone();
        assert_eq!(lapse(&mut lapsed), Ruling::Written);
        let mut refused = anew.clone();
        refused.decide(&other, Decision::Reject, None, &[]);
        refused.let_go(&other);
        for (mut record, status) in [
            (lapsed, DossierStatus::Draft),
            (refused, DossierStatus::Rejected),
        ] {
            assert_eq!(record.view.status, status);
            assert_eq!(record.approved_until(before()), Some(day("2027-06-30")));
            assert_eq!(record.approved_until(ends()), None, "{status:?}");
            assert!(record.withdraw("doc-1", before()).is_err(), "{status:?}");
            assert!(record.withdraw("doc-1", ends()).unwrap().is_some());
        }
        own.take_up(&CHECK.into());
        decide(&mut own, Decision::Lapse);
        // As it was stored before it was kept who gave it.
        anew.for_now.as_mut().unwrap().by = None;
        lapse(&mut anew);
        // An operator is asked anew what becomes of one whose time is over.
        let mut over = extended();
        over.take_up(&other);
        lapse(&mut over);
        assert_eq!(over.view.status, DossierStatus::Expired);
        for record in [own, anew, over] {
            assert_eq!(record.for_now, None);
        }
    }

    #[test]
    fn more_time_is_given_to_what_a_dossier_was_when_its_operator_was_asked() {
        let until = day("2027-06-30");
        let extend = |record: &mut DossierRecord| {
            record.decide(
                &CHECK.into(),
                Decision::ApproveProvisionally,
                Some(&until),
                &[],
            )
        };
        let mut changed = out_of_time();
        decide(&mut changed, Decision::Lapse);
        changed.add(paper("doc-2"));
        assert_eq!(extend(&mut changed), Ruling::Stale);
        assert_eq!(changed.view.status, DossierStatus::Expired);
        // Asked again, they look at it as it is now.
        decide(&mut changed, Decision::Lapse);
        // What was mended and not handed in before the check lapsed is what they were asked about.
        let mut mended = out_of_time();
        mended.add(paper("doc-2"));
        decide(&mut mended, Decision::Lapse);
        for mut record in [changed, mended] {
            assert!(record.is_stale(), "no check has seen it");
            // Said again, because its answer was lost, it is the same approval.
            for _ in 0..2 {
                assert_eq!(extend(&mut record), Ruling::Written);
                assert_eq!(record.view.status, DossierStatus::ProvisionallyApproved);
            }
            record.add(paper("doc-3"));
            assert_eq!(extend(&mut record), Ruling::Stale);
        }
    }

    #[test]
    fn in_a_renewal_what_is_approved_for_now_comes_before_what_was_approved_until_it_lapses() {
        let mut record = begun();
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
