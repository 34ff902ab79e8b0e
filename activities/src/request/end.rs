//! `request-end`: writes what became of a request.
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::requests::Requests;
use contract::request::end::{RequestEndError, RequestEndInput, RequestEnded};

impl From<Unavailable> for RequestEndError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "request-end");
        Self::Unavailable
    }
}

/// Ends the request with one write; one that has ended stays as it is.
///
/// # Errors
/// [`RequestEndError`]. Trying again repeats nothing.
pub async fn end(
    d: &(impl Requests + Clock),
    input: RequestEndInput,
) -> Result<RequestEnded, RequestEndError> {
    let now = d.now();
    let ended = d
        .update(&input.request, |record| record.end(&input, now))
        .await?;
    let unknown = || RequestEndError::Unknown(input.request.clone());
    let (_, record) = ended.ok_or_else(unknown)?;
    let view = record.view;
    let (Some(ended_at), Some(outcome)) = (view.ended_at, view.outcome) else {
        return Err(unknown());
    };
    tracing::info!(request = %view.id, kind = view.kind.as_str(), ?outcome, "request ended");
    Ok(RequestEnded { ended_at, outcome })
}
