//! Tenants, people, numbers and world data.
use super::{Unavailable, calls::Write};
use crate::dial::{Country, DialPolicy, World};
use contract::routing::Target;
use contract::{E164, FlowId, GroupId, PersonId, Role, TenantId};
use serde::{Deserialize, Serialize};
use std::future::Future;

/// Most people of a tenant that are listed.
pub const MAX_PEOPLE: usize = 1_000;

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Its id.
    pub tenant: TenantId,
    /// Its name.
    pub name: String,
    /// What its people may dial.
    pub dial: DialPolicy,
    /// Where it is, ISO 3166-1 alpha-2, if it said so: whose working days count for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// When it was closed, RFC 3339 with milliseconds, UTC: from then on nobody of it signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
}

/// A person of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Their id: `p-` and a UUID.
    pub person: PersonId,
    /// Their tenant.
    pub tenant: TenantId,
    /// Their name.
    pub name: String,
    /// Their address, in lower case: what they sign in with.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// The numbers that ring them; the first is shown when they call.
    pub numbers: Vec<E164>,
    /// How long they ring before a call counts as not answered, whole seconds, 5 to 120.
    pub ring_limit_s: u32,
    /// The language of mails to them, ISO 639-1, if they said one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// A person with what proves that it is them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The person.
    pub person: Person,
    /// The argon2id hash of their password, as a PHC string.
    pub password_hash: String,
}

/// A telephone number of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Number {
    /// The number.
    pub number: E164,
    /// Whose it is.
    pub tenant: TenantId,
    /// Whom it rings, if somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The group that it rings, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// The flow that decides whom it rings, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowId>,
}

impl Number {
    /// Whom it rings.
    pub fn target(&self) -> Option<Target> {
        let (person, group, flow) = (self.person.clone(), self.group.clone(), self.flow.clone());
        Target::of(person, group, flow).ok().flatten()
    }
}

/// A tenant to be created, with everything it starts with: at most 90 people and numbers together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenant {
    /// The tenant.
    pub tenant: Tenant,
    /// Its people.
    pub people: Vec<Credential>,
    /// Its numbers.
    pub numbers: Vec<Number>,
}

/// Who is who, and what is known of the world.
pub trait Directory: Send + Sync {
    /// A tenant.
    fn tenant(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Option<Tenant>, Unavailable>> + Send;

    /// A person of this tenant; a person of another is unknown here.
    fn person(
        &self,
        tenant: &TenantId,
        person: &PersonId,
    ) -> impl Future<Output = Result<Option<Person>, Unavailable>> + Send;

    /// The people of a tenant by name, at most [`MAX_PEOPLE`].
    fn people(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Vec<Person>, Unavailable>> + Send;

    /// Who signs in with this address, in any case.
    fn credential(
        &self,
        email: &str,
    ) -> impl Future<Output = Result<Option<Credential>, Unavailable>> + Send;

    /// A number, whosever it is.
    fn number(
        &self,
        number: &E164,
    ) -> impl Future<Output = Result<Option<Number>, Unavailable>> + Send;

    /// The facts about countries.
    fn world(&self) -> impl Future<Output = Result<World, Unavailable>> + Send;

    /// Creates a tenant with its people and numbers, all or nothing; [`Write::Conflict`] if one of them is there already.
    fn create_tenant(
        &self,
        new: &NewTenant,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// Writes a country's facts unless those in the store are as new (`as_of`).
    fn put_country(
        &self,
        country: &Country,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// Sets how long a person rings; [`Write::Conflict`] if there is no such person.
    fn set_ring_limit(
        &self,
        tenant: &TenantId,
        person: &PersonId,
        ring_limit_s: u32,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;
}
