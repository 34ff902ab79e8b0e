//! Going on after an end: which branches go on, and from where.
//!
//! Source: developer guide, "Restarting state machine executions with redrive". What failed or was aborted goes on with the
//! input it had; what succeeded is kept. Nothing is stored for this while an execution runs: its records tell it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::apply::Misfit;
use super::map_run::EXPRESS_MS;
use super::record::{Record, What};
use super::step::{Step, Stepper};
use super::{Branch, BranchId, Doing, Execution, MAX_OPEN_MS, Status, World};
use crate::asl::expression::Variables;
use crate::asl::{Definition, Kind};

/// Most redrives of one execution (AWS).
pub const MAX_REDRIVES: u32 = 1_000;
/// An execution with more events cannot be redriven (AWS).
pub const MAX_EVENTS_TO_REDRIVE: u32 = 24_999;
const DAY_MS: i64 = 86_400_000;
/// How long after its end an execution can be redriven, in milliseconds (AWS: 14 days).
const REDRIVABLE_MS: i64 = 14 * DAY_MS;
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
    /// Of a map run's child: the attempt of the run in which it was last redriven.
    pub attempt: u32,
}

impl Redrives {
    pub(super) fn add(&mut self, redriven: &Redriven, at_ms: i64) {
        self.count += 1;
        self.last_ms = at_ms;
        self.attempt = redriven.attempt;
        if let Some(token) = redriven.client_token.as_deref() {
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
    /// Of a map run's child: the attempt of the run that this is for.
    pub attempt: u32,
}

impl Execution {
    /// Of a map run's child: the attempt of the run in which it was last started or redriven.
    pub fn attempt(&self) -> u32 {
        let started = self.identity.origin.as_ref().map_or(0, |o| o.attempt);
        let redriven = self.redrives.as_ref().map_or(0, |r| r.attempt);
        started.max(redriven)
    }

    /// Is it the child of a map run that starts its children anew?
    pub fn is_express_child(&self) -> bool {
        self.identity.origin.as_ref().is_some_and(|o| o.express)
    }
}

/// Why a closed execution can never be redriven again, whatever the time.
pub fn spent(execution: &Execution) -> Option<String> {
    if execution.is_express_child() {
        return None;
    }
    if execution.last_event >= MAX_EVENTS_TO_REDRIVE {
        return Some("Execution history event limit exceeded".to_owned());
    }
    (execution.redrive_count() >= MAX_REDRIVES)
        .then(|| format!("Execution was redriven {MAX_REDRIVES} times, the most that is allowed"))
}

/// Has the time to redrive an execution passed? Why, in AWS's words.
pub fn overdue(started_ms: i64, stopped_ms: i64, now_ms: i64) -> Option<&'static str> {
    if started_ms + MAX_OPEN_MS < now_ms {
        return Some("Execution has exceeded the max execution time");
    }
    (stopped_ms + REDRIVABLE_MS < now_ms).then_some("Execution redrivable period exceeded")
}

/// Has the time to redrive it passed?
pub(super) fn is_too_old(started_ms: i64, stopped_ms: i64, now_ms: i64) -> bool {
    overdue(started_ms, stopped_ms, now_ms).is_some()
}

/// An Express child goes on from its first state, as if it were new.
pub fn anew(execution: &Execution) -> BTreeMap<BranchId, Branch> {
    let identity = &execution.identity;
    let start = identity.origin.as_ref().map_or(0, |origin| origin.start);
    let input = identity.input.clone();
    let branch = Branch::new(None, start, 0, input, Variables::default());
    BTreeMap::from([(0, branch)])
}

/// The branches of a closed execution that did not succeed, each where it goes on.
pub fn unfinished(
    start: Execution,
    records: &[Record],
    definition: &Definition,
) -> Result<BTreeMap<BranchId, Branch>, Misfit> {
    let mut retold = Retold::new(start);
    for record in records {
        retold.take(record)?;
    }
    Ok(retold.end(definition).1)
}

/// A closed execution that is told again, record by record, to find out what of it goes on.
#[derive(Debug)]
pub struct Retold {
    execution: Execution,
    wreck: Wreck,
}

impl Retold {
    /// Begins with the execution as it started.
    pub fn new(start: Execution) -> Self {
        Self {
            execution: start,
            wreck: Wreck::default(),
        }
    }

    /// What happened next.
    pub fn take(&mut self, record: &Record) -> Result<(), Misfit> {
        self.wreck.note(&self.execution, record)?;
        self.execution.apply(record)
    }

