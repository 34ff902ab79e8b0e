//! What clients ask of the engine, and what they make of the answers.

use std::sync::Arc;

use rand::RngExt;
use serde_json::{Value, json};

use super::machines::{BRIEF, brief};
use super::world::{Kind, Life, World};
use crate::api::{ask, made_durable};

/// What a client waits for.
#[derive(Debug)]
pub(super) enum Asked {
    Start(Arc<str>, u64),
    /// The start of an execution whose machine may be deleted.
    Brief(Arc<str>, u64),
    /// The start of an Express execution with this number.
    Express(u64),
    /// That the ends of these Express executions are durable.
    Ends(Vec<Arc<str>>),
    Success {
        token: String,
        value: u64,
        of: Option<Arc<str>>,
    },
    Stop(Arc<str>),
    Redrive(Arc<str>),
    Poll,
    Other,
}

impl World {
    fn ask(&mut self, life: &mut Life, asked: Asked, operation: &'static str, request: Value) {
        let inner = Arc::clone(&life.engine.inner);
        let answer = life
            .runtime
            .spawn(async move { ask(&inner, operation, request.to_string().as_bytes()).await });
        life.asked.push((asked, answer));
    }

    pub(super) fn start(&mut self, life: &mut Life) {
        let machines: Vec<String> = self.book.machines.values().cloned().collect();
        let machine = &machines[self.chance.random_range(0..machines.len())];
        self.start_of(life, machine, Asked::Start);
    }

    /// A machine is made, started, and deleted with what runs of it, again and again.
    pub(super) fn brief(&mut self, life: &mut Life) {
        match self.chance.random_range(0..5) {
            0 => {
                let request = json!({
                    "name": "brief", "roleArn": "arn:aws:iam::000000000000:role/sim", "definition": brief().to_string()
                });
                self.ask(life, Asked::Other, "CreateStateMachine", request);
            }
            1 => {
                let request = json!({ "stateMachineArn": BRIEF });
                self.ask(life, Asked::Other, "DeleteStateMachine", request);
            }
            _start => self.start_of(life, BRIEF, Asked::Brief),
        }
    }

    fn start_of(&mut self, life: &mut Life, machine: &str, asked: fn(Arc<str>, u64) -> Asked) {
        self.named += 1;
        let (name, n) = (format!("e{}", self.named), u64::from(self.named));
        let arn = format!(
            "{}:{name}",
            machine.replace(":stateMachine:", ":execution:")
        );
        let input = json!({ "n": n }).to_string();
        let request = json!({ "stateMachineArn": machine, "name": name, "input": input });
        self.ask(life, asked(arn.into(), n), "StartExecution", request);
    }

    /// Starts an Express execution that nobody waits for.
    pub(super) fn start_express(&mut self, life: &mut Life) {
        self.named += 1;
        let n = u64::from(self.named);
        let (name, input) = (format!("e{n}"), json!({ "n": n }).to_string());
        let request =
            json!({ "stateMachineArn": super::machines::EXPRESS, "name": name, "input": input });
        self.ask(life, Asked::Express(n), "StartExecution", request);
    }

    /// As upkeep does: the ends of Express executions are recorded.
    pub(super) fn record_ends(&mut self, life: &mut Life) {
        let inner = Arc::clone(&life.engine.inner);
        inner.record_ends();
        let ended = self.express.ended(&inner);
        let durable = life
            .runtime
            .spawn(async move { made_durable(&inner).await.map(|()| Value::Null) });
        life.asked.push((Asked::Ends(ended), durable));
    }

    pub(super) fn answer(&mut self, life: &mut Life) {
        let tokens = self.functions.tokens();
        if tokens.is_empty() {
            return;
        }
        let token = tokens[self.chance.random_range(0..tokens.len())].clone();
        match self.chance.random_range(0..10) {
            0 => {
                let request = json!({ "taskToken": token, "error": "Told", "cause": "so" });
                self.ask(life, Asked::Other, "SendTaskFailure", request);
            }
            1 | 2 => {
                let request = json!({ "taskToken": token });
                self.ask(life, Asked::Other, "SendTaskHeartbeat", request);
            }
            _success => {
                let value = self.functions.unique();
                let request = json!({ "taskToken": token, "output": value.to_string() });
                let of = self.holder(life, &token);
                let asked = Asked::Success { token, value, of };
                self.ask(life, asked, "SendTaskSuccess", request);
            }
        }
    }

    /// The execution of a token.
    fn holder(&self, life: &Life, token: &str) -> Option<Arc<str>> {
        let (id, _) = life.engine.inner.secret.task(token)?;
        let shard = life.engine.inner.shard_by_id(id);
        shard.slots.get(&id).map(|slot| Arc::clone(slot.arn()))
    }

