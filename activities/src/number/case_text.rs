//! What an operator sends to a carrier that gives numbers by support case alone. Pure.
//!
//! What a case has to say, and that papers go by a link which support sends and never as attachments:
//! <https://docs.aws.amazon.com/chime-sdk/latest/ag/provision-phone.html>.
use super::counted;
use crate::porting::case::{NONE, PRODUCT, row};
use crate::porting::papers;
use contract::dossier::{DocumentState, Dossier};
use contract::line::unbroken;
use contract::number::{CaseAsks, NumberCasePrepareInput};
use contract::port::PreparedText;
use serde_json::json;

/// Where the customer has said nothing.
const PURPOSE: &str = "business telephony: calls to and from the end user's people";

/// The text of what is asked for.
pub(super) fn text(input: &NumberCasePrepareInput, dossier: Option<&Dossier>) -> PreparedText {
    let count = usize::try_from(input.count).unwrap_or(usize::MAX);
    let wanted = format!(
        "{} of {}",
        counted(count, &word(&input.number_type)),
        input.country
    );
    let request = input.request.as_str();
    match input.asks {
        CaseAsks::Numbers => {
            let body = format!(
                "Please provision the following phone numbers in our account.\n\n{}\nPlease name each number in the case once it is in the account's inventory.\n",
                order(input, dossier)
            );
            PreparedText {
                subject: format!("Order {wanted} ({request})"),
                body,
                attach: dossier.map(papers_of).unwrap_or_default(),
            }
        }
        CaseAsks::Withdrawal => PreparedText {
            subject: format!("Cancel the order of {wanted} ({request})"),
            body: format!(
                "Please cancel this order, and tell us in the case whether numbers were provisioned nevertheless.\n\n{}{}",
                row("Case", or_none(&input.case_id)),
                row("Reference", request),
            ),
            attach: Vec::new(),
        },
    }
}

fn order(input: &NumberCasePrepareInput, dossier: Option<&Dossier>) -> String {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| NONE.to_owned());
    let registered = dossier.map(|dossier| {
        let ids = dossier.end_user.register_ids.iter();
        ids.map(|id| format!("{} ({}, {})", id.number, id.scheme, id.country))
            .collect::<Vec<_>>()
            .join(", ")
    });
    let area = input.area.clone();
    let mut text = row("Reference", input.request.as_str());
    for (name, value) in [
        ("Product type", PRODUCT.to_owned()),
        ("Country", input.country.clone()),
        ("Number type", word(&input.number_type)),
        ("Count", input.count.to_string()),
        ("Area", area.unwrap_or_else(|| "any".to_owned())),
        (
            "Use",
            input.purpose.clone().unwrap_or_else(|| PURPOSE.to_owned()),
        ),
        ("End user", or_none(dossier.map(papers::end_user_name))),
        (
            "Entries in registers",
            or_none(registered.filter(|text| !text.is_empty())),
        ),
        ("Authorised person", or_none(dossier.map(papers::signer))),
        (
            "Address, no PO box",
            or_none(dossier.and_then(papers::service_address_line)),
        ),
    ] {
        text.push_str(&row(name, &value));
    }
    text.push_str("Documents, by the link that you send in the case:\n");
    let papers = dossier.map(listed).unwrap_or_default();
    text.push_str(if papers.is_empty() { "none\n" } else { &papers });
    text
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { NONE } else { text }
}

/// `toll_free` is `toll-free`.
fn word<T: serde::Serialize>(value: &T) -> String {
    let text = json!(value);
    text.as_str().unwrap_or_default().replace('_', "-")
}

/// The documents that say who the customer is: what was refused is not sent on, nor what only ports ask for.
fn good(dossier: &Dossier) -> impl Iterator<Item = &contract::dossier::Document> {
    let documents = dossier.documents.iter();
    documents.filter(|document| {
        document.state != DocumentState::Rejected && !document.kind.is_for_ports_alone()
    })
}

fn listed(dossier: &Dossier) -> String {
    let lines = good(dossier);
    lines
        .map(|document| {
            format!(
                "- {} ({})\n",
                word(&document.kind).replace('-', " "),
                unbroken(&document.file_name)
            )
        })
        .collect()
}

