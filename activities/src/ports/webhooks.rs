//! Webhooks and the log of their deliveries. Both are changed only by compare-and-set.
use super::Unavailable;
use super::calls::Write;
use crate::webhooks::address::Allowed;
use contract::request::Kind;
use contract::webhook::{Attempt, DeliveryState, EventType};
use contract::{DeliveryId, PersonId, RequestId, TenantId, WebhookId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::future::Future;

/// Most deliveries of one page of the log.
pub const PAGE: u32 = 50;
/// How often a change is tried again when others write at the same time.
const MAX_CONFLICTS: usize = 16;

/// A secret that signs, as people copy it: `whsec_` and base64. It is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub tenant: TenantId,
    /// One more at each change.
    pub rev: u64,
    /// Where events are posted.
    pub url: String,
    /// Requests of which kinds it hears; empty for all.
    pub kinds: Vec<Kind>,
    /// Whether it gets events.
    pub enabled: bool,
    /// Who made it.
    pub made_by: PersonId,
    /// Whether it hears of the customers whom its tenant onboards, and is for the phone company's people alone: one of them made it, or a key of
    /// their role.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hears_customers: bool,
    /// When, RFC 3339 with milliseconds, UTC.
    pub made_at: String,
    /// What signs.
    pub secret: Secret,
    /// What also signs, until `old_until`, after a rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_secret: Option<Secret>,
    /// Until when the old secret signs, RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_until: Option<String>,
    /// What signed before that and may still be good, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub older: Vec<OldSecret>,
    /// Since when nothing was taken, while that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<String>,
    /// Why the platform switched it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_because: Option<String>,
}

/// A secret that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OldSecret {
    /// What signs.
    pub secret: Secret,
    /// Until when, RFC 3339, UTC.
    pub until: String,
}

/// One event on its way to one webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// The webhook.
    pub webhook: WebhookId,
    /// Whose it is.
    pub tenant: TenantId,
    /// One more at each change.
    pub rev: u64,
    /// `webhook-id`.
    pub message: String,
    /// What it tells.
    pub kind: EventType,
    /// The request it tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// Where it is.
    pub state: DeliveryState,
    /// Whether somebody asked for it: a test, or an event that is told again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked: bool,
    /// When it was made, RFC 3339 with milliseconds, UTC.
    pub made_at: String,
    /// The attempts, oldest first.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// What is posted: the same bytes at each attempt.
    pub body: String,
    /// When it goes by itself, Unix seconds.
    pub expires: i64,
}

/// A part of a webhook's log, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// The deliveries.
    pub deliveries: Vec<Delivery>,
    /// The last one's id, if there are more.
    pub next: Option<DeliveryId>,
}

/// The table of webhooks.
pub trait Webhooks: Send + Sync {
    /// Which addresses may be spoken to beyond those of the public internet.
    fn allowed_addresses(&self) -> &Allowed;

    /// Writes a webhook whose revision in the store is `expected`; 0 for one that is new.
    fn put_webhook(
        &self,
        webhook: &Webhook,
        expected: u64,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// A webhook of this tenant.
    fn webhook(
        &self,
        tenant: &TenantId,
        webhook: &WebhookId,
    ) -> impl Future<Output = Result<Option<Webhook>, Unavailable>> + Send;

    /// The webhooks of a tenant.
    fn webhooks(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Vec<Webhook>, Unavailable>> + Send;

    /// Removes a webhook; its log goes by itself.
    fn remove_webhook(
        &self,
        tenant: &TenantId,
        webhook: &WebhookId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Writes a delivery whose revision in the store is `expected`; 0 for one that is new.
    fn put_delivery(
        &self,
        delivery: &Delivery,
        expected: u64,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// A delivery.
    fn delivery(
        &self,
        webhook: &WebhookId,
        delivery: &DeliveryId,
    ) -> impl Future<Output = Result<Option<Delivery>, Unavailable>> + Send;

    /// The newest deliveries of a webhook before `before`, at most [`PAGE`].
    fn deliveries(
        &self,
        webhook: &WebhookId,
        before: Option<&DeliveryId>,
    ) -> impl Future<Output = Result<Log, Unavailable>> + Send;

    /// The deliveries that are pending, of ids from before a moment: the oldest first, at most so many.
    fn open_deliveries(
        &self,
        before: Timestamp,
        most: u32,
    ) -> impl Future<Output = Result<Vec<(WebhookId, DeliveryId)>, Unavailable>> + Send;

    /// Reads a webhook, changes it and writes it, again if others wrote in between. `None` if there is none.
    fn change_webhook(
        &self,
        tenant: &TenantId,
        webhook: &WebhookId,
        mut change: impl FnMut(&mut Webhook) + Send,
    ) -> impl Future<Output = Result<Option<Webhook>, Unavailable>> + Send {
        async move {
            for _ in 0..MAX_CONFLICTS {
                let Some(before) = self.webhook(tenant, webhook).await? else {
                    return Ok(None);
                };
                let mut after = before.clone();
                change(&mut after);
                if after == before {
                    return Ok(Some(after));
                }
                after.rev = before.rev + 1;
                if self.put_webhook(&after, before.rev).await? == Write::Done {
                    return Ok(Some(after));
                }
            }
            Err(Unavailable::new("the webhook", "too many writers at once"))
        }
    }

    /// The same of a delivery.
    fn change_delivery(
        &self,
        webhook: &WebhookId,
        delivery: &DeliveryId,
        mut change: impl FnMut(&mut Delivery) + Send,
    ) -> impl Future<Output = Result<Option<Delivery>, Unavailable>> + Send {
        async move {
            for _ in 0..MAX_CONFLICTS {
                let Some(before) = self.delivery(webhook, delivery).await? else {
                    return Ok(None);
                };
                let mut after = before.clone();
                change(&mut after);
                if after == before {
                    return Ok(Some(after));
                }
                after.rev = before.rev + 1;
                if self.put_delivery(&after, before.rev).await? == Write::Done {
                    return Ok(Some(after));
                }
            }
            Err(Unavailable::new("the delivery", "too many writers at once"))
        }
    }
}
