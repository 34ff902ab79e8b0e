//! One time line of a call: its states, and each leg from its first ring to its end.

use super::clock::{Millis, parse, precise};
use super::history::Run;
use super::machine::{Kind, Machine, readable};
use contract::view::{CallView, LegKind};
use serde_json::Value;

/// What a piece of a lane means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A state that people wait in.
    Wait,
    /// A state that people talked in.
    Talked,
    /// A state that ran.
    Ran,
    /// The state now.
    Now,
    /// A state that failed.
    Failed,
    /// A leg that is not in the meeting yet.
    Before,
    /// A leg that is in the meeting.
    Joined,
}

/// A stretch of time on a lane, in parts of the whole: 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stretch {
    /// Where it begins.
    pub(crate) from: f64,
    /// Where it ends.
    pub(crate) to: f64,
    /// What it means.
    pub(crate) piece: Piece,
    /// What it is, with its length.
    pub(crate) title: String,
    /// The state, for pieces of the lane of states.
    pub(crate) state: Option<String>,
}

/// One lane.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lane {
    /// Its name.
    pub(crate) name: String,
    /// Its stretches, in time.
    pub(crate) stretches: Vec<Stretch>,
}

/// The lanes of a call, and how long the whole is.
pub(crate) fn lanes(
    call: &CallView,
    run: &Run,
    machine: &Machine,
    now: Millis,
) -> (Vec<Lane>, Millis) {
    let end = run
        .ended
        .or_else(|| call.ended_at.as_deref().and_then(parse))
        .unwrap_or(now)
        .max(run.started + 1);
    let whole = end - run.started;
    let part = |at: Millis| ((at - run.started) as f64 / whole as f64).clamp(0.0, 1.0);
    let timed = run.visits.iter().filter(|visit| {
        machine
            .node(&visit.state)
            .is_none_or(|node| node.kind != Kind::Choice)
    });
    let states = timed.map(|visit| {
        let turn = visit.parameters.as_ref().and_then(turn_phase);
        let piece = match (&visit.error, visit.exited, turn) {
            (Some(_), _, _) => Piece::Failed,
            (None, None, _) => Piece::Now,
            (None, Some(_), Some("talking")) => Piece::Talked,
            (None, Some(_), Some(_)) => Piece::Wait,
            (None, Some(_), None) => Piece::Ran,
        };
        let until = visit.exited.unwrap_or(end);
        let title = format!(
            "{}, {}",
            readable(&visit.state),
            precise(until - visit.entered)
        );
        Stretch {
            from: part(visit.entered),
            to: part(until),
            piece,
            title,
            state: Some(visit.state.clone()),
        }
    });
    let mut lanes = vec![Lane {
        name: "States".to_owned(),
        stretches: states.collect(),
    }];
    for leg in &call.legs {
        let (joined, left) = moments(run, leg.id.as_str());
        let begin = if leg.id.as_str() == contract::LegId::CALLER {
            Some(run.started)
        } else {
            call.ringing_at.as_deref().and_then(parse).or(joined)
        };
        let over = left.unwrap_or(end);
        let kind = match leg.kind {
            LegKind::Phone => "Phone",
            LegKind::Client => "Browser",
        };
        let mut stretches = Vec::new();
        if let Some(begin) = begin {
            let until = joined.unwrap_or(over);
            let title = format!(
                "{kind} of {}: before the meeting, {}",
                leg.id,
                precise(until - begin)
            );
            stretches.push(Stretch {
                from: part(begin),
                to: part(until),
                piece: Piece::Before,
                title,
                state: None,
            });
        }
        if let Some(joined) = joined {
            let title = format!(
                "{kind} of {}: in the meeting, {}",
                leg.id,
                precise(over - joined)
            );
            stretches.push(Stretch {
                from: part(joined),
                to: part(over),
                piece: Piece::Joined,
                title,
                state: None,
            });
        }
        lanes.push(Lane {
            name: format!("{kind}, {}", leg.id),
            stretches,
        });
    }
    (lanes, whole)
}

/// The phase that a turn shows; nothing for other tasks.
fn turn_phase(parameters: &Value) -> Option<&str> {
    let payload = parameters.get("Payload")?;
    payload.get("accepts")?;
    payload.get("phase").and_then(Value::as_str)
}

/// When a leg came into the meeting and when it left, by the signals that the workflow got.
fn moments(run: &Run, leg: &str) -> (Option<Millis>, Option<Millis>) {
    let signals = run.visits.iter().filter_map(|visit| visit.result.as_ref());
    let (mut joined, mut left) = (None, None);
    for signal in signals.filter(|signal| signal.get("leg").and_then(Value::as_str) == Some(leg)) {
        let at = signal.get("at").and_then(Value::as_str).and_then(parse);
        match signal
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
        {
            "phone.joined" | "client.joined" => joined = joined.or(at),
            "phone.hungup" | "phone.left" | "client.left" | "client.dropped" | "client.hangup" => {
                left = left.or(at)
            }
            _ => {}
        }
    }
    (joined, left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::history::{read, tests::call};
    use crate::state::{machine, samples};

    #[test]
    fn lanes_stay_within_the_call_and_in_order() {
        let run = read(&call());
        let now = run.started + 10_000;
        let (lanes, whole) = lanes(
            &samples::inbound(),
            &run,
            &machine::read(&samples::definition()),
            now,
        );
        assert_eq!(whole, 10_000);
        assert_eq!(
            lanes
                .iter()
                .map(|lane| lane.name.as_str())
                .collect::<Vec<_>>(),
            ["States", "Phone, caller", "Browser, callee"]
        );
        let states = &lanes[0].stretches;
        assert_eq!(
            states.iter().map(|s| s.piece).collect::<Vec<_>>(),
            [Piece::Ran, Piece::Wait, Piece::Now]
        );
        assert!(
            states
                .iter()
                .all(|s| 0.0 <= s.from && s.from <= s.to && s.to <= 1.0)
        );
        assert!((states[2].to - 1.0).abs() < 1e-9);
    }
}
