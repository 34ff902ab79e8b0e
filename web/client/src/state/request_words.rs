//! What screens say of a request: its kind, where it is, who acts, until when.

use super::clock::{Millis, parse};
use super::words::Tone;
use contract::Role;
use contract::api::Me;
use contract::request::{Kind, Outcome, Party, RequestView};

/// A kind in words.
pub(crate) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::OnboardTenant => "Onboarding",
        Kind::OnboardUser => "New person",
        Kind::VerifyDossier => "Dossier check",
        Kind::NumberOrder => "Number order",
        Kind::NumberRelease => "Number return",
        Kind::PortIn => "Port",
        Kind::PortOut => "Port-out",
    }
}

/// A word of the wire in words: `foc_confirmed` is `FOC confirmed`.
pub(crate) fn spelled(word: &str) -> String {
    const SHORT: [&str; 5] = ["foc", "pin", "pdf", "id", "loa"];
    let parts = word
        .split(['_', '-', ' '])
        .filter(|part| !part.is_empty())
        .map(|part| {
            if SHORT.contains(&part) {
                part.to_uppercase()
            } else {
                part.to_owned()
            }
        });
    let words = parts.collect::<Vec<_>>().join(" ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// Whether it waits for the one who looks.
pub(crate) fn is_mine(view: &RequestView, me: &Me) -> bool {
    view.is_open()
        && match (view.owner, me.role) {
            (Party::Operator, Role::Staff) => true,
            (Party::Customer, Role::Administrator) => view.tenant == me.tenant,
            (
                Party::Operator | Party::Customer,
                Role::Person | Role::Operator | Role::Administrator | Role::Staff,
            )
            | (Party::Carrier | Party::Platform, _) => false,
        }
}

/// Whether the one who looks may do its task: also staff for a customer who is on the phone with them.
pub(crate) fn may_do(view: &RequestView, me: &Me) -> bool {
    is_mine(view, me) || (view.is_open() && me.role == Role::Staff && view.owner == Party::Customer)
}

/// Whether its workflow failed and it waits for somebody to do something about it.
pub(crate) fn is_stalled(view: &RequestView) -> bool {
    view.is_open() && view.status == "stalled"
}

/// Whether the one who looks may let it go on where its workflow failed, or end it there.
pub(crate) fn may_redrive(view: &RequestView, me: &Me) -> bool {
    is_stalled(view) && me.role == Role::Staff
}

/// Who acts.
pub(crate) const fn party(party: Party) -> &'static str {
    match party {
        Party::Customer => "Customer",
        Party::Operator => "Operator",
        Party::Carrier => "Carrier",
        Party::Platform => "Platform",
    }
}

/// Who acts, for the one who looks.
pub(crate) fn owner(view: &RequestView, me: &Me) -> &'static str {
    if !view.is_open() {
        "Nobody"
    } else if is_mine(view, me) {
        "You"
    } else {
        party(view.owner)
    }
}

/// What became of it.
pub(crate) const fn outcome(outcome: Outcome) -> (&'static str, Tone) {
    match outcome {
        Outcome::Done => ("Done", Tone::Well),
        Outcome::Partial => ("Partly done", Tone::Waits),
        Outcome::Rejected => ("Rejected", Tone::Failed),
        Outcome::Cancelled => ("Cancelled", Tone::Quiet),
        Outcome::Expired => ("Expired", Tone::Failed),
        Outcome::Failed => ("Failed", Tone::Failed),
    }
}

/// Where it is, as a chip.
pub(crate) fn chip(view: &RequestView, me: &Me) -> (String, Tone) {
    match view.outcome {
        Some(ended) => {
            let (words, tone) = outcome(ended);
            (words.to_owned(), tone)
        }
        None if is_mine(view, me) => (spelled(&view.status), Tone::Waits),
        None => (spelled(&view.status), Tone::Well),
    }
}

/// What a number's status means for its colour.
pub(crate) fn number_tone(status: &str) -> Tone {
    match status {
        "active" | "verified" | "ported" | "done" | "released" | "completed" => Tone::Well,
        "failed" | "rejected" | "cancelled" | "not_portable" | "expired" | "conflict" => {
            Tone::Failed
        }
        _ => Tone::Quiet,
    }
}

/// What somebody can ask of a request: `request.cancel`, `request.change@date`.
pub(crate) fn action(name: &str) -> String {
    match name {
        "request.cancel" => "Cancel the request".to_owned(),
        other => match other.strip_prefix("request.change@") {
            Some("date") => "Change the date".to_owned(),
            Some("dossier") => "Give another dossier".to_owned(),
            Some(topic) => format!("Change: {}", spelled(topic).to_lowercase()),
            None => spelled(other),
        },
    }
}

