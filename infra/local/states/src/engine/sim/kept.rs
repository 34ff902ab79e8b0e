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
