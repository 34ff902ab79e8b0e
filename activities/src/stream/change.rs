//! Events of a DynamoDB stream, as far as they matter here (Lambda developer guide, "Using Lambda with DynamoDB").
use contract::view::CallView;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The calls in a batch, each as it is after the newest change in it. Pointers and removals tell nothing.
pub(super) fn newest(event: &Value) -> Vec<CallView> {
    let mut calls: BTreeMap<_, CallView> = BTreeMap::new();
    let records = event["Records"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for call in records.iter().filter_map(call) {
        match calls.get(&call.id) {
            Some(known) if known.rev >= call.rev => {}
            Some(_) | None => {
                calls.insert(call.id.clone(), call);
            }
        }
    }
    calls.into_values().collect()
}

fn call(record: &Value) -> Option<CallView> {
    let image = record.pointer("/dynamodb/NewImage")?;
    if image.pointer("/sk/S")? != "CALL" {
        return None;
    }
    match serde_json::from_value(plain(image.get("view")?)?) {
        Ok(call) => Some(call),
        Err(error) => {
            // Of another version of this program. The batch goes on without it.
            tracing::error!(%error, "a changed call does not read");
            None
        }
    }
}

/// An attribute as plain JSON.
pub(crate) fn plain(attribute: &Value) -> Option<Value> {
    let (kind, value) = attribute.as_object()?.iter().next()?;
    match kind.as_str() {
        "S" | "BOOL" => Some(value.clone()),
        "N" => serde_json::from_str(value.as_str()?)
            .ok()
            .map(Value::Number),
        "NULL" => Some(Value::Null),
        "L" => value
            .as_array()?
            .iter()
            .map(plain)
            .collect::<Option<Vec<_>>>()
            .map(Value::Array),
        "M" => {
            let fields = value
                .as_object()?
                .iter()
                .map(|(name, field)| Some((name.clone(), plain(field)?)));
            fields.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        // Sets and binary: no record of ours has one.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn attributes_become_plain_json() {
        let attribute = json!({ "M": { "a": { "S": "x" }, "b": { "N": "12" }, "c": { "L": [{ "BOOL": true }, { "NULL": true }] } } });
        assert_eq!(
            plain(&attribute),
            Some(json!({ "a": "x", "b": 12, "c": [true, null] }))
        );
        assert_eq!(plain(&json!({ "B": "AA==" })), None);
        assert_eq!(plain(&json!("x")), None);
    }

    #[test]
    fn what_is_no_change_of_a_call_is_nothing() {
        for event in [
            json!({}),
            json!({ "Records": null }),
            json!({ "Records": [{ "eventName": "REMOVE", "dynamodb": { "OldImage": {} } }] }),
            json!({ "Records": [{ "dynamodb": { "NewImage": { "sk": { "S": "LIVE#x" } } } }] }),
            json!({ "Records": [{ "dynamodb": { "NewImage": { "sk": { "S": "CALL" }, "view": { "M": {} } } } }] }),
        ] {
            assert!(newest(&event).is_empty(), "{event}");
        }
    }
}
