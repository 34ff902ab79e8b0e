//! Arguments of a task as the service takes them.
//!
//! Source: Smithy, "AWS JSON 1.0 protocol", "AWS restJson1 protocol", "AWS query protocol", "Amazon EC2 query protocol", "HTTP
//! binding traits".

use std::borrow::Cow;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};

use super::super::ServiceCall;
use super::super::naming::pascal;
use super::super::query::{Dialect, encoded};
use super::super::shape;
use super::super::table::Protocol;
use super::shapes::{Kind, Member, Model, Operation, Shape, TimeFormat};
use crate::core::rfc3339;

/// The HTTP methods that models name.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// The request of an operation. `key` is the task's: it stands in the members by which the service knows a request again. The
/// error is a sentence about an argument that does not fit.
pub(super) fn call(
    model: &Model,
    operation: &Operation,
    arguments: &Map<String, Value>,
    key: &str,
) -> Result<ServiceCall, String> {
    let nothing = Shape::default();
    let input = operation.input.as_ref();
    let input = input
        .and_then(|input| model.shape(input))
        .unwrap_or(&nothing);
    let keyed = keyed(input, arguments, key);
    let arguments = &*keyed;
    let posted = |kind: String, more: Option<(String, String)>, body: String| ServiceCall {
        service: model.service.known(),
        method: "POST",
        path: "/".to_owned(),
        headers: std::iter::once(("content-type".to_owned(), kind))
            .chain(more)
            .collect(),
        body,
    };
    let form = |dialect: Dialect, version: &str| -> Result<ServiceCall, String> {
        let mut form = Form {
            model,
            dialect,
            out: format!("Action={}&Version={version}", operation.name),
        };
        form.members("", input, arguments)?;
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        Ok(posted(kind.to_owned(), None, form.out))
    };
    match model.service.protocol {
        Protocol::Json { version, target } => {
            let body = json_members(model, input, arguments)?;
            let target = format!("{target}.{}", operation.name);
            Ok(posted(
                format!("application/x-amz-json-{version}"),
                Some(("x-amz-target".to_owned(), target)),
                Value::Object(body).to_string(),
            ))
        }
        Protocol::Query { version } => form(Dialect::Query, version),
        Protocol::Ec2 { version } => form(Dialect::Ec2, version),
        Protocol::Rest => rest(model, operation, input, arguments),
        Protocol::RestXml { .. } | Protocol::S3 => {
            Err("REST with XML is not spoken by models".to_owned())
        }
    }
}

/// The arguments with the tokens that they lack and the AWS SDKs would make up.
fn keyed<'a>(
    input: &Shape,
    arguments: &'a Map<String, Value>,
    key: &str,
) -> Cow<'a, Map<String, Value>> {
    let mut keyed = Cow::Borrowed(arguments);
    for (name, _) in input.members.iter().filter(|(_, m)| m.idempotency_token) {
        // One that is null is not sent.
        let mut given = arguments.iter().filter(|(_, value)| !value.is_null());
        if !given.any(|(given, _)| pascal(given) == pascal(name)) {
            keyed.to_mut().insert(name.clone(), Value::from(key));
        }
    }
    keyed
}

/// The members of a structure that go into JSON.
fn json_members(
    model: &Model,
    shape: &Shape,
    arguments: &Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let mut out = Map::new();
    for (given, value) in arguments {
        let (name, member) = known(shape, given)?;
        if !value.is_null() {
            let value = json(model, member, given, value)?;
            out.insert(member.wire(name).to_owned(), value);
        }
    }
    Ok(out)
}

fn known<'a>(shape: &'a Shape, given: &str) -> Result<(&'a str, &'a Member), String> {
    let found = shape.named(given);
    found.ok_or_else(|| format!("The field '{given}' is not supported by Step Functions"))
}

fn json(model: &Model, member: &Member, given: &str, value: &Value) -> Result<Value, String> {
    let nothing = Shape::default();
    let shape = model.shape(member).unwrap_or(&nothing);
    match (shape.kind, value) {
        (_, Value::Null) => Ok(Value::Null),
        (Kind::Structure, anything) if shape.document => Ok(anything.clone()),
        (Kind::Structure, Value::Object(members)) => {
            json_members(model, shape, members).map(Value::Object)
        }
        (Kind::List, Value::Array(items)) => items
            .iter()
            .map(|item| json(model, &shape.member, given, item))
            .collect(),
        (Kind::Map, Value::Object(entries)) => {
            let entries = entries.iter().map(|(key, value)| {
                let value = json(model, &shape.value, given, value)?;
                Ok((key.clone(), value))
            });
            let entries: Result<Map<String, Value>, String> = entries.collect();
            entries.map(Value::Object)
        }
        (Kind::Structure | Kind::Map, _) => Err(wanted(given, "an OBJECT")),
        (Kind::List, _) => Err(wanted(given, "an ARRAY")),
        (Kind::Blob, value) => Ok(shape::bytes(value.clone())),
        (Kind::Timestamp, value) => Ok(time(value, model.time_format(member, TimeFormat::Seconds))),
        (Kind::Number | Kind::Boolean, Value::Object(_) | Value::Array(_)) => {
            Err(wanted(given, "a single value"))
        }
        (Kind::Number | Kind::Boolean, value) => Ok(value.clone()),
        (Kind::Text, value) => Ok(Value::String(text(value))),
    }
}

