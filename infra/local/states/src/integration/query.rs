//! The query protocol of AWS: requests are forms, answers are XML. Source: AWS query protocol (Smithy).

use serde_json::{Map, Value};

use super::xml::{self, Element};

/// The form of an operation.
pub(super) fn form(operation: &str, version: &str, arguments: &Map<String, Value>) -> String {
    let mut out = format!("Action={operation}&Version={version}");
    for (name, value) in arguments {
        push(&mut out, name, value);
    }
    out
}

fn push(out: &mut String, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                push(out, &format!("{name}.member.{}", i + 1), item);
            }
        }
        Value::Object(members) => match entry_names(name) {
            Some((key_name, value_name)) => {
                for (i, (key, value)) in members.iter().enumerate() {
                    let entry = format!("{name}.entry.{}", i + 1);
                    push(
                        out,
                        &format!("{entry}.{key_name}"),
                        &Value::String(key.clone()),
                    );
                    push(out, &format!("{entry}.{value_name}"), value);
                }
            }
            None => {
                for (member, value) in members {
                    push(out, &format!("{name}.{member}"), value);
                }
            }
        },
        Value::String(text) => pair(out, name, text),
        plain => pair(out, name, &plain.to_string()),
    }
}

/// The members of SNS that are maps, and what their keys and values are called.
fn entry_names(name: &str) -> Option<(&'static str, &'static str)> {
    match name.rsplit('.').next() {
        Some("MessageAttributes") => Some(("Name", "Value")),
        Some("Attributes" | "attributes") => Some(("key", "value")),
        _other => None,
    }
}

fn pair(out: &mut String, name: &str, value: &str) {
    out.push('&');
    out.push_str(&encoded(name));
    out.push('=');
    out.push_str(&encoded(value));
}

/// Percent-encodes everything but letters, digits and `-._~`.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The result inside `<XResponse><XResult>`.
pub(super) fn result(body: &str) -> Value {
    let Some(response) = xml::parse(body) else {
        return Value::Object(Map::new());
    };
    let result = response
        .children
        .iter()
        .find(|child| child.name.ends_with("Result"));
    result.map_or_else(
        || Value::Object(Map::new()),
        |result| match value(result) {
            Value::Object(members) => Value::Object(members),
            _empty => Value::Object(Map::new()),
        },
    )
}

/// Code and message of `<ErrorResponse><Error>`.
pub(super) fn error(body: &str) -> (String, String) {
    let response = xml::parse(body);
    let found = response
        .as_ref()
        .and_then(|response| response.child("Error"));
    let text = |name: &str| {
        let element = found.and_then(|error| error.child(name));
        element
            .map(|element| element.text.clone())
            .unwrap_or_default()
    };
    (text("Code"), text("Message"))
}

/// The request's id, which is in the body.
pub(super) fn request_id(body: &str) -> String {
    let Some(response) = xml::parse(body) else {
        return String::new();
    };
    let holder = response.child("ResponseMetadata").unwrap_or(&response);
    holder
        .child("RequestId")
        .map(|id| id.text.clone())
        .unwrap_or_default()
}

fn value(element: &Element) -> Value {
    if element.children.is_empty() {
        return Value::String(element.text.clone());
    }
    if element.children.iter().all(|child| child.name == "member") {
        return Value::Array(element.children.iter().map(value).collect());
    }
    if element.children.iter().all(|child| child.name == "entry") {
        let entries = element.children.iter().filter_map(|entry| {
            let [key, of] = &entry.children[..] else {
                return None;
            };
            Some((key.text.clone(), value(of)))
        });
        return Value::Object(entries.collect());
    }
    let members = element
        .children
        .iter()
        .map(|child| (child.name.clone(), value(child)));
    Value::Object(members.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_maps_and_structures_are_written_as_the_protocol_says() {
        let arguments = json!({ "TopicArn": "a b", "MessageAttributes": { "k": { "DataType": "String" } },
            "Entries": [{ "Id": "1" }, { "Id": "2" }] });
        let Value::Object(arguments) = arguments else {
            panic!()
        };
        let form = form("Publish", "2010-03-31", &arguments);
        let mut pairs: Vec<&str> = form.split('&').collect();
        pairs.sort_unstable();
        assert_eq!(
            pairs,
            [
                "Action=Publish",
                "Entries.member.1.Id=1",
                "Entries.member.2.Id=2",
                "MessageAttributes.entry.1.Name=k",
                "MessageAttributes.entry.1.Value.DataType=String",
                "TopicArn=a%20b",
                "Version=2010-03-31",
            ]
        );
    }

    #[test]
    fn answers_are_read_with_lists_maps_and_ids() {
        let body = "<?xml version=\"1.0\"?><R><GetResult><Topics><member><TopicArn>a</TopicArn></member></Topics>\
            <Attributes><entry><key>k</key><value>1 &amp; 2</value></entry></Attributes></GetResult>\
            <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></R>";
        let expected = json!({ "Topics": [{ "TopicArn": "a" }], "Attributes": { "k": "1 & 2" } });
        assert_eq!(result(body), expected);
        assert_eq!(request_id(body), "r-1");
        let refused = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>no</Message></Error></ErrorResponse>";
        assert_eq!(error(refused), ("NotFound".to_owned(), "no".to_owned()));
    }
}
