//! SES v2's `SendEmail` on one machine: each mail is a file, and an outbox shows them.
//!
//! [`request`] reads what the API takes, without I/O; [`store`] keeps mails; [`api`] and [`outbox`] are the two doors.

mod api;
mod outbox;
pub mod request;
pub mod store;

use std::path::PathBuf;
use std::sync::Arc;
use store::{Store, StoreError};

/// The running service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbox {
    store: Arc<Store>,
}

impl Outbox {
    /// Opens the folder; made when it is not there.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(dir: PathBuf) -> Result<Self, StoreError> {
        let store = Arc::new(Store::open(dir)?);
        Ok(Self { store })
    }

    /// SES v2's API: `/v2/email/outbound-emails`.
    pub fn api_router(&self) -> axum::Router {
        api::router(Arc::clone(&self.store))
    }

    /// The outbox: `/practice/mail`.
    pub fn practice_router(&self) -> axum::Router {
        outbox::router(Arc::clone(&self.store))
    }
}
