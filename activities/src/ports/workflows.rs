//! Running workflows: starting them, ending a turn of theirs, and looking at them.
use super::Unavailable;
use contract::api::HistoryEvent;
use contract::request::Kind;
use contract::view::Workflow;
use serde_json::Value;
use std::future::Future;
use thiserror::Error;

/// A state machine, by the name of its definition's folder (`workflows/definitions`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Machine(&'static str);

impl Machine {
    /// The deliveries of webhooks.
    pub const WEBHOOK_DELIVERY: Self = Self("webhook-delivery");

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl From<Workflow> for Machine {
    fn from(workflow: Workflow) -> Self {
        Self(workflow.as_str())
    }
}

impl From<Kind> for Machine {
    fn from(kind: Kind) -> Self {
        Self(kind.as_str())
    }
}

/// Why an execution was not started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The service refused: no such state machine, a quota, or our input.
    #[error("the workflow service refused: {0}")]
    Refused(String),
    /// The service failed for now; the name makes starting again safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// What became of a signal that was handed to a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handed {
    /// The turn has it.
    Taken,
    /// The token is spent or timed out: the next turn's `received` tells what happened.
    Spent,
}

/// What became of an execution that was to be redriven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redriven {
    /// It runs.
    Runs,
    /// It cannot be redriven, with the service's words.
    Not(String),
}

/// Where an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It runs.
    Running,
    /// It does not, or not any more: with the API's word for it, such as `FAILED`.
    Over(&'static str),
}

/// An execution with its definition and history, for the watch page.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: String,
    /// The definition that runs.
    pub definition: Value,
    /// The history so far, oldest first, at most 1,000 events, task tokens masked.
    pub events: Vec<HistoryEvent>,
    /// Whether there is more.
    pub truncated: bool,
}

/// The workflow service (Step Functions).
pub trait Workflows: Send + Sync {
    /// Starts an execution under a name (1 to 80 letters, digits, `-` and `_`), such as the call's or the request's id; starting
    /// twice gives one. Gives its ARN.
    fn start(
        &self,
        machine: Machine,
        name: &str,
        input: &Value,
    ) -> impl Future<Output = Result<String, StartError>> + Send;

    /// Ends a task with its output (`SendTaskSuccess`).
    fn complete(
        &self,
        token: &str,
        output: &Value,
    ) -> impl Future<Output = Result<Handed, Unavailable>> + Send;

    /// Where the execution of this name is; `None` if it was never started.
    fn status(
        &self,
        machine: Machine,
        name: &str,
    ) -> impl Future<Output = Result<Option<Status>, Unavailable>> + Send;

    /// Lets a failed execution go on from the state that failed (`RedriveExecution`). One that runs is as good as redriven.
    fn redrive(
        &self,
        execution: &str,
    ) -> impl Future<Output = Result<Redriven, Unavailable>> + Send;

    /// The execution whole; `None` if there is none.
    fn inspect(
        &self,
        execution: &str,
    ) -> impl Future<Output = Result<Option<Inspected>, Unavailable>> + Send;
}
