//! Answers of services as tasks see them: members in Pascal case, times in ISO 8601.
//!
//! Source: as of the requests; Smithy, "XML binding traits".

use serde_json::{Map, Value, json};

use super::super::ServiceAnswer;
use super::super::naming::pascal;
use super::super::table::Protocol;
use super::super::xml::{self, Element};
use super::shapes::{Kind, Member, Model, Operation, Shape};
use crate::core::rfc3339;

/// The result of an operation.
pub(super) fn read(model: &Model, operation: &Operation, answer: &ServiceAnswer) -> Value {
    let nothing = Shape::default();
    let output = operation.output.as_ref();
    let output = output
        .and_then(|output| model.shape(output))
        .unwrap_or(&nothing);
    let members = match model.service.protocol {
        Protocol::Json { .. } => object(model, output, parsed(&answer.body)),
        Protocol::Query { .. } => {
            let root = xml::parse(&answer.body);
            let mut children = root.iter().flat_map(|root| root.children.iter());
            let result = children.find(|child| child.name.ends_with("Result"));
            result.map_or_else(Map::new, |result| elements(model, output, result))
        }
        Protocol::Ec2 { .. } => {
            let root = xml::parse(&answer.body);
            root.map_or_else(Map::new, |root| elements(model, output, &root))
        }
        Protocol::Rest | Protocol::RestXml { .. } | Protocol::S3 => rest(model, output, answer),
    };
    Value::Object(members)
}

fn parsed(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_default()
}

/// The members of a structure in JSON; what the model does not have is shown as it is.
fn object(model: &Model, shape: &Shape, value: Value) -> Map<String, Value> {
    let Value::Object(members) = value else {
        return Map::new();
    };
    let told = members
        .into_iter()
        .map(|(wire, value)| match shape.on_wire(&wire) {
            Some((name, member)) => (pascal(name), from_json(model, member, value)),
            None => (pascal(&wire), value),
        });
    told.collect()
}

fn from_json(model: &Model, member: &Member, value: Value) -> Value {
    let Some(shape) = model.shape(member) else {
        return value;
    };
    match (shape.kind, value) {
        (Kind::Structure, value @ Value::Object(_)) if !shape.document => {
            Value::Object(object(model, shape, value))
        }
        (Kind::List, Value::Array(items)) => items
            .into_iter()
            .map(|item| from_json(model, &shape.member, item))
            .collect(),
        (Kind::Map, Value::Object(entries)) => Value::Object(
            entries
                .into_iter()
                .map(|(key, value)| (key, from_json(model, &shape.value, value)))
                .collect(),
        ),
        (Kind::Timestamp, value) => time(value),
        (_, value) => value,
    }
}

/// A time in ISO 8601; what is none stays as it is.
fn time(value: Value) -> Value {
    let ms = match &value {
        Value::String(text) => {
            let read = text.parse::<jiff::Timestamp>().ok();
            let read = read.or_else(|| Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp()));
            let seconds = || Some((text.parse::<f64>().ok()? * 1_000.0).round() as i64);
            read.map(|at| at.as_millisecond()).or_else(seconds)
        }
        number => number
            .as_f64()
            .map(|seconds| (seconds * 1_000.0).round() as i64),
    };
    ms.map_or(value, |ms| Value::String(rfc3339(ms)))
}

/// Text of an element or a header, as what it is.
fn from_text(model: &Model, member: &Member, text: &str) -> Value {
    let plain = || Value::from(text);
    match model.kind(member) {
        Kind::Number => {
            let whole = text.trim().parse::<i64>().ok().map(Value::from);
            let number = whole.or_else(|| text.trim().parse::<f64>().ok().map(Value::from));
            number.unwrap_or_else(plain)
        }
        Kind::Boolean => text
            .trim()
            .parse::<bool>()
            .map_or_else(|_| plain(), Value::from),
        Kind::Timestamp => time(Value::from(text.trim())),
        _text => plain(),
    }
}

/// By the HTTP bindings of the model.
fn rest(model: &Model, output: &Shape, answer: &ServiceAnswer) -> Map<String, Value> {
    let whole = output.payload.as_ref();
    let mut members = match whole.and_then(|name| Some((name, output.members.get(name)?))) {
        Some((name, member)) => {
            let value = match model.kind(member) {
                Kind::Blob | Kind::Text => Value::from(answer.body.as_str()),
                _json => from_json(model, member, parsed(&answer.body)),
            };
            Map::from_iter([(pascal(name), value)])
        }
        None => object(model, output, parsed(&answer.body)),
    };
    for (name, member) in &output.members {
        let wire = member.wire(name).to_lowercase();
        let found = match member.location.as_deref() {
            Some("header") => answer
                .header(&wire)
                .map(|text| from_text(model, member, text)),
            Some("headers") => {
                let told = answer.headers.iter().filter_map(|(name, value)| {
                    let key = name.strip_prefix(wire.as_str())?;
                    Some((key.to_owned(), json!(value)))
                });
                Some(Value::Object(told.collect()))
            }
            Some("statusCode") => Some(json!(answer.status)),
            _body => None,
        };
        if let Some(value) = found {
            members.insert(pascal(name), value);
        }
    }
    members
}

