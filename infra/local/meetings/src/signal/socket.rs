//! The WebSocket at `/control/{meeting_id}`.

use super::codes::CloseCode;
use super::frames::{FrameType, decode};
use crate::hub::{Hub, Refusal, ToSocket};
use crate::ids::ConnId;
use crate::limits;
use crate::room::Input;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, StatusCode, header};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// The subprotocol the client offers before its token, and the server must select.
const SUBPROTOCOL: &str = "_aws_wt_session";
/// A close frame that cannot be written within this is not worth waiting for.
const WRITE_WITHIN: Duration = Duration::from_secs(5);

pub(crate) async fn upgrade(
    State(hub): State<Arc<Hub>>,
    Path(meeting): Path<String>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Some(token) = token(&headers) else {
        let words = "the subprotocols must be _aws_wt_session and a join token\n";
        return (StatusCode::BAD_REQUEST, words).into_response();
    };
    upgrade
        .protocols([SUBPROTOCOL])
        // The frame's own limit answers with a close code; this one only guards memory.
        .max_message_size(2 * limits::MAX_FRAME_BYTES)
        .max_frame_size(2 * limits::MAX_FRAME_BYTES)
        .on_upgrade(move |socket| async move {
            match hub.open_socket(&meeting, &token) {
                Ok((conn, outgoing)) => serve(&hub, conn, socket, outgoing).await,
                Err(Refusal(code)) => refuse(socket, code, hub.limits.join_within).await,
            }
        })
}

/// The offered subprotocol that is not ours.
fn token(headers: &HeaderMap) -> Option<String> {
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let offered: Vec<&str> = offered
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(str::trim)
        .collect();
    offered.contains(&SUBPROTOCOL).then_some(())?;
    offered
        .into_iter()
        .find(|p| *p != SUBPROTOCOL && !p.is_empty())
        .map(str::to_owned)
}

async fn serve(hub: &Hub, conn: ConnId, socket: WebSocket, mut outgoing: mpsc::Receiver<ToSocket>) {
    let (mut sink, mut stream) = socket.split();
    loop {
        tokio::select! {
            // What the room says comes first: a status before the close that follows it.
            biased;
            message = outgoing.recv() => match message {
                Some(ToSocket::Message(bytes)) => {
                    let written = tokio::time::timeout(WRITE_WITHIN, sink.send(Message::Binary(bytes))).await;
                    if !matches!(written, Ok(Ok(()))) {
                        break;
                    }
                }
                Some(ToSocket::Close(code)) => {
                    let _ = tokio::time::timeout(WRITE_WITHIN, sink.send(close(code))).await;
                    // Lets the client's own close arrive, so that it reads the code and not a reset.
                    let _ = tokio::time::timeout(WRITE_WITHIN, drain(&mut stream)).await;
                    break;
                }
                // The hub gave the connection up.
                None => {
                    let _ = tokio::time::timeout(WRITE_WITHIN, sink.send(close(CloseCode::TryAgain))).await;
                    break;
                }
            },
            message = stream.next() => match message {
                Some(Ok(Message::Binary(message))) => hub.input(conn, Input::Message { conn, message: &message }),
                Some(Ok(Message::Text(_))) => hub.input(conn, Input::NotBinary { conn }),
                // axum answers WebSocket pings.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
        }
    }
    hub.socket_closed(conn);
}

/// Refuses for good: a client retries a failed upgrade, but not a close after its JOIN.
async fn refuse(socket: WebSocket, code: CloseCode, within: Duration) {
    let (mut sink, mut stream) = socket.split();
    let joined = async {
        while let Some(Ok(message)) = stream.next().await {
            if let Message::Binary(bytes) = message
                && decode(&bytes).map_or(true, |frame| frame.frame_type() == Some(FrameType::Join))
            {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(within, joined).await;
    let _ = tokio::time::timeout(WRITE_WITHIN, sink.send(close(code))).await;
    let _ = tokio::time::timeout(WRITE_WITHIN, drain(&mut stream)).await;
}

fn close(code: CloseCode) -> Message {
    Message::Close(Some(CloseFrame {
        code: code as u16,
        reason: axum::extract::ws::Utf8Bytes::default(),
    }))
}

async fn drain(stream: &mut (impl StreamExt<Item = Result<Message, axum::Error>> + Unpin)) {
    while let Some(Ok(_)) = stream.next().await {}
}
