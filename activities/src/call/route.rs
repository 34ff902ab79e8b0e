//! `call-route`: whom a call is for, whether they can be rung, and who is rung next when nobody of them answered.
use super::record;
use crate::ports::Unavailable;
use crate::ports::call_control::CallControl;
use crate::ports::calls::{CallRecord, Calls, Engaged};
use crate::ports::clock::Clock;
use crate::ports::connections::Connections;
use crate::ports::directory::{Directory, Number};
use crate::ports::mailboxes::Mailboxes;
use crate::ports::meetings::Meetings;
use crate::ports::routings::Routings;
use crate::ports::workflows::Workflows;
use crate::routing::hours::{Decision, decide, holiday};
use crate::routing::plan::{Candidate, Stage, of_group, of_person};
use crate::routing::ringing::{self, Reachable, Ringing};
use crate::sweep::makes_way;
use contract::call::{RouteError, RouteInput, Routed, Verdict};
use contract::routing::{Flow, Group, RING_MAX_S, RING_MIN_S, RingTo, Target};
use contract::view::Workflow;
use contract::{CallId, E164, GroupId, LegId, PersonId, TenantId};
use futures_util::future::try_join_all;
use std::collections::BTreeSet;

/// How often a stage is looked at again when one of its people has just been engaged by another call.
const TRIES: usize = 3;

impl From<Unavailable> for RouteError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "call-route");
        Self::Store
    }
}

/// Finds who is called, writes the call's record, and says whether to ring. Whoever is rung is engaged from here on: of two
/// calls for one person at once, one rings and the other finds them busy.
///
/// # Errors
/// [`RouteError`].
pub async fn route(
    d: &(
         impl Calls
         + Directory
         + Routings
         + Connections
         + Mailboxes
         + Workflows
         + Meetings
         + CallControl
         + Clock
     ),
    input: RouteInput,
) -> Result<Routed, RouteError> {
    let record = match (&input.to, input.turn) {
        (Some(to), 0) => from_phone(d, &input, to).await?,
        (None, 0) => from_client(d, &input).await?,
        (_, 1..) => again(d, &input).await?,
    };
    let ringing = record.private.ringing.as_ref().ok_or_else(lost)?;
    if let Some(said) = ringing.said(input.turn) {
        return Ok(said.clone());
    }
    if let Some(declined) = &input.declined
        && let Some(routed) = ringing::goes_on(&record, declined, d.now())
    {
        let said = |record: &mut CallRecord| {
            record::changed(record, |record| {
                ringing::decline(record, declined);
                if let Some(ringing) = &mut record.private.ringing {
                    ringing.said = Some((input.turn, routed.clone()));
                }
            })
        };
        d.update(&input.call, said).await?;
        return Ok(routed);
    }
    next_stage(d, &input, &record, ringing).await
}

/// Where a call to a number would be led.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DryRun {
    /// The number is not the tenant's here: the call would be refused.
    Nowhere,
    /// To the tenant, for whom nobody rings.
    Nobody,
    /// To somebody, or to a flow that is closed now.
    Leads,
}

/// Finds, as for a call from the phone network, where one would be led now. Nothing rings, and nothing is written.
///
/// # Errors
/// [`Unavailable`].
pub async fn dry_run(
    d: &(impl Directory + Routings + Clock),
    tenant: &TenantId,
    to: &E164,
) -> Result<DryRun, Unavailable> {
    let number = d.number(to).await?;
    let Some(number) = number.filter(|number| number.tenant == *tenant) else {
        return Ok(DryRun::Nowhere);
    };
    let (_, _, ringing) = found(d, &number).await?;
    Ok(if ringing.is_for_nobody() {
        DryRun::Nobody
    } else {
        DryRun::Leads
    })
}

