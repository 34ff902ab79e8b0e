//! `meeting-open`: creates the call's meeting with one attendee per leg, once.
use crate::call::record;
use crate::ports::Unavailable;
use crate::ports::calls::{CallRecord, Calls};
use crate::ports::clock::Clock;
use crate::ports::meetings::{Meetings, OpenError as ServiceError, Room};
use contract::meeting::{OpenError, OpenInput, Opened};
use jiff::Timestamp;

/// Most attendees of `CreateMeetingWithAttendees`.
const MAX_LEGS: usize = 10;

impl From<Unavailable> for OpenError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "meeting-open");
        Self::Store
    }
}

impl From<ServiceError> for OpenError {
    fn from(error: ServiceError) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "meeting-open");
        match error {
            ServiceError::Refused(why) => Self::Refused(why),
            ServiceError::Unavailable(_) => Self::Unavailable,
        }
    }
}

/// Opens the meeting and keeps it, with its join tokens, in the private part of the call's record.
///
/// # Errors
/// [`OpenError`].
pub async fn open(
    d: &(impl Calls + Meetings + Clock),
    input: OpenInput,
) -> Result<Opened, OpenError> {
    if input.legs.is_empty() || input.legs.len() > MAX_LEGS {
        return Err(OpenError::BadInput(format!(
            "legs: {} given, 1 to {MAX_LEGS} are allowed",
            input.legs.len()
        )));
    }
    let now = d.now();
    let record = d
        .get(&input.call)
        .await?
        .filter(|record| record.view.is_live())
        .ok_or(OpenError::CallEnded)?;
    if let Some(meeting_id) = open_already(&record, &input) {
        return Ok(Opened { meeting_id });
    }
    let room = d.open(&input.call, &input.legs).await?;
    let kept = d
        .update(&input.call, |record: &mut CallRecord| {
            keep(record, &input, &room, now)
        })
        .await?;
    match kept
        .as_ref()
        .and_then(|record| open_already(record, &input))
    {
        Some(meeting_id) => Ok(Opened { meeting_id }),
        None => {
            // The call ended meanwhile: nobody else knows of this meeting.
            if let Some(id) = room.meeting.get("MeetingId").and_then(|id| id.as_str()) {
                d.close(id).await.map_err(ServiceError::from)?;
            }
            Err(OpenError::CallEnded)
        }
    }
}

/// The meeting in the record, if it has a place for every leg.
fn open_already(record: &CallRecord, input: &OpenInput) -> Option<String> {
    let complete = input
        .legs
        .iter()
        .all(|leg| record.private.join_token(leg).is_some());
    record
        .private
        .meeting_id()
        .filter(|_| complete)
        .map(str::to_owned)
}

fn keep(
    record: &mut CallRecord,
    input: &OpenInput,
    room: &Room,
    now: Timestamp,
) -> crate::ports::calls::Changed {
    record::changed(record, |r| {
        if !r.view.is_live() {
            return;
        }
        record::enter(&mut r.view, &input.state, now);
        record::admit(&mut r.view);
        r.private.meeting = Some(room.meeting.clone());
        r.private.attendees = room.attendees.clone();
    })
}
