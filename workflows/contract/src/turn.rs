//! `turn`: one step of the conversation between a workflow and the world.
use crate::error::{BAD_INPUT, STORE_UNAVAILABLE};
use crate::moves::LegMoves;
use crate::signal::{Accept, Signal};
use crate::view::Phase;
use crate::{Activity, CallId, Retry, TaskError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// `turn`: posts moves and the screen's state, then waits for the next signal it accepts.
///
/// Run by `lambda:invoke.waitForTaskToken`; the output of the state is the [`Signal`], through the token.
pub enum Turn {}

/// What a turn says and waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TurnInput {
    /// The task token (`$states.context.Task.Token`).
    pub token: String,
    /// The call.
    pub call: CallId,
    /// The state's name, as people see it in the strip and the graph.
    pub state: String,
    /// 1 for the first turn of the execution, one more for each turn after it.
    pub round: u32,
    /// `$states.context.State.RetryCount`: 0 at first.
    pub attempt: u32,
    /// `seq` of the last signal the workflow has received; 0 if none. Tells whether a signal handed to an
    /// earlier token arrived.
    pub received: u64,
    /// What people see while the turn is open.
    pub phase: Phase,
    /// How long this may take in whole seconds, if people should see it (ringing).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_s: Option<u32>,
    /// What the phone legs are to do.
    #[serde(default)]
    pub moves: Vec<LegMoves>,
    /// What ends the turn; at least one.
    #[schemars(length(min = 1))]
    pub accepts: Vec<Accept>,
}

/// Why a turn could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TurnError {
    /// The mailbox could not be read or written.
    #[error("the mailbox is unavailable")]
    Unavailable,
    /// There is no such call, or it has ended.
    #[error("the call has ended")]
    CallEnded,
    /// The input does not fit.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for TurnError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        ("Call.Ended", Retry::Never),
        (BAD_INPUT, Retry::Never),
    ];
    fn name(&self) -> &'static str {
        match self {
            Self::Unavailable => STORE_UNAVAILABLE,
            Self::CallEnded => "Call.Ended",
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

impl Activity for Turn {
    const NAME: &'static str = "turn";
    type Input = TurnInput;
    type Output = Signal;
    type Error = TurnError;
}
