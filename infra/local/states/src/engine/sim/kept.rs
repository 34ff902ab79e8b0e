//! Retention while somebody still counts on what has closed.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::super::{Clock, Config, Engine};
use super::clients::Functions;
use super::disk::SimDisk;
use crate::api::ask;
use crate::log::Drive;

/// An engine that keeps no closed execution longer than it must.
struct Forgetful {
    runtime: Runtime,
    disk: SimDisk,
    clock: Clock,
}

impl Forgetful {
    fn open(&self) -> Engine {
        let config = Config {
            clock: self.clock.clone(),
            keep_closed: 0,
            drain_ms: 0,
            ..Config::new("/kept")
        };
        let disk = Arc::new(self.disk.clone());
        let opened = self.runtime.block_on(async {
            Engine::open_on(disk, Drive::Hand, config, Arc::new(Functions::new(1)))
        });
        opened.expect("the engine opens")
    }

    /// Asks, and writes the log until there is an answer.
    fn ask(&self, engine: &Engine, operation: &'static str, body: Value) -> Value {
        let inner = Arc::clone(&engine.inner);
        let answer = self.runtime.block_on(async {
            let log = Arc::clone(&inner);
            let asked =
                tokio::spawn(
                    async move { ask(&inner, operation, body.to_string().as_bytes()).await },
                );
            while !asked.is_finished() {
                log.log.pump();
                tokio::task::yield_now().await;
            }
            asked.await.expect("no panic")
        });
        answer.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// Everything happens that can, and is written.
    fn settle(&self, engine: &Engine) {
        loop {
            self.turn();
            if !engine.inner.log.pump() {
                return;
            }
        }
    }

    fn turn(&self) {
        self.runtime.block_on(async {
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
        });
    }

    fn machine(&self, engine: &Engine, name: &str, state: &Value) -> Value {
        let definition =
            json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": state } });
        let made = json!({ "name": name, "roleArn": "arn:aws:iam::000000000000:role/r",
            "definition": definition.to_string() });
        self.ask(engine, "CreateStateMachine", made)["stateMachineArn"].clone()
    }
}

fn forgetful() -> Forgetful {
    let runtime = tokio::runtime::Builder::new_current_thread();
    Forgetful {
        runtime: { runtime }.enable_all().build().expect("a runtime"),
        disk: SimDisk::new(1),
        clock: Clock::driven(1_767_225_600_000),
    }
}

/// The child closes, retention passes by, and the process dies before its parent has been told.
fn survives(parent: &Value, child: &Value) {
    let world = forgetful();
    let engine = world.open();
    world.machine(&engine, "child", child);
    let machine = world.machine(&engine, "parent", parent);
    let started = json!({ "stateMachineArn": machine, "name": "p" });
    let execution = world.ask(&engine, "StartExecution", started)["executionArn"].clone();
    world.settle(&engine);
    world.clock.advance_to(world.clock.now_ms() + 5_000);
    // Its timer fires; nothing else runs, so nobody is told.
    engine.inner.tick();
    engine.inner.forget_expired();
    engine.inner.log.pump();
    drop(engine);
    world.disk.crash();

    let engine = world.open();
    let closed_ms = world.clock.now_ms();
    world.settle(&engine);
    let described = json!({ "executionArn": execution });
    // What is read back is read on a thread of its own: asked until it has been told.
    let told = loop {
        world.settle(&engine);
        let told = world.ask(&engine, "DescribeExecution", described.clone());
        if told["status"] != json!("RUNNING") {
            break told;
        }
        world.clock.advance_to(world.clock.now_ms() + 1);
        let late_ms = world.clock.now_ms() - closed_ms;
        assert!(late_ms < 4_000, "the child runs again, or nobody is told");
        std::thread::yield_now();
    };
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
