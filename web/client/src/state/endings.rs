//! What the screen says when a call is over, and what to do next.

use super::clock::spoken;
use super::numbers::readable;
use super::side::{Eye, Side};
use super::words::{Tone, talked};
use contract::view::{CallView, EndedBy, Outcome};

/// The words of an ended call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    /// What happened.
    pub(crate) title: String,
    /// What to do next; empty if nothing is needed.
    pub(crate) next: String,
    /// What it means.
    pub(crate) tone: Tone,
    /// Whether calling again makes sense.
    pub(crate) again: bool,
}

fn ending(tone: Tone, title: impl Into<String>, next: impl Into<String>, again: bool) -> Ending {
    Ending {
        title: title.into(),
        next: next.into(),
        tone,
        again,
    }
}

/// The words for a call that this person was in. `None` while it runs.
pub(crate) fn ending_of(call: &CallView, eye: &Eye) -> Option<Ending> {
    let outcome = call.outcome?;
    let side = eye.side(call);
    let name = eye
        .other(call)
        .map_or_else(|| "The other side".to_owned(), |leg| readable(&leg.name));
    Some(match outcome {
        Outcome::Completed => completed(call, side, &name),
        Outcome::NoAnswer if side == Side::Callee => ending(
            Tone::Failed,
            "Missed call",
            format!("{name} called. Call back when it suits you."),
            true,
        ),
        Outcome::NoAnswer => ending(
            Tone::Waits,
            "No answer",
            format!("{name} did not answer. Try again later."),
            true,
        ),
        Outcome::Declined if side == Side::Callee => ending(Tone::Quiet, "Declined", "", true),
        Outcome::Declined => ending(
            Tone::Quiet,
            "Declined",
            format!("{name} cannot take the call now. Try again later."),
            true,
        ),
        Outcome::Busy if side == Side::Callee => ending(
            Tone::Failed,
            "Missed call",
            format!("{name} called while you were in another call."),
            true,
        ),
        Outcome::Busy => ending(
            Tone::Waits,
            "Busy",
            format!("{name} is in another call. Try again in a few minutes."),
            true,
        ),
        Outcome::Cancelled if side == Side::Caller => {
            ending(Tone::Quiet, "Call cancelled", "", true)
        }
        Outcome::Cancelled => ending(
            Tone::Failed,
            "Missed call",
            format!("{name} hung up before you answered."),
            true,
        ),
        Outcome::NotSignedIn => ending(
            Tone::Waits,
            "Not signed in",
            format!("{name} has no phone or browser connected. Try again later."),
            true,
        ),
        Outcome::Closed => ending(
            Tone::Quiet,
            "Closed",
            call.reason.clone().unwrap_or_default(),
            true,
        ),
        Outcome::NoSuchNumber => ending(
            Tone::Failed,
            "No such number",
            "Nobody has this number. Check it and dial again.",
            false,
        ),
        Outcome::NotAllowed => not_allowed(call.reason.as_deref()),
        Outcome::Unreachable => ending(
            Tone::Failed,
            "Could not be reached",
            "The phone network could not reach this number. Check the number, or try again later.",
            true,
        ),
        Outcome::Lost => lost(call),
        Outcome::Failed => failed(call.reason.as_deref()),
    })
}

fn completed(call: &CallView, side: Side, name: &str) -> Ending {
    let length = talked(call).map_or_else(String::new, |ms| format!(", {}", spoken(ms)));
    let who = match (call.ended_by, side) {
        (Some(EndedBy::Caller), Side::Caller) | (Some(EndedBy::Callee), Side::Callee) => {
            "You hung up.".to_owned()
        }
        (Some(EndedBy::Caller | EndedBy::Callee), _) => format!("{name} hung up."),
        (Some(EndedBy::System), _) => "The call was ended by an operator or a limit.".to_owned(),
        (None, _) => String::new(),
    };
    ending(Tone::Well, format!("Call ended{length}"), who, true)
}

fn not_allowed(reason: Option<&str>) -> Ending {
    let (title, next) = match reason {
        Some("Dial.Emergency") => (
            "Emergency calls do not work here",
            "Call 112 or 911 from a mobile or landline phone. This phone cannot reach emergency services.",
        ),
        Some("Dial.Premium") => (
            "Premium numbers are not allowed",
            "Calls to premium-rate numbers are blocked. Look for another number of the same company.",
        ),
        Some("Dial.CountryNotAllowed") => (
            "This country is not allowed",
            "Your organisation does not call this country. Ask an operator to allow it.",
        ),
        Some("Dial.BadNumber") => (
            "Not a telephone number",
            "Check the number: with + and the country, or as you dial it at home.",
        ),
        Some("Dial.NoCallerId") => (
            "You have no number to call from",
            "Ask an operator to give you a number, then dial again.",
        ),
        Some(_) | None => (
            "This call is not allowed",
            "Ask an operator which numbers you may call.",
        ),
    };
    ending(Tone::Failed, title, next, false)
}

fn lost(call: &CallView) -> Ending {
    let length = talked(call).map_or_else(String::new, |ms| format!(" after {}", spoken(ms)));
    ending(
        Tone::Failed,
        format!("Connection lost{length}"),
        "One side's network or browser went away. Check your connection and call again.",
        true,
    )
}

fn failed(reason: Option<&str>) -> Ending {
    let next = match reason {
        Some(reason) => format!(
            "Something went wrong on our side ({reason}). Try again; if it stays, tell an operator."
        ),
        None => {
            "Something went wrong on our side. Try again; if it stays, tell an operator.".to_owned()
        }
    };
    ending(Tone::Failed, "The call failed", next, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::samples;

    fn with(outcome: Outcome, reason: Option<&str>) -> Ending {
        let mut call = samples::outbound();
        call.outcome = Some(outcome);
        call.reason = reason.map(str::to_owned);
        ending_of(&call, &samples::lucia()).unwrap()
    }

    #[test]
    fn an_emergency_number_says_where_to_call_instead() {
        let words = with(Outcome::NotAllowed, Some("Dial.Emergency"));
        assert!(
            words
                .next
                .starts_with("Call 112 or 911 from a mobile or landline phone")
        );
        assert!(!words.again);
    }

    #[test]
    fn each_refusal_of_the_dial_plan_has_its_own_words() {
        use contract::TaskError;
        let mut titles = std::collections::BTreeSet::new();
        for (name, _) in contract::call::AuthoriseError::NAMES
            .iter()
            .filter(|(name, _)| name.starts_with("Dial."))
        {
            assert!(
                titles.insert(with(Outcome::NotAllowed, Some(name)).title),
                "{name}"
            );
        }
        assert!(titles.insert(with(Outcome::NotAllowed, Some("Dial.SomethingNew")).title));
    }

    #[test]
    fn a_failure_names_its_error() {
        assert!(
            with(Outcome::Failed, Some("Store.Unavailable"))
                .next
                .contains("Store.Unavailable")
        );
    }

    #[test]
    fn who_hung_up_is_said_from_each_side() {
        let mut call = samples::inbound();
        call.outcome = Some(Outcome::Completed);
        call.ended_by = Some(EndedBy::Caller);
        assert_eq!(
            ending_of(&call, &samples::lucia()).unwrap().next,
            "+41 44 555 01 00 hung up."
        );
        call.ended_by = Some(EndedBy::Callee);
        assert_eq!(
            ending_of(&call, &samples::lucia()).unwrap().next,
            "You hung up."
        );
    }

    #[test]
    fn a_running_call_has_no_ending() {
        assert_eq!(ending_of(&samples::inbound(), &samples::lucia()), None);
    }
}
