//! Webhooks: a tenant's programs hear what becomes of their requests, signed after the Standard Webhooks specification.
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
use crate::error::{BAD_INPUT, STORE_UNAVAILABLE};
use crate::request::{Kind, NumberLine, Outcome, Party, RequestView};
use crate::{Activity, DeliveryId, RequestId, Retry, TaskError, TenantId, WebhookId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Most webhooks of a tenant.
pub const MAX_WEBHOOKS: usize = 10;
/// Most attempts of a delivery that its log keeps, the newest.
pub const MAX_ATTEMPTS: usize = 20;
/// Longest address, in characters.
pub const MAX_URL: usize = 2_000;

/// What an event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EventType {
    /// A request has another status, owner or outcome than before.
    #[serde(rename = "request.changed")]
    RequestChanged,
    /// A request has ended.
    #[serde(rename = "request.ended")]
    RequestEnded,
    /// Somebody asked for a test.
    #[serde(rename = "webhook.test")]
    WebhookTest,
}

/// An event: the body of a delivery, the same bytes at each attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    /// What it tells.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// When it happened, RFC 3339 with milliseconds, UTC.
    pub timestamp: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// The request as it was then; none for a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<EventData>,
}

/// A request as an event tells of it. Events may come late, twice and in another order: the highest `rev` is the newest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventData {
    /// The request.
    pub request: RequestId,
    /// What is asked for.
    pub kind: Kind,
    /// One more at each change of the request.
    pub rev: u64,
    /// In a few words.
    pub title: String,
    /// Where it is, in the words of its kind.
    pub status: String,
    /// Who has to act.
    pub owner: Party,
    /// What they have to do.
    pub next_action: String,
    /// Until when, RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    /// What became of it, once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Its first numbers, at most 20; the request itself has all.
    pub numbers: Vec<NumberLine>,
}

/// Most numbers in an event.
const MAX_NUMBERS: usize = 20;

impl Event {
    /// What a change of a request tells, if its status, owner or outcome is another than before.
    pub fn of(before: Option<&RequestView>, after: &RequestView) -> Option<Self> {
        let same = before.is_some_and(|before| {
            (&before.status, before.owner, before.outcome)
                == (&after.status, after.owner, after.outcome)
        });
        let kind = if after.outcome.is_some() {
            EventType::RequestEnded
        } else {
            EventType::RequestChanged
        };
        (!same).then(|| Self {
            kind,
            timestamp: after.changed_at.clone(),
            tenant: after.tenant.clone(),
            data: Some(EventData {
                request: after.id.clone(),
                kind: after.kind,
                rev: after.rev,
                title: after.title.clone(),
                status: after.status.clone(),
                owner: after.owner,
                next_action: after.next_action.clone(),
                deadline: after.deadline.clone(),
                outcome: after.outcome,
                numbers: after.numbers.iter().take(MAX_NUMBERS).cloned().collect(),
            }),
        })
    }
}

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is tried, or will be again.
    Pending,
    /// The program took it.
    Delivered,
    /// It was tried for about a day.
    Failed,
    /// The webhook was switched off or removed meanwhile.
    Stopped,
}

/// One attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attempt {
    /// When, RFC 3339 with milliseconds, UTC.
    pub at: String,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// The status that the program answered, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What went wrong, in words; none when it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What an execution of `webhook-delivery` begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeliveryStart {
    /// Whose webhook it is.
    pub tenant: TenantId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// By how much the waits between attempts are divided: 1 but for practice.
    pub time_scale: u32,
}

/// `webhook-send`: one attempt of a delivery. Running it twice delivers twice, which receivers tell by `webhook-id`.
pub enum WebhookSend {}

/// Which delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookSendInput {
    /// Whose webhook it is.
    pub tenant: TenantId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The delivery.
    pub delivery: DeliveryId,
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SendResult {
    /// The program took it (2xx).
    Delivered,
    /// It did not: try again later.
    Again,
    /// It says that it is gone for good (410).
    Gone,
    /// The webhook was switched off or removed: nothing was sent.
    Stopped,
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookSent {
    /// What it came to.
    pub result: SendResult,
}

/// `webhook-give-up`: a delivery has failed for good. Switches the webhook off if it is gone or has failed for days.
pub enum WebhookGiveUp {}

/// Which delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookGiveUpInput {
    /// Whose webhook it is.
    pub tenant: TenantId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// Whether the program said that it is gone.
    pub gone: bool,
}

