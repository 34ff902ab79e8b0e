//! One world: clients, a process that dies, a disk that outlives it.

use std::path::Path;
use std::sync::Arc;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::super::{Clock, Config, Engine, Slot};
use super::book::Book;
use super::clients::{Functions, machines};
use super::disk::{Faults, SimDisk};
use crate::api::{Answer, ask};
use crate::log::Drive;

/// When every world begins, in milliseconds since 1970.
const START_MS: i64 = 1_767_225_600_000;
const LIVES: u32 = 6;
const STEPS: u32 = 120;
/// Closed executions that are kept, where retention is tried.
const KEEP: usize = 12;

/// What goes wrong in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The process dies.
    Kills,
    /// The disk tears, fails and fills up as well.
    Faults,
    /// Bits flip between two lives.
    Flips,
    /// Few closed executions are kept.
    Retention,
}

pub(super) struct World {
    kind: Kind,
    chance: SmallRng,
    disk: SimDisk,
    clock: Clock,
    functions: Functions,
    book: Book,
    named: u32,
    /// Bits that have flipped.
    flips: u32,
    transitions: u64,
}

/// One process.
struct Life {
    runtime: Runtime,
    engine: Engine,
    asked: Vec<(Asked, JoinHandle<Answer>)>,
}

/// What a client waits for.
#[derive(Debug)]
enum Asked {
    Start(Arc<str>),
    Success {
        token: String,
        value: u64,
        of: Option<Arc<str>>,
    },
    Stop(Arc<str>),
    Other,
}

impl World {
    pub(super) fn new(seed: u64, kind: Kind) -> Self {
        Self {
            kind,
            chance: SmallRng::seed_from_u64(seed),
            disk: SimDisk::new(seed),
            clock: Clock::driven(START_MS),
            functions: Functions::new(seed),
            book: Book::default(),
            named: 0,
            flips: 0,
            transitions: 0,
        }
    }

    /// Lives and dies; gives the transitions there were.
    pub(super) fn run(mut self) -> u64 {
        for _ in 0..LIVES {
            let mut life = self.open();
            self.settle(&mut life);
            self.book.excuse(&life.engine.inner, self.flips > 0);
            self.verify(&mut life);
            self.make_machines(&mut life);
            for _ in 0..STEPS {
                self.step(&mut life);
            }
            life.runtime.shutdown_background();
            drop(life.engine);
            self.disk.crash();
            if self.kind == Kind::Flips && self.flip() {
                self.flips += 1;
            }
        }
        let mut life = self.open();
        self.book.excuse(&life.engine.inner, self.flips > 0);
        // Everything that is still open comes to its end by its own deadlines.
        for _ in 0..2_000 {
            self.settle(&mut life);
            let Some(next_ms) = life.engine.next_deadline_ms() else {
                break;
            };
            self.clock.advance_to(next_ms);
        }
        self.verify(&mut life);
        for number in 0..super::super::SHARDS {
            let shard = life.engine.inner.shard(number);
            let open = shard
                .slots
                .values()
                .find(|slot| matches!(slot, Slot::Live(_)));
            assert!(open.is_none(), "{open:?} never ends");
        }
        self.transitions
    }

    fn config(&self) -> Config {
        let keep_closed = match self.kind {
            Kind::Retention => KEEP,
            Kind::Kills | Kind::Faults | Kind::Flips => 100_000,
        };
        Config {
            clock: self.clock.clone(),
            keep_closed,
            drain_ms: 0,
            ..Config::new("/sim")
        }
    }

    fn open(&mut self) -> Life {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let later_ms = self.clock.now_ms() + self.chance.random_range(0..60_000);
        self.clock.advance_to(later_ms);
        if self.kind == Kind::Faults && self.chance.random_bool(0.3) {
            let faults = Faults {
                read_fails: true,
                ..Faults::default()
            };
            self.disk.set_faults(faults);
            let refused = runtime.block_on(async { self.engine() });
            assert!(
                refused.is_err(),
                "it opens although the disk does not answer"
            );
            drop(refused);
            self.disk.crash();
        }
        let engine = runtime.block_on(async { self.engine() });
        Life {
            engine: engine.expect("the engine opens"),
            runtime,
            asked: Vec::new(),
        }
    }

