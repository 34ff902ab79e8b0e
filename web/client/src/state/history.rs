//! The execution history as visits: each time a state was entered, what went in and what came out.

use super::clock::{Millis, parse};
use contract::api::HistoryEvent;
use serde_json::Value;
use std::collections::HashMap;

/// One stay in a state.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Visit {
    /// The state's name.
    pub(crate) state: String,
    /// When it was entered.
    pub(crate) entered: Millis,
    /// When it was left; `None` while the execution is in it.
    pub(crate) exited: Option<Millis>,
    /// What came in.
    pub(crate) input: Option<Value>,
    /// What the task was called with.
    pub(crate) parameters: Option<Value>,
    /// What the task gave back.
    pub(crate) result: Option<Value>,
    /// What the state gave on.
    pub(crate) output: Option<Value>,
    /// The last error and its cause.
    pub(crate) error: Option<(String, String)>,
    /// How often the task was started.
    pub(crate) attempts: u32,
    /// The state that was left before.
    pub(crate) before: Option<String>,
}

/// Everything of an execution that a screen draws.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Run {
    /// When it started.
    pub(crate) started: Millis,
    /// When it ended.
    pub(crate) ended: Option<Millis>,
    /// The stays, in the order of their beginning.
    pub(crate) visits: Vec<Visit>,
}

/// Reads a history, oldest event first.
pub(crate) fn read(events: &[HistoryEvent]) -> Run {
    let mut run = Run {
        started: events
            .first()
            .and_then(|event| parse(&event.at))
            .unwrap_or(0),
        ..Run::default()
    };
    // Which visit each event belongs to, along the chain of previous events.
    let mut chain: HashMap<i64, usize> = HashMap::new();
    for event in events {
        let at = parse(&event.at).unwrap_or(run.started);
        let previous = chain.get(&event.previous_id).copied();
        if event.kind.ends_with("StateEntered") {
            let before = previous
                .and_then(|i| run.visits.get(i))
                .map(|visit| visit.state.clone());
            let state = event.state.clone().unwrap_or_default();
            let input = field(&event.details, "input");
            run.visits.push(Visit {
                state,
                entered: at,
                input,
                before,
                ..Visit::default()
            });
            chain.insert(event.id, run.visits.len() - 1);
            continue;
        }
        if event.kind.starts_with("Execution") {
            if event.kind != "ExecutionStarted" && !event.kind.contains("Redriven") {
                run.ended = Some(at);
                close_all(&mut run, at);
            }
            continue;
        }
        let named = event.state.as_ref().and_then(|name| open_visit(&run, name));
        let Some(i) = named.or(previous) else {
            continue;
        };
        chain.insert(event.id, i);
        if let Some(visit) = run.visits.get_mut(i) {
            note(visit, event, at);
        }
    }
    run
}

fn open_visit(run: &Run, name: &str) -> Option<usize> {
    run.visits
        .iter()
        .rposition(|visit| visit.state == name && visit.exited.is_none())
}

fn close_all(run: &mut Run, at: Millis) {
    for visit in run.visits.iter_mut().filter(|visit| visit.exited.is_none()) {
        visit.exited = Some(at);
    }
}

fn note(visit: &mut Visit, event: &HistoryEvent, at: Millis) {
    let kind = event.kind.as_str();
    let of = |key: &str| field(&event.details, key);
    if kind.ends_with("StateExited") {
        visit.exited = Some(at);
        visit.output = of("output");
    } else if kind.ends_with("Scheduled") {
        visit.attempts += 1;
        visit.parameters = of("parameters").or_else(|| of("input"));
    } else if kind.ends_with("Succeeded") {
        visit.result = of("output").or(visit.result.take());
        visit.error = None;
    } else if kind.ends_with("Failed") || kind.ends_with("TimedOut") || kind.ends_with("Aborted") {
        let words = |key: &str| of(key).and_then(|value| value.as_str().map(str::to_owned));
        let name = words("error").unwrap_or_else(|| kind.to_owned());
        visit.error = Some((name, words("cause").unwrap_or_default()));
    }
}

/// A detail by its name, also one level down, as `GetExecutionHistory` nests them. Text that is JSON is read.
pub(crate) fn field(details: &Value, key: &str) -> Option<Value> {
    let inner = || {
        details
            .as_object()?
            .values()
            .find_map(|inner| inner.get(key))
    };
    let value = details.get(key).or_else(inner)?;
    match value {
        Value::Null => None,
        Value::String(text) if text.starts_with(['{', '[']) => {
            Some(serde_json::from_str(text).unwrap_or_else(|_| value.clone()))
        }
        Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => Some(value.clone()),
    }
}

impl Visit {
    /// How long it lasted, until now if it goes on.
    pub(crate) fn lasted(&self, now: Millis) -> Millis {
        (self.exited.unwrap_or(now) - self.entered).max(0)
    }
}

impl Run {
    /// The stays in one state.
    pub(crate) fn of<'a>(&'a self, state: &'a str) -> impl Iterator<Item = &'a Visit> {
        self.visits.iter().filter(move |visit| visit.state == state)
    }

    /// Whether a way was taken.
    pub(crate) fn took(&self, from: &str, to: &str) -> bool {
        let from = from.trim_end_matches(" \u{2022}");
        self.visits
            .iter()
            .any(|visit| visit.state == to && visit.before.as_deref() == Some(from))
    }
}

#[cfg(test)]
pub(crate) mod tests;
