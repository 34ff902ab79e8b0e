//! The moves of a branch whose Map is distributed.

use std::sync::Arc;

use rand::RngExt;

use super::advance::unevaluated;
use super::context::Here;
use super::items::{Items, Read};
use super::map::{map_of, selected};
use super::map_run::{
    ChildEnd, ChildStart, EXCEEDED, MAX_STARTS_PER_MOVE, MapRun, NOT_ITERABLE, Phase, RunId,
    STATE_DATA, Settings, run_uuid,
};
use super::record::{Problem, Record, What};
use super::step::{Effect, Refused, Stepper, too_large};
use super::{
    Branch, BranchId, Doing, Identity, MAX_PAYLOAD_BYTES, MAX_STEP_BYTES, Status, map_results,
};
use crate::asl::distributed::{Kind, MAX_BATCH_BYTES, Source};
use crate::asl::errors;
use crate::asl::expression::Failure;
use crate::asl::map::Map;
use crate::json::Json;

type Scope<'a> = crate::asl::expression::Scope<'a>;

impl Stepper<'_> {
    /// A ready map run: whatever comes next.
    pub(super) fn run_on(&mut self, id: BranchId) {
        let Some(branch) = self.execution.branches.get(&id) else {
            return;
        };
        let Doing::Running(run) = &branch.doing else {
            return;
        };
        let (named, state) = (run.id, branch.state);
        let known = match run.phase {
            Phase::Redriving => run.running().map(|(index, _)| index).collect(),
            _other => Vec::new(),
        };
        let what = match run.phase {
            Phase::Preparing => self.prepare(id),
            Phase::Reading | Phase::Writing => None,
            Phase::Running if run.problem.is_none() && run.exceeded() => {
                Some(What::MapRunBroke(Problem {
                    error: errors::EXCEED_TOLERATED_FAILURE.to_owned(),
                    cause: Some(EXCEEDED.to_owned()),
                }))
            }
            Phase::Running if run.is_over() => Some(What::MapRunOver),
            Phase::Running if !run.waiting.is_empty() => Some(What::ChildrenRedriven({
                let room = (run.concurrency() - run.executions.running).min(MAX_STARTS_PER_MOVE);
                run.waiting.iter().copied().take(room as usize).collect()
            })),
            Phase::Running => self.next_children(id),
            Phase::Redriving => self.redrive_run(id),
            Phase::Ended if run.problem.is_none() && run.written.is_none() => self.results(id),
            Phase::Ended => Some(match &run.problem {
                Some(problem) => What::MapRunFailed(problem.clone()),
                None => What::MapRunSucceeded,
            }),
            Phase::Told => Some(What::ParallelSucceeded),
        };
        let Some(what) = what else { return };
        let broke = matches!(what, What::MapRunBroke(_));
        let again = match &what {
            What::MapRunRedriven { .. } => known,
            What::ChildrenRedriven(children) => children.clone(),
            _other => Vec::new(),
        };
        self.write(id, what);
        if broke {
            self.stop_run(id);
        }
        if !again.is_empty() {
            self.step.effects.push(Effect::StartChildren {
                run: named,
                state,
                children: again,
            });
        }
        self.effects_of_run(id);
    }

    /// What the shell has to do for a run now that its phase or its children have changed.
    fn effects_of_run(&mut self, id: BranchId) {
        let Some(branch) = self.execution.branches.get(&id) else {
            return;
        };
        let Doing::Running(run) = &branch.doing else {
            return;
        };
        match run.phase {
            Phase::Reading => self.step.effects.push(Effect::ReadItems {
                run: run.id,
                state: branch.state,
            }),
            Phase::Writing => self.step.effects.push(Effect::WriteResults {
                run: run.id,
                state: branch.state,
            }),
            Phase::Preparing | Phase::Running | Phase::Ended => {}
            Phase::Told | Phase::Redriving => {}
        }
    }

    /// A run goes on after its end.
    fn redrive_run(&self, id: BranchId) -> Option<What> {
        let branch = self.execution.branches.get(&id)?;
        let Doing::Running(run) = &branch.doing else {
            return None;
        };
        let express = self.is_express(branch);
        Some(What::MapRunRedriven {
            children: run.redrivable(express, self.world.now_ms),
        })
    }

    /// Do the children of this branch's run run as Express executions?
    fn is_express(&self, branch: &Branch) -> bool {
        let here = Here {
            execution: self.execution,
            branch,
            world: self.world,
            item: None,
        };
        map_of(&here)
            .and_then(|map| map.distributed.as_ref())
            .is_some_and(|d| d.kind == Kind::Express)
    }

    /// Standard children are stopped; Express ones cannot be.
    fn stop_run(&mut self, id: BranchId) {
        let Some(branch) = self.execution.branches.get(&id) else {
            return;
        };
        if self.is_express(branch) {
            return;
        }
        let stop = stop_effect(&self.execution.identity, &branch.doing);
        self.step.effects.extend(stop);
    }

    /// The state's result, where nothing is written elsewhere.
    fn results(&self, id: BranchId) -> Option<What> {
        let branch = self.execution.branches.get(&id)?;
        let Doing::Running(run) = &branch.doing else {
            return None;
        };
        let details = map_results::array(run, &self.execution.identity, MAX_PAYLOAD_BYTES);
        Some(match details {
            Some(details) => What::ResultsWritten { details },
            None => {
                let name = &self.world.definition.state(branch.state).name;
                What::MapRunBroke(too_large(name))
            }
        })
    }

    pub(super) fn items_read(
        &mut self,
        run: RunId,
        outcome: Result<Read, Problem>,
    ) -> Result<(), Refused> {
        let (branch, _, found) = self.execution.run(run).ok_or(Refused::NoSuchRun)?;
        if found.phase != Phase::Reading {
            return Err(Refused::NoSuchRun);
        }
        let what = match (found.settings.unreadable(), outcome) {
            (Some(problem), _) | (None, Err(problem)) => What::MapRunBroke(problem),
            (None, Ok(Read { items, sources })) if Items::of(&items).is_ok() => {
                if sources.is_empty() {
                    What::ItemsRead { items }
                } else {
                    What::ItemsLoaded { items, sources }
                }
            }
            (None, Ok(_)) => What::MapRunBroke(Problem {
                error: errors::ITEM_READER_FAILED.to_owned(),
                cause: Some(NOT_ITERABLE.to_owned()),
            }),
        };
        self.write(branch, what);
        Ok(())
    }

    pub(super) fn children_ended(
        &mut self,
        run: RunId,
        mut ends: Vec<ChildEnd>,
    ) -> Result<(), Refused> {
        let (branch, _, found) = self.execution.run(run).ok_or(Refused::NoSuchRun)?;
        let mut told = std::collections::BTreeSet::new();
        ends.retain(|end| {
            let child = found.children.get(end.index as usize);
            // The end of an earlier attempt counts if nothing is left to do.
            let runs = child.is_some_and(|c| {
                let well = end.status == Status::Succeeded;
                c.end.is_none() && (c.attempt == end.attempt || well)
            });
            runs && end.status != Status::Running && told.insert(end.index)
        });
        if !ends.is_empty() {
            self.write(branch, What::ChildrenEnded(ends));
        }
        Ok(())
    }

    pub(super) fn results_written(
        &mut self,
        run: RunId,
        outcome: Result<Json, Problem>,
    ) -> Result<(), Refused> {
        let (branch, _, found) = self.execution.run(run).ok_or(Refused::NoSuchRun)?;
        if found.phase != Phase::Writing {
            return Err(Refused::NoSuchRun);
        }
        let what = match outcome {
            Ok(details) => What::ResultsWritten { details },
            Err(problem) => What::MapRunBroke(problem),
        };
        self.write(branch, what);
        Ok(())
    }

    /// The runs that this record takes away are given up, and the history says so before it.
    pub(super) fn give_up_runs(&mut self, branch: BranchId, what: &What) {
        let given_up: Vec<BranchId> = match what {
            What::Failed(_) | What::Stopped { .. } | What::TimedOut => {
                self.execution.runs_under_way()
            }
            What::Aborted { .. } | What::IterationAborted { .. } => {
                let found = self.execution.branches.get(&branch);
                let has_run = found.is_some_and(Branch::has_run_under_way);
                has_run.then_some(branch).into_iter().collect()
            }
            _other => return,
        };
        for id in given_up {
            // An execution from before this was told may have no room for it.
            if self.has_room(1) {
                self.write(id, What::MapRunAborted);
            }
        }
    }

    /// The children to stop when this record takes their run away.
    pub(super) fn stops(&self, record: &Record) -> Vec<Effect> {
        let branches = &self.execution.branches;
        let identity = &self.execution.identity;
        match &record.what {
            What::Failed(_) | What::Stopped { .. } | What::TimedOut => branches
                .values()
                .filter_map(|branch| stop_effect(identity, &branch.doing))
                .collect(),
            What::Aborted { .. } | What::IterationAborted { .. } => {
                let branch = branches.get(&record.branch);
                let stop = branch.and_then(|branch| stop_effect(identity, &branch.doing));
                stop.into_iter().collect()
            }
            _other => Vec::new(),
        }
    }

    /// Evaluates the settings of a run.
    fn prepare(&self, id: BranchId) -> Option<What> {
        let branch = self.execution.branches.get(&id)?;
        let here = Here {
            execution: self.execution,
            branch,
            world: self.world,
            item: None,
        };
        let map = map_of(&here)?;
        let distributed = map.distributed.as_ref()?;
        let whole_input = here.scope(None, None);
        let settings = here.state().data.root(&whole_input).and_then(|root| {
            let scope = Scope {
                input: &root,
                ..whole_input
            };
            Settings::evaluated(map, distributed, &scope)
        });
        match settings {
            Ok(settings) => {
                let run = RunId(self.execution.last_event + 1);
                let chance = here.chance("MapRun").random::<u64>();
                Some(What::MapRunStarted {
                    uuid: run_uuid(self.world.id, run, chance),
                    settings: Box::new(settings),
                })
            }
            Err(failure) => Some(unevaluated(&here, failure, false)),
        }
    }

    /// Makes the next children of a run.
    fn next_children(&mut self, id: BranchId) -> Option<What> {
        let branch = self.execution.branches.get(&id)?;
        let Doing::Running(run) = &branch.doing else {
            return None;
        };
        let here = Here {
            execution: self.execution,
            branch,
            world: self.world,
            item: None,
        };
        let map = map_of(&here)?;
        let room = (run.concurrency() - run.executions.running).min(MAX_STARTS_PER_MOVE);
        let source = source_of(map, run);
        let mut starts: Vec<ChildStart> = Vec::new();
        let mut next = run.next_item;
        let mut bytes = self.written;
        while next < run.items.len() && (starts.len() as u32) < room {
            if !starts.is_empty() && (bytes >= MAX_STEP_BYTES || (self.world.spent)()) {
                // The next step goes on.
                break;
            }
            match child_start(&here, map, run, next, &source) {
                Ok(start) => {
                    next += start.items;
                    bytes += start.input.as_ref().map_or(0, Json::len);
                    starts.push(start);
                }
                Err(problem) if starts.is_empty() => return Some(What::MapRunBroke(problem)),
                // Those before it start; the next move finds it again.
                Err(_) => break,
            }
        }
        let first = run.children.len() as u32;
        let effect = Effect::StartChildren {
            run: run.id,
            state: branch.state,
            children: (first..first + starts.len() as u32).collect(),
        };
        self.step.effects.push(effect);
        Some(What::ChildrenStarted(starts))
    }
}

