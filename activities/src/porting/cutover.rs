//! `port-prepare` and `port-activate`: routes before the cut-over, tried without a call here and looked at at the carrier, and the cut-over
//! where it is left to us.
use super::record::Port;
use super::{PortWorld, change, desk, load, standing};
use crate::call::route::DryRun;
use crate::ports::carriers::CarrierError;
use crate::ports::porting::{Porting, Routed};
use contract::E164;
use contract::dossier::{NumberStatus, NumberStep, OrderStatus as At, OrderStep as Do};
use contract::number::api::AssignNumber;
use contract::port::{PortAnswer, PortError, PortInput, PortVerdict};
use contract::request::{NumberLine, Party};
use futures_util::{StreamExt, stream};

/// How many routes are made at once.
const AT_ONCE: usize = 8;

/// How many numbers are named.
const NAMED_MAX: usize = 5;

/// What is said of routes that can be made. That nobody rings is allowed, and told.
fn made_says(silent: &[E164]) -> String {
    if silent.is_empty() {
        return "The routes are made".to_owned();
    }
    let named = silent.iter().take(NAMED_MAX).map(E164::as_str);
    let named = named.collect::<Vec<_>>().join(", ");
    let more = match silent.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("The routes are made; a call would ring nobody at {named}{more}")
}

/// Makes the route of every number that is to come, and tries where a call to it would be led, here and at the carrier. One that cannot be
/// made, or leads nowhere, puts the cut-over off until somebody mends it, and so does a carrier that would not lead the numbers to us; one
/// that rings nobody is told.
///
/// # Errors
/// [`PortError`].
pub async fn prepare<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let loaded = load(d, &input.request).await?;
    let (carrier, desk) = desk(d, &loaded.port)?;
    let comes = |line: &&NumberLine| match Port::number_status(line) {
        NumberStatus::Confirmed
        | NumberStatus::Activating
        | NumberStatus::Conflict
        | NumberStatus::Active => true,
        NumberStatus::Waiting
        | NumberStatus::Portable
        | NumberStatus::NotPortable
        | NumberStatus::Submitted
        | NumberStatus::Rejected
        | NumberStatus::Verified
        | NumberStatus::Failed
        | NumberStatus::SnappedBack
        | NumberStatus::Cancelled => false,
    };
    let numbers: Vec<_> = loaded
        .port
        .lines
        .iter()
        .filter(comes)
        .map(|line| line.number.clone())
        .collect();
    let (request, tenant, carrier) = (&input.request, &loaded.tenant, &carrier);
    let rings = loaded.port.view.form.rings.as_ref();
    let target = rings.and_then(AssignNumber::target);
    let target = target.as_ref();
    let mut made = stream::iter(numbers.clone())
        .map(|number| async move {
            let of = Routed {
                request,
                tenant,
                carrier,
                number: &number,
            };
            let result = match d.make_route(&of, target).await {
                Ok(None) => d.try_route(&of).await.map(Ok),
                Ok(Some(why)) => Ok(Err(why)),
                Err(error) => Err(error),
            };
            (number, result)
        })
        .buffer_unordered(AT_ONCE);
    let (mut failed, mut silent) = (Vec::new(), Vec::new());
    while let Some((number, result)) = made.next().await {
        match result {
            Ok(Ok(DryRun::Leads)) => {}
            Ok(Ok(DryRun::Nobody)) => silent.push(number),
            Ok(Ok(DryRun::Nowhere)) => {
                failed.push(format!("{number}: a call to it would be refused"));
            }
            Ok(Err(why)) => failed.push(format!("{number}: {why}")),
            Err(error @ (CarrierError::Refused(_) | CarrierError::NotFound(_))) => {
                failed.push(format!("{number}: {error}"))
            }
            Err(error) => return Err(error.into()),
        }
    }
    drop(made);
    failed.sort();
    failed.truncate(NAMED_MAX);
    let mut why = not_led(desk, &loaded.port, &numbers).await?;
    why.append(&mut failed);
    let failed = why;
    silent.sort();
    change(d, &input.request, |port, time| {
        if port.view.order != At::PreCutoverTest {
            return Ok(standing::answer(port, standing::verdict(port), time, None));
        }
        if failed.is_empty() {
            port.hidden.routes_made = true;
            port.step(Do::Lock, Party::Platform, time.now)?;
            let says = made_says(&silent);
            return Ok(standing::answer(
                port,
                PortVerdict::SyncWindow,
                time,
                Some(says),
            ));
        }
        port.step(Do::FailTest, Party::Platform, time.now)?;
        // Mended, it is tried again from the very test.
        port.step(Do::BeginTest, Party::Platform, time.now)?;
        let says = format!("Routes that do not work: {}", failed.join("; "));
        Ok(standing::answer(
            port,
            PortVerdict::TestFailed,
            time,
            Some(says),
        ))
    })
    .await
}

/// Why the carrier would not lead the numbers here, in words.
async fn not_led(
    desk: &impl Porting,
    port: &Port,
    numbers: &[E164],
) -> Result<Vec<String>, PortError> {
    let id = port.view.external_id.as_deref();
    match desk.not_led(id.filter(|_| !desk.by_hand()), numbers).await {
        Ok(mut why) => {
            why.truncate(NAMED_MAX);
            Ok(why)
        }
        Err(error @ (CarrierError::Refused(_) | CarrierError::NotFound(_))) => Ok(vec![format!(
            "where the carrier leads the numbers cannot be seen: {error}"
        )]),
        Err(error) => Err(error.into()),
    }
}

/// Starts the cut-over where that is left to us; elsewhere the carrier starts it by itself.
///
/// # Errors
/// [`PortError`].
pub async fn activate<D: PortWorld>(d: &D, input: PortInput) -> Result<PortAnswer, PortError> {
    let loaded = load(d, &input.request).await?;
    let (_, desk) = desk(d, &loaded.port)?;
    if let Some(id) = loaded
        .port
        .view
        .external_id
        .as_deref()
        .filter(|_| !desk.by_hand())
    {
        let known = desk.port_state(id).await?;
        if known.on_demand {
            match desk.activate_port(id).await {
                // It is under way already, or its window has not opened: then the carrier starts it at the date.
                Ok(()) | Err(CarrierError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    change(d, &input.request, |port, time| {
        if port.view.order == At::SyncWindow {
            port.follow(Do::Activate, Party::Platform, time.now)?;
            port.step_numbers(NumberStep::Activate, Party::Platform, time.now, None);
        }
        let says = "The cut-over begins".to_owned();
        Ok(standing::answer(
            port,
            standing::verdict(port),
            time,
            Some(says),
        ))
    })
    .await
}
