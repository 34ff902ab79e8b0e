//! What tasks and map runs start when they are given up at that very moment.

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::super::Engine;
use super::crowd::MANY;
use super::hand::Driven;
use crate::api::Answer;
use crate::core::{ExecutionId, Input};

/// Children of a map run: more than are started at one go.
const CHILDREN: usize = 1_000;
/// How long the task that starts a child has, in seconds.
const TIMEOUT_S: i64 = 5;

fn id(engine: &Engine, arn: &Value) -> ExecutionId {
    let arn = arn.as_str().expect("an ARN");
    let shard = engine.inner.shard_by_arn(arn);
    let (id, _) = shard.find(arn).expect("it is there");
    id
}

fn stop() -> Input {
    Input::Stop {
        error: None,
        cause: None,
    }
}

fn open(engine: &Engine) -> usize {
    engine.inner.index().running_in_all()
}

/// A map run over the numbers from `first`: 0 fails, the others wait. Its children begin next.
fn map_run(world: &Driven, engine: &Engine, first: usize) -> Value {
    let states = json!({
        "Q": { "Type": "Choice", "Default": "W", "Choices": [{ "Condition": "{% $states.input = 0 %}", "Next": "F" }] },
        "W": { "Type": "Wait", "Seconds": 3_600, "End": true },
        "F": { "Type": "Fail", "Error": "E" },
    });
    let last = first + CHILDREN - 1;
    let map = json!({ "Type": "Map", "Items": format!("{{% [{first}..{last}] %}}"), "End": true, "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "Q", "States": states } });
    let machine = world.machine(engine, "m", &map);
    world.settle(engine);
    world.start(engine, &machine, "e")
}

#[test]
fn children_that_begin_when_their_run_has_failed_are_stopped_at_once() {
    let world = Driven::new();
    let engine = world.open();
    let execution = map_run(&world, &engine, 0);
    // The disk stands still: nothing is done yet about the children that were there when the run failed.
    world.turn();
    let left = open(&engine);
    assert!(left < CHILDREN / 2, "{left} executions are open");
    world.settle(&engine);
    assert_eq!(world.status(&engine, &execution), json!("FAILED"));
    assert_eq!(open(&engine), 0);
}

#[test]
fn children_that_begin_when_their_execution_was_stopped_are_stopped_at_once() {
    let world = Driven::new();
    let engine = world.open();
    let execution = map_run(&world, &engine, 1);
    while open(&engine) < 2 {
        world.runtime.block_on(tokio::task::yield_now());
    }
    assert!(engine.inner.feed(id(&engine, &execution), stop()));
    let there = open(&engine);
    assert!(there < CHILDREN / 2, "{there} executions are open");
    world.turn();
    assert!(open(&engine) <= there, "more of them than before");
    world.settle(&engine);
    assert_eq!(open(&engine), 0);
}

/// A machine whose executions wait for an hour.
fn waits() -> Value {
    json!({ "Type": "Wait", "Seconds": 3_600, "End": true })
}

/// A task that starts an execution of the machine `child`.
fn starts(child: &Value) -> Value {
    json!({ "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "End": true,
        "TimeoutSeconds": TIMEOUT_S, "Arguments": { "StateMachineArn": child, "Name": "c" } })
}

/// An execution and the one that its task started: both run, and the task is not told so yet.
struct Untold {
    parent: Value,
    child: Value,
    /// Who asked for the parent is not told yet either.
    asked: JoinHandle<Answer>,
}

impl Untold {
    /// So much waits for the disk that the child begins and its parent's task cannot be told.
    fn begin(world: &Driven, engine: &Engine, child: &Value, parent: &Value) -> Self {
        let beside = world.start(engine, child, "beside");
        world.settle(engine);
        let request = json!({ "stateMachineArn": parent, "name": "p" });
        let asked = world.begin(engine, "StartExecution", &request);
        world.turn();
        assert!(engine.inner.log.pump(), "the call comes next");
        assert!(engine.inner.feed(id(engine, &beside), stop()));
        for _ in 0..MANY {
            engine.inner.log.barrier(Box::new(|_| {}));
        }
        world.turn();
        assert_eq!(open(engine), 2, "both run");
        Self {
            parent: json!("arn:aws:states:us-east-1:000000000000:execution:parent:p"),
            child: json!("arn:aws:states:us-east-1:000000000000:execution:child:c"),
            asked,
        }
    }
}

#[test]
fn a_child_whose_start_is_told_after_its_task_was_given_up_is_stopped() {
    for times_out in [false, true] {
        let world = Driven::new();
        let engine = world.open();
        let child = world.machine(&engine, "child", &waits());
        let parent = world.machine(&engine, "parent", &starts(&child));
        let untold = Untold::begin(&world, &engine, &child, &parent);
        let given_up = if times_out {
            let now_ms = world.clock.now_ms();
            world.clock.advance_to(now_ms + TIMEOUT_S * 1_000);
            Input::Tick
        } else {
            stop()
        };
        assert!(engine.inner.feed(id(&engine, &untold.parent), given_up));
        world.end(&engine, untold.asked).expect("it was started");
        world.settle(&engine);
        // As one that is awaited already: it is left alone when the task only times out.
        let (closed, left) = match times_out {
            true => ("FAILED", "RUNNING"),
            false => ("ABORTED", "ABORTED"),
        };
        assert_eq!(world.status(&engine, &untold.parent), json!(closed));
        assert_eq!(world.status(&engine, &untold.child), json!(left));
    }
}

#[test]
fn a_child_is_stopped_though_its_start_is_told_after_the_time_of_the_task_that_was_given_up() {
    let world = Driven::new();
    let engine = world.open();
    let child = world.machine(&engine, "child", &waits());
    let fails = json!({
        "X": { "Type": "Wait", "Seconds": TIMEOUT_S - 2, "Next": "F" },
        "F": { "Type": "Fail", "Error": "E" },
    });
    let both = json!({ "Type": "Parallel", "End": true, "Catch": [{ "ErrorEquals": ["E"], "Next": "W" }],
        "Branches": [{ "StartAt": "T", "States": { "T": starts(&child) } }, { "StartAt": "X", "States": fails }] });
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "P", "States": { "P": both, "W": waits() } });
    let parent = world.machine_of(&engine, "parent", &definition);
    let untold = Untold::begin(&world, &engine, &child, &parent);
    let began_ms = world.clock.now_ms();
    world.clock.advance_to(began_ms + (TIMEOUT_S - 2) * 1_000);
    assert!(engine.inner.feed(id(&engine, &untold.parent), Input::Tick));
    world.clock.advance_to(began_ms + (TIMEOUT_S + 1) * 1_000);
    world.end(&engine, untold.asked).expect("it was started");
    world.settle(&engine);
    assert_eq!(world.status(&engine, &untold.parent), json!("RUNNING"));
    assert_eq!(world.status(&engine, &untold.child), json!("ABORTED"));
}
