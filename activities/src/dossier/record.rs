//! One dossier as it is stored, and the pure changes of it.
use super::{ForNow, Renewal};
use crate::porting::papers::end_user_name;
use crate::ports::clock;
use contract::dossier::review::{Decision, DossierStatus, DossierView, Reason};
use contract::dossier::{Day, Declaration, Document, DocumentState, Dossier, LIST_MAX};
use contract::{DocumentId, PersonId, RequestId};
use jiff::Timestamp;
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
    /// Documents that never came, until what may be there of their bytes is deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given_up: Vec<DocumentId>,
    /// How often what it holds has changed: unlike its version, no bookkeeping counts.
    #[serde(default)]
    pub edition: u32,
    /// The last day of the last approval whose time is over: what ran out until then counts no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Day>,
    /// The edition that the request which checks it has taken up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<u32>,
    /// When it was handed in, RFC 3339, by a check that had not begun then; none once a check has begun with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_in_at: Option<String>,
    /// Its edition when its last check lapsed: what the operator looks at who is asked what becomes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapsed: Option<u32>,
    /// The holder's name when it was approved last: it stays theirs while the dossier is changed and checked anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Its renewal, if one is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<Renewal>,
    /// Its approval for now, until something is decided for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_now: Option<ForNow>,
}

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// It is written.
    Written,
    /// Another request checks the dossier: nothing is changed.
    NotTheirs,
    /// What was to be approved has changed since it was taken up: nothing is changed.
    Stale,
}

/// That somebody saw something of a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// When, RFC 3339 with milliseconds, UTC.
    pub at: String,
    /// Who.
    pub person: PersonId,
    /// What: a document's id, after [`Seen::REMOVED`] if they removed it; a port's id after [`Seen::LETTER`].
    pub what: String,
    /// From which address, as far as the gateway knows.
    #[serde(default)]
    pub source: String,
}

impl Seen {
    /// What stands before the id of a document that was removed.
    pub const REMOVED: &str = "removed ";
    /// What stands before the id of a port whose letter of authorisation was signed on the screen: it is made here, and no document.
    pub const LETTER: &str = "letter of ";
}

impl DossierRecord {
    /// A dossier that nobody has checked.
    pub fn new(dossier: Dossier, begun_at: String) -> Self {
        let view = DossierView {
            status: DossierStatus::Draft,
            request: None,
            provisional_until: None,
            approved_until: None,
            dossier,
        };
        Self {
            view,
            begun_at,
            announced: Vec::new(),
            given_up: Vec::new(),
            edition: 0,
            over: None,
            checked: None,
            handed_in_at: None,
            lapsed: None,
            holder: None,
            renewal: None,
            for_now: None,
        }
    }

    /// The names by which its holder is known: that of the last approval, and that of one that holds for now. Whoever filled in a draft may
    /// have written anybody's.
    pub fn holder_names(&self) -> Vec<String> {
        let now = match self.view.status {
            DossierStatus::Approved | DossierStatus::ProvisionallyApproved => true,
            // One that ran out before the name was kept.
            DossierStatus::Expired => self.holder.is_none(),
            DossierStatus::Draft | DossierStatus::InReview | DossierStatus::Rejected => false,
        };
        let now = now.then(|| end_user_name(&self.view.dossier));
        self.holder.iter().cloned().chain(now).collect()
    }

    /// Keeps the holder's name of one that was approved before names were kept, or that is approved for now only.
    fn keep_holder(&mut self) {
        if self.holder.is_none() {
            self.holder = self.holder_names().pop();
        }
    }

    /// The day on which somebody who relies on it must look again; none while nobody does.
    pub fn expires(&self) -> Option<&Day> {
        let is_relied_on = match self.view.status {
            DossierStatus::Approved => true,
            DossierStatus::Draft
            | DossierStatus::InReview
            | DossierStatus::ProvisionallyApproved
            | DossierStatus::Rejected
            | DossierStatus::Expired => self.kept().is_some(),
        };
        let until = self.view.dossier.valid_until.as_ref();
        until.filter(|_| is_relied_on)
    }

