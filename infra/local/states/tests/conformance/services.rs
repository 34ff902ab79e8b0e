//! A server in the place of AWS's services, of a Lambda endpoint and of the addresses that tasks name.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What the server answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Reply {
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The body, as JSON ...
    json: Option<Value>,
    /// ... or as text ...
    text: Option<String>,
    /// ... or as bytes, so many times over.
    bytes: Option<Vec<u8>>,
    #[serde(default = "once")]
    times: usize,
}

fn once() -> usize {
    1
}

fn ok() -> u16 {
    200
}

type Asked = Arc<Mutex<HashMap<String, Vec<Value>>>>;

/// The server of one case.
#[derive(Clone)]
pub(crate) struct Services {
    replies: Arc<BTreeMap<String, Vec<Reply>>>,
    asked: Asked,
    pub(crate) address: SocketAddr,
}

impl Services {
    pub(crate) async fn open(replies: BTreeMap<String, Vec<Reply>>) -> Result<Self, String> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let services = Self {
            replies: Arc::new(replies),
            asked: Asked::default(),
            address,
        };
        let router = Router::new().fallback(answer).with_state(services.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(services)
    }

    /// The requests to an operation (`PutItem`) or path (`POST /x`) so far.
    pub(crate) fn asked(&self, what: &str) -> Vec<Value> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.get(what).cloned().unwrap_or_default()
    }

    /// Notes a request and gives its number, from 0.
    fn note(&self, what: &str, request: Value) -> usize {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let list = asked.entry(what.to_owned()).or_default();
        list.push(request);
        list.len() - 1
    }
}

async fn answer(
    State(services): State<Services>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = String::from_utf8_lossy(&body).into_owned();
    let target = headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok());
    let what = match target.and_then(|target| target.rsplit('.').next()) {
        Some(operation) => operation.to_owned(),
        None => format!("{method} {}", uri.path()),
    };
    let told: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap_or_default())))
        .collect();
    let json: Value = serde_json::from_str(&text).unwrap_or_default();
    let request = json!({ "query": uri.query(), "headers": told, "text": text, "json": json });
    let number = services.note(&what, request);
    let Some(reply) = services
        .replies
        .get(&what)
        .and_then(|replies| replies.get(number).or_else(|| replies.last()))
    else {
        let words = format!("the case says nothing of {what}");
        return (StatusCode::NOT_IMPLEMENTED, words).into_response();
    };
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let mut response = match (&reply.json, &reply.text, &reply.bytes) {
        (Some(json), _, _) => (status, json.to_string()).into_response(),
        (None, Some(text), _) => (status, text.clone()).into_response(),
        (None, None, Some(bytes)) => (status, bytes.repeat(reply.times)).into_response(),
        (None, None, None) => (status, String::new()).into_response(),
    };
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
