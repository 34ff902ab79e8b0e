//! Map runs in a trial: a child is a trial of its own. No bucket is read or written: items are asked for like the answer
//! of a task, and results are told of as if they had been written.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Asked, Outcome, Trial};
use crate::asl::{Kind, StateIx, distributed};
use crate::core::items::Read;
use crate::core::map_run::{ChildEnd, Phase, RunId};
use crate::core::record::Problem;
use crate::core::step::Input;
use crate::core::{ExecutionId, Status, map_results};

/// A child of a map run that is tried.
#[derive(Debug, Clone)]
pub struct Child<'a> {
    /// The state that has the run.
    pub state: StateIx,
    /// It. Shared between paths until one of them goes on.
    pub trial: Arc<Trial<'a>>,
}

impl Trial<'_> {
    /// Is an answer to this still wanted?
    pub fn wants(&self, asked: &Asked) -> bool {
        if self.execution.status != Status::Running {
            return false;
        }
        if let Some((key, rest)) = asked.within.split_first() {
            let inner = Asked {
                within: rest.to_vec(),
                ..asked.clone()
            };
            let child = self.children.get(key);
            return child.is_some_and(|child| child.trial.wants(&inner));
        }
        match asked.items {
            Some(run) => {
                let found = self.execution.run(run);
                found.is_some_and(|(_, _, run)| run.phase == Phase::Reading)
            }
            None => self.execution.pending(asked.task).is_some(),
        }
    }

    /// Answers what a child asked.
    pub(super) fn answer_within(&mut self, asked: &Asked, outcome: Outcome) -> Vec<Asked> {
        let Some((key, rest)) = asked.within.split_first() else {
            return Vec::new();
        };
        let Some(child) = self.children.get_mut(key) else {
            return Vec::new();
        };
        let inner = Asked {
            within: rest.to_vec(),
            ..asked.clone()
        };
        let trial = Arc::make_mut(&mut child.trial);
        trial.room = self.room;
        let more = trial.answer(&inner, outcome);
        let end = ChildEnd::of(&trial.execution, 0, false);
        (self.room, self.overfull) = (trial.room, self.overfull || trial.overfull);
        let mut more = within(more, *key);
        if let Some(end) = end {
            let (run, ends) = (key.0, vec![end]);
            more.extend(self.input(Input::ChildrenEnded { run, ends }));
        }
        more
    }

    pub(super) fn items_given(&mut self, run: RunId, outcome: Outcome) -> Vec<Asked> {
        let outcome = outcome.map(Read::from);
        let outcome = outcome.map_err(|(error, cause)| Problem { error, cause });
        self.input(Input::ItemsRead { run, outcome })
    }

    /// Starts children. Gives what they ask; those that end at once are told of in `inputs`.
    pub(super) fn start_children(
        &mut self,
        run: RunId,
        state: StateIx,
        children: &[u32],
        inputs: &mut VecDeque<Input>,
    ) -> Vec<Asked> {
        let mut asked = Vec::new();
        let mut ends = Vec::new();
        for index in children {
            if self.room == 0 {
                self.overfull = true;
                break;
            }
            self.room -= 1;
            let Some(mut trial) = self.child(run, state, *index) else {
                continue;
            };
            asked.extend(within(trial.run(), (run, *index)));
            (self.room, self.overfull) = (trial.room, self.overfull || trial.overfull);
            ends.extend(ChildEnd::of(&trial.execution, 0, false));
            let trial = Arc::new(trial);
            self.children.insert((run, *index), Child { state, trial });
        }
        if !ends.is_empty() {
            inputs.push_back(Input::ChildrenEnded { run, ends });
        }
        asked
    }

    fn child(&self, run: RunId, state: StateIx, index: u32) -> Option<Self> {
        let Kind::Map(map) = &self.definition.state(state).kind else {
            return None;
        };
        let flow = self.definition.flows.get(usize::from(map.processor))?;
        let express = map.distributed.as_ref()?.kind == distributed::Kind::Express;
        let identity = &self.execution.identity;
        let (_, _, found) = self.execution.run(run)?;
        let child = found.children.get(index as usize)?;
        let origin = found.origin(identity, ExecutionId(0), (flow.start, express), index);
        let seed = identity.seed.wrapping_add(u64::from(index) + 1);
        let identity = origin.identity(identity, found.input(child), self.now_ms, seed);
        let mut trial = Trial::new(self.definition, identity, None);
        trial.room = self.room;
        Some(trial)
    }

    /// Stops the children that run.
    pub(super) fn stop_children(&mut self, inputs: &mut VecDeque<Input>) {
        for ((run, _), child) in &mut self.children {
            if child.trial.execution.status != Status::Running {
                continue;
            }
            let trial = Arc::make_mut(&mut child.trial);
            trial.input(Input::Stop {
                error: None,
                cause: None,
            });
            let ends = ChildEnd::of(&trial.execution, 0, false);
            inputs.push_back(Input::ChildrenEnded {
                run: *run,
                ends: ends.into_iter().collect(),
            });
        }
    }

    /// What would be said of results that had been written.
    pub(super) fn results_told(&self, run: RunId) -> Option<Input> {
        let (_, _, found) = self.execution.run(run)?;
        let arguments = found.settings.writer.arguments.as_ref()?;
        let arguments: serde_json::Value = serde_json::from_str(arguments.as_str()).ok()?;
        let text = |name: &str| arguments[name].as_str().unwrap_or_default();
        let (bucket, prefix) = (text("Bucket"), text("Prefix"));
        let (_, details) = map_results::files(found, &self.execution.identity, bucket, prefix);
        Some(Input::ResultsWritten {
            run,
            outcome: Ok(details),
        })
    }

    /// Records of it and of all its children.
    pub fn records_in_all(&self) -> usize {
        let below = self.children.values().map(|c| c.trial.records_in_all());
        self.records.len() + below.sum::<usize>()
    }
}

/// What a child asks is asked within it.
fn within(asked: Vec<Asked>, key: (RunId, u32)) -> Vec<Asked> {
    let prefixed = asked.into_iter().map(|mut asked| {
        asked.within.insert(0, key);
        asked
    });
    prefixed.collect()
}
