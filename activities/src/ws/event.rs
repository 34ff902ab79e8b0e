//! API Gateway's WebSocket proxy events, as far as they matter here.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    request_context: Context,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    route_key: String,
    connection_id: String,
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// Somebody wants in.
    Connect,
    /// A connection has closed.
    Disconnect,
    /// A message came.
    Message,
}

impl Event {
    pub(super) fn route(&self) -> Route {
        match self.request_context.route_key.as_str() {
            "$connect" => Route::Connect,
            "$disconnect" => Route::Disconnect,
            // `$default`, and any route that a deployment names after it.
            _ => Route::Message,
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.request_context.connection_id
    }

    /// A header, whatever the case of its name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.as_ref()?.iter();
        headers
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The message. Base64 that does not read is a message that does not read either.
    pub(super) fn body(&self) -> Cow<'_, [u8]> {
        let body = self.body.as_deref().unwrap_or_default();
        if self.is_base64_encoded {
            STANDARD
                .decode(body)
                .map_or(Cow::Borrowed(body.as_bytes()), Cow::Owned)
        } else {
            Cow::Borrowed(body.as_bytes())
        }
    }
}
