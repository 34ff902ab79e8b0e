//! `stream`: what changed in the table of calls, pushed to the screens that may see it. Nothing else pushes calls.
//!
//! Running a batch twice pushes the same revisions twice, and screens keep the highest they have seen. So a batch fails, to be run
//! again, only if the connections could not be read; one screen that cannot be reached never holds up another.

mod change;

use crate::aws::Aws;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::connections::{Connection, Connections, PostError, Sockets};
use crate::shell::{self, Failure};
use change::newest;
pub(crate) use change::plain;
use contract::error::STORE_UNAVAILABLE;
use contract::push::Push;
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

/// Pushes the calls that an event of the table's stream tells of.
///
/// # Errors
/// [`Failure`] if the connections could not be read: the event source runs the batch again.
pub async fn handle(
    d: &(impl Clock + Connections + Sockets),
    event: &Value,
) -> Result<Value, Failure> {
    let calls = newest(event);
    let screens = screens(d, &calls).await.map_err(|error| Failure {
        name: STORE_UNAVAILABLE.to_owned(),
        message: shell::chain(&error),
    })?;
    let posts = calls.into_iter().flat_map(|call| {
        let seen_by = screens.of(&call);
        // A push always has a JSON form.
        let text: Arc<str> = serde_json::to_string(&Push::Call {
            call: Box::new(call),
        })
        .unwrap_or_default()
        .into();
        seen_by
            .into_iter()
            .map(move |connection| (connection, text.clone()))
    });
    iter(posts)
        .for_each_concurrent(AT_ONCE, |(connection, text)| async move {
            post(d, connection, &text).await
        })
        .await;
    Ok(json!({ "batchItemFailures": [] }))
}

/// The open connections of everybody that a batch concerns.
struct Screens {
    people: BTreeMap<PersonId, Vec<Connection>>,
    operators: BTreeMap<TenantId, Vec<Connection>>,
}

async fn screens(
    d: &(impl Clock + Connections),
    calls: &[CallView],
) -> Result<Screens, Unavailable> {
    let now = d.now().as_second();
    let open = |connections: Vec<Connection>| {
        connections
            .into_iter()
            .filter(|open| open.expires > now)
            .collect::<Vec<_>>()
    };
    let parties: BTreeSet<_> = calls
        .iter()
        .flat_map(|call| &call.legs)
        .filter_map(|leg| leg.person.clone())
        .collect();
    let tenants: BTreeSet<_> = calls.iter().map(|call| call.tenant.clone()).collect();
    let mut screens = Screens {
        people: BTreeMap::new(),
        operators: BTreeMap::new(),
    };
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
            .legs
            .iter()
            .filter_map(|leg| self.people.get(leg.person.as_ref()?))
            .flatten();
        let operators = self.operators.get(&call.tenant).into_iter().flatten();
        let may_see = parties
            .chain(operators)
            .filter(|connection| connection.tenant == call.tenant);
        may_see
            .map(|connection| (connection.id.clone(), connection.clone()))
            .collect::<BTreeMap<_, _>>()
            .into_values()
            .collect()
    }
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
