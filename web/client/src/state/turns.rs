//! The table of turns: what each state said, and which signal ended it.

use super::clock::Millis;
use super::history::{Run, Visit};
use super::machine::{Kind, Machine, readable};
use super::words::Tone;
use serde_json::Value;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Which visit of the run.
    pub(crate) visit: usize,
    /// Seconds since the start: `+6.240`.
    pub(crate) offset: String,
    /// The state.
    pub(crate) state: String,
    /// The state in words.
    pub(crate) label: String,
    /// What ended it, or what it waits for.
    pub(crate) signal: String,
    /// What it asked of the legs, or what came back.
    pub(crate) reply: String,
    /// How it stands.
    pub(crate) tone: Tone,
}

/// The rows of a run: every task; choices and passes only decide and are left to the graph.
pub(crate) fn rows(run: &Run, machine: &Machine) -> Vec<Row> {
    let is_task = |visit: &Visit| {
        machine
            .node(&visit.state)
            .is_none_or(|node| match node.kind {
                Kind::Task | Kind::Wait | Kind::Fork | Kind::Fail => true,
                Kind::Choice | Kind::Pass | Kind::Join | Kind::Succeed => false,
            })
    };
    run.visits
        .iter()
        .enumerate()
        .filter(|(_, visit)| is_task(visit))
        .map(|(i, visit)| row(i, visit, run))
        .collect()
}

fn row(i: usize, visit: &Visit, run: &Run) -> Row {
    let payload = visit
        .parameters
        .as_ref()
        .and_then(|parameters| parameters.get("Payload"));
    let is_turn = payload.and_then(|payload| payload.get("accepts")).is_some();
    let (signal, reply) = if is_turn {
        (
            turn_signal(visit, payload),
            payload.map_or_else(String::new, said),
        )
    } else {
        (
            task_result(visit),
            visit.parameters.as_ref().map_or_else(String::new, function),
        )
    };
    let tone = match (&visit.error, visit.exited) {
        (Some(_), _) => Tone::Failed,
        (None, None) => Tone::Waits,
        (None, Some(_)) => Tone::Well,
    };
    Row {
        visit: i,
        offset: offset(visit.entered - run.started),
        state: visit.state.clone(),
        label: readable(&visit.state),
        signal,
        reply,
        tone,
    }
}

/// `+71.204`, in seconds.
pub(crate) fn offset(since: Millis) -> String {
    let since = since.max(0);
    format!("+{}.{:03}", since / 1000, since % 1000)
}

fn turn_signal(visit: &Visit, payload: Option<&Value>) -> String {
    if let Some((error, _)) = &visit.error {
        return error.clone();
    }
    let Some(signal) = visit.result.as_ref().or(visit.output.as_ref()) else {
        let accepts = payload
            .and_then(|payload| payload.get("accepts"))
            .and_then(Value::as_array);
        let names: Vec<&str> = accepts
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        return format!("waits for {}", names.join(", "));
    };
    let text = |key: &str| signal.get(key).and_then(Value::as_str);
    let mut words = text("name").unwrap_or("signal").to_owned();
    if let Some(topic) = text("topic") {
        words.push_str(&format!(" ({topic})"));
    }
    if let Some(leg) = text("leg") {
        words.push_str(&format!(" of {leg}"));
    }
    for part in [
        text("digits").map(str::to_owned),
        text("reason").map(str::to_owned),
    ]
    .into_iter()
    .flatten()
    {
        words.push_str(&format!(", {part}"));
    }
    if let Some(status) = signal.get("status").and_then(Value::as_u64) {
        words.push_str(&format!(", status {status}"));
    }
    if let Some(seq) = signal.get("seq").and_then(Value::as_u64) {
        words.push_str(&format!(", seq {seq}"));
    }
    words
}

/// What a turn asked: of a request's customer, operator or carrier in words, else of a call's legs.
fn said(payload: &Value) -> String {
    let text = |key: &str| payload.get(key).and_then(Value::as_str);
    match (text("owner"), text("nextAction")) {
        (Some(owner), Some(next)) => format!("{owner}: {next}"),
        (Some(_) | None, _) => moves(payload),
    }
}

