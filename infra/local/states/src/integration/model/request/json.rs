//! Members of structures as JSON has them.
//!
//! Source: Smithy, "AWS JSON 1.0 protocol", "AWS restJson1 protocol".

use serde_json::{Map, Value};

use super::known;
use super::value::wanted;
use crate::integration::http_call::plain;
use crate::integration::model::shapes::{Kind, Member, Model, Shape};
use crate::integration::shape;
use crate::integration::times::{TimeFormat, written};

/// The members of a structure that go into JSON.
pub(super) fn json_members(
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

/// The value of a member, as JSON.
pub(super) fn json(
    model: &Model,
    member: &Member,
    given: &str,
    value: &Value,
) -> Result<Value, String> {
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
        (Kind::Timestamp, value) => Ok(written(
            value,
            model.time_format(member, TimeFormat::Seconds),
        )),
        (Kind::Number | Kind::Boolean, Value::Object(_) | Value::Array(_)) => {
            Err(wanted(given, "a single value"))
        }
        (Kind::Number | Kind::Boolean, value) => Ok(value.clone()),
        (Kind::Text, value) => Ok(Value::String(plain(value))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::called;

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
}
