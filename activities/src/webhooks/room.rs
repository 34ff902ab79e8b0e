//! How many tests and replays there is room for. Each is tried for about a day, and an attempt may take 15 s of one of the places of
//! `webhook-send` that the deliveries of all tenants share: what one tenant asks for leaves room for the events of the others.
use crate::ports::Unavailable;
use crate::ports::sessions::Sessions;
use crate::ports::webhooks::{Delivery, Webhooks};
use contract::webhook::DeliveryState;
use contract::{TenantId, WebhookId};
use jiff::{SignedDuration, Timestamp};

/// Most tests and replays of one webhook that were asked for within [`HOUR_S`] and were not taken.
pub const MAX_PENDING: usize = 10;
/// After how many seconds one that is not taken leaves room for another: half of its attempts are made, the others are hours apart.
const HOUR_S: i64 = 60 * 60;
/// Most tests and replays that a tenant asks for in a minute: the log of a webhook that was removed is not looked at.
pub const MAX_A_MINUTE: u32 = 30;
const MINUTE_S: i64 = 60;

/// Why there is no room for another one, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// [`MAX_PENDING`] of the webhook's were asked for within the hour and were not taken.
    Pending(Timestamp),
    /// The tenant asked for [`MAX_A_MINUTE`] within this minute.
    Asked(Timestamp),
}

/// Why somebody of this tenant cannot ask for another test or replay of the webhook now; `None` if they can, and then it is counted.
///
/// # Errors
/// [`Unavailable`]: ask again.
pub async fn full(
    d: &(impl Webhooks + Sessions),
    tenant: &TenantId,
    webhook: &WebhookId,
    now: Timestamp,
) -> Result<Option<Full>, Unavailable> {
    let log = d.deliveries(webhook, None).await?;
    if let Some(until) = pending_until(&log.deliveries, now) {
        return Ok(Some(Full::Pending(until)));
    }
    let minute = now.as_second().div_euclid(MINUTE_S);
    let over_s = (minute + 1) * MINUTE_S;
    let key = format!("WEBHOOKS#{tenant}#{minute}");
    let asked = d.count(&key, over_s).await?;
    let until = Timestamp::from_second(over_s).unwrap_or(now);
    Ok((asked > MAX_A_MINUTE).then_some(Full::Asked(until)))
}

/// When there is room again, if there is none among these, the newest first. What was stopped counts as what is on its way: switching a
/// webhook off and on makes no room.
fn pending_until(newest: &[Delivery], now: Timestamp) -> Option<Timestamp> {
    let hour = SignedDuration::from_secs(HOUR_S);
    let waiting = newest.iter().filter(|delivery| {
        let open = match delivery.state {
            DeliveryState::Pending | DeliveryState::Stopped => true,
            DeliveryState::Delivered | DeliveryState::Failed => false,
        };
        delivery.asked && open
    });
    waiting
        .filter_map(|delivery| Some(delivery.made_at.parse::<Timestamp>().ok()? + hour))
        .filter(|until| *until > now)
        .nth(MAX_PENDING - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::House;
    use serde_json::json;

    const NOW: &str = "2099-01-01T12:00:10Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    /// One that was asked for so many minutes ago, if anybody asked.
    fn delivery(minutes: i64, state: DeliveryState, asked: bool) -> Delivery {
        let made_at = now() - SignedDuration::from_mins(minutes);
        let delivery = json!({
            "id": "d-1", "webhook": "wh-1", "tenant": "t-1", "rev": 1, "message": "evt_1", "kind": "webhook.test", "state": state,
            "madeAt": made_at.to_string(), "body": "{}", "expires": 0, "asked": asked,
        });
        serde_json::from_value(delivery).unwrap()
    }

    #[test]
    fn ten_that_were_asked_for_within_an_hour_and_not_taken_are_enough() {
        let at = |minutes| delivery(minutes, DeliveryState::Pending, true);
        let nine: Vec<_> = (1..10).map(at).collect();
        let with = |last: Delivery| {
            let mut all = nine.clone();
            all.push(last);
            pending_until(&all, now())
        };
        let until: Timestamp = "2099-01-01T12:30:10Z".parse().unwrap();
        assert_eq!(with(at(30)), Some(until), "when the tenth is an hour old");
        let stopped = delivery(30, DeliveryState::Stopped, true);
        assert_eq!(with(stopped), Some(until));
        for (what, last) in [
            ("an hour old", at(60)),
            ("taken", delivery(30, DeliveryState::Delivered, true)),
            ("given up", delivery(30, DeliveryState::Failed, true)),
            ("an event", delivery(30, DeliveryState::Pending, false)),
        ] {
            assert_eq!(with(last), None, "{what}");
        }
    }

    #[tokio::test]
    async fn a_tenant_asks_thirty_times_a_minute_whatever_its_webhooks() {
        let house = House::new().await;
        let ask = async |tenant: &str, at: u32, now: Timestamp| {
            let webhook = WebhookId(format!("wh-{at}"));
            full(&*house.aws, &tenant.into(), &webhook, now).await
        };
        for at in 0..MAX_A_MINUTE {
            assert_eq!(ask("t-1", at, now()).await.unwrap(), None, "{at}");
        }
        let over: Timestamp = "2099-01-01T12:01:00Z".parse().unwrap();
        let refused = ask("t-1", 30, now()).await.unwrap();
        assert_eq!(refused, Some(Full::Asked(over)));
        assert_eq!(ask("t-2", 31, now()).await.unwrap(), None);
        assert_eq!(ask("t-1", 32, over).await.unwrap(), None);
    }
}
