//! The AWS API of Chime SDK Meetings (REST, JSON), as its SDKs call it.
//!
//! Operations that share a path are told apart by the query parameter `operation`.

mod error;
mod fields;
mod requests;
mod responses;
mod tags;

pub(crate) use error::ApiError;
pub(crate) use requests::check_capabilities;

use crate::hub::Hub;
use crate::ids::{AttendeeId, MeetingId};
use crate::limits;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::routing::{get, post, put};
use fields::Fields;
use http::StatusCode;
use responses::{Answer, Shapes};
use std::collections::HashMap;
use std::sync::Arc;

type Hubbed = State<Arc<Hub>>;
type Params = Query<HashMap<String, String>>;
type Body = Result<Bytes, BytesRejection>;
type Outcome = Result<Answer, ApiError>;

pub(crate) fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/meetings", post(create_meeting))
        .route(
            "/meetings/{meeting}",
            get(get_meeting).delete(delete_meeting),
        )
        .route(
            "/meetings/{meeting}/attendees",
            post(create_attendee).get(list_attendees),
        )
        .route(
            "/meetings/{meeting}/attendees/capabilities",
            put(update_capabilities_except),
        )
        .route(
            "/meetings/{meeting}/attendees/{attendee}",
            get(get_attendee).delete(delete_attendee),
        )
        .route(
            "/meetings/{meeting}/attendees/{attendee}/capabilities",
            put(update_capabilities),
        )
        .route("/meetings/{meeting}/transcription", post(transcription))
        .route("/tags", get(tags::list).post(tags::change))
        .layer(DefaultBodyLimit::max(limits::MAX_REQUEST_BYTES))
        .with_state(hub)
}

fn fields(body: Body) -> Result<Fields, ApiError> {
    let bytes = body.map_err(|_| {
        let most = limits::MAX_REQUEST_BYTES;
        ApiError::BadRequest(format!(
            "the request body cannot be read, or has more than {most} bytes"
        ))
    })?;
    Fields::parse(&bytes)
}

fn meeting_id(text: &str) -> Result<MeetingId, ApiError> {
    MeetingId::parse(text)
        .ok_or_else(|| ApiError::BadRequest("MeetingId: must be a UUID".to_owned()))
}

fn attendee_id(text: &str) -> Result<AttendeeId, ApiError> {
    AttendeeId::parse(text)
        .ok_or_else(|| ApiError::BadRequest("AttendeeId: must be a UUID".to_owned()))
}

/// Waits until what was changed is on the disk.
async fn safe(safe: tokio::sync::oneshot::Receiver<()>) -> Result<(), ApiError> {
    safe.await.map_err(|_| ApiError::ServiceFailure)
}

async fn create_meeting(State(hub): Hubbed, Query(query): Params, body: Body) -> Outcome {
    let fields = fields(body)?;
    let with_attendees = match query.get("operation").map(String::as_str) {
        None => false,
        Some("create-attendees") => true,
        Some(_) => {
            return Err(ApiError::BadRequest(
                "operation: must be create-attendees or absent".to_owned(),
            ));
        }
    };
    let meeting = requests::meeting(&fields, hub.clock.now())?;
    let wanted = if with_attendees {
        Some(requests::attendees(
            &fields,
            limits::MAX_ATTENDEES_WITH_MEETING,
        )?)
    } else {
        None
    };
    let (entry, written) = hub.create_meeting(meeting)?;
    let shapes = Shapes::new(&hub);
    let Some(wanted) = wanted else {
        safe(written).await?;
        return Ok(Answer::created(shapes.meeting(&entry.meeting)));
    };
    let made = hub.create_attendees(&entry.meeting.id, wanted)?;
    // One wait for both: the journal keeps their order.
    safe(made.safe).await?;
    Ok(Answer::created(shapes.meeting_with_attendees(
        &entry.meeting,
        &made.attendees,
        &made.errors,
    )))
}

async fn get_meeting(State(hub): Hubbed, Path(meeting): Path<String>) -> Outcome {
    let entry = hub.meeting(&meeting_id(&meeting)?)?;
    Ok(Answer::ok(Shapes::new(&hub).meeting(&entry.meeting)))
}

async fn delete_meeting(State(hub): Hubbed, Path(meeting): Path<String>) -> Outcome {
    safe(hub.delete_meeting(&meeting_id(&meeting)?)?).await?;
    Ok(Answer::empty())
}