/// Stops the children of a run that goes.
fn stop_effect(identity: &Identity, doing: &Doing) -> Option<Effect> {
    let Doing::Running(run) = doing else {
        return None;
    };
    let label = &run.settings.label;
    let children: Vec<(String, u32)> = run
        .running()
        .map(|(index, child)| {
            let arn = map_results::child_arn(identity, label, run.uuid, index);
            (arn, child.attempt)
        })
        .collect();
    (!children.is_empty()).then_some(Effect::StopChildren { children })
}

/// `Map.Item.Source` of the context object (guide, "Context object data for Map states"), of items that do not say it themselves.
fn source_of(map: &Map, run: &MapRun) -> Arc<str> {
    let reader = map.distributed.as_ref().and_then(|d| d.reader.as_ref());
    let (Some(reader), Some(reading)) = (reader, &run.settings.reading) else {
        return STATE_DATA.into();
    };
    let arguments: serde_json::Value =
        serde_json::from_str(reading.arguments.as_str()).unwrap_or_default();
    let bucket = arguments["Bucket"].as_str().unwrap_or("");
    match (&reader.source, arguments["Key"].as_str()) {
        (Source::Object(_), Some(key)) => format!("S3://{bucket}/{key}").into(),
        (Source::Object(_), None) | (Source::Listing { .. }, _) => format!("S3://{bucket}").into(),
    }
}

