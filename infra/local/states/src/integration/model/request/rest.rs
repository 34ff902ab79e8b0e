//! Members in the path, the query, headers and the body, by the HTTP bindings of the model.
//!
//! Source: Smithy, "HTTP binding traits", "AWS restJson1 protocol".

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::json::json;
use super::known;
use super::value::wanted;
use crate::integration::ServiceCall;
use crate::integration::http_call::plain;
use crate::integration::model::shapes::{Kind, Member, Model, Operation, Shape};
use crate::integration::query::encoded;
use crate::integration::times::{TimeFormat, written};

/// The HTTP methods that models name.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// The request of an operation. The error is a sentence about an argument that does not fit.
pub(super) fn call(
    model: &Model,
    operation: &Operation,
    input: &Shape,
    arguments: &Map<String, Value>,
) -> Result<ServiceCall, String> {
    let method = METHODS
        .into_iter()
        .find(|method| *method == operation.http.method);
    let method = method.ok_or_else(|| {
        let told = &operation.http.method;
        format!("The method '{told}' of its model is not spoken")
    })?;
    let mut labels = HashMap::new();
    let mut query = Vec::new();
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut members = Map::new();
    let mut payload = None;
    for (given, value) in arguments.iter().filter(|(_, value)| !value.is_null()) {
        let (name, member) = known(input, given)?;
        let wire = member.wire(name);
        match member.location.as_deref() {
            Some("uri") => {
                let told = single(model, member, given, value, TimeFormat::Iso)?;
                labels.insert(wire, told);
            }
            Some("querystring") => query.extend(parameters(model, (wire, member), given, value)?),
            Some("header") => {
                let told = if member.jsonvalue {
                    STANDARD.encode(value.to_string())
                } else {
                    in_header(model, member, given, value)?
                };
                headers.push((wire.to_lowercase(), told));
            }
            Some("headers") => {
                let entries = value
                    .as_object()
                    .ok_or_else(|| wanted(given, "an OBJECT"))?;
                let told = entries.iter();
                headers.extend(told.map(|(key, value)| {
                    let name = format!("{wire}{key}").to_lowercase();
                    (name, plain(value))
                }));
            }
            Some("statusCode") => {}
            _body if input.payload.as_deref() == Some(name) => {
                payload = Some((member, given.as_str(), value));
            }
            _body => {
                members.insert(wire.to_owned(), json(model, member, given, value)?);
            }
        }
    }
    let mut typed = |kind: &str| {
        if !headers.iter().any(|(name, _)| name == "content-type") {
            headers.push(("content-type".to_owned(), kind.to_owned()));
        }
    };
    let has_body = input.members.values().any(|m| m.location.is_none());
    let body = match (&input.payload, payload) {
        (Some(_), None) => String::new(),
        (Some(_), Some((member, given, value))) => match model.kind(member) {
            Kind::Blob => {
                typed("application/octet-stream");
                plain(value)
            }
            Kind::Text => {
                typed("text/plain");
                plain(value)
            }
            _json => {
                typed("application/json");
                json(model, member, given, value)?.to_string()
            }
        },
        (None, _) if has_body => {
            typed("application/json");
            Value::Object(members).to_string()
        }
        (None, _) => String::new(),
    };
    Ok(ServiceCall {
        service: model.service.known(),
        method,
        path: path(&operation.http.request_uri, &labels, &query)?,
        headers,
        body,
    })
}

/// A single value in a path, a query or a header.
fn single(
    model: &Model,
    member: &Member,
    given: &str,
    value: &Value,
    usual: TimeFormat,
) -> Result<String, String> {
    match (model.kind(member), value) {
        (_, Value::Object(_) | Value::Array(_)) => Err(wanted(given, "a STRING")),
        (Kind::Timestamp, value) => Ok(plain(&written(value, model.time_format(member, usual)))),
        (_, value) => Ok(plain(value)),
    }
}

