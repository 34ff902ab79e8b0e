//! Exports that nobody would write.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::support::{Folder, INVOKE, flow, open, task};
use crate::{IMPORT, ask, export, functions};

/// Changes one value somewhere in `value`.
fn mutate(value: &mut Value, chance: &mut SmallRng) {
    match value {
        Value::Array(items) if !items.is_empty() && chance.random_bool(0.9) => {
            let which = chance.random_range(0..items.len());
            if chance.random_bool(0.05) {
                items.remove(which);
            } else {
                mutate(&mut items[which], chance);
            }
        }
        Value::Object(members) if !members.is_empty() && chance.random_bool(0.95) => {
            let which = chance.random_range(0..members.len());
            if let Some(value) = members.values_mut().nth(which) {
                mutate(value, chance);
            }
        }
        other => {
            let numbers = [
                0_i64,
                1,
                2,
                -1,
                7,
                999,
                70_000,
                i64::from(u32::MAX),
                i64::MAX,
                i64::MIN,
            ];
            *other = match chance.random_range(0..8) {
                0 => json!(null),
                1 => json!("x"),
                2 => json!("[1,2]"),
                3 => json!([]),
                _number => json!(numbers[chance.random_range(0..numbers.len())]),
            };
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_that_nobody_would_write_break_nothing() {
    let (from, to) = (Folder::new(), Folder::new());
    let (here, there) = (open(from.path()).await, open(to.path()).await);
    functions(&here);
    let bad = task(INVOKE, "bad", json!("{% $states.input %}"));
    let inline = json!({ "Type": "Map", "End": true, "Items": [1, 2], "ItemProcessor": {
        "StartAt": "C", "States": { "C": { "Type": "Pass", "Assign": { "v": 1 }, "End": true } } } });
    let map = json!({ "Type": "Map", "Label": "L", "Items": [1, 2, 3], "MaxConcurrency": 2, "End": true, "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "T", "States": { "T": bad } } });
    let both = json!({ "Type": "Parallel", "End": true, "Branches": [
        { "StartAt": "I", "States": { "I": inline } }, { "StartAt": "M", "States": { "M": map } } ] });
    let definition = flow(json!({ "A": { "Type": "Wait", "Seconds": 0, "Next": "B" }, "B": both }));
    let machine = here.machine("m", &definition).await;
    there.machine("m", &definition).await;
    let execution = here.start(&machine, json!({})).await;
    here.end(&execution).await;
    let again = here.client.redrive_execution().execution_arn(&execution);
    again.send().await.expect("redriven");
    here.end(&execution).await;
    let lines: Vec<Value> = export(&here, &execution)
        .await
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let mut chance = SmallRng::seed_from_u64(11);
    let mut taken = 0;
    for i in 0..600 {
        let mut changed = lines.clone();
        // What the events and the state say is held against the records; so mostly the records are changed.
        for _ in 0..chance.random_range(1..3) {
            let which = chance.random_range(0..changed.len());
            mutate(&mut changed[which], &mut chance);
        }
        let body = json!({ "export": changed, "name": format!("e{i}"), "resume": chance.random_bool(0.1) });
        let (status, text) = ask(&there, IMPORT, body.to_string()).await;
        assert!(status == 200 || status == 400, "{i}: {status} {text}");
        if status == 200 {
            taken += 1;
            let told: Value = serde_json::from_str(&text).expect("JSON");
            let arn = json!({ "executionArn": told["executionArn"] }).to_string();
            for call in [
                "GetExecutionHistory",
                "RedriveExecution",
                "ListMapRuns",
                "DescribeExecution",
            ] {
                let (status, text) =
                    ask(&there, &format!("AWSStepFunctions.{call}"), arn.clone()).await;
                assert!(
                    status == 200 || status == 400,
                    "{i} {call}: {status} {text}"
                );
            }
        }
    }
    assert!(taken > 0, "a harmless change is taken");
    there.close().await;
    let there = open(to.path()).await;
    assert!(there.engine.damage().is_empty());
    here.close().await;
    there.close().await;
}
