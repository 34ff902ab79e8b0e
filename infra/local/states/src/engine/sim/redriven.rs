//! A redrive is answered once it is durable, however often it is asked for.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::Engine;
use super::hand::Driven;

const TOKEN: &str = "once";

/// An execution that was stopped while it waited, its machine, and a request to redrive it.
fn stopped() -> (Driven, Engine, Value, Value) {
    let world = Driven::new();
    let engine = world.open();
    let waits = json!({ "Type": "Wait", "Seconds": 3_600, "End": true });
    let machine = world.machine(&engine, "m", &waits);
    let execution = world.start(&engine, &machine, "e");
    let stop = json!({ "executionArn": execution });
    world.ask(&engine, "StopExecution", &stop);
    world.settle(&engine);
    let request = json!({ "executionArn": execution, "clientToken": TOKEN });
    (world, engine, machine, request)
}

/// Everything happens that can while the disk stands still, what blocks as well.
fn turns(world: &Driven) {
    for _ in 0..3 {
        world.turn();
    }
}

/// Redrives by the same token, in no time. Nothing is written yet.
fn redrive(engine: &Engine, request: &Value) {
    let arn = request["executionArn"].as_str().expect("an ARN");
    let inner = &engine.inner;
    let (id, position, revision) = {
        let shard = inner.shard_by_arn(arn);
        let (id, slot) = shard.find(arn).expect("it is there");
        (id, slot.position(), Arc::clone(slot.revision()))
    };
    let wreck = inner.wreck(id, position, revision);
    let wreck = wreck.expect("it can be read back");
    let mut shard = inner.shard_by_id(id);
    let redriven = inner.redrive(&mut shard, id, wreck, Some(TOKEN.to_owned()));
    assert!(redriven.expect("the log takes it").is_some());
}

fn described(world: &Driven, engine: &Engine, request: &Value) -> Value {
    let described = json!({ "executionArn": request["executionArn"] });
    world.ask(engine, "DescribeExecution", &described)
}

#[test]
fn a_repeated_redrive_waits_for_the_disk_as_the_first_one_does() {
    let (world, engine, _, request) = stopped();
    let first = world.begin(&engine, "RedriveExecution", &request);
    turns(&world);
    let running = engine.inner.index().running_in_all();
    assert!(running == 1 && !first.is_finished(), "nothing is durable");
    let again = world.begin(&engine, "RedriveExecution", &request);
    turns(&world);
    assert!(!again.is_finished(), "nor is it now");
    let one = world.end(&engine, first).expect("it goes on");
    let other = world.end(&engine, again).expect("it does already");
    assert_eq!(one, other);
    let told = described(&world, &engine, &request);
    assert_eq!(told["redriveCount"], json!(1));
}

#[test]
fn a_redrive_that_came_in_between_is_told_of_once_it_is_durable() {
    let (world, engine, machine, request) = stopped();
    let start = json!({ "stateMachineArn": machine, "name": "other" });
    let start = world.begin(&engine, "StartExecution", &start);
    turns(&world);
    let asked = world.begin(&engine, "RedriveExecution", &request);
    turns(&world);
    // The disk has what was there before, and whoever asked has not been told yet.
    assert!(engine.inner.log.pump());
    redrive(&engine, &request);
    turns(&world);
    assert!(!asked.is_finished(), "the redrive is not durable");
    let told = world.end(&engine, asked).expect("it goes on");
    assert!(told["redriveDate"].is_number(), "{told}");
    world.end(&engine, start).expect("started");
    let told = described(&world, &engine, &request);
    assert_eq!(told["redriveCount"], json!(1));
}

#[test]
fn a_redrive_that_a_crash_takes_back_was_acknowledged_to_nobody() {
    let (world, engine, _, request) = stopped();
    let asked = [(); 2].map(|()| {
        let asked = world.begin(&engine, "RedriveExecution", &request);
        turns(&world);
        asked
    });
    assert_eq!(engine.inner.index().running_in_all(), 1);
    for asked in asked {
        assert!(!asked.is_finished());
        asked.abort();
    }
    world.turn();
    world.kill(engine);

    let engine = world.open();
    world.settle(&engine);
    let told = described(&world, &engine, &request);
    assert_eq!(told["status"], json!("ABORTED"));
    assert_eq!(told["redriveCount"], json!(0));
}
