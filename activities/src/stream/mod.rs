//! `stream`: what changed in the tables of calls and of requests, pushed to the screens that may see it. Nothing else pushes.
//!
//! Running a batch twice pushes the same revisions twice, and screens keep the highest they have seen. So a batch fails, to be run
//! again, only if the connections could not be read; one screen that cannot be reached never holds up another.

mod change;

use crate::aws::Aws;
use crate::http::access::{sees_request, shown_to};
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::connections::{Connection, Connections, PostError, Sockets};
use crate::shell::{self, Failure};
use crate::ws::POST_MAX;
pub(crate) use change::plain;
use change::{Changes, changes};
use contract::error::STORE_UNAVAILABLE;
use contract::push::Push;
use contract::request::RequestView;
use contract::view::CallView;
use contract::{PersonId, Role, TenantId};
use futures_util::StreamExt;
use futures_util::stream::iter;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How many messages are under way at once.
const AT_ONCE: usize = 32;
/// How often a message is tried, and the pause between, for a gateway that fails for now.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(50);
/// A connection as young as this may not be open yet: `$connect` records it first, so "gone" means nothing then. Seconds.
const OPENING_S: i64 = 10;

/// Serves the function until its environment is taken down.
///
/// # Errors
/// What the Lambda Runtime API answers, if that cannot go on.
pub async fn run(aws: Arc<Aws>) -> Result<(), lambda_runtime::Error> {
    shell::serve_events(move |event| {
        let aws = aws.clone();
        async move { handle(&*aws, &event).await }
    })
    .await
}

/// Pushes the calls and requests that an event of a table's stream tells of.
///
/// # Errors
/// [`Failure`] if the connections could not be read: the event source runs the batch again.
pub async fn handle(
    d: &(impl Clock + Connections + Sockets),
    event: &Value,
) -> Result<Value, Failure> {
    let changes = changes(event);
    let screens = screens(d, &changes).await.map_err(|error| Failure {
        name: STORE_UNAVAILABLE.to_owned(),
        message: shell::chain(&error),
    })?;
    let calls = changes.calls.into_iter().map(|call| {
        let seen_by = screens.of(&call);
        let call = Box::new(call);
        (seen_by, text(&Push::Call { call }))
    });
    let requests = changes.requests.into_iter().flat_map(|request| {
        let seen_by = screens.of_request(&request);
        told(&request, &seen_by)
    });
    let posts = calls.chain(requests).flat_map(|(seen_by, text)| {
        let to = move |connection| (connection, text.clone());
        seen_by.into_iter().map(to)
    });
    iter(posts)
        .for_each_concurrent(AT_ONCE, |(connection, text)| async move {
            post(d, connection, &text).await
        })
        .await;
    Ok(json!({ "batchItemFailures": [] }))
}

/// A push always has a JSON form.
fn text(push: &Push) -> Arc<str> {
    serde_json::to_string(push).unwrap_or_default().into()
}

/// A changed request for those who see it, as each role is shown it.
fn told(request: &RequestView, seen_by: &[Connection]) -> Vec<(Vec<Connection>, Arc<str>)> {
    let roles = [
        Role::Staff,
        Role::Administrator,
        Role::Operator,
        Role::Person,
    ];
    let of_roles = roles.into_iter().map(|role| {
        let of_role = seen_by.iter().filter(|one| one.role == role);
        (role, of_role.cloned().collect::<Vec<_>>())
    });
    of_roles
        .filter(|(_, to)| !to.is_empty())
        .map(|(role, to)| (to, request_text(shown_to(role, request.clone()))))
        .collect()
}

/// A changed request, whole if a message holds it.
fn request_text(request: RequestView) -> Arc<str> {
    let whole = text(&Push::Request {
        request: Box::new(request.clone()),
        is_whole: true,
    });
    if whole.len() <= POST_MAX {
        return whole;
    }
    let request = Box::new(RequestView {
        numbers: Vec::new(),
        steps: Vec::new(),
        timeline: Vec::new(),
        details: Value::Null,
        ..request
    });
    text(&Push::Request {
        request,
        is_whole: false,
    })
}

