//! The requests: one item each, changed only by compare-and-set.
use super::Unavailable;
use super::calls::{Shelf, Write};
use crate::request::RequestRecord;
use contract::request::Kind;
use contract::{RequestId, TenantId};
use std::future::Future;

/// How often [`Requests::update`] reads, changes and writes again when others write at the same time.
pub const MAX_CONFLICTS: usize = 32;

/// Which requests to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// A tenant's of one kind, newest first.
    OfTenant {
        /// The tenant.
        tenant: TenantId,
        /// The kind.
        kind: Kind,
        /// Those that run, or those that have ended.
        shelf: Shelf,
    },
    /// A tenant's of every kind: kind after kind, each newest first.
    AllOfTenant {
        /// The tenant.
        tenant: TenantId,
        /// Those that run, or those that have ended.
        shelf: Shelf,
    },
    /// Those of every tenant, newest first; a page may have fewer than asked for if they are of one kind.
    OfEverybody {
        /// Only of this kind.
        kind: Option<Kind>,
        /// Those that run, or those that have ended.
        shelf: Shelf,
    },
    /// Those that run, the one with the nearest deadline first, and last those that have none; a page may have fewer than asked for, or
    /// none, if they are of one kind.
    Due {
        /// Whose; of every tenant if not given.
        tenant: Option<TenantId>,
        /// Only of this kind.
        kind: Option<Kind>,
    },
    /// Those in which this tenant has to act, the one with the nearest deadline first.
    WaitingFor(TenantId),
    /// Those of every tenant in which the operators have to act, the one with the nearest deadline first.
    WaitingForOperators,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The requests.
    pub records: Vec<RequestRecord>,
    /// Where the next part begins, if there is one: opaque.
    pub next: Option<String>,
}

/// The table of requests.
pub trait Requests: Send + Sync {
    /// Writes a new request; [`Write::Conflict`] if there is one with this id.
    fn create(
        &self,
        record: &RequestRecord,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// Reads a request, strongly consistent.
    fn get(
        &self,
        request: &RequestId,
    ) -> impl Future<Output = Result<Option<RequestRecord>, Unavailable>> + Send;

    /// Writes a request whose revision in the store is `expected`.
    fn put(
        &self,
        record: &RequestRecord,
        expected: u64,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// Lists requests, at most `limit` (1 to 100), from `next` of the page before.
    fn list(
        &self,
        which: &Which,
        limit: u32,
        next: Option<&str>,
    ) -> impl Future<Output = Result<Page, Unavailable>> + Send;

    /// The open requests of every kind with their tenants, the oldest first.
    fn all_open(
        &self,
    ) -> impl Future<Output = Result<Vec<(TenantId, RequestId)>, Unavailable>> + Send;

    /// Reads a request, lets `change` change it, and writes it with the next revision if nobody wrote in between; else again.
    /// Gives what `change` gave and the request as it is then, or `None` if there is no such request.
    fn update<R: Send>(
        &self,
        request: &RequestId,
        mut change: impl FnMut(&mut RequestRecord) -> R + Send,
    ) -> impl Future<Output = Result<Option<(R, RequestRecord)>, Unavailable>> + Send {
        async move {
            for _ in 0..MAX_CONFLICTS {
                let Some(before) = self.get(request).await? else {
                    return Ok(None);
                };
                let mut record = before.clone();
                let result = change(&mut record);
                if record == before {
                    return Ok(Some((result, record)));
                }
                record.view.rev = before.view.rev + 1;
                if self.put(&record, before.view.rev).await? == Write::Done {
                    return Ok(Some((result, record)));
                }
            }
            Err(Unavailable::new("the request", "too many writers at once"))
        }
    }
}
