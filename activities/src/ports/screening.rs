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

impl SanctionsList {
    /// The list of invented names that comes with the sample data.
    pub const PRACTICE: &str = "PRACTICE";

    /// Whether somebody who is in none of its names was looked up: the practice list tells nothing but where people practise.
    pub fn counts(&self, practises: bool) -> bool {
        !self.names.is_empty() && (practises || self.id != Self::PRACTICE)
    }
}

/// Where the lists are.
pub trait Screening: Send + Sync {
    /// Whether the practice list is enough: only where nobody is a customer.
    fn practises(&self) -> bool;

    /// Every list.
    fn lists(&self) -> impl Future<Output = Result<Vec<SanctionsList>, Unavailable>> + Send;

    /// Writes a list unless the one in the store is as new (`as_of`).
    fn put_list(
        &self,
        list: &SanctionsList,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
