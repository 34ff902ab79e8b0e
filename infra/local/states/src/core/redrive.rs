//! Going on after an end: which branches go on, and from where.
//!
//! Source: developer guide, "Restarting state machine executions with redrive". What failed or was aborted goes on with the
//! input it had; what succeeded is kept. Nothing is stored for this while an execution runs: its records tell it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::apply::Misfit;
use super::record::{Record, What};
use super::step::{Step, Stepper};
use super::{Branch, BranchId, Doing, Execution, Status, World};
use crate::asl::{Definition, Kind};

/// Most redrives of one execution (AWS).
pub const MAX_REDRIVES: u32 = 1_000;
/// An execution with more events cannot be redriven (AWS).
pub const MAX_EVENTS_TO_REDRIVE: u32 = 24_999;
/// Client tokens that are remembered, the last ones (API reference, `RedriveExecution`).
pub const MAX_CLIENT_TOKENS: usize = 10;

/// What is remembered of the redrives of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Redrives {
    /// How many.
    pub count: u32,
    /// The last one, in milliseconds since 1970.
    pub last_ms: i64,
    /// The last client tokens and when each was used, in milliseconds since 1970.
    pub tokens: Vec<(String, i64)>,
}

impl Redrives {
    pub(super) fn add(&mut self, token: Option<&str>, at_ms: i64) {
        self.count += 1;
        self.last_ms = at_ms;
        if let Some(token) = token {
            if self.tokens.len() >= MAX_CLIENT_TOKENS {
                self.tokens.remove(0);
            }
            self.tokens.push((token.to_owned(), at_ms));
        }
    }
}

/// A redrive, in a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Redriven {
    /// As given.
    pub client_token: Option<String>,
    /// The branches that go on.
    pub branches: Vec<(BranchId, Branch)>,
    /// When the execution must have ended: its timeout starts anew.
    pub deadline_ms: Option<i64>,
}

/// The branches of a closed execution that did not succeed, each where it goes on.
pub fn unfinished(
    start: Execution,
    records: &[Record],
    definition: &Definition,
) -> Result<BTreeMap<BranchId, Branch>, Misfit> {
    let mut execution = start;
    let mut wreck = Wreck::default();
    for record in records {
        wreck.note(&execution, record)?;
        execution.apply(record)?;
    }
    let mut branches = wreck.last;
    branches.extend(wreck.lost);
    for (id, doing) in wreck.forks {
        if let Some(branch) = branches.get_mut(&id) {
            branch.doing = doing;
        }
    }
    for branch in branches.values_mut() {
        again(branch, definition);
    }
    drop_idle(&mut branches);
    Ok(branches)
}

/// Branches whose parent begins its state's work anew are made anew by it. Parents come before their children.
fn drop_idle(branches: &mut BTreeMap<BranchId, Branch>) {
    let ids: Vec<BranchId> = branches.keys().copied().collect();
    for id in ids {
        let parent = branches.get(&id).and_then(|branch| branch.parent);
        let awaited = parent.is_none_or(|(parent, _)| {
            branches.get(&parent).is_some_and(|parent| {
                matches!(parent.doing, Doing::Branching(_) | Doing::Mapping(_))
            })
        });
        if !awaited {
            branches.remove(&id);
        }
    }
}

/// Would a Distributed Map go on? Its map run has ended, and map runs cannot be redriven here.
pub fn needs_map_run(branches: &BTreeMap<BranchId, Branch>, definition: &Definition) -> bool {
    branches.values().any(|branch| {
        let state = definition.states.get(usize::from(branch.state));
        state.is_some_and(|state| is_distributed(&state.kind))
            && matches!(branch.doing, Doing::Working | Doing::Running(_))
    })
}

/// Is a Distributed Map anywhere in this definition?
pub fn has_map_runs(definition: &Definition) -> bool {
    definition
        .states
        .iter()
        .any(|state| is_distributed(&state.kind))
}

