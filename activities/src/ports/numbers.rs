//! The numbers of tenants: where they come from, whom they ring, and test calls to them.
use super::Unavailable;
use super::calls::Write;
use contract::dossier::NumberType;
use contract::routing::Target;
use contract::{CarrierId, E164, FlowId, GroupId, PersonId, RequestId, TenantId};
use serde::{Deserialize, Serialize};
use std::future::Future;

/// Most numbers of a tenant that are listed at once.
pub const MAX_LISTED: u32 = 100;

/// Where a number of a tenant is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// In use.
    #[default]
    Active,
    /// It rings nobody and waits to be given back.
    Quarantined,
}

/// A number of a tenant, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NumberRecord {
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
    /// Where it is.
    #[serde(default)]
    pub standing: Standing,
    /// Where it comes from; none for those that were there from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<CarrierId>,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_type: Option<NumberType>,
    /// The request that brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// Since when it is the tenant's, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The request that is about to give it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaving: Option<RequestId>,
}

impl NumberRecord {
    /// Whom it rings.
    pub fn target(&self) -> Option<Target> {
        let (person, group, flow) = (self.person.clone(), self.group.clone(), self.flow.clone());
        Target::of(person, group, flow).ok().flatten()
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The numbers, in their order.
    pub numbers: Vec<NumberRecord>,
    /// The last of them, if there may be more after it.
    pub next: Option<E164>,
}

/// A test call that is on its way to a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestCall {
    /// Its id: also the call's.
    pub test: String,
    /// The number that is called.
    pub called: E164,
    /// The number that it shows.
    pub shows: E164,
    /// The request that is told.
    pub request: RequestId,
    /// Until when it counts, Unix seconds.
    pub until_s: i64,
    /// Whether it was dialled; one that was not may be dialled again.
    pub dialled: bool,
}

/// The table of numbers.
pub trait Numbers: Send + Sync {
    /// A number, whosever it is, strongly consistent.
    fn number_record(
        &self,
        number: &E164,
    ) -> impl Future<Output = Result<Option<NumberRecord>, Unavailable>> + Send;

    /// A tenant's numbers in order, at most `limit` (1 to [`MAX_LISTED`]), those after `after`.
    fn numbers_of(
        &self,
        tenant: &TenantId,
        limit: u32,
        after: Option<&E164>,
    ) -> impl Future<Output = Result<Listed, Unavailable>> + Send;

    /// Claims a number for the order that takes it in, so that no other does, and gives whose claim it is by then: this order's, unless
    /// another had it before. A claim of `void`, an order that is over, counts no more.
    fn claim_number(
        &self,
        number: &E164,
        order: &RequestId,
        void: Option<&RequestId>,
    ) -> impl Future<Output = Result<RequestId, Unavailable>> + Send;

    /// Gives an order's claim of a number up; another's stays.
    fn unclaim_number(
        &self,
        number: &E164,
        order: &RequestId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Writes a number down as a tenant's. [`Write::Conflict`] if it is another's, or leaves by another request; one that is
    /// the tenant's keeps whom it rings.
    fn keep_number(
        &self,
        record: &NumberRecord,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// Lets a number ring this person, group or flow, or nobody, and keeps the person's own list of numbers with it, and what the
    /// group or flow is used by. [`Write::Conflict`] if it is not the tenant's, or the tenant has no such person, group or flow.
    fn lead_number(
        &self,
        tenant: &TenantId,
        number: &E164,
        target: Option<&Target>,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// Says that a number leaves by this request, or by none. [`Write::Conflict`] if it is not the tenant's or leaves by another.
    fn mark_leaving(
        &self,
        tenant: &TenantId,
        number: &E164,
        request: &RequestId,
        leaves: bool,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// Strikes a number that rings nobody; one that is not the tenant's stays.
    fn strike_number(
        &self,
        tenant: &TenantId,
        number: &E164,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Notes a test call; the one before it of the same number counts no more.
    fn note_test(&self, test: &TestCall) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// The last test call to a number.
    fn test_of(
        &self,
        number: &E164,
    ) -> impl Future<Output = Result<Option<TestCall>, Unavailable>> + Send;

    /// The number that test calls show; none if this deployment makes none.
    fn test_caller(&self) -> Option<&E164>;
}
