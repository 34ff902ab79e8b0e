//! Webhooks of a tenant, their secrets, and the log of their deliveries. For the tenant's administrators; one that came with an onboarding is
//! looked after by the phone company's people who asked for it, too, but for its secret.
use super::begin::claimed_as;
use super::body::{Body, Key};
use super::{Ports, Refused, Shared, access, query};
use crate::people::Caller;
use crate::ports::Unavailable;
use crate::ports::calls::Write;
use crate::ports::clock::{self, Clock};
use crate::ports::webhooks::{Delivery, Secret, Webhook};
use crate::webhooks::room::{Full, MAX_A_MINUTE, MAX_PENDING, full};
use crate::webhooks::rotation::{MAX_SECRETS, TooManySecrets};
use crate::webhooks::{Wish, address, asked, begin, came_with, sign};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use contract::request::Kind;
use contract::webhook::{
    Deliveries, DeliveryView, Event, EventType, MAX_WEBHOOKS, NewWebhook, WebhookChange,
    WebhookSecret, WebhookView, Webhooks,
};
use contract::{DeliveryId, PersonId, RequestId, Role, TenantId, WebhookId};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

fn administrators_only(caller: &Caller) -> Result<(), Refused> {
    if caller.role.makes_requests() {
        return Ok(());
    }
    Err(not_allowed("webhooks are for the tenant's administrators"))
}

fn not_allowed(message: &str) -> Refused {
    Refused::new(StatusCode::FORBIDDEN, "Webhook.NotAllowed", message)
}

/// An id that is nobody's, or another tenant's: the answers do not differ.
fn no_such_webhook() -> Refused {
    Refused::new(
        StatusCode::NOT_FOUND,
        "Webhook.NotFound",
        "there is no such webhook",
    )
}

fn no_such_delivery() -> Refused {
    Refused::new(
        StatusCode::NOT_FOUND,
        "Webhook.NoSuchDelivery",
        "there is no such delivery of this webhook",
    )
}

/// An id in a path: 1 to 80 characters of `A-Za-z0-9_-`.
fn is_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=80).contains(&text.len()) && text.bytes().all(plain)
}

fn view_of(webhook: Webhook) -> WebhookView {
    WebhookView {
        id: webhook.id,
        tenant: webhook.tenant,
        url: webhook.url,
        kinds: webhook.kinds,
        enabled: webhook.enabled,
        made_at: webhook.made_at,
        failing_since: webhook.failing_since,
        disabled_because: webhook.disabled_because,
    }
}

fn log_of(delivery: Delivery) -> DeliveryView {
    DeliveryView {
        id: delivery.id,
        message: delivery.message,
        kind: delivery.kind,
        request: delivery.request,
        state: delivery.state,
        made_at: delivery.made_at,
        attempts: delivery.attempts,
        body: delivery.body,
    }
}

/// A webhook that the caller looks after: of their tenant, or one that came with an onboarding which they asked for.
///
/// # Errors
/// [`Unavailable`]: ask again.
pub(super) async fn looked_after<P: Ports>(
    d: &P,
    caller: &Caller,
    id: &WebhookId,
) -> Result<Option<Webhook>, Unavailable> {
    if !caller.role.makes_requests() {
        return Ok(None);
    }
    if let Some(own) = d.webhook(&caller.tenant, id).await? {
        let sees = access::sees_webhook(caller.role, own.hears_customers);
        return Ok(sees.then_some(own));
    }
    let onboarding = came_with::onboarding_of(d, id).await?;
    match onboarding.filter(|known| access::looks_after(caller, &known.asked_by)) {
        Some(onboarding) => d.webhook(&onboarding.tenant, id).await,
        None => Ok(None),
    }
}

async fn find<P: Ports>(d: &P, caller: &Caller, id: &str) -> Result<Webhook, Refused> {
    administrators_only(caller)?;
    if !is_id(id) {
        return Err(no_such_webhook());
    }
    let found = looked_after(d, caller, &WebhookId::from(id)).await?;
    found.ok_or_else(no_such_webhook)
}

/// As [`find`], for what only the tenant's own administrators do.
async fn find_own<P: Ports>(d: &P, caller: &Caller, id: &str) -> Result<Webhook, Refused> {
    let found = find(d, caller, id).await?;
    if found.tenant == caller.tenant {
        return Ok(found);
    }
    Err(not_allowed(
        "only the customer's own administrators do this",
    ))
}

