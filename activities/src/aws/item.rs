//! Records as DynamoDB items, attribute by attribute, so that people can read and change them in the console.
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// An item.
pub(super) type Item = HashMap<String, AttributeValue>;

/// A string attribute.
pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(super) fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A record's fields as attributes, and the keys beside them.
pub(super) fn to_item(record: &impl Serialize, keys: &[(&str, &str)]) -> Item {
    // Records are structs of strings, numbers and lists: they always have a JSON form.
    let fields = match serde_json::to_value(record) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    };
    let fields = fields
        .into_iter()
        .map(|(name, value)| (name, attribute(value)));
    fields
        .chain(
            keys.iter()
                .map(|(name, value)| ((*name).to_owned(), s(*value))),
        )
        .collect()
}

/// The record that an item holds.
pub(super) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, serde_json::Error> {
    let fields = item
        .into_iter()
        .map(|(name, attribute)| (name, value(attribute)))
        .collect();
    serde_json::from_value(Value::Object(fields))
}

fn attribute(value: Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text),
        Value::Array(values) => AttributeValue::L(values.into_iter().map(attribute).collect()),
        Value::Object(fields) => AttributeValue::M(
            fields
                .into_iter()
                .map(|(name, value)| (name, attribute(value)))
                .collect(),
        ),
    }
}

fn value(attribute: AttributeValue) -> Value {
    match attribute {
        AttributeValue::Bool(flag) => flag.into(),
        AttributeValue::N(text) => serde_json::from_str(&text).map_or(Value::Null, Value::Number),
        AttributeValue::S(text) => text.into(),
        AttributeValue::L(values) => values.into_iter().map(value).collect(),
        AttributeValue::M(fields) => fields
            .into_iter()
            .map(|(name, attribute)| (name, value(attribute)))
            .collect(),
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => texts.into(),
        // Null, binary, and whatever the service invents.
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_reads_back_as_written() {
        let record = json!({ "a": "text", "b": 12, "c": [true, null, { "d": 1.5 }], "e": {} });
        let item = to_item(&record, &[("pk", "P#1")]);
        assert_eq!(item["pk"], s("P#1"));
        let mut read: Value = from_item(item).unwrap();
        read.as_object_mut().unwrap().remove("pk");
        assert_eq!(read, record);
    }
}
