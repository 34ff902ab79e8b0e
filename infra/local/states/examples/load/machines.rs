//! The state machines of the load.

use serde_json::{Map, Value, json};

/// States of [`passes`] that an execution goes through.
pub(crate) const PASSES: usize = 10;
/// States of [`mix`] that an execution goes through.
pub(crate) const MIX: usize = 10;
/// Tasks of [`tasks`], one after the other.
pub(crate) const TASKS: usize = 3;

/// Ten Pass states.
pub(crate) fn passes() -> Value {
    chain(PASSES, || json!({ "Type": "Pass" }))
}

/// Three rounds of a Pass with an Output, a Choice with a condition and a Pass that assigns, and an end: in JSONata.
pub(crate) fn mix() -> Value {
    let mut states = Map::new();
    for round in 0..3 {
        let (count, choose, note) = (
            format!("Count{round}"),
            format!("Choose{round}"),
            format!("Note{round}"),
        );
        let next = if round == 2 {
            "End".to_owned()
        } else {
            format!("Count{}", round + 1)
        };
        states.insert(
            count,
            json!({ "Type": "Pass", "Next": choose,
                "Output": "{% $merge([$states.input, { 'n': $states.input.n + 1, 'sum': $sum($states.input.items) }]) %}" }),
        );
        states.insert(
            choose,
            json!({ "Type": "Choice", "Default": "Other", "Choices": [
                { "Condition": "{% $states.input.n > 100 %}", "Next": "Other" },
                { "Condition": "{% $states.input.sum = 6 and $states.input.n > 0 %}", "Next": note } ] }),
        );
        states.insert(
            note,
            json!({ "Type": "Pass", "Next": next, "Assign": { "last": "{% $states.input.n %}" } }),
        );
    }
    states.insert("End".to_owned(), json!({ "Type": "Pass", "End": true }));
    states.insert(
        "Other".to_owned(),
        json!({ "Type": "Fail", "Error": "Wrong" }),
    );
    json!({ "QueryLanguage": "JSONata", "StartAt": "Count0", "States": states })
}

/// Three tasks of an activity.
pub(crate) fn tasks(activity: &str) -> Value {
    chain(TASKS, || json!({ "Type": "Task", "Resource": activity }))
}

/// Three messages with a task token in them.
pub(crate) fn callbacks(queue_url: &str) -> Value {
    chain(TASKS, || {
        json!({ "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": { "QueueUrl": queue_url, "MessageBody": { "token.$": "$$.Task.Token" } } })
    })
}

/// An hour's wait.
pub(crate) fn wait() -> Value {
    chain(1, || json!({ "Type": "Wait", "Seconds": 3600 }))
}

fn chain(count: usize, state: impl Fn() -> Value) -> Value {
    let mut states = Map::new();
    for i in 0..count {
        let mut one = state();
        if i + 1 == count {
            one["End"] = json!(true);
        } else {
            one["Next"] = json!(format!("S{}", i + 1));
        }
        states.insert(format!("S{i}"), one);
    }
    json!({ "StartAt": "S0", "States": states })
}
