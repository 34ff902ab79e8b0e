//! One time line of a call: its states, and each leg from its first ring to its end.

use super::clock::{Millis, parse, precise};
use super::history::Run;
use super::machine::{Kind, Machine, readable};
use contract::view::{CallView, Leg, LegKind};
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

/// Where moments stand on a time line.
struct Scale {
    from: Millis,
    to: Millis,
}

impl Scale {
    fn part(&self, at: Millis) -> f64 {
        ((at - self.from) as f64 / (self.to - self.from) as f64).clamp(0.0, 1.0)
    }
}

/// The lanes of an execution, with each leg if it is a call's, and how long the whole is.
pub(crate) fn lanes(
    call: Option<&CallView>,
    run: &Run,
    machine: &Machine,
    now: Millis,
) -> (Vec<Lane>, Millis) {
    let end = run
        .ended
        .or_else(|| {
            call.and_then(|call| call.ended_at.as_deref())
                .and_then(parse)
        })
        .unwrap_or(now)
        .max(run.started + 1);
    let scale = Scale {
        from: run.started,
        to: end,
    };
    let mut lanes = vec![states(run, machine, &scale)];
    for leg in call.into_iter().flat_map(|call| &call.legs) {
        let rang = call.and_then(|call| call.ringing_at.as_deref());
        lanes.push(lane_of(leg, rang.and_then(parse), run, &scale));
    }
    (lanes, end - run.started)
}

fn states(run: &Run, machine: &Machine, scale: &Scale) -> Lane {
    let timed = run.visits.iter().filter(|visit| {
        machine
            .node(&visit.state)
            .is_none_or(|node| node.kind != Kind::Choice)
    });
    let stretches = timed.map(|visit| {
        let turn = visit.parameters.as_ref().and_then(turn_phase);
        let piece = match (&visit.error, visit.exited, turn) {
            (Some(_), _, _) => Piece::Failed,
            (None, None, _) => Piece::Now,
            (None, Some(_), Some("talking")) => Piece::Talked,
            (None, Some(_), Some(_)) => Piece::Wait,
            (None, Some(_), None) => Piece::Ran,
        };
        let until = visit.exited.unwrap_or(scale.to);
        let length = precise(until - visit.entered);
        Stretch {
            from: scale.part(visit.entered),
            to: scale.part(until),
            piece,
            title: format!("{}, {length}", readable(&visit.state)),
            state: Some(visit.state.clone()),
        }
    });
    Lane {
        name: "States".to_owned(),
        stretches: stretches.collect(),
    }
}

fn lane_of(leg: &Leg, rang: Option<Millis>, run: &Run, scale: &Scale) -> Lane {
    let (joined, left) = moments(run, leg.id.as_str());
    let begin = if leg.id.as_str() == contract::LegId::CALLER {
        Some(run.started)
    } else {
        rang.or(joined)
    };
    let over = left.unwrap_or(scale.to);
    let kind = match leg.kind {
        LegKind::Phone => "Phone",
        LegKind::Client => "Browser",
    };
    let stretch = |from: Millis, to: Millis, piece, words: &str| Stretch {
        from: scale.part(from),
        to: scale.part(to),
        piece,
        title: format!("{kind} of {}: {words}, {}", leg.id, precise(to - from)),
        state: None,
    };
    let before = begin.map(|begin| {
        let until = joined.unwrap_or(over);
        stretch(begin, until, Piece::Before, "before the meeting")
    });
    let inside = joined.map(|joined| stretch(joined, over, Piece::Joined, "in the meeting"));
    Lane {
        name: format!("{kind}, {}", leg.id),
        stretches: before.into_iter().chain(inside).collect(),
    }
}

/// The phase or the status that a turn shows; nothing for other tasks.
fn turn_phase(parameters: &Value) -> Option<&str> {
    let payload = parameters.get("Payload")?;
    payload.get("accepts")?;
    let shown = payload.get("phase").or_else(|| payload.get("status"));
    shown.and_then(Value::as_str)
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
            Some(&samples::inbound()),
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