/// Your tenant's webhooks, or the one that came with an onboarding.
///
/// Whoever asked for a customer's onboarding looks after the webhook that came with it, also when the onboarding was taken back: they see it and
/// its log, have it delivered again, switch it and remove it. Its secret is the customer's. A webhook that the phone company's people have made
/// hears of customers' onboardings, and nobody else of their tenant looks after it.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", security(("bearer" = [])), params(
    ("onboarding" = Option<RequestId>, Query, description = "Only the one that came with this onboarding, of your tenant or asked for by it"),
), responses(
    (status = 200, description = "The webhooks, without their secrets", body = Webhooks),
    (status = 403, description = "`Webhook.NotAllowed`: not an administrator", body = contract::api::Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = contract::api::Problem),
))]
pub(super) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Json<Webhooks>, Refused> {
    administrators_only(&caller)?;
    let d = &*api.ports;
    let asked = query::parameters(asked.as_deref(), &["onboarding"])?;
    let found = match asked.into_iter().next() {
        None => {
            let mut own = d.webhooks(&caller.tenant).await?;
            own.retain(|webhook| access::sees_webhook(caller.role, webhook.hears_customers));
            own
        }
        Some((name, onboarding)) => {
            if !is_id(&onboarding) {
                return Err(Refused::field(name, "an onboarding's id"));
            }
            let found = match came_with::id_of(&RequestId(onboarding)) {
                Some(id) => looked_after(d, &caller, &id).await?,
                None => None,
            };
            found.into_iter().collect()
        }
    };
    let webhooks = found.into_iter().map(view_of).collect();
    Ok(Json(Webhooks { webhooks }))
}

/// Makes a webhook. The secret is told here and when it is rotated, once each, and nowhere else.
///
/// Made by the phone company's people, it hears of the onboardings of customers that their tenant has begun, too.
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks", request_body = NewWebhook, security(("bearer" = [])), responses(
    (status = 201, description = "The webhook and its secret", body = WebhookSecret),
    (status = 200, description = "The same request was made before: the webhook, without its secret, which was told then. Whoever lost that answer makes a new secret",
        body = WebhookSecret),
    (status = 403, description = "`Webhook.NotAllowed`: not an administrator", body = contract::api::Problem),
    (status = 409, description = "`Webhook.TooMany`: there are 10; `Request.KeyReused`: the key was for another webhook", body = contract::api::Problem),
))]
pub(super) async fn create<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Key(key): Key,
    Body(new): Body<NewWebhook>,
) -> Result<(StatusCode, Json<WebhookSecret>), Refused> {
    let d = &*api.ports;
    address::read(&new.url, d.allowed_addresses())
        .map_err(|error| Refused::field("url", error.to_string()))?;
    for (at, kind) in new.kinds.iter().enumerate() {
        if new.kinds[..at].contains(kind) {
            let field = format!("kinds[{at}]");
            return Err(Refused::field(&field, "each kind at most once"));
        }
    }
    administrators_only(&caller)?;
    let id = id_of(&caller, &key);
    // Whose secret may have been rotated since.
    let known = |webhook: Webhook| {
        let (webhook, secret) = (view_of(webhook), None);
        (StatusCode::OK, Json(WebhookSecret { webhook, secret }))
    };
    if let Some(before) = d.webhook(&caller.tenant, &id).await? {
        return same(before, &new).map(known);
    }
    if d.webhooks(&caller.tenant).await?.len() >= MAX_WEBHOOKS {
        let message = format!("a tenant has at most {MAX_WEBHOOKS} webhooks: remove one");
        return Err(Refused::conflict("Webhook.TooMany", message));
    }
    let whose = (&caller.tenant, &caller.person);
    let webhook = Webhook {
        hears_customers: caller.role == Role::Staff,
        ..new_webhook(d, id.clone(), whose, &new.url, &new.kinds)
    };
    if d.put_webhook(&webhook, 0).await? == Write::Done {
        let secret = Some(webhook.secret.0.clone());
        let webhook = view_of(webhook);
        return Ok((StatusCode::CREATED, Json(WebhookSecret { webhook, secret })));
    }
    // The same request, sent twice at once.
    let before = d.webhook(&caller.tenant, &id).await?;
    same(before.ok_or_else(no_such_webhook)?, &new).map(known)
}