/// `caller: wait 55 s, join`.
fn moves(payload: &Value) -> String {
    let legs = payload.get("moves").and_then(Value::as_array);
    let of_leg = |leg: &Value| {
        let name = leg.get("leg").and_then(Value::as_str).unwrap_or("leg");
        let moves: Vec<String> = leg
            .get("moves")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(one_move)
            .collect();
        format!("{name}: {}", moves.join(", "))
    };
    let all: Vec<String> = legs.into_iter().flatten().map(of_leg).collect();
    if all.is_empty() {
        "none".to_owned()
    } else {
        all.join("; ")
    }
}

fn one_move(step: &Value) -> String {
    let kind = step
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or("?")
        .replace('_', " ");
    let figure = ["seconds", "status", "digits", "prompt", "text"]
        .into_iter()
        .find_map(|key| {
            let value = step.get(key)?;
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            Some(if key == "seconds" {
                format!("{value} s")
            } else {
                value
            })
        });
    figure.map_or_else(|| kind.clone(), |figure| format!("{kind} {figure}"))
}

fn function(parameters: &Value) -> String {
    let name = parameters
        .get("FunctionName")
        .and_then(Value::as_str)
        .unwrap_or_default();
    name.rsplit(':')
        .find(|part| !part.starts_with('$'))
        .unwrap_or(name)
        .to_owned()
}

fn task_result(visit: &Visit) -> String {
    if let Some((error, _)) = &visit.error {
        return error.clone();
    }
    let result = visit
        .result
        .as_ref()
        .map(|result| result.get("Payload").unwrap_or(result))
        .or(visit.output.as_ref());
    let Some(result) = result else {
        return if visit.exited.is_some() {
            "done".to_owned()
        } else {
            "runs".to_owned()
        };
    };
    let Some(fields) = result.as_object() else {
        return result.to_string();
    };
    let words = fields.iter().filter_map(|(key, value)| match value {
        Value::String(text) => Some(format!("{key} {text}")),
        Value::Number(number) => Some(format!("{key} {number}")),
        Value::Bool(yes) => Some(format!("{key} {yes}")),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    });
    // The order of JSON's fields means nothing; this one is always the same.
    let mut words: Vec<_> = words.collect();
    words.sort();
    words.truncate(3);
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::history::{read, tests::call};
    use crate::state::machine;
    use crate::state::samples;

    #[test]
    fn a_turn_says_what_it_asked_and_what_ended_it() {
        let rows = rows(&read(&call()), &machine::read(&samples::definition()));
        let ring = &rows[1];
        assert_eq!(ring.offset, "+0.011");
        assert_eq!(ring.signal, "client.answer of callee, seq 2");
        assert_eq!(ring.reply, "caller: wait 55 s");
        assert_eq!(ring.tone, Tone::Well);
    }

    #[test]
    fn an_open_turn_says_what_it_waits_for() {
        let rows = rows(&read(&call()), &machine::read(&samples::definition()));
        assert_eq!(rows[2].signal, "waits for phone.hungup@caller");
        assert_eq!(rows[2].reply, "none");
        assert_eq!(rows[2].tone, Tone::Waits);
    }

    #[test]
    fn a_turn_of_a_request_says_who_has_to_do_what() {
        let payload = serde_json::json!({ "owner": "operator", "nextAction": "Review it", "accepts": ["task.done"] });
        assert_eq!(said(&payload), "operator: Review it");
        let signal = serde_json::json!({ "name": "task.done", "topic": "review", "seq": 1 });
        let visit = Visit {
            result: Some(signal),
            ..Visit::default()
        };
        assert_eq!(
            turn_signal(&visit, Some(&payload)),
            "task.done (review), seq 1"
        );
    }

    #[test]
    fn a_task_says_its_function_and_its_result() {
        let rows = rows(&read(&call()), &machine::read(&samples::definition()));
        assert_eq!(rows[0].reply, "call-route");
        assert_eq!(rows[0].signal, "devices 2, verdict ring");
    }

    #[test]
    fn a_failed_task_says_its_error() {
        let mut events = call();
        events.push(crate::state::history::tests::event(
            12,
            11,
            9_000,
            "TaskTimedOut",
            None,
            serde_json::json!({ "error": "States.Timeout" }),
        ));
        let rows = rows(&read(&events), &machine::read(&samples::definition()));
        assert_eq!(
            (rows[2].signal.as_str(), rows[2].tone),
            ("States.Timeout", Tone::Failed)
        );
    }
}
