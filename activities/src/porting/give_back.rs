//! Numbers that have left, and stay with a carrier that takes none away by itself: it goes on charging for them until it is told.
use super::kept::{self, Kept, Still};
use super::record::Port;
use super::{PortWorld, desk, load};
use crate::ports::carriers::CarrierError;
use crate::ports::porting::{Porting, Routed, Routes};
use contract::dossier::NumberStatus;
use contract::port::{PortAnswer, PortError, PortVerdict as Next};
use contract::{CarrierId, E164, RequestId, TenantId};
use futures_util::{StreamExt, TryStreamExt, stream};

/// How many are given back at once.
const AT_ONCE: usize = 8;

/// Whose numbers they were.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left<'a> {
    pub(super) request: &'a RequestId,
    pub(super) tenant: &'a TenantId,
    pub(super) carrier: &'a CarrierId,
}

/// Gives numbers back to their carrier. One that is somebody's here again, because it came back in another way, stays. Done again it
/// changes nothing. Gives those that the carrier does not take back, with why.
///
/// # Errors
/// [`CarrierError`]: some may be there still.
pub(super) async fn give_back<D: Routes>(
    d: &D,
    left: Left<'_>,
    numbers: Vec<E164>,
) -> Result<Vec<Kept>, CarrierError> {
    let kept: Vec<Option<Kept>> = stream::iter(numbers)
        .map(|number| async move {
            let owner = d.tenant_of(&number).await;
            if owner.map_err(CarrierError::Unknown)?.is_some() {
                return Ok(None);
            }
            let of = Routed {
                request: left.request,
                tenant: left.tenant,
                carrier: left.carrier,
                number: &number,
            };
            let given = d.give_back(&of).await;
            match given {
                Ok(()) => Ok(None),
                Err(CarrierError::Refused(why)) => Ok(Some((number, why))),
                Err(error) => Err(error),
            }
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(kept.into_iter().flatten().collect())
}

/// Before the answer leads on: once a port's window is closed, what went back to the old provider goes from the carrier too. A carrier that
/// keeps some contradicts whoever saw them leave: the timeline names them, and an operator is asked.
///
/// # Errors
/// [`PortError`]; [`PortError::Refused`] if the carrier keeps some. Run again, it goes on where it stopped.
pub(super) async fn settle<D: PortWorld>(
    d: &D,
    request: &RequestId,
    answer: PortAnswer,
) -> Result<PortAnswer, PortError> {
    if !matches!(
        answer.verdict,
        Next::Closed | Next::ClosedInPart | Next::ClosedEmpty
    ) {
        return Ok(answer);
    }
    let loaded = load(d, request).await?;
    let (carrier, desk) = desk(d, &loaded.port)?;
    if !desk.by_hand() {
        return Ok(answer);
    }
    let lines = loaded.port.lines.iter();
    let numbers = lines
        .filter(|line| Port::number_status(line) == NumberStatus::SnappedBack)
        .map(|line| line.number.clone())
        .collect();
    let left = Left {
        request,
        tenant: &loaded.tenant,
        carrier: &carrier,
    };
    let kept = give_back(d, left, numbers).await?;
    kept::tell(d, request, Still::Has, &kept).await?;
    match kept.into_iter().next() {
        Some((_, why)) => Err(CarrierError::Refused(why).into()),
        None => Ok(answer),
    }
}
