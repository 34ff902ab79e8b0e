//! Who looked at a dossier's documents, as a list for people.

use super::words::document;
use contract::PersonId;
use contract::api::dossiers::{DocumentAct, DocumentView};
use contract::dossier::Document;

/// What stands before the id of a port whose letter of authorisation was made there.
const LETTER: &str = "letter of ";

/// Somebody did the same to the same document, once or several times in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// Who.
    pub(crate) who: String,
    /// What they did: `looked at the proof of address`.
    pub(crate) what: String,
    /// When they did it last, RFC 3339.
    pub(crate) at: String,
    /// From which address they did it last, if it is told.
    pub(crate) from: Option<String>,
    /// How often.
    pub(crate) times: usize,
}

/// The list, newest first. `name_of` knows the people of the organisation of whoever reads it.
pub(crate) fn looks(
    views: &[DocumentView],
    documents: &[Document],
    name_of: impl Fn(&PersonId) -> Option<String>,
) -> Vec<Look> {
    let runs = views.chunk_by(|one, other| {
        (&one.person, &one.document, one.act) == (&other.person, &other.document, other.act)
    });
    runs.filter_map(|run| {
        let last = run.first()?;
        let known = documents.iter().find(|paper| paper.id == last.document);
        let paper = known.map_or_else(
            || unknown(last.document.as_str()),
            |paper| format!("{} ({})", document(paper.kind), paper.file_name),
        );
        Some(Look {
            who: name_of(&last.person)
                .unwrap_or_else(|| "Somebody outside your organisation".to_owned()),
            what: match last.act {
                DocumentAct::Read => format!("looked at {paper}"),
                DocumentAct::Removed => format!("removed {paper}"),
            },
            at: last.at.clone(),
            from: last.from.clone(),
            times: run.len(),
        })
    })
    .collect()
}

/// What is none of the dossier's documents: a letter that was made of a port, or something that was removed.
fn unknown(what: &str) -> String {
    what.strip_prefix(LETTER).map_or_else(
        || "a document that is no longer here".to_owned(),
        |port| format!("the signed letter of authorisation of port {port}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn view(person: &str, document: &str, act: &str, minute: u32) -> DocumentView {
        let view = json!({
            "at": format!("2026-11-20T10:{minute:02}:00.000Z"), "person": person, "document": document, "act": act,
        });
        serde_json::from_value(view).unwrap()
    }

    fn papers() -> Vec<Document> {
        let paper = json!([{
            "id": "doc-1", "kind": "proof_of_address", "fileName": "bill.pdf", "mediaType": "application/pdf", "bytes": 9,
            "sha256": "0".repeat(64), "uploadedAt": "2026-11-20T09:00:00.000Z", "state": "draft",
        }]);
        serde_json::from_value(paper).unwrap()
    }

    fn name_of(person: &PersonId) -> Option<String> {
        (person.as_str() == "p-lucia").then(|| "Lucía Méndez".to_owned())
    }

    #[test]
    fn who_did_what_to_which_document_is_said_newest_first() {
        let views = [
            view("p-lucia", "doc-0", "removed", 30),
            view("p-ruth", "doc-1", "read", 20),
            view("p-lucia", "doc-1", "read", 10),
            view("p-lucia", "letter of pi-1", "read", 5),
        ];
        let shown: Vec<_> = looks(&views, &papers(), name_of)
            .into_iter()
            .map(|look| format!("{} {}", look.who, look.what))
            .collect();
        assert_eq!(
            shown,
            [
                "Lucía Méndez removed a document that is no longer here",
                "Somebody outside your organisation looked at Proof of address (bill.pdf)",
                "Lucía Méndez looked at Proof of address (bill.pdf)",
                "Lucía Méndez looked at the signed letter of authorisation of port pi-1",
            ]
        );
    }

    #[test]
    fn the_same_again_is_one_line_with_its_last_moment() {
        let mut views = vec![
            view("p-lucia", "doc-1", "read", 30),
            view("p-lucia", "doc-1", "read", 20),
            view("p-ruth", "doc-1", "read", 15),
            view("p-lucia", "doc-1", "read", 10),
        ];
        views[0].from = Some("192.0.2.1".to_owned());
        let shown = looks(&views, &papers(), name_of);
        let times: Vec<_> = shown.iter().map(|look| look.times).collect();
        assert_eq!(times, [2, 1, 1], "somebody else looked in between");
        assert_eq!(shown[0].at, "2026-11-20T10:30:00.000Z");
        assert_eq!(shown[0].from.as_deref(), Some("192.0.2.1"));
        assert!(looks(&[], &papers(), name_of).is_empty());
    }
}
