//! Dossiers: who a customer is and what shows it, checked by the workflow `verify-dossier`.

pub mod answers;
pub mod decide;
pub mod evaluate;
mod for_now;
pub mod in_hand;
pub mod let_go;
mod record;
pub mod release;
pub mod renew;
mod renewal;
pub mod sanctions;
pub mod screen;
pub mod wake;

pub use for_now::ForNow;
pub use record::{DossierRecord, Ruling, Seen};
pub use renewal::{Kept, Renewal};

use crate::ports::Unavailable;
use contract::dossier::review::DossierError;

impl From<Unavailable> for DossierError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "dossier");
        Self::Unavailable
    }
}

#[cfg(test)]
mod tests;
