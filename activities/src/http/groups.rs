//! Groups: people who ring together.
use super::begin::{administrator, claimed};
use super::body::{Body, Key};
use super::{Ports, Refused, Shared};
use crate::people::Caller;
use crate::ports::directory::Directory;
use crate::ports::routings::{Kept, Routings};
use crate::routing::check::{self, Wrong};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use contract::api::Problem;
use contract::routing::{Group, GroupForm, Groups, MAX_EACH};
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
    let groups = api.ports.groups(&caller.tenant).await?;
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
    administrator(&caller)?;
    let d = &*api.ports;
    if form.version.is_some() {
        return Err(Refused::field("version", "none: a new group begins with 1"));
    }
    checked(d, &caller.tenant, &form).await?;
    let id = claimed(d, &caller, &key, "POST /v1/groups", &form, "g").await?;
    let id = GroupId(id.0);
    // The same wish again finds the group that it made.
    if let Some(known) = d.group(&caller.tenant, &id).await? {
        return Ok((StatusCode::CREATED, Json(known)).into_response());
    }
    if d.groups(&caller.tenant).await?.len() >= MAX_EACH {
        let message = format!("there are {MAX_EACH} groups: delete one first");
        return Err(Refused::conflict("Group.TooMany", message));
    }
    let group = filled_in(id, form, 1);
    kept(d.keep_group(&caller.tenant, &group, None).await?)?;
    Ok((StatusCode::CREATED, Json(group)).into_response())
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
    administrator(&caller)?;
    Ok(Json(known(&*api.ports, &caller.tenant, group).await?))
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
    administrator(&caller)?;
    let d = &*api.ports;
    let Some(version) = form.version else {
        return Err(Refused::field("version", "the version that was read"));
    };
    let before = known(d, &caller.tenant, group).await?;
    checked(d, &caller.tenant, &form).await?;
    let after = filled_in(before.group.clone(), form, version.saturating_add(1));
    if before.version != version {
        // The same change again is as good as done.
        let same = Group {
            used_by: before.used_by.clone(),
            ..after
        } == before;
        return if same {
            Ok(Json(before))
        } else {
            Err(changed())
        };
    }
    kept(d.keep_group(&caller.tenant, &after, Some(&before)).await?)?;
    let used_by = before.used_by;
    Ok(Json(Group { used_by, ..after }))
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
    administrator(&caller)?;
    let d = &*api.ports;
    let known = known(d, &caller.tenant, group).await?;
    match d.strike_group(&caller.tenant, &known).await? {
        Kept::InUse => {
            let now = d
                .group(&caller.tenant, &known.group)
                .await?
                .unwrap_or(known);
            let flows = d.flows(&caller.tenant).await?;
            let named = |user: &String| {
                let flow = flows.iter().find(|flow| flow.flow.as_str() == user);
                flow.map_or_else(|| user.clone(), |flow| format!("the flow {}", flow.name))
            };
            let users: Vec<String> = now.used_by.iter().map(named).collect();
            let message = format!("it is used by {}", users.join(", "));
            Err(Refused::conflict("Group.InUse", message))
        }
        other => kept(other).map(|()| StatusCode::NO_CONTENT),
    }
}

/// A group of the tenant. One of another tenant, and one that never was, are the same.
async fn known(d: &impl Routings, tenant: &TenantId, id: String) -> Result<Group, Refused> {
    let found = d.group(tenant, &GroupId(id)).await?;
    found.ok_or_else(|| {
        let message = "the tenant has no such group";
        Refused::new(StatusCode::NOT_FOUND, "Group.NotFound", message)
    })
}

fn changed() -> Refused {
    let message = "it has been changed meanwhile: read it again";
    Refused::conflict("Group.Changed", message).of("version")
}

fn kept(kept: Kept) -> Result<(), Refused> {
    match kept {
        Kept::Done => Ok(()),
        Kept::NameTaken => {
            let message = "another group has this name";
            Err(Refused::conflict("Group.NameTaken", message).of("name"))
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

fn filled_in(group: GroupId, form: GroupForm, version: u64) -> Group {
    Group {
        group,
        name: form.name,
        strategy: form.strategy,
        ring_s: form.ring_s,
        members: form.members,
        version,
        used_by: Vec::new(),
    }
}

/// Checks a form, and that its people are of the tenant.
async fn checked(d: &impl Directory, tenant: &TenantId, form: &GroupForm) -> Result<(), Refused> {
    check::group(form).map_err(Refused::from)?;
    for (at, member) in form.members.iter().enumerate() {
        if d.person(tenant, member).await?.is_none() {
            let message = "the tenant has no such person";
            let refused = Refused::new(StatusCode::NOT_FOUND, "Person.NotFound", message);
            return Err(refused.of(format!("members[{at}]")));
        }
    }
    Ok(())
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        Self::field(&wrong.field, wrong.allowed)
    }
}
