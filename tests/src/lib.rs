//! Checks of the whole: who may depend on whom, and what no file may hold.

mod sources;
mod workspace;

pub use sources::{Source, sources};
pub use workspace::{Member, members, root};
