//! A flow of states, and what it is doing.

use serde::{Deserialize, Serialize};

use super::map_run::MapRun;
use super::{BranchId, Effect, ExecutionId, Mapping, TaskId};
use crate::asl::expression::Variables;
use crate::asl::{Definition, Kind, StateIx, Then};
use crate::json::Json;

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
    /// When it must have ended. Below zero: how long it has once a worker fetches it, in milliseconds.
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

impl Pending {
    /// When it must have ended, if that is known already.
    pub(super) fn ends_ms(&self) -> Option<i64> {
        self.timeout_ms.filter(|at_ms| *at_ms >= 0)
    }
}

impl Branch {
    pub(super) fn new(
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
    pub(super) fn child(&self) -> Option<(TaskId, ExecutionId)> {
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
    pub(super) fn started(&self, definition: &Definition) -> Option<Effect> {
        if let Some((_, child)) = self.child() {
            return Some(Effect::StopChild(child));
        }
        let (_, job) = self.job(definition)?;
        let (state, job) = (self.state, job.clone());
        Some(Effect::StopJob { state, job })
    }

    /// The job that this branch's task waits for.
    pub(super) fn job(&self, definition: &Definition) -> Option<(TaskId, &Json)> {
        let (Doing::Tasking(task), Kind::Task(of)) =
            (&self.doing, &definition.state(self.state).kind)
        else {
            return None;
        };
        let awaited = task.submitted && of.resource.integration.job(&of.resource).is_some();
        Some((task.id, task.arguments.as_ref().filter(|_| awaited)?))
    }

    /// Has it a map run whose end is still to come?
    pub(super) fn has_run_under_way(&self) -> bool {
        matches!(&self.doing, Doing::Running(run) if run.is_under_way())
    }

    /// When this branch must be looked at again.
    pub(super) fn deadline_ms(&self) -> Option<i64> {
        match &self.doing {
            Doing::Tasking(task) => match (task.ends_ms(), task.beat_ms) {
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
