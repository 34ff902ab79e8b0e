//! The words of dossiers.

use crate::state::words::Tone;
use contract::dossier::review::{DossierStatus, DossierView};
use contract::dossier::{
    AddressUse, Day, DocumentKind, DocumentState, EndUserKind, IdentityKind, NumberAction,
    NumberType,
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

/// Whether numbers can be ordered with it: also with what was approved before, as long as that holds.
pub(crate) const fn is_good(view: &DossierView) -> bool {
    match view.status {
        DossierStatus::Approved | DossierStatus::ProvisionallyApproved => true,
        DossierStatus::Draft
        | DossierStatus::InReview
        | DossierStatus::Rejected
        | DossierStatus::Expired => view.approved_until.is_some(),
    }
}

/// What stands under the name of a dossier: what holds, and what is to be done.
pub(crate) fn standing(view: &DossierView) -> String {
    let Some(until) = view.approved_until.as_ref().map(day) else {
        return alone(view).to_owned();
    };
    let next = match view.status {
        DossierStatus::Draft => {
            "; the new edition is a draft: hand it in once it has everything. Until then numbers can be ordered with what is approved."
        }
        DossierStatus::InReview => "; the new edition is being checked.",
        DossierStatus::Rejected => {
            "; the new edition was refused: see what is marked, mend it and hand it in again."
        }
        DossierStatus::Approved | DossierStatus::ProvisionallyApproved | DossierStatus::Expired => {
            return format!("Approved until {until}. {}", alone(view));
        }
    };
    format!("Approved until {until}{next}")
}

/// The same of one that has no last day, or was never approved.
fn alone(view: &DossierView) -> &'static str {
    match view.status {
        DossierStatus::InReview => "One of our people looks at it.",
        DossierStatus::Rejected => {
            "Something was refused: see what is marked, mend it and hand it in again."
        }
        DossierStatus::Approved => {
            "Numbers can be ordered with it. What you change in it is to be handed in again, but for papers of ports."
        }
        DossierStatus::ProvisionallyApproved => {
            "It holds for now; something must follow. What you change in it is to be handed in again, but for papers of ports."
        }
        DossierStatus::Expired => "Its time is over: look it through and hand it in again.",
        DossierStatus::Draft if view.request.is_some() => {
            "It is not approved as it is now: hand it in again."
        }
        DossierStatus::Draft => "",
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day as people write it: `3 March 2027`.
pub(crate) fn day(day: &Day) -> String {
    let parts: Vec<&str> = day.as_str().split('-').collect();
    let [year, month, date] = parts[..] else {
        return day.as_str().to_owned();
    };
    let at = month.parse::<usize>().ok().and_then(|at| at.checked_sub(1));
    let month = at.and_then(|at| MONTHS.get(at));
    match month {
        Some(month) => format!("{} {month} {year}", date.trim_start_matches('0')),
        None => day.as_str().to_owned(),
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
    fn what_was_approved_before_is_said_until_its_last_day() {
        let mut view = super::super::samples::view();
        assert_eq!((standing(&view), is_good(&view)), (String::new(), false));
        view.approved_until = Day::parse("2027-03-03").ok();
        for (status, words) in [
            (
                DossierStatus::Draft,
                "; the new edition is a draft: hand it in",
            ),
            (
                DossierStatus::InReview,
                "; the new edition is being checked.",
            ),
            (DossierStatus::Rejected, "; the new edition was refused"),
            (DossierStatus::Approved, ". Numbers can be ordered with it."),
            (
                DossierStatus::ProvisionallyApproved,
                ". It holds for now; something must follow.",
            ),
        ] {
            view.status = status;
            let said = standing(&view);
            let begins = format!("Approved until 3 March 2027{words}");
            assert!(said.starts_with(&begins), "{said}");
            assert!(is_good(&view), "{status:?}");
        }
        view.approved_until = None;
        for status in [DossierStatus::InReview, DossierStatus::Expired] {
            view.status = status;
            assert!(!standing(&view).contains("Approved"), "{status:?}");
            assert!(!is_good(&view), "{status:?}");
        }
    }

    #[test]
    fn a_day_is_written_as_people_write_it() {
        for (wire, words) in [
            ("2027-03-03", "3 March 2027"),
            ("2026-12-31", "31 December 2026"),
            ("2027-01-10", "10 January 2027"),
        ] {
            assert_eq!(day(&Day::parse(wire).unwrap()), words);
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
