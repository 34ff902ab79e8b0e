//! What the routes of requests share: who may, which id, and how a refusal to begin is told.
use super::Refused;
use super::body::Key;
use super::calls::place::{KEY_LIFETIME_S, fingerprint, key_reused};
use crate::people::Caller;
use crate::ports::clock::Clock;
use crate::ports::directory::Directory;
use crate::ports::sessions::{Claim, Sessions};
use crate::request::begin::BeginError;
use axum::http::StatusCode;
use contract::RequestId;
use serde::Serialize;

/// Who makes requests for their tenant.
pub(super) fn administrator(caller: &Caller) -> Result<(), Refused> {
    if caller.role.makes_requests() {
        return Ok(());
    }
    let message = "only an administrator of the tenant may do this";
    Err(Refused::new(
        StatusCode::FORBIDDEN,
        "Role.NotAllowed",
        message,
    ))
}

/// The id of the request that this key of the caller's stands for: the same when it is sent again.
pub(super) async fn claimed(
    d: &(impl Directory + Sessions + Clock),
    caller: &Caller,
    key: &Key,
    route: &str,
    body: &impl Serialize,
    prefix: &str,
) -> Result<RequestId, Refused> {
    let fresh = format!("{prefix}-{}", uuid::Uuid::now_v7());
    let id = claimed_as(d, caller, key, route, body, fresh).await?;
    Ok(RequestId::from(id))
}

/// What this key of the caller's stands for: `fresh`, or what it was the first time. In a closed tenant nothing begins any more: access
/// tokens are good for some minutes longer than the people of an onboarding that was taken back.
pub(super) async fn claimed_as(
    d: &(impl Directory + Sessions + Clock),
    caller: &Caller,
    Key(key): &Key,
    route: &str,
    body: &impl Serialize,
    fresh: String,
) -> Result<String, Refused> {
    let tenant = d.tenant(&caller.tenant).await?;
    if tenant.is_some_and(|tenant| tenant.closed_at.is_some()) {
        return Err(Refused::closed());
    }
    let fingerprint = fingerprint(route, body);
    let expires = d.now().as_second() + KEY_LIFETIME_S;
    match d
        .claim(&caller.person, key, &fingerprint, &fresh, expires)
        .await?
    {
        Claim::Fresh => Ok(fresh),
        Claim::Same(known) => Ok(known),
        Claim::Different => Err(key_reused()),
    }
}

/// Why a request did not begin.
pub(super) fn not_begun(error: BeginError) -> Refused {
    match error {
        BeginError::Unavailable(error) => Refused::from(error),
        BeginError::Refused(why) => {
            tracing::error!(why, "a workflow was not started");
            let message = "the request could not be started: this is our fault";
            Refused::new(StatusCode::BAD_GATEWAY, "Request.NotStarted", message)
        }
    }
}