    fn engine(&self) -> Result<Engine, super::super::OpenError> {
        let functions = Arc::new(self.functions.clone());
        let disk = Arc::new(self.disk.clone());
        Engine::open_on(disk, Drive::Hand, self.config(), functions)
    }

    fn make_machines(&mut self, life: &mut Life) {
        for (name, definition) in machines() {
            let request = json!({
                "name": name, "roleArn": "arn:aws:iam::000000000000:role/sim", "definition": definition.to_string()
            });
            let made = self
                .wait(life, "CreateStateMachine", request)
                .expect("made");
            let arn = made["stateMachineArn"].as_str().expect("an ARN");
            self.book.machines.insert(name, arn.to_owned());
        }
    }

    /// Asks, and writes the log until there is an answer.
    fn wait(&mut self, life: &mut Life, operation: &'static str, request: Value) -> Answer {
        let inner = Arc::clone(&life.engine.inner);
        life.runtime.block_on(async move {
            let log = Arc::clone(&inner);
            let asked = tokio::spawn(async move {
                ask(&inner, operation, request.to_string().as_bytes()).await
            });
            while !asked.is_finished() {
                log.log.pump();
                tokio::task::yield_now().await;
            }
            asked.await.expect("it does not panic")
        })
    }

    fn ask(&mut self, life: &mut Life, asked: Asked, operation: &'static str, request: Value) {
        let inner = Arc::clone(&life.engine.inner);
        let answer = life
            .runtime
            .spawn(async move { ask(&inner, operation, request.to_string().as_bytes()).await });
        life.asked.push((asked, answer));
    }

    fn step(&mut self, life: &mut Life) {
        match self.chance.random_range(0..100) {
            0..28 => self.start(life),
            28..48 => self.answer(life),
            48..52 => self.stop(life),
            52..70 => self.pass_time(life),
            70..72 => self.snapshot(life),
            72..74 => life.engine.inner.forget_expired(),
            74..76 if self.kind == Kind::Faults => self.fault(),
            _other => {}
        }
        self.turn(life);
        if self.chance.random_bool(0.4) {
            life.engine.inner.log.pump();
            self.turn(life);
        }
        self.collect(life);
    }

    /// Lets everything run that can.
    fn turn(&self, life: &Life) {
        life.runtime.block_on(async {
            for _ in 0..12 {
                tokio::task::yield_now().await;
            }
        });
    }

    fn start(&mut self, life: &mut Life) {
        let machines: Vec<String> = self.book.machines.values().cloned().collect();
        let machine = &machines[self.chance.random_range(0..machines.len())];
        self.named += 1;
        let name = format!("e{}", self.named);
        let arn = format!(
            "{}:{name}",
            machine.replace(":stateMachine:", ":execution:")
        );
        let request = json!({ "stateMachineArn": machine, "name": name });
        self.ask(life, Asked::Start(arn.into()), "StartExecution", request);
    }