fn wanted(given: &str, what: &str) -> String {
    format!("The value for the field '{given}' must be {what}")
}

/// Text as it is, anything else as its JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A time, given in ISO 8601 or in seconds; what is neither stays as it is.
fn time(value: &Value, format: TimeFormat) -> Value {
    let read = match value {
        Value::String(text) => text.parse::<jiff::Timestamp>().ok(),
        number => number.as_f64().and_then(|seconds| {
            jiff::Timestamp::from_millisecond((seconds * 1_000.0).round() as i64).ok()
        }),
    };
    let Some(at) = read else {
        return value.clone();
    };
    match format {
        TimeFormat::Seconds => {
            let ms = at.as_millisecond();
            if ms % 1_000 == 0 {
                return Value::from(ms / 1_000);
            }
            let seconds = Number::from_f64(ms as f64 / 1_000.0);
            seconds.map_or(Value::Null, Value::Number)
        }
        TimeFormat::Iso => Value::String(rfc3339(at.as_millisecond())),
        TimeFormat::Http => {
            let told = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at);
            told.map_or_else(|_| value.clone(), Value::String)
        }
    }
}

struct Form<'a> {
    model: &'a Model,
    dialect: Dialect,
    out: String,
}

impl Form<'_> {
    fn members(
        &mut self,
        before: &str,
        shape: &Shape,
        arguments: &Map<String, Value>,
    ) -> Result<(), String> {
        for (given, value) in arguments {
            let (name, member) = known(shape, given)?;
            let name = format!("{before}{}", self.name(member, name));
            self.value(&name, given, member, value)?;
        }
        Ok(())
    }

    fn name(&self, member: &Member, name: &str) -> String {
        match (self.dialect, &member.query_name, &member.location_name) {
            (Dialect::Ec2, Some(name), _) => name.clone(),
            (Dialect::Ec2, None, Some(name)) => shape::capital(name),
            (Dialect::Query, _, Some(name)) => name.clone(),
            (_, _, None) => name.to_owned(),
        }
    }

    fn value(
        &mut self,
        name: &str,
        given: &str,
        member: &Member,
        value: &Value,
    ) -> Result<(), String> {
        let model = self.model;
        let nothing = Shape::default();
        let shape = model.shape(member).unwrap_or(&nothing);
        match (shape.kind, value) {
            (_, Value::Null) => {}
            (Kind::Structure, Value::Object(members)) => {
                self.members(&format!("{name}."), shape, members)?;
            }
            (Kind::List, Value::Array(items)) => {
                if items.is_empty() && self.dialect == Dialect::Query {
                    self.pair(name, "");
                }
                let stem = self.stem(name, member, shape);
                for (i, item) in items.iter().enumerate() {
                    self.value(&format!("{stem}.{}", i + 1), given, &shape.member, item)?;
                }
            }
            (Kind::Map, Value::Object(entries)) => {
                let stem = if model.is_flat(member) {
                    name.to_owned()
                } else {
                    format!("{name}.entry")
                };
                let (key_name, value_name) = (shape.key.wire("key"), shape.value.wire("value"));
                for (i, (key, value)) in entries.iter().enumerate() {
                    let entry = format!("{stem}.{}", i + 1);
                    self.pair(&format!("{entry}.{key_name}"), key);
                    let name = format!("{entry}.{value_name}");
                    self.value(&name, given, &shape.value, value)?;
                }
            }
            (Kind::Structure | Kind::Map, _) => return Err(wanted(given, "an OBJECT")),
            (Kind::List, _) => return Err(wanted(given, "an ARRAY")),
            (Kind::Blob, value) => self.pair(name, &text(&shape::bytes(value.clone()))),
            (_, Value::Object(_) | Value::Array(_)) => return Err(wanted(given, "a STRING")),
            (Kind::Timestamp, value) => {
                let told = time(value, model.time_format(member, TimeFormat::Iso));
                self.pair(name, &text(&told));
            }
            (Kind::Text | Kind::Number | Kind::Boolean, value) => self.pair(name, &text(value)),
        }
        Ok(())
    }

    /// What the numbers of a list's items follow.
    fn stem(&self, name: &str, member: &Member, shape: &Shape) -> String {
        let item = shape.member.location_name.as_deref();
        match (self.dialect, self.model.is_flat(member), item) {
            (Dialect::Ec2, _, _) | (Dialect::Query, true, None) => name.to_owned(),
            // The items' name stands in the place of the list's.
            (Dialect::Query, true, Some(item)) => match name.rsplit_once('.') {
                Some((before, _)) => format!("{before}.{item}"),
                None => item.to_owned(),
            },
            (Dialect::Query, false, item) => format!("{name}.{}", item.unwrap_or("member")),
        }
    }

    fn pair(&mut self, name: &str, value: &str) {
        self.out.push('&');
        self.out.push_str(&encoded(name));
        self.out.push('=');
        self.out.push_str(&encoded(value));
    }
}

