//! Flows: who rings, by the hour.
use super::begin::administrator;
use super::body::{Body, Key};
use super::versioned::{self, Versioned};
use super::{Ports, Refused, Shared};
use crate::people::Caller;
use crate::ports::Unavailable;
use crate::routing::check;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use contract::api::Problem;
use contract::routing::{Flow, FlowForm, Flows, Group};
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
    let flows = api.ports.routings(&caller.tenant).await?;
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
    versioned::create::<Flow>(&*api.ports, &caller, &key, form).await
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
    Ok(Json(versioned::get(&*api.ports, &caller, &flow).await?))
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
    versioned::replace(&*api.ports, &caller, &flow, form).await
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
    versioned::remove::<Flow>(&*api.ports, &caller, &flow).await
}

impl Versioned for Flow {
    const NAME: &str = "Flow";
    const WORD: &str = "flow";
    type Form = FlowForm;

    fn read_version(form: &FlowForm) -> Option<u64> {
        form.version
    }

    fn filled_in(id: String, form: FlowForm, version: u64) -> Self {
        Self {
            flow: FlowId(id),
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

    async fn checked<P: Ports>(d: &P, tenant: &TenantId, form: &FlowForm) -> Result<(), Refused> {
        let countries = compliance::world::CALENDARS.iter().map(|(id, _)| *id);
        let countries: Vec<&str> = countries.filter(|id| id.len() == 2).collect();
        check::flow(form, &countries).map_err(Refused::from)?;
        for (field, to) in form.rings() {
            if let Some(person) = &to.person
                && d.person(tenant, person).await?.is_none()
            {
                return Err(Refused::no_such("Person").of(format!("{field}.person")));
            }
            if let Some(group) = &to.group
                && d.routing::<Group>(tenant, group.as_str()).await?.is_none()
            {
                return Err(Refused::no_such("Group").of(format!("{field}.group")));
            }
        }
        Ok(())
    }

    /// Only numbers use flows.
    async fn user_named<P: Ports>(
        _: &P,
        _: &TenantId,
        user: String,
    ) -> Result<String, Unavailable> {
        Ok(user)
    }
}
