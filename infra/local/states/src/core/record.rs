//! Records: what happened to an execution, in order. They are the log, and most are history events as well.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::items::Sources;
use super::map_run::{ChildEnd, ChildStart, Settings};
use super::redrive::Redriven;
use super::{BranchId, ExecutionId, MAX_CAUSE_CHARS, MAX_ERROR_CHARS, TaskId};
use crate::asl::{StateIx, Then};
use crate::json::Json;

/// One record. Variants and fields are a data format: append, and raise the format number when one changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Where.
    pub branch: BranchId,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// The execution started, with this state.
    Started {
        /// The first state.
        state: StateIx,
        /// When it must have ended.
        deadline_ms: Option<i64>,
    },
    /// The branch's state was entered.
    Entered,
    /// A task was handed to its service.
    Scheduled(Scheduled),
    /// The call began; or it is made again after a restart.
    TaskStarted,
    /// The call was answered; the token's answer is awaited.
    Submitted {
        /// The answer.
        output: Json,
    },
    /// The task ended well.
    TaskSucceeded {
        /// Its result.
        result: Json,
    },
    /// The task failed.
    TaskFailed(Problem),
    /// The task, or its heartbeat, took too long.
    TaskTimedOut(Problem),
    /// The task beat. No history event.
    Beat {
        /// When it must next have beaten.
        until_ms: i64,
    },
    /// A Wait state waits. No history event.
    Waiting {
        /// Until when.
        until_ms: i64,
    },
    /// An attempt failed and another follows. No history event.
    BackedOff {
        /// By which retrier.
        retrier: u16,
        /// When.
        until_ms: i64,
    },
    /// The back-off is over. No history event.
    Retried,
    /// The state's work gave a result without a task. No history event.
    Worked {
        /// The result.
        result: Json,
    },
    /// The state cannot go on. No history event.
    Broke {
        /// Why.
        problem: Problem,
        /// Nothing may catch it.
        uncaught: bool,
    },
    /// An expression failed.
    EvaluationFailed {
        /// Why.
        problem: Problem,
        /// The field.
        field: String,
        /// Nothing may catch it.
        uncaught: bool,
    },
    /// Branches started.
    ParallelStarted {
        /// The first state of each.
        starts: Vec<StateIx>,
        /// Their input, if it is not the state's.
        input: Option<Json>,
    },
    /// A branch reached its end. No history event. `branch` is the one that ended.
    BranchEnded,
    /// All branches, or all iterations, ended well.
    ParallelSucceeded,
    /// A branch was given up because another failed. `branch` is the one given up.
    Aborted {
        /// The event that caused it.
        because: u32,
        /// The branch was between states, or in one whose end AWS does not tell: no history event.
        silent: bool,
    },
    /// A branch failed: its failure becomes its Parallel state's. No history event. `branch` is the one that failed.
    BranchFailed,
    /// A Parallel or Map state failed and is not tried again.
    ParallelFailed,
    /// The state was left.
    Exited {
        /// Its output, if it is not its input.
        output: Option<Json>,
        /// The variables that were assigned.
        assigned: Vec<(Arc<str>, Json)>,
        /// Where to.
        then: Then,
    },
    /// The execution ended well.
    Succeeded,
    /// It failed.
    Failed(Problem),
    /// It was stopped.
    Stopped {
        /// As given to `StopExecution`.
        error: Option<String>,
        /// As given to `StopExecution`.
        cause: Option<String>,
    },
    /// It ran too long.
    TimedOut,
    /// The task started another execution, whose end is awaited.
    ChildStarted {
        /// The answer to the call.
        output: Json,
        /// The other execution.
        child: ExecutionId,
    },
    /// An activity's task waits for a worker. No history event.
    Offered,
    /// A worker fetched the task.
    Claimed {
        /// `workerName`.
        worker: Option<String>,
    },
    /// The worker was gone before the task had reached it. No history event.
    Returned,
    /// The task could not be offered to workers.
    OfferFailed(Problem),
    /// An inline Map began.
    MapStarted {
        /// Its items: an array or an object, if that is not the state's input.
        items: Option<Json>,
        /// Most iterations at the same time.
        concurrency: u32,
    },
    /// The next iteration of a Map started.
    IterationStarted {
        /// Its first state.
        start: StateIx,
        /// Its input, if that is not the item.
        input: Option<Json>,
    },
    /// An iteration reached its end. `branch` is the one that ended, here and in the next two.
    IterationEnded,
    /// An iteration failed: its failure becomes its Map's.
    IterationFailed,
    /// An iteration was given up because another failed.
    IterationAborted {
        /// The event that caused it.
        because: u32,
    },
    /// A distributed Map began; its settings come next.
    MapRunEntered {
        /// Its items, if they are not the state's input.
        items: Option<Json>,
    },
    /// A map run started.
    MapRunStarted {
        /// The end of its ARN.
        uuid: [u8; 16],
        /// How it was asked for.
        settings: Box<Settings>,
    },
    /// The `ItemReader` gave these items. No history event.
    ItemsRead {
        /// An array or an object.
        items: Json,
    },
    /// Children are to be started. No history event.
    ChildrenStarted(Vec<ChildStart>),
    /// Children ended. No history event.
    ChildrenEnded(Vec<ChildEnd>),
    /// `UpdateMapRun`. No history event.
    MapRunUpdated {
        /// As given.
        max_concurrency: Option<u32>,
        /// As given.
        tolerated_count: Option<u32>,
        /// As given.
        tolerated_percentage: Option<f64>,
    },
    /// The run will fail once its children have ended. No history event.
    MapRunBroke(Problem),
    /// All children have ended. No history event.
    MapRunOver,
    /// The `ResultWriter` is done. No history event.
    ResultsWritten {
        /// What the state's result says of it.
        details: Json,
    },
    /// The map run ended well.
    MapRunSucceeded,
    /// The map run failed.
    MapRunFailed(Problem),
    /// It goes on after its end.
    Redriven(Box<Redriven>),
    /// A map run goes on after its end.
    MapRunRedriven {
        /// The children that did not end well and are to be redriven.
        children: Vec<u32>,
    },
    /// These children of a redriven map run are to run again. No history event.
    ChildrenRedriven(Vec<u32>),
    /// The task started a job of a service, whose end is awaited.
    JobStarted {
        /// The answer to the call.
        output: Json,
        /// What the job is asked after and stopped by.
        job: Json,
    },
    /// A map run was given up: its state was, or its execution ends. That comes next. Since format 5.
    MapRunAborted,
    /// The `ItemReader` gave these items, of several objects. No history event. Since format 6.
    ItemsLoaded {
        /// An array.
        items: Json,
        /// Which of them came from where.
        sources: Sources,
    },
}

