//! What of a request's execution is everybody's who sees the request: where it was and when, what a turn asked of whom, which signal
//! ended it. What went into its tasks and came out of them (hits of a screening, notes between operators) is for the phone company's
//! people alone. Pure.
use contract::request::signal::RequestSignal;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Details of an event that say nothing of anybody.
const PLAIN: [&str; 4] = ["error", "location", "resource", "timeoutS"];
/// What a turn tells everybody: it is in the request's view too.
const OF_A_TURN: [&str; 6] = [
    "accepts",
    "deadline",
    "nextAction",
    "owner",
    "says",
    "status",
];

/// Leaves of an event's details what is everybody's.
pub(super) fn outline(details: &mut Value) {
    let told = details.as_object().map(|whole| {
        let mut told = kept(whole, &PLAIN);
        if let Some(called) = whole.get("parameters") {
            told.insert("parameters".to_owned(), parameters(called));
        }
        if let Some(signal) = whole.get("output").and_then(signal) {
            told.insert("output".to_owned(), signal);
        }
        told
    });
    *details = Value::Object(told.unwrap_or_default());
}

fn kept(whole: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let known = whole
        .iter()
        .filter(|(name, _)| names.contains(&name.as_str()));
    known
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Which function was called, and of a turn what it says.
fn parameters(called: &Value) -> Value {
    let mut told = Map::new();
    if let Some(name) = called.get("FunctionName") {
        told.insert("FunctionName".to_owned(), name.clone());
    }
    let payload = called.get("Payload").and_then(Value::as_object);
    if let Some(turn) = payload.filter(|payload| payload.contains_key("accepts")) {
        told.insert("Payload".to_owned(), kept(turn, &OF_A_TURN).into());
    }
    Value::Object(told)
}

/// Which signal an output is, without what came with it; `None` if it is none.
fn signal(output: &Value) -> Option<Value> {
    let signal = RequestSignal::deserialize(output).ok()?;
    Some(json!({ "seq": signal.seq, "name": signal.name, "topic": signal.topic }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlined(mut details: Value) -> Value {
        outline(&mut details);
        details
    }

    #[test]
    fn what_a_turn_asked_stays_and_what_was_to_be_looked_at_does_not() {
        let turn = json!({
            "resource": "lambda:invoke.waitForTaskToken", "timeoutS": 60,
            "parameters": { "FunctionName": "request-turn", "Payload": {
                "token": "…", "owner": "operator", "nextAction": "Review the dossier", "accepts": ["task.done@review"],
                "details": { "secret": 1 }, "task": { "form": "review", "about": { "secret": 1 } },
            } },
        });
        assert_eq!(
            outlined(turn),
            json!({
                "resource": "lambda:invoke.waitForTaskToken", "timeoutS": 60,
                "parameters": { "FunctionName": "request-turn", "Payload": {
                    "owner": "operator", "nextAction": "Review the dossier", "accepts": ["task.done@review"],
                } },
            })
        );
    }

    #[test]
    fn of_a_signal_only_its_name_stays() {
        let signal = json!({
            "seq": 3, "name": "task.done", "topic": "review", "at": "2026-11-20T10:00:00.000Z", "person": "p-1",
            "data": { "decision": "approve", "note": "secret" },
        });
        let told = outlined(json!({ "output": signal, "assigned": { "signal": "secret" } }));
        assert_eq!(
            told,
            json!({ "output": { "seq": 3, "name": "task.done", "topic": "review" } })
        );
    }

    #[test]
    fn nothing_else_stays() {
        for details in [
            json!({ "input": { "secret": 1 } }),
            json!({ "output": { "Payload": { "hits": ["secret"] } } }),
            json!({ "output": "secret" }),
            json!({ "cause": "secret", "parameters": { "Payload": { "says": "secret" } } }),
            json!({ "output": { "name": "task.done", "secret": 1 } }),
            json!("secret"),
            json!(["secret"]),
        ] {
            let text = outlined(details).to_string();
            assert!(!text.contains("secret"), "{text}");
        }
    }
}
