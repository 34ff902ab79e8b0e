//! The state machines of the worlds, and what each gives when it succeeds.
//!
//! A Wait state is named `W` and its seconds: so histories alone tell whether it was left too early.

use serde_json::{Map, Value, json};

/// The activity that the worlds' workers serve.
pub(super) const ACTIVITY: &str = "arn:aws:states:us-east-1:000000000000:activity:hands";
const MACHINES: &str = "arn:aws:states:us-east-1:000000000000:stateMachine";
/// The Express machine of every world.
pub(super) const EXPRESS: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:express";
/// What the executions begin with that its executions start: each has the last part of its starter's ARN for its name.
pub(super) const MARKS: &str = "arn:aws:states:us-east-1:000000000000:execution:marks";

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

fn states(members: Value, chains: &[(&str, usize, Option<&str>)]) -> Value {
    let Value::Object(mut states) = members else {
        panic!("states are an object")
    };
    for (prefix, count, next) in chains {
        passes(&mut states, prefix, *count, *next);
    }
    Value::Object(states)
}

fn jsonata(start: &str, states: &Value) -> Value {
    json!({ "QueryLanguage": "JSONata", "StartAt": start, "States": states })
}

/// A function that answers, fails or hangs. What it is called with is the same for the same task only.
fn work(next: &str) -> Value {
    json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": { "FunctionName": "work", "Payload": {
            "of": "{% $states.context.Execution.Id %}", "in": "{% $states.context.State.Name %}",
            "try": "{% $states.context.State.RetryCount %}", "with": "{% $states.input %}" } },
        "TimeoutSeconds": 30, "Output": "{% $states.result.Payload %}",
        "Retry": [{ "ErrorEquals": ["Busy", "Lambda.TooManyRequestsException"], "IntervalSeconds": 2, "MaxAttempts": 3 }],
        "Catch": [{ "ErrorEquals": ["States.Timeout"], "Next": next }],
        "Next": next
    })
}

/// A callback with a heartbeat.
fn turn(next: &str) -> Value {
    json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": { "FunctionName": "turn", "Payload": {
            "of": "{% $states.context.Execution.Id %}", "token": "{% $states.context.Task.Token %}" } },
        "TimeoutSeconds": 120, "HeartbeatSeconds": 40,
        "Retry": [{ "ErrorEquals": ["Told"], "IntervalSeconds": 1, "MaxAttempts": 2 }],
        "Next": next
    })
}

fn ended(mut state: Value) -> Value {
    let members = state.as_object_mut().expect("a state");
    members.remove("Next");
    members.remove("Catch");
    members.insert("End".into(), json!(true));
    state
}

fn wait(seconds: u32, next: &str) -> Value {
    json!({ "Type": "Wait", "Seconds": seconds, "Next": next })
}

/// Tasks, callbacks, waits, timeouts and Parallel in JSONata, with long rows of Pass states.
fn rows() -> Vec<(&'static str, Value)> {
    let plain = states(
        json!({ "W3": wait(3, "B0") }),
        &[("A", 120, Some("W3")), ("B", 120, None)],
    );
    let turns = states(
        json!({ "T": turn("W2"), "W2": wait(2, "U"), "U": turn("B0") }),
        &[("A", 60, Some("T")), ("B", 60, None)],
    );
    let one = states(json!({ "X": work("C0") }), &[("C", 20, None)]);
    let two = states(json!({ "W5": wait(5, "D0") }), &[("D", 20, None)]);
    let branches = json!([{ "StartAt": "X", "States": one }, { "StartAt": "W5", "States": two }]);
    let both = states(
        json!({ "P": { "Type": "Parallel", "Branches": branches, "Next": "B0" } }),
        &[("B", 40, None)],
    );
    let late = states(
        json!({ "W100": wait(100, "B0") }),
        &[("A", 60, Some("W100")), ("B", 1, None)],
    );
    let mut late = jsonata("A0", &late);
    late["TimeoutSeconds"] = json!(30);
    let worker = states(
        json!({ "X": work("B0") }),
        &[("A", 40, Some("X")), ("B", 40, None)],
    );
    vec![
        ("plain", jsonata("A0", &plain)),
        ("turns", jsonata("A0", &turns)),
        ("both", jsonata("P", &both)),
        ("late", late),
        ("worker", jsonata("A0", &worker)),
    ]
}

