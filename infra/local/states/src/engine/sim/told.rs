//! A history that is told as it grows is the history told at once.

use serde_json::{Value, json};

use super::super::{Engine, Teller, reading};
use super::hand::Driven;
use crate::core::ExecutionId;
use crate::core::history::Event;
use crate::log::{FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES};

/// A callback, a wait, then whatever `last` is.
fn definition(last: &Value) -> Value {
    json!({ "QueryLanguage": "JSONata", "StartAt": "Turn", "States": {
        "Turn": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Arguments": { "FunctionName": "turn", "Payload": {
                "of": "{% $states.context.Execution.Id %}", "token": "{% $states.context.Task.Token %}" } },
            "Next": "Wait" },
        "Wait": { "Type": "Wait", "Seconds": 5, "Next": "Last" },
        "Last": last } })
}

struct Told<'a> {
    world: &'a Driven,
    engine: &'a Engine,
    id: ExecutionId,
    teller: Teller,
    so_far: Vec<Event>,
}

impl Told<'_> {
    /// What is new since the last time.
    fn on(&mut self) -> usize {
        self.world.settle(self.engine);
        let inner = &self.engine.inner;
        let (position, revisions) = reading(&inner.shard_by_id(self.id).slots[&self.id]);
        let told = inner.told_on(&mut self.teller, self.id, position, &revisions);
        let events = told.expect("it can be told on");
        let new = events.len();
        self.so_far.extend(events);
        new
    }

    fn at_once(&self) -> Vec<Event> {
        let inner = &self.engine.inner;
        let (position, revisions) = reading(&inner.shard_by_id(self.id).slots[&self.id]);
        let chronicle = inner.chronicle(self.id, position).expect("a chronicle");
        chronicle.events(&revisions, true).expect("a history")
    }

    /// Answers the callback.
    fn answer(&self) {
        let token = self.world.functions.tokens().pop().expect("a token");
        let done = json!({ "taskToken": token, "output": "7" });
        self.world.ask(self.engine, "SendTaskSuccess", &done);
    }
}

fn started<'a>(world: &'a Driven, engine: &'a Engine, execution: &Value) -> Told<'a> {
    let arn = execution.as_str().expect("an ARN");
    let id = engine.inner.shard_by_arn(arn).find(arn).expect("it runs").0;
    Told {
        world,
        engine,
        id,
        teller: Teller::new(true),
        so_far: Vec::new(),
    }
}

#[test]
fn a_history_told_as_it_grows_is_the_one_told_at_once_over_a_newer_definition_too() {
    let world = Driven::new();
    let engine = world.open();
    let fails = definition(&json!({ "Type": "Fail", "Error": "Not yet" }));
    let machine = world.machine_of(&engine, "m", &fails);
    let execution = world.start(&engine, &machine, "e");
    let mut told = started(&world, &engine, &execution);
    assert!(told.on() > 0, "it waits for its callback");
    assert_eq!(told.on(), 0, "nothing has happened since");
    told.answer();
    assert!(told.on() > 0, "it waits for a time");
    world.clock.advance_to(world.clock.now_ms() + 5_000);
    assert!(told.on() > 0, "it has failed");
    assert_eq!(told.so_far, told.at_once());

    let passes = definition(&json!({ "Type": "Pass", "End": true }));
    let change = json!({ "stateMachineArn": machine, "definition": passes.to_string() });
    world.ask(&engine, "UpdateStateMachine", &change);
    let newer = {
        let machines = engine.inner.machines();
        let machine = &machines.by_arn[machine.as_str().expect("an ARN")];
        std::sync::Arc::clone(&machines.revisions[&machine.revision])
    };
    let position = engine.inner.shard_by_id(told.id).slots[&told.id].position();
    let wreck = engine.inner.wreck(told.id, position, newer);
    let wreck = wreck.expect("it can be read back");
    {
        let mut shard = engine.inner.shard_by_id(told.id);
        let redriven = engine.inner.redrive(&mut shard, told.id, wreck, None);
        assert!(redriven.expect("the log takes it").is_some());
    }
    assert!(told.on() > 0, "it went on with the newer definition");
    assert_eq!(world.status(&engine, &execution), json!("SUCCEEDED"));
    assert_eq!(told.so_far, told.at_once());
    let ids: Vec<u32> = told.so_far.iter().map(|event| event.id).collect();
    assert_eq!(ids, (1..=ids.len() as u32).collect::<Vec<_>>());
}

#[test]
fn what_has_been_told_is_not_read_again() {
    let world = Driven::new();
    let engine = world.open();
    let machine = world.machine_of(&engine, "m", &definition(&json!({ "Type": "Succeed" })));
    let execution = world.start(&engine, &machine, "e");
    let mut told = started(&world, &engine, &execution);
    assert!(told.on() > 0);
    // Its first frame is damaged now: whoever needs it again fails.
    let first = {
        let (position, _) = reading(&engine.inner.shard_by_id(told.id).slots[&told.id]);
        position.offset() as usize
    };
    assert!(first >= SEGMENT_HEADER_BYTES);
    let payload = first + FRAME_HEADER_BYTES;
    let flipped = world.disk.flip(|path, bytes| {
        let is_log = path.extension().is_some_and(|name| name == "seg");
        (is_log && bytes.len() > payload).then_some((payload, payload + 1))
    });
    assert!(flipped.is_some());
    told.answer();
    assert!(told.on() > 0, "only what came since is read");
    world.clock.advance_to(world.clock.now_ms() + 5_000);
    assert!(told.on() > 0);
    let inner = &engine.inner;
    let position = inner.shard_by_id(told.id).slots[&told.id].position();
    assert!(inner.chronicle(told.id, position).is_err(), "it is damaged");
}
