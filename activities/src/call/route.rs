//! `call-route`: whom a call is for, and whether that person can be rung.
use super::record;
use crate::ports::Unavailable;
use crate::ports::call_control::CallControl;
use crate::ports::calls::{CallRecord, Calls, Engaged};
use crate::ports::clock::Clock;
use crate::ports::connections::Connections;
use crate::ports::directory::{Directory, Person};
use crate::ports::mailboxes::Mailboxes;
use crate::ports::meetings::Meetings;
use crate::ports::workflows::Workflows;
use crate::sweep::makes_way;
use contract::call::{RouteError, RouteInput, Routed, Verdict};
use contract::view::Workflow;
use contract::{E164, LegId, PersonId};
use std::collections::BTreeSet;

/// How long a number rings that nobody has.
const DEFAULT_RING_LIMIT_S: u32 = 30;

impl From<Unavailable> for RouteError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "call-route");
        Self::Store
    }
}

/// Finds who is called, writes the call's record, and says whether to ring.
///
/// # Errors
/// [`RouteError`].
pub async fn route(
    d: &(impl Calls + Directory + Connections + Mailboxes + Workflows + Meetings + CallControl + Clock),
    input: RouteInput,
) -> Result<Routed, RouteError> {
    let callee = match &input.to {
        Some(to) => from_phone(d, &input, to).await?,
        None => from_client(d, &input).await?,
    };
    let Some(callee) = callee else {
        return Ok(Routed {
            verdict: Verdict::NotAssigned,
            ring_limit_s: DEFAULT_RING_LIMIT_S,
            devices: 0,
        });
    };
    let connections = d.of_person(&callee.person).await?;
    let devices: BTreeSet<_> = connections
        .iter()
        .map(|connection| &connection.device)
        .collect();
    let devices = u32::try_from(devices.len()).unwrap_or(u32::MAX);
    let verdict = verdict(d, &input, &callee.person, devices).await?;
    Ok(Routed {
        verdict,
        ring_limit_s: callee.ring_limit_s.clamp(5, 120),
        devices,
    })
}

/// Whether to ring. Whoever is rung is engaged from here on: of two calls for one person at once, one rings and the other finds
/// them busy.
async fn verdict(
    d: &(impl Calls + Mailboxes + Workflows + Meetings + CallControl + Clock),
    input: &RouteInput,
    callee: &PersonId,
    devices: u32,
) -> Result<Verdict, RouteError> {
    if devices == 0 {
        let other = d.engaged(callee).await?;
        return Ok(match other.filter(|other| *other != input.call) {
            Some(_) => Verdict::Busy,
            None => Verdict::NotSignedIn,
        });
    }
    let rang = |record: &mut CallRecord| record.view.rang_devices = Some(devices);
    let mut engaged = d.engage(&input.call, callee, rang).await?;
    if engaged == Engaged::Elsewhere
        && let Some(other) = d.engaged(callee).await?
        && makes_way(d, &other).await
    {
        engaged = d.engage(&input.call, callee, rang).await?;
    }
    Ok(match engaged {
        Engaged::Elsewhere => Verdict::Busy,
        // The next turn finds that the call is over.
        Engaged::Here | Engaged::CallOver => Verdict::Ring,
    })
}

/// A call from the phone network: the number says whom it is for, and the record begins here.
async fn from_phone(
    d: &(impl Calls + Directory + Clock),
    input: &RouteInput,
    to: &E164,
) -> Result<Option<Person>, RouteError> {
    let number = d.number(to).await?.ok_or(RouteError::NoSuchNumber)?;
    let callee = match &number.person {
        Some(person) => d.person(&number.tenant, person).await?,
        None => None,
    };
    let from = input
        .from
        .as_deref()
        .filter(|from| !from.is_empty())
        .unwrap_or("anonymous");
    let name = callee.as_ref().map_or(to.as_str(), |person| &person.name);
    let called = record::client_leg(
        LegId::CALLEE,
        name,
        callee.as_ref().map(|p| p.person.clone()),
        Some(to.clone()),
    );
    let legs = vec![record::phone_leg(LegId::CALLER, from), called];
    let mut begun = record::new(
        input.call.clone(),
        number.tenant,
        Workflow::InboundCall,
        legs,
        d.now(),
    );
    begun.view.dialled = Some(to.clone());
    begun.view.execution = Some(input.execution.clone());
    record::enter(&mut begun.view, &input.state, d.now());
    // Done before by a run that died: it is as good.
    d.create(&begun).await?;
    Ok(callee)
}

/// A call from a person to a person: the record has both.
async fn from_client(
    d: &(impl Calls + Directory + Clock),
    input: &RouteInput,
) -> Result<Option<Person>, RouteError> {
    let now = d.now();
    let entered = |record: &mut CallRecord| {
        record::changed(record, |r| {
            r.view.execution = Some(input.execution.clone());
            record::enter(&mut r.view, &input.state, now);
        })
    };
    let no_record = || {
        RouteError::BadInput(
            "call: there is no record of this call, and no number to look up".into(),
        )
    };
    let record = d
        .update(&input.call, entered)
        .await?
        .ok_or_else(no_record)?;
    let callee = match record
        .view
        .leg(LegId::CALLEE)
        .and_then(|leg| leg.person.clone())
    {
        Some(person) => d.person(&record.view.tenant, &person).await?,
        None => None,
    };
    if callee.is_none() {
        Err(RouteError::NoSuchNumber)
    } else {
        Ok(callee)
    }
}
