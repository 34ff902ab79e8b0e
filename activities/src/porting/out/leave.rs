//! `port-out-leave` and `port-out-restore`: the numbers go, and come back.
use super::record::Out;
use super::{OutWorld, change, load};
use crate::porting::calendar::window;
use crate::porting::give_back::{Left, give_back};
use crate::porting::kept::{self, Kept, Still};
use crate::ports::carriers::CarrierError;
use crate::ports::porting::Routed;
use compliance::porting::Timer;
use contract::number::api::AssignNumber;
use contract::port::{OutError, OutInput, OutTold, OutVerdict as Next};
use contract::{E164, RequestId};
use std::collections::BTreeMap;

/// `port-out-leave`: the numbers ring nobody here any more. A carrier that goes on leading their calls here keeps none of them in the
/// directory: the timeline names them, and an operator is asked once.
///
/// # Errors
/// [`OutError`]; [`OutError::Refused`] if the carrier leads some here still. Run again, it goes on where it stopped.
pub async fn leave<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let out = load(d, &input.request).await?;
    if out.view.rang.is_none() {
        // Kept before the first number goes: an attempt after this one would find that it rings nobody.
        let mut rang = BTreeMap::new();
        for line in &out.lines {
            if let Some(target) = d.rings(&routed(&input.request, &out, &line.number)).await? {
                rang.insert(line.number.clone(), AssignNumber::to(Some(target)));
            }
        }
        change(d, &input.request, |out, _| {
            out.view.rang = Some(rang.clone())
        })
        .await?;
    }
    let led = let_go(d, &input.request, &out).await?;
    // Said before they are struck: struck, they are not tried again.
    kept::tell(d, &input.request, Still::Leads, &led).await?;
    for line in &out.lines {
        d.unmake_route(&routed(&input.request, &out, &line.number))
            .await?;
    }
    let told = change(d, &input.request, |out, time| {
        for line in &mut out.lines {
            "gone".clone_into(&mut line.status);
        }
        if out.view.snapback.is_none() {
            let known = out.due(Timer::SnapbackWindow, time, time.now);
            out.view.snapback = Some(window(known, time));
        }
        out.told(
            Next::Snapback,
            time,
            Some("The numbers are out of service here".to_owned()),
        )
    })
    .await?;
    match led.into_iter().next() {
        Some((_, why)) => Err(CarrierError::Refused(why).into()),
        None => Ok(told),
    }
}

/// Has the carrier lead the numbers' calls here no more; those that it goes on leading, with why.
async fn let_go<D: OutWorld>(d: &D, request: &RequestId, out: &Out) -> Result<Vec<Kept>, OutError> {
    let mut led = Vec::new();
    for line in &out.lines {
        match d.let_go_route(&routed(request, out, &line.number)).await {
            Ok(()) | Err(CarrierError::NotFound(_)) => {}
            Err(CarrierError::Refused(why)) => led.push((line.number.clone(), why)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(led)
}

/// Before the answer leads on: once nothing can come back any more, the numbers go from a carrier without an interface too. One that keeps
/// them does not hold up the end: the timeline says what is left to do there.
///
/// # Errors
/// [`OutError`]; run again, it goes on where it stopped.
pub(super) async fn settle<D: OutWorld>(
    d: &D,
    request: &RequestId,
    told: OutTold,
) -> Result<OutTold, OutError> {
    if told.verdict != Next::Closed {
        return Ok(told);
    }
    let out = load(d, request).await?;
    if out.view.by_hand {
        let left = Left {
            request,
            tenant: &out.tenant,
            carrier: &out.view.carrier,
        };
        let numbers = out.lines.iter().map(|line| line.number.clone()).collect();
        let kept = give_back(d, left, numbers).await?;
        kept::tell(d, request, Still::Has, &kept).await?;
    }
    Ok(told)
}

/// `port-out-restore`: the numbers came back.
///
/// # Errors
/// [`OutError`].
pub async fn restore<D: OutWorld>(d: &D, input: OutInput) -> Result<OutTold, OutError> {
    let out = load(d, &input.request).await?;
    let (mut failed, mut not_led) = (Vec::new(), BTreeMap::new());
    for line in &out.lines {
        let rang = out.view.rang.as_ref();
        let rang = rang.and_then(|rang| rang.get(&line.number));
        let target = rang.and_then(AssignNumber::target);
        let of = routed(&input.request, &out, &line.number);
        match d.make_route(&of, target.as_ref()).await? {
            None => match d.lead_route(&of).await {
                Ok(()) => {}
                // The carrier may have it back later: it is in service here, and says what is not.
                Err(CarrierError::Refused(why) | CarrierError::NotFound(why)) => {
                    let reason = format!("the carrier does not lead its calls here: {why}");
                    not_led.insert(line.number.clone(), reason);
                }
                Err(error) => return Err(error.into()),
            },
            // It came back in another way already.
            Some(_) if d.tenant_of(&line.number).await?.as_ref() == Some(&out.tenant) => {}
            Some(why) => failed.push(format!("{}: {why}", line.number)),
        }
    }
    if !failed.is_empty() {
        failed.truncate(5);
        return Err(OutError::Refused(failed.join("; ")));
    }
    change(d, &input.request, |out, time| {
        for line in &mut out.lines {
            "restored".clone_into(&mut line.status);
            line.reason = not_led.get(&line.number).cloned();
        }
        out.told(
            Next::Restored,
            time,
            Some("The numbers are in service again".to_owned()),
        )
    })
    .await
}

fn routed<'a>(request: &'a RequestId, out: &'a Out, number: &'a E164) -> Routed<'a> {
    Routed {
        request,
        tenant: &out.tenant,
        carrier: &out.view.carrier,
        number,
    }
}
