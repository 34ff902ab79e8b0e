//! The execution history as visits: each time a state was entered, what went in and what came out.

mod reader;

use super::clock::{Millis, parse};
use contract::api::HistoryEvent;
use reader::Reader;
use serde_json::Value;

/// One stay in a state. What an execution's end breaks off and a redrive goes on with is two: it was in no state between them.
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
    /// When it ended; `None` while it runs, also again.
    pub(crate) ended: Option<Millis>,
    /// The stays, in the order of their beginning.
    pub(crate) visits: Vec<Visit>,
}

/// Reads a history, oldest event first.
pub(crate) fn read(events: &[HistoryEvent]) -> Run {
    let started = events.first().and_then(|event| parse(&event.at));
    let mut reader = Reader::new(started.unwrap_or(0));
    for event in events {
        reader.take(event);
    }
    reader.end()
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
mod redriven_tests;
#[cfg(test)]
pub(crate) mod tests;
