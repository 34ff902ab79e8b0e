//! Port-outs: found at the carriers or written down by operators, held against what we know, answered before the deadline, and followed
//! until the numbers are gone or back.
//!
//! A carrier with an interface is asked where a port-out stands, and told what was answered. Of one without, operators write down what it
//! says and tell it by hand ([`by_hand`]); everything else is the same.

mod answer;
pub mod by_hand;
mod check;
mod compare;
mod decision;
pub mod end;
mod find;
mod leave;
mod look;
pub mod offer;
pub(super) mod orphan;
pub mod record;
mod standing;
mod text;

pub use answer::answer;
pub use check::check;
pub use find::{Found, NotWritten, Written, find, requests_of, run, write_down};
pub use leave::{leave, restore};
pub use look::look;
pub use orphan::Orphan;

use super::calendar::Time;
use super::{Routes, time};
use crate::ports::Unavailable;
use crate::ports::carriers::CarrierError;
use crate::ports::clock::Clock;
use crate::ports::pace::Pace;
use crate::ports::porting::{CarrierPortOut, Desks, Holders, Pins, Porting};
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use crate::request::begin::BeginError;
use compare::{Held, Ours, compare};
use contract::port::OutError;
use contract::{CarrierId, RequestId};
use record::Out;

/// Everything that port-outs need of the world.
pub trait OutWorld: Requests + Workflows + Clock + Pace + Desks + Routes + Holders + Pins {}

impl<W: Requests + Workflows + Clock + Pace + Desks + Routes + Holders + Pins> OutWorld for W {}

impl From<Unavailable> for OutError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "a port-out");
        Self::Store
    }
}

impl From<CarrierError> for OutError {
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

impl From<BeginError> for OutError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Unavailable(error) => error.into(),
            BeginError::Refused(why) => Self::Refused(why),
        }
    }
}

async fn load<D: OutWorld>(d: &D, request: &RequestId) -> Result<Out, OutError> {
    let record = d.get(request).await?;
    Out::of(&record.ok_or_else(|| OutError::BadInput(format!("there is no request {request}")))?)
}

async fn change<D: OutWorld, R: Send>(
    d: &D,
    request: &RequestId,
    mut change: impl FnMut(&mut Out, Time) -> R + Send,
) -> Result<R, OutError> {
    let time = time(d);
    let changed = d
        .update(request, |record| {
            let mut out = Out::of(record)?;
            let result = change(&mut out, time);
            out.put(record);
            Ok(result)
        })
        .await?;
    let (result, _) =
        changed.ok_or_else(|| OutError::BadInput(format!("there is no request {request}")))?;
    result
}

/// A carrier by its id.
fn desk_of<'d, D: Desks>(d: &'d D, id: &CarrierId) -> Result<&'d D::Desk, OutError> {
    let none = || OutError::Refused(format!("this deployment has no carrier {id}"));
    d.desk(id).ok_or_else(none)
}

/// The port-out as its carrier has it; none if the carrier cannot be asked.
async fn asked<D: OutWorld>(d: &D, out: &Out) -> Result<Option<CarrierPortOut>, OutError> {
    if out.view.by_hand {
        return Ok(None);
    }
    let desk = desk_of(d, &out.view.carrier)?;
    Ok(Some(desk.port_out(&out.view.external_id).await?))
}

/// What was told, or what operators have written down by now.
fn or_written(out: &Out, asked: Option<&CarrierPortOut>) -> CarrierPortOut {
    match asked {
        Some(known) => CarrierPortOut {
            status: by_hand::overtaken(out, known.status),
            ..known.clone()
        },
        None => by_hand::known(out),
    }
}

/// What speaks against it.
async fn held<D: OutWorld>(d: &D, out: &Out, known: &CarrierPortOut) -> Result<Held, OutError> {
    let mut all_theirs = true;
    for number in &known.numbers {
        if d.tenant_of(number).await?.as_ref() != Some(&out.tenant) {
            all_theirs = false;
            break;
        }
    }
    let ours = Ours {
        tenant: out.tenant.clone(),
        pin: d.port_out_pin(&out.tenant).await?,
        requires_pin: out.requires_pin(),
        names: d.holder_names(&out.tenant).await?,
        all_theirs,
    };
    Ok(compare(known, &ours))
}
