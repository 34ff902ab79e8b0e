//! The request of a task to an address that it names. What an HTTP task's connection has is merged into it, and only then it is
//! written down.
//!
//! Source: developer guide, "Call HTTPS APIs in Step Functions workflows": "Merging EventBridge connection and HTTP Task
//! definition data", "Applying URL-encoding on request body".

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::query::encoded;

/// The methods of requests.
pub(super) const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json; charset=UTF-8";
/// Headers that Step Functions sets, whatever the task or the connection has.
const SET_HERE: [&str; 3] = ["Host", "Range", "User-Agent"];

/// The request of a task to an address that it names, before it is authorized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpCall {
    /// HTTP method.
    pub method: String,
    /// The address, without query parameters but those of `ApiEndpoint`.
    pub url: String,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// Headers, names as they were given; they are compared without regard to case.
    pub headers: Vec<(String, String)>,
    /// The body; text is sent as it is.
    pub body: Option<Value>,
    /// How the body is written.
    pub encoding: BodyEncoding,
    /// What authorizes it.
    pub authority: Authority,
    /// Largest body that an answer may have, in bytes.
    pub most_bytes: usize,
}

/// What authorizes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// Nothing.
    Nobody,
    /// The credentials of a connection, by its ARN.
    Connection(String),
    /// The engine's keys, in a signature for API Gateway.
    Keys {
        /// The region that is signed for.
        region: String,
    },
}

/// `RequestBodyEncoding` of `Transform`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEncoding {
    /// `NONE`: JSON; text as it is.
    Json,
    /// `URL_ENCODED`: a form.
    Form(Arrays),
}

/// `ArrayFormat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrays {
    /// `a[0]=1&a[1]=2`.
    Indices,
    /// `a=1&a=2`.
    Repeat,
    /// `a=1,2`.
    Commas,
    /// `a[]=1&a[]=2`.
    Brackets,
    /// A list is its JSON.
    None,
}

/// Headers and body as they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
}

/// Whether a host is this machine, which may be asked without TLS.
pub(super) fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// Whether a header is one of these names, or begins as one of these prefixes, both in small letters.
pub(super) fn is_among(name: &str, names: &[&str], prefixes: &[&str]) -> bool {
    let small = name.to_ascii_lowercase();
    names.contains(&small.as_str()) || prefixes.iter().any(|prefix| small.starts_with(prefix))
}

/// Whether Step Functions alone sets this header.
pub(crate) fn is_set_here(name: &str) -> bool {
    SET_HERE.iter().any(|set| set.eq_ignore_ascii_case(name))
}

impl HttpCall {
    /// Sets a header in the place of all of its name.
    pub(crate) fn set_header(&mut self, name: &str, value: String) {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value));
    }

    /// Sets a query parameter in the place of all of its name.
    pub(crate) fn set_query(&mut self, name: &str, value: String) {
        self.query.retain(|(n, _)| n != name);
        self.query.push((name.to_owned(), value));
    }

    /// Adds the members of a connection to the body, in the place of those of their names. The error is a sentence: only an
    /// object can be merged.
    pub(crate) fn merge_body(
        &mut self,
        members: &BTreeMap<String, Value>,
        connection: &str,
    ) -> Result<(), String> {
        if members.is_empty() {
            return Ok(());
        }
        let mut body = match self.body.take() {
            None => Map::new(),
            Some(Value::Object(body)) => body,
            Some(other) => {
                let kind = if other.is_string() {
                    "a string"
                } else {
                    "no object"
                };
                self.body = Some(other);
                return Err(format!(
                    "'RequestBody' of http:invoke is {kind}, so the body of the connection '{connection}' cannot be merged with it"
                ));
            }
        };
        body.extend(
            members
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        self.body = Some(Value::Object(body));
        Ok(())
    }

    /// Headers and body as they are sent. The error is a sentence about a body that cannot be a form.
    pub(crate) fn written(&self) -> Result<Written, String> {
        let mut headers = self.headers.clone();
        let Some(body) = &self.body else {
            return Ok(Written {
                headers,
                body: None,
            });
        };
        let mut named = headers.iter();
        let kind = named.find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let kind = kind.map(|(_, value)| value.to_ascii_lowercase());
        let body = match self.encoding {
            BodyEncoding::Json => plain(body),
            BodyEncoding::Form(_) if kind.as_ref().is_none_or(|kind| !kind.starts_with(FORM)) => {
                return Err(format!(
                    "'RequestBodyEncoding' URL_ENCODED of http:invoke needs the header Content-Type: {FORM}"
                ));
            }
            BodyEncoding::Form(arrays) => form(body, arrays)?,
        };
        if kind.is_none() {
            headers.push(("Content-Type".to_owned(), JSON.to_owned()));
        }
        Ok(Written {
            headers,
            body: Some(body),
        })
    }
}