/// Rings the first of the stages that are left who can be rung.
async fn next_stage(
    d: &(impl Calls + Connections + Mailboxes + Workflows + Meetings + CallControl + Clock),
    input: &RouteInput,
    record: &CallRecord,
    ringing: &Ringing,
) -> Result<Routed, RouteError> {
    let mut busy = false;
    for (at, stage) in ringing.stages.iter().enumerate().skip(ringing.next) {
        let now = d.now();
        let ring_limit_s = ringing::time_of(stage, &record.view, now);
        if ring_limit_s < RING_MIN_S {
            break;
        }
        for _ in 0..TRIES {
            let reachable = reachable(d, &input.call, stage).await?;
            busy |= reachable.busy;
            if reachable.people.is_empty() {
                break;
            }
            let routed = Routed {
                verdict: Verdict::Ring,
                ring_limit_s,
                devices: reachable.devices,
                more: reachable.people.len() > 1 || at + 1 < ringing.stages.len(),
                reason: None,
            };
            let rings = |record: &mut CallRecord| {
                if let Some(declined) = &input.declined {
                    ringing::decline(record, declined);
                }
                ringing::ring(record, at, &reachable, (input.turn, &routed), now);
            };
            match d.engage(&input.call, rings).await? {
                // The next turn finds that a call is over.
                Engaged::Here | Engaged::CallOver => return Ok(routed),
                Engaged::Elsewhere => busy = true,
            }
        }
    }
    let routed = ringing::nobody(input.turn, ringing, busy);
    let over = |record: &mut CallRecord| {
        record::changed(record, |record| {
            if let Some(declined) = &input.declined {
                ringing::decline(record, declined);
            }
            ringing::over(record, (input.turn, &routed));
        })
    };
    d.update(&input.call, over).await?;
    Ok(routed)
}

/// Those of a stage who have a device here and are in no other call.
async fn reachable(
    d: &(impl Calls + Connections + Mailboxes + Workflows + Meetings + CallControl + Clock),
    call: &CallId,
    stage: &Stage,
) -> Result<Reachable, Unavailable> {
    let looks = stage.people.iter().map(|one| async move {
        let (devices, other) = (
            devices(d, &one.person).await?,
            d.engaged(&one.person).await?,
        );
        // A call that is over and did not come to say so keeps nobody busy until the sweep.
        let busy = match other.filter(|other| other != call) {
            Some(_) if devices == 0 => true,
            Some(other) => !makes_way(d, &other).await,
            None => false,
        };
        Ok::<_, Unavailable>((one, devices, busy))
    });
    let mut found = Reachable::default();
    for (one, devices, busy) in try_join_all(looks).await? {
        if busy {
            found.busy = true;
        } else if devices > 0 {
            found.people.push(one.clone());
            found.devices = found.devices.saturating_add(devices);
        }
    }
    Ok(found)
}

async fn devices(d: &impl Connections, person: &PersonId) -> Result<u32, Unavailable> {
    let connections = d.of_person(person).await?;
    let devices: BTreeSet<_> = connections
        .iter()
        .map(|connection| &connection.device)
        .collect();
    Ok(u32::try_from(devices.len()).unwrap_or(u32::MAX))
}

fn lost() -> RouteError {
    RouteError::BadInput("call: its record does not say who is to ring".into())
}

/// A call from the phone network: the number says whom it is for, and the record begins here.
async fn from_phone(
    d: &(impl Calls + Directory + Routings + Clock),
    input: &RouteInput,
    to: &E164,
) -> Result<CallRecord, RouteError> {
    if let Some(known) = Calls::get(d, &input.call).await? {
        // Done before by a run that died: it is as good.
        return Ok(known);
    }
    let number = d.number(to).await?.ok_or(RouteError::NoSuchNumber)?;
    let (name, person, ringing) = found(d, &number).await?;
    let from = input
        .from
        .as_deref()
        .filter(|from| !from.is_empty())
        .unwrap_or("anonymous");
    let called = record::client_leg(LegId::CALLEE, &name, person, Some(to.clone()));
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
    begun.private.ringing = Some(ringing);
    record::enter(&mut begun.view, &input.state, d.now());
    d.create(&begun).await?;
    Calls::get(d, &input.call).await?.ok_or_else(lost)
}

