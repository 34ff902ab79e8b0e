//! Meetings: the rooms in which legs hear each other.
use super::Unavailable;
use contract::{CallId, LegId};
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use thiserror::Error;

/// An open meeting: the service's two answers, unchanged, because the Chime SDK client joins with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Room {
    /// `Meeting`.
    pub meeting: Value,
    /// `Attendee` by leg (its `ExternalUserId`).
    pub attendees: BTreeMap<LegId, Value>,
}

/// Why there is no meeting.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The service refused: a quota, or our request.
    #[error("the meeting service refused: {0}")]
    Refused(String),
    /// The service failed for now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The meeting service.
pub trait Meetings: Send + Sync {
    /// Opens the call's meeting with one attendee per leg (`CreateMeetingWithAttendees`; the call's id is the
    /// `ClientRequestToken`, so that opening twice gives one meeting).
    fn open(
        &self,
        call: &CallId,
        legs: &[LegId],
    ) -> impl Future<Output = Result<Room, OpenError>> + Send;

    /// Ends a meeting for everybody; fine if it is over (`DeleteMeeting`).
    fn close(&self, meeting_id: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Whether a meeting is there (`GetMeeting`).
    fn exists(&self, meeting_id: &str) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}
