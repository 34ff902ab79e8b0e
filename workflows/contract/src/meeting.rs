//! `meeting-open`: the room in which a call's legs hear each other.
use crate::error::{BAD_INPUT, STORE_UNAVAILABLE};
use crate::{Activity, CallId, LegId, Retry, TaskError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// `meeting-open`: creates the call's meeting with one attendee per leg, once. Join tokens stay in the store,
/// so neither the history nor a screen ever holds one.
pub enum Open {}

/// Which legs get an attendee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenInput {
    /// The call; also the meeting's idempotency token.
    pub call: CallId,
    /// The state's name.
    pub state: String,
    /// The legs, 1 to 10 (`CreateMeetingWithAttendees`).
    #[schemars(length(min = 1, max = 10))]
    pub legs: Vec<LegId>,
}

/// The open meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Opened {
    /// The Chime `MeetingId`.
    pub meeting_id: String,
}

/// Why there is no meeting.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The store failed for now.
    #[error("the store is unavailable")]
    Store,
    /// The meeting service failed for now or throttled us; creating is idempotent, so trying again is safe.
    #[error("the meeting service is unavailable")]
    Unavailable,
    /// The service refused: a quota, or our request.
    #[error("the meeting service refused: {0}")]
    Refused(String),
    /// The call has ended.
    #[error("the call has ended")]
    CallEnded,
    /// The input does not fit.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for OpenError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        ("Meeting.Unavailable", Retry::Yes),
        ("Meeting.Refused", Retry::Never),
        ("Call.Ended", Retry::Never),
        (BAD_INPUT, Retry::Never),
    ];
    fn name(&self) -> &'static str {
        match self {
            Self::Store => STORE_UNAVAILABLE,
            Self::Unavailable => "Meeting.Unavailable",
            Self::Refused(_) => "Meeting.Refused",
            Self::CallEnded => "Call.Ended",
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

impl Activity for Open {
    const NAME: &'static str = "meeting-open";
    type Input = OpenInput;
    type Output = Opened;
    type Error = OpenError;
}
