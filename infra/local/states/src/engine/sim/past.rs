//! What had closed before the start is read in while the engine serves.

use std::path::Path;

use serde_json::{Value, json};

use super::super::{Engine, Subject};
use super::hand::Driven;
use crate::log::{Files, Owner, push_frame};

/// Closed executions: some frames of a snapshot.
const CLOSED: usize = 600;
/// Text that is in the definition of one machine only.
const MARK: &str = "the one whose definition is damaged";

/// Closed executions of `m` and an open one in a snapshot; those of `also` as well.
fn with_snapshot(also: usize) -> (Driven, Value) {
    let mut world = Driven::new();
    let engine = world.open();
    let machine = world.machine(&engine, "m", &json!({ "Type": "Succeed" }));
    for n in 0..CLOSED {
        world.start(&engine, &machine, &format!("c{n}"));
    }
    let other = world.machine(
        &engine,
        "marked",
        &json!({ "Type": "Succeed", "Comment": MARK }),
    );
    for n in 0..also {
        world.start(&engine, &other, &format!("c{n}"));
    }
    let waits = json!({ "Type": "Wait", "Seconds": 5, "End": true });
    let waits = world.machine(&engine, "waits", &waits);
    world.start(&engine, &waits, "open");
    engine.inner.snapshot().expect("a snapshot");
    world.kill(engine);
    world.reads_first = false;
    (world, machine)
}

/// Runs the engine until what has closed is known.
fn known(world: &Driven, engine: &Engine) {
    world.runtime.block_on(engine.inner.past_known());
}

fn listed(world: &Driven, engine: &Engine, machine: &Value) -> usize {
    let request = json!({ "stateMachineArn": machine, "maxResults": 1000 });
    let told = world.ask(engine, "ListExecutions", &request);
    told["executions"].as_array().expect("a list").len()
}

#[test]
fn who_asks_about_what_may_have_closed_waits_and_the_open_go_on() {
    let (world, machine) = with_snapshot(0);
    let engine = world.open();
    assert!(!engine.inner.past_is_known());
    let list = json!({ "stateMachineArn": machine, "maxResults": 1000 });
    let list = world.begin(&engine, "ListExecutions", &list);
    let arn = "arn:aws:states:us-east-1:000000000000:execution:m:c5";
    let described = json!({ "executionArn": arn });
    let described = world.begin(&engine, "DescribeExecution", &described);
    let taken = json!({ "stateMachineArn": machine, "name": "c7", "input": "[]" });
    let taken = world.begin(&engine, "StartExecution", &taken);
    world.clock.advance_to(world.clock.now_ms() + 5_000);
    let mut gone_on = false;
    while !engine.inner.past_is_known() {
        assert!(!list.is_finished() && !described.is_finished() && !taken.is_finished());
        engine.inner.log.pump();
        gone_on |= engine.inner.index().running_in_all() == 0;
        world.runtime.block_on(tokio::task::yield_now());
    }
    assert!(gone_on, "the open one came to its end meanwhile");
    let told = world.end(&engine, list).expect("a list");
    assert_eq!(told["executions"].as_array().map(Vec::len), Some(CLOSED));
    let told = world.end(&engine, described).expect("it is there");
    assert_eq!(told["status"], json!("SUCCEEDED"));
    let error = world.end(&engine, taken).expect_err("the name is taken");
    assert_eq!(error.name(), "ExecutionAlreadyExists");
    assert!(engine.damage().is_empty());
}

#[test]
fn what_was_forgotten_since_the_snapshot_stays_forgotten() {
    let (mut world, machine) = with_snapshot(0);
    world.keep_closed = 10;
    let engine = world.open();
    known(&world, &engine);
    engine.inner.forget_expired();
    world.settle(&engine);
    assert_eq!(listed(&world, &engine, &machine), 10);
    world.kill(engine);
    let engine = world.open();
    assert!(!engine.inner.past_is_known());
    known(&world, &engine);
    assert_eq!(listed(&world, &engine, &machine), 10);
}

#[test]
fn a_snapshot_is_not_taken_before_all_is_known() {
    let (world, machine) = with_snapshot(0);
    let path = Path::new("/driven/snapshot");
    let before = world.disk.read(path).expect("a snapshot");
    let engine = world.open();
    engine.inner.snapshot().expect("nothing happens");
    assert!(world.disk.read(path).expect("a snapshot") == before);
    known(&world, &engine);
    engine.inner.snapshot().expect("a snapshot");
    world.kill(engine);
    let engine = world.open();
    assert_eq!(listed(&world, &engine, &machine), CLOSED);
}

#[test]
fn executions_whose_definition_is_damaged_are_named() {
    const LOST: usize = 3;
    for reads_first in [true, false] {
        let (mut world, machine) = with_snapshot(LOST);
        world.reads_first = reads_first;
        let flipped = world.disk.flip(|path, bytes| {
            let is_snapshot = path.file_name().is_some_and(|name| name == "snapshot");
            let at = bytes
                .windows(MARK.len())
                .position(|at| at == MARK.as_bytes());
            at.filter(|_| is_snapshot).map(|at| (at, at + MARK.len()))
        });
        assert!(flipped.is_some());
        let engine = world.open();
        known(&world, &engine);
        let damage = engine.damage();
        let frames = damage.iter().filter(|d| d.subject == Subject::Other);
        assert_eq!(frames.count(), 1, "{damage:?}");
        let mut lost: Vec<&str> = damage
            .iter()
            .filter_map(|damage| match &damage.subject {
                Subject::Lost { arn, .. } => arn.as_deref(),
                Subject::Execution(_) | Subject::Beginning { .. } => None,
                Subject::Segment | Subject::Tokens | Subject::Other => None,
            })
            .collect();
        lost.sort_unstable();
        let marked = "arn:aws:states:us-east-1:000000000000:execution:marked";
        let expected: Vec<String> = (0..LOST).map(|n| format!("{marked}:c{n}")).collect();
        assert_eq!(lost, expected, "read first: {reads_first}");
        assert_eq!(damage.len(), 1 + LOST, "and nothing else");
        assert_eq!(listed(&world, &engine, &machine), CLOSED);
    }
}

#[test]
fn a_frame_that_cannot_be_understood_is_named_with_its_place() {
    for reads_first in [true, false] {
        let (mut world, machine) = with_snapshot(0);
        world.reads_first = reads_first;
        let path = Path::new("/driven/snapshot");
        let mut bytes = world.disk.read(path).expect("a snapshot");
        let offset = bytes.len() as u64;
        // Closed executions by its first byte, and nothing that this program wrote.
        push_frame(&mut bytes, Owner::NOBODY, &[4, 0xff, 0xff, 0xff]);
        let mut parts = std::iter::once(bytes);
        world.disk.replace(path, &mut parts).expect("replaced");
        let engine = world.open();
        known(&world, &engine);
        let damage = engine.damage();
        let [found] = damage.as_slice() else {
            panic!("{damage:?}")
        };
        assert_eq!((found.path.as_path(), found.offset), (path, offset));
        assert_eq!(found.subject, Subject::Other);
        assert_eq!(listed(&world, &engine, &machine), CLOSED);
    }
}
