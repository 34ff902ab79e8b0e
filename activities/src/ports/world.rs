//! What a deployment has put in the place of a release's rules of the world.
use super::Unavailable;
use crate::rules::WorldRow;
use std::future::Future;

/// The rows, beside those of countries.
pub trait WorldRows: Send + Sync {
    /// Every one by its name, ascending.
    fn world_rows(&self) -> impl Future<Output = Result<Vec<WorldRow>, Unavailable>> + Send;

    /// Writes one, in the place of the one that has its name.
    fn put_world_row(&self, row: &WorldRow)
    -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Takes one away: what the release has counts again.
    fn remove_world_row(&self, name: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
