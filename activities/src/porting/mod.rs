//! Ports: numbers that come from another carrier, and numbers that go to one.
//!
//! A port is a request whose `details` are a [`PortView`](contract::port::PortView). What follows from what ([`look`]) is pure and
//! takes only steps that the machines of `compliance::porting` allow; each activity is a thin shell around it: ask the carrier, change the
//! item by compare-and-set, answer where the port stands.

pub mod calendar;
pub mod cancel;
pub mod case;
pub mod check;
pub mod comments;
pub mod cutover;
pub mod date;
pub mod dossier;
pub mod draft;
pub mod evaluate;
mod give_back;
pub mod hand_in;
mod kept;
pub mod lead;
pub mod look;
pub mod look_up;
pub mod offered;
pub mod out;
pub mod papers;
mod parts;
pub mod pin;
pub mod prepared;
pub mod record;
pub mod replace;
pub mod review;
pub mod routes;
pub mod share;
pub mod snapback;
mod spared;
pub mod split;
pub mod standing;
pub mod submit;
pub mod test_calls;
#[cfg(test)]
mod tests;
mod there;
pub mod verify;

use crate::ports::Unavailable;
use crate::ports::carriers::CarrierError;
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::pace::Pace;
use crate::ports::porting::{Desks, Papers, Routes};
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use calendar::Time;
use contract::port::PortError;
use contract::{CarrierId, RequestId, TenantId};
use record::Port;

/// Everything that ports need of the world.
pub trait PortWorld:
    Requests + Workflows + Clock + Pace + Desks + Dossiers + Papers + Routes
{
}

impl<W: Requests + Workflows + Clock + Pace + Desks + Dossiers + Papers + Routes> PortWorld for W {}

impl From<Unavailable> for PortError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "a port");
        Self::Store
    }
}

impl From<CarrierError> for PortError {
    fn from(error: CarrierError) -> Self {
        match error {
            CarrierError::Refused(refusal) | CarrierError::NotFound(refusal) => {
                Self::Refused(refusal.to_string())
            }
            CarrierError::Busy { .. } => Self::Carrier(error.to_string()),
            CarrierError::Unknown(source) => Self::Carrier(crate::shell::chain(&source)),
        }
    }
}

/// A port and whose it is.
pub(crate) struct Loaded {
    pub(crate) port: Port,
    pub(crate) tenant: TenantId,
}

/// Reads a port.
pub(crate) async fn load(d: &impl Requests, request: &RequestId) -> Result<Loaded, PortError> {
    let record = d.get(request).await?;
    let record =
        record.ok_or_else(|| PortError::BadInput(format!("there is no request {request}")))?;
    Ok(Loaded {
        port: Port::of(&record)?,
        tenant: record.view.tenant,
    })
}

/// Changes a port by compare-and-set: what `change` refuses changes nothing.
pub(crate) async fn change<R: Send>(
    d: &(impl Requests + Clock + Pace),
    request: &RequestId,
    mut change: impl FnMut(&mut Port, Time) -> Result<R, PortError> + Send,
) -> Result<R, PortError> {
    let time = time(d);
    let changed = d
        .update(request, |record| {
            let mut port = Port::of(record)?;
            let result = change(&mut port, time)?;
            port.put(record);
            Ok(result)
        })
        .await?;
    let (result, _) =
        changed.ok_or_else(|| PortError::BadInput(format!("there is no request {request}")))?;
    result
}

/// Now, at the deployment's pace.
pub(crate) fn time(d: &(impl Clock + Pace)) -> Time {
    Time {
        now: d.now(),
        scale: d.time_scale(),
        patience_s: d.patience_s(),
    }
}

/// The carrier of a port.
pub(crate) fn desk<'d, D: Desks>(
    d: &'d D,
    port: &Port,
) -> Result<(CarrierId, &'d D::Desk), PortError> {
    let wanted = port
        .view
        .carrier
        .clone()
        .or_else(|| port.view.form.carrier.clone());
    let id = match wanted {
        Some(id) => id,
        None => {
            let ids = d.desk_ids();
            // One that does it by itself goes before one that needs people.
            let by_itself = ids.iter().find(|id| {
                d.desk(id)
                    .is_some_and(|desk| !crate::ports::porting::Porting::by_hand(desk))
            });
            let first = by_itself.or_else(|| ids.first()).cloned();
            first.ok_or_else(|| PortError::Refused("this deployment has no carrier".to_owned()))?
        }
    };
    let desk = d
        .desk(&id)
        .ok_or_else(|| PortError::Refused(format!("this deployment has no carrier {id}")))?;
    Ok((id, desk))
}
