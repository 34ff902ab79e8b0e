//! The dossiers: one item each, changed only by compare-and-set, and the marks by which the same person is found again.
use super::Unavailable;
use super::calls::Write;
use crate::dossier::DossierRecord;
use contract::{DossierId, TenantId};
use std::future::Future;

/// How often [`Dossiers::update`] reads, changes and writes again when others write at the same time.
pub const MAX_CONFLICTS: usize = 16;
/// Most dossiers of a tenant that are listed.
pub const MAX_LISTED: usize = 1_000;

/// The table of dossiers.
pub trait Dossiers: Send + Sync {
    /// Writes a new dossier; [`Write::Conflict`] if there is one with this id.
    fn create_dossier(
        &self,
        record: &DossierRecord,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// Reads a dossier, strongly consistent.
    fn dossier(
        &self,
        dossier: &DossierId,
    ) -> impl Future<Output = Result<Option<DossierRecord>, Unavailable>> + Send;

    /// Writes a dossier whose version in the store is `expected`.
    fn put_dossier(
        &self,
        record: &DossierRecord,
        expected: u32,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;

    /// A tenant's dossiers, the newest first, at most [`MAX_LISTED`].
    fn dossiers(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Vec<DossierRecord>, Unavailable>> + Send;

    /// Dossiers that somebody relies on and whose time is over before `day` (RFC 3339 date), the first to run out first, at most `limit` (1 to
    /// 1,000).
    fn expiring(
        &self,
        day: &str,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<DossierRecord>, Unavailable>> + Send;

    /// Puts a mark on a dossier, and gives every other dossier with the same mark, at most 20.
    fn mark(
        &self,
        dossier: &DossierId,
        mark: &str,
    ) -> impl Future<Output = Result<Vec<DossierId>, Unavailable>> + Send;

    /// Notes that somebody saw something of a dossier.
    fn audit(
        &self,
        dossier: &DossierId,
        seen: &Seen,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Who saw what of a dossier, the newest first, at most `limit` (1 to 100).
    fn audited(
        &self,
        dossier: &DossierId,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Seen>, Unavailable>> + Send;

    /// Reads a dossier, lets `change` change it, and writes it as the next version if nobody wrote in between; else again. Gives what
    /// `change` gave and the dossier as it is then, or `None` if there is no such dossier.
    fn update_dossier<R: Send>(
        &self,
        dossier: &DossierId,
        mut change: impl FnMut(&mut DossierRecord) -> R + Send,
    ) -> impl Future<Output = Result<Option<(R, DossierRecord)>, Unavailable>> + Send {
        async move {
            for _ in 0..MAX_CONFLICTS {
                let Some(before) = self.dossier(dossier).await? else {
                    return Ok(None);
                };
                let mut record = before.clone();
                let result = change(&mut record);
                if record == before {
                    return Ok(Some((result, record)));
                }
                let version = before.view.dossier.version;
                record.view.dossier.version = version.saturating_add(1);
                if self.put_dossier(&record, version).await? == Write::Done {
                    return Ok(Some((result, record)));
                }
            }
            Err(Unavailable::new("the dossier", "too many writers at once"))
        }
    }
}

pub use crate::dossier::Seen;
