//! A step is never longer than what one frame of the log holds.

use serde_json::{Value, json};

use super::map_run::ChildEnd;
use super::specimen::started;
use super::*;
use crate::asl;

/// A Distributed Map with these members.
fn map(members: &Value) -> Value {
    let mut map = json!({ "Type": "Map", "Label": "L", "End": true,
        "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } } });
    let members = members.as_object().expect("members").clone();
    map.as_object_mut().expect("a state").extend(members);
    map
}

fn machine(state: &Value) -> asl::Definition {
    let text = json!({ "QueryLanguage": "JSONata", "StartAt": "M", "States": { "M": state } });
    asl::compile(&text.to_string()).expect("it is well-formed")
}

/// Steps until the execution waits for the world.
fn steps(
    execution: &mut Execution,
    definition: &asl::Definition,
    now_ms: i64,
    input: Input,
) -> Vec<Step> {
    let world = World {
        definition,
        id: ExecutionId(1),
        activity: &|_| true,
        token: &|_| String::new(),
        now_ms,
        context: None,
        deleting: false,
        tested: None,
        spent: &|| false,
    };
    let mut input = input;
    let mut steps = Vec::new();
    loop {
        let done = step(execution, &world, input).expect("it takes that");
        let again = done.effects.contains(&Effect::Again);
        steps.push(done);
        if !again {
            return steps;
        }
        input = Input::Go;
    }
}

fn bytes(step: &Step) -> usize {
    let records = step.records.iter();
    let written = records.map(|record| postcard::to_stdvec(record).expect("written").len());
    written.sum()
}

/// Is it cut when it has written enough, behind a record with a payload at the most?
fn is_cut(step: &Step) -> bool {
    bytes(step) < MAX_STEP_BYTES + MAX_PAYLOAD_BYTES
}

#[test]
fn children_with_large_inputs_are_made_by_several_steps() {
    let selector = json!({ "text": "{% $states.input %}" });
    let state = map(&json!({ "Items": "{% [1..100] %}", "ItemSelector": selector }));
    let definition = machine(&state);
    let mut execution = started(Json::trusted(json!("x".repeat(100_000)).to_string()));
    let steps = steps(&mut execution, &definition, 2_000, Input::Go);
    assert!(steps.len() > 8 && steps.iter().all(is_cut));
    let effects = steps.iter().flat_map(|step| &step.effects);
    let started = effects.map(|effect| match effect {
        Effect::StartChildren { children, .. } => children.len(),
        _other => 0,
    });
    assert_eq!(started.sum::<usize>(), 100);
}

#[test]
fn items_that_were_read_are_alone_in_their_step() {
    let state = map(
        &json!({ "ItemBatcher": { "MaxItemsPerBatch": 1 }, "ItemReader": {
        "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": { "InputType": "JSON" },
        "Arguments": { "Bucket": "b", "Key": "k" } } }),
    );
    let definition = machine(&state);
    let mut execution = started(Json::trusted("{}"));
    let begun = steps(&mut execution, &definition, 2_000, Input::Go);
    let mut effects = begun.iter().flat_map(|step| &step.effects);
    let run = effects.find_map(|effect| match effect {
        Effect::ReadItems { run, .. } => Some(*run),
        _other => None,
    });
    let run = run.expect("items are to be read");
    let items = json!(vec!["x".repeat(1_000); 2_000]).to_string();
    let read = Input::ItemsRead {
        run,
        outcome: Ok(Json::trusted(items).into()),
    };
    let steps = steps(&mut execution, &definition, 2_000, read);
    let (first, rest) = steps.split_first().expect("a step");
    assert!(first.records.len() == 1 && bytes(first) > 2_000_000);
    assert!(rest.len() > 1 && rest.iter().all(is_cut));
    let (_, _, run) = execution.run(run).expect("it runs");
    assert_eq!(run.children.len(), 2_000);
}

#[test]
fn waits_that_end_together_end_in_several_steps() {
    let branch = |n: u32| {
        let name = format!("W{n}");
        let mut states = serde_json::Map::new();
        let wait = json!({ "Type": "Wait", "Seconds": 5, "End": true });
        states.insert(name.clone(), wait);
        json!({ "StartAt": name, "States": states })
    };
    let branches: Vec<Value> = (0..30).map(branch).collect();
    let state = json!({ "Type": "Parallel", "Branches": branches, "Output": "small", "End": true });
    let definition = machine(&state);
    let mut execution = started(Json::trusted(json!("x".repeat(100_000)).to_string()));
    steps(&mut execution, &definition, 2_000, Input::Go);
    let mut ticks = 0;
    while execution.next_deadline_ms().is_some_and(|at| at <= 9_000) {
        let steps = steps(&mut execution, &definition, 9_000, Input::Tick);
        assert!(steps.iter().all(is_cut));
        ticks += 1;
    }
    assert!(ticks > 2);
    assert_ne!(execution.status, Status::Running);
}

#[test]
fn ends_of_children_are_told_by_parts_in_their_order() {
    let output = Json::string(&"x".repeat(100_000));
    let end = |index| ChildEnd {
        index,
        status: Status::Succeeded,
        output: Some(output.clone()),
        problem: None,
        started_ms: 0,
        stopped_ms: 0,
        attempt: 0,
        redrives: 0,
        spent: false,
    };
    let ends: Vec<ChildEnd> = (0..30).map(end).collect();
    let parts = ChildEnd::in_steps(ends.clone());
    assert!(parts.len() > 2);
    for part in &parts {
        let written = postcard::to_stdvec(part).expect("written").len();
        assert!(written < MAX_STEP_BYTES + MAX_PAYLOAD_BYTES);
    }
    assert_eq!(parts.concat(), ends);
    assert!(ChildEnd::in_steps(Vec::new()).is_empty());
}
