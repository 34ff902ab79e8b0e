//! Events as EventBridge delivers them.

use crate::book::model::Meeting;
use crate::ids::Who;
use crate::room::RoomEvent;
use crate::time::UnixMs;
use serde_json::{Map, Value, json};

/// Where events go. The platform hands them to the function `meeting-event`.
pub trait EventSink: Send + Sync {
    /// Takes one event: the envelope that EventBridge gives its targets, of source `aws.chime` and detail type
    /// `Chime Meeting State Change`. It is called in order, from one task, and must return at once.
    fn emit(&self, event: Value);
}

/// What happened to a meeting or to someone in it.
#[derive(Debug, Clone)]
pub(crate) enum MeetingEvent {
    Started,
    AttendeeAdded { who: Who, external_user_id: String },
    AttendeeDeleted { who: Who, external_user_id: String },
    Room(RoomEvent),
}

/// Writes envelopes for one Region and account.
#[derive(Debug, Clone)]
pub(crate) struct Envelopes {
    pub region: String,
    pub account: String,
}

impl Envelopes {
    pub(crate) fn wrap(&self, meeting: &Meeting, event: MeetingEvent, now: UnixMs) -> Value {
        let mut detail = Map::new();
        detail.insert("version".to_owned(), json!("0"));
        detail.insert("eventType".to_owned(), json!(event.name()));
        detail.insert("timestamp".to_owned(), json!(now.0));
        detail.insert("meetingId".to_owned(), json!(meeting.id));
        detail.insert(
            "externalMeetingId".to_owned(),
            json!(meeting.external_meeting_id),
        );
        detail.insert("mediaRegion".to_owned(), json!(meeting.media_region));
        if let Some((who, external_user_id)) = event.about() {
            detail.insert("attendeeId".to_owned(), json!(who.to_string()));
            detail.insert("externalUserId".to_owned(), json!(external_user_id));
            detail.insert("networkType".to_owned(), json!("Voip"));
        }
        json!({
            "version": "0",
            "id": uuid::Uuid::new_v4().to_string(),
            "detail-type": "Chime Meeting State Change",
            "source": "aws.chime",
            "account": self.account,
            "time": iso_seconds(now),
            "region": self.region,
            "resources": [],
            "detail": detail,
        })
    }
}

impl MeetingEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::Started => "chime:MeetingStarted",
            Self::AttendeeAdded { .. } => "chime:AttendeeAdded",
            Self::AttendeeDeleted { .. } => "chime:AttendeeDeleted",
            Self::Room(RoomEvent::Authorized { .. }) => "chime:AttendeeAuthorized",
            Self::Room(RoomEvent::Joined { who, .. }) if who.content => {
                "chime:AttendeeContentJoined"
            }
            Self::Room(RoomEvent::Joined { .. }) => "chime:AttendeeJoined",
            Self::Room(RoomEvent::Left { who, .. }) if who.content => "chime:AttendeeContentLeft",
            Self::Room(RoomEvent::Left { .. }) => "chime:AttendeeLeft",
            Self::Room(RoomEvent::Dropped { who, .. }) if who.content => {
                "chime:AttendeeContentDropped"
            }
            Self::Room(RoomEvent::Dropped { .. }) => "chime:AttendeeDropped",
            Self::Room(RoomEvent::Ended { .. }) => "chime:MeetingEnded",
        }
    }

    fn about(&self) -> Option<(&Who, &str)> {
        match self {
            Self::Started | Self::Room(RoomEvent::Ended { .. }) => None,
            Self::AttendeeAdded {
                who,
                external_user_id,
            }
            | Self::AttendeeDeleted {
                who,
                external_user_id,
            }
            | Self::Room(
                RoomEvent::Authorized {
                    who,
                    external_user_id,
                }
                | RoomEvent::Joined {
                    who,
                    external_user_id,
                }
                | RoomEvent::Left {
                    who,
                    external_user_id,
                }
                | RoomEvent::Dropped {
                    who,
                    external_user_id,
                },
            ) => Some((who, external_user_id)),
        }
    }
}

fn iso_seconds(now: UnixMs) -> String {
    let seconds = i64::try_from(now.0 / 1_000).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds)
        .unwrap_or(jiff::Timestamp::MAX)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::AttendeeId;

    #[test]
    fn an_event_has_eventbridges_envelope() {
        let envelopes = Envelopes {
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
        };
        let meeting = crate::book::model::tests::meeting("request-1");
        let who = Who {
            attendee: AttendeeId::random(),
            content: false,
        };
        let joined = RoomEvent::Joined {
            who: who.clone(),
            external_user_id: "anna".to_owned(),
        };
        let event = envelopes.wrap(
            &meeting,
            MeetingEvent::Room(joined),
            UnixMs(1_790_000_000_123),
        );
        assert_eq!(event["source"], "aws.chime");
        assert_eq!(event["detail-type"], "Chime Meeting State Change");
        assert_eq!(event["time"], "2026-09-21T14:13:20Z");
        assert_eq!(event["detail"]["eventType"], "chime:AttendeeJoined");
        assert_eq!(event["detail"]["timestamp"], 1_790_000_000_123_u64);
        assert_eq!(event["detail"]["attendeeId"], who.to_string());
        assert_eq!(event["detail"]["externalUserId"], "anna");
        assert_eq!(event["detail"]["externalMeetingId"], "call-1");
    }
}
