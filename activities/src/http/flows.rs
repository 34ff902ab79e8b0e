//! Flows: who rings, by the hour.
use super::begin::{administrator, claimed};
use super::body::{Body, Key};
use super::{Ports, Refused, Shared};
use crate::people::Caller;
use crate::ports::directory::Directory;
use crate::ports::routings::{Kept, Routings};
use crate::routing::check;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use contract::api::Problem;
use contract::routing::{Flow, FlowForm, Flows, MAX_EACH};
use contract::{FlowId, TenantId};

/// The tenant's flows, by name.
#[utoipa::path(get, path = "/v1/flows", operation_id = "list_flows", tag = "routing", security(("bearer" = [])), responses(
    (status = 200, description = "At most 200", body = Flows),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
))]
pub(super) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
) -> Result<Json<Flows>, Refused> {
    administrator(&caller)?;
    let flows = api.ports.flows(&caller.tenant).await?;
    Ok(Json(Flows { flows }))
}

/// Makes a flow.
#[utoipa::path(post, path = "/v1/flows", operation_id = "create_flow", tag = "routing", security(("bearer" = [])), request_body = FlowForm, responses(
    (status = 201, description = "The flow", body = Flow),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Person.NotFound`, `Group.NotFound`: `field` says who or what is not of the tenant", body = Problem),
    (status = 409, description = "`Flow.NameTaken`: another has this name; `Flow.TooMany`: there are 200; \
        `Request.KeyReused`: another request had this key", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(super) async fn create<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    key: Key,
    Body(form): Body<FlowForm>,
) -> Result<Response, Refused> {
    administrator(&caller)?;
    let d = &*api.ports;
    if form.version.is_some() {
        return Err(Refused::field("version", "none: a new flow begins with 1"));
    }
    checked(d, &caller.tenant, &form).await?;
    let id = claimed(d, &caller, &key, "POST /v1/flows", &form, "f").await?;
    let id = FlowId(id.0);
    // The same wish again finds the flow that it made.
    if let Some(known) = d.flow(&caller.tenant, &id).await? {
        return Ok((StatusCode::CREATED, Json(known)).into_response());
    }
    if d.flows(&caller.tenant).await?.len() >= MAX_EACH {
        let message = format!("there are {MAX_EACH} flows: delete one first");
        return Err(Refused::conflict("Flow.TooMany", message));
    }
    let flow = filled_in(id, form, 1);
    kept(d.keep_flow(&caller.tenant, &flow, None).await?)?;
    Ok((StatusCode::CREATED, Json(flow)).into_response())
}

/// A flow.
#[utoipa::path(get, path = "/v1/flows/{flow}", operation_id = "get_flow", tag = "routing", security(("bearer" = [])), params(
    ("flow" = String, Path, description = "The flow's id"),
), responses(
    (status = 200, description = "The flow as it is now", body = Flow),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Flow.NotFound`: the tenant has no such flow", body = Problem),
))]
pub(super) async fn get<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(flow): Path<String>,
) -> Result<Json<Flow>, Refused> {
    administrator(&caller)?;
    Ok(Json(known(&*api.ports, &caller.tenant, flow).await?))
}

