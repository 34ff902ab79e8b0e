//! TagResource, UntagResource, ListTagsForResource.

use super::fields::Fields;
use super::responses::{Answer, Shapes};
use super::{ApiError, Body, Hubbed, Outcome, Params, fields, requests, safe};
use crate::hub::Hub;
use crate::ids::MeetingId;
use crate::limits::MAX_TAGS;
use axum::extract::{Query, State};
use serde_json::json;

/// The meeting an ARN names.
fn meeting(hub: &Hub, arn: &str) -> Result<MeetingId, ApiError> {
    let id = arn
        .rsplit_once('/')
        .and_then(|(_, id)| MeetingId::parse(id))
        .ok_or(ApiError::ResourceNotFound)?;
    if Shapes::new(hub).arn(&id) == arn {
        Ok(id)
    } else {
        Err(ApiError::ResourceNotFound)
    }
}

fn resource(hub: &Hub, fields: &Fields) -> Result<MeetingId, ApiError> {
    meeting(
        hub,
        fields.required("ResourceARN", fields.text_of("ResourceARN", 1, 1_011)?)?,
    )
}

pub(super) async fn list(State(hub): Hubbed, Query(query): Params) -> Outcome {
    let arn = query
        .get("arn")
        .ok_or_else(|| ApiError::BadRequest("arn: is required".to_owned()))?;
    let id = meeting(&hub, arn)?;
    let entry = hub.meeting(&id).map_err(|_| ApiError::ResourceNotFound)?;
    Ok(Answer::ok(json!({ "Tags": entry.meeting.tags })))
}

pub(super) async fn change(State(hub): Hubbed, Query(query): Params, body: Body) -> Outcome {
    let fields = fields(body)?;
    let written = match query.get("operation").map(String::as_str) {
        Some("tag-resource") => {
            let id = resource(&hub, &fields)?;
            let new = fields.required("Tags", requests::tags(&fields)?)?;
            hub.change_tags(&id, |old| {
                let kept = old
                    .iter()
                    .filter(|tag| !new.iter().any(|n| n.key == tag.key))
                    .cloned();
                let all: Vec<_> = kept.chain(new.iter().cloned()).collect();
                if all.len() > MAX_TAGS {
                    Err(ApiError::TooManyTags)
                } else {
                    Ok(all)
                }
            })?
        }
        Some("untag-resource") => {
            let id = resource(&hub, &fields)?;
            let keys = fields.required("TagKeys", fields.texts("TagKeys", 1, MAX_TAGS)?)?;
            hub.change_tags(&id, |old| {
                Ok(old
                    .iter()
                    .filter(|tag| !keys.contains(&tag.key))
                    .cloned()
                    .collect())
            })?
        }
        Some(_) | None => {
            return Err(ApiError::BadRequest(
                "operation: must be tag-resource or untag-resource".to_owned(),
            ));
        }
    };
    safe(written).await?;
    Ok(Answer::empty())
}
