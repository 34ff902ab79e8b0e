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
use super::clients::Functions;
use super::disk::{Faults, SimDisk};
use super::express::Express;
use super::load::Asked;
use super::machines::{ACTIVITY, beside, machines};
use crate::api::{Answer, ask};
use crate::core::ExecutionId;
use crate::log::{Drive, Files, Hand};

/// When every world begins, in milliseconds since 1970.
const START_MS: i64 = 1_767_225_600_000;
const LIVES: u32 = 6;
const STEPS: u32 = 120;
/// Closed executions that are kept, where retention is tried.
const KEEP: usize = 16;
/// So often everything has its turn without a word in the log before nothing goes on: an Express execution says none.
const QUIET_TURNS: u32 = 3;

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

/// What came of a world.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// States entered.
    pub(super) transitions: u64,
    /// Executions there were.
    pub(super) executions: u64,
    /// Those that succeeded with the output they should have.
    pub(super) right: u64,
    /// Those that ended because their machine was being deleted.
    pub(super) deleted: u64,
    /// Express executions whose start was acknowledged and whose end nobody waits for.
    pub(super) express: u64,
    /// How often one began again after a death.
    pub(super) again: u64,
    /// Everything that was written and answered, in order.
    pub(super) trace: Vec<u64>,
}

pub(super) struct World {
    pub(super) kind: Kind,
    pub(super) chance: SmallRng,
    disk: SimDisk,
    pub(super) clock: Clock,
    pub(super) functions: Functions,
    pub(super) book: Book,
    pub(super) express: Express,
    pub(super) named: u32,
    /// Bits that have flipped.
    flips: u32,
    transitions: u64,
}

/// One process.
pub(super) struct Life {
    pub(super) runtime: Runtime,
    pub(super) engine: Engine,
    pub(super) asked: Vec<(Asked, JoinHandle<Answer>)>,
}

impl World {
    pub(super) fn new(seed: u64, kind: Kind) -> Self {
        let disk = SimDisk::new(seed);
        // The key that tokens and the names of nested executions come from.
        let key = [seed.to_le_bytes(); 4].concat();
        let path = Path::new("/sim/secret");
        disk.replace(path, &mut std::iter::once(key))
            .expect("a key");
        Self {
            kind,
            chance: SmallRng::seed_from_u64(seed),
            disk,
            clock: Clock::driven(START_MS),
            functions: Functions::new(seed),
            book: Book::default(),
            express: Express::default(),
            named: 0,
            flips: 0,
            transitions: 0,
        }
    }

