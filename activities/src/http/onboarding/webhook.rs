//! The webhook that comes with a customer's onboarding.
use crate::http::webhooks::{looked_after, new_webhook};
use crate::http::{Ports, Refused};
use crate::people::Caller;
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::webhooks::came_with;
use contract::onboarding::api::NewOnboarding;
use contract::{PersonId, RequestId, TenantId, WebhookId};

/// The first webhook of a new tenant: it hears of the onboarding's first change already. Gives its id, while it is there, and its secret, until
/// its customer has made another: that one is theirs alone.
pub(super) async fn first_webhook<P: Ports>(
    d: &P,
    whose: (&TenantId, &PersonId),
    request: &RequestId,
    body: &NewOnboarding,
    is_new: bool,
) -> Result<(Option<WebhookId>, Option<String>), Refused> {
    let Some((new, id)) = body.webhook.as_ref().zip(came_with::id_of(request)) else {
        return Ok((None, None));
    };
    let webhook = new_webhook(d, id, whose, &new.url, &[]);
    if is_new && d.put_webhook(&webhook, 0).await? == Write::Done {
        return Ok((Some(webhook.id), Some(webhook.secret.0)));
    }
    let Some(known) = d.webhook(&webhook.tenant, &webhook.id).await? else {
        return Ok((None, None));
    };
    let is_first = known.old_secret.is_none();
    Ok((Some(known.id), is_first.then_some(known.secret.0)))
}

/// The id of the webhook that came with an onboarding, while it is there and the caller looks after it.
///
/// # Errors
/// [`Unavailable`]: ask again.
pub(super) async fn shown<P: Ports>(
    d: &P,
    caller: &Caller,
    request: &RequestId,
) -> Result<Option<WebhookId>, Unavailable> {
    let Some(id) = came_with::id_of(request) else {
        return Ok(None);
    };
    let found = looked_after(d, caller, &id).await?;
    Ok(found.map(|webhook| webhook.id))
}
