//! What lists say of a call, from the side of the one who looks.

use super::clock::{between, spoken};
use super::side::{Eye, Side, Standing};
use contract::view::{CallView, Outcome, Phase, Rang};

/// What a line means; the screen gives each its colour and mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Rings or waits.
    Waits,
    /// Runs, or went well.
    Well,
    /// Missed, refused or failed.
    Failed,
    /// Nothing to notice.
    Quiet,
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The words.
    pub(crate) text: String,
    /// What they mean.
    pub(crate) tone: Tone,
}

fn line(tone: Tone, text: impl Into<String>) -> Line {
    Line {
        text: text.into(),
        tone,
    }
}

/// The chip of a call: one or two words for its phase.
pub(crate) fn phase(phase: Phase) -> (&'static str, Tone) {
    match phase {
        Phase::Starting => ("Starting", Tone::Quiet),
        Phase::Ringing => ("Ringing", Tone::Waits),
        Phase::Connecting => ("Connecting", Tone::Waits),
        Phase::Talking => ("Talking", Tone::Well),
        Phase::Ending => ("Ending", Tone::Quiet),
        Phase::Ended => ("Ended", Tone::Quiet),
    }
}

/// The chip of an ended call.
pub(crate) fn outcome(outcome: Outcome) -> (&'static str, Tone) {
    match outcome {
        Outcome::Completed => ("Done", Tone::Well),
        Outcome::NoAnswer => ("No answer", Tone::Waits),
        Outcome::Declined => ("Declined", Tone::Quiet),
        Outcome::Busy => ("Busy", Tone::Waits),
        Outcome::Cancelled => ("Cancelled", Tone::Quiet),
        Outcome::NotSignedIn => ("Not signed in", Tone::Waits),
        Outcome::NoSuchNumber => ("No such number", Tone::Failed),
        Outcome::Closed => ("Closed", Tone::Quiet),
        Outcome::NotAllowed => ("Not allowed", Tone::Failed),
        Outcome::Unreachable => ("Unreachable", Tone::Failed),
        Outcome::Lost => ("Lost", Tone::Failed),
        Outcome::Failed => ("Failed", Tone::Failed),
    }
}

/// How long people talked, if they did.
pub(crate) fn talked(call: &CallView) -> Option<i64> {
    call.answered_at
        .as_ref()
        .and_then(|at| between(Some(at), call.ended_at.as_deref()))
}

/// How long it rang, until it was answered or over.
pub(crate) fn rang(call: &CallView) -> Option<i64> {
    let until = call.answered_at.as_deref().or(call.ended_at.as_deref());
    between(call.ringing_at.as_deref(), until)
}

/// The line of a call that runs.
pub(crate) fn live(call: &CallView, eye: &Eye) -> Line {
    let side = eye.side(call);
    if let Some(name) = eye.taken_by(call) {
        return line(Tone::Quiet, format!("Answered by {name}"));
    }
    if eye.standing(call) == Standing::Elsewhere {
        return line(Tone::Quiet, "On another device");
    }
    match (call.phase, side) {
        (Phase::Starting, Side::Caller) => line(Tone::Waits, "Calling"),
        (Phase::Starting, Side::Callee | Side::Watcher) => line(Tone::Quiet, "Arriving"),
        (Phase::Ringing, Side::Caller) => line(Tone::Waits, "Ringing there"),
        // The answer is on its way: the device has the leg before the legs are joined.
        (Phase::Ringing, Side::Callee) if eye.standing(call) == Standing::Here => {
            line(Tone::Waits, "Connecting")
        }
        (Phase::Ringing, Side::Callee) => line(Tone::Waits, "Rings for you"),
        (Phase::Ringing, Side::Watcher) => line(Tone::Waits, "Ringing"),
        (Phase::Connecting, _) => line(Tone::Waits, "Connecting"),
        (Phase::Talking, Side::Watcher) => line(Tone::Well, "Talking"),
        (Phase::Talking, Side::Caller | Side::Callee) => line(Tone::Well, "In call"),
        (Phase::Ending | Phase::Ended, _) => line(Tone::Quiet, "Ending"),
    }
}

