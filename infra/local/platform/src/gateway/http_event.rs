//! API Gateway's HTTP API proxy events, payload format 2.0: pure.
//!
//! Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs".

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::names::ACCOUNT;

/// The name of this machine's API.
pub const API_ID: &str = "local";

/// When and whence a request came.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// When.
    pub at: Timestamp,
    /// The peer's address.
    pub source_ip: IpAddr,
    /// A new id.
    pub request_id: String,
}

/// Headers that only a proxy in front of us could know; a client's own words are dropped.
const FORWARDED: [&str; 4] = [
    "x-forwarded-for",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-amzn-trace-id",
];

/// The event for a request.
pub fn event(parts: &Parts, body: &Bytes, arrival: &Arrival) -> Value {
    let host = host(&parts.headers);
    let mut headers = joined(&parts.headers);
    headers.retain(|name, _| name != "cookie" && !FORWARDED.contains(&name.as_str()));
    headers.insert("x-forwarded-for".to_owned(), arrival.source_ip.to_string());
    headers.insert("x-forwarded-proto".to_owned(), "http".to_owned());
    let user_agent = headers.get("user-agent").cloned().unwrap_or_default();
    let path = parts.uri.path();
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API_ID,
            "domainName": host,
            "domainPrefix": host.split('.').next().unwrap_or_default(),
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": format!("{:?}", parts.version),
                "sourceIp": arrival.source_ip.to_string(),
                "userAgent": user_agent,
            },
            "requestId": arrival.request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": log_time(arrival.at),
            "timeEpoch": arrival.at.as_millisecond(),
        },
        "isBase64Encoded": false,
    });
    let cookies: Vec<&str> = parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';').map(str::trim))
        .filter(|cookie| !cookie.is_empty())
        .collect();
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if let Some(query) = parts.uri.query().filter(|query| !query.is_empty()) {
        event["queryStringParameters"] = Value::Object(query_parameters(query));
    }
    if !body.is_empty() {
        match std::str::from_utf8(body) {
            Ok(text) if is_text(&parts.headers) => event["body"] = json!(text),
            _ => {
                event["body"] = json!(STANDARD.encode(body));
                event["isBase64Encoded"] = json!(true);
            }
        }
    }
    event
}

/// A time as access logs write it: `20/Nov/2026:22:15:07 +0000`.
pub fn log_time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%d/%b/%Y:%H:%M:%S %z")
        .to_string()
}

/// The host that was asked for.
pub fn host(headers: &HeaderMap) -> String {
    headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost")
        .to_owned()
}

/// Headers by lower-case name, several values of one joined by commas.
pub fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str().to_owned())
            .and_modify(|known| {
                known.push(',');
                known.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    joined
}

fn query_parameters(query: &str) -> Map<String, Value> {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value);
        parameters
            .entry(decoded(name))
            .and_modify(|known| {
                known.push(',');
                known.push_str(&value);
            })
            .or_insert(value);
    }
    parameters
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect()
}

