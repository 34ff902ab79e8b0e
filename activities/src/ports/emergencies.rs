//! Where help is sent when an emergency call comes from a number.
use super::Unavailable;
use contract::dossier::Address;
use contract::{E164, TenantId};
use std::collections::BTreeMap;
use std::future::Future;

/// Most numbers whose notes are read at once.
pub const MAX_NOTES: usize = 100;

/// What is noted with a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmergencyNote {
    /// Whose number it was then: of another tenant's number it says nothing.
    pub tenant: TenantId,
    /// The address.
    pub address: Address,
    /// Whether the tenant said it of this very number: what is known otherwise takes its place by an onboarding alone.
    pub own: bool,
    /// Why the number's carrier does not have the address, if it does not.
    pub untold: Option<String>,
}

/// The notes.
pub trait Emergencies: Send + Sync {
    /// Notes where help is sent for a number; what was noted before is forgotten.
    fn note_emergency(
        &self,
        number: &E164,
        note: &EmergencyNote,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// The notes of at most [`MAX_NOTES`] numbers, strongly consistent; numbers without one are missing.
    fn emergency_notes(
        &self,
        numbers: &[E164],
    ) -> impl Future<Output = Result<BTreeMap<E164, EmergencyNote>, Unavailable>> + Send;
}
