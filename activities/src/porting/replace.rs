//! A port from which numbers were taken out: the carrier's order has them still and cannot be written on, so that it is taken back before
//! another takes its place.
use super::{PortWorld, change, standing};
use crate::ports::carriers::CarrierError;
use crate::ports::porting::{CarrierStatus, Porting};
use contract::RequestId;
use contract::port::{PortAnswer, PortError, PortVerdict};

/// Whether the order is out of the way. One that nobody asked to cancel is asked to be.
///
/// # Errors
/// [`PortError`]; [`PortError::Refused`] if the carrier does not cancel it.
pub async fn is_gone(desk: &impl Porting, id: &str) -> Result<bool, PortError> {
    match state(desk, id).await? {
        None | Some(CarrierStatus::Cancelled) => Ok(true),
        Some(CarrierStatus::CancelPending) => Ok(false),
        Some(
            CarrierStatus::Draft
            | CarrierStatus::InReview
            | CarrierStatus::AtDonor
            | CarrierStatus::Refused
            | CarrierStatus::DateConfirmed
            | CarrierStatus::Ported,
        ) => {
            desk.cancel_port(id).await?;
            let now = state(desk, id).await?;
            Ok(now.is_none_or(|status| status == CarrierStatus::Cancelled))
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

/// Where a port stands whose order is to be replaced: ready to be submitted, or waiting for the carrier.
pub(super) async fn stands<D: PortWorld>(
    d: &D,
    request: &RequestId,
    gone: bool,
) -> Result<PortAnswer, PortError> {
    let verdict = if gone {
        PortVerdict::Submit
    } else {
        PortVerdict::DonorReview
    };
    change(d, request, |port, time| {
        Ok(standing::answer(port, verdict, time, None))
    })
    .await
}
