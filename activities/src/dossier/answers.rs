//! What of a dossier answers a carrier's question. Carriers name what they ask for in their own ways: it is told by words of the name.
use contract::dossier::{Document, DocumentKind, DocumentState, Dossier};

/// Schemes of registers by words of the questions for their numbers.
const SCHEMES: [(&str, &str); 5] = [
    ("entity number", "sg-uen"),
    ("uen", "sg-uen"),
    ("uid", "ch-uid"),
    ("ruc", "pa-ruc"),
    ("ein", "us-ein"),
];

/// The documents that answer a question with this name, the best first.
pub fn documents<'a>(dossier: &'a Dossier, name: &str) -> Vec<&'a Document> {
    let of_kind = |kind: &DocumentKind| newest(dossier, *kind);
    kinds(name).iter().filter_map(of_kind).collect()
}

/// As [`documents`], of an approved dossier: papers of ports that nobody has looked at since are not among them.
pub fn approved<'a>(dossier: &'a Dossier, name: &str) -> Vec<&'a Document> {
    let was_seen = |document: &&Document| {
        !document.kind.is_for_ports_alone() || document.state != DocumentState::Draft
    };
    let all = documents(dossier, name).into_iter();
    all.filter(was_seen).collect()
}

/// The newest document of a kind.
pub fn newest(dossier: &Dossier, kind: DocumentKind) -> Option<&Document> {
    let of_kind = dossier
        .documents
        .iter()
        .filter(|document| document.kind == kind);
    of_kind.max_by(|one, other| one.uploaded_at.cmp(&other.uploaded_at))
}

/// The number in a register that a question with this name asks for.
pub fn text(dossier: &Dossier, name: &str) -> Option<String> {
    let name = name.to_lowercase();
    let (_, scheme) = SCHEMES.iter().find(|(word, _)| has_word(&name, word))?;
    let ids = &dossier.end_user.register_ids;
    ids.iter()
        .find(|id| id.scheme == *scheme)
        .map(|id| id.number.clone())
}

/// Whether `word` stands in `name` by itself: `ein` is not in "being".
fn has_word(name: &str, word: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    name.match_indices(word).any(|(at, _)| {
        is_edge(name[..at].chars().next_back()) && is_edge(name[at + word.len()..].chars().next())
    })
}

fn kinds(name: &str) -> &'static [DocumentKind] {
    let name = name.to_lowercase();
    let has = |word: &str| name.contains(word);
    if has("identity") || has("passport") {
        &[DocumentKind::ProofOfIdentity, DocumentKind::WorkPermit]
    } else if has("address") {
        &[DocumentKind::ProofOfAddress, DocumentKind::Invoice]
    } else if has("register") || has("incorporation") {
        &[DocumentKind::RegisterExtract, DocumentKind::TradeLicence]
    } else if has("authori") {
        &[DocumentKind::PowerOfAttorney]
    } else {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::dossier::RegisterId;

    fn swiss() -> Dossier {
        let mut dossier: Dossier = serde_json::from_value(serde_json::json!({
            "id": "d-1", "tenant": "t-1", "version": 1, "kind": "business",
            "endUser": { "businessName": "Alpenblick AG" },
            "addresses": [],
        }))
        .unwrap();
        dossier.end_user.register_ids = vec![RegisterId {
            scheme: "ch-uid".to_owned(),
            country: "CH".to_owned(),
            number: "CHE-123.456.788".to_owned(),
        }];
        dossier
    }

    #[test]
    fn a_register_is_told_by_a_word_of_the_question() {
        let dossier = swiss();
        let uid = Some("CHE-123.456.788".to_owned());
        assert_eq!(text(&dossier, "Company number (UID)"), uid);
        assert_eq!(text(&dossier, "uid"), uid);
        assert_eq!(
            text(&dossier, "Unique Entity Number"),
            None,
            "there is no UEN"
        );
        assert_eq!(text(&dossier, "Fluid measure"), None, "no word of its own");
        assert_eq!(text(&dossier, ""), None);
    }

    #[test]
    fn an_invoice_that_came_after_the_approval_answers_no_order() {
        let mut dossier = swiss();
        let invoice = |state: &str| {
            let invoice = serde_json::json!([{
                "id": "doc-1", "kind": "invoice", "fileName": "a.pdf", "mediaType": "application/pdf", "bytes": 5,
                "sha256": "0".repeat(64), "uploadedAt": "2026-11-20T10:00:00Z", "state": state,
            }]);
            serde_json::from_value(invoice).unwrap()
        };
        for (state, known) in [("draft", 0), ("approved", 1), ("pending-review", 1)] {
            dossier.documents = invoice(state);
            assert_eq!(
                approved(&dossier, "Proof of address").len(),
                known,
                "{state}"
            );
            assert_eq!(documents(&dossier, "Proof of address").len(), 1, "a port");
        }
    }

    #[test]
    fn documents_are_told_by_the_question() {
        assert_eq!(
            kinds("Proof of address in the area of the number"),
            [DocumentKind::ProofOfAddress, DocumentKind::Invoice]
        );
        assert_eq!(
            kinds("Extract from the Business Register")[0],
            DocumentKind::RegisterExtract
        );
        assert!(kinds("Anything else").is_empty());
    }
}