async fn create_attendee(
    State(hub): Hubbed,
    Path(meeting): Path<String>,
    Query(query): Params,
    body: Body,
) -> Outcome {
    let meeting = meeting_id(&meeting)?;
    let fields = fields(body)?;
    let shapes = Shapes::new(&hub);
    match query.get("operation").map(String::as_str) {
        None => {
            let mut made = hub.create_attendees(&meeting, vec![requests::attendee(&fields)?])?;
            if let Some(not_made) = made.errors.pop() {
                return Err(not_made.error);
            }
            safe(made.safe).await?;
            let attendee = made.attendees.pop().ok_or(ApiError::ServiceFailure)?;
            Ok(Answer::created(shapes.one_attendee(&attendee)))
        }
        Some("batch-create") => {
            let wanted = requests::attendees(&fields, limits::MAX_BATCH_ATTENDEES)?;
            let made = hub.create_attendees(&meeting, wanted)?;
            safe(made.safe).await?;
            Ok(Answer::created(
                shapes.attendees(&made.attendees, &made.errors),
            ))
        }
        Some(_) => Err(ApiError::BadRequest(
            "operation: must be batch-create or absent".to_owned(),
        )),
    }
}

async fn list_attendees(
    State(hub): Hubbed,
    Path(meeting): Path<String>,
    Query(query): Params,
) -> Outcome {
    let entry = hub.meeting(&meeting_id(&meeting)?)?;
    let page = requests::Page::read(&query)?;
    Ok(Answer::ok(Shapes::new(&hub).attendee_page(&entry, &page)))
}

async fn get_attendee(
    State(hub): Hubbed,
    Path((meeting, attendee)): Path<(String, String)>,
) -> Outcome {
    let entry = hub.meeting(&meeting_id(&meeting)?)?;
    let attendee = entry.attendees.get(&attendee_id(&attendee)?);
    let attendee = attendee.ok_or(ApiError::NotFound("the attendee was not found"))?;
    Ok(Answer::ok(Shapes::new(&hub).one_attendee(attendee)))
}

async fn delete_attendee(
    State(hub): Hubbed,
    Path((meeting, attendee)): Path<(String, String)>,
) -> Outcome {
    safe(hub.delete_attendee(&meeting_id(&meeting)?, &attendee_id(&attendee)?)?).await?;
    Ok(Answer::empty())
}

async fn update_capabilities(
    State(hub): Hubbed,
    Path((meeting, attendee)): Path<(String, String)>,
    body: Body,
) -> Outcome {
    let (meeting, attendee) = (meeting_id(&meeting)?, attendee_id(&attendee)?);
    let capabilities = requests::required_capabilities(&fields(body)?)?;
    let (mut changed, written) =
        hub.set_capabilities(&meeting, capabilities, |a| a.id == attendee)?;
    let changed = changed
        .pop()
        .ok_or(ApiError::NotFound("the attendee was not found"))?;
    safe(written).await?;
    Ok(Answer::ok(Shapes::new(&hub).one_attendee(&changed)))
}

async fn update_capabilities_except(
    State(hub): Hubbed,
    Path(meeting): Path<String>,
    Query(query): Params,
    body: Body,
) -> Outcome {
    if query.get("operation").map(String::as_str) != Some("batch-update-except") {
        return Err(ApiError::BadRequest(
            "operation: must be batch-update-except".to_owned(),
        ));
    }
    let meeting = meeting_id(&meeting)?;
    let fields = fields(body)?;
    let capabilities = requests::required_capabilities(&fields)?;
    let excluded = requests::excluded(&fields)?;
    let (_, written) =
        hub.set_capabilities(&meeting, capabilities, |a| !excluded.contains(&a.id))?;
    safe(written).await?;
    Ok(Answer::empty())
}

async fn transcription(State(hub): Hubbed, Path(meeting): Path<String>) -> Outcome {
    hub.meeting(&meeting_id(&meeting)?)?;
    Err(ApiError::Unprocessable(
        "live transcription is not available here".to_owned(),
    ))
}

impl Answer {
    fn created(body: serde_json::Value) -> Self {
        Self {
            status: StatusCode::CREATED,
            body: Some(body),
        }
    }

    fn ok(body: serde_json::Value) -> Self {
        Self {
            status: StatusCode::OK,
            body: Some(body),
        }
    }

    fn empty() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            body: None,
        }
    }
}
