//! Onboarding: a new tenant with its first administrator and numbers, or a new person of a tenant.

pub mod api;
mod numbers;
mod people;
mod ports;
mod progress;

pub use crate::number::EmergencyGiven;
pub use numbers::{
    OnboardingEmergency, OnboardingEmergencyInput, OnboardingLook, OnboardingLookInput,
    OnboardingOrder, OnboardingOrderInput, OrderBegun, OrderSeen,
};
pub use people::{
    DossierStanding, Invited, OnboardingClose, OnboardingCloseInput, OnboardingClosed,
    OnboardingDossier, OnboardingDossierInput, OnboardingInvite, OnboardingInviteInput,
    OnboardingOpen, OnboardingOpenInput, OnboardingUndo, OnboardingUndoInput, OnboardingVerify,
    OnboardingVerifyInput, Opened, Stands, Undone, VerifyBegun,
};
pub use ports::{
    OnboardingPort, OnboardingPortInput, OnboardingPorted, OnboardingPortedInput, Ported,
    PortsBegun,
};
pub use progress::progress;

use crate::error::{BAD_INPUT, CARRIER_UNAVAILABLE, STORE_UNAVAILABLE};
use crate::mail::MAIL_UNAVAILABLE;
use crate::{DossierId, RequestId, Retry, TaskError};
use thiserror::Error;

/// Most kinds of number that one onboarding asks for.
pub const MAX_WISHES: usize = 10;
/// Most ports that one onboarding begins.
pub const MAX_PORTS: usize = 5;
/// How often numbers of one kind are tried to be had, each time others.
pub const MAX_TRIES: u32 = 4;
/// What the id of an onboarding's own dossier begins with.
const OWN_DOSSIER: &str = "d-";
/// What the id of a tenant's onboarding begins with.
const OF_TENANT: &str = "ot-";

/// The dossier that a tenant's onboarding fills in.
pub fn own_dossier(request: &RequestId) -> DossierId {
    DossierId(format!("{OWN_DOSSIER}{request}"))
}

/// The tenant's onboarding that fills in this dossier, if one does.
pub fn filled_in_by(dossier: &DossierId) -> Option<RequestId> {
    let request = dossier.as_str().strip_prefix(OWN_DOSSIER)?;
    let fits = request.starts_with(OF_TENANT);
    fits.then(|| RequestId::from(request))
}

/// Why a step of an onboarding was not done.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OnboardingError {
    /// The store failed for now.
    #[error("the store is unavailable: {0}")]
    Store(String),
    /// The mail service failed for now.
    #[error("the mail service is unavailable")]
    Mail,
    /// The carrier failed for now.
    #[error("the carrier is unavailable: {0}")]
    Carrier(String),
    /// It cannot be done: a name is taken, an address refused.
    #[error("{0}")]
    Refused(String),
    /// The input does not fit, or there is no such onboarding.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for OnboardingError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        (MAIL_UNAVAILABLE, Retry::Yes),
        (CARRIER_UNAVAILABLE, Retry::Yes),
        ("Onboarding.Refused", Retry::Never),
        (BAD_INPUT, Retry::Never),
    ];

    fn name(&self) -> &'static str {
        match self {
            Self::Store(_) => STORE_UNAVAILABLE,
            Self::Mail => MAIL_UNAVAILABLE,
            Self::Carrier(_) => CARRIER_UNAVAILABLE,
            Self::Refused(_) => "Onboarding.Refused",
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dossier_tells_the_onboarding_that_fills_it_in() {
        let request = RequestId::from("ot-1a2b");
        assert_eq!(filled_in_by(&own_dossier(&request)), Some(request));
        for other in ["d-1a2b", "ot-1a2b", "d-ou-1a2b", ""] {
            assert_eq!(filled_in_by(&other.into()), None, "{other}");
        }
    }
}
