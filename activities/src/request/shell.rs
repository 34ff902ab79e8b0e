//! The thin shell: a request in the store, changed by compare-and-set, and the signals that follow.
use super::{Delivered, Letter};
use crate::inbox::hand_over;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use contract::RequestId;

/// Delivers a signal and hands it to the turn that waits for it. A request that is not there counts as ended.
///
/// # Errors
/// [`Unavailable`] if the request could not be read or written: deliver again with the same key.
pub async fn deliver(
    d: &(impl Requests + Workflows + Clock),
    request: &RequestId,
    letter: &Letter,
) -> Result<Delivered, Unavailable> {
    let now = d.now();
    let delivered = d
        .update(request, |record| record.deliver(letter, now))
        .await?;
    let Some((delivered, _)) = delivered else {
        return Ok(Delivered::Ended);
    };
    tracing::debug!(%request, signal = letter.name.as_str(), "signal");
    if let Delivered::Taken(offer) | Delivered::Known(Some(offer)) = &delivered {
        hand_over(d, request, offer).await;
    }
    Ok(delivered)
}