    fn answer(&mut self, life: &mut Life) {
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

    fn stop(&mut self, life: &mut Life) {
        let count = self.book.executions.len();
        if count == 0 {
            return;
        }
        let nth = self.chance.random_range(0..count);
        let arn = self.book.executions.keys().nth(nth).map(Arc::clone);
        if let Some(arn) = arn {
            let request = json!({ "executionArn": &*arn, "error": "Stopped" });
            self.ask(life, Asked::Stop(arn), "StopExecution", request);
        }
    }

    fn pass_time(&mut self, life: &mut Life) {
        let now_ms = self.clock.now_ms();
        let at_ms = match life.engine.next_deadline_ms() {
            Some(next_ms) if self.chance.random_bool(0.5) => next_ms,
            _any => now_ms + self.chance.random_range(0..4_000),
        };
        self.clock.advance_to(at_ms);
    }

    fn snapshot(&mut self, life: &mut Life) {
        let outcome = life.engine.inner.snapshot();
        assert!(outcome.is_ok() || self.kind == Kind::Faults, "{outcome:?}");
    }

    fn fault(&mut self) {
        let faults = match self.chance.random_range(0..3) {
            0 => Faults {
                full: true,
                ..Faults::default()
            },
            1 => Faults {
                sync_fails: true,
                ..Faults::default()
            },
            _read => Faults {
                read_fails: true,
                ..Faults::default()
            },
        };
        self.disk.set_faults(faults);
    }

    /// Notes the answers that have come.
    fn collect(&mut self, life: &mut Life) {
        let (come, left): (Vec<_>, Vec<_>) = std::mem::take(&mut life.asked)
            .into_iter()
            .partition(|(_, answer)| answer.is_finished());
        life.asked = left;
        for (asked, answer) in come {
            let answer = life.runtime.block_on(answer).expect("it does not panic");
            match (asked, answer) {
                (Asked::Start(arn), Ok(_)) => {
                    // What is damaged is named by its number if its name is what is damaged.
                    let shard = life.engine.inner.shard_by_arn(&arn);
                    let id = shard.find(&arn).map(|(id, _)| id.0);
                    self.book.executions.entry(arn).or_default().id = id;
                }
                (Asked::Success { token, value, of }, Ok(_)) => {
                    self.functions.drop_token(&token);
                    let of = of.expect("only a task of an execution is answered");
                    // The start may not have been acknowledged, or never will be.
                    let known = self.book.executions.entry(of).or_default();
                    known.taken.insert(value);
                }
                (Asked::Success { token, .. }, Err(error)) if error.status() == 400 => {
                    self.functions.drop_token(&token);
                }
                (Asked::Stop(arn), Ok(_)) => {
                    if let Some(known) = self.book.executions.get_mut(&arn) {
                        known.stopped = true;
                    }
                }
                (Asked::Start(arn), Err(error)) => {
                    assert!(self.kind == Kind::Faults, "{arn} does not start: {error}");
                }
                (Asked::Success { .. } | Asked::Stop(_) | Asked::Other, _) => {}
            }
        }
        self.note_forgotten(life);
    }

    /// What retention has taken is not lost.
    fn note_forgotten(&mut self, life: &Life) {
        if self.kind != Kind::Retention {
            return;
        }
        for (arn, known) in &mut self.book.executions {
            if life.engine.inner.shard_by_arn(arn).find(arn).is_none() {
                known.forgotten = true;
            }
        }
    }

    /// Everything that can happen without time passing has happened, and is durable.
    fn settle(&mut self, life: &mut Life) {
        loop {
            self.turn(life);
            let wrote = life.engine.inner.log.pump();
            self.turn(life);
            self.collect(life);
            if !wrote {
                return;
            }
        }
    }

    fn verify(&mut self, life: &mut Life) {
        self.settle(life);
        self.transitions += self.book.check(&life.engine.inner, self.flips);
        let due = life.engine.next_deadline_ms();
        assert!(
            due.is_none_or(|at_ms| at_ms > self.clock.now_ms()),
            "a deadline has come and nothing happened"
        );
        if self.kind == Kind::Retention {
            life.engine.inner.forget_expired();
            self.note_forgotten(life);
            let kept = (0..super::super::SHARDS).map(|number| {
                let shard = life.engine.inner.shard(number);
                let closed = shard
                    .slots
                    .values()
                    .filter(|slot| matches!(slot, Slot::Closed(_)));
                closed.count()
            });
            assert!(kept.sum::<usize>() <= KEEP, "more are kept than may be");
            self.settle(life);
        }
    }

    /// A bit flips in what had been acknowledged, and is known to have been.
    fn flip(&mut self) -> bool {
        if !self.chance.random_bool(0.7) {
            return false;
        }
        let flipped = self.disk.flip(|path: &Path, bytes: &[u8]| {
            let name = path.file_name()?.to_str()?;
            if name == "snapshot" {
                return Some((0, bytes.len()));
            }
            name.ends_with(".seg")
                .then(|| (0, crate::log::known_durable(bytes)))
        });
        flipped.is_some()
    }
}
