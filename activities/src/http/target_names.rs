//! Whom the numbers of a tenant can ring, by name: for who fills something in, be it for a customer on the phone.
use super::whose::whose;
use super::{Ports, Refused, Shared};
use crate::people::Caller;
use axum::Json;
use axum::extract::{RawQuery, State};
use contract::api::Problem;
use contract::routing::{Flow, Group, NamedFlow, NamedGroup, NamedPerson, Targets};

/// Whom the numbers of a tenant can ring, by name.
#[utoipa::path(get, path = "/v1/targets", operation_id = "list_targets", tag = "routing", security(("bearer" = [])), params(
    ("tenant" = Option<String>, Query, description = "Of this tenant, for the phone company's people; your own if not given"),
), responses(
    (status = 200, description = "People, groups and flows", body = Targets),
    (status = 403, description = "`Role.NotAllowed`: only for administrators, of their own tenant", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(super) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Json<Targets>, Refused> {
    let tenant = whose(&caller, asked.as_deref())?;
    let d = &*api.ports;
    let people = d.people(&tenant).await?.into_iter();
    let groups = d.routings::<Group>(&tenant).await?.into_iter();
    let flows = d.routings::<Flow>(&tenant).await?.into_iter();
    Ok(Json(Targets {
        people: people
            .map(|person| NamedPerson {
                person: person.person,
                name: person.name,
            })
            .collect(),
        groups: groups
            .map(|group| NamedGroup {
                group: group.group,
                name: group.name,
            })
            .collect(),
        flows: flows
            .map(|flow| NamedFlow {
                flow: flow.flow,
                name: flow.name,
            })
            .collect(),
    }))
}
