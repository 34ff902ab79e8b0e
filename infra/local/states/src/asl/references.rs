//! `variableReferences`: which variables each state reads. Source: API reference, `DescribeStateMachine`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::expression::source_of;
use super::walk;

/// By state name, the variables that it reads, in order. States that read none are left out.
pub fn variables(definition: &str) -> BTreeMap<String, BTreeSet<String>> {
    let Ok(value) = serde_json::from_str::<Value>(definition) else {
        return BTreeMap::new();
    };
    // Functions and names bound inside an expression look the same; what no state assigns is one of those.
    let mut assigned = BTreeSet::new();
    walk::states(&value, &mut |_, _, state| assigns(state, &mut assigned));
    let whole_is_jsonata = is_jsonata(&value, false);
    let mut found = BTreeMap::new();
    walk::states(&value, &mut |_, name, state| {
        let mut names = BTreeSet::new();
        reads(state, "", is_jsonata(state, whole_is_jsonata), &mut names);
        names.retain(|name| assigned.contains(name));
        if !names.is_empty() {
            found.insert(name.to_owned(), names);
        }
    });
    found
}

fn is_jsonata(value: &Value, otherwise: bool) -> bool {
    match value.get("QueryLanguage").and_then(Value::as_str) {
        Some(language) => language == "JSONata",
        None => otherwise,
    }
}

fn assigns(state: &Value, names: &mut BTreeSet<String>) {
    let mut take = |value: Option<&Value>| {
        let keys = value.and_then(Value::as_object).into_iter().flatten();
        names.extend(keys.map(|(key, _)| key.strip_suffix(".$").unwrap_or(key).to_owned()));
    };
    take(state.get("Assign"));
    for list in ["Choices", "Catch"] {
        let items = state.get(list).and_then(Value::as_array);
        items
            .into_iter()
            .flatten()
            .for_each(|item| take(item.get("Assign")));
    }
}

/// `key` is the name of the field that `value` is in.
fn reads(value: &Value, key: &str, jsonata: bool, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if jsonata => {
            if let Some(source) = source_of(text) {
                mentioned(source, names);
            }
        }
        Value::String(text) => {
            if key.ends_with(".$") || key.ends_with("Path") || key == "Variable" {
                mentioned(text, names);
            }
        }
        Value::Array(items) => {
            for item in items {
                reads(item, key, jsonata, names);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                // States inside speak for themselves.
                if !["Branches", "ItemProcessor", "Iterator"].contains(&key.as_str()) {
                    reads(value, key, jsonata, names);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Every `$name` in `text`; `$$` is the context object's or the whole document's.
fn mentioned(text: &str, names: &mut BTreeSet<String>) {
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let behind = &rest[at + 1..];
        if let Some(context) = behind.strip_prefix('$') {
            rest = context;
            continue;
        }
        let end = behind
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(behind.len());
        if end > 0 {
            names.insert(behind[..end].to_owned());
        }
        rest = &behind[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(definition: Value) -> Value {
        json!(variables(&definition.to_string()))
    }

    #[test]
    fn jsonpath_states_read_by_path_and_by_dollar_fields_only() {
        let definition = json!({ "StartAt": "A", "States": {
            "A": { "Type": "Pass", "Assign": { "guess": 1, "answer.$": "$.x" }, "Next": "B" },
            "B": { "Type": "Choice", "Choices": [
                { "Variable": "$guess", "NumericEqualsPath": "$answer", "Next": "C" }] },
            "C": { "Type": "Pass", "Parameters": { "literal": "$guess", "told.$": "States.Format('{}', $answer)" }, "End": true }
        }});
        assert_eq!(
            found(definition),
            json!({ "B": ["answer", "guess"], "C": ["answer"] })
        );
    }

    #[test]
    fn jsonata_states_read_what_their_expressions_mention() {
        let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": {
            "A": { "Type": "Pass", "Assign": { "total": 1 }, "Next": "B" },
            "B": { "Type": "Pass", "Output": "{% $sum([$total, $states.input.x]) + $$.y %}", "End": true }
        }});
        assert_eq!(found(definition), json!({ "B": ["total"] }));
        assert_eq!(found(json!({ "StartAt": "A" })), json!({}));
    }
}
