//! `request-end`: writes what became of a request.
use super::{Delivered, Letter, RequestRecord, shell};
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use contract::RequestId;
use contract::request::end::{RequestEndError, RequestEndInput, RequestEnded};
use contract::request::signal::SignalName;
use serde_json::json;

impl From<Unavailable> for RequestEndError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "request-end");
        Self::Unavailable
    }
}

/// Ends the request with one write; one that has ended stays as it is. A request that waits for it is told.
///
/// # Errors
/// [`RequestEndError`]. Trying again repeats nothing.
pub async fn end(
    d: &(impl Requests + Workflows + Clock),
    input: RequestEndInput,
) -> Result<RequestEnded, RequestEndError> {
    let now = d.now();
    let ended = d
        .update(&input.request, |record| record.end(&input, now))
        .await?;
    let unknown = || RequestEndError::Unknown(input.request.clone());
    let (_, record) = ended.ok_or_else(unknown)?;
    tell_parent(d, &record).await?;
    let view = record.view;
    let (Some(ended_at), Some(outcome)) = (view.ended_at, view.outcome) else {
        return Err(unknown());
    };
    tracing::info!(request = %view.id, kind = view.kind.as_str(), ?outcome, "request ended");
    Ok(RequestEnded { ended_at, outcome })
}

/// Tells the request that began this one, if one did.
async fn tell_parent(
    d: &(impl Requests + Workflows + Clock),
    record: &RequestRecord,
) -> Result<(), Unavailable> {
    let view = &record.view;
    let Some(parent) = view.details["parent"].as_str() else {
        return Ok(());
    };
    let outcome = json!(view.outcome);
    let letter = Letter {
        key: format!("ended#{}", view.id),
        name: SignalName::RequestEnded,
        topic: outcome.as_str().map(str::to_owned),
        person: None,
        data: json!({ "request": view.id, "kind": view.kind, "outcome": outcome }),
    };
    match shell::deliver(d, &RequestId::from(parent), &letter).await? {
        Delivered::Taken(_) | Delivered::Kept | Delivered::Known(_) | Delivered::Ended => {}
        // It looks by itself from time to time.
        Delivered::Full | Delivered::TooLarge | Delivered::Overtaken => {
            tracing::warn!(request = %view.id, parent, "whoever waits for it was not told");
        }
    }
    Ok(())
}
