//! What the carrier has of a port: the order that is known, and what was made under the port's id by a try whose answer was lost.
use super::record::{Part, Port};
use crate::ports::carriers::{CarrierError, Refusal};
use crate::ports::porting::{CarrierStatus, Porting};
use contract::RequestId;
use contract::dossier::OrderStatus;
use contract::port::PortError;

/// The carrier's ids of its orders, the known one first. A draft of ours was not asked for yet.
async fn orders(
    desk: &impl Porting,
    request: &RequestId,
    port: &Port,
) -> Result<Vec<String>, CarrierError> {
    if desk.by_hand() || port.view.order == OrderStatus::Draft {
        return Ok(Vec::new());
    }
    let mut ids: Vec<String> = port.view.external_id.iter().cloned().collect();
    for found in desk.find_ports(request.as_str()).await? {
        if !ids.contains(&found.id) {
            ids.push(found.id);
        }
    }
    Ok(ids)
}

/// Takes back whatever the carrier has of a port whose end is decided here. What cannot be cancelled any more has ended there too, or
/// somebody has to see to it.
///
/// # Errors
/// [`PortError`]; [`PortError::Refused`] if an order is kept alive.
pub(super) async fn withdraw(
    desk: &impl Porting,
    request: &RequestId,
    port: &Port,
) -> Result<(), PortError> {
    for id in orders(desk, request, port).await? {
        take_away(desk, &id).await?;
    }
    Ok(())
}

/// The same for a part of a port that has not begun: what was put under its id, or is still to be.
///
/// # Errors
/// [`PortError`].
pub(super) async fn withdraw_part(desk: &impl Porting, part: &Part) -> Result<(), PortError> {
    if desk.by_hand() {
        return Ok(());
    }
    let mut ids = part.orders.clone();
    for found in desk.find_ports(part.child.as_str()).await? {
        if !ids.contains(&found.id) {
            ids.push(found.id);
        }
    }
    for id in ids {
        take_away(desk, &id).await?;
    }
    Ok(())
}

/// Takes one order back; one that is gone or has ended stays so.
///
/// # Errors
/// [`PortError`]; [`PortError::Refused`] if it is kept alive.
pub(super) async fn take_away(desk: &impl Porting, id: &str) -> Result<(), PortError> {
    match desk.cancel_port(id).await {
        Ok(()) | Err(CarrierError::NotFound(_)) => Ok(()),
        Err(CarrierError::Refused(refusal)) => unless_ended(desk, id, refusal).await,
        Err(error) => Err(error.into()),
    }
}

/// What a refusal of the carrier's comes to: nothing if the order has ended or is gone.
///
/// # Errors
/// [`PortError`]; [`PortError::Refused`] if it is alive.
pub(super) async fn unless_ended(
    desk: &impl Porting,
    id: &str,
    refusal: Refusal,
) -> Result<(), PortError> {
    match desk.port_state(id).await {
        Ok(known) if is_alive(known.status) => Err(CarrierError::Refused(refusal).into()),
        Ok(_) | Err(CarrierError::NotFound(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether an order still leads to numbers that come.
fn is_alive(status: CarrierStatus) -> bool {
    match status {
        CarrierStatus::Draft
        | CarrierStatus::InReview
        | CarrierStatus::AtDonor
        | CarrierStatus::Refused
        | CarrierStatus::DateConfirmed => true,
        CarrierStatus::Ported | CarrierStatus::CancelPending | CarrierStatus::Cancelled => false,
    }
}

/// What asking the carrier to cancel came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// It looks at the wish, or has done it: the order's id.
    Heard(String),
    /// It does not cancel this order, in its words.
    Refused(String, String),
    /// It has nothing of the port, or nothing any more.
    Nothing,
}

/// Asks the carrier to cancel whatever it has of a port.
///
/// # Errors
/// [`PortError`]. Asking again does no harm.
pub(super) async fn ask_to_cancel(
    desk: &impl Porting,
    request: &RequestId,
    port: &Port,
) -> Result<Asked, PortError> {
    let mut asked = Asked::Nothing;
    for id in orders(desk, request, port).await? {
        let refused = match desk.cancel_port(&id).await {
            Ok(()) => None,
            Err(CarrierError::NotFound(_)) => continue,
            Err(CarrierError::Refused(refusal)) => Some(refusal.to_string()),
            Err(error) => return Err(error.into()),
        };
        let known = match desk.port_state(&id).await {
            Ok(known) => known,
            // What was not submitted is taken away, and nobody has to agree.
            Err(CarrierError::NotFound(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        match refused {
            // Asked before, and the answer was lost: then it is under way.
            Some(why) if !is_heard(known.status) => return Ok(Asked::Refused(id, why)),
            Some(_) | None if asked == Asked::Nothing => asked = Asked::Heard(id),
            Some(_) | None => {}
        }
    }
    Ok(asked)
}

fn is_heard(status: CarrierStatus) -> bool {
    matches!(
        status,
        CarrierStatus::CancelPending | CarrierStatus::Cancelled
    )
}
