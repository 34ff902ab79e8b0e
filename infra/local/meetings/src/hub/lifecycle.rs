//! Meetings begin, end, and go on after a restart.

use super::{Hub, State};
use crate::api::ApiError;
use crate::book::model::{Meeting, Tag};
use crate::book::{Book, Entry, Record};
use crate::events::MeetingEvent;
use crate::ids::{AttendeeId, MeetingId, Who};
use crate::limits;
use crate::room::{Ending, Input, Newcomer, Room};
use tokio::sync::oneshot;

/// Something to await before an answer is given.
pub(crate) type Safe = oneshot::Receiver<()>;

impl Hub {
    /// The rooms of a book that was just read. Who was present has a while to come back.
    pub(super) fn restore(&self, book: Book) {
        let mut state = self.lock();
        let now = self.clock.now();
        for entry in book.entries() {
            let present = entry.present.iter().filter_map(|(who, stream_id)| {
                let attendee = entry.attendees.get(&who.attendee)?;
                let newcomer = Newcomer {
                    who: who.clone(),
                    external_user_id: attendee.external_user_id.clone(),
                    rights: attendee.capabilities.audio_rights(),
                };
                Some((newcomer, *stream_id))
            });
            let room = Room::restored(
                self.limits.clone(),
                entry.meeting.features.max_attendees(),
                entry.meeting.created_at,
                present,
                entry.last_stream_id,
                now,
            );
            state.rooms.insert(entry.meeting.id.clone(), room);
        }
        state.book = book;
    }

    /// CreateMeeting. The same ClientRequestToken again gives the same meeting.
    pub(crate) fn create_meeting(&self, meeting: Meeting) -> Result<(Entry, Safe), ApiError> {
        let mut state = self.lock();
        if let Some(entry) = state.book.by_request(&meeting.request_token) {
            if entry.meeting.request != meeting.request {
                return Err(ApiError::Conflict(
                    "ClientRequestToken: it was used for a meeting with other properties"
                        .to_owned(),
                ));
            }
            return Ok((entry.clone(), self.journal.settled()));
        }
        if state.shutting_down {
            return Err(ApiError::ServiceUnavailable);
        }
        if state.book.len() >= limits::MAX_MEETINGS {
            let most = limits::MAX_MEETINGS;
            return Err(ApiError::LimitExceeded(format!(
                "there are {most} meetings, and no more may be"
            )));
        }
        let id = meeting.id.clone();
        let room = Room::new(
            self.limits.clone(),
            meeting.features.max_attendees(),
            meeting.created_at,
        );
        let safe = self.record(
            &mut state,
            Record::Created {
                meeting: Box::new(meeting),
                last_stream_id: 0,
            },
        );
        state.rooms.insert(id.clone(), room);
        self.emit(&state, &id, MeetingEvent::Started);
        let entry = state
            .book
            .get(&id)
            .cloned()
            .ok_or(ApiError::ServiceUnavailable)?;
        Ok((entry, safe))
    }

    /// The meeting with this id.
    pub(crate) fn meeting(&self, id: &MeetingId) -> Result<Entry, ApiError> {
        self.lock()
            .book
            .get(id)
            .cloned()
            .ok_or(ApiError::NotFound("the meeting was not found"))
    }

    /// DeleteMeeting.
    pub(crate) fn delete_meeting(&self, id: &MeetingId) -> Result<Safe, ApiError> {
        let mut state = self.lock();
        self.end_meeting(&mut state, id, Ending::Deleted)
            .ok_or(ApiError::NotFound("the meeting was not found"))
    }

    pub(super) fn end_meeting(
        &self,
        state: &mut State,
        id: &MeetingId,
        ending: Ending,
    ) -> Option<Safe> {
        state.book.get(id)?;
        self.step(state, id, Input::End { ending });
        state.rooms.remove(id);
        tracing::info!(meeting = %id, ?ending, "meeting ended");
        Some(self.record(
            state,
            Record::Ended {
                meeting: id.clone(),
            },
        ))
    }

    /// DeleteAttendee.
    pub(crate) fn delete_attendee(
        &self,
        id: &MeetingId,
        attendee: &AttendeeId,
    ) -> Result<Safe, ApiError> {
        let mut state = self.lock();
        let entry = state
            .book
            .get(id)
            .ok_or(ApiError::NotFound("the meeting was not found"))?;
        let found = entry
            .attendees
            .get(attendee)
            .ok_or(ApiError::NotFound("the attendee was not found"))?;
        let who = Who {
            attendee: attendee.clone(),
            content: false,
        };
        let external_user_id = found.external_user_id.clone();
        self.emit(
            &state,
            id,
            MeetingEvent::AttendeeDeleted {
                who,
                external_user_id,
            },
        );
        self.step(
            &mut state,
            id,
            Input::AttendeeDeleted {
                attendee: attendee.clone(),
            },
        );
        Ok(self.record(
            &mut state,
            Record::AttendeeDeleted {
                meeting: id.clone(),
                attendee: attendee.clone(),
            },
        ))
    }

    /// Sets a meeting's tags to what `change` makes of them.
    pub(crate) fn change_tags(
        &self,
        id: &MeetingId,
        change: impl FnOnce(&[Tag]) -> Result<Vec<Tag>, ApiError>,
    ) -> Result<Safe, ApiError> {
        let mut state = self.lock();
        let entry = state.book.get(id).ok_or(ApiError::ResourceNotFound)?;
        let tags = change(&entry.meeting.tags)?;
        Ok(self.record(
            &mut state,
            Record::Tags {
                meeting: id.clone(),
                tags,
            },
        ))
    }

    /// Ends every connection so that clients come back to the next process. Meetings stay.
    pub(crate) fn shut_down(&self) {
        let mut state = self.lock();
        state.shutting_down = true;
        let meetings: Vec<MeetingId> = state.rooms.keys().cloned().collect();
        for meeting in meetings {
            self.step(&mut state, &meeting, Input::Shutdown);
        }
    }
}
