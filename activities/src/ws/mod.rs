//! `ws-api`: the WebSocket API. It admits connections, answers `hello` and `ping`, and forgets what has closed.
//!
//! Pushing is not done here: the stream function does it, and nothing else.

mod connect;
mod event;

use crate::aws::Aws;
use crate::http::access::may_see;
use crate::http::unread;
use crate::people::{Caller, Keys};
use crate::ports::Unavailable;
use crate::ports::calls::{Calls, Shelf, Whose};
use crate::ports::clock::Clock;
use crate::ports::connections::{Connection, Connections, PostError, Sockets};
use crate::ports::directory::Directory;
use crate::ports::sessions::Sessions;
use crate::shell::{self, Failure};
use contract::error::STORE_UNAVAILABLE;
use contract::push::{Ask, Push};
use event::{Event, Route};
use serde_json::{Value, json};
use std::sync::Arc;

/// Longest message of a client, in bytes.
const ASK_MAX: usize = 4 * 1024;
/// Most bytes of one pushed message (API Gateway: 128 KiB), less what the frame around it takes.
pub(crate) const POST_MAX: usize = 128 * 1024;
/// Most live calls in a snapshot.
const SNAPSHOT_MAX: u32 = 100;

/// Serves the function until its environment is taken down.
///
/// # Errors
/// What the Lambda Runtime API answers, if that cannot go on; or if the keys that sign tokens are missing.
pub async fn run(aws: Arc<Aws>) -> Result<(), lambda_runtime::Error> {
    let keys = Arc::new(Keys::from_env()?);
    shell::serve_events(move |event| {
        let (aws, keys) = (aws.clone(), keys.clone());
        async move { handle(&*aws, &keys, event).await }
    })
    .await
}

/// Answers one event of the gateway.
///
/// # Errors
/// [`Failure`] if the event is none of a WebSocket API, or a service failed.
pub async fn handle(
    d: &(impl Calls + Clock + Connections + Directory + Sessions + Sockets),
    keys: &Keys,
    event: Value,
) -> Result<Value, Failure> {
    let event: Event = serde_json::from_value(event).map_err(|error| Failure::bad_input(&error))?;
    match event.route() {
        Route::Connect => Ok(connect::connect(d, keys, &event).await.map_err(failed)?),
        Route::Disconnect => {
            if let Some(connection) = d.connection(event.id()).await.map_err(failed)? {
                d.remove(&connection).await.map_err(failed)?;
            }
            Ok(status(200))
        }
        Route::Message => {
            let push = answer(d, &event).await.map_err(failed)?;
            // A push always has a JSON form.
            let text = serde_json::to_string(&push).unwrap_or_default();
            match d.post(event.id(), &text).await {
                Ok(()) | Err(PostError::Gone) => Ok(status(200)),
                Err(PostError::Refused(why)) => {
                    tracing::error!(why, "an answer was refused");
                    Ok(status(200))
                }
                Err(PostError::Unavailable(error)) => Err(failed(error)),
            }
        }
    }
}

fn failed(error: Unavailable) -> Failure {
    Failure {
        name: STORE_UNAVAILABLE.to_owned(),
        message: shell::chain(&error),
    }
}

fn status(code: u16) -> Value {
    json!({ "statusCode": code })
}

/// What a client's message is answered with.
async fn answer(d: &(impl Calls + Connections), event: &Event) -> Result<Push, Unavailable> {
    let error = |message: &str| {
        Ok(Push::Error {
            message: message.to_owned(),
        })
    };
    let body = event.body();
    if body.len() > ASK_MAX {
        return error("a message has at most 4096 bytes");
    }
    let ask = serde_json::from_slice::<Ask>(&body)
        .ok()
        .filter(|ask| unread(&body, ask).is_none());
    match ask {
        Some(Ask::Ping) => Ok(Push::Pong),
        Some(Ask::Hello) => match d.connection(event.id()).await? {
            Some(connection) => snapshot(d, &connection).await,
            None => error("this connection is not known any more: connect again"),
        },
        None => error(r#"a message is {"type":"hello"} or {"type":"ping"}"#),
    }
}

/// Every live call that a connection may see, as far as one message holds them: the newest first.
async fn snapshot(d: &impl Calls, connection: &Connection) -> Result<Push, Unavailable> {
    let caller = Caller {
        tenant: connection.tenant.clone(),
        person: connection.person.clone(),
        role: connection.role,
        session: connection.session.clone(),
    };
    let whose = if caller.role.sees_every_call() {
        Whose::Tenant(caller.tenant.clone())
    } else {
        Whose::Person(caller.person.clone())
    };
    let page = d.list(&whose, Shelf::Live, SNAPSHOT_MAX, None).await?;
    let mut left = POST_MAX - 64;
    let mut calls = Vec::new();
    for call in page.records.into_iter().map(|record| record.view) {
        let size = serde_json::to_string(&call).map_or(usize::MAX, |text| text.len() + 1);
        if !call.is_live() || !may_see(&caller, &call) {
            continue;
        }
        // What does not fit is pushed when it changes, and listed by `GET /v1/calls`.
        let Some(rest) = left.checked_sub(size) else {
            break;
        };
        left = rest;
        calls.push(call);
    }
    Ok(Push::Snapshot { calls })
}

#[cfg(test)]
mod tests;