/// JSONPath: Choice, intrinsics, a nested Map, a Parallel whose failure is caught. Nothing in it is chance.
fn counted() -> Value {
    let inner = json!({ "Type": "Map", "ItemsPath": "$.row", "MaxConcurrency": 2, "End": true,
        "ItemSelector": { "cell.$": "$$.Map.Item.Value", "n.$": "$.n" },
        "ItemProcessor": { "StartAt": "Add", "States": {
            "Add": { "Type": "Pass", "Parameters": { "v.$": "States.MathAdd($.cell, $.n)" }, "OutputPath": "$.v", "End": true } } } });
    json!({ "StartAt": "Begin", "States": {
        "Begin": { "Type": "Pass", "Parameters": { "n.$": "$.n", "i": 0, "rows": [[1, 2], [3], []] }, "Next": "More" },
        "More": { "Type": "Choice", "Default": "Rows", "Choices": [
            { "And": [{ "Variable": "$.i", "NumericLessThan": 20 }, { "Not": { "Variable": "$.rows", "IsNull": true } }], "Next": "Count" }] },
        "Count": { "Type": "Pass", "Parameters": { "n.$": "$.n", "i.$": "States.MathAdd($.i, 1)", "rows.$": "$.rows" }, "Next": "More" },
        "Rows": { "Type": "Map", "ItemsPath": "$.rows", "MaxConcurrency": 2, "ResultPath": "$.sums", "Next": "Try",
            "ItemSelector": { "row.$": "$$.Map.Item.Value", "n.$": "$.n" },
            "ItemProcessor": { "StartAt": "Row", "States": { "Row": inner } } },
        "Try": { "Type": "Parallel", "ResultPath": "$.never", "End": true,
            "Branches": [
                { "StartAt": "W1", "States": { "W1": { "Type": "Wait", "Seconds": 1, "Next": "No" }, "No": { "Type": "Fail", "Error": "No" } } },
                { "StartAt": "Row0", "States": states(json!({}), &[("Row", 8, None)]) }],
            "Catch": [{ "ErrorEquals": ["No"], "ResultPath": "$.failed", "Next": "End" }] },
        "End": { "Type": "Pass", "Parameters": { "sums.$": "$.sums", "i.$": "$.i", "error.$": "$.failed.Error" }, "End": true }
    } })
}

/// Maps of tasks that the world answers.
fn maps() -> Vec<(&'static str, Value)> {
    let items = json!({ "M": { "Type": "Map", "Items": "{% [1..5] %}", "MaxConcurrency": 2, "Next": "B0",
        "ItemProcessor": { "StartAt": "C0", "States": states(json!({ "T": ended(turn("")) }), &[("C", 4, Some("T"))]) } } });
    let spread = json!({ "D": { "Type": "Map", "Items": "{% [1..6] %}", "Label": "D", "MaxConcurrency": 3, "End": true,
        "ToleratedFailurePercentage": 100, "ItemSelector": { "n": "{% $states.context.Map.Item.Value %}" },
        "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "C0",
            "States": states(json!({ "X": work("W1"), "W1": wait(1, "Y"), "Y": { "Type": "Pass", "Output": "done", "End": true } }),
                &[("C", 4, Some("X"))]) } } });
    vec![
        ("items", jsonata("M", &states(items, &[("B", 10, None)]))),
        ("spread", jsonata("D", &spread)),
    ]
}

/// Activities, and executions that start others.
fn others() -> Vec<(&'static str, Value)> {
    let hands = json!({ "H": { "Type": "Task", "Resource": ACTIVITY, "TimeoutSeconds": 150, "HeartbeatSeconds": 50,
        "Arguments": { "n": "{% $states.input.n %}" }, "Next": "B0",
        "Retry": [{ "ErrorEquals": ["Told"], "IntervalSeconds": 3, "MaxAttempts": 2, "BackoffRate": 2 }] } });
    let mut hands = jsonata("H", &states(hands, &[("B", 60, None)]));
    // A task that no worker fetches has no time of its own: the execution's ends it.
    hands["TimeoutSeconds"] = json!(400);
    let leaf = json!({ "X": work("W4"), "W4": wait(4, "Y"),
        "Y": { "Type": "Pass", "Output": "{% 'leaf' & $string($n) %}", "End": true },
        "N": { "Type": "Pass", "Assign": { "n": "{% $states.input.n %}" }, "Next": "X" } });
    let start = |machine: &str, resource: &str, output: &str| {
        json!({ "Type": "Task", "Resource": format!("arn:aws:states:::states:startExecution{resource}"),
            "TimeoutSeconds": 90, "Output": output, "Next": "B0",
            "Arguments": { "StateMachineArn": format!("{MACHINES}:{machine}"), "Input": { "n": "{% $states.input.n %}" } } })
    };
    let parent = json!({ "S": start("leaf", ".sync:2", "{% $states.result.Output %}") });
    let sender = json!({ "S": start("leaf", "", "{% $exists($states.result.ExecutionArn) %}") });
    let awaits = json!({ "S": start("express", ".sync:2", "{% $states.result.Output %}") });
    let sends = json!({ "S": start("express", "", "{% $states.result.ExecutionArn %}") });
    vec![
        ("hands", hands),
        ("leaf", jsonata("N", &leaf)),
        ("parent", jsonata("S", &states(parent, &[("B", 60, None)]))),
        ("sender", jsonata("S", &states(sender, &[("B", 5, None)]))),
        ("awaits", jsonata("S", &states(awaits, &[("B", 100, None)]))),
        ("sends", jsonata("S", &states(sends, &[("B", 100, None)]))),
    ]
}

