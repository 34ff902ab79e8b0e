//! A renewal that is opened before the papers of an approved dossier run out: what was approved holds until its last day, while what takes
//! its place is drafted and checked. Pure.
use super::DossierRecord;
use contract::RequestId;
use contract::dossier::review::{DossierStatus, DossierView};
use contract::dossier::{Day, Dossier};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A renewal, from when it is opened until something is approved or the last day is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Renewal {
    /// The last day of the approval before it.
    pub until: Day,
    /// When that day is over where the numbers are, RFC 3339.
    pub ends: String,
    /// What was approved, once it is changed or checked anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
}

/// What was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// What it held.
    pub dossier: Dossier,
    /// How often that had changed.
    pub edition: u32,
}

impl Renewal {
    fn ends(&self) -> Option<Timestamp> {
        self.ends.parse().ok()
    }
}

impl Kept {
    /// What was approved, with the papers that only ports ask for as they are now: they belong to no approval.
    fn beside(self, now: Dossier) -> Dossier {
        let mut dossier = self.dossier;
        dossier.version = now.version;
        dossier
            .documents
            .retain(|document| !document.kind.is_for_ports_alone());
        let of_ports = now.documents.into_iter();
        dossier
            .documents
            .extend(of_ports.filter(|document| document.kind.is_for_ports_alone()));
        dossier
    }
}

impl DossierRecord {
    /// Opens its renewal by a request. Only what is approved until that day is renewed, and once.
    pub fn open_renewal(&mut self, until: &Day, ends: Timestamp, request: &RequestId) {
        let is_it = self.view.dossier.valid_until.as_ref() == Some(until);
        if self.view.status == DossierStatus::Approved && is_it && self.renewal.is_none() {
            self.view.request = Some(request.clone());
            self.renewal = Some(Renewal {
                until: until.clone(),
                ends: ends.to_string(),
                kept: None,
            });
        }
    }

    /// Keeps what is approved before it is changed or checked anew: in a renewal, and what is approved for now, to which something must
    /// follow. Any other change undoes an approval.
    pub(super) fn keep_approval(&mut self) {
        let kept = match self.view.status {
            DossierStatus::Approved => self.renewal.as_mut().map(|one| &mut one.kept),
            DossierStatus::ProvisionallyApproved => self.for_now.as_mut().map(|one| &mut one.kept),
            DossierStatus::Draft
            | DossierStatus::InReview
            | DossierStatus::Rejected
            | DossierStatus::Expired => None,
        };
        if let Some(kept) = kept {
            *kept = Some(Kept {
                dossier: self.view.dossier.clone(),
                edition: self.edition,
            });
        }
    }

    /// Everything that was approved before and is kept: for good until the renewal is over, for now until its day is.
    pub(super) fn earlier(&self, now: Timestamp) -> impl Iterator<Item = &Kept> {
        let for_now = self.for_now.iter().filter(move |one| one.holds(now));
        let for_now = for_now.filter_map(|one| one.kept.as_ref());
        self.kept().into_iter().chain(for_now)
    }

    /// What was approved for good before its renewal, and is kept.
    pub(super) fn kept(&self) -> Option<&Kept> {
        self.renewal.as_ref()?.kept.as_ref()
    }

    /// What it is once nobody checks it any more: approved as before if nothing in it is another, or if it was approved for good.
    pub(super) fn fall_back(&mut self) -> DossierStatus {
        let edition = self.edition;
        let Some(renewal) = &mut self.renewal else {
            // What was approved for good stays so, whatever fails after it was written.
            return match self.view.status {
                DossierStatus::Approved => DossierStatus::Approved,
                DossierStatus::Draft
                | DossierStatus::InReview
                | DossierStatus::ProvisionallyApproved
                | DossierStatus::Rejected
                | DossierStatus::Expired => DossierStatus::Draft,
            };
        };
        match &renewal.kept {
            Some(kept) if kept.edition != edition => DossierStatus::Draft,
            Some(kept) => {
                // Its papers are accepted again, whatever the check said of them.
                self.view.dossier = kept.clone().beside(self.view.dossier.clone());
                renewal.kept = None;
                DossierStatus::Approved
            }
            None if self.view.status == DossierStatus::Approved => DossierStatus::Approved,
            None => DossierStatus::Draft,
        }
    }

    /// When what it holds is to be good: a renewal is of the day after the last one.
    pub fn held_at(&self, now: Timestamp) -> Timestamp {
        let ends = self.renewal.as_ref().and_then(Renewal::ends);
        ends.map_or(now, |ends| ends.max(now))
    }

