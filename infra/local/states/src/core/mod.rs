//! One execution as a state machine without I/O, clock or threads.
//!
//! [`step`](step::step) takes an execution, an input and the time and gives records and effects. [`apply`](Execution::apply)
//! is the only thing that changes an execution, one record at a time, so the records alone rebuild it. Whatever prefix of
//! the records survives a crash, the state after it is one from which the next step goes on.

mod advance;
mod apply;
mod branch;
mod branches;
mod context;
mod enter;
mod failing;
pub mod history;
mod identity;
pub mod import;
mod input;
pub mod items;
mod map;
pub mod map_results;
pub mod map_run;
pub mod record;
pub mod redrive;
mod run_steps;
pub mod run_summary;
mod step;
pub mod trial;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::asl::{Definition, StateIx};
use crate::json::Json;

pub use branch::{Branch, Doing, Failed, Pending};
pub use branches::Branches;
pub(crate) use context::rfc3339;
pub use identity::{BranchId, ExecutionId, Identity, StartedBy, Status, TaskId, Via, Workflow};
pub use map::Mapping;
pub use map_run::{MapRun, Origin};
pub use record::{Record, What};
#[cfg(test)]
pub(crate) use step::BROKEN_OFF;
pub use step::{Effect, Input, Refused, Step, step, step_or_end};

/// Largest payload, in bytes of UTF-8 (AWS: 256 KiB).
pub const MAX_PAYLOAD_BYTES: usize = 262_144;
/// Most events of one history (AWS); the last one says that the execution failed.
pub const MAX_EVENTS: u32 = 25_000;
/// Longest run of an Express execution, in seconds (AWS: five minutes).
pub const MAX_EXPRESS_S: u32 = 300;
/// Longest time from the start of a Standard execution to its end, redrives and all, in milliseconds (AWS: a year).
pub const MAX_OPEN_MS: i64 = 365 * 86_400_000;
/// Most bytes of all variables of one scope (AWS: 10 MiB).
pub const MAX_VARIABLES_BYTES: usize = 10 * 1_048_576;
/// Most records of one step; an execution that has more to do gets another step.
pub const MAX_RECORDS_PER_STEP: usize = 512;
/// A step ends once it has written so many bytes: its records are one frame of the log. A single record may be longer and then
/// stands alone, or is the last one. Small in tests, so that they get there.
pub const MAX_STEP_BYTES: usize = if cfg!(test) {
    1_048_576
} else {
    16 * 1_048_576
};
/// Longest error name that the API shows, in characters.
pub const MAX_ERROR_CHARS: usize = 256;
/// Longest cause that the API shows, in characters.
pub const MAX_CAUSE_CHARS: usize = 32_768;

/// An execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// What it was started with.
    pub identity: Arc<Identity>,
    /// How it stands.
    pub status: Status,
    /// Id of the last history event.
    pub last_event: u32,
    /// When it must end, from the definition's `TimeoutSeconds`.
    pub deadline_ms: Option<i64>,
    /// What it is doing, by branch. Empty once closed.
    pub branches: Branches,
    next_branch: BranchId,
    /// How it ended.
    pub end: Option<Box<End>>,
    /// Its redrives, if there were any.
    pub redrives: Option<Box<redrive::Redrives>>,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Its output, if it succeeded.
    pub output: Option<Json>,
    /// Error name, if it did not.
    pub error: Option<String>,
    /// Cause, if it did not.
    pub cause: Option<String>,
}

impl Execution {
    /// Name of the execution: what stands behind its machine's in its ARN.
    pub fn name(&self) -> &str {
        let arn = &*self.identity.arn;
        let named = arn.split(':').nth(7).or_else(|| arn.rsplit(':').next());
        named.unwrap_or_default()
    }

    /// Name of the error that it ended with. A failure without one has an empty name in its record.
    pub fn error_name(&self) -> Option<&str> {
        let error = self.end.as_ref()?.error.as_deref()?;
        (!error.is_empty() || self.status != Status::Failed).then_some(error)
    }

    /// How often it was redriven.
    pub fn redrive_count(&self) -> u32 {
        self.redrives.as_ref().map_or(0, |redrives| redrives.count)
    }

