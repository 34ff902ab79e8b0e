//! `webhook-send`: one attempt of a delivery, signed, and written into its log.
use super::post::Poster;
use super::sign::signature;
use crate::ports::Unavailable;
use crate::ports::clock::{self, Clock};
use crate::ports::webhooks::{Delivery, Webhook, Webhooks};
use contract::webhook::{
    Attempt, DeliveryState, MAX_ATTEMPTS, SendResult, WebhookError, WebhookSendInput, WebhookSent,
};
use jiff::Timestamp;

impl From<Unavailable> for WebhookError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "webhooks");
        Self::Unavailable
    }
}

/// Makes an attempt.
///
/// # Errors
/// [`WebhookError`]. Running it again posts again, with the same id and bytes.
pub async fn send(
    d: &(impl Webhooks + Clock),
    poster: &Poster,
    input: WebhookSendInput,
) -> Result<WebhookSent, WebhookError> {
    let unknown = || WebhookError::Unknown(input.delivery.clone());
    let delivery = d
        .delivery(&input.webhook, &input.delivery)
        .await?
        .ok_or_else(unknown)?;
    let sent = |result| Ok(WebhookSent { result });
    match delivery.state {
        DeliveryState::Pending => {}
        // The attempt before was written down, and its answer was lost.
        DeliveryState::Delivered => return sent(SendResult::Delivered),
        DeliveryState::Failed | DeliveryState::Stopped => return sent(SendResult::Stopped),
    }
    let webhook = d.webhook(&input.tenant, &input.webhook).await?;
    let Some(webhook) = webhook.filter(|webhook| webhook.enabled) else {
        let stop = |delivery: &mut Delivery| delivery.state = DeliveryState::Stopped;
        d.change_delivery(&input.webhook, &input.delivery, stop)
            .await?;
        return sent(SendResult::Stopped);
    };
    let begun = d.now();
    let (attempt, result) = attempt(d, poster, &webhook, &delivery, begun).await;
    let note = |delivery: &mut Delivery| {
        if delivery.attempts.len() >= MAX_ATTEMPTS {
            delivery.attempts.remove(0);
        }
        delivery.attempts.push(attempt.clone());
        if result == SendResult::Delivered {
            delivery.state = DeliveryState::Delivered;
        }
    };
    d.change_delivery(&input.webhook, &input.delivery, note)
        .await?;
    let taken = result == SendResult::Delivered;
    let failing = clock::text(begun);
    let remember = |webhook: &mut Webhook| {
        if taken {
            webhook.failing_since = None;
        } else if webhook.failing_since.is_none() {
            webhook.failing_since = Some(failing.clone());
        }
    };
    if taken == webhook.failing_since.is_some() {
        d.change_webhook(&input.tenant, &input.webhook, remember)
            .await?;
    }
    sent(result)
}

async fn attempt(
    d: &impl Clock,
    poster: &Poster,
    webhook: &Webhook,
    delivery: &Delivery,
    begun: Timestamp,
) -> (Attempt, SendResult) {
    let timestamp_s = begun.as_second();
    let secrets = webhook.secrets(begun);
    let signed = signature(&secrets, &delivery.message, timestamp_s, &delivery.body);
    let headers = [
        ("webhook-id", delivery.message.clone()),
        ("webhook-timestamp", timestamp_s.to_string()),
        ("webhook-signature", signed),
    ];
    let answer = poster.post(&webhook.url, &headers, &delivery.body).await;
    let took_ms = d.now().as_millisecond() - begun.as_millisecond();
    let (status, problem, result) = match answer {
        Ok(status) => {
            let (problem, result) = judge(status);
            (Some(status), problem, result)
        }
        Err(problem) => (None, Some(problem.to_string()), SendResult::Again),
    };
    tracing::info!(webhook = %webhook.id, delivery = %delivery.id, status, problem, "webhook attempt");
    let attempt = Attempt {
        at: clock::text(begun),
        took_ms: u32::try_from(took_ms).unwrap_or(0),
        status,
        problem,
    };
    (attempt, result)
}

/// What a status means, with words for what is no success.
fn judge(status: u16) -> (Option<String>, SendResult) {
    let words = match status {
        200..=299 => return (None, SendResult::Delivered),
        410 => "it answered 410: it is gone, and wants no events any more",
        300..=399 => "it answered with a redirect, which is not followed",
        429 => "it takes no more for now",
        400..=499 => "it refused the event",
        _ => "it failed",
    };
    let result = if status == 410 {
        SendResult::Gone
    } else {
        SendResult::Again
    };
    (Some(words.to_owned()), result)
}

#[cfg(test)]
mod tests;
