//! A map run: the child executions of a distributed Map, as a state machine of its own.
//!
//! It is stepped by what its execution is told: items were read, children ended, results were written. Which children
//! were started is in the records before any of them is, and a child's name follows from the run and its place, so a
//! child that may have been started already is found, not started again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::apply::Misfit;
use super::items::Items;
use super::record::{Problem, What};
use super::step::Effect;
use super::{ExecutionId, Status};
use crate::asl::StateIx;
use crate::asl::distributed::Transformation;
use crate::json::Json;

/// Most children started by one move.
pub(super) const MAX_STARTS_PER_MOVE: u32 = 128;
/// `Map.Item.Source` of the context object for items that came in the state's input.
pub(super) const STATE_DATA: &str = "STATE_DATA";
/// What was read is neither an array nor an object.
pub const NOT_ITERABLE: &str = "Attempting to map over non-iterable node.";
/// A map run's children that failed are more than may.
pub const EXCEEDED: &str = "The specified tolerated failure threshold was exceeded";

/// Id of a map run within its execution: the id of its `MapRunStarted` event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub u32);

/// How a map run was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The state's name in ARNs.
    pub label: String,
    /// `MaxConcurrency`; 0 stands for as many as there may be.
    pub max_concurrency: u32,
    /// `ToleratedFailureCount`.
    pub tolerated_count: Option<u32>,
    /// `ToleratedFailurePercentage`, 0 to 100.
    pub tolerated_percentage: Option<f64>,
    /// `ItemBatcher`.
    pub batch: Option<Batch>,
    /// What the `ItemReader` reads, if there is one.
    pub reading: Option<Reading>,
    /// Where results are written, if they are: bucket and prefix.
    pub writing: Option<Json>,
    /// What is told of a child that ended well.
    pub transformation: Transformation,
    /// Results are written as JSON lines.
    pub lines: bool,
}

/// `ItemReader`, evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Bucket and key, or bucket and prefix.
    pub arguments: Json,
    /// `MaxItems`; 0 stands for all.
    pub max_items: u32,
}

/// `ItemBatcher`, evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// `MaxItemsPerBatch`.
    pub max_items: Option<u32>,
    /// `MaxInputBytesPerBatch`.
    pub max_bytes: Option<u32>,
    /// `BatchInput`.
    pub input: Option<Json>,
}

/// A child that is to be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildStart {
    /// How many items it takes.
    pub items: u32,
    /// Its input, if that is not the item itself.
    pub input: Option<Json>,
}

/// How a child ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildEnd {
    /// Which.
    pub index: u32,
    /// How.
    pub status: Status,
    /// Its output.
    pub output: Option<Json>,
    /// Why not.
    pub problem: Option<Problem>,
    /// When it started, in milliseconds since 1970.
    pub started_ms: i64,
    /// When it ended, in milliseconds since 1970.
    pub stopped_ms: i64,
}

/// A child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// Its first item.
    pub first: u32,
    /// How many items it took.
    pub items: u32,
    /// Its input, if that is not its item.
    pub input: Option<Json>,
    /// How it ended; `None` while it runs.
    pub end: Option<ChildEnd>,
}

/// Where a map run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Its settings are to be evaluated.
    Preparing,
    /// Its items are being read.
    Reading,
    /// Its children run.
    Running,
    /// Its results are being written.
    Writing,
    /// The run's end is to be told.
    Ended,
    /// The history says that it ended well.
    Told,
}

/// Numbers by status: of items, or of children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Not started.
    pub pending: u32,
    /// Under way.
    pub running: u32,
    /// Ended well.
    pub succeeded: u32,
    /// Failed.
    pub failed: u32,
    /// Ran too long.
    pub timed_out: u32,
    /// Stopped.
    pub aborted: u32,
}

impl Counts {
    /// All together.
    pub fn total(&self) -> u32 {
        self.pending + self.running + self.succeeded + self.failed + self.timed_out + self.aborted
    }

    fn of(&mut self, status: Status) -> &mut u32 {
        match status {
            Status::Running => &mut self.running,
            Status::Succeeded => &mut self.succeeded,
            Status::Failed => &mut self.failed,
            Status::TimedOut => &mut self.timed_out,
            Status::Aborted => &mut self.aborted,
        }
    }
}

/// A map run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapRun {
    /// Which; 0 until it has started.
    pub id: RunId,
    /// The end of its ARN.
    pub uuid: [u8; 16],
    /// When it started, in milliseconds since 1970.
    pub started_ms: i64,
    /// Where it is.
    pub phase: Phase,
    /// How it was asked for.
    pub settings: Settings,
    /// What it runs over, once that is known.
    pub items: Arc<Items>,
    /// The first item that no child has.
    pub next_item: u32,
    /// The children so far.
    pub children: Vec<Child>,
    /// Children by status. None is pending here: those are not made yet.
    pub executions: Counts,
    /// The items of those children, by the children's status.
    pub taken: Counts,
    /// Why it fails, if it does.
    pub problem: Option<Problem>,
    /// What the writing of results gave.
    pub written: Option<Json>,
    /// The event that says that it ended well.
    pub told: u32,
}

