//! `port-verify`: a test call to numbers that were switched over.
use super::record::Port;
use super::routes::settle;
use super::{PortWorld, calendar, change, desk, load, standing};
use crate::ports::carriers::CarrierError;
use crate::ports::porting::{Routed, TestBegun};
use contract::E164;
use contract::dossier::{NumberStatus as Here, NumberStep, OrderStatus as At, OrderStep as Do};
use contract::port::{PortAnswer, PortError, PortInput, PortVerdict};
use contract::request::Party;
use contract::request::signal::{RequestSignal, SignalName};
use futures_util::{StreamExt, stream};

/// Most test calls of one port: of a large one, numbers spread over all of it are called.
const TESTS_MAX: usize = 20;

/// Takes down the test call that ended, then makes the next; after the last, the snapback window opens.
///
/// # Errors
/// [`PortError`].
pub async fn verify<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    lead(d, &input).await?;
    let said = change(d, &input.request, |port, time| {
        let seq = input.signal.as_ref().map_or(0, |signal| signal.seq);
        let fresh = input.signal.as_ref().filter(|_| seq > port.hidden.seen);
        let says = took_down(port, fresh, input.signal.is_none(), time);
        port.hidden.seen = port.hidden.seen.max(seq);
        Ok(says)
    })
    .await?;
    let loaded = load(d, &input.request).await?;
    let (carrier, _) = desk(d, &loaded.port)?;
    if let Some(number) = next_to_test(&loaded.port) {
        let of = Routed {
            request: &input.request,
            tenant: &loaded.tenant,
            carrier: &carrier,
            number: &number,
        };
        let begun = match d.test_route(&of, loaded.port.hidden.tests + 1).await {
            Ok(begun) => Some(begun),
            Err(CarrierError::Refused(_) | CarrierError::NotFound(_)) => None,
            Err(error) => return Err(error.into()),
        };
        return change(d, &input.request, |port, time| {
            match begun {
                Some(TestBegun::OnItsWay) => {
                    port.hidden.tests += 1;
                    port.hidden.testing = Some(number.clone());
                }
                // Somebody has to call: one answer for all of them.
                Some(TestBegun::NotHere) | None => port.hidden.testing = None,
            }
            Ok(standing::answer(
                port,
                PortVerdict::Testing,
                time,
                said.clone(),
            ))
        })
        .await;
    }
    let answer = change(d, &input.request, |port, time| {
        if port.view.order == At::Verifying {
            port.step(Do::EndVerification, Party::Platform, time.now)?;
            calendar::ported(port, time);
            port.step(Do::OpenSnapback, Party::Platform, time.now)?;
            // The PIN has done its work.
            port.hidden.pin = None;
        }
        let (here, all) = (port.arrived(), port.lines.len());
        let says = format!("{here} of {all} numbers are here");
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

/// Leads the calls of every number that came here, once. What the carrier refuses is said of its number.
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
    let mut led = stream::iter(here)
        .map(|number| async move {
            let of = Routed {
                request,
                tenant,
                carrier,
                number: &number,
            };
            let result = d.lead_route(&of).await;
            (number, result)
        })
        .buffer_unordered(AT_ONCE);
    let mut refused = Vec::new();
    while let Some((number, result)) = led.next().await {
        match result {
            Ok(()) => {}
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

/// What the test call that ended came to.
fn took_down(
    port: &mut Port,
    signal: Option<&RequestSignal>,
    passed_by: bool,
    time: calendar::Time,
) -> Option<String> {
    match signal {
        Some(signal) if signal.name == SignalName::CallTested => {
            let number = port.hidden.testing.take()?;
            note(
                port,
                &number,
                signal.topic.as_deref() == Some("passed"),
                time,
            );
            None
        }
        Some(signal) if signal.topic.as_deref() == Some("port-verify") => {
            let good = signal.data["result"] == "passed";
            for number in open(port) {
                note(port, &number, good, time);
            }
            Some("An operator has called the numbers".to_owned())
        }
        Some(_) => None,
        // The turn ended without a word: the call was lost.
        None if passed_by => {
            let number = port.hidden.testing.take()?;
            note(port, &number, false, time);
            None
        }
        None => None,
    }
}

/// Those that are here and have not been called.
fn open(port: &Port) -> Vec<E164> {
    let untested = port
        .lines
        .iter()
        .filter(|line| Port::number_status(line) == Here::Active && line.reason.is_none());
    untested.map(|line| line.number.clone()).collect()
}

fn note(port: &mut Port, number: &E164, passed: bool, time: calendar::Time) {
    if passed {
        port.step_one(number, NumberStep::Verify, Party::Platform, time.now, None);
    } else if let Some(line) = port.lines.iter_mut().find(|line| line.number == *number) {
        // It is here by the carrier's word; an operator sees that nobody heard it.
        line.reason = Some("the test call did not come through".to_owned());
    }
}

/// The next number to call. Of many, every so-manieth.
fn next_to_test(port: &Port) -> Option<E164> {
    if port.view.order != At::Verifying
        || usize::try_from(port.hidden.tests).unwrap_or(usize::MAX) >= TESTS_MAX
    {
        return None;
    }
    let open = open(port);
    let left = TESTS_MAX - usize::try_from(port.hidden.tests).unwrap_or(0);
    let step = open.len().div_ceil(left).max(1);
    open.into_iter().step_by(step).next()
}
