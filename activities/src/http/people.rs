//! Who is signed in, and who else is there.
use super::session::me_of;
use super::{Ports, Refused, Shared};
use crate::people::Caller;
use crate::ports::api_keys::ApiKey;
use crate::ports::calls::{Calls, Shelf, Whose};
use crate::ports::connections::Connections;
use crate::ports::directory;
use axum::Json;
use axum::extract::State;
use contract::api::{Me, People, Person, Presence};
use contract::view::Rang;
use contract::{PersonId, Role, TenantId};
use std::collections::HashSet;

/// Most live calls of a tenant that are looked through for who is in one, in pages of 100.
const PAGES_MAX: usize = 10;

/// The signed-in person; for a program the key that it asks by, with the key's name and no address.
#[utoipa::path(get, path = "/v1/me", tag = "people", security(("bearer" = [])), responses(
    (status = 200, description = "Who asks", body = Me),
))]
pub(super) async fn me<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
) -> Result<Json<Me>, Refused> {
    let d = &*api.ports;
    let person = match caller.key() {
        Some(key) => d.api_key(&caller.tenant, &key).await?.map(as_person),
        None => d.person(&caller.tenant, &caller.person).await?,
    };
    Ok(Json(me_of(d, person.ok_or_else(gone)?).await?))
}

/// A key as somebody whom nobody calls or writes to.
fn as_person(key: ApiKey) -> directory::Person {
    directory::Person {
        person: PersonId::from(key.view.id),
        tenant: key.tenant,
        name: key.view.name,
        email: String::new(),
        role: key.view.role,
        numbers: Vec::new(),
        ring_limit_s: 0,
        language: None,
    }
}

/// The people of the tenant, by name, and whether they can be rung.
#[utoipa::path(get, path = "/v1/people", tag = "people", security(("bearer" = [])), responses(
    (status = 200, description = "The tenant's people", body = People),
))]
pub(super) async fn people<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
) -> Result<Json<People>, Refused> {
    let d = &*api.ports;
    let people = d.people(&caller.tenant).await?;
    let on_call = on_call(d, &caller.tenant).await?;
    let connected = connected(d, &caller.tenant, d.now().as_second()).await?;
    let presence = |person: &PersonId| {
        if on_call.contains(person) {
            Presence::OnCall
        } else if connected.contains(person) {
            Presence::Available
        } else {
            Presence::Offline
        }
    };
    let people = people.into_iter().map(|person| Person {
        presence: presence(&person.person),
        person: person.person,
        name: person.name,
        email: person.email,
        numbers: person.numbers,
    });
    Ok(Json(People {
        people: people.collect(),
    }))
}

/// Who was removed while signed in is nobody.
pub(super) fn gone() -> Refused {
    Refused::unauthorised("Session.Invalid", "this person is not known any more")
}

async fn on_call(d: &impl Calls, tenant: &TenantId) -> Result<HashSet<PersonId>, Refused> {
    let mut people = HashSet::new();
    let mut next = None;
    for _ in 0..PAGES_MAX {
        let page = d
            .list(
                &Whose::Tenant(tenant.clone()),
                Shelf::Live,
                100,
                next.as_deref(),
            )
            .await?;
        for record in page.records.iter().filter(|record| record.view.is_live()) {
            people.extend(record.view.legs.iter().filter_map(|leg| leg.person.clone()));
            let rung = record.view.rung.iter();
            let ringing = rung.filter(|rung| rung.status == Rang::Ringing);
            people.extend(ringing.map(|rung| rung.person.clone()));
        }
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    Ok(people)
}

async fn connected(
    d: &impl Connections,
    tenant: &TenantId,
    now: i64,
) -> Result<HashSet<PersonId>, Refused> {
    let mut people = HashSet::new();
    for role in [
        Role::Person,
        Role::Operator,
        Role::Administrator,
        Role::Staff,
    ] {
        let connections = d.of_role(tenant, role).await?;
        people.extend(
            connections
                .into_iter()
                .filter(|connection| connection.expires > now)
                .map(|connection| connection.person),
        );
    }
    Ok(people)
}