fn is_distributed(kind: &Kind) -> bool {
    matches!(kind, Kind::Map(map) if map.distributed.is_some())
}

/// What the end of an execution, and failures inside it, took away.
#[derive(Default)]
struct Wreck {
    /// The branches there were when the execution closed.
    last: BTreeMap<BranchId, Branch>,
    /// Branches that failed or were given up, for which nothing stepped in.
    lost: BTreeMap<BranchId, Branch>,
    /// What the parents of failed branches did: the outputs of the branches that had ended.
    forks: BTreeMap<BranchId, Doing>,
}

impl Wreck {
    fn note(&mut self, before: &Execution, record: &Record) -> Result<(), Misfit> {
        let branch = before.branches.get(&record.branch);
        match &record.what {
            What::Succeeded | What::Failed(_) | What::Stopped { .. } | What::TimedOut => {
                self.last = before.branches.clone();
            }
            What::BranchFailed | What::IterationFailed => {
                let branch = branch.ok_or(Misfit)?;
                let (parent, _) = branch.parent.ok_or(Misfit)?;
                let doing = &before.branches.get(&parent).ok_or(Misfit)?.doing;
                if matches!(doing, Doing::Branching(_) | Doing::Mapping(_)) {
                    self.forks.insert(parent, doing.clone());
                }
                self.lost.insert(record.branch, branch.clone());
            }
            What::IterationAborted { .. } => {
                self.lost
                    .insert(record.branch, branch.ok_or(Misfit)?.clone());
            }
            What::Aborted { .. } => {
                // Of an iteration that is dead, what it did before is known already.
                let branch = branch.ok_or(Misfit)?;
                if !matches!(branch.doing, Doing::Dead { .. }) {
                    self.lost.insert(record.branch, branch.clone());
                }
            }
            // Tried again, caught or left: what was lost below does not come back.
            What::BackedOff { .. } | What::Exited { .. } => self.forget_below(record.branch),
            What::Redriven(_) => *self = Self::default(),
            _other => {}
        }
        Ok(())
    }

    /// Branches are numbered upwards, so parents come before their children.
    fn forget_below(&mut self, id: BranchId) {
        let mut below = vec![id];
        self.lost.retain(|child, branch| {
            let goes = branch
                .parent
                .is_some_and(|(parent, _)| below.contains(&parent));
            if goes {
                below.push(*child);
            }
            !goes
        });
        self.forks.retain(|parent, _| !below.contains(parent));
    }
}

/// Takes a branch back to where its state's work begins. Retries are counted anew.
fn again(branch: &mut Branch, definition: &Definition) {
    branch.attempts.clear();
    let is_fail = definition
        .states
        .get(usize::from(branch.state))
        .is_some_and(|state| matches!(state.kind, Kind::Fail(_)));
    let doing = match &branch.doing {
        Doing::Failed(_) if is_fail => Doing::Entering,
        Doing::Failed(_)
        | Doing::Working
        | Doing::Calling(_)
        | Doing::Tasking(_)
        | Doing::BackingOff(_)
        | Doing::Dead { .. } => Doing::Working,
        _goes_on => return,
    };
    branch.doing = doing;
}

/// Goes on with a closed execution. `branches` come from [`unfinished`].
pub fn redrive(
    execution: &mut Execution,
    world: &World<'_>,
    branches: BTreeMap<BranchId, Branch>,
    client_token: Option<String>,
) -> Step {
    let mut stepper = Stepper {
        execution,
        world,
        step: Step::default(),
    };
    if stepper.execution.status == Status::Running {
        return stepper.step;
    }
    let deadline_ms = world
        .definition
        .timeout_s
        .map(|s| world.now_ms + i64::from(s) * 1_000);
    let redriven = Redriven {
        client_token,
        branches: branches.into_iter().collect(),
        deadline_ms,
    };
    stepper.write(0, What::Redriven(Box::new(redriven)));
    stepper.run();
    stepper.step
}
