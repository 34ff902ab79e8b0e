//! API keys: what a tenant's programs ask by.
use super::{Unavailable, calls::Write};
use contract::api::keys::ApiKeyView;
use contract::{ApiKeyId, PersonId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::future::Future;

/// Most keys of a tenant that are read, the newest; those that open something are read beyond them.
pub const MAX_LISTED: usize = 500;

/// An API key. Its secret is stored nowhere, only the hash of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// What its tenant sees of it. In the store its fields lie beside the others.
    #[serde(flatten)]
    pub view: ApiKeyView,
    /// Whose it is.
    pub tenant: TenantId,
    /// SHA-256 of its secret, hex.
    pub hash: String,
    /// When what is known of it goes by itself, Unix seconds: long after it was good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
}

impl ApiKey {
    /// Whether its days are over. An end that does not read is one that has come.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        let Some(end) = &self.view.expires_at else {
            return false;
        };
        !end.parse::<Timestamp>().is_ok_and(|end| now < end)
    }

    /// Whether it opens anything, as far as it knows itself.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.view.revoked_at.is_none() && !self.has_expired(now)
    }
}

/// Who revokes a key, and when what is known of it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Who.
    pub by: PersonId,
    /// When, RFC 3339 with milliseconds, UTC.
    pub at: String,
    /// When the key's item goes by itself, Unix seconds.
    pub expires: i64,
}

/// The table of API keys.
pub trait ApiKeys: Send + Sync {
    /// How many keys were made for a tenant in all, strongly consistent; those of before this was counted are left out. Read it before
    /// the keys are counted, and tell [`ApiKeys::create_api_key`].
    fn api_keys_made(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<i64, Unavailable>> + Send;

    /// Writes a new key; [`Write::Conflict`] if it is there, or if so many are not those that were `made` any more.
    fn create_api_key(
        &self,
        key: &ApiKey,
        made: i64,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// A key of this tenant, strongly consistent.
    fn api_key(
        &self,
        tenant: &TenantId,
        key: &ApiKeyId,
    ) -> impl Future<Output = Result<Option<ApiKey>, Unavailable>> + Send;

    /// The key whose secret has this hash, strongly consistent: one that was revoked is never seen as it was.
    fn api_key_by_hash(
        &self,
        hash: &str,
    ) -> impl Future<Output = Result<Option<ApiKey>, Unavailable>> + Send;

    /// The keys of a tenant, the newest first: the newest [`MAX_LISTED`], and whatever is older and still opens something.
    fn api_keys(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Vec<ApiKey>, Unavailable>> + Send;

    /// Revokes a key; [`Write::Conflict`] if it was revoked before or is not there.
    fn revoke_api_key(
        &self,
        key: &ApiKey,
        revocation: &Revocation,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// Notes that a key was used on this day (`2026-11-20`).
    fn note_use(
        &self,
        key: &ApiKey,
        day: &str,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_is_stored_field_by_field_as_ever() {
        let stored = json!({
            "id": "key-1", "tenant": "t-1", "name": "CRM", "prefix": "sk_abcdef", "role": "administrator", "hash": "0a1b",
            "madeBy": "p-1", "madeAt": "2026-11-01T10:00:00.000Z", "lastUsed": "2026-11-20",
            "expiresAt": "2026-12-01T10:00:00.000Z", "revokedAt": "2026-11-21T10:00:00.000Z", "revokedBy": "p-2",
            "expires": 1_798_797_600,
        });
        let key: ApiKey = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(
            (key.view.id.as_str(), key.tenant.as_str()),
            ("key-1", "t-1")
        );
        assert_eq!(json!(key), stored);
        // The least that a key has, and the keys of its item beside it.
        let stored = json!({
            "pk": "T#t-1", "sk": "A#key-2", "id": "key-2", "tenant": "t-1", "name": "CRM", "prefix": "sk_abcdef",
            "role": "operator", "hash": "0a1b", "madeBy": "p-1", "madeAt": "2026-11-01T10:00:00.000Z",
        });
        let key: ApiKey = serde_json::from_value(stored).unwrap();
        assert!(key.view.revoked_at.is_none() && key.expires.is_none());
    }
}
