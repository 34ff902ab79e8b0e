//! A history that is told as it grows, or by pages, is the history told at once.

use serde_json::{Value, json};

use super::super::pages::MAX_PAGE_BYTES;
use super::super::{Ask, Engine, Teller, reading};
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

/// So much is told at a time.
const PIECE_BYTES: usize = 1_000;

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
        let before = self.so_far.len();
        loop {
            let teller = &mut self.teller;
            let told = inner.told_on(teller, self.id, position, &revisions, PIECE_BYTES);
            let piece = told.expect("it can be told on");
            let bytes: usize = piece.events.iter().map(Event::size).sum();
            let last = piece.events.last().map_or(0, Event::size);
            assert!(bytes - last < PIECE_BYTES, "a piece of {bytes} bytes");
            self.so_far.extend(piece.events);
            if !piece.more {
                return self.so_far.len() - before;
            }
        }
    }

    fn at_once(&self) -> Vec<Event> {
        let inner = &self.engine.inner;
        let (position, revisions) = reading(&inner.shard_by_id(self.id).slots[&self.id]);
        let chronicle = inner.chronicle(self.id, position).expect("a chronicle");
        chronicle.events(&revisions, true).expect("a history")
    }

    /// The history by pages, its oldest event first, and the most records that one page but the first was told from
    /// and the most frames that were read for it.
    fn by_pages(&self, most: usize, reverse: bool) -> (Vec<Event>, [usize; 2]) {
        let inner = &self.engine.inner;
        let (position, revisions) = reading(&inner.shard_by_id(self.id).slots[&self.id]);
        let (mut events, mut first, mut cost) = (Vec::<Event>::new(), true, [0, 0]);
        loop {
            let ask = Ask {
                shown: events.last().map(|event| event.id),
                reverse,
                most,
                with_data: true,
            };
            let page = inner.page(self.id, position, &revisions, ask);
            let page = page.expect("a page");
            let bytes: usize = page.events.iter().map(Event::size).sum();
            assert!(page.events.len() == most || !page.more || bytes > MAX_PAGE_BYTES / 2);
            assert!(bytes <= MAX_PAGE_BYTES, "a page of {bytes} bytes");
            events.extend(page.events);
            if !std::mem::take(&mut first) {
                cost = [cost[0].max(page.told), cost[1].max(page.read)];
            }
            if !page.more {
                break;
            }
        }
        if reverse {
            events.reverse();
        }
        (events, cost)
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
        teller: Teller::new(true, 0),
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
    for most in [1, 3, 1_000] {
        for reverse in [false, true] {
            assert_eq!(told.so_far, told.by_pages(most, reverse).0, "{most}");
        }
    }
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

/// Counts to a number, then waits.
fn counter(to: u32) -> Value {
    json!({ "QueryLanguage": "JSONata", "StartAt": "Begin", "States": {
        "Begin": { "Type": "Pass", "Assign": { "n": 0 }, "Next": "Count" },
        "Count": { "Type": "Pass", "Assign": { "n": "{% $n + 1 %}" }, "Next": "More" },
        "More": { "Type": "Choice", "Choices": [
            { "Condition": format!("{{% $n < {to} %}}"), "Next": "Count" }], "Default": "Wait" },
        "Wait": { "Type": "Wait", "Seconds": 5, "End": true } } })
}

#[test]
fn a_page_of_a_long_history_is_told_from_little_more_than_it_shows() {
    let world = Driven::new();
    let engine = world.open();
    let machine = world.machine_of(&engine, "m", &counter(1_500));
    let execution = world.start(&engine, &machine, "e");
    let told = started(&world, &engine, &execution);
    let mut counts = Vec::new();
    for closed in [false, true] {
        if closed {
            world.clock.advance_to(world.clock.now_ms() + 5_000);
        }
        world.settle(&engine);
        let whole = told.at_once();
        counts.push(whole.len());
        for reverse in [true, false, true] {
            let (events, [most_told, _]) = told.by_pages(100, reverse);
            assert!(events == whole, "reverse: {reverse}");
            assert!(most_told < 600, "{most_told} records for 100 events");
        }
        let (_, bytes) = engine.inner.tales.kept();
        assert!((1..1_048_576).contains(&bytes), "{bytes} bytes are kept");
    }
    assert!(counts[0] > 6_000 && counts[1] > counts[0], "{counts:?}");
}

#[test]
fn a_page_of_many_frames_is_read_from_few() {
    let world = Driven::new();
    let engine = world.open();
    let waits = json!({ "QueryLanguage": "JSONata", "StartAt": "Begin", "States": {
        "Begin": { "Type": "Pass", "Assign": { "n": 0 }, "Next": "Wait" },
        "Wait": { "Type": "Wait", "Seconds": 1, "Assign": { "n": "{% $n + 1 %}" }, "Next": "More" },
        "More": { "Type": "Choice", "Choices": [
            { "Condition": "{% $n < 1200 %}", "Next": "Wait" }], "Default": "End" },
        "End": { "Type": "Succeed" } } });
    let machine = world.machine_of(&engine, "m", &waits);
    let execution = world.start(&engine, &machine, "e");
    let told = started(&world, &engine, &execution);
    while let Some(next_ms) = engine.next_deadline_ms() {
        world.clock.advance_to(next_ms);
        world.settle(&engine);
    }
    assert_eq!(world.status(&engine, &execution), json!("SUCCEEDED"));
    let whole = told.at_once();
    assert!(whole.len() > 4_800);
    for reverse in [false, true, false] {
        let (events, [most_told, most_read]) = told.by_pages(100, reverse);
        assert!(events == whole, "reverse: {reverse}");
        // Every second has a frame of its own, with four events.
        assert!(most_told < 600, "{most_told} records for 100 events");
        assert!(most_read < 400, "{most_read} frames for 100 events");
    }
}

#[test]
fn a_history_of_large_payloads_is_told_by_pieces_and_pages_that_are_not() {
    let world = Driven::new();
    let engine = world.open();
    // A megabyte of log at most, of which every state tells the whole input twice.
    let mut states = serde_json::Map::new();
    for n in 0..100 {
        let next = format!("P{}", n + 1);
        states.insert(format!("P{n}"), json!({ "Type": "Pass", "Next": next }));
    }
    states.insert("P100".to_owned(), json!({ "Type": "Succeed" }));
    let machine = world.machine_of(&engine, "m", &json!({ "StartAt": "P0", "States": states }));
    let input = json!("x".repeat(250_000)).to_string();
    let start = json!({ "stateMachineArn": machine, "name": "e", "input": input });
    let execution = world.ask(&engine, "StartExecution", &start)["executionArn"].clone();
    let mut told = started(&world, &engine, &execution);
    told.on();
    let whole = told.at_once();
    assert!(whole.len() > 200);
    assert!(told.so_far == whole);
    for (most, reverse) in [(1_000, false), (1_000, true), (20, true), (1_000, false)] {
        assert!(
            told.by_pages(most, reverse).0 == whole,
            "reverse: {reverse}"
        );
    }
    let request = json!({ "executionArn": execution, "maxResults": 1000 });
    let page = world.ask(&engine, "GetExecutionHistory", &request);
    assert!(page["nextToken"].is_string());
    assert!(page.to_string().len() < MAX_PAGE_BYTES + 1_048_576);
    // Who knows some of it already is told the rest.
    let inner = &engine.inner;
    let (position, revisions) = reading(&inner.shard_by_id(told.id).slots[&told.id]);
    let mut teller = Teller::new(true, 150);
    let piece = inner.told_on(&mut teller, told.id, position, &revisions, usize::MAX);
    assert!(piece.expect("it can be told").events == whole[150..]);
}
