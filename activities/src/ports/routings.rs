//! Groups and flows: whom numbers ring that are nobody's own.
use super::Unavailable;
use contract::routing::{Flow, Group};
use contract::{FlowId, GroupId, TenantId};
use std::future::Future;

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Written.
    Done,
    /// Another of the tenant has this name.
    NameTaken,
    /// It is not as it was read: changed, or gone.
    Changed,
    /// A group that it lets ring is not there.
    NoSuchGroup,
    /// It cannot go: numbers or flows use it.
    InUse,
}

/// The groups and flows of tenants. One of another tenant is unknown here. What uses one is kept with it, in the same
/// transactions as what uses it, so that none goes while it is needed.
pub trait Routings: Send + Sync {
    /// A group, strongly consistent.
    fn group(
        &self,
        tenant: &TenantId,
        group: &GroupId,
    ) -> impl Future<Output = Result<Option<Group>, Unavailable>> + Send;

    /// A tenant's groups by name.
    fn groups(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Vec<Group>, Unavailable>> + Send;

    /// Writes a group that is in the store as `before`, or a new one.
    fn keep_group(
        &self,
        tenant: &TenantId,
        group: &Group,
        before: Option<&Group>,
    ) -> impl Future<Output = Result<Kept, Unavailable>> + Send;

    /// Strikes a group that is in the store like this and that nothing uses.
    fn strike_group(
        &self,
        tenant: &TenantId,
        group: &Group,
    ) -> impl Future<Output = Result<Kept, Unavailable>> + Send;

    /// A flow, strongly consistent.
    fn flow(
        &self,
        tenant: &TenantId,
        flow: &FlowId,
    ) -> impl Future<Output = Result<Option<Flow>, Unavailable>> + Send;

    /// A tenant's flows by name.
    fn flows(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Vec<Flow>, Unavailable>> + Send;

    /// Writes a flow that is in the store as `before`, or a new one.
    fn keep_flow(
        &self,
        tenant: &TenantId,
        flow: &Flow,
        before: Option<&Flow>,
    ) -> impl Future<Output = Result<Kept, Unavailable>> + Send;

    /// Strikes a flow that is in the store like this and that nothing uses.
    fn strike_flow(
        &self,
        tenant: &TenantId,
        flow: &Flow,
    ) -> impl Future<Output = Result<Kept, Unavailable>> + Send;
}
