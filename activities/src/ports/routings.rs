//! Groups and flows: whom numbers ring that are nobody's own.
use super::Unavailable;
use contract::routing::{Flow, Group};
use contract::{GroupId, TenantId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
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

/// A group or a flow: kept by version, named once in its tenant, used by numbers and by others of its kind.
pub trait Routing: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync {
    /// How its ids begin: a letter.
    const PREFIX: &str;

    /// Its id.
    fn id(&self) -> &str;

    /// What people call it.
    fn name(&self) -> &str;

    /// Grows with every change; 1 at first.
    fn version(&self) -> u64;

    /// The numbers and flows that ring it.
    fn used_by(&mut self) -> &mut Vec<String>;

    /// The groups that it lets ring.
    fn groups(&self) -> BTreeSet<&GroupId>;
}

impl Routing for Group {
    const PREFIX: &str = "g";

    fn id(&self) -> &str {
        self.group.as_str()
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn used_by(&mut self) -> &mut Vec<String> {
        &mut self.used_by
    }

    fn groups(&self) -> BTreeSet<&GroupId> {
        BTreeSet::new()
    }
}

impl Routing for Flow {
    const PREFIX: &str = "f";

    fn id(&self) -> &str {
        self.flow.as_str()
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn used_by(&mut self) -> &mut Vec<String> {
        &mut self.used_by
    }

    fn groups(&self) -> BTreeSet<&GroupId> {
        let rings = self.rings().into_iter();
        rings.filter_map(|(_, to)| to.group.as_ref()).collect()
    }
}

/// The groups and flows of tenants. One of another tenant is unknown here. What uses one is kept with it, in the same
/// transactions as what uses it, so that none goes while it is needed.
pub trait Routings: Send + Sync {
    /// One, strongly consistent.
    fn routing<R: Routing>(
        &self,
        tenant: &TenantId,
        id: &str,
    ) -> impl Future<Output = Result<Option<R>, Unavailable>> + Send;

    /// All of a tenant, by name.
    fn routings<R: Routing>(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Vec<R>, Unavailable>> + Send;

    /// Writes one that is in the store as `before`, or a new one.
    fn keep<R: Routing>(
        &self,
        tenant: &TenantId,
        routing: &R,
        before: Option<&R>,
    ) -> impl Future<Output = Result<Kept, Unavailable>> + Send;

    /// Strikes one that is in the store like this and that nothing uses.
    fn strike<R: Routing>(
        &self,
        tenant: &TenantId,
        routing: &R,
    ) -> impl Future<Output = Result<Kept, Unavailable>> + Send;
}
