//! A map run: the child executions of a distributed Map, as a state machine of its own.
//!
//! It is stepped by what its execution is told: items were read, children ended, results were written. Which children
//! were started is in the records before any of them is, and a child's name follows from the run and its place, so a
//! child that may have been started already is found, not started again.

mod child;
mod counts;
mod names;
mod redriving;
mod settings;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Status;
use super::apply::Misfit;
use super::items::Items;
use super::record::{Problem, What};
use super::step::Effect;
use crate::asl::StateIx;
use crate::json::Json;

pub use child::{Child, ChildEnd, ChildStart};
pub use counts::Counts;
pub(super) use names::run_uuid;
pub use names::{Origin, child_name, owner_of};
pub use settings::{Reading, Settings};

/// Longest life of an Express execution, in milliseconds.
pub(super) const EXPRESS_MS: i64 = 300_000;
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
    /// It has ended without success. If it goes on after that, the history says so next.
    Redriving,
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
    /// How often it was redriven.
    pub redrives: u32,
    /// The last redrive, in milliseconds since 1970.
    pub redriven_ms: Option<i64>,
    /// Children that wait to be redriven, until others make room for them.
    pub waiting: BTreeSet<u32>,
}

impl MapRun {
    /// A run that has not begun.
    pub(super) fn new(items: Items) -> Self {
        Self {
            id: RunId(0),
            uuid: [0; 16],
            started_ms: 0,
            phase: Phase::Preparing,
            settings: Settings::default(),
            items: Arc::new(items),
            next_item: 0,
            children: Vec::new(),
            executions: Counts::default(),
            taken: Counts::default(),
            problem: None,
            written: None,
            told: 0,
            redrives: 0,
            redriven_ms: None,
            waiting: BTreeSet::new(),
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
        self.problem.is_none() && self.has_more() && self.executions.running < self.concurrency()
    }

    /// Are there children that have not started, or not again?
    fn has_more(&self) -> bool {
        !self.waiting.is_empty() || self.next_item < self.items.len()
    }

    /// Have all children ended, and will there be no more?
    pub(super) fn is_over(&self) -> bool {
        self.executions.running == 0 && (self.problem.is_some() || !self.has_more())
    }

    /// Does it have a move of its own?
    pub(super) fn is_ready(&self) -> bool {
        match self.phase {
            Phase::Preparing | Phase::Ended | Phase::Told | Phase::Redriving => true,
            Phase::Reading | Phase::Writing => false,
            Phase::Running => {
                self.can_start() || self.is_over() || (self.problem.is_none() && self.exceeded())
            }
        }
    }

    /// Has it started, and is its end still to come? Only then can it be given up.
    pub(super) fn is_under_way(&self) -> bool {
        match self.phase {
            Phase::Reading | Phase::Running | Phase::Writing | Phase::Ended => true,
            Phase::Preparing | Phase::Told | Phase::Redriving => false,
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
            Phase::Preparing | Phase::Ended | Phase::Told | Phase::Redriving => None,
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
            What::ItemsLoaded { items, sources } => {
                self.items = Arc::new(Items::loaded(items, sources).map_err(|_| Misfit)?);
                self.phase = Phase::Running;
            }
            What::ChildrenStarted(starts) => self.started(starts)?,
            What::ChildrenEnded(ends) => self.ended(ends)?,
            What::MapRunRedriven { children } => self.redriven(children, at_ms)?,
            What::ChildrenRedriven(children) => self.started_again(children)?,
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
                    Phase::Preparing | Phase::Running | Phase::Ended => self.phase,
                    Phase::Told | Phase::Redriving => self.phase,
                };
                self.wait_no_more()?;
            }
            What::MapRunOver => {
                self.phase = match &self.settings.writer.arguments {
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
            What::MapRunAborted if self.is_under_way() => self.phase = Phase::Redriving,
            _other => return Err(Misfit),
        }
        Ok(())
    }

    pub(super) fn started(&mut self, starts: &[ChildStart]) -> Result<(), Misfit> {
        for start in starts {
            let next = self.next_item.checked_add(start.items).ok_or(Misfit)?;
            if next > self.items.len() {
                return Err(Misfit);
            }
            self.children.push(Child {
                first: self.next_item,
                items: start.items,
                input: start.input.clone(),
                end: None,
                attempt: self.redrives,
            });
            self.next_item = next;
            self.executions.running += 1;
            self.taken.running += start.items;
        }
        Ok(())
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
            if end.is_permanent() {
                self.executions.not_redrivable += 1;
                self.taken.not_redrivable += items;
            }
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

    /// Have more items failed than may? The guide counts what failed or timed out, so a child that somebody stopped is none of
    /// them ("Tolerated failure threshold for Distributed Map state"). But a run that was redriven does without no child that
    /// cannot go on, however it ended.
    pub(super) fn exceeded(&self) -> bool {
        let failed = self.taken.failed + self.taken.timed_out;
        let most_lost = match self.redrives {
            0 => 0,
            _redriven => self.taken.aborted.min(self.taken.not_redrivable),
        };
        if most_lost == 0 || self.is_over_tolerance(failed) {
            return self.is_over_tolerance(failed);
        }
        // The children are only looked through where they can matter.
        self.is_over_tolerance(failed + most_lost)
            && self.is_over_tolerance(failed + self.stopped_for_good())
    }

    /// Items of children that were stopped and cannot go on.
    fn stopped_for_good(&self) -> u32 {
        let lost = self.children.iter().filter(|child| {
            let end = child.end.as_ref();
            end.is_some_and(|end| end.status == Status::Aborted && end.is_permanent())
        });
        lost.map(|child| child.items).sum()
    }

    fn is_over_tolerance(&self, failed: u32) -> bool {
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

#[cfg(test)]
mod tests;
