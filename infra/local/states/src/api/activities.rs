//! Activities: create, describe, list, delete, and tasks for workers.
//!
//! Source: API reference, `CreateActivity` to `GetActivityTask`.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::configuration::Encryption;
use super::tags::{Tag, checked};
use super::{Answer, ApiError, arn, made_durable, paging, seconds};
use crate::engine::{
    ActivityRecord, EntryRef, Handed, Inner, MAX_ACTIVITIES, MAX_POLLERS, TooManyPollers,
};

const MAX_WORKER_CHARS: usize = 80;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    name: Option<String>,
    tags: Option<Vec<Tag>>,
    encryption_configuration: Option<Encryption>,
}

/// Creating again what is there gives what is there, whatever its tags. Its encryption may not be another one.
pub(super) async fn create(inner: &Arc<Inner>, caller: &Caller, request: Create) -> Answer {
    let name = request.name.ok_or_else(|| ApiError::missing("name"))?;
    arn::check_name(&name)?;
    let tags = checked(request.tags.unwrap_or_default(), BTreeMap::new())?;
    let encryption = request.encryption_configuration;
    let encryption = encryption.map(Encryption::kept).transpose()?.flatten();
    let arn: Arc<str> = arn::activity(caller, &name).into();
    let created_ms = {
        // Held while the log is written to; the activities' own lock must not be: the log's thread takes it.
        let _changing = inner.machines_mut();
        let (there, count) = {
            let activities = inner.activities();
            let there = activities.records.get(&arn);
            let same = |kept: Option<&str>| {
                Encryption::told(kept) == Encryption::told(encryption.as_deref())
            };
            let there = there.map(|there| (there.created_ms, same(there.encryption.as_deref())));
            (there, activities.records.len())
        };
        match there {
            Some((_, false)) => {
                return Err(ApiError::ActivityAlreadyExists(arn.to_string()));
            }
            Some((created_ms, true)) => created_ms,
            None if count >= MAX_ACTIVITIES => {
                return Err(ApiError::ActivityLimitExceeded(MAX_ACTIVITIES));
            }
            None => {
                let created_ms = inner.now_ms();
                let record = ActivityRecord {
                    arn: Arc::clone(&arn),
                    name,
                    created_ms,
                    tags,
                    encryption,
                };
                append(inner, &EntryRef::activity(&record))?;
                let mut activities = inner.activities();
                activities.records.insert(Arc::clone(&arn), record);
                created_ms
            }
        }
    };
    made_durable(inner).await?;
    Ok(json!({ "activityArn": &*arn, "creationDate": seconds(created_ms) }))
}

pub(super) fn append(inner: &Inner, entry: &EntryRef<'_>) -> Result<(), ApiError> {
    let appended = inner.log.append(&entry.bytes(), None);
    appended.map(drop).map_err(|_| ApiError::Log)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named {
    activity_arn: Option<String>,
}

pub(super) async fn describe(inner: &Arc<Inner>, request: Named) -> Answer {
    let arn = arn::check_activity(request.activity_arn)?;
    let told = {
        let activities = inner.activities();
        let record = activities.records.get(arn.as_str());
        let record = record.ok_or_else(|| ApiError::ActivityDoesNotExist(arn.clone()))?;
        let mut told = listed(record);
        told["encryptionConfiguration"] = Encryption::told(record.encryption.as_deref());
        told
    };
    made_durable(inner).await?;
    Ok(told)
}

fn listed(record: &ActivityRecord) -> Value {
    json!({
        "activityArn": &*record.arn,
        "name": record.name,
        "creationDate": seconds(record.created_ms),
    })
}

/// Deleting what is not there is no error.
pub(super) async fn delete(inner: &Arc<Inner>, request: Named) -> Answer {
    let arn = arn::check_activity(request.activity_arn)?;
    {
        let _changing = inner.machines_mut();
        let there = inner.activities().records.contains_key(arn.as_str());
        if there {
            append(inner, &EntryRef::ActivityGone(&arn))?;
            inner.activities().remove(&arn);
        }
    }
    made_durable(inner).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) async fn list(inner: &Arc<Inner>, caller: &Caller, request: List) -> Answer {
    let most = paging::most(request.max_results)?;
    let prefix = caller.prefix("activity");
    let pages = paging::Pages::new(inner, "ListActivities", &prefix);
    let after: Option<String> = pages.place(request.next_token)?;
    let mut answer = Map::new();
    {
        let activities = inner.activities();
        let from = Bound::Excluded(after.as_deref().unwrap_or(&prefix));
        let mut page: Vec<&ActivityRecord> = activities
            .records
            .range::<str, _>((from, Bound::Unbounded))
            .map(|(_, record)| record)
            .take_while(|record| record.arn.starts_with(&prefix))
            .take(most + 1)
            .collect();
        if page.len() > most {
            page.truncate(most);
            if let Some(last) = page.last() {
                answer.insert(
                    "nextToken".into(),
                    json!(pages.token(&last.arn.to_string())),
                );
            }
        }
        let told: Vec<Value> = page.into_iter().map(listed).collect();
        answer.insert("activities".into(), told.into());
    }
    made_durable(inner).await?;
    Ok(Value::Object(answer))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fetch {
    activity_arn: Option<String>,
    worker_name: Option<String>,
}

/// A task for a worker, or none within a minute. The task goes back if its worker is not there any more.
pub(super) async fn fetch(
    inner: &Arc<Inner>,
    request: Fetch,
) -> Result<(Value, Option<Handed>), ApiError> {
    let arn = arn::check_activity(request.activity_arn)?;
    if let Some(worker) = &request.worker_name
        && (worker.is_empty() || worker.chars().count() > MAX_WORKER_CHARS)
    {
        return Err(ApiError::too_long("workerName", MAX_WORKER_CHARS));
    }
    if !inner.activities().records.contains_key(arn.as_str()) {
        return Err(ApiError::ActivityDoesNotExist(arn));
    }
    let fetched = inner.fetch(&arn, request.worker_name).await;
    let fetched =
        fetched.map_err(|TooManyPollers| ApiError::ActivityWorkerLimitExceeded(MAX_POLLERS))?;
    let Some(handed) = fetched else {
        return Ok((json!({ "taskToken": null }), None));
    };
    if !handed.durable {
        made_durable(inner).await?;
    }
    let told = json!({ "taskToken": handed.token, "input": handed.input.as_str() });
    Ok((told, Some(handed)))
}

/// A body that knows whether it was given to a connection.
pub(super) fn body(text: String, handed: Option<Handed>) -> Body {
    let Some(mut handed) = handed else {
        return Body::from(text);
    };
    let body = Full::new(Bytes::from(text)).map_frame(move |frame| {
        handed.arrived();
        frame
    });
    Body::new(body)
}
