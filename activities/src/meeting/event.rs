//! `meeting-event`: what the meeting service tells through EventBridge. Best effort: events may be lost, doubled and out of order.
use crate::aws::Aws;
use crate::mailbox::{Letter, shell as mailbox};
use crate::ports::call_control::CallControl;
use crate::ports::calls::Calls;
use crate::ports::clock::Clock;
use crate::ports::mailboxes::Mailboxes;
use crate::ports::workflows::Workflows;
use crate::shell::{Failure, chain, serve_events};
use contract::signal::SignalName;
use contract::view::LegKind;
use contract::{CallId, LegId};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Serves the function until its environment is taken down.
///
/// # Errors
/// What the Lambda Runtime API answers, if that cannot go on.
pub async fn run(aws: Arc<Aws>) -> Result<(), lambda_runtime::Error> {
    serve_events(move |event| {
        let aws = aws.clone();
        async move { handle(&*aws, event).await.map(|()| Value::Null) }
    })
    .await
}

/// The envelope of EventBridge, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Envelope {
    detail: Detail,
}

/// `detail` of `Chime Meeting State Change`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    event_type: String,
    meeting_id: String,
    #[serde(default)]
    timestamp: Value,
    #[serde(default)]
    attendee_id: String,
    /// The leg.
    external_user_id: Option<String>,
    /// The call.
    external_meeting_id: Option<String>,
}

/// The key of a meeting's end, however it is learnt.
pub fn ended_key(meeting_id: &str) -> String {
    format!("{meeting_id}/ended")
}

impl Detail {
    /// The signal, if this event is one.
    fn letter(&self) -> Option<Letter> {
        let name = match self.event_type.as_str() {
            "chime:AttendeeJoined" => SignalName::ClientJoined,
            "chime:AttendeeLeft" => SignalName::ClientLeft,
            "chime:AttendeeDropped" => SignalName::ClientDropped,
            "chime:MeetingEnded" => {
                return Some(Letter::new(
                    ended_key(&self.meeting_id),
                    SignalName::MeetingEnded,
                    None,
                ));
            }
            _ => return None,
        };
        let Self {
            meeting_id,
            attendee_id,
            event_type,
            timestamp,
            ..
        } = self;
        let leg = LegId::from(self.external_user_id.as_deref()?);
        Some(Letter::new(
            format!("{meeting_id}/{attendee_id}/{event_type}/{timestamp}"),
            name,
            Some(leg),
        ))
    }
}

/// Delivers the event's signal to its call. Attendees that are phone legs are left to the SMA's own events.
///
/// # Errors
/// [`Failure`] if the store is unavailable: EventBridge tries again.
pub async fn handle(
    d: &(impl Calls + Mailboxes + Workflows + CallControl + Clock),
    event: Value,
) -> Result<(), Failure> {
    let Envelope { detail } =
        serde_json::from_value(event).map_err(|error| Failure::bad_input(&error))?;
    let (Some(letter), Some(call)) = (detail.letter(), detail.external_meeting_id.as_deref())
    else {
        return Ok(());
    };
    let call = CallId::from(call);
    let unavailable = |error: crate::ports::Unavailable| Failure {
        name: contract::error::STORE_UNAVAILABLE.to_owned(),
        message: chain(&error),
    };
    if let Some(leg) = &letter.leg {
        let record = d.get(&call).await.map_err(unavailable)?;
        let kind = record.and_then(|record| record.view.leg(leg.as_str()).map(|leg| leg.kind));
        if kind != Some(LegKind::Client) {
            return Ok(());
        }
    }
    mailbox::deliver(d, &call, &letter)
        .await
        .map_err(unavailable)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn detail(event_type: &str, timestamp: u64) -> Detail {
        let detail = json!({
            "version": "0", "eventType": event_type, "timestamp": timestamp, "meetingId": "m-1", "attendeeId": "a-1",
            "externalUserId": "callee", "externalMeetingId": "c-1", "mediaRegion": "us-east-1"
        });
        serde_json::from_value(detail).unwrap()
    }

    #[test]
    fn events_are_signals_of_their_leg() {
        for (event, name) in [
            ("chime:AttendeeJoined", SignalName::ClientJoined),
            ("chime:AttendeeLeft", SignalName::ClientLeft),
            ("chime:AttendeeDropped", SignalName::ClientDropped),
        ] {
            let letter = detail(event, 1).letter().unwrap();
            assert_eq!(
                (letter.name, letter.leg),
                (name, Some(LegId::from("callee")))
            );
        }
        assert_eq!(detail("chime:MeetingEnded", 1).letter().unwrap().leg, None);
        for event in [
            "chime:MeetingStarted",
            "chime:AttendeeAdded",
            "chime:AttendeeVideoStarted",
            "chime:Whatever",
        ] {
            assert_eq!(detail(event, 1).letter(), None, "{event}");
        }
    }

    #[test]
    fn the_same_event_has_the_same_key_and_joining_again_another() {
        let key = |at| detail("chime:AttendeeJoined", at).letter().unwrap().key;
        assert_eq!(key(1), key(1));
        assert_ne!(key(1), key(2));
    }
}