/// A length as lists say it: `40 s`, `12 min`, `5 h`, `3 d`.
pub(crate) fn age(length: Millis) -> String {
    let seconds = length.max(0) / 1_000;
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// How long it has been going on, or how long it took.
pub(crate) fn age_of(view: &RequestView, now: Millis) -> Millis {
    let begun = parse(&view.begun_at).unwrap_or(now);
    view.ended_at.as_deref().and_then(parse).unwrap_or(now) - begun
}

/// How far away a deadline is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    /// `in 2 d`, or `3 h late`.
    pub(crate) text: String,
    /// Failed if it is over, waits within a day.
    pub(crate) tone: Tone,
}

/// What the time left until `at` means.
pub(crate) fn due(at: Millis, now: Millis) -> Due {
    const DAY_MS: Millis = 86_400_000;
    let left = at - now;
    match left {
        ..=0 => Due {
            text: format!("{} late", age(-left)),
            tone: Tone::Failed,
        },
        1..DAY_MS => Due {
            text: format!("in {}", age(left)),
            tone: Tone::Waits,
        },
        _ => Due {
            text: format!("in {}", age(left)),
            tone: Tone::Quiet,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::samples::request;

    fn me(role: Role, tenant: &str) -> Me {
        Me {
            person: "p".into(),
            tenant: tenant.into(),
            tenant_name: String::new(),
            name: String::new(),
            email: String::new(),
            role,
            numbers: vec![],
        }
    }

    #[test]
    fn wire_words_become_words() {
        assert_eq!(spelled("in_review"), "In review");
        assert_eq!(spelled("foc_confirmed"), "FOC confirmed");
        assert_eq!(spelled(""), "");
    }

    #[test]
    fn it_waits_for_those_whose_turn_it_is() {
        let operators = request("r-1");
        let customers = RequestView {
            owner: Party::Customer,
            ..request("r-1")
        };
        assert!(is_mine(&operators, &me(Role::Staff, "t-strowger")));
        assert!(!is_mine(&operators, &me(Role::Administrator, "t-1")));
        assert!(is_mine(&customers, &me(Role::Administrator, "t-1")));
        assert!(!is_mine(&customers, &me(Role::Administrator, "t-2")));
        assert!(!is_mine(&customers, &me(Role::Staff, "t-strowger")));
        assert!(may_do(&customers, &me(Role::Staff, "t-strowger")));
        assert!(!may_do(&customers, &me(Role::Operator, "t-1")));
        assert_eq!(owner(&operators, &me(Role::Staff, "t-strowger")), "You");
        assert_eq!(
            owner(&operators, &me(Role::Administrator, "t-1")),
            "Operator"
        );
    }

    #[test]
    fn only_staff_let_what_has_failed_go_on() {
        let stalled = RequestView {
            status: "stalled".to_owned(),
            ..request("r-1")
        };
        assert!(may_redrive(&stalled, &me(Role::Staff, "t-strowger")));
        assert!(!may_redrive(&stalled, &me(Role::Administrator, "t-1")));
        assert!(!may_redrive(
            &request("r-1"),
            &me(Role::Staff, "t-strowger")
        ));
        let ended = RequestView {
            outcome: Some(Outcome::Failed),
            ended_at: Some("2026-11-20T12:00:00.000Z".to_owned()),
            ..stalled
        };
        assert!(!may_redrive(&ended, &me(Role::Staff, "t-strowger")));
    }

    #[test]
    fn every_kind_and_outcome_has_words() {
        assert!(Kind::ALL.into_iter().all(|one| !kind(one).is_empty()));
        let (words, tone) = chip(
            &RequestView {
                outcome: Some(Outcome::Partial),
                ..request("r-1")
            },
            &me(Role::Staff, "t"),
        );
        assert_eq!((words.as_str(), tone), ("Partly done", Tone::Waits));
    }

    #[test]
    fn a_deadline_says_how_far_away_it_is() {
        let hour = 3_600_000;
        assert_eq!(due(hour * 5, 0).text, "in 5 h");
        assert_eq!(due(hour * 5, 0).tone, Tone::Waits);
        assert_eq!(due(hour * 80, 0).text, "in 3 d");
        assert_eq!(due(hour * 80, 0).tone, Tone::Quiet);
        assert_eq!(due(0, hour * 3).text, "3 h late");
        assert_eq!(due(0, hour * 3).tone, Tone::Failed);
    }

    #[test]
    fn actions_are_said_as_people_do() {
        assert_eq!(action("request.cancel"), "Cancel the request");
        assert_eq!(action("request.change@date"), "Change the date");
        assert_eq!(action("request.change@numbers"), "Change: numbers");
    }
}
