//! A task of an activity on its way to a worker that waits for it, while the worker or its patience goes.

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::super::Engine;
use super::disk::Faults;
use super::hand::Driven;
use super::machines::ACTIVITY;
use crate::api::Answer;

/// How long a worker waits, in milliseconds (AWS: 60 s).
const POLL_MS: i64 = 60_000;

/// An engine with an activity, and a machine whose one state is a task of it.
fn with_activity() -> (Driven, Engine, Value) {
    let world = Driven::new();
    let engine = world.open();
    let name = ACTIVITY.rsplit(':').next();
    world.ask(&engine, "CreateActivity", &json!({ "name": name }));
    let task = json!({ "Type": "Task", "Resource": ACTIVITY, "End": true });
    let machine = world.machine(&engine, "m", &task);
    (world, engine, machine)
}

/// A worker begins to wait.
fn worker(world: &Driven, engine: &Engine, name: &str) -> JoinHandle<Answer> {
    let request = json!({ "activityArn": ACTIVITY, "workerName": name });
    let polled = world.begin(engine, "GetActivityTask", &request);
    world.turn();
    polled
}

/// An execution is started; nothing is written yet.
fn started(world: &Driven, engine: &Engine, machine: &Value) -> JoinHandle<Answer> {
    let request = json!({ "stateMachineArn": machine, "name": "e" });
    let started = world.begin(engine, "StartExecution", &request);
    world.turn();
    started
}

fn token(told: &Value) -> &str {
    told["taskToken"].as_str().expect("a task")
}

/// Ends the task, and gives the names of the workers that the history names.
fn finish(world: &Driven, engine: &Engine, told: &Value) -> Vec<Value> {
    let done = json!({ "taskToken": token(told), "output": "1" });
    world.ask(engine, "SendTaskSuccess", &done);
    let execution = "arn:aws:states:us-east-1:000000000000:execution:m:e";
    let execution = json!(execution);
    assert_eq!(world.status(engine, &execution), json!("SUCCEEDED"));
    let request = json!({ "executionArn": execution });
    let history = world.ask(engine, "GetExecutionHistory", &request);
    let events = history["events"].as_array().expect("events");
    let begun = events
        .iter()
        .filter(|event| event["type"] == "ActivityStarted");
    begun
        .map(|event| event["activityStartedEventDetails"]["workerName"].clone())
        .collect()
}

#[test]
fn a_task_is_with_its_waiting_worker_after_one_write() {
    let (world, engine, machine) = with_activity();
    let worker = worker(&world, &engine, "w");
    let start = started(&world, &engine, &machine);
    assert!(!worker.is_finished(), "nothing is durable");
    assert!(engine.inner.log.pump());
    world.turn();
    assert!(worker.is_finished() && start.is_finished());
    let told = world.end(&engine, worker).expect("a task");
    assert_eq!(finish(&world, &engine, &told), [json!("w")]);
}

#[test]
fn a_task_whose_worker_is_gone_before_the_write_comes_to_the_next_one() {
    let (world, engine, machine) = with_activity();
    let gone = worker(&world, &engine, "gone");
    let start = started(&world, &engine, &machine);
    gone.abort();
    world.turn();
    world.end(&engine, start).expect("started");
    world.settle(&engine);
    let next = worker(&world, &engine, "next");
    let told = world.end(&engine, next).expect("a task");
    // That it had been given to the first one stays in the history.
    let workers = [json!("gone"), json!("next")];
    assert_eq!(finish(&world, &engine, &told), workers);
}

#[test]
fn a_task_whose_worker_is_gone_comes_to_one_that_waits_meanwhile() {
    let (world, engine, machine) = with_activity();
    let gone = worker(&world, &engine, "gone");
    let waits = worker(&world, &engine, "waits");
    let start = started(&world, &engine, &machine);
    gone.abort();
    world.turn();
    assert!(engine.inner.log.pump());
    world.turn();
    assert!(engine.inner.log.pump(), "that it came back is written");
    world.turn();
    world.end(&engine, start).expect("started");
    assert!(waits.is_finished(), "it does not wait for a task to come");
    let told = world.end(&engine, waits).expect("a task");
    let workers = [json!("gone"), json!("waits")];
    assert_eq!(finish(&world, &engine, &told), workers);
}

#[test]
fn a_poll_that_runs_out_while_its_task_is_written_gives_that_task() {
    let (world, engine, machine) = with_activity();
    let worker = worker(&world, &engine, "w");
    let start = started(&world, &engine, &machine);
    world.clock.advance_to(world.clock.now_ms() + POLL_MS);
    world.turn();
    assert!(!worker.is_finished(), "the task is claimed for it");
    world.end(&engine, start).expect("started");
    let told = world.end(&engine, worker).expect("a task");
    assert_eq!(finish(&world, &engine, &told), [json!("w")]);
}

#[test]
fn a_poll_that_ran_out_before_gets_nothing_and_holds_nothing_back() {
    let (world, engine, machine) = with_activity();
    let early = worker(&world, &engine, "early");
    world.clock.advance_to(world.clock.now_ms() + POLL_MS);
    world.turn();
    let start = started(&world, &engine, &machine);
    let told = world.end(&engine, early).expect("an answer");
    assert_eq!(told["taskToken"], Value::Null);
    world.end(&engine, start).expect("started");
    let next = worker(&world, &engine, "next");
    let told = world.end(&engine, next).expect("a task");
    assert_eq!(finish(&world, &engine, &told), [json!("next")]);
}

#[test]
fn a_task_that_could_not_be_written_is_given_to_nobody() {
    let (world, engine, machine) = with_activity();
    let worker = worker(&world, &engine, "w");
    let start = started(&world, &engine, &machine);
    world.disk.set_faults(Faults {
        sync_fails: true,
        ..Faults::default()
    });
    assert!(engine.inner.log.pump());
    world.turn();
    assert!(world.end(&engine, start).is_err());
    let told = world.end(&engine, worker);
    let given = told.is_ok_and(|told| told["taskToken"].is_string());
    assert!(!given, "nobody knows whether it is durable");
}