/// The next child: an item, or as many as fit a batch.
fn child_start(
    here: &Here<'_>,
    map: &Map,
    run: &MapRun,
    first: u32,
    source: &str,
) -> Result<ChildStart, Problem> {
    let selected = |index: u32| {
        let source = run.items.source(index).unwrap_or(source);
        selected(here, map, &run.items, index, source).map_err(|failure| in_words(here, &failure))
    };
    let too_long = |len: usize| len > MAX_PAYLOAD_BYTES;
    let Some(batch) = &run.settings.batch else {
        let input = selected(first)?;
        let len = match &input {
            Some(input) => input.len(),
            None => run.items.slice(first, first + 1).len(),
        };
        if too_long(len) {
            return Err(too_large(&here.state().name));
        }
        return Ok(ChildStart { items: 1, input });
    };
    let most = batch.max_items.unwrap_or(u32::MAX).max(1);
    let most_bytes = batch.max_bytes.unwrap_or(MAX_BATCH_BYTES) as usize;
    let mut text = String::from("{");
    if let Some(input) = &batch.input {
        text.push_str("\"BatchInput\":");
        text.push_str(input.as_str());
        text.push(',');
    }
    text.push_str("\"Items\":[");
    let mut taken = 0;
    while taken < most && first + taken < run.items.len() {
        let index = first + taken;
        let chosen = selected(index)?;
        let item = match &chosen {
            Some(chosen) => chosen.as_str(),
            None => run.items.slice(index, index + 1),
        };
        // What closes the batch counts too.
        if taken > 0 && text.len() + 1 + item.len() + 2 > most_bytes {
            break;
        }
        if taken > 0 {
            text.push(',');
        }
        text.push_str(item);
        taken += 1;
    }
    text.push_str("]}");
    if too_long(text.len()) {
        return Err(too_large(&here.state().name));
    }
    Ok(ChildStart {
        items: taken,
        input: Some(Json::trusted(text)),
    })
}

fn in_words(here: &Here<'_>, failure: &Failure) -> Problem {
    if failure.error == errors::DATA_LIMIT {
        return too_large(&here.state().name);
    }
    Problem {
        error: failure.error.to_owned(),
        cause: Some(super::advance::in_state(
            here.state(),
            here.branch.entered_event,
            &failure.sentence,
        )),
    }
}