    /// What was approved before and holds still, how it was approved, and its last day. What is approved for now is the later edition.
    fn holding(&self, now: Timestamp) -> Option<(&Kept, DossierStatus, &Day)> {
        let for_now = self.for_now.as_ref().filter(|one| one.holds(now));
        let for_now = for_now.and_then(|one| {
            let kept = one.kept.as_ref()?;
            Some((kept, DossierStatus::ProvisionallyApproved, &one.until))
        });
        let holds = |one: &&Renewal| one.ends().is_some_and(|ends| now < ends);
        let renewed = self.renewal.as_ref().filter(holds);
        let renewed = renewed.and_then(|one| {
            let kept = one.kept.as_ref()?;
            Some((kept, DossierStatus::Approved, &one.until))
        });
        for_now.or(renewed)
    }

    /// The last day on which orders and ports can rely on what is approved; none if nothing is, or if nothing of it runs out.
    pub fn approved_until(&self, now: Timestamp) -> Option<Day> {
        match self.view.status {
            DossierStatus::Approved => self.view.dossier.valid_until.clone(),
            DossierStatus::ProvisionallyApproved => self.view.provisional_until.clone(),
            DossierStatus::Draft
            | DossierStatus::InReview
            | DossierStatus::Rejected
            | DossierStatus::Expired => self.holding(now).map(|(_, _, until)| until.clone()),
        }
    }

    /// As it is shown.
    pub fn shown(self, now: Timestamp) -> DossierView {
        DossierView {
            approved_until: self.approved_until(now),
            ..self.view
        }
    }

