//! Whom a number is to ring, as bodies name it.
use super::Refused;
use crate::ports::directory::Directory;
use crate::ports::routings::Routings;
use contract::number::api::AssignNumber;
use contract::routing::{Flow, Group, Several, Target};
use contract::{FlowId, GroupId, PersonId, TenantId};

/// Whom a number is to ring.
pub(super) fn wished(body: AssignNumber) -> Result<Option<Target>, Refused> {
    let AssignNumber {
        person,
        group,
        flow,
    } = body;
    if person.is_none() && group.is_none() && flow.is_none() {
        let message = "one of person, group and flow is needed; person is null for nobody";
        return Err(Refused::field("person", message));
    }
    let nobody = matches!(person, Some(None));
    let target = target(person.flatten(), group, flow)?;
    if nobody && target.is_some() {
        return Err(Refused::field("person", Several.to_string()));
    }
    Ok(target)
}

/// The target that a body names, if it names one.
pub(super) fn target(
    person: Option<PersonId>,
    group: Option<GroupId>,
    flow: Option<FlowId>,
) -> Result<Option<Target>, Refused> {
    let empty = |field, what| Err(Refused::field(field, format!("a {what}'s id")));
    let target = Target::of(person, group, flow)
        .map_err(|several| Refused::field("person", several.to_string()))?;
    match &target {
        Some(Target::Person(id)) if id.as_str().is_empty() => empty("person", "person"),
        Some(Target::Group(id)) if id.as_str().is_empty() => empty("group", "group"),
        Some(Target::Flow(id)) if id.as_str().is_empty() => empty("flow", "flow"),
        Some(Target::Person(_) | Target::Group(_) | Target::Flow(_)) | None => Ok(target),
    }
}

/// Whether the tenant has whom a body names.
pub(super) async fn check(
    d: &(impl Directory + Routings),
    tenant: &TenantId,
    target: Option<&Target>,
) -> Result<(), Refused> {
    let there = match target {
        None => true,
        Some(Target::Person(person)) => d.person(tenant, person).await?.is_some(),
        Some(Target::Group(group)) => d.routing::<Group>(tenant, group.as_str()).await?.is_some(),
        Some(Target::Flow(flow)) => d.routing::<Flow>(tenant, flow.as_str()).await?.is_some(),
    };
    if there { Ok(()) } else { Err(unknown(target)) }
}

pub(super) fn unknown(target: Option<&Target>) -> Refused {
    let (kind, field) = match target {
        Some(Target::Group(_)) => ("Group", "group"),
        Some(Target::Flow(_)) => ("Flow", "flow"),
        Some(Target::Person(_)) | None => ("Person", "person"),
    };
    Refused::no_such(kind).of(field)
}