/// The line of the call log. `rang_here` tells that this device rang for the call.
pub(crate) fn logged(call: &CallView, eye: &Eye, rang_here: bool) -> Line {
    let Some(outcome) = call.outcome else {
        return live(call, eye);
    };
    match eye.side(call) {
        Side::Caller | Side::Watcher => placed(call, outcome, eye.side(call)),
        Side::Callee => received(call, outcome, eye, rang_here),
    }
}

/// Whether the call log counts it as missed.
pub(crate) fn is_missed(call: &CallView, eye: &Eye) -> bool {
    let rang = call.rung(&eye.person);
    let declined = rang.is_some_and(|rung| rung.status == Rang::Declined);
    eye.side(call) == Side::Callee
        && !declined
        && eye.taken_by(call).is_none()
        && match call.outcome {
            Some(Outcome::NoAnswer | Outcome::Busy | Outcome::Cancelled | Outcome::NotSignedIn) => {
                true
            }
            Some(Outcome::Lost | Outcome::Failed) => call.answered_at.is_none(),
            Some(Outcome::Declined) => rang.is_some(),
            Some(Outcome::Completed | Outcome::NoSuchNumber) => false,
            Some(Outcome::NotAllowed | Outcome::Unreachable | Outcome::Closed) | None => false,
        }
}

fn with(words: &str, length: Option<i64>) -> String {
    match length {
        Some(length) => format!("{words}, {}", spoken(length)),
        None => words.to_owned(),
    }
}

fn placed(call: &CallView, outcome: Outcome, side: Side) -> Line {
    let (rang, talked) = (rang(call), talked(call));
    match outcome {
        Outcome::Completed if side == Side::Watcher => line(Tone::Well, with("Talked", talked)),
        Outcome::Completed => line(Tone::Quiet, with("Outgoing", talked)),
        Outcome::NoAnswer => line(
            Tone::Waits,
            with("No answer, rang", rang).replace("rang,", "rang"),
        ),
        Outcome::Declined => line(Tone::Quiet, "Declined"),
        Outcome::Busy => line(Tone::Waits, "Busy"),
        Outcome::Cancelled if side == Side::Watcher => line(Tone::Quiet, "Caller gave up"),
        Outcome::Cancelled => line(Tone::Quiet, "You hung up before an answer"),
        Outcome::NotSignedIn => line(Tone::Waits, "Not signed in"),
        Outcome::NoSuchNumber => line(Tone::Failed, "No such number"),
        Outcome::Closed => line(Tone::Quiet, closed(call.reason.as_deref())),
        Outcome::NotAllowed => line(Tone::Failed, not_allowed(call.reason.as_deref())),
        Outcome::Unreachable => line(Tone::Failed, "Could not be reached"),
        Outcome::Lost => line(
            Tone::Failed,
            with("Lost", talked).replace("Lost,", "Lost after"),
        ),
        Outcome::Failed => line(Tone::Failed, "Failed"),
    }
}

/// A number that was closed, with why.
fn closed(reason: Option<&str>) -> String {
    match reason {
        Some(why) if !why.is_empty() => format!("Closed: {why}"),
        Some(_) | None => "Closed".to_owned(),
    }
}

fn not_allowed(reason: Option<&str>) -> &'static str {
    match reason {
        Some("Dial.Emergency") => "Not allowed: emergency number",
        Some("Dial.Premium") => "Not allowed: premium number",
        Some("Dial.CountryNotAllowed") => "Not allowed: country",
        Some("Dial.BadNumber") => "Not a telephone number",
        Some("Dial.NoCallerId") => "Not allowed: no number of yours",
        Some(_) | None => "Not allowed",
    }
}