/// One that is written down nowhere yet, switched on, of this tenant and made by this person, with a secret of its own.
pub(super) fn new_webhook(
    d: &impl Clock,
    id: WebhookId,
    (tenant, person): (&TenantId, &PersonId),
    url: &str,
    kinds: &[Kind],
) -> Webhook {
    Webhook {
        id,
        tenant: tenant.clone(),
        rev: 1,
        url: url.to_owned(),
        kinds: kinds.to_vec(),
        enabled: true,
        made_by: person.clone(),
        hears_customers: false,
        made_at: clock::text(d.now()),
        secret: fresh_secret(),
        old_secret: None,
        old_until: None,
        older: Vec::new(),
        failing_since: None,
        disabled_because: None,
    }
}

fn fresh_secret() -> Secret {
    Secret(sign::secret(&rand::random()))
}

/// The id follows from the key: sending it again finds the webhook of the first time.
fn id_of(caller: &Caller, key: &str) -> WebhookId {
    let digest = Sha256::digest(format!("{}\0{}\0{key}", caller.tenant, caller.person));
    let hex: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    WebhookId(format!("wh-{hex}"))
}

fn same(known: Webhook, new: &NewWebhook) -> Result<Webhook, Refused> {
    if known.url == new.url && known.kinds == new.kinds {
        return Ok(known);
    }
    let message = "this key was used for another webhook: take a new one";
    Err(Refused::conflict("Request.KeyReused", message))
}

/// A webhook.
#[utoipa::path(get, path = "/v1/webhooks/{webhook}", tag = "webhooks", security(("bearer" = [])), params(("webhook" = WebhookId, Path)), responses(
    (status = 200, description = "The webhook, without its secret", body = WebhookView),
    (status = 403, description = "`Webhook.NotAllowed`: not an administrator", body = contract::api::Problem),
    (status = 404, description = "`Webhook.NotFound`", body = contract::api::Problem),
))]
pub(super) async fn get<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(webhook): Path<String>,
) -> Result<Json<WebhookView>, Refused> {
    let found = find(&*api.ports, &caller, &webhook).await?;
    Ok(Json(view_of(found)))
}

/// Switches a webhook on or off. What is on its way to one that is switched off is stopped.
#[utoipa::path(patch, path = "/v1/webhooks/{webhook}", tag = "webhooks", request_body = WebhookChange, security(("bearer" = [])), params(("webhook" = WebhookId, Path)), responses(
    (status = 200, description = "The webhook as it is now", body = WebhookView),
    (status = 403, description = "`Webhook.NotAllowed`: not an administrator", body = contract::api::Problem),
    (status = 404, description = "`Webhook.NotFound`", body = contract::api::Problem),
))]
pub(super) async fn change<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(webhook): Path<String>,
    Body(change): Body<WebhookChange>,
) -> Result<Json<WebhookView>, Refused> {
    let found = find(&*api.ports, &caller, &webhook).await?;
    let switch = |webhook: &mut Webhook| {
        if webhook.enabled != change.enabled {
            webhook.enabled = change.enabled;
            (webhook.failing_since, webhook.disabled_because) = (None, None);
        }
    };
    let changed = api
        .ports
        .change_webhook(&found.tenant, &found.id, switch)
        .await?;
    Ok(Json(view_of(changed.ok_or_else(no_such_webhook)?)))
}

