//! [`Meetings`] on Amazon Chime SDK Meetings.
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::meetings::{Meetings, OpenError, Room};
use aws_sdk_chimesdkmeetings::operation::create_meeting_with_attendees::CreateMeetingWithAttendeesError as CreateError;
use aws_sdk_chimesdkmeetings::types::{
    Attendee, CreateAttendeeRequestItem, MediaPlacement, Meeting,
};
use contract::{CallId, LegId};
use serde_json::{Map, Value, json};

const SERVICE: &str = "Chime SDK Meetings";

impl Meetings for Aws {
    async fn open(&self, call: &CallId, legs: &[LegId]) -> Result<Room, OpenError> {
        let mut create = self
            .meetings
            .create_meeting_with_attendees()
            .client_request_token(call.as_str())
            .external_meeting_id(call.as_str())
            .media_region(&self.names.media_region);
        for leg in legs {
            let attendee = CreateAttendeeRequestItem::builder()
                .external_user_id(leg.as_str())
                .build();
            create =
                create.attendees(attendee.map_err(|error| OpenError::Refused(error.to_string()))?);
        }
        let created = create
            .send()
            .await
            .map_err(|error| match error.as_service_error() {
                Some(
                    refused @ (CreateError::BadRequestException(_)
                    | CreateError::ForbiddenException(_)
                    | CreateError::UnauthorizedException(_)
                    | CreateError::LimitExceededException(_)),
                ) => OpenError::Refused(refused.to_string()),
                Some(_) | None => OpenError::Unavailable(unavailable(SERVICE)(error)),
            })?;
        if let Some(failed) = created.errors().first() {
            let why = format!(
                "{}: {}",
                failed.error_code().unwrap_or("?"),
                failed.error_message().unwrap_or("")
            );
            return Err(OpenError::Unavailable(Unavailable::new(SERVICE, why)));
        }
        let incomplete =
            || Unavailable::new(SERVICE, "the answer has no meeting or lacks an attendee");
        let attendees = created.attendees().iter().filter_map(|attendee| {
            Some((
                LegId::from(attendee.external_user_id()?),
                attendee_json(attendee),
            ))
        });
        let room = Room {
            meeting: created.meeting().map(meeting_json).ok_or_else(incomplete)?,
            attendees: attendees.collect(),
        };
        if legs.iter().all(|leg| room.attendees.contains_key(leg)) {
            Ok(room)
        } else {
            Err(incomplete().into())
        }
    }

    async fn close(&self, meeting_id: &str) -> Result<(), Unavailable> {
        match self
            .meetings
            .delete_meeting()
            .meeting_id(meeting_id)
            .send()
            .await
        {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_not_found_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(unavailable(SERVICE)(error)),
        }
    }

    async fn exists(&self, meeting_id: &str) -> Result<bool, Unavailable> {
        match self
            .meetings
            .get_meeting()
            .meeting_id(meeting_id)
            .send()
            .await
        {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_not_found_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(unavailable(SERVICE)(error)),
        }
    }
}

/// An object of what is there.
fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let there = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}

fn text(value: Option<&str>) -> Option<Value> {
    value.map(Value::from)
}

/// `Meeting` as the API writes it, for the client to join with.
fn meeting_json(meeting: &Meeting) -> Value {
    let features = meeting.meeting_features().map(|features| {
        object([
            (
                "Audio",
                features.audio().map(|f| {
                    object([(
                        "EchoReduction",
                        text(f.echo_reduction().map(|s| s.as_str())),
                    )])
                }),
            ),
            (
                "Video",
                features.video().map(|f| {
                    object([(
                        "MaxResolution",
                        text(f.max_resolution().map(|r| r.as_str())),
                    )])
                }),
            ),
            (
                "Content",
                features.content().map(|f| {
                    object([(
                        "MaxResolution",
                        text(f.max_resolution().map(|r| r.as_str())),
                    )])
                }),
            ),
            (
                "Attendee",
                features
                    .attendee()
                    .map(|f| object([("MaxCount", f.max_count().map(Value::from))])),
            ),
        ])
    });
    object([
        ("MeetingId", text(meeting.meeting_id())),
        ("MeetingHostId", text(meeting.meeting_host_id())),
        ("ExternalMeetingId", text(meeting.external_meeting_id())),
        ("MediaRegion", text(meeting.media_region())),
        (
            "MediaPlacement",
            meeting.media_placement().map(placement_json),
        ),
        ("MeetingFeatures", features),
        ("PrimaryMeetingId", text(meeting.primary_meeting_id())),
        (
            "TenantIds",
            meeting.tenant_ids.as_ref().map(|ids| json!(ids)),
        ),
        ("MeetingArn", text(meeting.meeting_arn())),
    ])
}

fn placement_json(placement: &MediaPlacement) -> Value {
    object([
        ("AudioHostUrl", text(placement.audio_host_url())),
        ("AudioFallbackUrl", text(placement.audio_fallback_url())),
        ("SignalingUrl", text(placement.signaling_url())),
        ("TurnControlUrl", text(placement.turn_control_url())),
        ("EventIngestionUrl", text(placement.event_ingestion_url())),
    ])
}

/// `Attendee` as the API writes it: with its join token.
fn attendee_json(attendee: &Attendee) -> Value {
    let capabilities = attendee.capabilities().map(|can| {
        json!({
            "Audio": can.audio().as_str(),
            "Video": can.video().as_str(),
            "Content": can.content().as_str(),
        })
    });
    object([
        ("ExternalUserId", text(attendee.external_user_id())),
        ("AttendeeId", text(attendee.attendee_id())),
        ("JoinToken", text(attendee.join_token())),
        ("Capabilities", capabilities),
    ])
}