    /// The earliest time at which something happens by itself: nothing if it waits for the world alone, though it must end
    /// at [`ends_ms`](Self::ends_ms) nevertheless.
    pub fn next_deadline_ms(&self) -> Option<i64> {
        let own = self
            .branches
            .values()
            .filter_map(Branch::deadline_ms)
            .chain(self.deadline_ms)
            .min()?;
        Some(self.ends_ms().map_or(own, |end| end.min(own)))
    }

    /// When it must have ended, whatever its definition says. Express executions have deadlines of their own.
    pub fn ends_ms(&self) -> Option<i64> {
        let express = self.identity.workflow == Workflow::Express || self.is_express_child();
        (!express).then(|| self.identity.started_ms.saturating_add(MAX_OPEN_MS))
    }

    /// The branch in which this task is under way.
    pub fn pending(&self, id: TaskId) -> Option<(BranchId, &Pending)> {
        self.branches.iter().find_map(|(branch, b)| match &b.doing {
            Doing::Tasking(task) if task.id == id => Some((*branch, task)),
            _other => None,
        })
    }

    /// The calls that must be made again after a restart: their outcome was never recorded.
    ///
    /// A function that was called and whose answer was lost is called a second time. Task functions are idempotent by
    /// their key, while a call that is never repeated would hold its execution for ever.
    ///
    /// Reading items and writing results are repeated too. A child that was to be started is looked for first.
    pub fn unanswered(&self) -> Vec<Effect> {
        self.branches
            .values()
            .filter_map(|branch| match &branch.doing {
                Doing::Running(run) => run.unanswered(branch.state),
                Doing::Tasking(Pending {
                    id,
                    arguments: Some(arguments),
                    submitted: false,
                    ..
                }) => Some(Effect::Call {
                    task: *id,
                    state: branch.state,
                    arguments: arguments.clone(),
                }),
                _other => None,
            })
            .collect()
    }

    /// The tasks that wait for the end of another execution, and that execution.
    pub fn awaited(&self) -> Vec<(TaskId, ExecutionId)> {
        let waiting = self.branches.values().filter_map(Branch::child);
        waiting.collect()
    }

    /// The tasks that wait for the end of a service's job, with their states.
    pub fn jobs(&self, definition: &Definition) -> Vec<(TaskId, StateIx, Json)> {
        let waiting = self.branches.values().filter_map(|branch| {
            let (task, job) = branch.job(definition)?;
            Some((task, branch.state, job.clone()))
        });
        waiting.collect()
    }

    /// The branch that has this map run, and the run.
    pub fn run(&self, id: map_run::RunId) -> Option<(BranchId, &Branch, &MapRun)> {
        self.branches.iter().find_map(|(at, b)| match &b.doing {
            Doing::Running(run) if run.id == id => Some((*at, b, &**run)),
            _other => None,
        })
    }

    /// The branches that have a map run whose end is still to come.
    pub(crate) fn runs_under_way(&self) -> Vec<BranchId> {
        let branches = self.branches.iter();
        let under_way = branches.filter(|(_, branch)| branch.has_run_under_way());
        under_way.map(|(id, _)| *id).collect()
    }

    /// Is there something that a step would do at once?
    pub fn is_ready(&self) -> bool {
        self.branches.values().any(Branch::is_ready)
    }
}

/// What a step needs to know besides the execution.
pub struct World<'a> {
    /// The definition that the execution started with.
    pub definition: &'a Definition,
    /// Which execution it is.
    pub id: ExecutionId,
    /// Makes the token of a task; the same for the same task.
    pub token: &'a dyn Fn(TaskId) -> String,
    /// Is there an activity with this ARN?
    pub activity: &'a dyn Fn(&str) -> bool,
    /// The time, in milliseconds since 1970.
    pub now_ms: i64,
    /// Takes the place of the context object, in a trial.
    pub context: Option<&'a Json>,
    /// Its state machine is being deleted: it ends at its next transition.
    pub deleting: bool,
    /// One state is tested alone: what the context object calls it.
    pub tested: Option<&'a str>,
    /// Asked before each move: has the step had its time? It ends then, and the next one goes on. Which records a step has does not
    /// change what they are.
    pub spent: &'a dyn Fn() -> bool,
}

#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod broken_off_tests;
#[cfg(test)]
mod given_up_tests;
#[cfg(test)]
mod specimen;
#[cfg(test)]
mod spent_tests;
#[cfg(test)]
mod tests;
