//! The directory's entries of numbers that do not come, or go back.
use super::record::Port;
use super::{Loaded, PortWorld, desk, load};
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
/// changes nothing, and what another request wrote stays.
///
/// # Errors
/// [`PortError`].
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
    let undone = stream::iter(not_here(&loaded.port))
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
        .try_for_each(|()| async { Ok::<(), CarrierError>(()) });
    Ok(undone.await?)
}