/// A name with each of its values.
pub(super) fn repeated(name: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| (name.to_owned(), plain(item)))
            .collect(),
        single => vec![(name.to_owned(), plain(single))],
    }
}

/// Text as it is, anything else as its JSON.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The body as a form.
fn form(body: &Value, arrays: Arrays) -> Result<String, String> {
    let Some(members) = body.as_object() else {
        return Err("'RequestBody' of http:invoke must be an object to be URL_ENCODED".to_owned());
    };
    let mut pairs = Vec::new();
    for (name, value) in members {
        push(&mut pairs, name.clone(), value, arrays);
    }
    let told: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    Ok(told.join("&"))
}

fn push(pairs: &mut Vec<(String, String)>, name: String, value: &Value, arrays: Arrays) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                push(pairs, format!("{name}[{member}]"), value, arrays);
            }
        }
        Value::Array(items) => match arrays {
            Arrays::Indices => {
                for (i, item) in items.iter().enumerate() {
                    push(pairs, format!("{name}[{i}]"), item, arrays);
                }
            }
            Arrays::Repeat => items
                .iter()
                .for_each(|item| push(pairs, name.clone(), item, arrays)),
            Arrays::Brackets => {
                for item in items {
                    push(pairs, format!("{name}[]"), item, arrays);
                }
            }
            Arrays::Commas => {
                let joined: Vec<String> = items.iter().map(plain).collect();
                pairs.push((name, joined.join(",")));
            }
            Arrays::None => pairs.push((name, value.to_string())),
        },
        single => pairs.push((name, plain(single))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(body: Option<Value>, encoding: BodyEncoding) -> HttpCall {
        HttpCall {
            method: "POST".to_owned(),
            url: "https://api.example.com/v1".to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body,
            encoding,
            authority: Authority::Connection("c".to_owned()),
            most_bytes: 1,
        }
    }

    fn members(of: Value) -> BTreeMap<String, Value> {
        serde_json::from_value(of).unwrap()
    }

    #[test]
    fn lists_in_a_form_are_written_as_asked() {
        let body = json!({ "a": [1, "x y"], "o": { "k": "v" } });
        let told = |arrays| form(&body, arrays).unwrap();
        assert_eq!(
            told(Arrays::Indices),
            "a%5B0%5D=1&a%5B1%5D=x%20y&o%5Bk%5D=v"
        );
        assert_eq!(told(Arrays::Repeat), "a=1&a=x%20y&o%5Bk%5D=v");
        assert_eq!(told(Arrays::Commas), "a=1%2Cx%20y&o%5Bk%5D=v");
        assert_eq!(told(Arrays::Brackets), "a%5B%5D=1&a%5B%5D=x%20y&o%5Bk%5D=v");
        assert!(form(&json!([1]), Arrays::Indices).is_err());
    }

    #[test]
    fn a_body_is_merged_before_it_is_a_form() {
        let mut call = call(
            Some(json!({ "a": 1, "b": 2 })),
            BodyEncoding::Form(Arrays::Indices),
        );
        call.merge_body(&members(json!({ "b": "mine" })), "c")
            .unwrap();
        assert!(call.written().unwrap_err().contains(FORM));
        call.set_header("content-type", FORM.to_owned());
        let written = call.written().unwrap();
        assert_eq!(written.body.as_deref(), Some("a=1&b=mine"));
        assert_eq!(written.headers.len(), 1);
    }

    #[test]
    fn a_body_of_the_connection_alone_has_a_content_type() {
        let mut call = call(None, BodyEncoding::Json);
        call.merge_body(&members(json!({ "b": "mine" })), "c")
            .unwrap();
        let written = call.written().unwrap();
        assert_eq!(written.body.as_deref(), Some(r#"{"b":"mine"}"#));
        assert_eq!(
            written.headers,
            [("Content-Type".to_owned(), JSON.to_owned())]
        );
    }

    #[test]
    fn text_cannot_be_merged_and_stays_as_it_is_without_a_connections_body() {
        let mut call = call(Some(json!("hello")), BodyEncoding::Json);
        call.merge_body(&BTreeMap::new(), "c").unwrap();
        assert_eq!(call.written().unwrap().body.as_deref(), Some("hello"));
        let refused = call.merge_body(&members(json!({ "b": 1 })), "c");
        let refused = refused.unwrap_err();
        assert!(
            refused.contains("a string") && refused.contains("'c'"),
            "{refused}"
        );
        assert_eq!(call.body, Some(json!("hello")));
    }

    #[test]
    fn headers_keep_their_spelling_and_are_compared_without_case() {
        let mut call = call(None, BodyEncoding::Json);
        call.set_header("X-Mine", "1".to_owned());
        call.set_header("x-MINE", "2".to_owned());
        assert_eq!(call.headers, [("x-MINE".to_owned(), "2".to_owned())]);
        assert!(is_set_here("user-agent") && is_set_here("RANGE") && !is_set_here("Accept"));
    }
}
