//! The shapes of answers.

use super::error::REQUEST_ID;
use super::requests::Page;
use crate::book::Entry;
use crate::book::model::{Attendee, Meeting};
use crate::hub::{Hub, NotMade};
use crate::ids::MeetingId;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};
use std::ops::Bound;

/// An answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Option<Value>,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let id = (REQUEST_ID, uuid::Uuid::new_v4().to_string());
        match self.body {
            Some(body) => {
                let kind = (header::CONTENT_TYPE, "application/json".to_owned());
                (self.status, [kind, id], body.to_string()).into_response()
            }
            None => (self.status, [id]).into_response(),
        }
    }
}

/// Writes what is kept in the API's shapes.
pub(super) struct Shapes<'a> {
    hub: &'a Hub,
}

impl<'a> Shapes<'a> {
    pub(super) fn new(hub: &'a Hub) -> Self {
        Self { hub }
    }

    pub(super) fn arn(&self, meeting: &MeetingId) -> String {
        let config = &self.hub.config;
        format!(
            "arn:aws:chime:{}:{}:meeting/{meeting}",
            config.region, config.account
        )
    }

    fn meeting_body(&self, meeting: &Meeting) -> Value {
        // The addresses are those of this process, whichever made the meeting. No EventIngestionUrl: without it
        // the client reports to nobody.
        let base = self.hub.config.signaling_base.trim_end_matches('/');
        let mut body = json!({
            "MeetingId": meeting.id,
            "MeetingArn": self.arn(&meeting.id),
            "ExternalMeetingId": meeting.external_meeting_id,
            "MediaRegion": meeting.media_region,
            "MediaPlacement": {
                "AudioHostUrl": self.hub.engine.addr().to_string(),
                "SignalingUrl": format!("{base}/control/{}", meeting.id),
            },
            "TenantIds": meeting.tenant_ids,
        });
        if meeting.features != Default::default() {
            body["MeetingFeatures"] = json!(meeting.features);
        }
        if let Some(host) = &meeting.meeting_host_id {
            body["MeetingHostId"] = json!(host);
        }
        body
    }

    pub(super) fn meeting(&self, meeting: &Meeting) -> Value {
        json!({ "Meeting": self.meeting_body(meeting) })
    }

    pub(super) fn meeting_with_attendees(
        &self,
        meeting: &Meeting,
        made: &[Attendee],
        errors: &[NotMade],
    ) -> Value {
        let mut body = self.attendees(made, errors);
        body["Meeting"] = self.meeting_body(meeting);
        body
    }

    fn attendee_body(attendee: &Attendee) -> Value {
        json!({
            "ExternalUserId": attendee.external_user_id,
            "AttendeeId": attendee.id,
            "JoinToken": attendee.token,
            "Capabilities": attendee.capabilities,
        })
    }

    pub(super) fn one_attendee(&self, attendee: &Attendee) -> Value {
        json!({ "Attendee": Self::attendee_body(attendee) })
    }

    pub(super) fn attendees(&self, made: &[Attendee], errors: &[NotMade]) -> Value {
        let errors = errors.iter().map(|not_made| {
            json!({
                "ExternalUserId": not_made.external_user_id,
                "ErrorCode": not_made.error.code(),
                "ErrorMessage": not_made.error.to_string(),
            })
        });
        json!({
            "Attendees": made.iter().map(Self::attendee_body).collect::<Vec<_>>(),
            "Errors": errors.collect::<Vec<_>>(),
        })
    }

    pub(super) fn attendee_page(&self, entry: &Entry, page: &Page) -> Value {
        let from = page
            .after
            .as_ref()
            .map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = entry
            .attendees
            .range((from, Bound::Unbounded))
            .map(|(_, attendee)| attendee);
        let list: Vec<&Attendee> = rest.by_ref().take(page.size).collect();
        let mut body =
            json!({ "Attendees": list.iter().map(|a| Self::attendee_body(a)).collect::<Vec<_>>() });
        if rest.next().is_some()
            && let Some(last) = list.last()
        {
            body["NextToken"] = json!(last.id);
        }
        body
    }
}
