//! Deliveries whose workflow is over and did not say what became of them, as when its last step failed: they have failed. Nobody waits for
//! them, so they are looked at once they have been tried for as long as any is.
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::pace::Pace;
use crate::ports::webhooks::{Delivery, Webhooks};
use crate::ports::workflows::{Machine, Status, Workflows};
use crate::shell::chain;
use contract::webhook::DeliveryState;
use contract::{DeliveryId, WebhookId};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// How long a delivery waits between its attempts in all, in seconds: a little more than a day. Divided by the pace.
const WAITS_S: i64 = 26 * 60 * 60;
/// How long its attempts take, and its execution to begin.
const WORKS: SignedDuration = SignedDuration::from_mins(15);
/// Most deliveries of one look: the oldest first, whose workflows are over after three days at the latest.
const MOST: u32 = 200;
/// How many are looked at at once.
const AT_ONCE: usize = 8;

/// What a look at deliveries found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SweptDeliveries {
    /// Deliveries looked at.
    pub looked_at: u32,
    /// Deliveries that have failed, because their workflow is over or never began.
    pub ended: u32,
    /// Deliveries that could not be looked at; the next look tries again.
    pub failed: u32,
}

/// Looks at the deliveries that are open for too long, and ends those that nobody tries any more. They can be replayed.
///
/// # Errors
/// [`Unavailable`] if they could not be listed.
pub async fn sweep_deliveries(
    d: &(impl Webhooks + Workflows + Clock + Pace),
) -> Result<SweptDeliveries, Unavailable> {
    let before = tried_until(d.now(), d.time_scale());
    let open = d.open_deliveries(before, MOST).await?;
    let mut looks = stream::iter(open)
        .map(|(webhook, id)| async move { (end_if_over(d, &webhook, &id).await, id) })
        .buffer_unordered(AT_ONCE);
    let mut swept = SweptDeliveries::default();
    while let Some((ended, id)) = looks.next().await {
        swept.looked_at += 1;
        match ended {
            Ok(ended) => swept.ended += u32::from(ended),
            Err(error) => {
                swept.failed += 1;
                tracing::warn!(delivery = %id, error = chain(&error), "a delivery was not swept");
            }
        }
    }
    tracing::info!(?swept, "swept deliveries");
    Ok(swept)
}

/// What was made before this has been tried for as long as it is.
fn tried_until(now: Timestamp, time_scale: u32) -> Timestamp {
    let waits = SignedDuration::from_secs(WAITS_S / i64::from(time_scale.max(1)));
    let until = now.saturating_sub(waits + WORKS);
    until.unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Ends one whose execution does not run; says whether it did.
async fn end_if_over(
    d: &(impl Webhooks + Workflows),
    webhook: &WebhookId,
    id: &DeliveryId,
) -> Result<bool, Unavailable> {
    let status = d.status(Machine::WEBHOOK_DELIVERY, id.as_str()).await?;
    if status == Some(Status::Running) {
        return Ok(false);
    }
    let mut was_open = false;
    let fail = |delivery: &mut Delivery| {
        was_open = delivery.state == DeliveryState::Pending;
        if was_open {
            delivery.state = DeliveryState::Failed;
        }
    };
    d.change_delivery(webhook, id, fail).await?;
    Ok(was_open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::House;
    use crate::webhooks::events::tests::{changed, webhook};
    use crate::webhooks::{Wish, asked, begin};
    use contract::webhook::Event;
    use serde_json::Value;

    /// A delivery that was asked for so long ago.
    async fn made(house: &House, key: &str, hours: i64) -> DeliveryId {
        let at = house.aws.now() - SignedDuration::from_hours(hours);
        let wish = Wish::Asked {
            id: asked(at, &webhook().id, key),
            message: None,
        };
        let event = Event::of(None, &changed("begun", 1)).unwrap();
        let to = webhook();
        let begun = begin(&*house.aws, &to, &event, "{}".to_owned(), &wish);
        begun.await.unwrap().id
    }

    async fn state(house: &House, id: &DeliveryId) -> DeliveryState {
        let found = house.aws.delivery(&webhook().id, id).await;
        found.unwrap().unwrap().state
    }

    #[tokio::test]
    async fn a_delivery_whose_workflow_is_over_has_failed() {
        use DeliveryState::{Delivered, Failed, Pending};
        let house = House::new().await;
        let mut all = Vec::new();
        for (key, hours, status, then) in [
            ("just-made", 1, "FAILED", Pending),
            ("goes-on", 40, "RUNNING", Pending),
            ("taken", 40, "SUCCEEDED", Delivered),
            ("not-given-up", 40, "FAILED", Failed),
            ("stopped", 50, "ABORTED", Failed),
            ("never-begun", 60, "GONE", Failed),
        ] {
            let id = made(&house, key, hours).await;
            house.asked().statuses.insert(id.to_string(), status.into());
            if then == Delivered {
                let take = |delivery: &mut Delivery| delivery.state = Delivered;
                let to = webhook().id;
                let taken = house.aws.change_delivery(&to, &id, take);
                taken.await.unwrap().unwrap();
            }
            all.push((key, id, then));
        }
        let swept = sweep_deliveries(&*house.aws).await.unwrap();
        assert_eq!((swept.looked_at, swept.ended, swept.failed), (4, 3, 0));
        for (key, id, then) in &all {
            assert_eq!(state(&house, id).await, *then, "{key}");
        }
        let again = sweep_deliveries(&*house.aws).await.unwrap();
        assert_eq!((again.looked_at, again.ended), (1, 0), "what has ended");
    }

    #[tokio::test]
    async fn the_oldest_are_looked_at_first() {
        let house = House::new().await;
        let mut ids = Vec::new();
        for hours in [40, 60, 50] {
            ids.push(made(&house, "key", hours).await);
        }
        let found = house.aws.open_deliveries(house.aws.now(), 2).await.unwrap();
        let found: Vec<_> = found.into_iter().map(|(_, id)| id).collect();
        assert_eq!(found, [ids[1].clone(), ids[2].clone()]);
    }

    #[test]
    fn none_is_looked_at_while_its_workflow_waits() {
        let definition: Value = serde_json::from_str(include_str!(
            "../../../workflows/definitions/webhook-delivery/definition.asl.json"
        ))
        .unwrap();
        let waits = definition["States"]["Begin"]["Assign"]["waits"].as_array();
        let waits = waits.unwrap().iter().map(|wait| wait.as_i64().unwrap());
        assert!(waits.sum::<i64>() <= WAITS_S);
        let now: Timestamp = "2027-01-02T02:15:00Z".parse().unwrap();
        for (scale, until) in [
            (1, "2027-01-01T00:00:00Z"),
            (0, "2027-01-01T00:00:00Z"),
            (3_600, "2027-01-02T01:59:34Z"),
        ] {
            assert_eq!(tried_until(now, scale).to_string(), until, "{scale}");
        }
    }
}
