//! API keys: by what a tenant's programs ask. Its administrators make, list and revoke them; no key does.
use super::begin::claimed_as;
use super::body::{Body, Key, is_plain, line};
use super::caller::SignedIn;
use super::{Ports, Refused, Shared};
use crate::people::{Caller, api_keys};
use crate::ports::Unavailable;
use crate::ports::api_keys::{ApiKey, Revocation};
use crate::ports::calls::Write;
use crate::ports::clock;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use contract::api::Problem;
use contract::api::keys::{
    ApiKeyView, ApiKeys, MAX_DAYS, MAX_KEYS, MAX_NAME, MadeApiKey, NewApiKey,
};
use contract::{ApiKeyId, Role, TenantId};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// How often a key is tried to be made while others are: twice as often as keys can come in between.
const MAX_CONFLICTS: usize = 2 * MAX_KEYS;
/// How long a key that is over stays in the list, in seconds: 400 days, so that what was done by it a year ago still has a name.
const KEPT_S: i64 = 400 * 24 * 60 * 60;

fn administrators_only(caller: &Caller) -> Result<(), Refused> {
    if caller.role.makes_requests() {
        return Ok(());
    }
    let message = "API keys are for the tenant's administrators";
    Err(Refused::new(
        StatusCode::FORBIDDEN,
        "ApiKey.NotAllowed",
        message,
    ))
}

fn check(caller: &Caller, new: &NewApiKey) -> Result<(), Refused> {
    line("name", &new.name, MAX_NAME)?;
    let days = new.expires_in_days;
    if days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
        let allowed =
            format!("1 to {MAX_DAYS} days; none for a key that holds until it is revoked");
        return Err(Refused::field("expiresInDays", allowed));
    }
    administrators_only(caller)?;
    if caller.role.covers(new.role) {
        return Ok(());
    }
    let roles = Role::ALL.into_iter();
    let covered = roles.filter(|role| caller.role.covers(*role));
    let covered: Vec<_> = covered.map(|role| json!(role)).collect();
    let named: Vec<_> = covered.iter().filter_map(Value::as_str).collect();
    let message = format!(
        "a key may do at most what its maker may: one of {}",
        named.join(", ")
    );
    let refused = Refused::new(StatusCode::FORBIDDEN, "ApiKey.RoleTooHigh", message);
    Err(refused.of("role"))
}

/// The tenant's API keys, without their secrets.
#[utoipa::path(get, path = "/v1/api-keys", operation_id = "list_api_keys", tag = "api-keys", security(("bearer" = [])), responses(
    (status = 200, description = "The keys, the newest first; those that are over for 400 days more", body = ApiKeys),
    (status = 403, description = "`ApiKey.NotAllowed`: not an administrator, or asked by a key", body = Problem),
))]
pub(super) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    SignedIn(caller): SignedIn,
) -> Result<Json<ApiKeys>, Refused> {
    administrators_only(&caller)?;
    let found = api.ports.api_keys(&caller.tenant).await?;
    let keys = found.into_iter().map(|key| key.view).collect();
    Ok(Json(ApiKeys { keys }))
}

