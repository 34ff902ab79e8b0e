//! One dossier as it is stored, and the pure changes of it.
use contract::dossier::review::{Decision, DossierStatus, DossierView, Reason};
use contract::dossier::{Day, Document, DocumentState, Dossier};
use contract::{PersonId, RequestId};
use serde::{Deserialize, Serialize};

/// One dossier, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DossierRecord {
    /// What its tenant and the operators see.
    pub view: DossierView,
    /// When it was begun, RFC 3339 with milliseconds, UTC.
    pub begun_at: String,
    /// Documents that somebody is about to upload.
    #[serde(default)]
    pub announced: Vec<Document>,
}

/// That somebody saw something of a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// When, RFC 3339 with milliseconds, UTC.
    pub at: String,
    /// Who.
    pub person: PersonId,
    /// What: a document's id.
    pub what: String,
    /// From which address, as far as the gateway knows.
    #[serde(default)]
    pub source: String,
}

impl DossierRecord {
    /// A dossier that nobody has checked.
    pub fn new(dossier: Dossier, begun_at: String) -> Self {
        let view = DossierView {
            status: DossierStatus::Draft,
            request: None,
            provisional_until: None,
            dossier,
        };
        Self {
            view,
            begun_at,
            announced: Vec::new(),
        }
    }

    /// The day on which somebody who relies on it must look again; none while nobody does.
    pub fn expires(&self) -> Option<&Day> {
        match self.view.status {
            DossierStatus::Approved => self.view.dossier.valid_until.as_ref(),
            DossierStatus::Draft
            | DossierStatus::InReview
            | DossierStatus::ProvisionallyApproved
            | DossierStatus::Rejected
            | DossierStatus::Expired => None,
        }
    }

    /// Takes a document out: it is known as announced only, until its bytes are gone. `None` if there is none of this id.
    ///
    /// # Errors
    /// The status of a dossier whose documents others rely on.
    pub fn withdraw(&mut self, document: &str) -> Result<Option<Document>, DossierStatus> {
        let is_it = |one: &Document| one.id.0 == document;
        let Some(at) = self.view.dossier.documents.iter().position(is_it) else {
            // Taken out before, and its bytes may be there still.
            return Ok(self.announced.iter().find(|one| is_it(one)).cloned());
        };
        match self.view.status {
            DossierStatus::Draft | DossierStatus::Rejected => {}
            status @ (DossierStatus::InReview
            | DossierStatus::Approved
            | DossierStatus::ProvisionallyApproved
            | DossierStatus::Expired) => return Err(status),
        }
        let document = self.view.dossier.documents.remove(at);
        self.announced.push(document.clone());
        Ok(Some(document))
    }

    /// A request begins to check it.
    pub fn take_up(&mut self, request: &RequestId) {
        self.view.status = DossierStatus::InReview;
        self.view.request = Some(request.clone());
        for document in &mut self.view.dossier.documents {
            if document.state == DocumentState::Draft {
                document.state = DocumentState::PendingReview;
            }
        }
    }

    /// A request has decided. Only the one that checks it may.
    pub fn decide(
        &mut self,
        request: &RequestId,
        decision: Decision,
        until: Option<&Day>,
        reasons: &[Reason],
    ) {
        let view = &mut self.view;
        if view.request.as_ref() != Some(request) {
            return;
        }
        view.status = match decision {
            Decision::Approve => DossierStatus::Approved,
            Decision::ApproveProvisionally => DossierStatus::ProvisionallyApproved,
            Decision::Reject => DossierStatus::Rejected,
            Decision::Lapse => DossierStatus::Draft,
        };
        view.provisional_until = match decision {
            Decision::ApproveProvisionally => until.cloned(),
            Decision::Approve | Decision::Reject | Decision::Lapse => None,
        };
        for document in &mut view.dossier.documents {
            judge(document, decision, reasons);
        }
        if decision == Decision::Approve {
            view.dossier.valid_until = earliest(&view.dossier);
        }
    }
}

/// What a decision means for one document: a refusal names those that are refused, the others wait.
fn judge(document: &mut Document, decision: Decision, reasons: &[Reason]) {
    let reason = reasons.iter().find(|reason| reason.about == document.id.0);
    let waits = matches!(
        document.state,
        DocumentState::PendingReview
            | DocumentState::InReview
            | DocumentState::ProvisionallyApproved
    );
    match (decision, reason) {
        (Decision::Reject, Some(reason)) => {
            document.state = DocumentState::Rejected;
            document.rejection_reason = Some(reason.reason.clone());
        }
        (Decision::Approve, _) if waits => document.state = DocumentState::Approved,
        (Decision::ApproveProvisionally, _) if waits => {
            document.state = DocumentState::ProvisionallyApproved;
        }
        (Decision::Lapse, _) if document.state == DocumentState::PendingReview => {
            document.state = DocumentState::Draft;
        }
        (
            Decision::Approve | Decision::ApproveProvisionally | Decision::Reject | Decision::Lapse,
            _,
        ) => {}
    }
}

/// The first day on which something that was relied on is no longer valid.
fn earliest(dossier: &Dossier) -> Option<Day> {
    let papers = dossier
        .identities
        .iter()
        .filter_map(|paper| paper.expires.clone());
    let documents = dossier.documents.iter();
    let accepted = documents.filter(|document| document.state == DocumentState::Approved);
    papers
        .chain(accepted.filter_map(|document| document.valid_until.clone()))
        .min_by(|one, other| one.as_str().cmp(other.as_str()))
}