/// `application/x-www-form-urlencoded`, decoded; what is not well formed stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        match (
            bytes[at],
            hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (other, _) => out.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn is_text(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let kind = kind
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind.starts_with("text/")
        || kind.ends_with("json")
        || kind.ends_with("xml")
        || kind == "application/x-www-form-urlencoded"
        || kind == "application/javascript"
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    status_code: u16,
    #[serde(default)]
    headers: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response that a function's answer means; none if it means none.
///
/// An answer without `statusCode` is the body of a 200 response itself.
pub fn response(answer: &Bytes) -> Option<Response<Body>> {
    let value: Value = serde_json::from_slice(answer).ok()?;
    if value.get("statusCode").is_none() {
        let text = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        return Response::builder()
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(text))
            .ok();
    }
    let told: Told = serde_json::from_value(value).ok()?;
    let body = told.body.unwrap_or_default();
    let body = if told.is_base64_encoded {
        STANDARD.decode(body).ok()?
    } else {
        body.into_bytes()
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(told.status_code).ok()?;
    let headers = response.headers_mut();
    for (name, value) in told.headers.unwrap_or_default() {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        add(headers, &name, &value)?;
    }
    for (name, values) in told.multi_value_headers.unwrap_or_default() {
        for value in values {
            add(headers, &name, &value)?;
        }
    }
    for cookie in told.cookies.unwrap_or_default() {
        add(headers, "set-cookie", &cookie)?;
    }
    // The length is that of the decoded body, whatever the function thought.
    headers.remove(header::CONTENT_LENGTH);
    headers
        .entry(header::CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("text/plain; charset=utf-8"));
    Some(response)
}

fn add(headers: &mut HeaderMap, name: &str, value: &str) -> Option<()> {
    headers.append(
        HeaderName::from_bytes(name.as_bytes()).ok()?,
        HeaderValue::from_str(value).ok()?,
    );
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn arrival() -> Arrival {
        Arrival {
            at: "2026-11-20T22:15:07.5Z".parse().expect("a time"),
            source_ip: IpAddr::from([127, 0, 0, 1]),
            request_id: "r-1".to_owned(),
        }
    }

    fn event_of(request: Request<()>, body: &'static [u8]) -> Value {
        event(
            &request.into_parts().0,
            &Bytes::from_static(body),
            &arrival(),
        )
    }

    #[test]
    fn an_event_carries_the_request_as_api_gateway_shapes_it() {
        let request = Request::builder()
            .method("POST")
            .uri("/v1/calls/a%20b?to=%2B41445550100&to=x+y&flag")
            .header("host", "localhost:8080")
            .header("accept", "a")
            .header("accept", "b")
            .header("cookie", "one=1; two=2")
            .header("x-forwarded-for", "203.0.113.9")
            .header("content-type", "application/json")
            .body(())
            .expect("a request");
        let event = event_of(request, br#"{"a":1}"#);
        assert_eq!(event["version"], "2.0");
        assert_eq!(event["rawPath"], "/v1/calls/a%20b");
        assert_eq!(event["rawQueryString"], "to=%2B41445550100&to=x+y&flag");
        assert_eq!(
            event["queryStringParameters"],
            json!({ "to": "+41445550100,x y", "flag": "" })
        );
        assert_eq!(event["cookies"], json!(["one=1", "two=2"]));
        assert_eq!(event["headers"]["accept"], "a,b");
        assert_eq!(event["headers"].get("cookie"), None);
        assert_eq!(event["headers"]["x-forwarded-for"], "127.0.0.1");
        assert_eq!(event["requestContext"]["http"]["method"], "POST");
        assert_eq!(event["requestContext"]["http"]["protocol"], "HTTP/1.1");
        assert_eq!(
            event["requestContext"]["time"],
            "20/Nov/2026:22:15:07 +0000"
        );
        assert_eq!(event["requestContext"]["timeEpoch"], 1_795_212_907_500_i64);
        assert_eq!(
            (event["body"].as_str(), event["isBase64Encoded"].as_bool()),
            (Some(r#"{"a":1}"#), Some(false))
        );
    }

    #[test]
    fn a_body_that_is_no_text_travels_in_base64() {
        let request = Request::builder()
            .uri("/v1/x")
            .header("content-type", "audio/wav")
            .body(())
            .expect("request");
        let event = event_of(request, &[0xff, 0x00]);
        assert_eq!(
            (event["body"].as_str(), event["isBase64Encoded"].as_bool()),
            (Some("/wA="), Some(true))
        );
    }

    #[test]
    fn an_answer_becomes_a_response_with_its_cookies() {
        let answer = json!({
            "statusCode": 201,
            "headers": { "content-type": "application/json", "content-length": "999" },
            "multiValueHeaders": {},
            "cookies": ["a=1; HttpOnly", "b=2"],
            "body": "aGk=",
            "isBase64Encoded": true,
        });
        let response = response(&Bytes::from(answer.to_string())).expect("a response");
        assert_eq!(response.status(), StatusCode::CREATED);
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1; HttpOnly", "b=2"]);
        assert!(!response.headers().contains_key("content-length"));
    }

    #[test]
    fn an_answer_without_a_status_is_itself_the_body() {
        let plain = response(&Bytes::from_static(br#"{"ok":true}"#)).expect("a response");
        assert_eq!(plain.status(), StatusCode::OK);
        assert_eq!(plain.headers()["content-type"], "application/json");
    }

    #[test]
    fn an_answer_that_no_response_can_hold_is_refused() {
        for wrong in [
            "not json".to_owned(),
            json!({ "statusCode": 99 }).to_string(),
            json!({ "statusCode": 200, "headers": { "bad name": "x" } }).to_string(),
            json!({ "statusCode": 200, "headers": { "x": "line\nbreak" } }).to_string(),
            json!({ "statusCode": 200, "body": "%%", "isBase64Encoded": true }).to_string(),
        ] {
            assert!(response(&Bytes::from(wrong.clone())).is_none(), "{wrong}");
        }
    }
}
