//! An execution that moves now and then holds the segments of its own frames, not those of all that happens meanwhile.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::super::Engine;
use super::super::entry::Entry;
use super::hand::Driven;
use super::machines::ACTIVITY;
use crate::core::ExecutionId;
use crate::core::record::What;
use crate::log::list_segments;

/// Segments that are filled.
const ROUNDS: usize = 12;
/// It beats in one segment of so many.
const BETWEEN_BEATS: usize = 4;
/// Executions that end at once, in each segment.
const FILLING: usize = 3;

/// A machine whose executions end at once, and an execution that waits for a worker.
struct Parked {
    quick: Value,
    execution: Value,
    id: ExecutionId,
}

fn parked(world: &Driven, engine: &Engine) -> Parked {
    let name = ACTIVITY.rsplit(':').next();
    world.ask(engine, "CreateActivity", &json!({ "name": name }));
    let task = json!({ "Type": "Task", "Resource": ACTIVITY, "TimeoutSeconds": 150,
        "HeartbeatSeconds": 50, "End": true });
    let machine = world.machine(engine, "parked", &task);
    let quick = world.machine(engine, "quick", &json!({ "Type": "Succeed" }));
    let execution = world.start(engine, &machine, "e");
    let id = {
        let arn = execution.as_str().expect("an ARN");
        let shard = engine.inner.shard_by_arn(arn);
        let (id, _) = shard.find(arn).expect("it is there");
        id
    };
    Parked {
        quick,
        execution,
        id,
    }
}

/// A worker takes the task. Gives its token.
fn token(world: &Driven, engine: &Engine) -> Value {
    world.settle(engine);
    let request = json!({ "activityArn": ACTIVITY, "workerName": "w" });
    world.ask(engine, "GetActivityTask", &request)["taskToken"].clone()
}

impl Parked {
    /// Others fill a segment and are forgotten.
    fn fill(&self, world: &Driven, engine: &Engine, round: usize) {
        for n in 0..FILLING {
            world.start(engine, &self.quick, &format!("{round}-{n}"));
        }
        world.settle(engine);
        engine.inner.forget_expired();
        world.settle(engine);
        engine.inner.snapshot().expect("a snapshot");
    }

    /// The segments of its frames, found from the last one back.
    fn held(&self, engine: &Engine) -> BTreeSet<u32> {
        let last = {
            let shard = engine.inner.shard_by_id(self.id);
            shard.slots[&self.id].position()
        };
        let mut held = BTreeSet::new();
        let mut next = Some(last);
        while let Some(at) = next {
            held.insert(at.segment());
            let frame = engine.inner.reader.read(at).expect("a frame");
            let trace = Entry::trace(&frame);
            assert_eq!(trace.id, Some(self.id.0));
            next = trace.previous;
        }
        held
    }

    /// The folder has its segments, the one that is being written, and no others. Gives how many are its own.
    fn check(&self, world: &Driven, engine: &Engine) -> usize {
        let held = self.held(engine);
        let mut needed = held.clone();
        needed.insert(engine.inner.log.segment());
        assert_eq!(segments(world), needed);
        held.len()
    }

    /// The types of its events, which are all there.
    fn history(&self, world: &Driven, engine: &Engine) -> Vec<String> {
        let request = json!({ "executionArn": self.execution, "maxResults": 1000 });
        let told = world.ask(engine, "GetExecutionHistory", &request);
        let events = told["events"].as_array().expect("events");
        for (event, id) in events.iter().zip(1..) {
            assert_eq!(event["id"], json!(id));
        }
        let types = events.iter().filter_map(|event| event["type"].as_str());
        types.map(str::to_owned).collect()
    }
}

fn segments(world: &Driven) -> BTreeSet<u32> {
    let found = list_segments(&world.disk, Path::new("/driven/log"));
    found.expect("a log").into_iter().collect()
}

fn reopened(world: &Driven, engine: Engine) -> Engine {
    world.kill(engine);
    let engine = world.open();
    world.runtime.block_on(engine.inner.past_known());
    assert!(engine.damage().is_empty(), "{:?}", engine.damage());
    engine
}