/// Removes a webhook and its secret. What is on its way to it is stopped.
#[utoipa::path(delete, path = "/v1/webhooks/{webhook}", tag = "webhooks", security(("bearer" = [])), params(("webhook" = WebhookId, Path)), responses(
    (status = 204, description = "It is gone"),
    (status = 401, description = "`Session.Missing`, `Session.Invalid` or `Session.Expired`: no good access token", body = contract::api::Problem),
    (status = 403, description = "`Webhook.NotAllowed`: not an administrator", body = contract::api::Problem),
    (status = 404, description = "`Webhook.NotFound`", body = contract::api::Problem),
))]
pub(super) async fn remove<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(webhook): Path<String>,
) -> Result<StatusCode, Refused> {
    let found = find(&*api.ports, &caller, &webhook).await?;
    api.ports.remove_webhook(&found.tenant, &found.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a new secret. For a day the old one signs too, so that programs can change it without missing anything.
///
/// Each secret that was replaced has its own day, however many are made after it: at most ten sign at once, and no further one is made meanwhile.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/secret", tag = "webhooks", security(("bearer" = [])), params(("webhook" = WebhookId, Path)), responses(
    (status = 200, description = "The webhook and its new secret", body = WebhookSecret),
    (status = 403, description = "`Webhook.NotAllowed`: not an administrator of its tenant", body = contract::api::Problem),
    (status = 404, description = "`Webhook.NotFound`", body = contract::api::Problem),
    (status = 429, description = "`Webhook.TooManySecrets`: ten sign; `Retry-After` says when the first of them does no more", body = contract::api::Problem),
))]
pub(super) async fn rotate<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(webhook): Path<String>,
) -> Result<Json<WebhookSecret>, Refused> {
    let d = &*api.ports;
    let found = find_own(d, &caller, &webhook).await?;
    let (fresh, now) = (fresh_secret(), d.now());
    let mut rotated = Ok(());
    let rotate = |webhook: &mut Webhook| rotated = webhook.rotate(fresh.clone(), now);
    let changed = d.change_webhook(&caller.tenant, &found.id, rotate).await?;
    let webhook = view_of(changed.ok_or_else(no_such_webhook)?);
    rotated.map_err(|full| too_many_secrets(full, now))?;
    let secret = Some(fresh.0);
    Ok(Json(WebhookSecret { webhook, secret }))
}

fn too_many_secrets(full: TooManySecrets, now: Timestamp) -> Refused {
    let until = clock::text(full.until);
    let message = format!(
        "{MAX_SECRETS} secrets of this webhook sign, each for a day after it was replaced: make another after {until}"
    );
    too_many("Webhook.TooManySecrets", message, full.until, now)
}

fn too_many_pending(full: Full, now: Timestamp) -> Refused {
    let (enough, until) = match full {
        Full::Pending(until) => (
            format!(
                "{MAX_PENDING} tests and replays of this webhook were asked for within an hour and were not taken"
            ),
            until,
        ),
        Full::Asked(until) => (
            format!("{MAX_A_MINUTE} tests and replays were asked for within a minute"),
            until,
        ),
    };
    let message = format!("{enough}: ask for another after {}", clock::text(until));
    too_many("Webhook.TooManyPending", message, until, now)
}

/// There is room again at a moment.
fn too_many(name: &str, message: String, until: Timestamp, now: Timestamp) -> Refused {
    let refused = Refused::new(StatusCode::TOO_MANY_REQUESTS, name, message);
    let left_ms = until.as_millisecond() - now.as_millisecond();
    // Rounded up: one who comes back then finds that it is over.
    refused.retry_after((left_ms + 999) / 1_000)
}

/// Posts a test event to the webhook. Its delivery is in the log.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/test", tag = "webhooks", security(("bearer" = [])), params(("webhook" = WebhookId, Path)), responses(
    (status = 202, description = "The delivery that has begun", body = DeliveryView),
    (status = 403, description = "`Webhook.NotAllowed`: not an administrator of its tenant", body = contract::api::Problem),
    (status = 404, description = "`Webhook.NotFound`", body = contract::api::Problem),
    (status = 409, description = "`Webhook.Disabled`: switch it on first; `Request.KeyReused`: another request had this key", body = contract::api::Problem),
    (status = 429, description = "`Webhook.TooManyPending`: ten tests and replays of an hour were not taken, or thirty were asked for within a minute; `Retry-After` says when there is room", body = contract::api::Problem),
))]
pub(super) async fn test<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(webhook): Path<String>,
    key: Key,
) -> Result<(StatusCode, Json<DeliveryView>), Refused> {
    let d = &*api.ports;
    let webhook = enabled(find_own(d, &caller, &webhook).await?)?;
    let event = Event {
        kind: EventType::WebhookTest,
        timestamp: clock::text(d.now()),
        tenant: caller.tenant.clone(),
        data: None,
    };
    let body = serde_json::json!(event).to_string();
    let route = format!("POST /v1/webhooks/{}/test", webhook.id);
    let id = claimed(d, &caller, &key, &route, &webhook).await?;
    let wish = Wish::Asked { id, message: None };
    let begun = begin(d, &webhook, &event, body, &wish).await?;
    Ok((StatusCode::ACCEPTED, Json(log_of(begun))))
}

