//! The words of numbers and their orders.

use crate::state::words::Tone;
use contract::number::api::EmergencyStanding;
use contract::number::status;
use contract::request::{Kind, Outcome, RequestView};

/// The chip of a number of an order or a release.
pub(crate) fn line(text: &str) -> (String, Tone) {
    let (words, tone) = match text {
        status::WANTED => ("Chosen", Tone::Quiet),
        status::RESERVED => ("Reserved", Tone::Waits),
        status::ORDERED => ("Ordered", Tone::Waits),
        status::NEEDS_INFO => ("Carrier asks for more", Tone::Waits),
        status::ACQUIRED => ("Yours", Tone::Waits),
        status::ASSIGNED => ("Being tried by a call", Tone::Waits),
        status::ACTIVE => ("In use", Tone::Well),
        status::FAILED => ("Not had", Tone::Failed),
        status::QUARANTINED => ("In quarantine", Tone::Waits),
        status::RELEASED => ("Given back", Tone::Quiet),
        other => return (plain(other), Tone::Quiet),
    };
    (words.to_owned(), tone)
}

/// The chip of an order or a release.
pub(crate) fn order(view: &RequestView) -> (String, Tone) {
    let given_back = view.kind == Kind::NumberRelease;
    if let Some(outcome) = view.outcome {
        let (words, tone) = match outcome {
            Outcome::Done if given_back => ("Given back", Tone::Quiet),
            Outcome::Done => ("All in use", Tone::Well),
            Outcome::Partial => ("Some in use", Tone::Waits),
            Outcome::Rejected => ("Refused", Tone::Failed),
            Outcome::Cancelled => ("Cancelled", Tone::Quiet),
            Outcome::Expired => ("Expired", Tone::Failed),
            Outcome::Failed => ("Failed", Tone::Failed),
        };
        return (words.to_owned(), tone);
    }
    let words = match view.status.as_str() {
        "begun" => "Beginning",
        "dossier_wanted" => "A dossier is wanted",
        "in_review" | "dossier_in_review" => "Dossier being checked",
        "ordered" => "With the carrier",
        "carrier_late" => "The carrier is late",
        "to_hand_in" => "Handed in soon",
        "with_support" => "With the carrier's support",
        "cancel_pending" => "Being cancelled",
        "information_wanted" => "The carrier asks for more",
        "outcome_unknown" => "Being looked into",
        "testing" => "Tried by a call",
        "quarantined" => "In quarantine",
        other => return (plain(other), Tone::Waits),
    };
    (words.to_owned(), Tone::Waits)
}

/// What is said of where help is sent for a number, if it is not as it should be.
pub(crate) fn help(standing: &EmergencyStanding) -> Option<&'static str> {
    if standing.problem.is_some() {
        return Some("The carrier has no emergency address");
    }
    standing.is_open().then_some("No emergency address")
}

/// A word of the wire that this version has no words for.
pub(crate) fn plain(text: &str) -> String {
    let text = text.replace('_', " ");
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn view(more: serde_json::Value) -> RequestView {
        let mut view = json!({
            "id": "no-1", "kind": "number-order", "tenant": "t-1", "rev": 1, "title": "1 local number in CH",
            "status": "ordered", "owner": "carrier", "nextAction": "wait", "begunAt": "2026-11-21T09:00:00Z",
            "changedAt": "2026-11-21T09:00:00Z"
        });
        for (name, value) in more.as_object().unwrap() {
            view[name] = value.clone();
        }
        serde_json::from_value(view).unwrap()
    }

    #[test]
    fn an_order_says_where_it_is_and_what_became_of_it() {
        assert_eq!(order(&view(json!({}))).0, "With the carrier");
        let ended =
            |kind: &str, outcome: &str| order(&view(json!({ "kind": kind, "outcome": outcome }))).0;
        assert_eq!(ended("number-order", "partial"), "Some in use");
        assert_eq!(ended("number-order", "done"), "All in use");
        assert_eq!(ended("number-release", "done"), "Given back");
        assert_eq!(
            order(&view(json!({ "status": "some_later_word" }))).0,
            "Some later word"
        );
    }

    #[test]
    fn a_number_says_when_nobody_knows_where_help_is_sent() {
        let said = |standing: serde_json::Value| help(&serde_json::from_value(standing).unwrap());
        let address = json!({ "street": "Bahnhofstrasse 1", "city": "Zürich", "country": "CH" });
        assert_eq!(
            said(json!({ "wanted": true })),
            Some("No emergency address")
        );
        assert_eq!(said(json!({ "wanted": true, "address": address })), None);
        let refused = json!({ "wanted": false, "address": address, "problem": "No such street" });
        assert!(said(refused).is_some_and(|words| words.contains("carrier")));
        assert_eq!(said(json!({ "wanted": false })), None);
    }

    #[test]
    fn a_number_that_failed_is_never_said_to_be_well() {
        assert_eq!(line(status::FAILED).1, Tone::Failed);
        assert_eq!(line(status::ACTIVE).1, Tone::Well);
        assert_eq!(line("new_word").0, "New word");
    }
}
