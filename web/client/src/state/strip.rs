//! The step strip: the path that a call took, the step now, and the steps that likely come next.

use super::clock::{Millis, parse, precise};
use super::machine::{Kind, Machine, readable};
use contract::request::RequestView;
use contract::view::CallView;
use std::collections::HashSet;

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Behind us.
    Taken,
    /// The call is here.
    Now,
    /// The call ended here.
    Last,
    /// May come.
    Next,
}

/// One step of the strip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The state's name in words.
    pub(crate) label: String,
    /// How it stands.
    pub(crate) stand: Stand,
    /// How long it took, for steps behind us that took long enough to notice.
    pub(crate) took: Option<String>,
}

/// Steps shorter than this carry no figure, in milliseconds.
const NOTABLE_MS: Millis = 100;
/// How many steps of the path are shown; the older ones are left out.
const MAX_TAKEN: usize = 8;
/// How many likely steps are shown.
const MAX_NEXT: usize = 3;

/// A state with the moment it was entered.
type Entered<'a> = (&'a str, Option<Millis>);

/// The strip of a call. Without its machine there are no steps to come.
pub(crate) fn strip(call: &CallView, machine: Option<&Machine>) -> Vec<Mark> {
    let steps = call.steps.iter();
    let mut path = path(steps.map(|step| (step.state.as_str(), parse(&step.at))));
    // A call that was only just asked for is in no state yet.
    let now = if call.state.is_empty() {
        "Starting"
    } else {
        call.state.as_str()
    };
    if call.is_live() && path.last().is_none_or(|(state, _)| *state != now) {
        path.push((now, None));
    }
    let end = call.ended_at.as_deref().and_then(parse);
    let mut marks = marks(&path, call.is_live(), end);
    if let (true, Some(machine)) = (call.is_live(), machine) {
        marks.extend(to_come(&call.state, &path, machine));
    }
    marks
}

/// The strip of a request: the turns that it went through.
pub(crate) fn strip_of(request: &RequestView, machine: Option<&Machine>) -> Vec<Mark> {
    let steps = request.steps.iter();
    let path = path(steps.map(|step| (step.state.as_str(), parse(&step.at))));
    let end = request.ended_at.as_deref().and_then(parse);
    let mut marks = marks(&path, request.is_open(), end);
    if let (true, Some(machine), Some((now, _))) = (request.is_open(), machine, path.last()) {
        marks.extend(to_come(now, &path, machine));
    }
    marks
}

/// A turn that repeats itself (keys pressed while talking) is one step.
fn path<'a>(steps: impl Iterator<Item = Entered<'a>>) -> Vec<Entered<'a>> {
    let mut path: Vec<Entered<'a>> = Vec::new();
    for (state, at) in steps {
        if path.last().is_none_or(|(last, _)| *last != state) {
            path.push((state, at));
        }
    }
    path
}