/// The delivery that this key of the caller's stands for: sending it again begins no other. One that is new needs room.
async fn claimed<P: Ports>(
    d: &P,
    caller: &Caller,
    key: &Key,
    route: &str,
    webhook: &Webhook,
) -> Result<DeliveryId, Refused> {
    let now = d.now();
    let fresh = asked(now, &webhook.id, &key.0).0;
    let id = DeliveryId(claimed_as(d, caller, key, route, &(), fresh).await?);
    if d.delivery(&webhook.id, &id).await?.is_some() {
        return Ok(id);
    }
    match full(d, &caller.tenant, &webhook.id, now).await? {
        Some(full) => Err(too_many_pending(full, now)),
        None => Ok(id),
    }
}

fn enabled(webhook: Webhook) -> Result<Webhook, Refused> {
    if webhook.enabled {
        return Ok(webhook);
    }
    let message = "the webhook is switched off: switch it on first";
    Err(Refused::conflict("Webhook.Disabled", message))
}

/// The log of a webhook, newest first: what was posted, and what was answered. It goes back 30 days.
#[utoipa::path(get, path = "/v1/webhooks/{webhook}/deliveries", tag = "webhooks", security(("bearer" = [])),
    params(("webhook" = WebhookId, Path), ("next" = Option<DeliveryId>, Query, description = "`next` of the part before")), responses(
    (status = 200, description = "At most 50 deliveries", body = Deliveries),
    (status = 403, description = "`Webhook.NotAllowed`: not an administrator", body = contract::api::Problem),
    (status = 404, description = "`Webhook.NotFound`", body = contract::api::Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = contract::api::Problem),
))]
pub(super) async fn deliveries<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(webhook): Path<String>,
    RawQuery(asked): RawQuery,
) -> Result<Json<Deliveries>, Refused> {
    let found = find(&*api.ports, &caller, &webhook).await?;
    let asked = query::parameters(asked.as_deref(), &["next"])?;
    let next = asked.into_iter().next().map(|(_, next)| next);
    if next.as_deref().is_some_and(|next| !is_id(next)) {
        return Err(Refused::field("next", "`next` of the part before"));
    }
    let before = next.map(DeliveryId);
    let log = api.ports.deliveries(&found.id, before.as_ref()).await?;
    Ok(Json(Deliveries {
        deliveries: log.deliveries.into_iter().map(log_of).collect(),
        next: log.next.map(|next| next.0),
    }))
}

/// Delivers again what was delivered or failed: the same bytes under the same `webhook-id`, as a new delivery.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/deliveries/{delivery}/replay", tag = "webhooks", security(("bearer" = [])),
    params(("webhook" = WebhookId, Path), ("delivery" = DeliveryId, Path)), responses(
    (status = 202, description = "The delivery that has begun", body = DeliveryView),
    (status = 403, description = "`Webhook.NotAllowed`: not an administrator", body = contract::api::Problem),
    (status = 404, description = "`Webhook.NotFound`, `Webhook.NoSuchDelivery`", body = contract::api::Problem),
    (status = 409, description = "`Webhook.Disabled`: switch it on first; `Request.KeyReused`: another request had this key", body = contract::api::Problem),
    (status = 429, description = "`Webhook.TooManyPending`: ten tests and replays of an hour were not taken, or thirty were asked for within a minute; `Retry-After` says when there is room", body = contract::api::Problem),
))]
pub(super) async fn replay<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path((webhook, delivery)): Path<(String, String)>,
    key: Key,
) -> Result<(StatusCode, Json<DeliveryView>), Refused> {
    let d = &*api.ports;
    let webhook = enabled(find(d, &caller, &webhook).await?)?;
    if !is_id(&delivery) {
        return Err(no_such_delivery());
    }
    let known = d.delivery(&webhook.id, &DeliveryId(delivery)).await?;
    let known = known.ok_or_else(no_such_delivery)?;
    let event: Event = serde_json::from_str(&known.body).map_err(|error| {
        tracing::error!(%error, delivery = %known.id, "a delivery's body does not read");
        no_such_delivery()
    })?;
    let route = format!(
        "POST /v1/webhooks/{}/deliveries/{}/replay",
        webhook.id, known.id
    );
    let wish = Wish::Asked {
        id: claimed(d, &caller, &key, &route, &webhook).await?,
        message: Some(known.message),
    };
    let begun = begin(d, &webhook, &event, known.body, &wish).await?;
    Ok((StatusCode::ACCEPTED, Json(log_of(begun))))
}