/// Changes a flow. Calls that ring already ring as they began.
#[utoipa::path(put, path = "/v1/flows/{flow}", operation_id = "replace_flow", tag = "routing", security(("bearer" = [])), params(
    ("flow" = String, Path, description = "The flow's id"),
), request_body = FlowForm, responses(
    (status = 200, description = "The flow as it is now", body = Flow),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Flow.NotFound`: the tenant has no such flow; `Person.NotFound`, `Group.NotFound`: `field` says who or what is not of the tenant", body = Problem),
    (status = 409, description = "`Flow.Changed`: not the version that was read; `Flow.NameTaken`: another has this name", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(super) async fn replace<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(flow): Path<String>,
    Body(form): Body<FlowForm>,
) -> Result<Json<Flow>, Refused> {
    administrator(&caller)?;
    let d = &*api.ports;
    let Some(version) = form.version else {
        return Err(Refused::field("version", "the version that was read"));
    };
    let before = known(d, &caller.tenant, flow).await?;
    checked(d, &caller.tenant, &form).await?;
    let after = filled_in(before.flow.clone(), form, version.saturating_add(1));
    if before.version != version {
        // The same change again is as good as done.
        let same = Flow {
            used_by: before.used_by.clone(),
            ..after
        } == before;
        return if same {
            Ok(Json(before))
        } else {
            Err(changed())
        };
    }
    kept(d.keep_flow(&caller.tenant, &after, Some(&before)).await?)?;
    let used_by = before.used_by;
    Ok(Json(Flow { used_by, ..after }))
}

/// Deletes a flow that nothing uses.
#[utoipa::path(delete, path = "/v1/flows/{flow}", operation_id = "delete_flow", tag = "routing", security(("bearer" = [])), params(
    ("flow" = String, Path, description = "The flow's id"),
), responses(
    (status = 204, description = "It is gone"),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Flow.NotFound`: the tenant has no such flow", body = Problem),
    (status = 409, description = "`Flow.InUse`: `message` says what uses it; `Flow.Changed`: it has just changed", body = Problem),
))]
pub(super) async fn remove<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(flow): Path<String>,
) -> Result<StatusCode, Refused> {
    administrator(&caller)?;
    let d = &*api.ports;
    let known = known(d, &caller.tenant, flow).await?;
    match d.strike_flow(&caller.tenant, &known).await? {
        Kept::InUse => {
            let now = d.flow(&caller.tenant, &known.flow).await?.unwrap_or(known);
            let users = now.used_by;
            let message = format!("it is used by {}", users.join(", "));
            Err(Refused::conflict("Flow.InUse", message))
        }
        other => kept(other).map(|()| StatusCode::NO_CONTENT),
    }
}

/// A flow of the tenant. One of another tenant, and one that never was, are the same.
async fn known(d: &impl Routings, tenant: &TenantId, id: String) -> Result<Flow, Refused> {
    let found = d.flow(tenant, &FlowId(id)).await?;
    found.ok_or_else(|| {
        let message = "the tenant has no such flow";
        Refused::new(StatusCode::NOT_FOUND, "Flow.NotFound", message)
    })
}

fn changed() -> Refused {
    let message = "it has been changed meanwhile: read it again";
    Refused::conflict("Flow.Changed", message).of("version")
}

fn kept(kept: Kept) -> Result<(), Refused> {
    match kept {
        Kept::Done => Ok(()),
        Kept::NameTaken => {
            let message = "another flow has this name";
            Err(Refused::conflict("Flow.NameTaken", message).of("name"))
        }
        Kept::Changed | Kept::InUse => Err(changed()),
        Kept::NoSuchGroup => {
            let message = "a group that it lets ring has just been deleted";
            Err(Refused::new(
                StatusCode::NOT_FOUND,
                "Group.NotFound",
                message,
            ))
        }
    }
}

fn filled_in(flow: FlowId, form: FlowForm, version: u64) -> Flow {
    Flow {
        flow,
        name: form.name,
        time_zone: form.time_zone,
        hours: form.hours,
        holidays: form.holidays,
        open: form.open,
        closed: form.closed,
        unanswered: form.unanswered,
        version,
        used_by: Vec::new(),
    }
}

/// Checks a form, and that whom it lets ring is of the tenant.
async fn checked(
    d: &(impl Directory + Routings),
    tenant: &TenantId,
    form: &FlowForm,
) -> Result<(), Refused> {
    let countries = compliance::world::CALENDARS.iter().map(|(id, _)| *id);
    let countries: Vec<&str> = countries.filter(|id| id.len() == 2).collect();
    check::flow(form, &countries).map_err(Refused::from)?;
    let rings = filled_in(FlowId(String::new()), form.clone(), 0);
    for (field, to) in rings.rings() {
        if let Some(person) = &to.person
            && d.person(tenant, person).await?.is_none()
        {
            let message = "the tenant has no such person";
            let refused = Refused::new(StatusCode::NOT_FOUND, "Person.NotFound", message);
            return Err(refused.of(format!("{field}.person")));
        }
        if let Some(group) = &to.group
            && d.group(tenant, group).await?.is_none()
        {
            let message = "the tenant has no such group";
            let refused = Refused::new(StatusCode::NOT_FOUND, "Group.NotFound", message);
            return Err(refused.of(format!("{field}.group")));
        }
    }
    Ok(())
}