/// The members of a structure in XML.
fn elements(model: &Model, shape: &Shape, element: &Element) -> Map<String, Value> {
    let mut told = Map::new();
    for (name, member) in &shape.members {
        let Some(of) = model.shape(member) else {
            continue;
        };
        let flat = model.is_flat(member);
        // Items that stand beside each other may have a name of their own.
        let wire = match (of.kind, flat, &of.member.location_name) {
            (Kind::List, true, Some(item)) => item.as_str(),
            (_, _, _) => member.wire(name),
        };
        let mut found = element.children.iter().filter(|child| child.name == wire);
        let value = match (of.kind, flat) {
            (Kind::List, true) => {
                let items: Vec<Value> = found
                    .map(|item| from_xml(model, &of.member, item))
                    .collect();
                (!items.is_empty()).then_some(Value::Array(items))
            }
            (Kind::Map, true) => {
                let entries: Map<String, Value> =
                    found.filter_map(|child| entry(model, of, child)).collect();
                (!entries.is_empty()).then_some(Value::Object(entries))
            }
            (_, _) => found.next().map(|child| from_xml(model, member, child)),
        };
        if let Some(value) = value {
            told.insert(pascal(name), value);
        }
    }
    told
}

fn from_xml(model: &Model, member: &Member, element: &Element) -> Value {
    let Some(shape) = model.shape(member) else {
        return Value::from(element.text.as_str());
    };
    match shape.kind {
        Kind::Structure => Value::Object(elements(model, shape, element)),
        Kind::List => {
            let items = element.children.iter();
            items
                .map(|item| from_xml(model, &shape.member, item))
                .collect()
        }
        Kind::Map => {
            let entries = element.children.iter();
            Value::Object(
                entries
                    .filter_map(|child| entry(model, shape, child))
                    .collect(),
            )
        }
        _single => from_text(model, member, &element.text),
    }
}

fn entry(model: &Model, map: &Shape, entry: &Element) -> Option<(String, Value)> {
    let key = entry.child(map.key.wire("key"))?.text.clone();
    let value = entry.child(map.value.wire("value"))?;
    Some((key, from_xml(model, &map.value, value)))
}

#[cfg(test)]
mod tests {
    use super::super::shapes::tests::model;
    use super::*;

    fn told(protocol: &str, action: &str, headers: &[(&str, &str)], body: &str) -> Value {
        let model = model(protocol);
        let answer = ServiceAnswer {
            status: 201,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.to_owned(),
        };
        read(model, model.operation(action).unwrap(), &answer)
    }

    #[test]
    fn json_is_shown_with_the_names_that_tasks_see() {
        let body = r#"{"parcelArn":"a","sentAt":1.5,"tags":{"my.key":"v"},"items":[{"weight":3}],"new":1}"#;
        let expected = json!({ "ParcelArn": "a", "SentAt": "1970-01-01T00:00:01.500Z", "Tags": { "my.key": "v" },
            "Items": [{ "Weight": 3 }], "New": 1 });
        assert_eq!(told("json", "sendDbParcel", &[], body), expected);
    }

    #[test]
    fn headers_and_the_status_become_members() {
        let told = |action, body| told("rest-json", action, &[("x-left", "2")], body);
        assert_eq!(
            told("sendDbParcel", r#"{"parcelArn":"a"}"#),
            json!({ "ParcelArn": "a", "Left": 2, "Status": 201 })
        );
        assert_eq!(
            told("label", r#"{"parcelArn":"a"}"#),
            json!({ "Parcel": { "ParcelArn": "a" } })
        );
    }

    #[test]
    fn xml_is_read_by_the_model() {
        let inner = "<parcelArn>a</parcelArn><sentAt>1970-01-01T00:00:01Z</sentAt><items><item><weight>3</weight>\
            <Fragile>true</Fragile></item></items><tags><entry><key>k</key><value>v</value></entry></tags>\
            <colours>red</colours><colours>blue</colours>";
        let expected = json!({ "ParcelArn": "a", "SentAt": "1970-01-01T00:00:01.000Z",
            "Items": [{ "Weight": 3, "Fragile": true }], "Tags": { "k": "v" }, "Colours": ["red", "blue"] });
        let body = format!("<SendResponse><SendResult>{inner}</SendResult></SendResponse>");
        assert_eq!(told("query", "sendDbParcel", &[], &body), expected);
        let body = format!("<SendResponse><requestId>r</requestId>{inner}</SendResponse>");
        assert_eq!(told("ec2", "sendDbParcel", &[], &body), expected);
    }
}
