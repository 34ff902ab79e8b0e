//! `StrowgerStates.StreamHistory`: the events of an execution as JSON lines, as they happen, until it closes.
//!
//! Whoever was cut off asks again with `afterEventId`. An event is sent once it is durable.

use std::sync::Arc;

use axum::body::Bytes;
use axum::response::Response;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::executions::find;
use super::{ApiError, arn, beyond, history, made_durable};
use crate::core::history::Event;
use crate::engine::{Followed, Inner, Teller, reading};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    execution_arn: Option<String>,
    after_event_id: Option<u32>,
    include_execution_data: Option<bool>,
}

pub(super) async fn follow(inner: &Arc<Inner>, request: Request) -> Result<Response, ApiError> {
    let arn = arn::check_execution(request.execution_arn)?;
    let id = {
        let shard = inner.shard_by_arn(&arn);
        find(&shard, &arn)?.0
    };
    let followed = inner.follow(id).ok_or_else(|| {
        ApiError::ServiceQuotaExceeded("Too many histories are being followed".to_owned())
    })?;
    let (give, answer) = beyond::lines();
    let with_data = request.include_execution_data.unwrap_or(true);
    let after = request.after_event_id.unwrap_or(0);
    let teller = Arc::clone(inner);
    tokio::spawn(async move {
        let told = tell(&teller, &arn, followed, after, with_data, &give).await;
        if let Err(error) = told {
            tracing::debug!(%error, "a history is not followed any longer");
            let _gone = give.send(Err(error)).await;
        }
    });
    Ok(answer)
}

async fn tell(
    inner: &Arc<Inner>,
    arn: &str,
    mut followed: Followed,
    after: u32,
    with_data: bool,
    give: &mpsc::Sender<beyond::Chunk>,
) -> Result<(), ApiError> {
    let mut teller = Teller::new(with_data, after);
    loop {
        let moved = followed.moves();
        let (id, position, revisions, closed) = {
            let shard = inner.shard_by_arn(arn);
            let (id, slot) = find(&shard, arn)?;
            let (position, revisions) = reading(slot);
            (id, position, revisions, slot.summary().stopped_ms.is_some())
        };
        made_durable(inner).await?;
        let reader = Arc::clone(inner);
        let mut telling = teller;
        let read = move || {
            let bytes = beyond::CHUNK_BYTES;
            let piece = reader.told_on(&mut telling, id, position, &revisions, bytes);
            let piece = piece.map(|piece| (text(piece.events), piece.more));
            (piece, telling)
        };
        let (piece, told) = inner
            .aside(read)
            .await
            .map_err(|e| ApiError::Internal(e.to_string()))?;
        teller = told;
        let (text, more) = piece.map_err(|e| ApiError::Internal(e.to_string()))?;
        if !text.is_empty() && give.send(Ok(Bytes::from(text))).await.is_err() {
            return Ok(());
        }
        if more {
            continue;
        }
        if closed {
            return Ok(());
        }
        tokio::select! {
            more = followed.beyond(moved) => if !more { return Ok(()) },
            () = give.closed() => return Ok(()),
        }
    }
}

fn text(events: Vec<Event>) -> String {
    let mut text = String::new();
    for event in events {
        text.push_str(&history::told(event).to_string());
        text.push('\n');
    }
    text
}