fn received(call: &CallView, outcome: Outcome, eye: &Eye, rang_here: bool) -> Line {
    let elsewhere = rang_here
        && eye
            .mine(call)
            .and_then(|leg| leg.device.as_ref())
            .is_some_and(|device| *device != eye.device);
    if let Some(name) = eye.taken_by(call) {
        return line(Tone::Quiet, format!("Answered by {name}"));
    }
    let declined = call
        .rung(&eye.person)
        .is_some_and(|rung| rung.status == Rang::Declined);
    if declined {
        return line(Tone::Quiet, "You declined");
    }
    match outcome {
        Outcome::Declined if eye.mine(call).is_none() => line(Tone::Failed, missed(call)),
        Outcome::Completed if elsewhere => {
            line(Tone::Quiet, with("Answered elsewhere", talked(call)))
        }
        Outcome::Completed => line(Tone::Quiet, with("Incoming", talked(call))),
        Outcome::NoAnswer => line(Tone::Failed, missed(call)),
        Outcome::Declined => line(Tone::Quiet, "You declined"),
        Outcome::Busy => line(Tone::Failed, "Missed, you were in another call"),
        Outcome::Cancelled => line(Tone::Failed, missed(call)),
        Outcome::NotSignedIn => line(Tone::Failed, "Missed, you were not signed in"),
        Outcome::NoSuchNumber => line(Tone::Quiet, "No such number"),
        Outcome::Closed => line(Tone::Quiet, closed(call.reason.as_deref())),
        Outcome::NotAllowed => line(Tone::Quiet, "Not allowed"),
        Outcome::Unreachable => line(Tone::Failed, "Could not be reached"),
        Outcome::Lost if call.answered_at.is_none() => {
            line(Tone::Failed, "Missed, the caller was lost")
        }
        Outcome::Lost => line(
            Tone::Failed,
            with("Lost", talked(call)).replace("Lost,", "Lost after"),
        ),
        Outcome::Failed => line(Tone::Failed, "Failed"),
    }
}

/// `Missed, rang 25 s on 2 devices`.
fn missed(call: &CallView) -> String {
    let devices = match call.rang_devices {
        Some(1) | None => String::new(),
        Some(count) => format!(" on {count} devices"),
    };
    match rang(call) {
        Some(rang) => format!("Missed, rang {}{devices}", spoken(rang)),
        None => "Missed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::samples;

    fn ended(mut call: CallView, outcome: Outcome) -> CallView {
        call.phase = Phase::Ended;
        call.outcome = Some(outcome);
        call.ringing_at = Some("2026-11-20T10:00:01.000Z".into());
        call.ended_at = Some("2026-11-20T10:00:26.000Z".into());
        call.rang_devices = Some(2);
        call
    }

    #[test]
    fn a_missed_call_says_how_long_and_where_it_rang() {
        let call = ended(samples::inbound(), Outcome::NoAnswer);
        assert_eq!(
            logged(&call, &samples::lucia(), true).text,
            "Missed, rang 25 s on 2 devices"
        );
        assert!(is_missed(&call, &samples::lucia()));
        assert_eq!(
            logged(&call, &samples::operator(), false).text,
            "No answer, rang 25 s"
        );
        assert!(!is_missed(&call, &samples::operator()));
    }

    #[test]
    fn a_completed_call_says_its_side_and_length() {
        let mut call = ended(samples::outbound(), Outcome::Completed);
        call.answered_at = Some("2026-11-20T10:00:06.000Z".into());
        call.ended_at = Some("2026-11-20T10:12:10.000Z".into());
        assert_eq!(
            logged(&call, &samples::lucia(), false).text,
            "Outgoing, 12 min 04 s"
        );
        let mut call = CallView {
            legs: samples::inbound().legs,
            ..call
        };
        assert_eq!(
            logged(&call, &samples::lucia(), false).text,
            "Incoming, 12 min 04 s"
        );
        call.legs[1].device = Some("another".into());
        assert_eq!(
            logged(&call, &samples::lucia(), true).text,
            "Answered elsewhere, 12 min 04 s"
        );
        assert_eq!(
            logged(&call, &samples::lucia(), false).text,
            "Incoming, 12 min 04 s"
        );
    }

    #[test]
    fn every_outcome_has_words_for_every_side() {
        for outcome in ALL {
            for call in [
                ended(samples::inbound(), outcome),
                ended(samples::outbound(), outcome),
            ] {
                for eye in [samples::lucia(), samples::operator()] {
                    let line = logged(&call, &eye, true);
                    assert!(
                        !line.text.is_empty() && !line.text.ends_with("rang"),
                        "{outcome:?}: {}",
                        line.text
                    );
                }
            }
        }
    }

    const ALL: [Outcome; 12] = [
        Outcome::Closed,
        Outcome::Completed,
        Outcome::NoAnswer,
        Outcome::Declined,
        Outcome::Busy,
        Outcome::Cancelled,
        Outcome::NotSignedIn,
        Outcome::NoSuchNumber,
        Outcome::NotAllowed,
        Outcome::Unreachable,
        Outcome::Lost,
        Outcome::Failed,
    ];
}
