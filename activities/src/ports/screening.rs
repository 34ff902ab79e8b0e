//! Lists of people and organisations that must not be served.
use super::Unavailable;
use super::calls::Write;
use serde::{Deserialize, Serialize};
use std::future::Future;

/// Most lists: every one is looked through.
pub const LISTS_MAX: usize = 100;

/// One list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// How it was loaded; none of what came with the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded: Option<Loaded>,
}

/// How a list was loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Loaded {
    /// By whom: a person's id.
    pub by: String,
    /// When, RFC 3339 with milliseconds, UTC.
    pub at: String,
    /// How many names it has.
    pub count: u32,
    /// What tells it from any other: a digest of all that it says.
    pub digest: String,
}

impl SanctionsList {
    /// The list of invented names that comes with the sample data.
    pub const PRACTICE: &str = "PRACTICE";

    /// Whether somebody who is in none of its names was looked up: the practice list tells nothing but where people practise.
    pub fn counts(&self, practises: bool) -> bool {
        self.count() > 0 && (practises || self.id != Self::PRACTICE)
    }

    /// How many names it has, whether they are read or not.
    pub fn count(&self) -> u32 {
        let read = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.loaded.as_ref().map_or(read, |loaded| loaded.count)
    }
}

/// Where the lists are.
pub trait Screening: Send + Sync {
    /// Whether the practice list is enough: only where nobody is a customer.
    fn practises(&self) -> bool;

    /// Every list with its names.
    fn lists(&self) -> impl Future<Output = Result<Vec<SanctionsList>, Unavailable>> + Send;

    /// Every list; of those that were loaded, without the names.
    fn list_heads(&self) -> impl Future<Output = Result<Vec<SanctionsList>, Unavailable>> + Send;

    /// Writes a list unless the one in the store is as new (`as_of`).
    fn put_list(
        &self,
        list: &SanctionsList,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Puts a loaded list in the place of the one before, all at once, and notes for ever who did. [`Write::Conflict`] if the one in the store
    /// is of a later date. Of two of one date that are loaded at once, the later stays.
    fn load_list(
        &self,
        list: &SanctionsList,
        loaded: &Loaded,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;
}
