//! The webhook that comes with a customer's onboarding: its id follows from the request's and leads back to it, so that who asked for the
//! onboarding can look after it also when its tenant has nobody any more.
use crate::ports::Unavailable;
use crate::ports::onboardings::{Onboarding, Onboardings};
use crate::ports::webhooks::Webhook;
use contract::{RequestId, WebhookId};
use uuid::Uuid;

/// What the id of a customer's onboarding begins with; a UUID follows.
const ONBOARDING: &str = "ot-";
/// What the id of a webhook begins with.
const WEBHOOK: &str = "wh-";

/// The id of the webhook that comes with this onboarding, if one does; none of a request of another kind.
pub fn id_of(request: &RequestId) -> Option<WebhookId> {
    let uuid = Uuid::try_parse(request.as_str().strip_prefix(ONBOARDING)?).ok()?;
    Some(WebhookId(format!("{WEBHOOK}{}", uuid.simple())))
}

/// The onboarding that a webhook with this id came with, if it came with one.
fn request_of(webhook: &WebhookId) -> Option<RequestId> {
    let uuid = Uuid::try_parse(webhook.as_str().strip_prefix(WEBHOOK)?).ok()?;
    let request = RequestId(format!("{ONBOARDING}{}", uuid.hyphenated()));
    (id_of(&request).as_ref() == Some(webhook)).then_some(request)
}

/// The onboarding that a webhook with this id came with, as it was asked for.
///
/// # Errors
/// [`Unavailable`]: ask again.
pub async fn onboarding_of(
    d: &impl Onboardings,
    webhook: &WebhookId,
) -> Result<Option<Onboarding>, Unavailable> {
    match request_of(webhook) {
        Some(request) => d.onboarding(&request).await,
        None => Ok(None),
    }
}

/// The onboarding that a webhook came with, while it is not completed: whoever asked for it looks after the webhook, and its customer does not yet.
///
/// # Errors
/// [`Unavailable`]: ask again.
pub async fn running(
    d: &impl Onboardings,
    webhook: &Webhook,
) -> Result<Option<Onboarding>, Unavailable> {
    let found = onboarding_of(d, &webhook.id).await?;
    Ok(found.filter(|known| known.tenant == webhook.tenant && known.closed_at.is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_id_leads_back_to_the_onboarding_and_no_other_id_does() {
        let request = RequestId::from("ot-0199f0a2-7c1e-7d3a-9a52-3f1d5b7c9e01");
        let webhook = id_of(&request).unwrap();
        assert_eq!(webhook.as_str(), "wh-0199f0a27c1e7d3a9a523f1d5b7c9e01");
        assert_eq!(request_of(&webhook), Some(request));
        for request in ["ou-0199f0a2-7c1e-7d3a-9a52-3f1d5b7c9e01", "ot-1", "", "ot-"] {
            assert_eq!(id_of(&request.into()), None, "{request}");
        }
        for webhook in [
            "wh-1",
            "wh-0199f0a2-7c1e-7d3a-9a52-3f1d5b7c9e01",
            "wh-0199F0A27C1E7D3A9A523F1D5B7C9E01",
            "0199f0a27c1e7d3a9a523f1d5b7c9e01",
        ] {
            assert_eq!(request_of(&webhook.into()), None, "{webhook}");
        }
    }
}
