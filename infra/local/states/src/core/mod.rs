//! One execution as a state machine without I/O, clock or threads.
//!
//! [`step`](step::step) takes an execution, an input and the time and gives records and effects. [`apply`](Execution::apply)
//! is the only thing that changes an execution, one record at a time, so the records alone rebuild it. Whatever prefix of
//! the records survives a crash, the state after it is one from which the next step goes on.

mod advance;
mod apply;
mod branches;
mod context;
mod enter;
mod failing;
pub mod history;
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

use crate::asl::expression::Variables;
use crate::asl::{Definition, Kind, StateIx, Then};
use crate::json::Json;

pub use branches::Branches;
pub(crate) use context::rfc3339;
pub use map::Mapping;
pub use map_run::{MapRun, Origin};
pub use record::{Record, What};
pub use step::{Effect, Input, Refused, Step, step};

/// Largest payload, in bytes of UTF-8 (AWS: 256 KiB).
pub const MAX_PAYLOAD_BYTES: usize = 262_144;
/// Most events of one history (AWS); the last one says that the execution failed.
pub const MAX_EVENTS: u32 = 25_000;
/// Longest run of an Express execution, in seconds (AWS: five minutes).
pub const MAX_EXPRESS_S: u32 = 300;
/// Most bytes of all variables of one scope (AWS: 10 MiB).
pub const MAX_VARIABLES_BYTES: usize = 10 * 1_048_576;
/// Most records of one step; an execution that has more to do gets another step.
pub const MAX_RECORDS_PER_STEP: usize = 512;
/// Longest error name that the API shows, in characters.
pub const MAX_ERROR_CHARS: usize = 256;
/// Longest cause that the API shows, in characters.
pub const MAX_CAUSE_CHARS: usize = 32_768;

/// Id of an execution within one data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExecutionId(pub u64);

/// A task: the id of its `TaskScheduled` event, unique in its execution. A retry is another task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId(pub u32);

/// Id of a branch within an execution; 0 is the top level.
pub type BranchId = u32;

/// How an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Status {
    /// It goes on.
    Running,
    /// It reached an end.
    Succeeded,
    /// An error that nothing caught.
    Failed,
    /// It ran longer than the definition's `TimeoutSeconds`.
    TimedOut,
    /// `StopExecution`.
    Aborted,
}

impl Status {
    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

/// The two kinds of workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Workflow {
    /// Durable, up to a year, with a history.
    #[default]
    Standard,
    /// In memory, up to five minutes, without a history.
    Express,
}

impl Workflow {
    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::Express => "EXPRESS",
        }
    }
}

/// The version and the alias that an execution was started through, if any.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Via {
    /// Number of the version.
    pub version: Option<u32>,
    /// Name of the alias that chose it.
    pub alias: Option<Arc<str>>,
}

/// What an execution was started with; never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its ARN.
    pub arn: Arc<str>,
    /// The state machine's ARN.
    pub machine_arn: Arc<str>,
    /// Standard or Express.
    pub workflow: Workflow,
    /// The version and alias it was started through.
    pub via: Via,
    /// The state machine's role.
    pub role_arn: Arc<str>,
    /// When it started, in milliseconds since 1970.
    pub started_ms: i64,
    /// Its input.
    pub input: Json,
    /// Source of all its chance: ids, jitter.
    pub seed: u64,
    /// The task that started it, if one did.
    pub started_by: Option<StartedBy>,
    /// Whose child it is, if it is a map run's.
    pub origin: Option<Origin>,
}

/// The task that started an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartedBy {
    /// Whose task.
    pub execution: ExecutionId,
    /// Which.
    pub task: TaskId,
    /// The task waits for the end of the execution.
    pub awaited: bool,
}

impl Identity {
    /// The region of its ARN.
    pub fn region(&self) -> &str {
        self.arn.split(':').nth(3).unwrap_or("")
    }
}

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

/// A flow of states: the top level, or one branch of a Parallel state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// The branch whose Parallel or Map state this one serves, and its place among the branches.
    pub parent: Option<(BranchId, u32)>,
    /// The state it is in, or goes to.
    pub state: StateIx,
    /// When that state was entered, in milliseconds since 1970.
    pub entered_ms: i64,
    /// Id of the event that says so.
    pub entered_event: u32,
    /// Id of the event before that one in this branch.
    pub entered_after: u32,
    /// Id of the last event of this branch: the `previousEventId` of the next.
    pub last_event: u32,
    /// The state's input; once it is left, its output.
    pub data: Json,
    /// The variables in scope.
    pub variables: Variables,
    /// Attempts used, by retrier.
    pub attempts: Vec<u32>,
    /// What it is doing.
    pub doing: Doing,
}

