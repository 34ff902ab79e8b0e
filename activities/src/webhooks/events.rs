//! `webhook-events`: what changed in the table of requests becomes deliveries to the webhooks of its tenant.
//!
//! The stream tells of each change at least once and of one request in order; a batch that fails is told of again. Deliveries are named
//! after the change, so telling twice delivers once. They run beside each other: `rev` says which is newer.
use super::{Wish, begin};
use crate::aws::Aws;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::pace::Pace;
use crate::ports::webhooks::Webhooks;
use crate::ports::workflows::Workflows;
use crate::shell::{self, Failure};
use crate::stream::plain;
use contract::error::STORE_UNAVAILABLE;
use contract::request::RequestView;
use contract::webhook::Event;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Serves the function until its environment is taken down.
///
/// # Errors
/// What the Lambda Runtime API answers, if that cannot go on.
pub async fn run(aws: Arc<Aws>) -> Result<(), lambda_runtime::Error> {
    shell::serve_events(move |event| {
        let aws = aws.clone();
        async move { handle(&*aws, &event).await }
    })
    .await
}

/// Begins the deliveries of a batch.
///
/// # Errors
/// [`Failure`] if one could not begin: the event source runs the batch again.
pub async fn handle(
    d: &(impl Webhooks + Workflows + Clock + Pace),
    batch: &Value,
) -> Result<Value, Failure> {
    let begun = deliver(d, &events(batch)).await;
    let begun = begun.map_err(|error| Failure {
        name: STORE_UNAVAILABLE.to_owned(),
        message: shell::chain(&error),
    })?;
    tracing::debug!(begun, "deliveries begun");
    Ok(json!({ "batchItemFailures": [] }))
}

async fn deliver(
    d: &(impl Webhooks + Workflows + Clock + Pace),
    events: &[Event],
) -> Result<usize, Unavailable> {
    let mut known = BTreeMap::new();
    let mut begun = 0;
    for event in events {
        if !known.contains_key(&event.tenant) {
            known.insert(event.tenant.clone(), d.webhooks(&event.tenant).await?);
        }
        let Some(kind) = event.data.as_ref().map(|data| data.kind) else {
            continue;
        };
        for webhook in known.get(&event.tenant).into_iter().flatten() {
            let hears = webhook.kinds.is_empty() || webhook.kinds.contains(&kind);
            if webhook.enabled && hears {
                begin(d, webhook, event, json!(event).to_string(), &Wish::Event).await?;
                begun += 1;
            }
        }
    }
    Ok(begun)
}

/// The events in a batch of the stream, in its order.
fn events(batch: &Value) -> Vec<Event> {
    let records = batch["Records"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let event = |record: &Value| {
        let after = view(record.pointer("/dynamodb/NewImage")?)?;
        let before = record.pointer("/dynamodb/OldImage").and_then(view);
        Event::of(before.as_ref(), &after)
    };
    records.iter().filter_map(event).collect()
}

fn view(image: &Value) -> Option<RequestView> {
    match serde_json::from_value(plain(image.get("view")?)?) {
        Ok(view) => Some(view),
        Err(error) => {
            // Of another version of this program. The batch goes on without it.
            tracing::error!(%error, "a changed request does not read");
            None
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