/// A list in a header is its items with commas.
fn in_header(model: &Model, member: &Member, given: &str, value: &Value) -> Result<String, String> {
    let items = match (model.shape(member), value) {
        (Some(shape), Value::Array(items)) if shape.kind == Kind::List => items
            .iter()
            .map(|item| single(model, &shape.member, given, item, TimeFormat::Http)),
        (_, value) => return single(model, member, given, value, TimeFormat::Http),
    };
    let items: Result<Vec<String>, String> = items.collect();
    Ok(items?.join(","))
}

/// The query parameters of a member: of a list one for each item, of a map one for each entry.
fn parameters(
    model: &Model,
    (wire, member): (&str, &Member),
    given: &str,
    value: &Value,
) -> Result<Vec<(String, String)>, String> {
    let one = |name: &str, member: &Member, value: &Value| -> Result<(String, String), String> {
        let told = single(model, member, given, value, TimeFormat::Iso)?;
        Ok((name.to_owned(), told))
    };
    let Some(shape) = model.shape(member) else {
        return Ok(vec![one(wire, member, value)?]);
    };
    match (shape.kind, value) {
        (Kind::List, Value::Array(items)) => items
            .iter()
            .map(|item| one(wire, &shape.member, item))
            .collect(),
        (Kind::Map, Value::Object(entries)) => {
            let mut out = Vec::new();
            for (key, value) in entries {
                match value {
                    Value::Array(items) => {
                        for item in items {
                            out.push(one(key, &Member::default(), item)?);
                        }
                    }
                    value => out.push(one(key, &shape.value, value)?),
                }
            }
            Ok(out)
        }
        (_, value) => Ok(vec![one(wire, member, value)?]),
    }
}

/// Path and query, with every member in its place.
fn path(
    uri: &str,
    labels: &HashMap<&str, String>,
    query: &[(String, String)],
) -> Result<String, String> {
    let mut path = String::new();
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once('{') {
        let (label, after) = after.split_once('}').unwrap_or((after, ""));
        let whole = label.strip_suffix('+');
        let name = whole.unwrap_or(label);
        let value = labels.get(name).filter(|value| !value.is_empty());
        let value =
            value.ok_or_else(|| format!("The field '{name}' is required but was missing"))?;
        path.push_str(before);
        match whole {
            Some(_) => {
                let parts: Vec<String> = value.split('/').map(encoded).collect();
                path.push_str(&parts.join("/"));
            }
            None => path.push_str(&encoded(value)),
        }
        rest = after;
    }
    path.push_str(rest);
    for (name, value) in query {
        path.push(if path.contains('?') { '&' } else { '?' });
        path.push_str(&format!("{}={}", encoded(name), encoded(value)));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::called;
    use super::*;

    #[test]
    fn rest_puts_members_where_the_model_says() {
        let arguments = json!({ "To": "a b", "Path": "c/d e", "Colours": ["red", "x y"], "Before": "2015-10-21T07:28:00Z",
            "Meta": { "Who": "me" }, "SentAt": "1970-01-01T00:00:01Z" });
        let call = called("rest-json", "sendDbParcel", arguments).unwrap();
        assert_eq!(call.method, "PUT");
        assert_eq!(call.path, "/to/a%20b/c/d%20e?v=1&colour=red&colour=x%20y");
        let header = |name: &str| {
            let mut found = call.headers.iter().filter(|(n, _)| n == name);
            found.next().map(|(_, value)| value.as_str())
        };
        assert_eq!(header("x-before"), Some("Wed, 21 Oct 2015 07:28:00 GMT"));
        assert_eq!(header("x-meta-who"), Some("me"));
        assert_eq!(header("content-type"), Some("application/json"));
        assert_eq!(call.body, r#"{"sentAt":1}"#);
    }

    #[test]
    fn a_payload_is_the_whole_body() {
        let arguments = json!({ "Picture": "<svg/>", "Notes": { "a": 1 } });
        let call = called("rest-json", "label", arguments).unwrap();
        assert_eq!(call.body, "<svg/>");
        let notes = ("x-notes".to_owned(), STANDARD.encode("{\"a\":1}"));
        assert!(call.headers.contains(&notes));
        assert_eq!(called("rest-json", "label", json!({})).unwrap().body, "");
    }
}
