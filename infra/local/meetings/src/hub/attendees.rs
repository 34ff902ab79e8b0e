//! Attendees are added and changed.

use super::Hub;
use super::lifecycle::Safe;
use crate::api::ApiError;
use crate::book::Record;
use crate::book::model::{Attendee, Capabilities};
use crate::events::MeetingEvent;
use crate::ids::{AttendeeId, JoinToken, MeetingId, Who};
use crate::room::Input;

/// An attendee to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewAttendee {
    pub(crate) external_user_id: String,
    /// None: what the meeting offers.
    pub(crate) capabilities: Option<Capabilities>,
}

/// An attendee that was not made, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotMade {
    pub(crate) external_user_id: String,
    pub(crate) error: ApiError,
}

/// What came of making some.
pub(crate) struct Made {
    pub(crate) attendees: Vec<Attendee>,
    pub(crate) errors: Vec<NotMade>,
    pub(crate) safe: Safe,
}

impl Hub {
    /// CreateAttendee and its kin. ExternalUserId is an idempotency token: the same again gives the attendee there
    /// is.
    pub(crate) fn create_attendees(
        &self,
        id: &MeetingId,
        wanted: Vec<NewAttendee>,
    ) -> Result<Made, ApiError> {
        let mut state = self.lock();
        let entry = state
            .book
            .get(id)
            .ok_or(ApiError::NotFound("the meeting was not found"))?;
        let features = entry.meeting.features;
        let (mut attendees, mut added, mut errors) =
            (Vec::<Attendee>::new(), Vec::<Attendee>::new(), Vec::new());
        for NewAttendee {
            external_user_id,
            capabilities,
        } in wanted
        {
            let known = entry
                .by_external_id
                .get(&external_user_id)
                .and_then(|known| entry.attendees.get(known));
            let known = known.or_else(|| {
                added
                    .iter()
                    .find(|a| a.external_user_id == external_user_id)
            });
            if let Some(known) = known {
                attendees.push(known.clone());
                continue;
            }
            let capabilities = capabilities.unwrap_or_else(|| features.default_capabilities());
            let most = features.max_attendees();
            let error = if entry.attendees.len() + added.len() >= most {
                Some(ApiError::LimitExceeded(format!(
                    "the meeting has {most} attendees, and no more may be"
                )))
            } else {
                crate::api::check_capabilities(capabilities, &features).err()
            };
            if let Some(error) = error {
                errors.push(NotMade {
                    external_user_id,
                    error,
                });
                continue;
            }
            let attendee = Attendee {
                id: AttendeeId::random(),
                external_user_id,
                token: JoinToken::random(),
                capabilities,
            };
            added.push(attendee.clone());
            attendees.push(attendee);
        }
        let safe = if added.is_empty() {
            self.journal.settled()
        } else {
            self.record(
                &mut state,
                Record::Attendees {
                    meeting: id.clone(),
                    attendees: added.clone(),
                },
            )
        };
        for attendee in added {
            let who = Who {
                attendee: attendee.id,
                content: false,
            };
            self.emit(
                &state,
                id,
                MeetingEvent::AttendeeAdded {
                    who,
                    external_user_id: attendee.external_user_id,
                },
            );
        }
        Ok(Made {
            attendees,
            errors,
            safe,
        })
    }

    /// Sets the capabilities of those attendees that `which` picks. All or none.
    pub(crate) fn set_capabilities(
        &self,
        id: &MeetingId,
        capabilities: Capabilities,
        which: impl Fn(&Attendee) -> bool,
    ) -> Result<(Vec<Attendee>, Safe), ApiError> {
        let mut state = self.lock();
        let entry = state
            .book
            .get(id)
            .ok_or(ApiError::NotFound("the meeting was not found"))?;
        crate::api::check_capabilities(capabilities, &entry.meeting.features)?;
        let changed: Vec<Attendee> = entry
            .attendees
            .values()
            .filter(|a| which(a))
            .map(|a| Attendee {
                capabilities,
                ..a.clone()
            })
            .collect();
        let safe = self.record(
            &mut state,
            Record::Attendees {
                meeting: id.clone(),
                attendees: changed.clone(),
            },
        );
        for attendee in &changed {
            let input = Input::Rights {
                attendee: attendee.id.clone(),
                rights: capabilities.audio_rights(),
            };
            self.step(&mut state, id, input);
        }
        Ok((changed, safe))
    }
}