/// A task as it was scheduled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scheduled {
    /// What it is called with.
    pub arguments: Json,
    /// `TimeoutSeconds`.
    pub timeout_s: Option<u32>,
    /// `HeartbeatSeconds`.
    pub heartbeat_s: Option<u32>,
    /// The role of `Credentials`.
    pub role_arn: Option<Arc<str>>,
}

/// An error and its cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Error name; empty for an error without one.
    pub error: String,
    /// Text for people.
    pub cause: Option<String>,
}

impl Problem {
    /// What the API can tell of an error and its cause: no more than so many characters of each.
    pub(super) fn cut(error: String, cause: Option<String>) -> Self {
        Self {
            error: first_chars(error, MAX_ERROR_CHARS),
            cause: cause.map(|cause| first_chars(cause, MAX_CAUSE_CHARS)),
        }
    }

    /// The error's name, if it has one.
    pub fn name(&self) -> Option<&str> {
        Some(self.error.as_str()).filter(|name| !name.is_empty())
    }
}

fn first_chars(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
    text
}

impl What {
    /// Is this a history event?
    pub fn is_event(&self) -> bool {
        match self {
            Self::Started { .. }
            | Self::Entered
            | Self::Scheduled(_)
            | Self::TaskStarted
            | Self::Submitted { .. }
            | Self::TaskSucceeded { .. }
            | Self::TaskFailed(_)
            | Self::TaskTimedOut(_)
            | Self::EvaluationFailed { .. }
            | Self::ParallelStarted { .. }
            | Self::ParallelSucceeded
            | Self::Aborted { silent: false, .. }
            | Self::ParallelFailed
            | Self::Exited { .. }
            | Self::Succeeded
            | Self::Failed(_)
            | Self::Stopped { .. }
            | Self::TimedOut
            | Self::ChildStarted { .. }
            | Self::JobStarted { .. }
            | Self::Claimed { .. }
            | Self::OfferFailed(_)
            | Self::MapStarted { .. }
            | Self::IterationStarted { .. }
            | Self::IterationEnded
            | Self::IterationFailed
            | Self::IterationAborted { .. }
            | Self::MapRunEntered { .. }
            | Self::MapRunStarted { .. }
            | Self::MapRunSucceeded
            | Self::MapRunFailed(_)
            | Self::MapRunAborted
            | Self::Redriven(_)
            | Self::MapRunRedriven { .. } => true,
            Self::Beat { .. }
            | Self::Waiting { .. }
            | Self::BackedOff { .. }
            | Self::Retried
            | Self::Worked { .. }
            | Self::Broke { .. }
            | Self::BranchEnded
            | Self::Aborted { silent: true, .. }
            | Self::BranchFailed
            | Self::Offered
            | Self::Returned
            | Self::ItemsRead { .. }
            | Self::ItemsLoaded { .. }
            | Self::ChildrenStarted(_)
            | Self::ChildrenEnded(_)
            | Self::ChildrenRedriven(_)
            | Self::MapRunUpdated { .. }
            | Self::MapRunBroke(_)
            | Self::MapRunOver
            | Self::ResultsWritten { .. } => false,
        }
    }
}

/// The task that a `Scheduled` record makes is named by the record's event id.
pub(super) fn task_of_event(event: u32) -> TaskId {
    TaskId(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Formats 3 and 4 end before the last two of these, format 5 before the last.
    #[test]
    fn what_older_formats_wrote_is_where_it_was() {
        let job = Json::trusted("{}");
        let cases = [
            (What::Entered, 1),
            (What::TimedOut, 25),
            (What::MapRunSucceeded, 45),
            (What::ChildrenRedriven(Vec::new()), 49),
            (
                What::JobStarted {
                    output: job.clone(),
                    job,
                },
                50,
            ),
            (What::MapRunAborted, 51),
            (
                What::ItemsLoaded {
                    items: Json::trusted("[]"),
                    sources: Sources::new(),
                },
                52,
            ),
        ];
        for (what, place) in cases {
            let bytes = postcard::to_stdvec(&what).expect("written");
            assert_eq!(bytes[0], place, "{what:?}");
        }
    }
}
