//! An engine that a test drives by hand: its disk, its clock and every turn of it.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::super::{Clock, Config, Engine, Inner};
use super::clients::Functions;
use super::disk::SimDisk;
use crate::api::{Answer, ask};
use crate::log::{Drive, Hand};

/// What outlives the engine.
pub(super) struct Driven {
    pub(super) runtime: Runtime,
    pub(super) disk: SimDisk,
    pub(super) clock: Clock,
    /// Its functions.
    pub(super) functions: Functions,
    /// Closed executions that are kept.
    pub(super) keep_closed: usize,
    pub(super) reads_first: bool,
}

impl Driven {
    pub(super) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread();
        Self {
            runtime: { runtime }.enable_all().build().expect("a runtime"),
            disk: SimDisk::new(1),
            clock: Clock::driven(1_767_225_600_000),
            functions: Functions::new(1),
            keep_closed: 100_000,
            reads_first: true,
        }
    }

    pub(super) fn open(&self) -> Engine {
        let config = Config {
            clock: self.clock.clone(),
            keep_closed: self.keep_closed,
            drain_ms: 0,
            seed: Some(1),
            ..Config::new("/driven")
        };
        let disk = Arc::new(self.disk.clone());
        let drive = Drive::Hand(Hand {
            seed: 1,
            reads_first: self.reads_first,
        });
        let opened = self.runtime.block_on(async {
            Engine::open_on(disk, drive, config, Arc::new(self.functions.clone()))
        });
        opened.expect("the engine opens")
    }

    /// The process dies, and what was not synced with it.
    pub(super) fn kill(&self, engine: Engine) {
        drop(engine);
        self.disk.crash();
    }

    /// Asks; the answer comes with later turns.
    pub(super) fn begin(
        &self,
        engine: &Engine,
        operation: &'static str,
        body: &Value,
    ) -> JoinHandle<Answer> {
        let (inner, body) = (Arc::clone(&engine.inner), body.to_string());
        self.runtime
            .spawn(async move { ask(&inner, operation, body.as_bytes()).await })
    }

    /// The answer to what was asked. The log is written until it is there.
    pub(super) fn end(&self, engine: &Engine, asked: JoinHandle<Answer>) -> Answer {
        let inner: Arc<Inner> = Arc::clone(&engine.inner);
        self.runtime.block_on(async {
            while !asked.is_finished() {
                inner.log.pump();
                tokio::task::yield_now().await;
            }
            asked.await.expect("no panic")
        })
    }

    /// Asks, and writes the log until there is an answer.
    pub(super) fn ask(&self, engine: &Engine, operation: &'static str, body: &Value) -> Value {
        let asked = self.begin(engine, operation, body);
        let answer = self.end(engine, asked);
        answer.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// Everything happens that can, and is written.
    pub(super) fn settle(&self, engine: &Engine) {
        loop {
            self.turn();
            if !engine.inner.log.pump() && engine.inner.aside.is_idle() {
                return;
            }
        }
    }

    /// Everything happens that can while the disk stands still.
    pub(super) fn turn(&self) {
        self.runtime.block_on(async {
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
        });
    }

    /// Makes a state machine of one state and gives its ARN.
    pub(super) fn machine(&self, engine: &Engine, name: &str, state: &Value) -> Value {
        let definition =
            json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": state } });
        self.machine_of(engine, name, &definition)
    }

    /// Makes a state machine and gives its ARN.
    pub(super) fn machine_of(&self, engine: &Engine, name: &str, definition: &Value) -> Value {
        let made = json!({ "name": name, "roleArn": "arn:aws:iam::000000000000:role/r",
            "definition": definition.to_string() });
        self.ask(engine, "CreateStateMachine", &made)["stateMachineArn"].clone()
    }

    /// Starts an execution and gives its ARN.
    pub(super) fn start(&self, engine: &Engine, machine: &Value, name: &str) -> Value {
        let started = json!({ "stateMachineArn": machine, "name": name });
        self.ask(engine, "StartExecution", &started)["executionArn"].clone()
    }

    /// How an execution stands.
    pub(super) fn status(&self, engine: &Engine, execution: &Value) -> Value {
        let described = json!({ "executionArn": execution });
        self.ask(engine, "DescribeExecution", &described)["status"].clone()
    }
}