    /// As orders and ports rely on it now. Papers that only ports ask for belong to no approval: those of today count. Never to be written
    /// back.
    #[must_use]
    pub fn relied_on(mut self, now: Timestamp) -> Self {
        match self.view.status {
            DossierStatus::Approved | DossierStatus::ProvisionallyApproved => return self,
            DossierStatus::Draft
            | DossierStatus::InReview
            | DossierStatus::Rejected
            | DossierStatus::Expired => {}
        }
        let holding = self.holding(now);
        let holding = holding.map(|(kept, status, until)| (kept.clone(), status, until.clone()));
        let Some((kept, status, until)) = holding else {
            return self;
        };
        let edition = kept.edition;
        self.view.dossier = kept.beside(self.view.dossier);
        self.view.status = status;
        self.view.provisional_until =
            (status == DossierStatus::ProvisionallyApproved).then_some(until);
        (self.edition, self.checked) = (edition, Some(edition));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dossier::Ruling;
    use contract::dossier::review::{Decision, Reason};
    use contract::dossier::{Document, DocumentState};
    use serde_json::json;

    const LAST: &str = "2027-01-31";

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The end of the last day in Zurich.
    fn ends() -> Timestamp {
        at("2027-01-31T23:00:00Z")
    }

    fn paper(id: &str, kind: &str, until: Option<&str>) -> Document {
        let paper = json!({
            "id": id, "kind": kind, "fileName": "a.pdf", "mediaType": "application/pdf", "bytes": 5, "sha256": "0".repeat(64),
            "uploadedAt": "2026-11-20T10:00:00Z", "state": "draft", "validUntil": until,
        });
        serde_json::from_value(paper).unwrap()
    }

    /// A dossier that is approved until the last day, and whose renewal is open.
    fn renewed() -> (DossierRecord, RequestId) {
        let dossier: Dossier = serde_json::from_value(json!({
            "id": "d-1", "tenant": "t-1", "version": 1, "kind": "business", "endUser": { "businessName": "Isthmus Trading" },
            "documents": [paper("doc-1", "register_extract", Some(LAST))],
        }))
        .unwrap();
        let mut record = DossierRecord::new(dossier, "2026-11-20T10:00:00.000Z".to_owned());
        let (first, renewal) = (RequestId::from("vd-1"), RequestId::from("vd-2"));
        record.take_up(&first);
        record.decide(&first, Decision::Approve, None, &[]);
        record.open_renewal(&day(LAST), ends(), &renewal);
        assert_eq!(record.view.status, DossierStatus::Approved);
        (record, renewal)
    }

    #[test]
    fn what_was_approved_holds_until_its_last_day_while_the_next_is_drafted_and_checked() {
        let (mut record, renewal) = renewed();
        record.add(paper("doc-2", "register_extract", Some("2028-01-31")));
        record.add(paper("doc-3", "invoice", None));
        assert_eq!(record.view.status, DossierStatus::Draft);
        let before = at("2027-01-20T10:00:00Z");
        let relied_on = record.clone().relied_on(before);
        assert_eq!(relied_on.view.status, DossierStatus::Approved);
        let papers = relied_on.view.dossier.documents.iter();
        let papers: Vec<_> = papers.map(|one| one.id.0.as_str()).collect();
        assert_eq!(papers, ["doc-1", "doc-3"]);
        // What orders rely on cannot be taken away.
        let taken = record.withdraw("doc-1", before);
        assert_eq!(taken, Err(DossierStatus::Approved));
        assert!(record.withdraw("doc-3", before).unwrap().is_some());
        record.take_up(&renewal);
        record.decide(&renewal, Decision::Reject, None, &[]);
        for status in [DossierStatus::Rejected, DossierStatus::InReview] {
            record.view.status = status;
            assert_eq!(record.expires(), Some(&day(LAST)), "{status:?}");
            let then = |now| record.clone().relied_on(now).view.status;
            assert_eq!(then(before), DossierStatus::Approved);
            assert_eq!(then(ends()), status, "its last day is over");
        }
        // The paper that runs out was replaced.
        record.take_up(&renewal);
        assert_eq!(record.held_at(before), ends());
        let ruling = record.decide(&renewal, Decision::Approve, None, &[]);
        assert_eq!(ruling, Ruling::Written);
        assert_eq!(record.expires(), Some(&day("2028-01-31")));
        assert_eq!(
            (record.renewal.clone(), record.held_at(before)),
            (None, before)
        );
    }

    #[test]
    fn a_renewal_that_is_taken_back_leaves_the_approval_as_it_was() {
        for is_checked in [false, true] {
            let (mut record, renewal) = renewed();
            if is_checked {
                record.take_up(&renewal);
            }
            record.decide(&renewal, Decision::Lapse, None, &[]);
            assert_eq!(record.view.status, DossierStatus::Approved);
            assert_eq!(record.expires(), Some(&day(LAST)));
        }
        let (mut record, renewal) = renewed();
        record.add(paper("doc-2", "register_extract", None));
        record.take_up(&renewal);
        record.decide(&renewal, Decision::Lapse, None, &[]);
        assert_eq!(record.view.status, DossierStatus::Draft);
        assert!(record.kept().is_some());
    }

    #[test]
    fn papers_that_a_check_refused_are_accepted_again_once_it_is_taken_back() {
        let (mut record, renewal) = renewed();
        record.add(paper("doc-3", "invoice", None));
        let before = record.clone();
        record.take_up(&renewal);
        let reasons = ["doc-1", "doc-3"].map(|about| Reason {
            about: about.to_owned(),
            reason: "Cut off at the bottom".to_owned(),
        });
        record.decide(&renewal, Decision::Reject, None, &reasons);
        record.decide(&renewal, Decision::Lapse, None, &[]);
        let papers = |record: &DossierRecord| record.view.dossier.documents.clone();
        assert_eq!(record.view.status, DossierStatus::Approved);
        assert_eq!(papers(&record)[0], papers(&before)[0]);
        // What is of ports alone was never approved.
        assert_eq!(papers(&record)[1].state, DocumentState::Rejected);
        assert_eq!(record.view.dossier.valid_until, Some(day(LAST)));
    }

    #[test]
    fn a_dossier_shows_until_when_what_is_approved_holds() {
        let (mut record, renewal) = renewed();
        let now = at("2027-01-20T10:00:00Z");
        let shown = |record: &DossierRecord, now| record.clone().shown(now).approved_until;
        assert_eq!(shown(&record, now), Some(day(LAST)));
        record.add(paper("doc-2", "register_extract", Some("2028-01-31")));
        assert_eq!(shown(&record, now), Some(day(LAST)), "drafted");
        record.take_up(&renewal);
        assert_eq!(shown(&record, now), Some(day(LAST)), "checked");
        // The last day counts to its end where the numbers are.
        assert_eq!(shown(&record, at("2027-01-31T22:59:59Z")), Some(day(LAST)));
        assert_eq!(shown(&record, ends()), None);
        assert_eq!(record.view.approved_until, None, "never stored");
        record.decide(&renewal, Decision::Approve, None, &[]);
        assert_eq!(shown(&record, now), Some(day("2028-01-31")));
        record.renewal = None;
        record.add(paper("doc-4", "register_extract", None));
        assert_eq!(shown(&record, now), None, "a change undid it");
    }

    #[test]
    fn a_renewal_that_nobody_mends_has_lapsed_once_the_last_day_is_over() {
        let (mut record, renewal) = renewed();
        record.add(paper("doc-2", "power_of_attorney", None));
        record.take_up(&renewal);
        record.expire(&day(LAST));
        assert_eq!(record.renewal, None);
        assert_eq!(record.expires(), None);
        record.decide(&renewal, Decision::Lapse, None, &[]);
        assert_eq!(record.view.status, DossierStatus::Expired);
    }

    #[test]
    fn outside_a_renewal_a_change_undoes_the_approval() {
        let (mut record, _) = renewed();
        record.renewal = None;
        record.add(paper("doc-2", "register_extract", None));
        let now = at("2026-12-01T10:00:00Z");
        assert_eq!(record.relied_on(now).view.status, DossierStatus::Draft);
    }
}