/// Machines that no client starts as it starts the others, with their types: an Express one, whose executions wait, tell that they
/// run, and start an execution; and the machine of that.
pub(super) fn beside() -> [(&'static str, &'static str, Value); 2] {
    let express = json!({
        "N": { "Type": "Pass", "Assign": { "n": "{% $states.input.n %}" }, "Next": "W2" },
        "W2": wait(2, "T"),
        "T": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "M", "Arguments": { "FunctionName": "tell",
            "Payload": { "of": "{% $states.context.Execution.Id %}", "n": "{% $n %}" } } },
        "M": { "Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "Next": "Y", "Arguments": {
            "StateMachineArn": format!("{MACHINES}:marks"), "Input": { "n": "{% $n %}" },
            "Name": "{% $split($states.context.Execution.Id, ':')[-1] %}" } },
        "Y": { "Type": "Pass", "Output": "{% 'told' & $string($n) %}", "End": true } });
    let mark = json!({ "S": { "Type": "Succeed" } });
    [
        ("marks", "STANDARD", jsonata("S", &mark)),
        ("express", "EXPRESS", jsonata("N", &express)),
    ]
}

/// A machine that is deleted now and then, while executions of it wait, and made again.
pub(super) const BRIEF: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:brief";

/// Its definition.
pub(super) fn brief() -> Value {
    let waits = json!({ "W20": wait(20, "B0"), "W30": wait(30, "C0") });
    let rows = [("A", 5, Some("W20")), ("B", 5, Some("W30")), ("C", 5, None)];
    jsonata("A0", &states(waits, &rows))
}

/// The machines of every world that clients start.
pub(super) fn machines() -> Vec<(&'static str, Value)> {
    let mut all = rows();
    all.push(("counted", counted()));
    all.extend(maps());
    all.extend(others());
    all
}

/// Does an execution of this machine, started with `{"n": n}`, succeed with this output? `answers` are those that its
/// tasks took, in their order.
pub(super) fn is_right(machine: &str, n: u64, answers: &[u64], output: &Value) -> bool {
    match machine {
        // One that comes too late can come to its end after a redrive.
        "plain" | "late" | "marks" | "brief" => *output == json!({ "n": n }),
        "counted" => {
            *output == json!({ "sums": [[n + 1, n + 2], [n + 3], []], "i": 20, "error": "No" })
        }
        "turns" | "hands" => answers.last().is_some_and(|last| *output == json!(last)),
        "items" => {
            let mut told: Vec<u64> = serde_json::from_value(output.clone()).unwrap_or_default();
            let mut taken = answers.to_vec();
            told.sort_unstable();
            taken.sort_unstable();
            told.len() == 5 && told == taken
        }
        "leaf" | "parent" => *output == json!(format!("leaf{n}")),
        "sender" => *output == json!(true),
        "awaits" => *output == json!(format!("told{n}")),
        "sends" => output
            .as_str()
            .is_some_and(|arn| arn.contains(":express:express:")),
        "spread" => output.as_array().is_some_and(|all| {
            all.len() <= 6
                && all.iter().all(|one| {
                    *one == json!("done")
                        || matches!(
                            one["Status"].as_str(),
                            Some("FAILED" | "ABORTED" | "TIMED_OUT")
                        )
                })
        }),
        "worker" | "both" => !output.is_null(),
        // Children of map runs.
        "spread/D" => *output == json!("done"),
        other => panic!("{other} is no machine of these worlds"),
    }
}
