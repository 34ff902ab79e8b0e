//! An execution that is longer than a frame of the log may be, and so are the inputs of its children.

use serde_json::{Value, json};

use super::super::{Engine, Subject};
use super::hand::Driven;
use crate::core::{Doing, ExecutionId};
use crate::log::MAX_FRAME_BYTES;

/// Children that end at once; one more waits. The inputs of those that one move could start fit into no frame.
const CHILDREN: usize = 300;
const TEXT_BYTES: usize = 40_000;

fn map() -> Value {
    let last = format!("{{% $states.input.n > {CHILDREN} %}}");
    let states = json!({
        "C": { "Type": "Choice", "Default": "P", "Choices": [{ "Condition": last, "Next": "W" }] },
        "P": { "Type": "Pass", "End": true },
        "W": { "Type": "Wait", "Seconds": 5, "End": true },
    });
    let items = format!("{{% [1..{}] %}}", CHILDREN + 1);
    json!({ "Type": "Map", "Items": items, "End": true,
        "ItemSelector": { "n": "{% $states.context.Map.Item.Value %}", "text": "{% $states.input %}" },
        "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "C", "States": states } })
}

fn id(engine: &Engine, execution: &Value) -> ExecutionId {
    let arn = execution.as_str().expect("an ARN");
    let shard = engine.inner.shard_by_arn(arn);
    let (id, _) = shard.find(arn).expect("it is there");
    id
}

/// Children that have ended, as their parent knows.
fn ended(engine: &Engine, parent: ExecutionId) -> usize {
    let running = engine.inner.running(parent).expect("it runs");
    let mut count = 0;
    for branch in running.branches.values() {
        if let Doing::Running(run) = &branch.doing {
            count += run.children.iter().filter(|c| c.end.is_some()).count();
        }
    }
    count
}

/// An execution that only waits for its last child, in a snapshot.
fn with_snapshot() -> (Driven, Value, ExecutionId) {
    let world = Driven::new();
    let engine = world.open();
    let machine = world.machine(&engine, "m", &map());
    let input = json!("x".repeat(TEXT_BYTES)).to_string();
    let start = json!({ "stateMachineArn": machine, "name": "e", "input": input });
    let execution = world.ask(&engine, "StartExecution", &start)["executionArn"].clone();
    world.settle(&engine);
    let id = id(&engine, &execution);
    assert_eq!(ended(&engine, id), CHILDREN);
    let bytes = {
        let running = engine.inner.running(id).expect("it runs");
        postcard::to_stdvec(&*running).expect("written").len()
    };
    assert!(bytes > 2 * MAX_FRAME_BYTES as usize, "{bytes} bytes");
    engine.inner.snapshot().expect("a snapshot");
    world.kill(engine);
    (world, execution, id)
}

#[test]
fn a_map_run_that_no_frame_holds_goes_on_after_a_restart() {
    let (world, execution, id) = with_snapshot();
    let engine = world.open();
    assert!(engine.damage().is_empty(), "{:?}", engine.damage());
    assert_eq!(ended(&engine, id), CHILDREN);
    world.clock.advance_to(world.clock.now_ms() + 5_000);
    world.settle(&engine);
    // All have ended well, and what they gave is too large for a state's result.
    let described = json!({ "executionArn": execution });
    let told = world.ask(&engine, "DescribeExecution", &described);
    assert_eq!(told["status"], json!("FAILED"), "{told}");
    assert_eq!(told["error"], json!("States.DataLimitExceeded"), "{told}");
}

#[test]
fn a_redrive_that_no_frame_holds_is_refused_and_nothing_else_is() {
    let (world, execution, _) = with_snapshot();
    let engine = world.open();
    let request = json!({ "executionArn": execution });
    world.ask(&engine, "StopExecution", &request);
    world.settle(&engine);
    let asked = world.begin(&engine, "RedriveExecution", &request);
    let error = world.end(&engine, asked).expect_err("no record holds it");
    assert_eq!(error.name(), "ExecutionNotRedrivable");
    assert_eq!(world.status(&engine, &execution), json!("ABORTED"));
    let machine = world.machine(&engine, "after", &json!({ "Type": "Succeed" }));
    let after = world.start(&engine, &machine, "e");
    assert_eq!(world.status(&engine, &after), json!("SUCCEEDED"));
    world.kill(engine);
    let engine = world.open();
    assert!(engine.damage().is_empty(), "{:?}", engine.damage());
}

#[test]
fn a_child_whose_redrive_no_frame_holds_does_not_hold_up_its_run() {
    let world = Driven::new();
    let engine = world.open();
    let outer = json!({ "Type": "Map", "Items": "{% [$states.input] %}", "End": true, "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "M", "States": { "M": map() } } });
    let machine = world.machine(&engine, "m", &outer);
    let input = json!("x".repeat(TEXT_BYTES)).to_string();
    let start = json!({ "stateMachineArn": machine, "name": "e", "input": input });
    let execution = world.ask(&engine, "StartExecution", &start)["executionArn"].clone();
    world.settle(&engine);
    let request = json!({ "executionArn": execution });
    world.ask(&engine, "StopExecution", &request);
    world.settle(&engine);
    assert_eq!(engine.inner.index().running_in_all(), 0);
    // The child is too long to go on; who started it is not.
    world.ask(&engine, "RedriveExecution", &request);
    world.settle(&engine);
    let described = json!({ "executionArn": execution });
    let told = world.ask(&engine, "DescribeExecution", &described);
    assert_eq!(told["status"], json!("FAILED"), "{told}");
    let error = json!("States.ExceedToleratedFailureThreshold");
    assert_eq!(told["error"], error, "{told}");
    world.kill(engine);
    let engine = world.open();
    assert!(engine.damage().is_empty(), "{:?}", engine.damage());
    assert_eq!(world.ask(&engine, "DescribeExecution", &described), told);
}

#[test]
fn a_damaged_slice_of_a_part_is_laid_at_its_execution_s_door_once() {
    let (world, _, id) = with_snapshot();
    let flipped = world.disk.flip(|path, bytes| {
        let is_snapshot = path.file_name().is_some_and(|name| name == "snapshot");
        let half = bytes.len() / 2;
        let text = [b'x'; 8];
        let found = bytes[half..].windows(text.len()).position(|at| at == text);
        let at = half + found.filter(|_| is_snapshot)?;
        Some((at, at + 1))
    });
    assert!(flipped.is_some());
    let engine = world.open();
    let damage = engine.damage();
    let [found] = damage.as_slice() else {
        panic!("{damage:?}")
    };
    let lost = Subject::Lost {
        id: id.0,
        arn: None,
    };
    assert_eq!(found.subject, lost);
}
