//! The forms of the query protocol of AWS and of EC2's.
//!
//! Source: Smithy, "AWS query protocol", "Amazon EC2 query protocol".

use serde_json::{Map, Value};

use super::known;
use super::value::wanted;
use crate::integration::http_call::plain;
use crate::integration::model::shapes::{Kind, Member, Model, Shape};
use crate::integration::query::{Dialect, encoded};
use crate::integration::shape;
use crate::integration::times::{TimeFormat, written};

/// The form of an operation. The error is a sentence about an argument that does not fit.
pub(super) fn body(
    model: &Model,
    dialect: Dialect,
    (operation, version): (&str, &str),
    input: &Shape,
    arguments: &Map<String, Value>,
) -> Result<String, String> {
    let mut form = Form {
        model,
        dialect,
        out: format!("Action={operation}&Version={version}"),
    };
    form.members("", input, arguments)?;
    Ok(form.out)
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
            (Kind::Blob, value) => self.pair(name, &plain(&shape::bytes(value.clone()))),
            (_, Value::Object(_) | Value::Array(_)) => return Err(wanted(given, "a STRING")),
            (Kind::Timestamp, value) => {
                let told = written(value, model.time_format(member, TimeFormat::Iso));
                self.pair(name, &plain(&told));
            }
            (Kind::Text | Kind::Number | Kind::Boolean, value) => self.pair(name, &plain(value)),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{called, pairs};

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
