//! What can happen to an execution, and what follows from it.

use super::items::Read;
use super::map_run::{ChildEnd, RunId};
use super::record::{Problem, Record};
use super::{ExecutionId, Status, TaskId};
use crate::asl::StateIx;
use crate::integration::TaskError;
use crate::json::Json;

/// What can happen to an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Nothing: go on with what is ready. Also what starts an execution.
    Go,
    /// The time of a deadline may have come.
    Tick,
    /// The call of a task was answered.
    Answered {
        /// Which.
        task: TaskId,
        /// The answer.
        outcome: Result<Json, TaskError>,
    },
    /// The process ended before the call of a task was answered: it is made again.
    CalledAgain {
        /// Which.
        task: TaskId,
    },
    /// A token's holder answered.
    Reported {
        /// Which.
        task: TaskId,
        /// The answer.
        outcome: Result<Json, (Option<String>, Option<String>)>,
    },
    /// The call of a task started an execution whose end the task waits for.
    ChildStarted {
        /// Which.
        task: TaskId,
        /// The answer to the call.
        output: Json,
        /// The execution.
        child: ExecutionId,
    },
    /// The execution that a task waits for has ended.
    ChildEnded {
        /// Which.
        task: TaskId,
        /// The answer of `DescribeExecution`.
        described: Json,
    },
    /// The call of a task started a job whose end the task waits for.
    JobStarted {
        /// Which.
        task: TaskId,
        /// The answer to the call.
        output: Json,
        /// What the job is asked after and stopped by.
        job: Json,
    },
    /// The job that a task waits for has ended.
    JobEnded {
        /// Which.
        task: TaskId,
        /// How.
        outcome: Result<Json, TaskError>,
    },
    /// A worker fetches an activity's task.
    Claimed {
        /// Which.
        task: TaskId,
        /// `workerName`.
        worker: Option<String>,
    },
    /// The worker was gone before the task had reached it.
    Returned {
        /// Which.
        task: TaskId,
    },
    /// An activity's task could not be offered to workers.
    OfferFailed {
        /// Which.
        task: TaskId,
        /// Why.
        problem: TaskError,
    },
    /// A token's holder is alive.
    Beat {
        /// Which.
        task: TaskId,
    },
    /// A map run's items were read, or not.
    ItemsRead {
        /// Which run.
        run: RunId,
        /// What they are.
        outcome: Result<Read, Problem>,
    },
    /// Children of a map run ended.
    ChildrenEnded {
        /// Which run.
        run: RunId,
        /// How. Those that are known already are passed over.
        ends: Vec<ChildEnd>,
    },
    /// A map run's results were written, or not.
    ResultsWritten {
        /// Which run.
        run: RunId,
        /// What the state's result says of it.
        outcome: Result<Json, Problem>,
    },
    /// `UpdateMapRun`.
    UpdateRun {
        /// Which run.
        run: RunId,
        /// As given.
        max_concurrency: Option<u32>,
        /// As given.
        tolerated_count: Option<u32>,
        /// As given.
        tolerated_percentage: Option<f64>,
    },
    /// A part of the execution's own log cannot be read: it cannot go on.
    Damaged {
        /// Where, in words.
        place: String,
    },
    /// `StopExecution`.
    Stop {
        /// As given.
        error: Option<String>,
        /// As given.
        cause: Option<String>,
    },
}

/// What the shell does once the records are durable.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Make the call of this task.
    Call {
        /// Which.
        task: TaskId,
        /// The state that has it.
        state: StateIx,
        /// What with.
        arguments: Json,
    },
    /// Stop this execution: the task that started it was given up.
    StopChild(ExecutionId),
    /// Stop this job: the task that started it was given up.
    StopJob {
        /// The state whose task it was.
        state: StateIx,
        /// What the job is stopped by.
        job: Json,
    },
    /// Read the items of a map run.
    ReadItems {
        /// Which run.
        run: RunId,
        /// The state that has it.
        state: StateIx,
    },
    /// Start children of a map run, those that have not been started yet.
    StartChildren {
        /// Which run.
        run: RunId,
        /// The state that has it.
        state: StateIx,
        /// Which children.
        children: Vec<u32>,
    },
    /// Stop children of a map run.
    StopChildren {
        /// Which children, and in which attempt of the run they were started. One that was started again since is left alone.
        children: Vec<(String, u32)>,
    },
    /// Write the results of a map run.
    WriteResults {
        /// Which run.
        run: RunId,
        /// The state that has it.
        state: StateIx,
    },
    /// There is more to do: step again with [`Input::Go`].
    Again,
    /// The execution has closed.
    Closed(Status),
}

/// What a step gives.
#[derive(Debug, Default)]
pub struct Step {
    /// To be made durable first, all or none.
    pub records: Vec<Record>,
    /// Then to be done.
    pub effects: Vec<Effect>,
}

/// The input does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The task is not under way, or not any more.
    #[error("the task is not under way")]
    NoSuchTask,
    /// The map run is not under way, or does not wait for this.
    #[error("the map run is not under way")]
    NoSuchRun,
    /// The execution has closed.
    #[error("the execution has closed")]
    Closed,
}
