//! Executions that find no end: they hold nobody up, their time or a stop ends them, and a start goes on with them like any other.

use serde_json::{Value, json};

use super::super::{Engine, SHARDS};
use super::hand::Driven;
use crate::core::{ExecutionId, Input, MAX_EXPRESS_S};

/// The time that the Express machine has, in milliseconds.
const TIMEOUT_MS: i64 = 20_000;
/// The time that Express children have, in milliseconds.
const CHILD_MS: i64 = MAX_EXPRESS_S as i64 * 1_000;
/// Executions of others: some of them are in the same shard.
const OTHERS: usize = 32;

/// A loop without an end.
fn flow() -> Value {
    json!({ "StartAt": "X", "States": {
        "X": { "Type": "Pass", "Next": "Y" },
        "Y": { "Type": "Choice", "Choices": [{ "Condition": false, "Next": "Z" }], "Default": "X" },
        "Z": { "Type": "Succeed" } } })
}

/// What an Express machine of it is started with.
fn express(world: &Driven, engine: &Engine) -> Value {
    let mut definition = flow();
    definition["QueryLanguage"] = json!("JSONata");
    definition["TimeoutSeconds"] = json!(TIMEOUT_MS / 1_000);
    let made = json!({ "name": "endless", "type": "EXPRESS", "roleArn": "arn:aws:iam::000000000000:role/r",
        "definition": definition.to_string() });
    let machine = world.ask(engine, "CreateStateMachine", &made)["stateMachineArn"].clone();
    json!({ "stateMachineArn": machine })
}

/// An execution whose map run has two such children.
fn with_children(world: &Driven, engine: &Engine) -> Value {
    let mut processor = flow();
    processor["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" });
    let map =
        json!({ "Type": "Map", "Items": "{% [1, 2] %}", "End": true, "ItemProcessor": processor });
    let machine = world.machine(engine, "parent", &map);
    world.start(engine, &machine, "parent")
}

/// Executions that a task goes on with.
fn going_on(engine: &Engine) -> usize {
    let shards = 0..SHARDS;
    shards
        .map(|number| engine.inner.shard(number).going_on.len())
        .sum()
}

/// Others are served.
fn serves(world: &Driven, engine: &Engine, tag: &str) {
    let pass = json!({ "Type": "Pass", "End": true });
    let machine = world.machine(engine, "pass", &pass);
    for n in 0..OTHERS {
        let execution = world.start(engine, &machine, &format!("{tag}-{n}"));
        assert_eq!(world.status(engine, &execution), json!("SUCCEEDED"));
    }
}

/// Some turns, which those that find no end have too.
fn turns(world: &Driven, engine: &Engine) {
    for _ in 0..4 {
        world.turn();
        engine.inner.log.pump();
    }
}

fn pass_time(world: &Driven, engine: &Engine, ms: i64) {
    world.clock.advance_to(world.clock.now_ms() + ms);
    turns(world, engine);
}

#[test]
fn one_that_nobody_waits_for_goes_on_beside_others_until_its_time_is_over() {
    let world = Driven::new();
    let engine = world.open();
    let request = express(&world, &engine);
    world.ask(&engine, "StartExecution", &request);
    serves(&world, &engine, "before");
    assert_eq!(going_on(&engine), 1);
    world.kill(engine);
    let engine = world.open();
    assert_eq!(going_on(&engine), 1, "the start gave it a slice");
    serves(&world, &engine, "after");
    pass_time(&world, &engine, TIMEOUT_MS - 1);
    assert_eq!(going_on(&engine), 1);
    assert_eq!(engine.inner.promises.images().len(), 1);
    pass_time(&world, &engine, 1);
    assert_eq!(going_on(&engine), 0);
    assert_eq!(engine.inner.promises.images().len(), 0);
    assert_eq!(engine.calls_under_way(), 0);
}

#[test]
fn one_whose_caller_waits_is_answered_when_its_time_is_over() {
    let world = Driven::new();
    let engine = world.open();
    let request = express(&world, &engine);
    let asked = world.begin(&engine, "StartSyncExecution", &request);
    serves(&world, &engine, "beside");
    assert!(!asked.is_finished());
    pass_time(&world, &engine, TIMEOUT_MS);
    let told = world.end(&engine, asked).expect("an answer");
    assert_eq!(told["status"], json!("TIMED_OUT"), "{told}");
    assert_eq!(going_on(&engine), 0);
}

#[test]
fn whatever_it_is_told_one_task_goes_on_with_it() {
    let world = Driven::new();
    let engine = world.open();
    let request = express(&world, &engine);
    world.ask(&engine, "StartExecution", &request);
    let id = ExecutionId(engine.inner.promises.images()[0].id);
    for input in [Input::Go, Input::Tick, Input::Go] {
        assert!(engine.inner.feed(id, input), "it runs");
        assert_eq!((going_on(&engine), engine.calls_under_way()), (1, 1));
    }
    world.turn();
    assert_eq!((going_on(&engine), engine.calls_under_way()), (1, 1));
    let stop = Input::Stop {
        error: None,
        cause: None,
    };
    assert!(engine.inner.feed(id, stop), "a stop comes between slices");
    world.turn();
    assert_eq!((going_on(&engine), engine.calls_under_way()), (0, 0));
}

#[test]
fn children_of_a_map_run_end_in_their_time_after_a_restart_too() {
    let world = Driven::new();
    let engine = world.open();
    let execution = with_children(&world, &engine);
    serves(&world, &engine, "before");
    assert_eq!(going_on(&engine), 2);
    world.kill(engine);
    let engine = world.open();
    assert!(engine.damage().is_empty(), "{:?}", engine.damage());
    assert_eq!(going_on(&engine), 2, "the start gave each a slice");
    serves(&world, &engine, "after");
    assert_eq!(world.status(&engine, &execution), json!("RUNNING"));
    pass_time(&world, &engine, CHILD_MS);
    assert_eq!(going_on(&engine), 0);
    assert_eq!(world.status(&engine, &execution), json!("FAILED"));
}

#[test]
fn children_of_a_map_run_that_is_stopped_are_stopped_between_slices() {
    let world = Driven::new();
    let engine = world.open();
    let execution = with_children(&world, &engine);
    serves(&world, &engine, "before");
    let request = json!({ "executionArn": execution });
    world.ask(&engine, "StopExecution", &request);
    turns(&world, &engine);
    assert_eq!(world.status(&engine, &execution), json!("ABORTED"));
    assert_eq!((going_on(&engine), engine.calls_under_way()), (0, 0));
}
