//! Retention while somebody still counts on what has closed.

use serde_json::{Value, json};

use super::hand::Driven;

/// The child closes, retention passes by, and the process dies before its parent has been told.
fn survives(parent: &Value, child: &Value) {
    let world = Driven {
        keep_closed: 0,
        ..Driven::new()
    };
    let engine = world.open();
    world.machine(&engine, "child", child);
    let machine = world.machine(&engine, "parent", parent);
    let execution = world.start(&engine, &machine, "p");
    world.settle(&engine);
    world.clock.advance_to(world.clock.now_ms() + 5_000);
    // Its timer fires; nothing else runs, so nobody is told.
    engine.inner.tick();
    engine.inner.forget_expired();
    engine.inner.log.pump();
    world.kill(engine);

    let engine = world.open();
    // No time passes: the child does not run again.
    world.settle(&engine);
    let described = json!({ "executionArn": execution });
    let told = world.ask(&engine, "DescribeExecution", &described);
    assert_eq!(told["status"], json!("SUCCEEDED"), "{told}");
    assert_eq!(told["output"], json!("[\"SUCCEEDED\"]"), "{told}");
    engine.inner.forget_expired();
    world.settle(&engine);
    let kept = (0..super::super::SHARDS).map(|shard| engine.inner.shard(shard).slots.len());
    assert_eq!(kept.sum::<usize>(), 0, "then it goes");
}

fn wait() -> Value {
    json!({ "Type": "Wait", "Seconds": 5, "Output": "SUCCEEDED", "End": true })
}

#[test]
fn a_child_is_kept_until_the_task_that_waits_for_it_knows_its_end() {
    let parent = json!({ "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
        "Arguments": { "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:child" },
        "Output": "{% [$states.result.Status] %}" });
    survives(&parent, &wait());
}

#[test]
fn a_child_of_a_map_run_is_kept_until_the_run_knows_its_end_and_never_runs_twice() {
    let parent = json!({ "Type": "Map", "Items": [1], "End": true, "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "W", "States": { "W": wait() } } });
    survives(&parent, &wait());
}

#[test]
fn one_round_forgets_all_that_is_too_much() {
    const STARTED: usize = 350;
    let world = Driven {
        keep_closed: 10,
        ..Driven::new()
    };
    let engine = world.open();
    let machine = world.machine(&engine, "m", &json!({ "Type": "Succeed" }));
    for n in 0..STARTED {
        world.start(&engine, &machine, &format!("c{n}"));
    }
    world.settle(&engine);
    engine.inner.forget_expired();
    world.settle(&engine);
    let list = json!({ "stateMachineArn": machine, "maxResults": 1000 });
    let told = world.ask(&engine, "ListExecutions", &list);
    let names: Vec<&str> = told["executions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|listed| listed["name"].as_str())
        .collect();
    let last: Vec<String> = (STARTED - 10..STARTED)
        .rev()
        .map(|n| format!("c{n}"))
        .collect();
    assert_eq!(names, last);
}

#[test]
fn timers_of_what_was_stopped_do_not_pile_up() {
    const STOPPED: usize = 2_000;
    let world = Driven::new();
    let engine = world.open();
    let state = json!({ "Type": "Wait", "Seconds": 3_600, "End": true });
    let machine = world.machine(&engine, "m", &state);
    let timers = || {
        let of_shard = |shard| engine.inner.shard(shard).timers.len();
        (0..super::super::SHARDS).map(of_shard).sum::<usize>()
    };
    for n in 0..STOPPED {
        let execution = world.start(&engine, &machine, &format!("c{n}"));
        if n == 0 {
            assert_eq!(timers(), 1, "one that runs has its timer");
        }
        world.ask(
            &engine,
            "StopExecution",
            &json!({ "executionArn": execution }),
        );
    }
    world.settle(&engine);
    assert!(timers() < STOPPED / 2, "{}", timers());
}

#[test]
fn what_waits_without_any_deadline_ends_after_a_year() {
    let world = Driven::new();
    let engine = world.open();
    world.ask(&engine, "CreateActivity", &json!({ "name": "hands" }));
    let state = json!({ "Type": "Task", "Resource": super::machines::ACTIVITY, "End": true });
    let machine = world.machine(&engine, "m", &state);
    let execution = world.start(&engine, &machine, "parked");
    world.settle(&engine);
    assert_eq!(engine.inner.next_deadline_ms(), None, "it has no timer");
    let status = |at_ms| {
        world.clock.advance_to(at_ms);
        engine.inner.end_overdue();
        world.settle(&engine);
        let described = json!({ "executionArn": execution });
        world.ask(&engine, "DescribeExecution", &described)["status"].clone()
    };
    let year_ms = world.clock.now_ms() + crate::core::MAX_OPEN_MS;
    assert_eq!(status(year_ms - 1), json!("RUNNING"));
    assert_eq!(status(year_ms), json!("TIMED_OUT"));
}
