//! How a delivery begins: its item, then its execution, both under its id, so that beginning again goes on where it stopped.
use super::KEPT_S;
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::clock::{self, Clock};
use crate::ports::pace::Pace;
use crate::ports::webhooks::{Delivery, Webhook, Webhooks};
use crate::ports::workflows::{Machine, StartError, Workflows};
use contract::webhook::{DeliveryStart, DeliveryState, Event};
use contract::{DeliveryId, WebhookId};
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

/// What makes a delivery the same as one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// This event, which happened once: the stream may tell of it twice.
    Event,
    /// Somebody wants it now; the message keeps the id that it had, if it had one.
    Asked {
        /// The delivery that their wish is, however often it is sent: its [first id](asked).
        id: DeliveryId,
        /// `webhook-id` of the event that is sent again.
        message: Option<String>,
    },
}

fn hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher
        .finalize()
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The id of a delivery: the time that it belongs to, then what makes it one of a kind.
fn id_of(at: Timestamp, parts: &[&str]) -> DeliveryId {
    DeliveryId(format!("{:013}-{}", at.as_millisecond(), hash(parts)))
}

/// The id of a delivery that somebody wants now, under this key of theirs. Another time gives another id: the first one is to be kept.
pub fn asked(now: Timestamp, webhook: &WebhookId, key: &str) -> DeliveryId {
    id_of(now, &[webhook.as_str(), key])
}

/// The delivery of an event to a webhook, before its first attempt.
fn delivery(
    webhook: &Webhook,
    event: &Event,
    body: String,
    wish: &Wish,
    now: Timestamp,
) -> Delivery {
    let (request, rev) = match &event.data {
        Some(data) => (Some(data.request.clone()), data.rev),
        None => (None, 0),
    };
    let subject = request.as_ref().map_or("", |request| request.as_str());
    let about = format!(
        "evt_{}",
        hash(&[webhook.id.as_str(), subject, &rev.to_string()])
    );
    let (id, message) = match wish {
        Wish::Event => {
            // The event's own time, so that telling of it again makes the same id.
            let at = event.timestamp.parse().unwrap_or(now);
            (
                id_of(at, &[webhook.id.as_str(), subject, &rev.to_string()]),
                about,
            )
        }
        Wish::Asked { id, message } => {
            let own = format!("evt_{}", hash(&[webhook.id.as_str(), "asked", id.as_str()]));
            (id.clone(), message.clone().unwrap_or(own))
        }
    };
    Delivery {
        id,
        webhook: webhook.id.clone(),
        tenant: webhook.tenant.clone(),
        rev: 1,
        message,
        kind: event.kind,
        request,
        state: DeliveryState::Pending,
        asked: matches!(wish, Wish::Asked { .. }),
        made_at: clock::text(now),
        attempts: Vec::new(),
        body,
        expires: now.as_second() + KEPT_S,
    }
}

/// Begins a delivery of `body`, the JSON of `event`. One that is there already goes on, and is given as it is.
///
/// # Errors
/// [`Unavailable`]: begin again with the same.
pub async fn begin(
    d: &(impl Webhooks + Workflows + Clock + Pace),
    webhook: &Webhook,
    event: &Event,
    body: String,
    wish: &Wish,
) -> Result<Delivery, Unavailable> {
    let new = delivery(webhook, event, body, wish, d.now());
    let delivery = match d.put_delivery(&new, 0).await? {
        Write::Done => new,
        // Known already: only its execution may be missing.
        Write::Conflict => {
            let known = d.delivery(&new.webhook, &new.id).await?;
            known.unwrap_or(new)
        }
    };
    let input = json!(DeliveryStart {
        tenant: delivery.tenant.clone(),
        webhook: delivery.webhook.clone(),
        delivery: delivery.id.clone(),
        time_scale: d.time_scale().max(1),
    });
    match d
        .start(Machine::WEBHOOK_DELIVERY, delivery.id.as_str(), &input)
        .await
    {
        Ok(_) => Ok(delivery),
        Err(StartError::Unavailable(error)) => Err(error),
        Err(StartError::Refused(why)) => Err(Unavailable::new("Step Functions", why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::events::tests::{changed, webhook};

    #[test]
    fn an_event_that_is_told_of_twice_is_one_delivery_and_a_replay_keeps_its_message() {
        let event = Event::of(None, &changed("in_review", 3)).unwrap();
        let make = |at: &str, wish: &Wish| {
            delivery(&webhook(), &event, "{}".into(), wish, at.parse().unwrap())
        };
        let first = make("2027-01-02T00:00:00Z", &Wish::Event);
        let again = make("2027-01-03T00:00:00Z", &Wish::Event);
        assert_eq!((&first.id, &first.message), (&again.id, &again.message));
        let later = "2027-01-04T00:00:00Z";
        let wish = Wish::Asked {
            id: asked(later.parse().unwrap(), &webhook().id, "k"),
            message: Some(first.message.clone()),
        };
        let replayed = make(later, &wish);
        assert_ne!(replayed.id, first.id);
        assert!(replayed.asked && !first.asked);
        assert_eq!(replayed.message, first.message);
        assert!(replayed.id > first.id, "ids sort by time");
        let next = Event::of(None, &changed("in_review", 4)).unwrap();
        let next = delivery(
            &webhook(),
            &next,
            "{}".into(),
            &Wish::Event,
            first.made_at.parse().unwrap(),
        );
        assert_ne!(next.message, first.message);
    }
}