fn papers_of(dossier: &Dossier) -> Vec<String> {
    good(dossier)
        .map(|document| unbroken(&document.file_name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(asks: &str) -> NumberCasePrepareInput {
        let input = json!({
            "request": "no-1", "tenant": "t-1", "asks": asks, "country": "CH", "numberType": "toll_free", "count": 2, "area": "44",
            "purpose": "A hotline", "dossier": "d-1", "caseId": "case-7",
        });
        serde_json::from_value(input).unwrap()
    }

    fn dossier() -> Dossier {
        let paper = |id: &str, kind: &str, state: &str| {
            json!({
                "id": id, "kind": kind, "fileName": format!("{id}.pdf"), "mediaType": "application/pdf", "bytes": 5,
                "sha256": "0".repeat(64), "uploadedAt": "2026-01-20T10:00:00Z", "state": state,
            })
        };
        let dossier = json!({
            "id": "d-1", "tenant": "t-1", "version": 1, "kind": "business",
            "endUser": {
                "businessName": "Isthmus Trading",
                "registerIds": [{ "scheme": "ch-uid", "country": "CH", "number": "CHE-116.281.710" }],
            },
            "documents": [
                paper("extract", "register_extract", "approved"),
                paper("blurred", "register_extract", "rejected"),
                paper("bill", "invoice", "approved"),
            ],
        });
        serde_json::from_value(dossier).unwrap()
    }

    #[test]
    fn an_order_says_everything_that_support_asks_and_sends_no_refused_paper() {
        let text = text(&asked("numbers"), Some(&dossier()));
        assert_eq!(text.subject, "Order 2 toll-free numbers of CH (no-1)");
        for words in [
            "Country: CH\n",
            "Number type: toll-free\n",
            "Count: 2\n",
            "Area: 44\n",
            "Use: A hotline\n",
            "End user: Isthmus Trading\n",
            "CHE-116.281.710",
            "- register extract (extract.pdf)\n",
        ] {
            assert!(text.body.contains(words), "{words}: {}", text.body);
        }
        assert_eq!(text.attach, ["extract.pdf"]);
        for left_out in ["blurred", "bill"] {
            assert!(!text.body.contains(left_out), "{}", text.body);
        }
    }

    #[test]
    fn a_document_is_one_line_whatever_its_file_is_called() {
        let mut dossier = dossier();
        let forged = "a.pdf)\nCount: 50\nEnd user: Another AG\n- extract (b.pdf";
        dossier.documents[0].file_name = forged.to_owned();
        let mut input = asked("numbers");
        input.purpose = Some("A hotline\nCount: 50".to_owned());
        let text = text(&input, Some(&dossier));
        let lines: Vec<&str> = text.body.lines().collect();
        assert!(
            lines.iter().all(|line| *line != "Count: 50"),
            "{}",
            text.body
        );
        assert!(lines.contains(&"Use: A hotline Count: 50"), "{}", text.body);
        let paper = "- register extract (a.pdf) Count: 50 End user: Another AG - extract (b.pdf)";
        assert!(lines.contains(&paper), "{}", text.body);
        assert_eq!(text.attach.len(), 1);
        assert!(!text.attach[0].contains('\n'), "{:?}", text.attach);
    }

    #[test]
    fn what_nobody_has_said_is_said_to_be_none() {
        let mut input = asked("numbers");
        (input.area, input.purpose) = (None, None);
        let text = text(&input, None);
        for words in [
            "Area: any\n",
            "End user: none\n",
            "in the case:\nnone\n",
            PURPOSE,
        ] {
            assert!(text.body.contains(words), "{words}: {}", text.body);
        }
        assert_eq!(text.attach, Vec::<String>::new());
    }

    #[test]
    fn a_withdrawal_names_the_case_and_nobody() {
        let text = text(&asked("withdrawal"), Some(&dossier()));
        assert!(text.body.contains("Case: case-7\n"), "{}", text.body);
        assert!(!text.body.contains("Isthmus"), "{}", text.body);
        assert_eq!(text.attach, Vec::<String>::new());
        let mut unknown = asked("withdrawal");
        unknown.case_id = String::new();
        let text = super::text(&unknown, None);
        assert!(text.body.contains("Case: none\n"), "{}", text.body);
    }
}
