//! The directory's entries of numbers that do not come, or go back.
use super::kept::{self, Kept, Still};
use super::record::Port;
use super::{Loaded, PortWorld, desk, load};
use crate::ports::Unavailable;
use crate::ports::carriers::CarrierError;
use crate::ports::porting::Routed;
use contract::dossier::NumberStatus;
use contract::port::{PortAnswer, PortError, PortVerdict as Next};
use contract::{E164, RequestId};
use futures_util::{StreamExt, TryStreamExt, stream};

/// How many are taken back at once.
const AT_ONCE: usize = 8;

/// Whether everything that is to come has come by then: what is not here has no place in the directory.
fn is_settled(verdict: Next) -> bool {
    match verdict {
        Next::Cancelled
        | Next::Expired
        | Next::Refused
        | Next::Snapback
        | Next::Closed
        | Next::ClosedInPart
        | Next::ClosedEmpty => true,
        // Before the numbers were found to be portable nothing was made.
        Next::NotPortable
        | Next::SplitUp
        | Next::Portable
        | Next::Collect
        | Next::Sign
        | Next::CheckDossier
        | Next::Review
        | Next::Submit
        | Next::DonorReview
        | Next::HandIn
        | Next::Resolve
        | Next::Correct
        | Next::AgreeDate
        | Next::DateAgreed
        | Next::Prepare
        | Next::TestFailed
        | Next::SyncWindow
        | Next::Activate
        | Next::Activating
        | Next::Verify
        | Next::Testing
        | Next::CancelPending => false,
    }
}

/// The numbers of a port that are not here.
fn not_here(port: &Port) -> Vec<E164> {
    let here = |status| matches!(status, NumberStatus::Active | NumberStatus::Verified);
    port.lines
        .iter()
        .filter(|line| !here(Port::number_status(line)))
        .map(|line| line.number.clone())
        .collect()
}

/// Before the answer leads on: takes back what was written for numbers that are not here, once no more are to come. Done again it
/// changes nothing, and what another request wrote stays. A carrier that goes on leading their calls here keeps none of them in the
/// directory: the timeline names them, and an operator is asked once.
///
/// # Errors
/// [`PortError`]; [`PortError::Refused`] if the carrier leads some here still.
pub(super) async fn settle<D: PortWorld>(
    d: &D,
    request: &RequestId,
    answer: PortAnswer,
) -> Result<PortAnswer, PortError> {
    if is_settled(answer.verdict) {
        take_back(d, request, &load(d, request).await?).await?;
    }
    Ok(answer)
}

async fn take_back<D: PortWorld>(
    d: &D,
    request: &RequestId,
    loaded: &Loaded,
) -> Result<(), PortError> {
    let (carrier, _) = desk(d, &loaded.port)?;
    let (tenant, carrier) = (&loaded.tenant, &carrier);
    let numbers = not_here(&loaded.port);
    let led: Vec<Option<Kept>> = stream::iter(numbers.clone())
        .map(|number| async move {
            let of = Routed {
                request,
                tenant,
                carrier,
                number: &number,
            };
            let unled = d.unlead_route(&of).await;
            match unled {
                Ok(()) | Err(CarrierError::NotFound(_)) => Ok(None),
                Err(CarrierError::Refused(why)) => Ok(Some((number, why))),
                Err(error) => Err(error),
            }
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let led: Vec<Kept> = led.into_iter().flatten().collect();
    // Said before they are struck: struck, they are not tried again.
    kept::tell(d, request, Still::Leads, &led).await?;
    let undone = stream::iter(numbers)
        .map(|number| async move {
            let of = Routed {
                request,
                tenant,
                carrier,
                number: &number,
            };
            d.undo_route(&of).await
        })
        .buffer_unordered(AT_ONCE)
        .try_for_each(|()| async { Ok::<(), Unavailable>(()) });
    undone.await?;
    match led.into_iter().next() {
        Some((_, why)) => Err(CarrierError::Refused(why).into()),
        None => Ok(()),
    }
}