    /// Lives and dies.
    pub(super) fn run(mut self) -> Outcome {
        for _ in 0..LIVES {
            let mut life = self.open();
            self.settle(&mut life);
            self.verify(&mut life, false);
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
        // Everything that is still open comes to its end by its own deadlines.
        for _ in 0..2_000 {
            self.settle(&mut life);
            let Some(next_ms) = life.engine.next_deadline_ms() else {
                break;
            };
            self.clock.advance_to(next_ms);
        }
        self.verify(&mut life, true);
        for number in 0..super::super::SHARDS {
            let shard = life.engine.inner.shard(number);
            let open = shard
                .slots
                .values()
                .find(|slot| matches!(slot, Slot::Live(_)));
            assert!(open.is_none(), "{open:?} never ends");
        }
        let told = self.functions.take_told();
        // What they start is there where nothing flips and nothing is forgotten.
        let marks = matches!(self.kind, Kind::Kills | Kind::Faults);
        self.express
            .finish(&life.engine.inner, told, (marks, self.flips > 0));
        Outcome {
            transitions: self.transitions,
            executions: self.book.executions.len() as u64,
            right: self.book.right,
            deleted: self.book.deleted,
            express: self.express.acknowledged(),
            again: self.express.again,
            trace: self.disk.trace(),
        }
    }

    fn config(&mut self) -> Config {
        let keep_closed = match self.kind {
            Kind::Retention => KEEP,
            Kind::Kills | Kind::Faults | Kind::Flips => 100_000,
        };
        Config {
            clock: self.clock.clone(),
            keep_closed,
            drain_ms: 0,
            // What is drawn in one life is not drawn again in the next.
            seed: Some(self.chance.random()),
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
        let engine = engine.expect("the engine opens");
        // What the start decides is written before anything it decided is done.
        engine.inner.log.pump();
        let calls = self.functions.take_calls();
        let told = self.functions.take_told();
        self.express.audit(&engine.inner, told, self.flips > 0);
        let mut life = Life {
            engine,
            runtime,
            asked: Vec::new(),
        };
        if life.engine.inner.past_is_known() {
            self.book.excuse(&life.engine.inner, self.flips > 0);
            let flipped = self.flips > 0;
            let may_be_gone = self.kind == Kind::Retention || flipped;
            self.book
                .audit(&life.engine.inner, calls, (may_be_gone, flipped));
        } else {
            self.read_in(&mut life);
        }
        life
    }

    /// Clients ask while what has closed is still being read in.
    fn read_in(&mut self, life: &mut Life) {
        for _ in 0..self.chance.random_range(0..6) {
            match self.chance.random_range(0..4) {
                0 => self.start(life),
                1 => self.stop(life),
                2 => self.redrive(life),
                _answer => self.answer(life),
            }
            life.runtime.block_on(tokio::task::yield_now());
        }
        let inner = Arc::clone(&life.engine.inner);
        life.runtime.block_on(inner.past_known());
        self.book.excuse(&inner, self.flips > 0);
    }

    fn engine(&mut self) -> Result<Engine, super::super::OpenError> {
        let functions = Arc::new(self.functions.clone());
        let disk = Arc::new(self.disk.clone());
        let hand = Hand {
            seed: self.chance.random(),
            reads_first: self.chance.random_bool(0.5),
        };
        let config = self.config();
        Engine::open_on(disk, Drive::Hand(hand), config, functions)
    }

    fn make_machines(&mut self, life: &mut Life) {
        let name = ACTIVITY.rsplit(':').next();
        self.wait(life, "CreateActivity", json!({ "name": name }))
            .expect("made");
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
        for (name, kind, definition) in beside() {
            let request = json!({
                "name": name, "type": kind, "roleArn": "arn:aws:iam::000000000000:role/sim", "definition": definition.to_string()
            });
            self.wait(life, "CreateStateMachine", request)
                .expect("made");
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

    fn step(&mut self, life: &mut Life) {
        match self.chance.random_range(0..100) {
            0..24 => self.start(life),
            24..44 => self.answer(life),
            44..48 => self.stop(life),
            48..50 => self.redrive(life),
            50..54 => self.poll(life),
            54..70 => self.pass_time(life),
            70..72 => self.snapshot(life),
            72..74 => life.engine.inner.forget_expired(),
            74..76 if self.kind == Kind::Faults => self.fault(),
            76..80 => self.start_express(life),
            80..82 => self.record_ends(life),
            82..85 => self.brief(life),
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

    fn pass_time(&mut self, life: &mut Life) {
        let now_ms = self.clock.now_ms();
        let at_ms = match life.engine.next_deadline_ms() {
            Some(next_ms) if self.chance.random_bool(0.5) => next_ms,
            _any => now_ms + self.chance.random_range(0..4_000),
        };
        self.clock.advance_to(at_ms);
    }

    fn snapshot(&mut self, life: &mut Life) {
        let inner = &life.engine.inner;
        let ended = self.express.ended(inner);
        let outcome = inner.snapshot();
        assert!(outcome.is_ok() || self.kind == Kind::Faults, "{outcome:?}");
        // Those are in no snapshot.
        if self.kind != Kind::Faults && inner.past_is_known() {
            self.express.recorded(&ended);
        }
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

    /// Everything that can happen without time passing has happened, and is durable.
    fn settle(&mut self, life: &mut Life) {
        let mut quiet = 0;
        while quiet < QUIET_TURNS {
            self.turn(life);
            self.collect(life);
            let is_busy = life.engine.inner.log.pump() || !life.engine.inner.aside.is_idle();
            quiet = if is_busy { 0 } else { quiet + 1 };
        }
    }

    fn verify(&mut self, life: &mut Life, thorough: bool) {
        self.settle(life);
        let thorough = thorough || self.chance.random_bool(0.2);
        self.transitions += self.book.check(&life.engine.inner, self.flips, thorough);
        for arn in std::mem::take(&mut self.book.sent) {
            // A record of a start says nothing of one whose own may be damaged.
            if self.flips == 0 {
                self.express.acknowledge(&life.engine.inner, arn);
            }
        }
        let due = life.engine.next_deadline_ms();
        assert!(
            due.is_none_or(|at_ms| at_ms > self.clock.now_ms()),
            "a deadline has come and nothing happened"
        );
        if self.kind == Kind::Retention {
            life.engine.inner.forget_expired();
            self.settle(life);
            let kept = self.kept(life);
            assert!(kept <= KEEP, "{kept} are kept, which are more than may be");
            self.note_forgotten(life);
        }
    }

    /// Closed executions whose end nobody waits to learn.
    fn kept(&self, life: &Life) -> usize {
        let inner = &life.engine.inner;
        let kept = (0..super::super::SHARDS).map(|number| {
            let closed: Vec<ExecutionId> = inner
                .shard(number)
                .slots
                .iter()
                .filter(|(_, slot)| matches!(slot, Slot::Closed(_)))
                .map(|(id, _)| *id)
                .collect();
            closed.iter().filter(|id| !inner.is_awaited(**id)).count()
        });
        kept.sum()
    }

    /// An answer becomes part of the trace.
    pub(super) fn note(&self, asked: &Asked, answer: &Answer) {
        self.disk.note(&format!("{asked:?} {answer:?}"));
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
