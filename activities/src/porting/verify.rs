//! `port-verify`: a test call to numbers that were switched over.
use super::calendar::Time;
use super::record::Port;
use super::routes::settle;
use super::test_calls::{self, Next};
use super::{PortWorld, calendar, change, desk, load, standing};
use crate::ports::carriers::CarrierError;
use crate::ports::porting::{Routed, TestBegun};
use contract::E164;
use contract::dossier::{NumberStatus as Here, OrderStatus as At, OrderStep as Do};
use contract::number::api::AssignNumber;
use contract::port::{PortAnswer, PortError, PortInput, PortVerdict};
use contract::request::Party;
use futures_util::{StreamExt, stream};

/// Takes down the test call that ended, then makes the next; after the last, the snapback window opens.
///
/// # Errors
/// [`PortError`].
pub async fn verify<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    lead(d, &input).await?;
    let (mut next, says) = change(d, &input.request, |port, time| {
        let seq = input.signal.as_ref().map_or(0, |signal| signal.seq);
        let fresh = input.signal.as_ref().filter(|_| seq > port.hidden.seen);
        let says = (fresh.is_some() || input.signal.is_none())
            .then(|| test_calls::take_down(port, fresh, time))
            .flatten();
        port.hidden.seen = port.hidden.seen.max(seq);
        Ok((follows(port, time), says))
    })
    .await?;
    while let Next::Call(number, attempt) = next {
        let begun = call(d, &input, &number, attempt).await?;
        next = change(d, &input.request, |port, time| {
            match &begun {
                Ok(TestBegun::OnItsWay(test)) => {
                    test_calls::begun(port, &number, Some(test.clone()), time);
                }
                // Somebody has to call: one answer for all of them.
                Ok(TestBegun::NotHere) => port.hidden.by_ear = true,
                Err(why) => {
                    tracing::warn!(%number, "no test call: {why}");
                    test_calls::begun(port, &number, None, time);
                    test_calls::failed(port, time);
                }
            }
            Ok(follows(port, time))
        })
        .await?;
    }
    if next == Next::Over {
        return end(d, &input).await;
    }
    change(d, &input.request, |port, time| {
        let verdict = PortVerdict::Testing;
        Ok(standing::answer(port, verdict, time, says.clone()))
    })
    .await
}

fn follows(port: &mut Port, time: Time) -> Next {
    if port.view.order == At::Verifying {
        test_calls::next(port, time)
    } else {
        Next::Over
    }
}

/// Calls a number; `Err` says why it could not be.
async fn call<D: PortWorld>(
    d: &D,
    input: &PortInput,
    number: &E164,
    attempt: u32,
) -> Result<Result<TestBegun, String>, PortError> {
    let loaded = load(d, &input.request).await?;
    let (carrier, _) = desk(d, &loaded.port)?;
    let of = Routed {
        request: &input.request,
        tenant: &loaded.tenant,
        carrier: &carrier,
        number,
    };
    match d.test_route(&of, attempt).await {
        Ok(begun) => Ok(Ok(begun)),
        Err(error @ (CarrierError::Refused(_) | CarrierError::NotFound(_))) => {
            Ok(Err(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

async fn end<D: PortWorld>(d: &D, input: &PortInput) -> Result<PortAnswer, PortError> {
    let answer = change(d, &input.request, |port, time| {
        if port.view.order == At::Verifying {
            port.step(Do::EndVerification, Party::Platform, time.now)?;
            calendar::ported(port, time);
            port.step(Do::OpenSnapback, Party::Platform, time.now)?;
            // The PIN has done its work.
            port.hidden.pin = None;
        }
        let (here, all) = (port.arrived(), port.lines.len());
        let says = match port.not_reached() {
            0 => format!("{here} of {all} numbers are here"),
            some => format!("{here} of {all} numbers are here, {some} of them not reached"),
        };
        Ok(standing::answer(
            port,
            standing::verdict(port),
            time,
            Some(says),
        ))
    })
    .await?;
    settle(d, &input.request, answer).await
}

/// How many routes are led here at once.
const AT_ONCE: usize = 8;

/// Leads the calls of every number that came here, once; one that came although it was taken out has its route made first. What the carrier refuses is said of its number.
async fn lead<D: PortWorld>(d: &D, input: &PortInput) -> Result<(), PortError> {
    let loaded = load(d, &input.request).await?;
    if loaded.port.hidden.routes_led {
        return Ok(());
    }
    let (carrier, _) = desk(d, &loaded.port)?;
    let here: Vec<E164> = loaded
        .port
        .lines
        .iter()
        .filter(|line| Port::number_status(line) == Here::Active)
        .map(|line| line.number.clone())
        .collect();
    let (request, tenant, carrier) = (&input.request, &loaded.tenant, &carrier);
    let rings = loaded.port.view.form.rings.as_ref();
    let target = rings.and_then(AssignNumber::target);
    let (target, late) = (target.as_ref(), &loaded.port.hidden.came_along);
    let mut led = stream::iter(here)
        .map(|number| async move {
            let of = Routed {
                request,
                tenant,
                carrier,
                number: &number,
            };
            let made = if late.contains(&number) {
                d.make_route(&of, target).await
            } else {
                Ok(None)
            };
            let result = match made {
                Ok(None) => d.lead_route(&of).await.map(|()| None),
                Ok(Some(why)) => Ok(Some(why)),
                Err(error) => Err(error),
            };
            (number, result)
        })
        .buffer_unordered(AT_ONCE);
    let mut refused = Vec::new();
    while let Some((number, result)) = led.next().await {
        match result {
            Ok(None) => {}
            Ok(Some(why)) => refused.push((number, why)),
            Err(error @ (CarrierError::Refused(_) | CarrierError::NotFound(_))) => {
                refused.push((number, error.to_string()))
            }
            Err(error) => return Err(error.into()),
        }
    }
    drop(led);
    change(d, &input.request, |port, _| {
        port.hidden.routes_led = true;
        for (number, why) in &refused {
            if let Some(line) = port.lines.iter_mut().find(|line| line.number == *number) {
                line.reason = Some(why.chars().take(200).collect());
            }
        }
        Ok(())
    })
    .await
}