/// Makes an API key. Its secret is told here and nowhere else.
///
/// A program shows it as `Authorization: Bearer` wherever a session's access token is taken, and is then somebody of the tenant with the key's
/// role; what it does is noted under the key. It does not sign in, place calls or join their audio, open the socket, or make keys. The key is good
/// until it is revoked or its days are over, and while whoever made it may do what it may.
#[utoipa::path(post, path = "/v1/api-keys", operation_id = "make_api_key", tag = "api-keys", request_body = NewApiKey, security(("bearer" = [])), responses(
    (status = 201, description = "The key and its secret", body = MadeApiKey),
    (status = 200, description = "The same request was made before: the key, without its secret, which was told then. Whoever lost that \
        answer revokes the key and makes another", body = MadeApiKey),
    (status = 403, description = "`ApiKey.NotAllowed`: not an administrator, or asked by a key; `ApiKey.RoleTooHigh`: you may do less", body = Problem),
    (status = 409, description = "`ApiKey.TooMany`: 20 are good; `Request.KeyReused`: the key was for another request", body = Problem),
))]
pub(super) async fn create<P: Ports>(
    State(api): State<Shared<P>>,
    SignedIn(caller): SignedIn,
    key: Key,
    Body(new): Body<NewApiKey>,
) -> Result<(StatusCode, Json<MadeApiKey>), Refused> {
    check(&caller, &new)?;
    let d = &*api.ports;
    let fresh = format!("{}{}", ApiKeyId::PREFIX, uuid::Uuid::now_v7());
    let id = ApiKeyId(claimed_as(d, &caller, &key, "POST /v1/api-keys", &new, fresh).await?);
    // The secret is not kept, so it cannot be told again, and a second one would be a second key.
    let again = |known: ApiKey| {
        let (key, secret) = (known.view, None);
        (StatusCode::OK, Json(MadeApiKey { key, secret }))
    };
    if let Some(known) = d.api_key(&caller.tenant, &id).await? {
        return Ok(again(known));
    }
    let now = d.now();
    let secret = api_keys::secret();
    let made = made(&caller, id, new, &secret, now);
    for _ in 0..MAX_CONFLICTS {
        let before = d.api_keys_made(&caller.tenant).await?;
        let known = d.api_keys(&caller.tenant).await?;
        // The same request, sent twice at once: the other one tells the secret.
        if let Some(known) = known.iter().find(|key| key.view.id == made.view.id) {
            return Ok(again(known.clone()));
        }
        if known.iter().filter(|key| key.is_good(now)).count() >= MAX_KEYS {
            let message = format!("a tenant has at most {MAX_KEYS} keys that are good: revoke one");
            return Err(Refused::conflict("ApiKey.TooMany", message));
        }
        if d.create_api_key(&made, before).await? == Write::Done {
            let (key, secret) = (made.view, Some(secret));
            return Ok((StatusCode::CREATED, Json(MadeApiKey { key, secret })));
        }
    }
    Err(Unavailable::new("the API keys", "many writers at once").into())
}

fn made(caller: &Caller, id: ApiKeyId, new: NewApiKey, secret: &str, now: Timestamp) -> ApiKey {
    let days = new.expires_in_days.map(i64::from);
    let end = days.map(|days| now + SignedDuration::from_hours(24 * days));
    ApiKey {
        view: ApiKeyView {
            id,
            name: new.name.trim().to_owned(),
            prefix: api_keys::shown(secret),
            role: new.role,
            made_by: caller.person.clone(),
            made_at: clock::text(now),
            last_used: None,
            expires_at: end.map(clock::text),
            revoked_at: None,
            revoked_by: None,
        },
        tenant: caller.tenant.clone(),
        hash: api_keys::hash_of(secret).unwrap_or_default(),
        expires: end.map(|end| end.as_second() + KEPT_S),
    }
}

/// Revokes an API key at once: the next request by it is refused. Revoking it again is fine.
#[utoipa::path(delete, path = "/v1/api-keys/{key}", operation_id = "revoke_api_key", tag = "api-keys", security(("bearer" = [])), params(("key" = ApiKeyId, Path)), responses(
    (status = 204, description = "It opens nothing any more; it stays in the list for 400 days"),
    (status = 401, description = "`Session.Missing`, `Session.Invalid` or `Session.Expired`: no good access token", body = Problem),
    (status = 403, description = "`ApiKey.NotAllowed`: not an administrator, or asked by a key", body = Problem),
    (status = 404, description = "`ApiKey.NotFound`", body = Problem),
))]
pub(super) async fn revoke<P: Ports>(
    State(api): State<Shared<P>>,
    SignedIn(caller): SignedIn,
    Path(key): Path<String>,
) -> Result<StatusCode, Refused> {
    administrators_only(&caller)?;
    let d = &*api.ports;
    let known = find(d, &caller.tenant, &key).await?;
    let now = d.now();
    let revocation = Revocation {
        by: caller.person,
        at: clock::text(now),
        expires: now.as_second() + KEPT_S,
    };
    match d.revoke_api_key(&known, &revocation).await? {
        // Somebody else was first.
        Write::Done | Write::Conflict => Ok(StatusCode::NO_CONTENT),
    }
}

/// An id that is nobody's, or another tenant's: the answers do not differ.
async fn find<P: Ports>(d: &P, tenant: &TenantId, id: &str) -> Result<ApiKey, Refused> {
    let none = || {
        Refused::new(
            StatusCode::NOT_FOUND,
            "ApiKey.NotFound",
            "there is no such API key",
        )
    };
    if !is_plain(id, 1..=80) {
        return Err(none());
    }
    let found = d.api_key(tenant, &ApiKeyId::from(id)).await?;
    found.ok_or_else(none)
}
