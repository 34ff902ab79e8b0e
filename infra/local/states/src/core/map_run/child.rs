//! The children of a map run, as their parent knows them.

use serde::{Deserialize, Serialize};

use crate::asl::errors;
use crate::core::record::Problem;
use crate::core::{Execution, MAX_STEP_BYTES, Status};
use crate::json::Json;

/// A child that is to be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildStart {
    /// How many items it takes.
    pub items: u32,
    /// Its input, if that is not the item itself.
    pub input: Option<Json>,
}

/// How a child ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildEnd {
    /// Which.
    pub index: u32,
    /// How.
    pub status: Status,
    /// Its output.
    pub output: Option<Json>,
    /// Why not.
    pub problem: Option<Problem>,
    /// When it started, in milliseconds since 1970.
    pub started_ms: i64,
    /// When it ended, in milliseconds since 1970.
    pub stopped_ms: i64,
    /// The attempt of the run that this is the end of; see [`Child::attempt`].
    pub attempt: u32,
    /// How often it was redriven.
    pub redrives: u32,
    /// It cannot be redriven: too many events, or too many redrives.
    pub spent: bool,
}

impl ChildEnd {
    /// The end of this execution, if it is a child that has closed. `spent`: it cannot be redriven.
    pub fn of(execution: &Execution, attempt: u32, spent: bool) -> Option<Self> {
        let origin = execution.identity.origin.as_ref()?;
        let end = execution.end.as_ref()?;
        let problem = (execution.status != Status::Succeeded).then(|| Problem {
            error: match (&end.error, execution.status) {
                (Some(error), _) => error.clone(),
                (None, Status::TimedOut) => errors::TIMEOUT.to_owned(),
                (None, _stopped) => String::new(),
            },
            cause: end.cause.clone(),
        });
        Some(Self {
            index: origin.index,
            status: execution.status,
            output: end.output.clone(),
            problem,
            started_ms: execution.identity.started_ms,
            stopped_ms: end.at_ms,
            attempt,
            redrives: if origin.express {
                0
            } else {
                execution.redrive_count()
            },
            spent,
        })
    }

    /// The same, in parts each of which is for one step: together they can be longer than a frame of the log.
    pub fn in_steps(ends: Vec<Self>) -> Vec<Vec<Self>> {
        let mut parts: Vec<Vec<Self>> = Vec::new();
        let mut bytes = 0;
        for end in ends {
            if parts.is_empty() || bytes >= MAX_STEP_BYTES {
                parts.push(Vec::new());
                bytes = 0;
            }
            bytes += end.text_bytes();
            if let Some(part) = parts.last_mut() {
                part.push(end);
            }
        }
        parts
    }

    /// Bytes of what can be long in it.
    fn text_bytes(&self) -> usize {
        let output = self.output.as_ref().map_or(0, Json::len);
        let problem = self.problem.as_ref();
        let problem = problem.map_or(0, |problem| {
            problem.error.len() + problem.cause.as_ref().map_or(0, String::len)
        });
        output + problem
    }

    /// Did it fail for good?
    pub fn is_permanent(&self) -> bool {
        self.spent && self.status != Status::Succeeded
    }
}

/// A child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// Its first item.
    pub first: u32,
    /// How many items it took.
    pub items: u32,
    /// Its input, if that is not its item.
    pub input: Option<Json>,
    /// How it ended; `None` while it runs. One that waits to be redriven keeps the end it had.
    pub end: Option<ChildEnd>,
    /// The attempt of the run in which it was last started: how often the run had been redriven.
    pub attempt: u32,
}