    /// A worker asks for a task; if there is none, it waits.
    pub(super) fn poll(&mut self, life: &mut Life) {
        let request = json!({ "activityArn": super::machines::ACTIVITY, "workerName": "hand" });
        self.ask(life, Asked::Poll, "GetActivityTask", request);
    }

    fn any_known(&mut self) -> Option<Arc<str>> {
        let count = self.book.executions.len();
        let nth = (count > 0).then(|| self.chance.random_range(0..count))?;
        self.book.executions.keys().nth(nth).map(Arc::clone)
    }

    pub(super) fn stop(&mut self, life: &mut Life) {
        if let Some(arn) = self.any_known() {
            let request = json!({ "executionArn": &*arn, "error": "Stopped" });
            self.ask(life, Asked::Stop(arn), "StopExecution", request);
        }
    }

    pub(super) fn redrive(&mut self, life: &mut Life) {
        if let Some(arn) = self.any_known() {
            let request = json!({ "executionArn": &*arn });
            self.ask(life, Asked::Redrive(arn), "RedriveExecution", request);
        }
    }

    /// Notes the answers that have come.
    pub(super) fn collect(&mut self, life: &mut Life) {
        let (come, left): (Vec<_>, Vec<_>) = std::mem::take(&mut life.asked)
            .into_iter()
            .partition(|(_, answer)| answer.is_finished());
        life.asked = left;
        for (asked, answer) in come {
            let answer = life.runtime.block_on(answer).expect("it does not panic");
            self.note(&asked, &answer);
            let refused = answer.as_ref().is_err_and(|error| error.status() == 400);
            match (asked, answer) {
                (Asked::Start(arn, n) | Asked::Brief(arn, n), Ok(_)) => {
                    // What is damaged is named by its number if its name is what is damaged.
                    let shard = life.engine.inner.shard_by_arn(&arn);
                    let id = shard.find(&arn).map(|(id, _)| id.0);
                    drop(shard);
                    let known = self.book.executions.entry(arn).or_default();
                    known.acknowledged = true;
                    known.n = Some(n);
                    known.id = id;
                }
                (Asked::Express(_), Ok(told)) => {
                    let arn = told["executionArn"].as_str().expect("an ARN");
                    self.express.acknowledge(&life.engine.inner, arn.into());
                }
                (Asked::Express(n), Err(error)) => {
                    let excused = self.kind == Kind::Faults || self.book.machines_damaged;
                    assert!(excused, "the Express execution {n} does not start: {error}");
                }
                (Asked::Ends(ended), Ok(_)) => self.express.recorded(&ended),
                (Asked::Success { token, value, of }, Ok(_)) => {
                    self.functions.drop_token(&token);
                    let of = of.expect("only a task of an execution is answered");
                    // The start may not have been acknowledged, or never will be; but what was taken is kept.
                    let known = self.book.executions.entry(of).or_default();
                    known.acknowledged = true;
                    known.taken.insert(value);
                }
                (Asked::Success { token, .. }, Err(_)) if refused => {
                    self.functions.drop_token(&token);
                }
                (Asked::Stop(arn), Ok(_)) => {
                    self.book.executions.entry(arn).or_default().stopped = true;
                }
                (Asked::Redrive(arn), Ok(_)) => {
                    self.book.executions.entry(arn).or_default().redrives += 1;
                }
                (Asked::Poll, Ok(told)) => {
                    if let Some(token) = told["taskToken"].as_str() {
                        self.functions.hand(token.to_owned());
                    }
                }
                (Asked::Start(arn, _), Err(error)) => {
                    let excused = self.kind == Kind::Faults || self.book.machines_damaged;
                    assert!(excused, "{arn} does not start: {error}");
                }
                (Asked::Brief(arn, _), Err(error)) => {
                    let excused = self.kind == Kind::Faults || self.book.machines_damaged;
                    assert!(refused || excused, "{arn} does not start: {error}");
                }
                (Asked::Success { .. } | Asked::Stop(_) | Asked::Redrive(_), Err(_)) => {}
                (Asked::Poll | Asked::Ends(_), Err(_)) | (Asked::Other, _) => {}
            }
        }
        self.note_forgotten(life);
    }

    /// What retention has taken is not lost.
    pub(super) fn note_forgotten(&mut self, life: &Life) {
        if self.kind != Kind::Retention || !life.engine.inner.past_is_known() {
            return;
        }
        for (arn, known) in &mut self.book.executions {
            if life.engine.inner.shard_by_arn(arn).find(arn).is_none() {
                known.forgotten = true;
            }
        }
    }
}
