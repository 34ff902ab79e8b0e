//! Bodies of S3's requests and answers, as members.
//!
//! Source: S3 API reference. Which elements are lists, numbers and Booleans is of the operations in `routes.txt`.

use serde_json::{Map, Value, json};

use super::xml::{self, Element};

/// Lists whose items stand beside each other: element of an item, and member.
const FLAT: &[(&str, &str)] = &[
    ("Contents", "Contents"),
    ("CommonPrefixes", "CommonPrefixes"),
    ("Version", "Versions"),
    ("DeleteMarker", "DeleteMarkers"),
    ("Deleted", "Deleted"),
    ("Error", "Errors"),
    ("ChecksumAlgorithm", "ChecksumAlgorithm"),
];
/// Lists with an element of their own, and the element of an item.
const WRAPPED: &[(&str, &str)] = &[("Buckets", "Bucket"), ("TagSet", "Tag")];
const NUMBERS: &[&str] = &["Size", "KeyCount", "MaxKeys"];
const BOOLEANS: &[&str] = &["IsTruncated", "IsLatest", "IsRestoreInProgress"];
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// The body of a request whose payload is this member.
pub(super) fn written(member: &str, value: &Value) -> String {
    let mut out = String::new();
    let children = inside(value);
    out.push_str(&format!(
        "<{member} xmlns=\"{NAMESPACE}\">{children}</{member}>"
    ));
    out
}

fn inside(value: &Value) -> String {
    match value {
        Value::Object(members) => members.iter().map(|(name, v)| element(name, v)).collect(),
        Value::String(text) => xml::escaped(text),
        Value::Null => String::new(),
        plain => plain.to_string(),
    }
}

fn element(name: &str, value: &Value) -> String {
    let Value::Array(items) = value else {
        return format!("<{name}>{}</{name}>", inside(value));
    };
    let each = |item: &str| -> String {
        let told = items
            .iter()
            .map(|value| format!("<{item}>{}</{item}>", inside(value)));
        told.collect()
    };
    match WRAPPED.iter().find(|(list, _)| *list == name) {
        Some((_, item)) => format!("<{name}>{}</{name}>", each(item)),
        // `Objects` of DeleteObjects: each is an `Object`.
        None => each(name.strip_suffix('s').unwrap_or(name)),
    }
}

/// The members of an answer's body.
pub(super) fn read(operation: &str, body: &str) -> Map<String, Value> {
    let Some(root) = xml::parse(body) else {
        return Map::new();
    };
    match operation {
        "CopyObject" => Map::from_iter([("CopyObjectResult".to_owned(), members(&root))]),
        "GetBucketLocation" => {
            Map::from_iter([("LocationConstraint".to_owned(), json!(root.text))])
        }
        _other => match members(&root) {
            Value::Object(members) => members,
            _plain => Map::new(),
        },
    }
}

fn members(element: &Element) -> Value {
    let mut told = Map::new();
    // In what was deleted, `DeleteMarker` is a Boolean.
    let in_deleted = element.name == "Deleted";
    for child in &element.children {
        let name = child.name.as_str();
        if in_deleted && name == "DeleteMarker" {
            told.insert(name.to_owned(), json!(child.text == "true"));
            continue;
        }
        if let Some((_, list)) = FLAT.iter().find(|(item, _)| *item == name) {
            let items = told.entry((*list).to_owned()).or_insert_with(|| json!([]));
            if let Some(items) = items.as_array_mut() {
                items.push(value(child));
            }
            continue;
        }
        let read = if WRAPPED.iter().any(|(list, _)| *list == name) {
            Value::Array(child.children.iter().map(value).collect())
        } else {
            value(child)
        };
        told.insert(name.to_owned(), read);
    }
    Value::Object(told)
}

fn value(element: &Element) -> Value {
    if !element.children.is_empty() {
        return members(element);
    }
    let text = element.text.as_str();
    let name = element.name.as_str();
    if NUMBERS.contains(&name)
        && let Ok(number) = text.parse::<i64>()
    {
        return json!(number);
    }
    if BOOLEANS.contains(&name) {
        return json!(text == "true");
    }
    json!(text)
}

/// Code and message of an answer that refuses.
pub(super) fn error(operation: &str, status: u16, body: &str) -> (String, String) {
    let text = |error: &Element, name: &str| {
        let child = error.child(name);
        child.map(|child| child.text.clone()).unwrap_or_default()
    };
    match xml::parse(body) {
        Some(error) => (text(&error, "Code"), text(&error, "Message")),
        // The answer to HEAD has no body: what is missing is what was asked for.
        None => match (operation, status) {
            ("HeadObject", 404) => ("NoSuchKey".to_owned(), String::new()),
            ("HeadBucket", 404) => ("NoSuchBucket".to_owned(), String::new()),
            _other => (String::new(), String::new()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read_with_its_lists_and_numbers() {
        let body = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><Name>b</Name><KeyCount>1</KeyCount>\
            <IsTruncated>false</IsTruncated><Contents><Key>a&amp;b</Key><Size>3</Size></Contents>\
            <CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes></ListBucketResult>";
        let expected = json!({ "Name": "b", "KeyCount": 1, "IsTruncated": false, "Contents": [{ "Key": "a&b", "Size": 3 }],
            "CommonPrefixes": [{ "Prefix": "p/" }] });
        assert_eq!(Value::Object(read("ListObjectsV2", body)), expected);
    }

    #[test]
    fn bodies_are_written_with_their_lists() {
        let delete = written(
            "Delete",
            &json!({ "Objects": [{ "Key": "<a>" }, { "Key": "b" }], "Quiet": true }),
        );
        assert_eq!(
            delete,
            format!(
                "<Delete xmlns=\"{NAMESPACE}\"><Object><Key>&lt;a&gt;</Key></Object><Object><Key>b</Key></Object>\
                 <Quiet>true</Quiet></Delete>"
            )
        );
        let tagging = written(
            "Tagging",
            &json!({ "TagSet": [{ "Key": "k", "Value": "v" }] }),
        );
        assert!(tagging.contains("<TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet>"));
    }

    #[test]
    fn deleted_objects_say_whether_they_are_markers() {
        let body = "<DeleteResult><Deleted><Key>a</Key><DeleteMarker>true</DeleteMarker></Deleted></DeleteResult>";
        let expected = json!({ "Deleted": [{ "Key": "a", "DeleteMarker": true }] });
        assert_eq!(Value::Object(read("DeleteObjects", body)), expected);
    }
}
