//! `request-turn`: one step of the conversation between a request's workflow and the world.
use super::signal::{Accept, RequestSignal};
use super::task::TaskSpec;
use super::{NumberLine, Party};
use crate::error::{BAD_INPUT, STORE_UNAVAILABLE};
use crate::{Activity, RequestId, Retry, TaskError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// `request-turn`: says where the request is, asks somebody to do a task if one is to be done, then waits for the next signal it
/// accepts.
///
/// Run by `lambda:invoke.waitForTaskToken`; the output of the state is the [`RequestSignal`], through the token.
pub enum RequestTurn {}

/// What a turn says and waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestTurnInput {
    /// The task token (`$states.context.Task.Token`).
    pub token: String,
    /// The request.
    pub request: RequestId,
    /// The state's name, as people see it in the graph.
    pub state: String,
    /// 1 for the first turn of the execution, one more for each turn after it.
    pub round: u32,
    /// `$states.context.State.RetryCount`: 0 at first.
    pub attempt: u32,
    /// `seq` of the last signal the workflow has received; 0 if none.
    pub received: u64,
    /// Where the request is, in the words of its kind.
    pub status: String,
    /// Who has to act.
    pub owner: Party,
    /// What they have to do, in words.
    pub next_action: String,
    /// Until when, RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    /// What happened, for the timeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// Numbers whose status changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<NumberLine>,
    /// Fields of `details` that changed.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub details: Value,
    /// What the owner is to fill in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskSpec>,
    /// What ends the turn; at least one.
    #[schemars(length(min = 1))]
    pub accepts: Vec<Accept>,
}

/// Why a turn could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestTurnError {
    /// The inbox could not be read or written.
    #[error("the request's inbox is unavailable")]
    Unavailable,
    /// There is no such request, or it has ended.
    #[error("the request has ended")]
    RequestEnded,
    /// The input does not fit.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for RequestTurnError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        ("Request.Ended", Retry::Never),
        (BAD_INPUT, Retry::Never),
    ];

    fn name(&self) -> &'static str {
        match self {
            Self::Unavailable => STORE_UNAVAILABLE,
            Self::RequestEnded => "Request.Ended",
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

impl Activity for RequestTurn {
    const NAME: &'static str = "request-turn";
    type Input = RequestTurnInput;
    type Output = RequestSignal;
    type Error = RequestTurnError;
}