/// The open connections of everybody that a batch concerns.
struct Screens {
    people: BTreeMap<PersonId, Vec<Connection>>,
    operators: BTreeMap<TenantId, Vec<Connection>>,
    staff: Vec<Connection>,
}

async fn screens(
    d: &(impl Clock + Connections),
    changes: &Changes,
) -> Result<Screens, Unavailable> {
    let Changes { calls, requests } = changes;
    let now = d.now().as_second();
    let open = |connections: Vec<Connection>| {
        connections
            .into_iter()
            .filter(|open| open.expires > now)
            .collect::<Vec<_>>()
    };
    let parties: BTreeSet<_> = calls.iter().flat_map(CallView::people).cloned().collect();
    let of_calls = calls.iter().map(|call| call.tenant.clone());
    let of_requests = requests.iter().map(|request| request.tenant.clone());
    let tenants: BTreeSet<_> = of_calls.chain(of_requests).collect();
    let mut screens = Screens {
        people: BTreeMap::new(),
        operators: BTreeMap::new(),
        staff: Vec::new(),
    };
    if !requests.is_empty() {
        screens.staff = open(d.of_staff().await?);
    }
    for person in parties {
        let connections = d.of_person(&person).await?;
        screens.people.insert(person, open(connections));
    }
    for tenant in tenants {
        let mut watching = Vec::new();
        for role in [Role::Operator, Role::Administrator, Role::Staff] {
            watching.extend(d.of_role(&tenant, role).await?);
        }
        screens.operators.insert(tenant, open(watching));
    }
    Ok(screens)
}

impl Screens {
    /// Each connection that may see a call, once: an operator can also be a party.
    fn of(&self, call: &CallView) -> Vec<Connection> {
        let parties = call
            .people()
            .filter_map(|person| self.people.get(person))
            .flatten();
        let operators = self.operators.get(&call.tenant).into_iter().flatten();
        let may_see = parties
            .chain(operators)
            .filter(|connection| connection.tenant == call.tenant);
        each_once(may_see)
    }

    /// Each connection that may see a request, once.
    fn of_request(&self, request: &RequestView) -> Vec<Connection> {
        let of_tenant = self.operators.get(&request.tenant).into_iter().flatten();
        let all = of_tenant.chain(&self.staff);
        each_once(all.filter(|one| sees_request(&one.tenant, one.role, request)))
    }
}

fn each_once<'a>(connections: impl Iterator<Item = &'a Connection>) -> Vec<Connection> {
    connections
        .map(|connection| (connection.id.clone(), connection.clone()))
        .collect::<BTreeMap<_, _>>()
        .into_values()
        .collect()
}

/// Sends one message, with what can be done if it does not go out.
async fn post(d: &(impl Clock + Connections + Sockets), connection: Connection, text: &str) {
    for tries in 1..=TRIES {
        match d.post(&connection.id, text).await {
            Ok(()) => return,
            Err(PostError::Gone) => {
                if d.now().as_second() - connection.since < OPENING_S {
                    return tracing::debug!("a connection is not open yet");
                }
                if let Err(error) = d.remove(&connection).await {
                    tracing::warn!(
                        error = shell::chain(&error),
                        "a closed connection was not forgotten"
                    );
                }
                return;
            }
            Err(PostError::Refused(why)) => return tracing::error!(why, "a push was refused"),
            Err(PostError::Unavailable(error)) if tries == TRIES => {
                // The screen asks for everything when it connects again.
                return tracing::warn!(error = shell::chain(&error), "a push did not go out");
            }
            Err(PostError::Unavailable(_)) => d.sleep(PAUSE).await,
        }
    }
}

#[cfg(test)]
mod tests;