    /// Fills it in anew; its documents, and what only the system knows, stay. The same content again changes nothing: what is declared
    /// again was declared before.
    pub fn rewrite(&mut self, filled: &Dossier) {
        let old = &self.view.dossier;
        let before = |new: &Declaration| {
            let mut known = old.declarations.iter();
            known
                .find(|old| (&old.requirement, &old.by) == (&new.requirement, &new.by))
                .cloned()
        };
        let declarations = filled.declarations.iter();
        let new = Dossier {
            id: old.id.clone(),
            tenant: old.tenant.clone(),
            version: old.version,
            documents: old.documents.clone(),
            valid_until: old.valid_until.clone(),
            declarations: declarations
                .map(|new| before(new).unwrap_or_else(|| new.clone()))
                .collect(),
            ..filled.clone()
        };
        if new != *old {
            self.keep_holder();
            self.keep_approval();
            self.view.dossier = new;
            self.changed();
        }
    }

    /// Puts a document in that was uploaded and looked at. What is approved stays so if only ports ask for such a document: it belongs to
    /// no approval, and whoever reviews the port looks at it.
    pub fn add(&mut self, document: Document) {
        let leaves_it_approved = document.kind.is_for_ports_alone()
            && match self.view.status {
                DossierStatus::Approved | DossierStatus::ProvisionallyApproved => true,
                DossierStatus::Draft
                | DossierStatus::InReview
                | DossierStatus::Rejected
                | DossierStatus::Expired => false,
            };
        if !leaves_it_approved {
            self.keep_approval();
        }
        self.view.dossier.documents.push(document);
        if !leaves_it_approved {
            self.changed();
        }
    }

    /// Notes that a document is about to come; says whether there is room for it. One that was announced before keeps its room, and its
    /// time begins anew.
    pub fn announce(&mut self, document: &Document) -> bool {
        let is_it = |one: &Document| one.id == document.id;
        if let Some(awaited) = self.announced.iter_mut().find(|one| is_it(one)) {
            awaited.uploaded_at.clone_from(&document.uploaded_at);
            return true;
        }
        let documents = &self.view.dossier.documents;
        if documents.iter().any(is_it) {
            return true;
        }
        let fits = documents.len() + self.announced.len() < LIST_MAX;
        if fits {
            self.announced.push(document.clone());
        }
        fits
    }

    /// Whether there is anything to [give up](Self::give_up).
    pub fn has_left_overs(&self, before: Timestamp) -> bool {
        let is_old = |document: &Document| is_older(document, before);
        !self.given_up.is_empty() || self.announced.iter().any(is_old)
    }

    /// Gives up what was announced before a moment and is not there: nobody can bring it any more. Gives every document whose bytes, if
    /// there are any, are to be deleted.
    pub fn give_up(&mut self, before: Timestamp) -> Vec<DocumentId> {
        let (old, awaited): (Vec<_>, Vec<_>) = std::mem::take(&mut self.announced)
            .into_iter()
            .partition(|document| is_older(document, before));
        self.announced = awaited;
        let old = old.into_iter().map(|document| document.id);
        self.given_up.extend(old);
        self.given_up.clone()
    }

    /// Takes in what was announced and has come, if it fits; says whether it was still waited for.
    pub fn arrive(&mut self, document: &Document, fits: bool) -> bool {
        let known = self.announced.len();
        self.announced.retain(|one| one.id != document.id);
        let was_awaited = self.announced.len() < known;
        if was_awaited && fits {
            self.add(document.clone());
        }
        was_awaited
    }

    /// It holds something else than before: nobody has approved that.
    fn changed(&mut self) {
        self.keep_holder();
        self.edition = self.edition.saturating_add(1);
        let view = &mut self.view;
        match view.status {
            DossierStatus::Approved | DossierStatus::ProvisionallyApproved => {
                view.status = DossierStatus::Draft;
                view.provisional_until = None;
            }
            DossierStatus::Draft
            | DossierStatus::InReview
            | DossierStatus::Rejected
            | DossierStatus::Expired => {}
        }
    }

    /// Whether it has changed since the request that checks it took it up.
    pub fn is_stale(&self) -> bool {
        self.checked.is_some_and(|checked| checked != self.edition)
    }

