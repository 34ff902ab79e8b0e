//! What onboardings write: tenants, people who are invited, and the links that prove their addresses.
use super::Unavailable;
use super::calls::Write;
use super::directory::{Person, Tenant};
use contract::onboarding::api::NewOnboarding;
use contract::{PersonId, RequestId, TenantId};
use serde::{Deserialize, Serialize};
use std::future::Future;

/// An onboarding as it was asked for: kept beside its request, because names and addresses are in no execution's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Onboarding {
    /// Its request.
    pub request: RequestId,
    /// The tenant that is made, or the person's.
    pub tenant: TenantId,
    /// The person who is invited.
    pub person: PersonId,
    /// Whose people asked: the phone company's own tenant, or the person's.
    pub asked_by: TenantId,
    /// Who of them; a key's id if a program did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_by: Option<PersonId>,
    /// When, RFC 3339 with milliseconds, UTC.
    pub begun_at: String,
    /// What was asked for, without the dossier's form and the webhook.
    pub wish: NewOnboarding,
    /// When it was completed, RFC 3339 with milliseconds, UTC: what it made is in use from then on, and not taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
}

/// The link that was sent last for an onboarding. Of its secret only the hash is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// The onboarding's request.
    pub request: RequestId,
    /// The person's tenant.
    pub tenant: TenantId,
    /// The person.
    pub person: PersonId,
    /// SHA-256 of the secret, hex.
    pub hash: String,
    /// Until when it is good, RFC 3339, UTC.
    pub until: String,
    /// Whether it was accepted.
    pub accepted: bool,
}

/// What became of making somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// They are there; or were, by the same request.
    Done,
    /// Another tenant has the short name.
    SlugTaken,
    /// Somebody else signs in with the address.
    EmailTaken,
}

/// A page of onboardings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Their requests, the newest first.
    pub requests: Vec<RequestId>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// The part of the directory that onboardings write.
pub trait Onboardings: Send + Sync {
    /// Keeps an onboarding; one that is there stays.
    fn keep_onboarding(
        &self,
        onboarding: &Onboarding,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// An onboarding, strongly consistent.
    fn onboarding(
        &self,
        request: &RequestId,
    ) -> impl Future<Output = Result<Option<Onboarding>, Unavailable>> + Send;

    /// Notes that an onboarding was completed; nothing if there is none.
    fn close_onboarding(
        &self,
        request: &RequestId,
        at: &str,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Those that a tenant's people have asked for, at most `limit` (1 to 100), after `next` of the page before.
    fn onboardings_of(
        &self,
        asked_by: &TenantId,
        limit: u32,
        next: Option<&str>,
    ) -> impl Future<Output = Result<Asked, Unavailable>> + Send;

    /// Whether a short name and an address are free: what is found to be taken first.
    fn is_free(
        &self,
        slug: Option<&str>,
        email: &str,
    ) -> impl Future<Output = Result<Made, Unavailable>> + Send;

    /// Makes a tenant with its short name and its first person, who cannot sign in yet: all or nothing.
    fn open_tenant(
        &self,
        tenant: &Tenant,
        slug: &str,
        person: &Person,
        request: &RequestId,
    ) -> impl Future<Output = Result<Made, Unavailable>> + Send;

    /// Makes a person of a tenant, who cannot sign in yet.
    fn invite_person(
        &self,
        person: &Person,
        request: &RequestId,
    ) -> impl Future<Output = Result<Made, Unavailable>> + Send;

    /// Lets an invited person sign in with this password's hash; [`Write::Conflict`] if they are no longer there.
    fn let_in(
        &self,
        person: &Person,
        password_hash: &str,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// Removes a person whom this request made, and frees their address; nothing if they are not there.
    fn remove_person(
        &self,
        person: &Person,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Closes a tenant for good and frees its short name, if this request has it; nobody of it signs in any more.
    fn close_tenant(
        &self,
        tenant: &TenantId,
        slug: &str,
        request: &RequestId,
        at: &str,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// The secret of a link: the same for the same parts, and nobody's guess.
    ///
    /// # Errors
    /// [`Unavailable`] if this deployment has no keys.
    fn link_secret(&self, parts: &[&str]) -> Result<String, Unavailable>;

    /// Where people reach this platform, without a slash at the end.
    fn public_url(&self) -> &str;

    /// Keeps an invitation; the one before it is void.
    fn keep_invitation(
        &self,
        invitation: &Invitation,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// The invitation of an onboarding, strongly consistent.
    fn invitation(
        &self,
        request: &RequestId,
    ) -> impl Future<Output = Result<Option<Invitation>, Unavailable>> + Send;

    /// Makes the invitation of an onboarding void.
    fn void_invitation(
        &self,
        request: &RequestId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