impl MapRun {
    /// A run that has not begun.
    pub(super) fn new(items: Items) -> Self {
        Self {
            id: RunId(0),
            uuid: [0; 16],
            started_ms: 0,
            phase: Phase::Preparing,
            settings: Settings {
                label: String::new(),
                max_concurrency: 0,
                tolerated_count: None,
                tolerated_percentage: None,
                batch: None,
                reading: None,
                writing: None,
                transformation: Transformation::None,
                lines: false,
            },
            items: Arc::new(items),
            next_item: 0,
            children: Vec::new(),
            executions: Counts::default(),
            taken: Counts::default(),
            problem: None,
            written: None,
            told: 0,
        }
    }

    /// Most children at the same time.
    pub fn concurrency(&self) -> u32 {
        let most = crate::asl::map::MAX_CHILDREN_AT_ONCE;
        match self.settings.max_concurrency {
            0 => most,
            some => some.min(most),
        }
    }

    /// Can a child start?
    pub(super) fn can_start(&self) -> bool {
        self.problem.is_none()
            && self.next_item < self.items.len()
            && self.executions.running < self.concurrency()
    }

    /// Have all children ended, and will there be no more?
    pub(super) fn is_over(&self) -> bool {
        self.executions.running == 0
            && (self.problem.is_some() || self.next_item == self.items.len())
    }

    /// Does it have a move of its own?
    pub(super) fn is_ready(&self) -> bool {
        match self.phase {
            Phase::Preparing | Phase::Ended | Phase::Told => true,
            Phase::Reading | Phase::Writing => false,
            Phase::Running => {
                self.can_start() || self.is_over() || (self.problem.is_none() && self.exceeded())
            }
        }
    }

    /// What the shell has to do again after a restart.
    pub(super) fn unanswered(&self, state: StateIx) -> Option<Effect> {
        let run = self.id;
        match self.phase {
            Phase::Reading => Some(Effect::ReadItems { run, state }),
            Phase::Writing => Some(Effect::WriteResults { run, state }),
            Phase::Running => {
                let children: Vec<u32> = self.running().map(|(index, _)| index).collect();
                (!children.is_empty()).then_some(Effect::StartChildren {
                    run,
                    state,
                    children,
                })
            }
            Phase::Preparing | Phase::Ended | Phase::Told => None,
        }
    }

    /// The children that run.
    pub fn running(&self) -> impl Iterator<Item = (u32, &Child)> {
        let running = self.children.iter().enumerate();
        running
            .filter(|(_, child)| child.end.is_none())
            .map(|(index, child)| (index as u32, child))
    }

    /// The input of a child.
    pub fn input(&self, child: &Child) -> Json {
        child
            .input
            .clone()
            .or_else(|| self.items.get(child.first))
            .unwrap_or_else(|| Json::trusted("null"))
    }

    /// Applies a record that is about this run.
    pub(super) fn apply(&mut self, what: &What, at_ms: i64, event: u32) -> Result<(), Misfit> {
        match what {
            What::MapRunStarted { uuid, settings } => {
                self.id = RunId(event);
                self.uuid = *uuid;
                self.started_ms = at_ms;
                self.settings = (**settings).clone();
                self.phase = match &settings.reading {
                    Some(_) => Phase::Reading,
                    None => Phase::Running,
                };
            }
            What::ItemsRead { items } => {
                self.items = Arc::new(Items::of(items).map_err(|_| Misfit)?);
                self.phase = Phase::Running;
            }
            What::ChildrenStarted(starts) => self.started(starts),
            What::ChildrenEnded(ends) => self.ended(ends)?,
            What::MapRunUpdated {
                max_concurrency,
                tolerated_count,
                tolerated_percentage,
            } => {
                let settings = &mut self.settings;
                settings.max_concurrency = max_concurrency.unwrap_or(settings.max_concurrency);
                settings.tolerated_count = tolerated_count.or(settings.tolerated_count);
                settings.tolerated_percentage =
                    tolerated_percentage.or(settings.tolerated_percentage);
            }
            What::MapRunBroke(problem) => {
                self.problem.get_or_insert_with(|| problem.clone());
                self.phase = match self.phase {
                    // What could not be read or written has nothing to wait for.
                    Phase::Reading | Phase::Writing => Phase::Ended,
                    Phase::Preparing | Phase::Running | Phase::Ended | Phase::Told => self.phase,
                };
            }
            What::MapRunOver => {
                self.phase = match &self.settings.writing {
                    Some(_) => Phase::Writing,
                    None => Phase::Ended,
                };
            }
            What::ResultsWritten { details } => {
                self.written = Some(details.clone());
                self.phase = Phase::Ended;
            }
            What::MapRunSucceeded => {
                self.told = event;
                self.phase = Phase::Told;
            }
            _other => return Err(Misfit),
        }
        Ok(())
    }