/// What a number's target comes to now: the name to show, the person if it is one's own number, and who rings.
async fn found(
    d: &(impl Directory + Routings + Clock),
    number: &Number,
) -> Result<(String, Option<PersonId>, Ringing), Unavailable> {
    let (tenant, dialled) = (&number.tenant, number.number.to_string());
    let nobody = (dialled.clone(), None, Ringing::new(Vec::new(), false));
    match number.target() {
        None => Ok(nobody),
        Some(Target::Person(person)) => {
            let Some(person) = d.person(tenant, &person).await? else {
                return Ok(nobody);
            };
            let (name, id) = (person.name.clone(), person.person.clone());
            let stage = stage_of(candidate(&person), person.ring_limit_s);
            Ok((name, Some(id), Ringing::new(vec![stage], true)))
        }
        Some(Target::Group(group)) => {
            let stages = group_stages(d, tenant, &group, None).await?;
            let name = stages.first().map_or(dialled, |stage| stage.name.clone());
            Ok((name, None, Ringing::new(stages, false)))
        }
        Some(Target::Flow(flow)) => {
            let Some(flow) = d.routing::<Flow>(tenant, flow.as_str()).await? else {
                return Ok(nobody);
            };
            let ringing = match decide(&flow, d.now(), holiday) {
                Decision::Refuse(why) => Ringing::closed(why),
                Decision::Ring { first, then } => {
                    let mut stages = stages(d, tenant, first).await?;
                    if let Some(then) = then {
                        stages.extend(self::stages(d, tenant, then).await?);
                    }
                    Ringing::new(stages, false)
                }
            };
            Ok((flow.name, None, ringing))
        }
    }
}

async fn stages(
    d: &(impl Directory + Routings),
    tenant: &TenantId,
    to: &RingTo,
) -> Result<Vec<Stage>, Unavailable> {
    if let Some(group) = &to.group {
        return group_stages(d, tenant, group, to.ring_s).await;
    }
    let person = match &to.person {
        Some(person) => d.person(tenant, person).await?,
        None => None,
    };
    Ok(person
        .map(|person| stage_of(candidate(&person), to.ring_s.unwrap_or(person.ring_limit_s)))
        .into_iter()
        .collect())
}

async fn group_stages(
    d: &(impl Directory + Routings),
    tenant: &TenantId,
    group: &GroupId,
    ring_s: Option<u32>,
) -> Result<Vec<Stage>, Unavailable> {
    let Some(group) = d.routing::<Group>(tenant, group.as_str()).await? else {
        return Ok(Vec::new());
    };
    let members = group.members.iter().map(|member| d.person(tenant, member));
    let members = try_join_all(members).await?;
    let there = members.iter().flatten().map(candidate).collect();
    Ok(of_group(&group, there, ring_s))
}

fn candidate(person: &crate::ports::directory::Person) -> Candidate {
    Candidate {
        person: person.person.clone(),
        name: person.name.clone(),
    }
}

fn stage_of(one: Candidate, ring_s: u32) -> Stage {
    of_person(one, ring_s.clamp(RING_MIN_S, RING_MAX_S))
}

/// A call from a person to a person: the record has both.
async fn from_client(
    d: &(impl Calls + Directory + Clock),
    input: &RouteInput,
) -> Result<CallRecord, RouteError> {
    let record = entered(d, input, |_| ()).await?.ok_or_else(|| {
        RouteError::BadInput(
            "call: there is no record of this call, and no number to look up".into(),
        )
    })?;
    if record.private.ringing.is_some() {
        return Ok(record);
    }
    let called = record.view.leg(LegId::CALLEE);
    let callee = match called.and_then(|leg| leg.person.clone()) {
        Some(person) => d.person(&record.view.tenant, &person).await?,
        None => None,
    };
    let callee = callee.ok_or(RouteError::NoSuchNumber)?;
    let ringing = Ringing::new(
        vec![stage_of(candidate(&callee), callee.ring_limit_s)],
        true,
    );
    let known = |record: &mut CallRecord| record.private.ringing = Some(ringing.clone());
    entered(d, input, known).await?.ok_or_else(lost)
}

/// A call that rang before: who is left is in its record.
async fn again(d: &(impl Calls + Clock), input: &RouteInput) -> Result<CallRecord, RouteError> {
    entered(d, input, |_| ()).await?.ok_or_else(lost)
}

/// Notes the state that the workflow is in, and whatever else there is.
async fn entered(
    d: &(impl Calls + Clock),
    input: &RouteInput,
    also: impl Fn(&mut CallRecord) + Send + Sync,
) -> Result<Option<CallRecord>, Unavailable> {
    let now = d.now();
    let enter = |record: &mut CallRecord| {
        record::changed(record, |r| {
            if r.view.is_live() {
                r.view.execution = Some(input.execution.clone());
                record::enter(&mut r.view, &input.state, now);
                also(r);
            }
        })
    };
    d.update(&input.call, enter).await
}