/// By the HTTP bindings of the model.
fn rest(
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
                    (name, text(value))
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
                text(value)
            }
            Kind::Text => {
                typed("text/plain");
                text(value)
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
        (Kind::Timestamp, value) => Ok(text(&time(value, model.time_format(member, usual)))),
        (_, value) => Ok(text(value)),
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

    use super::super::shapes::tests::model;
    use super::*;

    fn called(protocol: &str, action: &str, arguments: Value) -> Result<ServiceCall, String> {
        let model = model(protocol);
        let operation = model.operation(action).unwrap();
        call(model, operation, arguments.as_object().unwrap(), "k")
    }

    fn pairs(form: &str) -> Vec<&str> {
        let mut pairs: Vec<&str> = form.split('&').collect();
        pairs.sort_unstable();
        pairs
    }

    #[test]
    fn json_has_the_names_of_the_wire_and_seconds() {
        let arguments = json!({ "SentAt": "1970-01-01T00:00:01.500Z", "Tags": { "My.Key": "v" }, "Seal": "hi",
            "Items": [{ "Weight": 3, "Fragile": true }] });
        let call = called("json", "sendDbParcel", arguments).unwrap();
        let sent: Value = serde_json::from_str(&call.body).unwrap();
        assert_eq!(
            sent,
            json!({ "sentAt": 1.5, "tags": { "My.Key": "v" }, "seal": "aGk=", "items": [{ "weight": 3, "Fragile": true }] })
        );
        let target = (
            "x-amz-target".to_owned(),
            "Parcels_2026.SendDBParcel".to_owned(),
        );
        assert!(call.headers.contains(&target));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |arguments: Value| called("json", "sendDbParcel", arguments).unwrap_err();
        assert!(refused(json!({ "Nothing": 1 })).contains("'Nothing'"));
        assert!(refused(json!({ "Items": {} })).contains("an ARRAY"));
        assert!(refused(json!({ "Tags": [] })).contains("an OBJECT"));
        let nowhere = called("rest-json", "sendDbParcel", json!({ "To": "a" })).unwrap_err();
        assert!(nowhere.contains("'Path'"), "{nowhere}");
    }

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

    #[test]
    fn a_token_that_is_not_given_is_the_key_of_the_task() {
        let token = |arguments: Value| {
            let call = called("rest-json", "label", arguments).unwrap();
            let mut headers = call.headers.into_iter();
            headers.find_map(|(name, value)| (name == "x-token").then_some(value))
        };
        assert_eq!(token(json!({})).as_deref(), Some("k"));
        let given = json!({ "ClientToken": "own" });
        assert_eq!(token(given).as_deref(), Some("own"));
        for name in ["ClientToken", "clientToken"] {
            let given = json!({ name: null });
            assert_eq!(token(given).as_deref(), Some("k"), "{name}");
        }
        let form = called("query", "label", json!({})).unwrap().body;
        assert!(pairs(&form).contains(&"X-Token=k"), "{form}");
    }

    #[test]
    fn forms_number_lists_and_maps() {
        let arguments = json!({ "Items": [{ "Weight": 1 }, { "Weight": 2 }], "Tags": { "k": "v" },
            "SentAt": "1970-01-01T00:00:01Z" });
        let call = called("query", "sendDbParcel", arguments.clone()).unwrap();
        assert_eq!(
            pairs(&call.body),
            [
                "Action=SendDBParcel",
                "Version=2026-01-01",
                "items.item.1.weight=1",
                "items.item.2.weight=2",
                "sentAt=1970-01-01T00%3A00%3A01.000Z",
                "tags.entry.1.key=k",
                "tags.entry.1.value=v",
            ]
        );
        let call = called(
            "ec2",
            "sendDbParcel",
            json!({ "Items": arguments["Items"] }),
        )
        .unwrap();
        assert_eq!(
            pairs(&call.body),
            [
                "Action=SendDBParcel",
                "Items.1.Weight=1",
                "Items.2.Weight=2",
                "Version=2026-01-01",
            ]
        );
    }
}
