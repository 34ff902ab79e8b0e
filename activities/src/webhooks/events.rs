//! `webhook-events`: what changed in the table of requests becomes deliveries to the webhooks of its tenant. Of a customer's onboarding it
//! becomes deliveries to those that the people of whoever asked for it have made, too: a program that begins many has one webhook for all of them.
//!
//! The stream tells of each change at least once and of one request in order; a batch that fails is told of again. Deliveries are named
//! after the change, so telling twice delivers once. They run beside each other: `rev` says which is newer.
use super::{Wish, begin};
use crate::aws::Aws;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::onboardings::Onboardings;
use crate::ports::pace::Pace;
use crate::ports::webhooks::Webhooks;
use crate::ports::workflows::Workflows;
use crate::shell::{self, Failure};
use crate::stream::plain;
use contract::TenantId;
use contract::error::STORE_UNAVAILABLE;
use contract::request::{Kind, RequestView};
use contract::webhook::{Event, EventData};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
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
    d: &(impl Webhooks + Onboardings + Workflows + Clock + Pace),
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
    d: &(impl Webhooks + Onboardings + Workflows + Clock + Pace),
    events: &[Event],
) -> Result<usize, Unavailable> {
    let mut known = BTreeMap::new();
    let mut begun = 0;
    for event in events {
        let Some(data) = &event.data else {
            continue;
        };
        for tenant in hearers(d, event, data).await? {
            if !known.contains_key(&tenant) {
                known.insert(tenant.clone(), d.webhooks(&tenant).await?);
            }
            for webhook in known.get(&tenant).into_iter().flatten() {
                let hears = webhook.kinds.is_empty() || webhook.kinds.contains(&data.kind);
                // Customers are not for whoever else the phone company's tenant has.
                let may = tenant == event.tenant || webhook.hears_customers;
                if webhook.enabled && hears && may {
                    begin(d, webhook, event, json!(event).to_string(), &Wish::Event).await?;
                    begun += 1;
                }
            }
        }
    }
    Ok(begun)
}

/// Whose webhooks an event goes to, each tenant once: those of the request's own and, of a customer's onboarding, of whoever asked for it.
async fn hearers(
    d: &impl Onboardings,
    event: &Event,
    data: &EventData,
) -> Result<BTreeSet<TenantId>, Unavailable> {
    let mut tenants = BTreeSet::from([event.tenant.clone()]);
    if data.kind == Kind::OnboardTenant {
        let onboarding = d.onboarding(&data.request).await?;
        tenants.extend(onboarding.map(|onboarding| onboarding.asked_by));
    }
    Ok(tenants)
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
