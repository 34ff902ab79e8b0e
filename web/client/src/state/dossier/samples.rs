//! Dossiers for tests.

use contract::dossier::Dossier;
use contract::dossier::review::{DossierStatus, DossierView};
use serde_json::json;

/// A Swiss business, as the server gives it.
pub(crate) fn swiss() -> Dossier {
    serde_json::from_value(json!({
        "id": "d-helvetia-1", "tenant": "t-helvetia", "version": 3, "kind": "business",
        "endUser": {
            "businessName": "Helvetia Handels AG", "legalForm": "AG",
            "registerIds": [{ "scheme": "ch-uid", "country": "CH", "number": "CHE-123.456.788" }]
        },
        "addresses": [{ "uses": ["service"], "street": "Bahnhofstrasse 1", "city": "Zürich", "country": "CH" }],
        "authorisedPerson": { "name": "Lucía Méndez", "email": "lucia@example.com" }
    }))
    .unwrap()
}

/// The same with how far it has come.
pub(crate) fn view() -> DossierView {
    DossierView {
        status: DossierStatus::Draft,
        request: None,
        provisional_until: None,
        approved_until: None,
        dossier: swiss(),
    }
}
