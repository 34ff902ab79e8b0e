//! What a device joins the call's meeting with.
use super::visible;
use crate::http::access::Denied;
use crate::http::body::{Body, check_device};
use crate::http::caller::SignedIn;
use crate::http::{Ports, Refused, Shared};
use axum::Json;
use axum::extract::{Path, State};
use contract::api::{JoinMedia, Media, Problem};

/// Join the audio.
///
/// Only the device that has the leg gets this; it holds the attendee's join token.
#[utoipa::path(post, path = "/v1/calls/{call}/media", tag = "calls", security(("bearer" = [])), params(
    ("call" = String, Path, description = "The call's id"),
), request_body = JoinMedia, responses(
    (status = 200, description = "What the Chime SDK client joins with", body = Media),
    (status = 403, description = "`Call.NotAllowed`: you are no party of it; `ApiKey.NotAllowed`: only people talk", body = Problem),
    (status = 404, description = "`Call.NotFound`: no such call, or not yours to see", body = Problem),
    (status = 409, description = "`Call.NotReady`: no meeting yet; `Call.AnsweredElsewhere`; `Call.Ended`", body = Problem),
))]
pub(in crate::http) async fn media<P: Ports>(
    State(api): State<Shared<P>>,
    SignedIn(caller): SignedIn,
    Path(call): Path<String>,
    Body(body): Body<JoinMedia>,
) -> Result<Json<Media>, Refused> {
    check_device(&body.device)?;
    let record = visible(&*api.ports, &caller, &call).await?;
    let leg = record.view.leg_of(&caller.person).ok_or(Denied::NotParty)?;
    if !record.view.is_live() {
        return Err(Denied::Ended.into());
    }
    let not_ready = || {
        Refused::conflict(
            "Call.NotReady",
            "the call has no audio yet: wait until your leg is `joining`",
        )
    };
    match &leg.device {
        Some(device) if *device == body.device => {}
        Some(_) => return Err(Denied::AnsweredElsewhere.into()),
        None => return Err(not_ready()),
    }
    let meeting = record.private.meeting.clone().ok_or_else(not_ready)?;
    let attendee = record
        .private
        .attendees
        .get(&leg.id)
        .cloned()
        .ok_or_else(not_ready)?;
    Ok(Json(Media { meeting, attendee }))
}
