//! What the shell brings back from a call.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::json::Json;

/// The answer to a [`super::Call`].
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Of a function.
    Function(FunctionAnswer),
    /// Of the engine's own API: its answer, with the API's names, or its error.
    Api(Result<Value, ApiFailure>),
    /// Of a service; the error is why it was not reached.
    Service(Result<ServiceAnswer, String>),
    /// Of the address that a task names.
    Http(Result<HttpAnswer, HttpFailure>),
}

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionAnswer {
    /// The function answered, or took the event.
    Returned(Returned),
    /// The function failed, and says so in its own words: this text is its whole answer.
    Failed(Bytes),
    /// The function failed.
    Threw {
        /// `errorType` of its answer.
        error_type: String,
        /// `errorMessage` of its answer.
        message: String,
    },
    /// There is no such function.
    NotFound {
        /// As it was asked for.
        function: String,
    },
    /// Too many at once.
    Throttled,
    /// The function ran longer than it may.
    TimedOut,
    /// The service refused or failed.
    Refused {
        /// HTTP status.
        status: u16,
        /// Name of the error.
        name: String,
        /// Its text.
        message: String,
    },
    /// The service was not reached.
    Unreachable(String),
}

/// What a function answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// The answer; an empty string for an event that was taken.
    pub payload: Json,
    /// Length of the answer on the wire, in bytes.
    pub length: usize,
    /// HTTP status.
    pub status: u16,
    /// The version that ran.
    pub executed_version: Option<String>,
    /// The end of its log, in Base64.
    pub log_result: Option<String>,
    /// Id of the request.
    pub request_id: String,
    /// When it was answered, as in an HTTP header.
    pub date: String,
}

/// An error of the engine's own API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiFailure {
    /// HTTP status.
    pub status: u16,
    /// Its name.
    pub name: String,
    /// Its text.
    pub message: String,
}

/// What a service answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAnswer {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body; what is not UTF-8 in it is replaced.
    pub body: String,
}

impl ServiceAnswer {
    /// The value of a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What the address that a task names answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// HTTP status.
    pub status: u16,
    /// The words of the status.
    pub reason: String,
    /// Headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl HttpAnswer {
    /// The result of a task, with the names of headers as `shown` writes them.
    pub(super) fn told(self, shown: fn(&str) -> &str) -> Json {
        let mut headers: Map<String, Value> = Map::new();
        for (name, value) in self.headers {
            let values = headers.entry(shown(&name)).or_insert_with(|| json!([]));
            if let Some(values) = values.as_array_mut() {
                values.push(Value::String(value));
            }
        }
        let body = serde_json::from_str(&self.body).unwrap_or(Value::String(self.body));
        let told = json!({
            "Headers": headers,
            "ResponseBody": body,
            "StatusCode": self.status,
            "StatusText": self.reason,
        });
        Json::trusted(told.to_string())
    }
}

/// A task that names an address got no answer of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpFailure {
    /// No connection, or it broke, or it took longer than 60 s.
    Socket(String),
    /// There is no such connection.
    Connection(String),
    /// The connection's authorization server refused.
    Authorization(String),
    /// The request cannot be made, or the answer is too large or, of a request by a connection, not text.
    Unusable(String),
}

/// `SdkHttpMetadata` as AWS writes it: every header as a list and as a string, and the status.
pub(super) fn metadata(headers: &[(&str, &str)], status: u16) -> Value {
    let lists: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!([value])))
        .collect();
    let strings: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    json!({ "AllHttpHeaders": lists, "HttpHeaders": strings, "HttpStatusCode": status })
}
