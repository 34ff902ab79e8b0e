//! Looking at calls.
use super::body::call_id;
use super::{Ports, Refused, Shared, access, query};
use crate::people::{Caller, Keys};
use crate::ports::calls::{CallRecord, Calls, Shelf, Whose};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use contract::api::{self, Problem};
use contract::view::CallView;

pub(super) mod command;
pub(super) mod execution;
pub(super) mod media;
pub(super) mod place;

/// How many calls a page has unless the query says otherwise.
const LIMIT: u32 = 50;

/// Calls, newest first.
///
/// A person gets those they are a party of, an operator all of the tenant. `live=true` gives running calls, else the call log.
#[utoipa::path(get, path = "/v1/calls", operation_id = "list_calls", tag = "calls", security(("bearer" = [])), params(
    ("live" = Option<bool>, Query, description = "`true`: running calls; `false` or not given: the call log"),
    ("limit" = Option<u32>, Query, description = "1 to 100; 50 if not given", minimum = 1, maximum = 100),
    ("next" = Option<String>, Query, description = "`next` of the page before, unchanged"),
), responses(
    (status = 200, description = "A page of calls", body = api::Calls),
))]
pub(super) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Json<api::Calls>, Refused> {
    let (mut shelf, mut limit, mut next) = (Shelf::Log, LIMIT, None);
    for (name, value) in query::parameters(asked.as_deref(), &["live", "limit", "next"])? {
        match name {
            "live" => shelf = query::shelf(&value)?,
            "limit" => limit = query::limit(&value)?,
            _ => next = Some(value),
        }
    }
    let whose = if caller.role.sees_every_call() {
        Whose::Tenant(caller.tenant.clone())
    } else {
        Whose::Person(caller.person.clone())
    };
    let place = Place {
        keys: &api.keys,
        caller: &caller,
        shelf,
    };
    let from =
        match &next {
            Some(next) => Some(place.open(next).ok_or_else(|| {
                Refused::field("next", "the `next` of the page before, unchanged")
            })?),
            None => None,
        };
    let page = Calls::list(&*api.ports, &whose, shelf, limit, from).await?;
    let next = page.next.map(|next| place.seal(&next));
    // The lists hold only what the caller may see; looking again costs nothing.
    let calls = page
        .records
        .into_iter()
        .map(|record| record.view)
        .filter(|call| access::may_see(&caller, call));
    Ok(Json(api::Calls {
        calls: calls.collect(),
        next,
    }))
}

/// A call.
#[utoipa::path(get, path = "/v1/calls/{call}", operation_id = "get_call", tag = "calls", security(("bearer" = [])), params(
    ("call" = String, Path, description = "The call's id"),
), responses(
    (status = 200, description = "The call as it is now", body = CallView),
    (status = 404, description = "`Call.NotFound`: no such call, or not yours to see", body = Problem),
))]
pub(super) async fn get<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(call): Path<String>,
) -> Result<Json<CallView>, Refused> {
    Ok(Json(visible(&*api.ports, &caller, &call).await?.view))
}

/// The record of a call that the caller may see. One of another tenant, one of strangers and one that never was are all the same.
pub(super) async fn visible(
    d: &impl Calls,
    caller: &Caller,
    call: &str,
) -> Result<CallRecord, Refused> {
    let record = d.get(&call_id(call)?).await?;
    record
        .filter(|record| access::may_see(caller, &record.view))
        .ok_or_else(Refused::no_such_call)
}

/// Seals a page's `next`, so that nobody makes one up or takes it to another list.
struct Place<'a> {
    keys: &'a Keys,
    caller: &'a Caller,
    shelf: Shelf,
}

impl Place<'_> {
    fn parts<'p>(&'p self, next: &'p str) -> [&'p str; 3] {
        let shelf = match self.shelf {
            Shelf::Live => "live",
            Shelf::Log => "log",
        };
        [self.caller.person.as_str(), shelf, next]
    }

    fn seal(&self, next: &str) -> String {
        format!("{next}.{}", self.keys.mac("next", &self.parts(next)))
    }

    fn open<'n>(&self, sealed: &'n str) -> Option<&'n str> {
        let (next, mac) = sealed.rsplit_once('.')?;
        self.keys
            .made("next", &self.parts(next), mac)
            .then_some(next)
    }
}
