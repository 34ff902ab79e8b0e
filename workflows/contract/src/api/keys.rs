//! API keys: by what a tenant's programs ask, instead of a person's password.
use crate::{ApiKeyId, PersonId, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most keys of a tenant that are good at a time.
pub const MAX_KEYS: usize = 20;
/// Longest name of a key, in characters.
pub const MAX_NAME: usize = 80;
/// Longest life of a key that ends by itself, in days.
pub const MAX_DAYS: u16 = 365;

/// `POST /v1/api-keys`, with an `Idempotency-Key` header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewApiKey {
    /// What it is for, 1 to 80 characters: what is done by it is noted under this name.
    pub name: String,
    /// What it may do: at most what its maker may.
    pub role: Role,
    /// After how many days it ends by itself, 1 to 365; it holds until it is revoked if none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_days: Option<u16>,
}

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyView {
    /// Its id: the `person` of what is done by it.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// What its secret begins with, to tell keys apart.
    pub prefix: String,
    /// What it may do.
    pub role: Role,
    /// Who made it.
    pub made_by: PersonId,
    /// When, RFC 3339 with milliseconds, UTC.
    pub made_at: String,
    /// The day on which it was used last, `2026-11-20`, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    /// When it ends by itself, RFC 3339 with milliseconds, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When it was revoked, RFC 3339 with milliseconds, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
    /// Who revoked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_by: Option<PersonId>,
}

/// A key that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MadeApiKey {
    /// The key.
    pub key: ApiKeyView,
    /// `sk_` and 43 characters of `A-Za-z0-9_-`, for `Authorization: Bearer`. Told in the answer that makes the key and never again: the answer to
    /// a request that is sent again has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// `GET /v1/api-keys`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ApiKeys {
    /// The newest first; those that were revoked or have expired for 400 days more.
    pub keys: Vec<ApiKeyView>,
}
