//! The WebSocket API: connections, their events to a function, and pushes back.
//!
//! Browsers cannot set headers on a WebSocket, so the token travels as a second subprotocol:
//! `Sec-WebSocket-Protocol: strowger, <token>`; the answer names `strowger`.

mod event;
mod management;
mod registry;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::functions::{Functions, InvokeError};
use crate::gateway::{http_event, origin};
use event::Connection;
use registry::Push;

pub use management::router as management_router;
pub use registry::Connections;

/// The subprotocol that clients offer and the gateway answers.
const SUBPROTOCOL: &str = "strowger";

/// The largest frame and message, in bytes. Source: API Gateway quotas: frame 32 KB, message 128 KB.
const FRAME_LIMIT_BYTES: usize = 32 * 1024;
const MESSAGE_LIMIT_BYTES: usize = 128 * 1024;

/// From one ping to the next.
const PING_PERIOD: Duration = Duration::from_secs(20);

/// A client that was silent for so long, pings notwithstanding, is gone.
const SILENCE_LIMIT: Duration = Duration::from_secs(50);

/// How long a closing client may take to read what is left.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// Close codes, RFC 6455 §7.4.1.
const GOING_AWAY: u16 = 1001;
const NOT_TEXT: u16 = 1003;
const NO_STATUS: u16 = 1005;
const ABNORMAL: u16 = 1006;

/// The WebSocket API. Cheap to clone.
#[derive(Clone)]
pub struct Sockets {
    functions: Functions,
    function: String,
    connections: Connections,
    tasks: TaskTracker,
}

impl Sockets {
    /// The API, served by one function.
    pub fn new(functions: Functions, function: String, connections: Connections) -> Self {
        Self {
            functions,
            function,
            connections,
            tasks: TaskTracker::new(),
        }
    }

    /// The route that clients connect to.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/ws", get(connect))
            .layer(middleware::from_fn(origin::same_site_only))
            .with_state(self.clone())
    }

    /// Tells the function that the connections of an earlier run are gone.
    pub async fn tell_what_is_gone(&self) {
        for connection in self.connections.left_behind() {
            if !self.connections.is_open(&connection.id) {
                self.tell_end(&connection, ABNORMAL, "the platform was restarted")
                    .await;
            }
        }
    }

    /// Closes all connections and waits, for a while, until the function knows.
    pub async fn shutdown(&self, patience: Duration) {
        self.connections.close_all();
        self.tasks.close();
        let _ = tokio::time::timeout(patience, self.tasks.wait()).await;
    }

    async fn invoke(&self, event: &Value) -> Result<Bytes, InvokeError> {
        self.functions
            .invoke(&self.function, Bytes::from(event.to_string()))
            .await
    }

    async fn tell_end(&self, connection: &Connection, status_code: u16, reason: &str) {
        let event = connection.disconnect_event(status_code, reason, Timestamp::now());
        match self.invoke(&event).await {
            Ok(_) => self.connections.forget(&connection.id),
            // It stays noted and is told at the next start.
            Err(error) => tracing::warn!(%error, "the end of a connection was not told"),
        }
    }
}

