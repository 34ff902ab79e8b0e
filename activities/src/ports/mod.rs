//! What activities need from the world, a trait per need. None knows AWS: [`crate::aws`] is the one adapter, fakes live in tests.
//!
//! Activities take `&(impl Calls + Clock + ..)`, so every call is static and a test passes a struct of its own.

pub mod api_keys;
pub mod call_control;
pub mod calls;
pub mod carriers;
pub mod clock;
pub mod connections;
pub mod directory;
pub mod documents;
pub mod dossiers;
pub mod emergencies;
pub mod mailboxes;
pub mod mails;
pub mod meetings;
pub mod numbers;
pub mod onboardings;
pub mod pace;
pub mod porting;
pub mod requests;
pub mod routings;
pub mod screening;
pub mod sessions;
pub mod webhooks;
pub mod workflows;
pub mod world;

use thiserror::Error;

/// A service could not be reached, throttled us, or failed for a passing reason. Whether a write happened is not known: every
/// write of ours is conditional or keyed, so doing it again is safe.
#[derive(Debug, Error)]
#[error("{service} is unavailable")]
pub struct Unavailable {
    /// Which service, such as `DynamoDB`.
    pub service: &'static str,
    /// What it said; printed once, by the shell.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl Unavailable {
    /// From the service's name and its error.
    pub fn new(
        service: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            service,
            source: source.into(),
        }
    }
}