    pub(super) fn started(&mut self, starts: &[ChildStart]) {
        for start in starts {
            self.children.push(Child {
                first: self.next_item,
                items: start.items,
                input: start.input.clone(),
                end: None,
            });
            self.next_item += start.items;
            self.executions.running += 1;
            self.taken.running += start.items;
        }
    }

    pub(super) fn ended(&mut self, ends: &[ChildEnd]) -> Result<(), Misfit> {
        for end in ends {
            let child = self.children.get_mut(end.index as usize).ok_or(Misfit)?;
            if child.end.is_some() || end.status == Status::Running {
                return Err(Misfit);
            }
            child.end = Some(end.clone());
            let items = child.items;
            self.executions.running = self.executions.running.checked_sub(1).ok_or(Misfit)?;
            *self.executions.of(end.status) += 1;
            self.taken.running = self.taken.running.checked_sub(items).ok_or(Misfit)?;
            *self.taken.of(end.status) += items;
        }
        Ok(())
    }

    /// Items by status.
    pub fn item_counts(&self) -> Counts {
        Counts {
            pending: self.items.len() - self.next_item,
            ..self.taken
        }
    }

    /// Children by status. How many will follow is known where batches have a fixed number of items; otherwise the
    /// batches so far say it.
    pub fn execution_counts(&self) -> Counts {
        let left = self.items.len() - self.next_item;
        let made = self.children.len() as u32;
        let per_child = match &self.settings.batch {
            None => 1,
            Some(batch) => match (batch.max_bytes, batch.max_items) {
                (None, Some(most)) => most,
                (Some(_), _) if made > 0 => self.next_item.div_ceil(made),
                (_, most) => most.unwrap_or(1),
            },
        };
        Counts {
            pending: left.div_ceil(per_child.max(1)),
            ..self.executions
        }
    }

    /// Have more items failed than may?
    pub(super) fn exceeded(&self) -> bool {
        let failed = self.taken.failed + self.taken.timed_out + self.taken.aborted;
        if failed == 0 {
            return false;
        }
        let over_count = |most: u32| failed > most;
        let over_share = |most: f64| f64::from(failed) * 100.0 > most * f64::from(self.items.len());
        match (
            self.settings.tolerated_count,
            self.settings.tolerated_percentage,
        ) {
            (None, None) => true,
            (Some(count), None) => over_count(count),
            (None, Some(share)) => over_share(share),
            (Some(count), Some(share)) => over_count(count) || over_share(share),
        }
    }
}

/// A new map run's UUID. It says whose it is, so that nothing has to be stored to find a run by its ARN: 60 bits of the
/// execution's id, the event's id, the rest from chance (RFC 9562, version 8).
pub(super) fn run_uuid(execution: ExecutionId, run: RunId, seed: u64) -> [u8; 16] {
    let chance = seed.to_be_bytes();
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(execution.0 << 4).to_be_bytes());
    // Makes room for the version: twelve bits go one nibble down.
    let low = u16::from_be_bytes([bytes[6], bytes[7]]) >> 4;
    bytes[6..8].copy_from_slice(&(low | 0x8000).to_be_bytes());
    bytes[8] = 0x80 | (chance[0] & 0x3f);
    bytes[9..13].copy_from_slice(&run.0.to_be_bytes());
    bytes[13..].copy_from_slice(&chance[1..4]);
    bytes
}

/// Whose run has this UUID.
pub fn owner_of(uuid: [u8; 16]) -> Option<(ExecutionId, RunId)> {
    if uuid[6] >> 4 != 8 || uuid[8] >> 6 != 2 {
        return None;
    }
    let mut high = [0; 8];
    high[2..].copy_from_slice(&uuid[..6]);
    let high = u64::from_be_bytes(high);
    let low = u64::from(u16::from_be_bytes([uuid[6], uuid[7]]) & 0x0fff);
    let run = u32::from_be_bytes([uuid[9], uuid[10], uuid[11], uuid[12]]);
    Some((ExecutionId(high << 12 | low), RunId(run)))
}

/// The name of a run's child: always the same for the same child.
pub fn child_name(run: [u8; 16], index: u32) -> String {
    let hash = Sha256::new()
        .chain_update(run)
        .chain_update(index.to_be_bytes())
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes)
        .into_uuid()
        .to_string()
}

/// A child execution knows whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The execution that has the run.
    pub parent: ExecutionId,
    /// The run.
    pub run: RunId,
    /// Its ARN.
    pub run_arn: Arc<str>,
    /// The machine that its children have.
    pub machine_arn: Arc<str>,
    /// Which child of the run it is.
    pub index: u32,
    /// Where it starts.
    pub start: StateIx,
    /// It runs as an Express execution.
    pub express: bool,
}

/// Longest life of an Express execution, in milliseconds.
pub(super) const EXPRESS_MS: i64 = 300_000;

#[cfg(test)]
#[path = "map_run_tests.rs"]
mod tests;