/// What a branch is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Doing {
    /// About to enter its state.
    Entering,
    /// Inside: the state's work comes next.
    Working,
    /// A task is scheduled; its call comes next.
    Calling(Pending),
    /// A task is under way.
    Tasking(Pending),
    /// A Wait state, until this time.
    Waiting(i64),
    /// Before another attempt, until this time.
    BackingOff(i64),
    /// Branches are under way: the output of each that has ended.
    Branching(Vec<Option<Json>>),
    /// The work is done, with this result; the state's output comes next.
    Done(Json),
    /// The work failed; Retry and Catch come next.
    Failed(Failed),
    /// Out of the state.
    Leaving(Then),
    /// Iterations of an inline Map are under way.
    Mapping(Box<Mapping>),
    /// A map run is under way.
    Running(Box<MapRun>),
    /// An iteration that failed or was given up, and that the history says so of: its Map lets go of it next.
    Dead {
        /// It was inside a state.
        inside: bool,
    },
}

/// A task under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// Which.
    pub id: TaskId,
    /// What it was called with, until the call has been answered: needed to call again after a crash. Then the job that
    /// the call started, if it started one.
    pub arguments: Option<Json>,
    /// When it must have ended.
    pub timeout_ms: Option<i64>,
    /// When it must next have beaten.
    pub beat_ms: Option<i64>,
    /// `HeartbeatSeconds`.
    pub heartbeat_s: Option<u32>,
    /// The call has been answered, or a worker has the task; only the token's answer, or the child's end, is missing.
    pub submitted: bool,
    /// The execution that the task started and waits for.
    pub child: Option<ExecutionId>,
}

/// A failure on its way to Retry and Catch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Error name.
    pub error: String,
    /// Text for people.
    pub cause: Option<String>,
    /// It was raised inside a branch of this Parallel state.
    pub from_branch: bool,
    /// The history says already that this Parallel state failed: it is not tried again.
    pub given_up: bool,
    /// Nothing may catch it: raised where the state's own Retry and Catch do not reach.
    pub uncaught: bool,
}

impl Branch {
    fn new(
        parent: Option<(BranchId, u32)>,
        state: StateIx,
        last_event: u32,
        data: Json,
        variables: Variables,
    ) -> Self {
        Self {
            parent,
            state,
            entered_ms: 0,
            entered_event: 0,
            entered_after: 0,
            last_event,
            data,
            variables,
            attempts: Vec::new(),
            doing: Doing::Entering,
        }
    }

    /// Retries so far, over all retriers.
    pub fn retry_count(&self) -> u32 {
        self.attempts.iter().sum()
    }

    /// The execution that this branch's task waits for.
    fn child(&self) -> Option<(TaskId, ExecutionId)> {
        match &self.doing {
            Doing::Tasking(Pending {
                id,
                child: Some(child),
                ..
            }) => Some((*id, *child)),
            _other => None,
        }
    }

    /// What stops what this branch's task started and waits for.
    fn started(&self, definition: &Definition) -> Option<Effect> {
        if let Some((_, child)) = self.child() {
            return Some(Effect::StopChild(child));
        }
        let (_, job) = self.job(definition)?;
        let (state, job) = (self.state, job.clone());
        Some(Effect::StopJob { state, job })
    }

    /// The job that this branch's task waits for.
    fn job(&self, definition: &Definition) -> Option<(TaskId, &Json)> {
        let (Doing::Tasking(task), Kind::Task(of)) =
            (&self.doing, &definition.state(self.state).kind)
        else {
            return None;
        };
        let awaited = task.submitted && of.resource.integration.job(&of.resource).is_some();
        Some((task.id, task.arguments.as_ref().filter(|_| awaited)?))
    }

    /// When this branch must be looked at again.
    fn deadline_ms(&self) -> Option<i64> {
        match &self.doing {
            Doing::Tasking(task) => match (task.timeout_ms, task.beat_ms) {
                (Some(timeout), Some(beat)) => Some(timeout.min(beat)),
                (timeout, beat) => timeout.or(beat),
            },
            Doing::Waiting(until) | Doing::BackingOff(until) => Some(*until),
            Doing::Entering | Doing::Working | Doing::Calling(_) | Doing::Branching(_) => None,
            Doing::Done(_) | Doing::Failed(_) | Doing::Leaving(_) => None,
            Doing::Mapping(_) | Doing::Running(_) | Doing::Dead { .. } => None,
        }
    }
}

impl Execution {
    /// Name of the execution: the end of its ARN, or before the end of an Express one's.
    pub fn name(&self) -> &str {
        let mut parts = self.identity.arn.rsplit(':');
        let last = match self.identity.workflow {
            Workflow::Standard => parts.next(),
            Workflow::Express => parts.nth(1),
        };
        last.unwrap_or("")
    }

    /// How often it was redriven.
    pub fn redrive_count(&self) -> u32 {
        self.redrives.as_ref().map_or(0, |redrives| redrives.count)
    }

    /// The earliest time at which something happens by itself.
    pub fn next_deadline_ms(&self) -> Option<i64> {
        self.branches
            .values()
            .filter_map(Branch::deadline_ms)
            .chain(self.deadline_ms)
            .min()
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
}

#[cfg(test)]
mod tests;