    /// Whether it has changed since whoever decides of it was asked: a check's reviewer when it was taken up, an operator when it lapsed.
    fn is_another(&self) -> bool {
        let lapsed = self
            .lapsed
            .filter(|_| self.view.status == DossierStatus::Expired);
        let asked = lapsed.or(self.checked);
        asked.is_some_and(|asked| asked != self.edition)
    }

    /// Takes a document out: it is known as announced only, until its bytes are gone. `None` if there is none of this id.
    ///
    /// # Errors
    /// The status of a dossier whose documents others rely on.
    pub fn withdraw(
        &mut self,
        document: &str,
        now: Timestamp,
    ) -> Result<Option<Document>, DossierStatus> {
        let is_it = |one: &Document| one.id.0 == document;
        let Some(at) = self.view.dossier.documents.iter().position(is_it) else {
            // Taken out before, and its bytes may be there still.
            return Ok(self.announced.iter().find(|one| is_it(one)).cloned());
        };
        match self.view.status {
            DossierStatus::Draft | DossierStatus::Rejected | DossierStatus::Expired => {}
            status @ (DossierStatus::InReview
            | DossierStatus::Approved
            | DossierStatus::ProvisionallyApproved) => return Err(status),
        }
        // Until its last day, orders rely on what was approved.
        let is_kept = self
            .earlier(now)
            .any(|kept| kept.dossier.documents.iter().any(is_it));
        if is_kept {
            return Err(DossierStatus::Approved);
        }
        let document = self.view.dossier.documents.remove(at);
        self.announced.push(document.clone());
        self.changed();
        Ok(Some(document))
    }

    /// The last day of its approval is over: nobody relies on it any more. One that is checked anew already, or was changed since, is only
    /// known to be over.
    pub fn expire(&mut self, until: &Day) {
        if self.view.dossier.valid_until.as_ref() == Some(until) {
            self.over = Some(until.clone());
            self.renewal = None;
            if self.view.status == DossierStatus::Approved {
                self.view.status = DossierStatus::Expired;
            }
        }
    }

    /// It was approved after what ran out that day was replaced: the approval holds until the next day.
    pub fn outlive(&mut self, until: &Day) {
        let dossier = &mut self.view.dossier;
        if dossier.valid_until.as_ref() == Some(until) {
            self.renewal = None;
            self.over = Some(until.clone());
            dossier.valid_until = earliest(dossier, self.over.as_ref());
        }
    }

    /// Whether the time of its last approval is over.
    pub(super) fn is_over(&self) -> bool {
        self.over.is_some() && self.over == self.view.dossier.valid_until
    }

    /// The last day of one that was given more time after it: what it had on that day counts on.
    pub fn extended(&self) -> Option<&Day> {
        let is_extended =
            self.view.status == DossierStatus::ProvisionallyApproved && self.is_over();
        self.over.as_ref().filter(|_| is_extended)
    }

    /// It is handed in for a request that is about to begin.
    pub fn hand_in(&mut self, request: &RequestId, now: Timestamp) {
        self.take_up(request);
        self.handed_in_at = Some(clock::text(now));
    }

    /// A request begins to check it, as it is now.
    pub fn take_up(&mut self, request: &RequestId) {
        self.keep_holder();
        self.keep_approval();
        (self.checked, self.lapsed) = (Some(self.edition), None);
        self.handed_in_at = None;
        self.view.status = DossierStatus::InReview;
        self.view.provisional_until = None;
        self.view.request = Some(request.clone());
        for document in &mut self.view.dossier.documents {
            if document.state == DocumentState::Draft {
                document.state = DocumentState::PendingReview;
            }
        }
    }

