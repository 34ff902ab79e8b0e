//! Sign-in sessions, sign-in attempts, and the keys of requests that must have one effect.
use super::{Unavailable, calls::Write};
use contract::{PersonId, TenantId};
use serde::{Deserialize, Serialize};
use std::future::Future;

/// One sign-in: a family of refresh tokens of which exactly one is good. No token is stored, only hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionRecord {
    /// The family's id, a UUID; also the `sid` of its access tokens.
    pub family: String,
    /// The person's tenant.
    pub tenant: TenantId,
    /// The person.
    pub person: PersonId,
    /// SHA-256 of the good token's secret, hex.
    pub current: String,
    /// SHA-256 of the secret before it, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// When `current` was made, Unix milliseconds.
    pub rotated_at_ms: i64,
    /// SHA-256 of the client's `User-Agent` at the last rotation, hex.
    pub client: String,
    /// When it ends unless used, Unix seconds.
    pub expires: i64,
}

/// What is known of a request's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Never seen: it is now this request's.
    Fresh,
    /// The same request was made before; with the subject it was given then.
    Same(String),
    /// Another request was made with this key.
    Different,
}

/// The table of sessions and of what guards them.
pub trait Sessions: Send + Sync {
    /// Writes a new session.
    fn create_session(
        &self,
        session: &SessionRecord,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Reads a session, strongly consistent.
    fn session(
        &self,
        family: &str,
    ) -> impl Future<Output = Result<Option<SessionRecord>, Unavailable>> + Send;

    /// Writes a session whose `current` in the store is `expected`.
    fn rotate_session(
        &self,
        session: &SessionRecord,
        expected: &str,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// Ends a session: none of its refresh tokens is good any more.
    fn end_session(&self, family: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Counts one attempt under `key` until `expires` (Unix seconds, part of the key's window) and gives the count with it.
    fn count(
        &self,
        key: &str,
        expires: i64,
    ) -> impl Future<Output = Result<u32, Unavailable>> + Send;

    /// Takes one attempt back.
    fn uncount(&self, key: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Claims a person's `Idempotency-Key` for a request (its fingerprint) and remembers `subject` with it until `expires`
    /// (Unix seconds).
    fn claim(
        &self,
        person: &PersonId,
        key: &str,
        fingerprint: &str,
        subject: &str,
        expires: i64,
    ) -> impl Future<Output = Result<Claim, Unavailable>> + Send;
}
