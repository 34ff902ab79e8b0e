//! Groups: people who ring together.
use super::begin::administrator;
use super::body::{Body, Key};
use super::versioned::{self, Versioned};
use super::{Ports, Refused, Shared};
use crate::people::Caller;
use crate::ports::Unavailable;
use crate::routing::check::{self, Wrong};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use contract::api::Problem;
use contract::routing::{Flow, Group, GroupForm, Groups};
use contract::{GroupId, TenantId};

/// The tenant's groups, by name.
#[utoipa::path(get, path = "/v1/groups", operation_id = "list_groups", tag = "routing", security(("bearer" = [])), responses(
    (status = 200, description = "At most 200", body = Groups),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
))]
pub(super) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
) -> Result<Json<Groups>, Refused> {
    administrator(&caller)?;
    let groups = api.ports.routings(&caller.tenant).await?;
    Ok(Json(Groups { groups }))
}

/// Makes a group.
#[utoipa::path(post, path = "/v1/groups", operation_id = "create_group", tag = "routing", security(("bearer" = [])), request_body = GroupForm, responses(
    (status = 201, description = "The group", body = Group),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Person.NotFound`: `field` says who is not of the tenant", body = Problem),
    (status = 409, description = "`Group.NameTaken`: another has this name; `Group.TooMany`: there are 200; \
        `Request.KeyReused`: another request had this key", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(super) async fn create<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    key: Key,
    Body(form): Body<GroupForm>,
) -> Result<Response, Refused> {
    versioned::create::<Group>(&*api.ports, &caller, &key, form).await
}

/// A group.
#[utoipa::path(get, path = "/v1/groups/{group}", operation_id = "get_group", tag = "routing", security(("bearer" = [])), params(
    ("group" = String, Path, description = "The group's id"),
), responses(
    (status = 200, description = "The group as it is now", body = Group),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Group.NotFound`: the tenant has no such group", body = Problem),
))]
pub(super) async fn get<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(group): Path<String>,
) -> Result<Json<Group>, Refused> {
    Ok(Json(versioned::get(&*api.ports, &caller, &group).await?))
}

/// Changes a group. Calls that ring already ring as they began.
#[utoipa::path(put, path = "/v1/groups/{group}", operation_id = "replace_group", tag = "routing", security(("bearer" = [])), params(
    ("group" = String, Path, description = "The group's id"),
), request_body = GroupForm, responses(
    (status = 200, description = "The group as it is now", body = Group),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Group.NotFound`: the tenant has no such group; `Person.NotFound`: `field` says who is not of the tenant", body = Problem),
    (status = 409, description = "`Group.Changed`: not the version that was read; `Group.NameTaken`: another has this name", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(super) async fn replace<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(group): Path<String>,
    Body(form): Body<GroupForm>,
) -> Result<Json<Group>, Refused> {
    versioned::replace(&*api.ports, &caller, &group, form).await
}

/// Deletes a group that nothing uses.
#[utoipa::path(delete, path = "/v1/groups/{group}", operation_id = "delete_group", tag = "routing", security(("bearer" = [])), params(
    ("group" = String, Path, description = "The group's id"),
), responses(
    (status = 204, description = "It is gone"),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Group.NotFound`: the tenant has no such group", body = Problem),
    (status = 409, description = "`Group.InUse`: `message` says what uses it; `Group.Changed`: it has just changed", body = Problem),
))]
pub(super) async fn remove<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(group): Path<String>,
) -> Result<StatusCode, Refused> {
    versioned::remove::<Group>(&*api.ports, &caller, &group).await
}

impl Versioned for Group {
    const NAME: &str = "Group";
    const WORD: &str = "group";
    type Form = GroupForm;

    fn read_version(form: &GroupForm) -> Option<u64> {
        form.version
    }

    fn filled_in(id: String, form: GroupForm, version: u64) -> Self {
        Self {
            group: GroupId(id),
            name: form.name,
            strategy: form.strategy,
            ring_s: form.ring_s,
            members: form.members,
            version,
            used_by: Vec::new(),
        }
    }

    async fn checked<P: Ports>(d: &P, tenant: &TenantId, form: &GroupForm) -> Result<(), Refused> {
        check::group(form).map_err(Refused::from)?;
        for (at, member) in form.members.iter().enumerate() {
            if d.person(tenant, member).await?.is_none() {
                return Err(Refused::no_such("Person").of(format!("members[{at}]")));
            }
        }
        Ok(())
    }

    /// A number is called by itself, a flow by its name.
    async fn user_named<P: Ports>(
        d: &P,
        tenant: &TenantId,
        user: String,
    ) -> Result<String, Unavailable> {
        let flow = d.routing::<Flow>(tenant, &user).await?;
        Ok(flow.map_or(user, |flow| format!("the flow {}", flow.name)))
    }
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        Self::field(&wrong.field, wrong.allowed)
    }
}