fn marks(path: &[Entered<'_>], live: bool, end: Option<Millis>) -> Vec<Mark> {
    let last = path.len().saturating_sub(1);
    let mut marks: Vec<Mark> = path
        .iter()
        .enumerate()
        .map(|(i, (state, at))| {
            let until = path.get(i + 1).map_or(end, |(_, next)| *next);
            let took = at
                .zip(until)
                .map(|(at, until)| until - at)
                .filter(|took| *took >= NOTABLE_MS)
                .map(precise);
            let stand = match (i == last, live) {
                (false, _) => Stand::Taken,
                (true, true) => Stand::Now,
                (true, false) => Stand::Last,
            };
            Mark {
                label: readable(state),
                stand,
                took,
            }
        })
        .collect();
    marks.drain(..marks.len().saturating_sub(MAX_TAKEN));
    marks
}

/// Steps that people wait for: tasks and waits. Choices and passes take no time.
fn to_come<'a>(
    state: &'a str,
    path: &[(&'a str, Option<Millis>)],
    machine: &'a Machine,
) -> impl Iterator<Item = Mark> {
    let passed: HashSet<&str> = path.iter().map(|(state, _)| *state).collect();
    let nodes = machine.likely_after(state, &passed);
    let waits = nodes.into_iter().filter(|node| match node.kind {
        Kind::Task | Kind::Wait | Kind::Fork => true,
        Kind::Choice | Kind::Pass | Kind::Join | Kind::Succeed | Kind::Fail => false,
    });
    waits.take(MAX_NEXT).map(|node| Mark {
        label: readable(&node.name),
        stand: Stand::Next,
        took: None,
    })
}

/// The strip in one sentence, for those who hear it.
pub(crate) fn spoken(marks: &[Mark]) -> String {
    let names = |wanted: &[Stand]| -> Vec<&str> {
        marks
            .iter()
            .filter(|mark| wanted.contains(&mark.stand))
            .map(|mark| mark.label.as_str())
            .collect()
    };
    let now = names(&[Stand::Now, Stand::Last]).join("");
    let taken = names(&[Stand::Taken]).join(", ");
    let next = names(&[Stand::Next]).join(", ");
    let mut text = format!("Step now: {now}.");
    if !taken.is_empty() {
        text.push_str(&format!(" Before: {taken}."));
    }
    if !next.is_empty() {
        text.push_str(&format!(" Likely next: {next}."));
    }
    text
}

#[cfg(test)]
mod request_tests {
    use super::*;
    use crate::state::samples::request;
    use contract::request::Step;

    fn step(state: &str, at: &str) -> Step {
        Step {
            state: state.to_owned(),
            at: at.to_owned(),
        }
    }

    #[test]
    fn a_request_shows_the_turns_it_went_through_and_where_it_ended() {
        let mut view = request("r-1");
        view.steps = vec![
            step("Correct", "2026-11-20T09:00:00.000Z"),
            step("Review", "2026-11-20T11:00:00.000Z"),
            step("Review", "2026-11-20T12:00:00.000Z"),
        ];
        let open = strip_of(&view, None);
        assert_eq!(open.len(), 2);
        assert_eq!(open[0].took.as_deref(), Some("2:00:00"));
        assert_eq!(open[1].stand, Stand::Now);
        view.ended_at = Some("2026-11-20T12:30:00.000Z".to_owned());
        assert_eq!(strip_of(&view, None)[1].stand, Stand::Last);
        assert!(strip_of(&request("r-2"), None).is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::machine::read;
    use crate::state::samples;
    use contract::view::{Phase, Step};
    use proptest::prelude::*;

    fn step(state: &str, at: &str) -> Step {
        Step {
            state: state.to_owned(),
            at: format!("2026-11-20T10:00:{at}Z"),
        }
    }

    fn call(steps: Vec<Step>) -> CallView {
        let state = steps.last().unwrap().state.clone();
        CallView {
            steps,
            state,
            phase: Phase::Ringing,
            ..samples::inbound()
        }
    }

    #[test]
    fn the_path_is_lit_and_the_likely_way_is_dashed() {
        let call = call(vec![
            step("Route", "00.000"),
            step("Ring", "00.009"),
            step("Connect", "06.250"),
        ]);
        let marks = strip(&call, Some(&read(&samples::definition())));
        let shown: Vec<(&str, Stand)> = marks
            .iter()
            .map(|mark| (mark.label.as_str(), mark.stand))
            .collect();
        assert_eq!(
            shown,
            [
                ("Route", Stand::Taken),
                ("Ring", Stand::Taken),
                ("Connect", Stand::Now),
                ("Talking", Stand::Next),
                ("Hang up", Stand::Next)
            ]
        );
        assert_eq!(marks[0].took, None);
        assert_eq!(marks[1].took.as_deref(), Some("6.2 s"));
        assert_eq!(
            spoken(&marks),
            "Step now: Connect. Before: Route, Ring. Likely next: Talking, Hang up."
        );
    }

    #[test]
    fn a_call_without_a_state_is_starting() {
        let call = CallView {
            steps: vec![],
            state: String::new(),
            ..samples::inbound()
        };
        assert_eq!(
            strip(&call, None),
            [Mark {
                label: "Starting".into(),
                stand: Stand::Now,
                took: None
            }]
        );
    }

    #[test]
    fn an_ended_call_has_no_steps_to_come() {
        let mut call = call(vec![step("Route", "00.000"), step("Refuse", "00.100")]);
        call.phase = Phase::Ended;
        let marks = strip(&call, Some(&read(&samples::definition())));
        assert_eq!(marks.last().unwrap().stand, Stand::Last);
        assert!(marks.iter().all(|mark| mark.stand != Stand::Next));
    }

    proptest! {
        /// Whatever path a call took, it is in exactly one step, and what comes next is behind it.
        #[test]
        fn there_is_one_step_now(path in proptest::collection::vec(0usize..6, 1..40)) {
            let names = ["Route", "Ring", "Connect", "Talking", "Refuse", "Unknown"];
            let steps = path.iter().enumerate().map(|(i, n)| step(names[*n], &format!("{:02}.000", i % 60))).collect();
            let marks = strip(&call(steps), Some(&read(&samples::definition())));
            let now = marks.iter().position(|mark| mark.stand == Stand::Now).unwrap();
            prop_assert_eq!(marks.iter().filter(|mark| mark.stand == Stand::Now).count(), 1);
            prop_assert!(marks[..now].iter().all(|mark| mark.stand == Stand::Taken));
            prop_assert!(marks[now + 1..].iter().all(|mark| mark.stand == Stand::Next));
            prop_assert!(marks.len() <= MAX_TAKEN + MAX_NEXT);
        }
    }
}