/// What was done, and whom to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookGivenUp {
    /// Whether this switched the webhook off.
    pub disabled: bool,
    /// Whom to tell, if it did: the address of who made it, or asked for the onboarding that it came with. Empty if nobody is left.
    pub to: String,
    /// Their name.
    pub name: String,
    /// The tenant's name.
    pub company: String,
    /// Since when nothing was taken, RFC 3339, UTC.
    pub since: String,
    /// The webhook's address.
    pub url: String,
    /// What it answered last.
    pub reason: String,
}

/// Why an attempt could not be made or written down.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WebhookError {
    /// The store could not be read or written.
    #[error("the webhooks are unavailable")]
    Unavailable,
    /// There is no such delivery.
    #[error("there is no delivery `{0}`")]
    Unknown(DeliveryId),
}

impl TaskError for WebhookError {
    const NAMES: &'static [(&'static str, Retry)] =
        &[(STORE_UNAVAILABLE, Retry::Yes), (BAD_INPUT, Retry::Never)];

    fn name(&self) -> &'static str {
        match self {
            Self::Unavailable => STORE_UNAVAILABLE,
            Self::Unknown(_) => BAD_INPUT,
        }
    }
}

impl Activity for WebhookSend {
    const NAME: &'static str = "webhook-send";
    type Input = WebhookSendInput;
    type Output = WebhookSent;
    type Error = WebhookError;
}

impl Activity for WebhookGiveUp {
    const NAME: &'static str = "webhook-give-up";
    type Input = WebhookGiveUpInput;
    type Output = WebhookGivenUp;
    type Error = WebhookError;
}

pub use http::*;

/// What the HTTP API says of webhooks.
mod http {
    use super::{Attempt, DeliveryState, EventType};
    use crate::request::Kind;
    use crate::{DeliveryId, RequestId, TenantId, WebhookId};
    use serde::{Deserialize, Serialize};

    /// A webhook to be made.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub struct NewWebhook {
        /// Where events are posted: an `https` address without user, password and fragment, at most 2,000 characters.
        pub url: String,
        /// Requests of which kinds it hears; empty for all.
        #[serde(default)]
        pub kinds: Vec<Kind>,
    }

    /// What of a webhook is to change.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub struct WebhookChange {
        /// Whether it gets events.
        pub enabled: bool,
    }

    /// A webhook.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[serde(rename_all = "camelCase")]
    pub struct WebhookView {
        /// Its id.
        pub id: WebhookId,
        /// Whose it is: your tenant's, or a customer's whom your tenant onboarded.
        pub tenant: TenantId,
        /// Where events are posted.
        pub url: String,
        /// Requests of which kinds it hears; empty for all.
        pub kinds: Vec<Kind>,
        /// Whether it gets events.
        pub enabled: bool,
        /// When it was made, RFC 3339 with milliseconds, UTC.
        pub made_at: String,
        /// Since when nothing was taken, while that is so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub failing_since: Option<String>,
        /// Why it was switched off by the platform.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub disabled_because: Option<String>,
    }

    /// `GET /v1/webhooks`
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[serde(rename_all = "camelCase")]
    pub struct Webhooks {
        /// At most 10.
        pub webhooks: Vec<WebhookView>,
    }

    /// A webhook with the secret that checks its deliveries.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[serde(rename_all = "camelCase")]
    pub struct WebhookSecret {
        /// The webhook.
        pub webhook: WebhookView,
        /// `whsec_` and base64, as libraries for Standard Webhooks take it. Told in the answer that makes it and never again: the answer to a
        /// request that is sent again has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub secret: Option<String>,
    }

    /// A delivery in the log.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[serde(rename_all = "camelCase")]
    pub struct DeliveryView {
        /// Its id.
        pub id: DeliveryId,
        /// The message's id, `webhook-id`: the same for an event however often it is delivered.
        pub message: String,
        /// What it tells.
        #[serde(rename = "type")]
        pub kind: EventType,
        /// The request it tells of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub request: Option<RequestId>,
        /// Where it is.
        pub state: DeliveryState,
        /// When it was made, RFC 3339 with milliseconds, UTC.
        pub made_at: String,
        /// The attempts, oldest first; the newest 20.
        pub attempts: Vec<Attempt>,
        /// What is posted, as it is posted.
        pub body: String,
    }

    /// A part of the log, newest first.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[serde(rename_all = "camelCase")]
    pub struct Deliveries {
        /// At most 50.
        pub deliveries: Vec<DeliveryView>,
        /// Where the next part begins, if there is one: the parameter `next`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub next: Option<String>,
    }
}
