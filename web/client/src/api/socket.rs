//! One WebSocket connection: what comes in, as a stream of events.

use contract::DeviceId;
use contract::push::{Ask, DEVICE_PREFIX, Push, SUBPROTOCOL};
use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, WebSocket};

/// What happens to a connection.
pub(crate) enum Wire {
    /// It is open.
    Open,
    /// The server says something.
    Push(Push),
    /// It is over.
    Closed,
}

/// An open or opening connection. Dropping it closes it.
pub(crate) struct Socket {
    socket: WebSocket,
    _listeners: Vec<EventListener>,
}

impl Socket {
    /// Begins to connect. The token travels as a subprotocol: a browser can set no header here, and an address would
    /// end up in logs.
    pub(crate) fn open(
        token: &str,
        device: &DeviceId,
    ) -> Result<(Self, UnboundedReceiver<Wire>), JsValue> {
        let location = web_sys::window().ok_or(JsValue::NULL)?.location();
        let scheme = if location.protocol()? == "https:" {
            "wss"
        } else {
            "ws"
        };
        let protocols = js_sys::Array::new();
        for protocol in [SUBPROTOCOL, token, &format!("{DEVICE_PREFIX}{device}")] {
            protocols.push(&protocol.into());
        }
        let socket = WebSocket::new_with_str_sequence(
            &format!("{scheme}://{}/ws", location.host()?),
            &protocols,
        )?;
        let (send, receive) = unbounded();
        let mut listeners = Vec::new();
        let opened = send.clone();
        listeners.push(EventListener::once(&socket, "open", move |_| {
            drop(opened.unbounded_send(Wire::Open))
        }));
        let said = send.clone();
        listeners.push(EventListener::new(&socket, "message", move |event| {
            let text = event
                .dyn_ref::<MessageEvent>()
                .and_then(|event| event.data().as_string());
            // A message of a later version that this one does not know is not for us.
            if let Some(push) = text.and_then(|text| serde_json::from_str(&text).ok()) {
                let _ = said.unbounded_send(Wire::Push(push));
            }
        }));
        listeners.push(EventListener::once(&socket, "close", move |_| {
            drop(send.unbounded_send(Wire::Closed))
        }));
        Ok((
            Self {
                socket,
                _listeners: listeners,
            },
            receive,
        ))
    }

    /// Sends; a connection that is not open shows by its end, not here.
    pub(crate) fn ask(&self, ask: &Ask) {
        if let Ok(text) = serde_json::to_string(ask) {
            let _ = self.socket.send_with_str(&text);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}
