//! Events of a DynamoDB stream, as far as they matter here (Lambda developer guide, "Using Lambda with DynamoDB").
use contract::request::RequestView;
use contract::view::CallView;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a batch tells of: each call and each request as it is after the newest change in it. Pointers and removals tell nothing.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) calls: Vec<CallView>,
    pub(super) requests: Vec<RequestView>,
}

pub(super) fn changes(event: &Value) -> Changes {
    let records = event["Records"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let images = || {
        let image = |record: &'_ Value| record.pointer("/dynamodb/NewImage").cloned();
        records.iter().filter_map(image)
    };
    let calls = images().filter(is_call).filter_map(|image| view(&image));
    let requests = images().filter(is_request).filter_map(|image| view(&image));
    Changes {
        calls: newest(calls, |call: &CallView| (call.id.clone(), call.rev)),
        requests: newest(requests, |one: &RequestView| (one.id.clone(), one.rev)),
    }
}

fn is_call(image: &Value) -> bool {
    image.pointer("/sk/S").is_some_and(|sort| sort == "CALL")
}

/// A request is the only item of its partition: it has no sort key.
fn is_request(image: &Value) -> bool {
    let key = image.pointer("/pk/S").and_then(Value::as_str);
    image.get("sk").is_none() && key.is_some_and(|key| key.starts_with("R#"))
}

fn newest<T, Id: Ord>(changed: impl Iterator<Item = T>, of: impl Fn(&T) -> (Id, u64)) -> Vec<T> {
    let mut newest: BTreeMap<Id, (u64, T)> = BTreeMap::new();
    for one in changed {
        let (id, rev) = of(&one);
        match newest.get(&id) {
            Some((known, _)) if *known >= rev => {}
            Some(_) | None => {
                newest.insert(id, (rev, one));
            }
        }
    }
    newest.into_values().map(|(_, one)| one).collect()
}

fn view<T: DeserializeOwned>(image: &Value) -> Option<T> {
    match serde_json::from_value(plain(image.get("view")?)?) {
        Ok(view) => Some(view),
        Err(error) => {
            // Of another version of this program. The batch goes on without it.
            tracing::error!(%error, "a changed item does not read");
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
    fn what_is_no_change_of_a_call_or_a_request_is_nothing() {
        for event in [
            json!({}),
            json!({ "Records": null }),
            json!({ "Records": [{ "eventName": "REMOVE", "dynamodb": { "OldImage": {} } }] }),
            json!({ "Records": [{ "dynamodb": { "NewImage": { "sk": { "S": "LIVE#x" } } } }] }),
            json!({ "Records": [{ "dynamodb": { "NewImage": { "sk": { "S": "CALL" }, "view": { "M": {} } } } }] }),
            json!({ "Records": [{ "dynamodb": { "NewImage": { "pk": { "S": "R#1" }, "view": { "M": {} } } } }] }),
            json!({ "Records": [{ "dynamodb": { "NewImage": { "pk": { "S": "W#1" } } } }] }),
        ] {
            let changes = changes(&event);
            assert!(
                changes.calls.is_empty() && changes.requests.is_empty(),
                "{event}"
            );
        }
    }
}