async fn connect(
    State(sockets): State<Sockets>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let now = Timestamp::now();
    let connection = Connection::new(&headers, peer.ip().to_string(), now);
    if let Err(error) = sockets.connections.note(&connection) {
        tracing::error!(%error, "a connection was refused");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let event = connection.connect_event(&headers, query.as_deref(), now);
    if let Some(refusal) = refusal(sockets.invoke(&event).await) {
        sockets.connections.forget(&connection.id);
        return refusal;
    }
    let pushes = sockets.connections.add(connection.clone());
    let failed = (sockets.clone(), connection.clone());
    upgrade
        .protocols([SUBPROTOCOL])
        .max_frame_size(FRAME_LIMIT_BYTES)
        .max_message_size(MESSAGE_LIMIT_BYTES)
        .on_failed_upgrade(move |_| {
            let (sockets, connection) = failed;
            sockets.clone().tasks.spawn(async move {
                sockets.connections.remove(&connection.id);
                sockets
                    .tell_end(
                        &connection,
                        ABNORMAL,
                        "the connection broke while it was made",
                    )
                    .await;
            });
        })
        .on_upgrade(move |socket| {
            let tasks = sockets.tasks.clone();
            tasks.track_future(serve(sockets, connection, socket, pushes))
        })
}

/// The response to a client that the function did not let in. Only an explicit 2xx lets one in.
fn refusal(answer: Result<Bytes, InvokeError>) -> Option<Response> {
    match answer {
        Ok(answer) if lets_in(&answer) => None,
        Ok(answer) => {
            let response =
                http_event::response(&answer).filter(|response| !response.status().is_success());
            Some(response.unwrap_or_else(|| StatusCode::BAD_GATEWAY.into_response()))
        }
        Err(InvokeError::Throttled) => Some(StatusCode::TOO_MANY_REQUESTS.into_response()),
        Err(error) => {
            tracing::warn!(%error, "a connection was not decided");
            Some(StatusCode::BAD_GATEWAY.into_response())
        }
    }
}

fn lets_in(answer: &[u8]) -> bool {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    answer["statusCode"]
        .as_u64()
        .is_some_and(|status| (200..300).contains(&status))
}

async fn serve(
    sockets: Sockets,
    connection: Connection,
    socket: WebSocket,
    pushes: mpsc::Receiver<Push>,
) {
    let (sink, stream) = socket.split();
    let (status_code, reason) = tokio::select! {
        end = write(sink, pushes) => end,
        end = read(&sockets, &connection, stream) => end,
    };
    sockets.connections.remove(&connection.id);
    sockets.tell_end(&connection, status_code, reason).await;
}

/// Sends pushes and pings until there is nothing left to send.
async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut pushes: mpsc::Receiver<Push>,
) -> (u16, &'static str) {
    let mut ping = tokio::time::interval_at(Instant::now() + PING_PERIOD, PING_PERIOD);
    loop {
        let message = tokio::select! {
            push = pushes.recv() => match push {
                Some(Push::Text(text)) => match Utf8Bytes::try_from(text) {
                    Ok(text) => Message::Text(text),
                    Err(_) => continue,
                },
                Some(Push::Close { code, reason }) => return close(sink, code, reason).await,
                None => return close(sink, GOING_AWAY, "the server closes").await,
            },
            _ = ping.tick() => Message::Ping(Bytes::new()),
        };
        if sink.send(message).await.is_err() {
            return (ABNORMAL, "the connection broke");
        }
    }
}

async fn close(
    mut sink: SplitSink<WebSocket, Message>,
    code: u16,
    reason: &'static str,
) -> (u16, &'static str) {
    let frame = CloseFrame {
        code,
        reason: Utf8Bytes::from_static(reason),
    };
    let _ = tokio::time::timeout(CLOSE_LIMIT, sink.send(Message::Close(Some(frame)))).await;
    (code, reason)
}

/// Hands each message to the function, one after the other, until the client is gone.
async fn read(
    sockets: &Sockets,
    connection: &Connection,
    mut stream: SplitStream<WebSocket>,
) -> (u16, &'static str) {
    loop {
        let message = match tokio::time::timeout(SILENCE_LIMIT, stream.next()).await {
            Err(_) => return (ABNORMAL, "the client was silent"),
            Ok(None | Some(Err(_))) => return (ABNORMAL, "the connection broke"),
            Ok(Some(Ok(message))) => message,
        };
        sockets.connections.active(&connection.id);
        match message {
            Message::Text(text) => {
                let event = connection.message_event(&text, Timestamp::now());
                if let Err(error) = sockets.invoke(&event).await {
                    tracing::warn!(%error, "a message was not handled");
                    let told = json!({
                        "message": "Internal server error",
                        "connectionId": connection.id,
                        "requestId": event["requestContext"]["requestId"],
                    });
                    let _ = sockets
                        .connections
                        .push(&connection.id, Push::Text(Bytes::from(told.to_string())));
                }
            }
            Message::Binary(_) => {
                let close = Push::Close {
                    code: NOT_TEXT,
                    reason: "only text is understood",
                };
                let _ = sockets.connections.push(&connection.id, close);
            }
            Message::Close(frame) => {
                // The answer to a close frame goes out with the next read.
                let _ = tokio::time::timeout(CLOSE_LIMIT, stream.next()).await;
                return (
                    frame.map_or(NO_STATUS, |frame| frame.code),
                    "the client closed the connection",
                );
            }
            Message::Ping(_) | Message::Pong(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_explicit_success_lets_a_client_in() {
        for (answer, status) in [
            (r#"{"statusCode":200}"#, None),
            (r#"{"statusCode":401,"body":"no"}"#, Some(401)),
            (r#"{"statusCode":429}"#, Some(429)),
            ("null", Some(502)),
            (r#"{"ok":true}"#, Some(502)),
            (r#"{"statusCode":"200"}"#, Some(502)),
            ("not json", Some(502)),
        ] {
            let refused =
                refusal(Ok(Bytes::from(answer))).map(|response| response.status().as_u16());
            assert_eq!(refused, status, "{answer}");
        }
        assert!(refusal(Err(InvokeError::Timeout)).is_some());
    }
}