fn succeeds(world: &Driven, engine: &Engine, token: &Value) {
    let done = json!({ "taskToken": token, "output": "1" });
    world.ask(engine, "SendTaskSuccess", &done);
    world.settle(engine);
}

#[test]
fn one_that_beats_now_and_then_holds_the_segments_of_its_beats_only() {
    for dies in [false, true] {
        let world = Driven {
            keep_closed: 0,
            ..Driven::new()
        };
        let mut engine = world.open();
        let parked = parked(&world, &engine);
        let token = token(&world, &engine);
        for round in 0..ROUNDS {
            if round % BETWEEN_BEATS == 0 {
                let beat = json!({ "taskToken": token });
                world.ask(&engine, "SendTaskHeartbeat", &beat);
            }
            // The gap is found in the log, or comes from the snapshot.
            if dies && round % 2 == 0 {
                engine = reopened(&world, engine);
            }
            parked.fill(&world, &engine, round);
            let held = parked.check(&world, &engine);
            assert!(held <= 1 + round / BETWEEN_BEATS, "{held} of {round}");
        }
        succeeds(&world, &engine, &token);
        engine.inner.snapshot().expect("a snapshot");
        parked.check(&world, &engine);
        let engine = reopened(&world, engine);
        engine.inner.snapshot().expect("a snapshot");
        parked.check(&world, &engine);
        let position = engine.inner.shard_by_id(parked.id).slots[&parked.id].position();
        let told = engine.inner.chronicle(parked.id, position);
        let told = told.expect("all of it can be read");
        let beats = told.records.iter();
        let beats = beats.filter(|record| matches!(record.what, What::Beat { .. }));
        assert_eq!(beats.count(), ROUNDS.div_ceil(BETWEEN_BEATS));
        let history = parked.history(&world, &engine);
        assert_eq!(
            history.first().map(String::as_str),
            Some("ExecutionStarted")
        );
        assert_eq!(
            history.last().map(String::as_str),
            Some("ExecutionSucceeded")
        );

        engine.inner.forget_expired();
        world.settle(&engine);
        engine.inner.snapshot().expect("a snapshot");
        assert_eq!(segments(&world).len(), 1, "then all of it goes");
    }
}

#[test]
fn one_that_closes_and_goes_on_holds_no_more_than_its_segments() {
    let mut world = Driven {
        keep_closed: 0,
        ..Driven::new()
    };
    let engine = world.open();
    let parked = parked(&world, &engine);
    token(&world, &engine);
    for round in 0..3 {
        parked.fill(&world, &engine, round);
    }
    let request = json!({ "executionArn": parked.execution });
    world.ask(&engine, "StopExecution", &request);
    world.settle(&engine);
    for _ in 0..3 {
        engine.inner.snapshot().expect("a snapshot");
    }
    assert_eq!(parked.check(&world, &engine), 2);
    // What has closed is read in by the engine that serves.
    world.reads_first = false;
    let engine = reopened(&world, engine);
    engine.inner.snapshot().expect("a snapshot");
    assert_eq!(parked.check(&world, &engine), 2);

    world.ask(&engine, "RedriveExecution", &request);
    let token = token(&world, &engine);
    // The redrive is read from the log, and what it follows from the snapshot.
    let engine = reopened(&world, engine);
    for round in 3..6 {
        parked.fill(&world, &engine, round);
    }
    assert_eq!(parked.check(&world, &engine), 3);
    succeeds(&world, &engine, &token);
    engine.inner.snapshot().expect("a snapshot");
    let engine = reopened(&world, engine);
    engine.inner.snapshot().expect("a snapshot");
    assert_eq!(parked.check(&world, &engine), 4);
    let history = parked.history(&world, &engine);
    assert_eq!(
        history.first().map(String::as_str),
        Some("ExecutionStarted")
    );
    assert!(
        history.iter().any(|it| it == "ExecutionRedriven"),
        "{history:?}"
    );
    assert_eq!(
        history.last().map(String::as_str),
        Some("ExecutionSucceeded")
    );
}
