//! Tags of state machines. Source: API reference, `TagResource`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::activities::append;
use super::machines::put;
use super::{Answer, ApiError, arn, made_durable};
use crate::engine::{ActivityRecord, EntryRef, Inner};

/// Most tags of one resource.
const MAX_TAGS: usize = 50;
const MAX_KEY_CHARS: usize = 128;
const MAX_VALUE_CHARS: usize = 256;
/// What keys of AWS's own tags begin with (general reference, "Tag naming limits": in any case of its letters).
const RESERVED: &str = "aws:";

#[derive(Deserialize)]
pub(super) struct Tag {
    key: Option<String>,
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Change {
    resource_arn: Option<String>,
    tags: Option<Vec<Tag>>,
    tag_keys: Option<Vec<String>>,
}

/// Adds `tags` to those that are there.
pub(super) fn checked(
    tags: Vec<Tag>,
    mut there: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ApiError> {
    for Tag { key, value } in tags {
        let (key, value) = (key.unwrap_or_default(), value.unwrap_or_default());
        if key.is_empty() {
            return Err(ApiError::empty("tags.member.key"));
        }
        if key.chars().count() > MAX_KEY_CHARS {
            return Err(ApiError::longer("tags.member.key", &key, MAX_KEY_CHARS));
        }
        if key.to_ascii_lowercase().starts_with(RESERVED) {
            return Err(ApiError::unfit(format!(
                "The tag key '{key}' begins with '{RESERVED}', which is reserved"
            )));
        }
        if value.chars().count() > MAX_VALUE_CHARS {
            return Err(ApiError::longer(
                "tags.member.value",
                &value,
                MAX_VALUE_CHARS,
            ));
        }
        there.insert(key, value);
    }
    if there.len() > MAX_TAGS {
        return Err(ApiError::TooManyTags(MAX_TAGS));
    }
    Ok(there)
}

pub(super) async fn tag(inner: &Arc<Inner>, request: Change) -> Answer {
    let tags = request.tags.ok_or_else(|| ApiError::missing("tags"))?;
    change(inner, request.resource_arn, |there| checked(tags, there)).await
}

pub(super) async fn untag(inner: &Arc<Inner>, request: Change) -> Answer {
    let keys = request
        .tag_keys
        .ok_or_else(|| ApiError::missing("tagKeys"))?;
    change(inner, request.resource_arn, |mut there| {
        there.retain(|key, _| !keys.contains(key));
        Ok(there)
    })
    .await
}

type Tags = BTreeMap<String, String>;

async fn change(
    inner: &Arc<Inner>,
    arn: Option<String>,
    with: impl FnOnce(Tags) -> Result<Tags, ApiError> + Send,
) -> Answer {
    let arn = arn::check_resource(arn)?;
    if is_activity(&arn) {
        let _changing = inner.machines_mut();
        let there = inner.activities().records.get(arn.as_str()).cloned();
        let there = there.ok_or_else(|| ApiError::NothingToTag(arn.clone()))?;
        let tagged = ActivityRecord {
            tags: with(there.tags.clone())?,
            ..there
        };
        append(inner, &EntryRef::activity(&tagged))?;
        let mut activities = inner.activities();
        activities.records.insert(Arc::clone(&tagged.arn), tagged);
    } else {
        let mut machines = inner.machines_mut();
        let mut machine = machines
            .by_arn
            .get(arn.as_str())
            .cloned()
            .ok_or_else(|| ApiError::NothingToTag(arn.clone()))?;
        machine.tags = with(std::mem::take(&mut machine.tags))?;
        put(inner, &mut machines, machine)?;
    }
    made_durable(inner).await?;
    Ok(json!({}))
}

fn is_activity(arn: &str) -> bool {
    arn.split(':').nth(5) == Some("activity")
}

pub(super) async fn list(inner: &Arc<Inner>, request: Change) -> Answer {
    let arn = arn::check_resource(request.resource_arn)?;
    let found = if is_activity(&arn) {
        let activities = inner.activities();
        let record = activities.records.get(arn.as_str());
        record.map(|record| record.tags.clone())
    } else {
        let machines = inner.machines();
        let machine = machines.by_arn.get(arn.as_str());
        machine.map(|machine| machine.tags.clone())
    };
    let found = found.ok_or_else(|| ApiError::NothingToTag(arn.clone()))?;
    made_durable(inner).await?;
    let tags: Vec<Value> = found
        .iter()
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect();
    Ok(json!({ "tags": tags }))
}
