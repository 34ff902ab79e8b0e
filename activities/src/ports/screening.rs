//! Lists of people and organisations that must not be served.
use super::Unavailable;
use serde::{Deserialize, Serialize};
use std::future::Future;

/// One list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SanctionsList {
    /// What it is called, such as `UN-SC`.
    pub id: String,
    /// How alike two names must be to be looked at, 1 to 100.
    pub threshold: u8,
    /// The names in it.
    pub names: Vec<String>,
    /// Where it comes from.
    pub source: String,
    /// On which date, RFC 3339.
    pub as_of: String,
}

/// Where the lists are.
pub trait Screening: Send + Sync {
    /// Every list.
    fn lists(&self) -> impl Future<Output = Result<Vec<SanctionsList>, Unavailable>> + Send;

    /// Writes a list unless the one in the store is as new (`as_of`).
    fn put_list(
        &self,
        list: &SanctionsList,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
