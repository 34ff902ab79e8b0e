//! A port from which numbers were taken out: the carrier's order has them still and cannot be written on, so that it is taken back before
//! another takes its place.
use super::{PortWorld, change, standing};
use crate::ports::carriers::CarrierError;
use crate::ports::porting::{CarrierStatus, Porting};
use contract::RequestId;
use contract::port::{PortAnswer, PortError, PortVerdict};

/// How far the order that is to be replaced is out of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Old {
    /// It is no more.
    Gone,
    /// The carrier was asked to cancel it.
    Stays,
    /// Its numbers came before it could be cancelled: it is the port's.
    Ported,
}

/// Looks at the order, and asks to cancel it if nobody has.
///
/// # Errors
/// [`PortError`]; [`PortError::Refused`] if the carrier does not cancel it.
pub async fn take_back(desk: &impl Porting, id: &str) -> Result<Old, PortError> {
    match state(desk, id).await? {
        None | Some(CarrierStatus::Cancelled) => Ok(Old::Gone),
        Some(CarrierStatus::CancelPending) => Ok(Old::Stays),
        Some(CarrierStatus::Ported) => Ok(Old::Ported),
        Some(
            CarrierStatus::Draft
            | CarrierStatus::InReview
            | CarrierStatus::AtDonor
            | CarrierStatus::Refused
            | CarrierStatus::DateConfirmed,
        ) => {
            desk.cancel_port(id).await?;
            Ok(match state(desk, id).await? {
                None | Some(CarrierStatus::Cancelled) => Old::Gone,
                Some(_) => Old::Stays,
            })
        }
    }
}

/// Where an order stands; none if the carrier has it no more.
async fn state(desk: &impl Porting, id: &str) -> Result<Option<CarrierStatus>, PortError> {
    match desk.port_state(id).await {
        Ok(known) => Ok(Some(known.status)),
        Err(CarrierError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A port that goes on with the order that it has.
pub(super) async fn keep<D: PortWorld>(d: &D, request: &RequestId) -> Result<(), PortError> {
    change(d, request, |port, _| {
        port.hidden.replaces = false;
        Ok(())
    })
    .await
}

/// The answer of a port whose order is to be replaced.
pub(super) async fn stands<D: PortWorld>(
    d: &D,
    request: &RequestId,
    verdict: PortVerdict,
) -> Result<PortAnswer, PortError> {
    change(d, request, |port, time| {
        Ok(standing::answer(port, verdict, time, None))
    })
    .await
}
