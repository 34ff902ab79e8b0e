//! `GetExecutionHistory`.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::executions::find;
use super::{Answer, ApiError, arn, made_durable, paging, seconds};
use crate::core::history::Event;
use crate::engine::{Ask, Inner, reading};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    execution_arn: Option<String>,
    max_results: Option<i64>,
    reverse_order: Option<bool>,
    next_token: Option<String>,
    include_execution_data: Option<bool>,
}

pub(super) async fn get(inner: &Arc<Inner>, request: Request) -> Answer {
    let arn = arn::check_execution(request.execution_arn)?;
    let most = paging::most(request.max_results)?;
    let reverse = request.reverse_order == Some(true);
    let question = format!("{arn}\n{reverse}");
    let pages = paging::Pages::new(inner, "GetExecutionHistory", &question);
    // The last event that the pages so far have shown. A place among those that were there would move while more come.
    let shown: Option<u32> = pages.place(request.next_token)?;
    let (id, position, revisions) = {
        let shard = inner.shard_by_arn(&arn);
        let (id, slot) = find(&shard, &arn)?;
        let (position, revisions) = reading(slot);
        (id, position, revisions)
    };
    made_durable(inner).await?;
    let reader = Arc::clone(inner);
    let ask = Ask {
        shown,
        reverse,
        most,
        with_data: request.include_execution_data.unwrap_or(true),
    };
    let page = inner
        .aside(move || reader.page(id, position, &revisions, ask))
        .await
        .map_err(|e| ApiError::Internal(e.to_string()))?
        .map_err(|e| ApiError::Internal(e.to_string()))?;
    tracing::trace!(
        records = page.told,
        frames = page.read,
        "told for a page of a history"
    );
    let mut answer = Map::new();
    if let (true, Some(last)) = (page.more, page.events.last()) {
        answer.insert("nextToken".into(), json!(pages.token(&last.id)));
    }
    let events: Vec<Value> = page.events.into_iter().map(told).collect();
    answer.insert("events".into(), events.into());
    Ok(Value::Object(answer))
}

pub(super) fn told(event: Event) -> Value {
    let mut told = Map::new();
    told.insert("id".into(), json!(event.id));
    told.insert("previousEventId".into(), json!(event.previous));
    told.insert("timestamp".into(), json!(seconds(event.at_ms)));
    told.insert("type".into(), json!(event.kind));
    if let Some((name, details)) = event.details {
        told.insert(name.to_owned(), details);
    }
    Value::Object(told)
}
