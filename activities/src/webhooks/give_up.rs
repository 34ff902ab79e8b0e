//! `webhook-give-up`: a delivery has failed for about a day, or the program says that it is gone.
use super::{FAILING_S, came_with};
use crate::ports::Unavailable;
use crate::ports::api_keys::ApiKeys;
use crate::ports::clock::Clock;
use crate::ports::directory::{Directory, Person};
use crate::ports::onboardings::{Onboarding, Onboardings};
use crate::ports::pace::Pace;
use crate::ports::webhooks::{Delivery, Webhook, Webhooks};
use contract::webhook::{DeliveryState, WebhookError, WebhookGiveUpInput, WebhookGivenUp};
use contract::{PersonId, TenantId};
use jiff::Timestamp;

/// Ends the delivery; switches the webhook off if nothing has been taken for [`FAILING_S`], or it is gone.
///
/// # Errors
/// [`WebhookError`]. Running it again changes nothing more.
pub async fn give_up(
    d: &(impl ApiKeys + Webhooks + Directory + Onboardings + Clock + Pace),
    input: WebhookGiveUpInput,
) -> Result<WebhookGivenUp, WebhookError> {
    let fail = |delivery: &mut Delivery| {
        if delivery.state == DeliveryState::Pending {
            delivery.state = DeliveryState::Failed;
        }
    };
    let delivery = d
        .change_delivery(&input.webhook, &input.delivery, fail)
        .await?;
    let unknown = || WebhookError::Unknown(input.delivery.clone());
    let delivery = delivery.ok_or_else(unknown)?;
    let last = delivery.attempts.last();
    let reason = last.and_then(|attempt| attempt.problem.clone());
    let reason = reason.unwrap_or_else(|| "nothing".to_owned());
    let (now, time_scale) = (d.now(), d.time_scale());
    // What this very delivery wrote tells a second run that it did it.
    let because = format!("{reason} (delivery {})", delivery.id);
    let switch_off = |webhook: &mut Webhook| {
        if webhook.enabled && (input.gone || failed_for_days(webhook, now, time_scale)) {
            webhook.enabled = false;
            webhook.disabled_because = Some(because.clone());
        }
    };
    let webhook = d
        .change_webhook(&input.tenant, &input.webhook, switch_off)
        .await?;
    let Some(webhook) = webhook
        .filter(|webhook| !webhook.enabled && webhook.disabled_because.as_ref() == Some(&because))
    else {
        return Ok(nothing(reason));
    };
    let onboarding = came_with::running(d, &webhook).await?;
    let (whose, who) = match &onboarding {
        // The person whom it invited has proven no address yet, or is gone again: who asked for it is told.
        Some(Onboarding {
            asked_by,
            begun_by: Some(who),
            ..
        }) => (asked_by, who),
        Some(_) | None => (&webhook.tenant, &webhook.made_by),
    };
    let person = somebody(d, whose, who).await?;
    let tenant = d.tenant(&input.tenant).await?;
    // An onboarding may have made no tenant yet.
    let company = tenant.map(|tenant| tenant.name);
    let company = company.or_else(|| Some(onboarding?.wish.tenant?.name));
    Ok(WebhookGivenUp {
        disabled: true,
        to: person
            .as_ref()
            .map(|person| person.email.clone())
            .unwrap_or_default(),
        name: person.map(|person| person.name).unwrap_or_default(),
        company: company.unwrap_or_default(),
        since: webhook.failing_since.unwrap_or(delivery.made_at),
        url: webhook.url,
        reason,
    })
}

/// Somebody of a tenant: where a program did something, who made the program's key.
async fn somebody(
    d: &(impl ApiKeys + Directory),
    tenant: &TenantId,
    who: &PersonId,
) -> Result<Option<Person>, Unavailable> {
    let Some(key) = who.key() else {
        return d.person(tenant, who).await;
    };
    match d.api_key(tenant, &key).await? {
        Some(key) => d.person(tenant, &key.view.made_by).await,
        None => Ok(None),
    }
}

/// Days pass `time_scale` times as fast.
fn failed_for_days(webhook: &Webhook, now: Timestamp, time_scale: u32) -> bool {
    let enough_s = FAILING_S / i64::from(time_scale.max(1));
    let since = webhook.failing_since.as_deref();
    let since = since.and_then(|since| since.parse::<Timestamp>().ok());
    since.is_some_and(|since| now.as_second() - since.as_second() >= enough_s)
}

fn nothing(reason: String) -> WebhookGivenUp {
    WebhookGivenUp {
        disabled: false,
        to: String::new(),
        name: String::new(),
        company: String::new(),
        since: String::new(),
        url: String::new(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::events::tests::webhook;

    #[test]
    fn three_days_are_as_long_as_days_are() {
        let failing = Webhook {
            failing_since: Some("2027-01-01T00:00:00.000Z".to_owned()),
            ..webhook()
        };
        for (now, time_scale, enough) in [
            ("2027-01-03T23:59:59Z", 1, false),
            ("2027-01-04T00:00:00Z", 1, true),
            ("2027-01-01T00:01:11Z", 3_600, false),
            ("2027-01-01T00:01:12Z", 3_600, true),
        ] {
            let is = failed_for_days(&failing, now.parse().unwrap(), time_scale);
            assert_eq!(is, enough, "{now} at {time_scale}");
        }
        assert!(!failed_for_days(
            &webhook(),
            "2027-01-04T00:00:00Z".parse().unwrap(),
            1
        ));
    }
}