    /// It, as it closed, and its branches that did not succeed, each where it goes on.
    pub fn end(self, definition: &Definition) -> (Execution, BTreeMap<BranchId, Branch>) {
        let branches = self.wreck.branches(definition);
        (self.execution, branches)
    }
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

/// What the end of an execution, and failures inside it, took away.
#[derive(Debug, Clone, Default)]
pub(super) struct Wreck {
    /// The branches there were when the execution closed.
    last: BTreeMap<BranchId, Branch>,
    /// Branches that failed or were given up, for which nothing stepped in.
    lost: BTreeMap<BranchId, Branch>,
    /// What the parents of failed branches did: the outputs of the branches that had ended. And runs that failed.
    forks: BTreeMap<BranchId, Doing>,
}

impl Wreck {
    /// The branches that did not succeed, each where it goes on.
    pub(super) fn branches(self, definition: &Definition) -> BTreeMap<BranchId, Branch> {
        let mut branches = self.last;
        branches.extend(self.lost);
        for (id, doing) in self.forks {
            if let Some(branch) = branches.get_mut(&id) {
                branch.doing = doing;
            }
        }
        for branch in branches.values_mut() {
            again(branch, definition);
        }
        drop_idle(&mut branches);
        branches
    }

    /// Takes note of a record. `before` is the execution before it.
    pub(super) fn note(&mut self, before: &Execution, record: &Record) -> Result<(), Misfit> {
        let branch = before.branches.get(&record.branch);
        match &record.what {
            What::Succeeded | What::Failed(_) | What::Stopped { .. } | What::TimedOut => {
                self.last = before.branches.to_map();
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
            What::MapRunFailed(_) => {
                let run = branch.ok_or(Misfit)?.doing.clone();
                self.forks.insert(record.branch, run);
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
    let doing = match &mut branch.doing {
        Doing::Running(run) => {
            if run.ready_to_redrive() {
                return;
            }
            Doing::Working
        }
        Doing::Failed(_) if is_fail => Doing::Entering,
        Doing::Failed(_)
        | Doing::Working
        | Doing::Calling(_)
        | Doing::Tasking(_)
        | Doing::BackingOff(_)
        | Doing::Dead { .. } => Doing::Working,
        Doing::Entering | Doing::Waiting(_) | Doing::Branching(_) | Doing::Mapping(_) => return,
        Doing::Done(_) | Doing::Leaving(_) => return,
    };
    branch.doing = doing;
}

/// Goes on with a closed execution. `branches` come from [`unfinished`]; `attempt` is that of the run whose child it is.
pub fn redrive(
    execution: &mut Execution,
    world: &World<'_>,
    branches: BTreeMap<BranchId, Branch>,
    client_token: Option<String>,
    attempt: u32,
) -> Step {
    let mut stepper = Stepper {
        execution,
        world,
        step: Step::default(),
        written: 0,
    };
    if stepper.execution.status == Status::Running {
        return stepper.step;
    }
    let deadline_ms = match &stepper.execution.identity.origin {
        Some(origin) => origin.express.then(|| world.now_ms + EXPRESS_MS),
        None => {
            let timeout_s = world.definition.timeout_s;
            timeout_s.map(|s| world.now_ms + i64::from(s) * 1_000)
        }
    };
    let redriven = Redriven {
        client_token,
        branches: branches.into_iter().collect(),
        deadline_ms,
        attempt,
    };
    stepper.write(0, What::Redriven(Box::new(redriven)));
    stepper.run();
    stepper.step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::specimen::started;
    use crate::json::Json;

    fn ended(last_event: u32, redrives: u32) -> Execution {
        let count = redrives;
        let redrives = Redrives {
            count,
            ..Redrives::default()
        };
        Execution {
            last_event,
            redrives: (count > 0).then(|| Box::new(redrives)),
            ..started(Json::trusted("{}"))
        }
    }

    /// Guide, "Redrive eligibility for failed executions": fewer than 24,999 events, at most 1,000 redrives.
    #[test]
    fn a_long_history_and_many_redrives_are_the_end() {
        assert_eq!(spent(&ended(24_998, 999)), None);
        let why = spent(&ended(24_999, 0)).expect("too long");
        assert_eq!(why, "Execution history event limit exceeded");
        assert!(spent(&ended(10, 1_000)).is_some());
    }

    /// The same: within 14 days of its end, a year after its start.
    #[test]
    fn the_time_to_redrive_passes() {
        assert_eq!(overdue(0, DAY_MS, 15 * DAY_MS), None);
        assert!(overdue(0, DAY_MS, 15 * DAY_MS + 1).is_some());
        let late = 360 * DAY_MS;
        assert_eq!(overdue(0, late, MAX_OPEN_MS), None);
        let why = overdue(0, late, MAX_OPEN_MS + 1).expect("too old");
        assert_eq!(why, "Execution has exceeded the max execution time");
    }
}
