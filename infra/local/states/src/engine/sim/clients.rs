//! What the worlds run: state machines, and functions that answer by the seed.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::super::{InvokeError, Lambda};

/// Functions: `turn` keeps the token it is given, `work` answers, fails or hangs.
#[derive(Clone, Default)]
pub(super) struct Functions {
    seed: u64,
    /// Numbers that make each answer another one, over all lives.
    answers: Arc<AtomicU64>,
    tokens: Arc<Mutex<Vec<String>>>,
}

impl Functions {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    pub(super) fn unique(&self) -> u64 {
        self.answers.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn tokens(&self) -> Vec<String> {
        self.tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn drop_token(&self, token: &str) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|kept| kept != token);
    }
}

#[async_trait]
impl Lambda for Functions {
    async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        let payload: Value = serde_json::from_slice(&payload).expect("payloads are JSON");
        if function == "turn" {
            let token = payload["token"].as_str().expect("a token").to_owned();
            self.tokens
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(token);
            return Ok(Bytes::from_static(b"null"));
        }
        let mut hasher = DefaultHasher::new();
        (self.seed, payload.to_string()).hash(&mut hasher);
        match hasher.finish() % 10 {
            0 => std::future::pending().await,
            1 => Err(InvokeError::Throttled),
            2 | 3 => Err(InvokeError::Function {
                error_type: "Busy".to_owned(),
                message: "not now".to_owned(),
            }),
            _answers => Ok(Bytes::from(json!({ "work": self.unique() }).to_string())),
        }
    }
}

/// Pass states `prefix0..`, then `next`.
fn passes(states: &mut Map<String, Value>, prefix: &str, count: usize, next: Option<&str>) {
    for i in 0..count {
        let mut state = json!({ "Type": "Pass" });
        match next {
            _ if i + 1 < count => state["Next"] = json!(format!("{prefix}{}", i + 1)),
            Some(next) => state["Next"] = json!(next),
            None => state["End"] = json!(true),
        }
        states.insert(format!("{prefix}{i}"), state);
    }
}

fn machine(start: &str, states: Map<String, Value>) -> Value {
    json!({ "QueryLanguage": "JSONata", "StartAt": start, "States": states })
}

fn work(next: &str) -> Value {
    json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": { "FunctionName": "work",
            "Payload": { "of": "{% $states.context.Execution.Name %}", "try": "{% $states.context.State.RetryCount %}" } },
        "TimeoutSeconds": 30, "Output": "{% $states.result.Payload %}",
        "Retry": [{ "ErrorEquals": ["Busy", "Lambda.TooManyRequestsException"], "IntervalSeconds": 2, "MaxAttempts": 3 }],
        "Catch": [{ "ErrorEquals": ["States.Timeout"], "Next": next }],
        "Next": next
    })
}

fn turn(next: &str) -> Value {
    json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": { "FunctionName": "turn", "Payload": { "token": "{% $states.context.Task.Token %}" } },
        "TimeoutSeconds": 120, "HeartbeatSeconds": 40,
        "Retry": [{ "ErrorEquals": ["Told"], "IntervalSeconds": 1, "MaxAttempts": 2 }],
        "Next": next
    })
}

fn wait(seconds: u32, next: &str) -> Value {
    json!({ "Type": "Wait", "Seconds": seconds, "Next": next })
}

/// The machines of every world.
pub(super) fn machines() -> Vec<(&'static str, Value)> {
    let mut plain = Map::new();
    passes(&mut plain, "A", 60, Some("W"));
    plain.insert("W".into(), wait(3, "B0"));
    passes(&mut plain, "B", 60, None);

    let mut turns = Map::new();
    passes(&mut turns, "A", 30, Some("T"));
    turns.insert("T".into(), turn("W"));
    turns.insert("W".into(), wait(2, "U"));
    turns.insert("U".into(), turn("B0"));
    passes(&mut turns, "B", 30, None);

    let mut one = Map::new();
    one.insert("X".into(), work("C0"));
    passes(&mut one, "C", 20, None);
    let mut two = Map::new();
    two.insert("Y".into(), wait(5, "D0"));
    passes(&mut two, "D", 20, None);
    let mut both = Map::new();
    let branches = json!([{ "StartAt": "X", "States": one }, { "StartAt": "Y", "States": two }]);
    both.insert(
        "P".into(),
        json!({ "Type": "Parallel", "Branches": branches, "Next": "B0" }),
    );
    passes(&mut both, "B", 40, None);

    let mut late = machine("A0", {
        let mut states = Map::new();
        passes(&mut states, "A", 60, Some("W"));
        states.insert("W".into(), wait(100, "B0"));
        passes(&mut states, "B", 1, None);
        states
    });
    late["TimeoutSeconds"] = json!(30);

    let mut worker = Map::new();
    passes(&mut worker, "A", 40, Some("X"));
    worker.insert("X".into(), work("B0"));
    passes(&mut worker, "B", 40, None);
    vec![
        ("plain", machine("A0", plain)),
        ("turns", machine("A0", turns)),
        ("both", machine("P", both)),
        ("late", late),
        ("worker", machine("A0", worker)),
    ]
}
