//! The words of dossiers.

use crate::state::words::Tone;
use contract::dossier::review::{DossierStatus, DossierView};
use contract::dossier::{
    AddressUse, DocumentKind, DocumentState, EndUserKind, IdentityKind, NumberAction, NumberType,
};

/// The chip of a dossier.
pub(crate) const fn status(status: DossierStatus) -> (&'static str, Tone) {
    match status {
        DossierStatus::Draft => ("Draft", Tone::Quiet),
        DossierStatus::InReview => ("Being checked", Tone::Waits),
        DossierStatus::Approved => ("Approved", Tone::Well),
        DossierStatus::ProvisionallyApproved => ("Approved for now", Tone::Waits),
        DossierStatus::Rejected => ("Refused", Tone::Failed),
        DossierStatus::Expired => ("Expired", Tone::Failed),
    }
}

/// Whether numbers can be ordered with it.
pub(crate) const fn is_good(status: DossierStatus) -> bool {
    match status {
        DossierStatus::Approved | DossierStatus::ProvisionallyApproved => true,
        DossierStatus::Draft | DossierStatus::InReview => false,
        DossierStatus::Rejected | DossierStatus::Expired => false,
    }
}

/// Whether documents can be taken out of it.
pub(crate) const fn lets_go(status: DossierStatus) -> bool {
    match status {
        DossierStatus::Draft | DossierStatus::Rejected | DossierStatus::Expired => true,
        DossierStatus::InReview
        | DossierStatus::Approved
        | DossierStatus::ProvisionallyApproved => false,
    }
}

/// The chip of a document.
pub(crate) const fn document_state(state: DocumentState) -> (&'static str, Tone) {
    match state {
        DocumentState::Draft => ("Handed in", Tone::Quiet),
        DocumentState::PendingReview => ("Waits for review", Tone::Waits),
        DocumentState::InReview => ("Being looked at", Tone::Waits),
        DocumentState::Rejected => ("Refused", Tone::Failed),
        DocumentState::Approved => ("Accepted", Tone::Well),
        DocumentState::ProvisionallyApproved => ("Accepted for now", Tone::Waits),
        DocumentState::Expired => ("Expired", Tone::Failed),
    }
}

/// Whose dossier it is.
pub(crate) fn title(view: &DossierView) -> String {
    let user = &view.dossier.end_user;
    let name = match view.dossier.kind {
        EndUserKind::Business => user.business_name.clone(),
        EndUserKind::Individual => {
            let names = [&user.given_names, &user.family_names];
            let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
            (!names.is_empty()).then(|| names.join(" "))
        }
    };
    name.unwrap_or_else(|| match view.dossier.kind {
        EndUserKind::Business => "Organisation without a name".to_owned(),
        EndUserKind::Individual => "Person without a name".to_owned(),
    })
}

/// A type of number.
pub(crate) const fn number_type(kind: NumberType) -> &'static str {
    match kind {
        NumberType::Local => "local",
        NumberType::National => "national",
        NumberType::Mobile => "mobile",
        NumberType::TollFree => "toll-free",
        NumberType::SharedCost => "shared-cost",
    }
}

/// What is wanted.
pub(crate) const fn action(action: NumberAction) -> &'static str {
    match action {
        NumberAction::Order => "buy",
        NumberAction::PortIn => "bring along",
        NumberAction::PortOut => "let go",
    }
}

/// Every use of an address, with its wire form.
pub(crate) const USES: [(AddressUse, &str, &str); 4] = [
    (AddressUse::Service, "service", "Where the numbers are used"),
    (AddressUse::Registered, "registered", "Registered seat"),
    (AddressUse::Billing, "billing", "Invoices"),
    (
        AddressUse::Emergency,
        "emergency",
        "Where an ambulance is sent",
    ),
];

/// Every kind of identity paper, with its wire form.
pub(crate) const PAPERS: [(IdentityKind, &str, &str); 5] = [
    (IdentityKind::Passport, "passport", "Passport"),
    (IdentityKind::NationalId, "national_id", "Identity card"),
    (
        IdentityKind::ResidencePermit,
        "residence_permit",
        "Residence permit",
    ),
    (IdentityKind::WorkPermit, "work_permit", "Work permit"),
    (
        IdentityKind::DrivingLicence,
        "driving_licence",
        "Driving licence",
    ),
];

/// Every kind of document, with its wire form.
pub(crate) const DOCUMENTS: [(DocumentKind, &str, &str); 11] = [
    (
        DocumentKind::RegisterExtract,
        "register_extract",
        "Extract of the commercial register",
    ),
    (
        DocumentKind::ProofOfIdentity,
        "proof_of_identity",
        "Copy of an identity paper",
    ),
    (
        DocumentKind::ProofOfAddress,
        "proof_of_address",
        "Proof of address",
    ),
    (
        DocumentKind::TradeLicence,
        "trade_licence",
        "Licence to trade",
    ),
    (
        DocumentKind::PowerOfAttorney,
        "power_of_attorney",
        "Power of attorney",
    ),
    (DocumentKind::WorkPermit, "work_permit", "Work permit"),
    (
        DocumentKind::LetterOfAuthorisation,
        "letter_of_authorisation",
        "Letter of authorisation",
    ),
    (
        DocumentKind::Invoice,
        "invoice",
        "Latest invoice of the old provider",
    ),
    (
        DocumentKind::ServiceRecord,
        "service_record",
        "Customer service record",
    ),
    (
        DocumentKind::NumberAllocation,
        "number_allocation",
        "Letter of allocation",
    ),
    (DocumentKind::Other, "other", "Something else"),
];

/// A kind of document in words.
pub(crate) fn document(kind: DocumentKind) -> &'static str {
    let found = DOCUMENTS.iter().find(|(known, _, _)| *known == kind);
    found.map_or("Document", |(_, _, words)| *words)
}

/// The kind that this wire form is.
pub(crate) fn document_of(wire: &str) -> Option<DocumentKind> {
    let found = DOCUMENTS.iter().find(|(_, known, _)| *known == wire);
    found.map(|(kind, _, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_word_of_a_list_is_the_wires() {
        for (kind, wire, _) in DOCUMENTS {
            assert_eq!(json!(kind), wire);
            assert_eq!(document_of(wire), Some(kind));
        }
        for (kind, wire, _) in PAPERS {
            assert_eq!(json!(kind), wire);
        }
        for (kind, wire, _) in USES {
            assert_eq!(json!(kind), wire);
        }
    }

    #[test]
    fn a_dossier_is_called_after_whose_it_is() {
        let mut view = super::super::samples::view();
        assert_eq!(title(&view), "Helvetia Handels AG");
        view.dossier.end_user = Default::default();
        assert_eq!(title(&view), "Organisation without a name");
    }
}
