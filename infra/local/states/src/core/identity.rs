//! Who an execution is: its ids, its kind, and what it was started with.

mod written;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Origin;
use crate::json::Json;

/// Id of an execution within one data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExecutionId(pub u64);

impl ExecutionId {
    /// Whose the call of a state is that is tried out by itself.
    pub const NOBODY: Self = Self(u64::MAX);
}

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

impl Via {
    /// The ARN of the version of this machine, if there is one.
    pub fn version_arn(&self, machine_arn: &str) -> Option<String> {
        let version = self.version?;
        Some(format!("{machine_arn}:{version}"))
    }

    /// The ARN of the alias of this machine, if there is one.
    pub fn alias_arn(&self, machine_arn: &str) -> Option<String> {
        let alias = self.alias.as_deref()?;
        Some(format!("{machine_arn}:{alias}"))
    }
}

/// What an execution was started with; never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The trace that it is a part of, if it was started with one: ASCII, 256 characters at most. A map run's child has none.
    pub trace_header: Option<Arc<str>>,
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
