//! Who makes a request: the bearer token, checked on every route that has a [`Caller`] among its arguments. It is a session's access token or
//! an API key's secret; what only a person does has a [`SignedIn`] instead.
use super::{Api, Ports, Refused};
use crate::people::{Caller, KeyRefused, access, api_keys};
use crate::ports::api_keys::{ApiKey, ApiKeys};
use crate::ports::clock::{self, Clock};
use crate::ports::directory::Directory;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use std::sync::Arc;

/// A person who has signed in: no program.
pub(super) struct SignedIn(pub(super) Caller);

impl<P: Ports> FromRequestParts<Arc<Api<P>>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api<P>>) -> Result<Self, Refused> {
        let token = bearer(&parts.headers)?;
        let d = &*api.ports;
        if api_keys::is_meant(token) {
            return by_key(d, token).await;
        }
        Ok(access::verify(&api.keys, token, d.now().as_second())?)
    }
}

impl<P: Ports> FromRequestParts<Arc<Api<P>>> for SignedIn {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api<P>>) -> Result<Self, Refused> {
        let caller = Caller::from_request_parts(parts, api).await?;
        if caller.key().is_none() {
            return Ok(Self(caller));
        }
        Err(only_people())
    }
}

/// What a program hears that asks for what only a person does.
pub(super) fn only_people() -> Refused {
    let message = "an API key does not open this: a person has to sign in";
    Refused::new(StatusCode::FORBIDDEN, "ApiKey.NotAllowed", message)
}

/// The one bearer token of a request.
fn bearer(headers: &HeaderMap) -> Result<&str, Refused> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().and_then(|value| value.to_str().ok());
    // The scheme's name has no case (RFC 9110 §11.1).
    let token = value
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match (token, values.next()) {
        (Some((_, token)), None) => Ok(token.trim()),
        (Some(_), Some(_)) | (None, _) => {
            let message = "an access token is needed, in the header Authorization: Bearer ..";
            Err(Refused::unauthorised("Session.Missing", message))
        }
    }
}

/// The key that asks, looked up anew for each request: what is revoked opens nothing from the next one on.
async fn by_key(d: &(impl ApiKeys + Clock + Directory), secret: &str) -> Result<Caller, Refused> {
    let hash = api_keys::hash_of(secret).ok_or(KeyRefused::Invalid)?;
    let key = d.api_key_by_hash(&hash).await?;
    let key = key.ok_or(KeyRefused::Invalid)?;
    let (maker, tenant) = tokio::try_join!(
        d.person(&key.tenant, &key.view.made_by),
        d.tenant(&key.tenant)
    )?;
    let now = d.now();
    let caller = api_keys::judge(&key, maker.as_ref(), tenant.as_ref(), now)?;
    note_use(d, &key, now).await;
    Ok(caller)
}

/// Notes the day, once a day. Nobody is refused because that could not be done.
async fn note_use(d: &impl ApiKeys, key: &ApiKey, now: Timestamp) {
    let now = clock::text(now);
    let day = now.get(..10).unwrap_or_default();
    if key.view.last_used.as_deref() == Some(day) {
        return;
    }
    if let Err(error) = d.note_use(key, day).await {
        let error = crate::shell::chain(&error);
        tracing::warn!(key = %key.view.id, error, "the use of a key was not noted");
    }
}
