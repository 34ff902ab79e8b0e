//! The dossier of a port: what goes to a carrier was approved. It is checked beside the port, which is drafted and signed meanwhile, and is
//! handed in for that if nobody has.
use super::calendar::place;
use super::record::{Checked, Port};
use super::{Loaded, PortWorld};
use crate::dossier::DossierRecord;
use crate::dossier::evaluate::label;
use crate::people::sha256_hex;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::requests::Requests;
use crate::request::Begun;
use crate::request::begin::{BeginError, begin};
use contract::dossier::review::{DossierStatus, Purpose};
use contract::dossier::{DocumentState, Dossier, NumberAction};
use contract::port::PortError;
use contract::request::Kind;
use contract::{DossierId, RequestId};
use serde_json::json;

/// How much of the digest of what is checked is in the check's id, in characters: execution names are short.
const CHECK_CHARS: usize = 12;

/// The port's dossier as its tenant has it now, or as it was approved while it is renewed.
pub(super) async fn as_it_is_now(
    d: &(impl Dossiers + Clock),
    loaded: &Loaded,
) -> Result<Option<DossierRecord>, Unavailable> {
    let Some(known) = &loaded.port.view.form.dossier else {
        return Ok(None);
    };
    let found = d.dossier(&known.id).await?;
    let own = found.filter(|record| record.view.dossier.tenant == loaded.tenant);
    Ok(own.map(|record| record.relied_on(d.now())))
}

/// How far a port's dossier has come, as far as the port goes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is approved, or nothing is asked of the customer.
    Good,
    /// Its check goes on.
    Checked,
    /// Its customer is to hand it in.
    NotHandedIn,
    /// It was refused.
    Rejected,
}

/// How far it had come when it was looked at last. Pure.
pub fn standing(port: &Port) -> Standing {
    let evaluation = port.view.evaluation.as_ref();
    let asks = evaluation.is_some_and(|evaluation| !evaluation.outcomes.is_empty());
    let Some(known) = port.hidden.dossier.as_ref().filter(|_| asks) else {
        return Standing::Good;
    };
    match known.status {
        DossierStatus::Approved | DossierStatus::ProvisionallyApproved => Standing::Good,
        DossierStatus::InReview => Standing::Checked,
        DossierStatus::Draft | DossierStatus::Expired => Standing::NotHandedIn,
        DossierStatus::Rejected => Standing::Rejected,
    }
}

/// Takes down how far it has come. Pure.
pub fn looked_at(port: &mut Port, record: &DossierRecord) {
    port.hidden.dossier = Some(Checked {
        status: record.view.status,
        check: record.view.request.clone(),
        last: record.extended().cloned(),
    });
}

/// Whether what was signed and what was approved say the same: only what a check writes down may differ. Pure.
pub fn is_same(port: &Port, record: &DossierRecord) -> bool {
    let plain = |dossier: &Dossier| {
        let mut dossier = dossier.clone();
        (dossier.version, dossier.valid_until) = (0, None);
        // Papers of ports are no part of an approval, and come while the port goes on.
        let documents = &mut dossier.documents;
        documents.retain(|document| !document.kind.is_for_ports_alone());
        for document in &mut dossier.documents {
            document.state = DocumentState::Draft;
            document.rejection_reason = None;
        }
        dossier
    };
    let signed = port.view.form.dossier.as_ref().map(plain);
    signed == Some(plain(&record.view.dossier))
}

/// Hands it in for its check as its customer would, unless it is approved or being checked. What it holds is handed in once: a check that
/// ended without a decision is begun anew by the customer. Says whether it was handed in; run again, it begins nothing twice.
///
/// # Errors
/// [`PortError`].
pub async fn hand_in<D: PortWorld>(
    d: &D,
    request: &RequestId,
    port: &Port,
    known: &DossierRecord,
) -> Result<bool, PortError> {
    let (country, number_type) = place(port)?;
    let edition = known.edition;
    let id = check_of(request, &known.view.dossier.id, edition);
    if !is_free(known, edition, &id) || !may_begin(d, known, &id).await? {
        return Ok(false);
    }
    let (dossier, now) = (&known.view.dossier, d.now());
    let taken = d.update_dossier(&dossier.id, |record| {
        let free = is_free(record, edition, &id);
        if free {
            record.hand_in(&id, now);
        }
        free
    });
    if !taken.await?.is_some_and(|(taken, _)| taken) {
        return Ok(false);
    }
    let purpose = Purpose {
        country: country.to_owned(),
        number_type,
        action: NumberAction::PortIn,
        numbers: u32::try_from(port.lines.len()).unwrap_or(u32::MAX),
    };
    let begun = Begun {
        id,
        kind: Kind::VerifyDossier,
        tenant: dossier.tenant.clone(),
        person: None,
        title: format!("Dossier of {}", label(dossier)),
        details: json!({ "dossier": dossier.id, "purposes": [purpose] }),
        numbers: Vec::new(),
        hidden: serde_json::Value::Null,
    };
    begin(d, begun).await.map_err(|error| match error {
        BeginError::Unavailable(error) => error.into(),
        BeginError::Refused(why) => PortError::Refused(why),
    })?;
    Ok(true)
}

/// The check that a port begins of what a dossier holds: the same of the same.
pub fn check_of(request: &RequestId, dossier: &DossierId, edition: u32) -> RequestId {
    let digest = sha256_hex(&format!("{dossier}#{edition}"));
    let short: String = digest.chars().take(CHECK_CHARS).collect();
    RequestId(format!("{request}-v{short}"))
}

/// Whether nobody checks it, or this very request has taken it up and may not have begun.
fn is_free(record: &DossierRecord, edition: u32, id: &RequestId) -> bool {
    let is_ours = record.view.request.as_ref() == Some(id);
    record.edition == edition
        && match record.view.status {
            DossierStatus::Draft | DossierStatus::Expired => true,
            DossierStatus::InReview => is_ours,
            DossierStatus::Approved
            | DossierStatus::ProvisionallyApproved
            | DossierStatus::Rejected => false,
        }
}

/// Whether no earlier check is open, and this one has not run before.
async fn may_begin(
    d: &impl Requests,
    record: &DossierRecord,
    id: &RequestId,
) -> Result<bool, Unavailable> {
    if let Some(earlier) = record.view.request.as_ref().filter(|known| *known != id) {
        let known = Requests::get(d, earlier).await?;
        if known.is_some_and(|known| known.view.is_open()) {
            return Ok(false);
        }
    }
    let known = Requests::get(d, id).await?;
    Ok(known.is_none_or(|known| known.view.is_open()))
}
