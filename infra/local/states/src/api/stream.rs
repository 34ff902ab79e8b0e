//! `StrowgerStates.StreamHistory`: the events of an execution as JSON lines, as they happen, until it closes.
//!
//! Whoever was cut off asks again with `afterEventId`. An event is sent once it is durable.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::Response;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::executions::find;
use super::{ApiError, arn, beyond, history, made_durable};
use crate::engine::{Followed, Inner, Teller, reading};

/// Events that wait for a slow reader.
const MAX_WAITING_CHUNKS: usize = 16;

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
    let (give, take) = mpsc::channel(MAX_WAITING_CHUNKS);
    let with_data = request.include_execution_data.unwrap_or(true);
    let after = request.after_event_id.unwrap_or(0);
    let teller = Arc::clone(inner);
    tokio::spawn(async move {
        let told = tell(&teller, &arn, followed, after, with_data, &give).await;
        if let Err(error) = told {
            tracing::debug!(%error, "a history is not followed any longer");
        }
    });
    Ok(beyond::lines(Body::new(Lines(take))))
}

async fn tell(
    inner: &Arc<Inner>,
    arn: &str,
    mut followed: Followed,
    mut after: u32,
    with_data: bool,
    give: &mpsc::Sender<Bytes>,
) -> Result<(), ApiError> {
    let mut teller = Teller::new(with_data);
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
            let events = reader.told_on(&mut telling, id, position, &revisions);
            (events, telling)
        };
        let (events, told) = inner
            .aside(read)
            .await
            .map_err(|e| ApiError::Internal(e.to_string()))?;
        teller = told;
        let events = events.map_err(|e| ApiError::Internal(e.to_string()))?;
        let mut text = String::new();
        let seen = after;
        for event in events.into_iter().filter(|event| event.id > seen) {
            after = event.id;
            text.push_str(&history::told(event).to_string());
            text.push('\n');
        }
        if !text.is_empty() && give.send(Bytes::from(text)).await.is_err() {
            return Ok(());
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

/// A body that ends when its sender does.
struct Lines(mpsc::Receiver<Bytes>);

impl http_body::Body for Lines {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        let polled = self.0.poll_recv(context);
        polled.map(|bytes| bytes.map(|bytes| Ok(http_body::Frame::data(bytes))))
    }
}