    /// A request has decided. Only the one that checks it may, and it approves only what it has taken up, or what was there when it lapsed.
    pub fn decide(
        &mut self,
        request: &RequestId,
        decision: Decision,
        until: Option<&Day>,
        reasons: &[Reason],
    ) -> Ruling {
        let approves = match decision {
            Decision::Approve | Decision::ApproveProvisionally => true,
            Decision::Reject | Decision::Lapse | Decision::LetGo => false,
        };
        if self.view.request.as_ref() != Some(request) {
            return Ruling::NotTheirs;
        }
        if approves && self.is_another() {
            return Ruling::Stale;
        }
        if approves {
            // What was approved counts as checked: said again, it is the same approval.
            self.checked = Some(self.edition);
        }
        if decision == Decision::LetGo {
            // It is nobody's to end: what was approved for now holds by its day alone.
            self.keep_approval();
        }
        let status = match decision {
            Decision::Approve => DossierStatus::Approved,
            Decision::ApproveProvisionally => DossierStatus::ProvisionallyApproved,
            Decision::Reject => DossierStatus::Rejected,
            Decision::Lapse | Decision::LetGo if self.is_over() => DossierStatus::Expired,
            Decision::Lapse | Decision::LetGo => self.fall_back(),
        };
        match decision {
            Decision::Approve | Decision::ApproveProvisionally => self.for_now = None,
            Decision::Lapse => self.end_for_now(request),
            // What holds for now holds until its day.
            Decision::Reject | Decision::LetGo => {}
        }
        match decision {
            Decision::Lapse | Decision::LetGo => {
                self.lapsed = (status == DossierStatus::Expired).then_some(self.edition);
            }
            Decision::Approve | Decision::ApproveProvisionally | Decision::Reject => {}
        }
        let view = &mut self.view;
        view.status = status;
        view.provisional_until = match decision {
            Decision::ApproveProvisionally => until.cloned(),
            Decision::Approve | Decision::Reject | Decision::Lapse | Decision::LetGo => None,
        };
        for document in &mut view.dossier.documents {
            judge(document, decision, reasons);
        }
        if decision == Decision::Approve {
            // It was held against the day after: what runs out until then was replaced.
            if let Some(renewal) = self.renewal.take() {
                self.over = Some(renewal.until);
            }
            view.dossier.valid_until = earliest(&view.dossier, self.over.as_ref());
            self.holder = Some(end_user_name(&view.dossier));
        }
        Ruling::Written
    }

    /// The request that checked it is over and has decided nothing: it can be handed in again. What was decided for good stays, and what was
    /// approved for now does until its day.
    pub fn let_go(&mut self, request: &RequestId) {
        match self.view.status {
            DossierStatus::InReview | DossierStatus::ProvisionallyApproved => {
                self.decide(request, Decision::LetGo, None, &[]);
            }
            DossierStatus::Draft
            | DossierStatus::Approved
            | DossierStatus::Rejected
            | DossierStatus::Expired => {}
        }
    }

    /// Whether this check has approved it for good, and nothing has followed: one whose renewal is opened is not approved by that.
    pub fn is_approved_by(&self, check: &RequestId) -> bool {
        self.view.status == DossierStatus::Approved
            && self.renewal.is_none()
            && self.view.request.as_ref() == Some(check)
    }
}

/// Whether a document was announced before a moment.
fn is_older(document: &Document, before: Timestamp) -> bool {
    let at = document.uploaded_at.parse::<Timestamp>();
    at.is_ok_and(|at| at < before)
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
        (Decision::Lapse | Decision::LetGo, _)
            if document.state == DocumentState::PendingReview =>
        {
            document.state = DocumentState::Draft;
        }
        (
            Decision::Approve
            | Decision::ApproveProvisionally
            | Decision::Reject
            | Decision::Lapse
            | Decision::LetGo,
            _,
        ) => {}
    }
}

/// The last day on which everything that is relied on is valid. What ran out until `over` has been replaced, and papers of ports are for each
/// port to look at.
fn earliest(dossier: &Dossier, over: Option<&Day>) -> Option<Day> {
    let papers = dossier
        .identities
        .iter()
        .filter_map(|paper| paper.expires.clone());
    let documents = dossier.documents.iter();
    let accepted = documents
        .filter(|document| document.state == DocumentState::Approved)
        .filter(|document| !document.kind.is_for_ports_alone());
    papers
        .chain(accepted.filter_map(|document| document.valid_until.clone()))
        .filter(|day| over.is_none_or(|over| day.as_str() > over.as_str()))
        .min_by(|one, other| one.as_str().cmp(other.as_str()))
}
