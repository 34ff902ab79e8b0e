//! API Gateway's WebSocket proxy events: pure.
//!
//! Source: API Gateway developer guide, "Set up a WebSocket API integration request" and the `$context` variables.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::gateway::http_event::{API_ID, host, joined, log_time};

/// What the gateway knows about a connection from its start to its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Connection {
    /// Its id, as functions and `@connections` name it.
    pub(super) id: String,
    /// When it began, in milliseconds since 1970.
    pub(super) connected_at_ms: i64,
    /// The peer's address.
    pub(super) source_ip: String,
    /// The peer's program, in its own words.
    pub(super) user_agent: String,
    /// The host that was asked for.
    pub(super) domain_name: String,
}

impl Connection {
    /// A new connection.
    pub(super) fn new(headers: &HeaderMap, source_ip: String, now: Timestamp) -> Self {
        let user_agent = headers
            .get("user-agent")
            .and_then(|agent| agent.to_str().ok())
            .unwrap_or_default();
        Self {
            id: uuid::Uuid::new_v4().simple().to_string(),
            connected_at_ms: now.as_millisecond(),
            source_ip,
            user_agent: user_agent.to_owned(),
            domain_name: host(headers),
        }
    }

    /// The `$connect` event: the only one with the request's headers.
    pub(super) fn connect_event(
        &self,
        headers: &HeaderMap,
        query: Option<&str>,
        now: Timestamp,
    ) -> Value {
        let mut event = json!({
            "headers": joined(headers),
            "multiValueHeaders": every(headers),
            "requestContext": self.context("$connect", "CONNECT", now),
            "isBase64Encoded": false,
        });
        if let Some(query) = query.filter(|query| !query.is_empty()) {
            let pairs = query
                .split('&')
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            let parameters: Map<String, Value> = pairs
                .map(|(name, value)| (name.to_owned(), json!(value)))
                .collect();
            event["queryStringParameters"] = Value::Object(parameters);
        }
        event
    }

    /// The event for a message.
    pub(super) fn message_event(&self, body: &str, now: Timestamp) -> Value {
        let mut context = self.context("$default", "MESSAGE", now);
        context["messageId"] = json!(uuid::Uuid::new_v4().simple().to_string());
        json!({ "requestContext": context, "body": body, "isBase64Encoded": false })
    }

    /// The `$disconnect` event.
    pub(super) fn disconnect_event(&self, status_code: u16, reason: &str, now: Timestamp) -> Value {
        let mut context = self.context("$disconnect", "DISCONNECT", now);
        context["disconnectStatusCode"] = json!(status_code);
        context["disconnectReason"] = json!(reason);
        let host = &self.domain_name;
        json!({
            "headers": { "Host": host },
            "multiValueHeaders": { "Host": [host] },
            "requestContext": context,
            "isBase64Encoded": false,
        })
    }

    fn context(&self, route: &str, kind: &str, now: Timestamp) -> Value {
        let request_id = uuid::Uuid::new_v4().to_string();
        json!({
            "routeKey": route,
            "eventType": kind,
            "extendedRequestId": request_id,
            "requestTime": log_time(now),
            "messageDirection": "IN",
            "stage": "$default",
            "connectedAt": self.connected_at_ms,
            "requestTimeEpoch": now.as_millisecond(),
            "identity": { "sourceIp": self.source_ip, "userAgent": self.user_agent },
            "requestId": request_id,
            "domainName": self.domain_name,
            "connectionId": self.id,
            "apiId": API_ID,
        })
    }
}

fn every(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut every: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        every
            .entry(name.as_str().to_owned())
            .or_default()
            .push(value);
    }
    every
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_carries_what_its_route_needs() {
        let now: Timestamp = "2026-11-20T22:15:07Z".parse().expect("a time");
        let mut headers = HeaderMap::new();
        headers.insert("host", "localhost:8080".parse().expect("a header"));
        headers.insert(
            "sec-websocket-protocol",
            "strowger, abc".parse().expect("a header"),
        );
        let connection = Connection::new(&headers, "127.0.0.1".to_owned(), now);

        let connect = connection.connect_event(&headers, Some("a=1"), now);
        assert_eq!(
            connect["headers"]["sec-websocket-protocol"],
            "strowger, abc"
        );
        assert_eq!(
            connect["multiValueHeaders"]["host"],
            json!(["localhost:8080"])
        );
        assert_eq!(connect["queryStringParameters"]["a"], "1");
        let message = connection.message_event("hello", now);
        assert_eq!(message["body"], "hello");
        assert!(message["requestContext"]["messageId"].is_string());
        let disconnect = connection.disconnect_event(1001, "gone", now);
        assert_eq!(disconnect["requestContext"]["disconnectStatusCode"], 1001);

        for (event, route, kind) in [
            (connect, "$connect", "CONNECT"),
            (message, "$default", "MESSAGE"),
            (disconnect, "$disconnect", "DISCONNECT"),
        ] {
            let context = &event["requestContext"];
            assert_eq!(
                (context["routeKey"].as_str(), context["eventType"].as_str()),
                (Some(route), Some(kind))
            );
            assert_eq!(context["connectionId"], connection.id.as_str());
            assert_eq!(context["stage"], "$default");
            assert_eq!(context["domainName"], "localhost:8080");
        }
    }
}
