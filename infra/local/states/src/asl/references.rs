//! `variableReferences`: which variables each state reads. Source: API reference, `DescribeStateMachine`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::expression::source_of;
use super::lookup::Lookup;
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
            let is_read = key.ends_with(".$") || key.ends_with("Path") || key == "Variable";
            if let (true, Ok(lookup)) = (is_read, Lookup::parse(text)) {
                names.extend(lookup.variables().into_iter().map(str::to_owned));
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

/// Every `$name` in the text of an expression; `$$` is the whole document's.
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
    fn what_a_filter_or_a_function_in_a_function_looks_at_is_read() {
        let definition = json!({ "StartAt": "A", "States": {
            "A": { "Type": "Pass", "Assign": { "wanted": 1, "most": 2, "list": [], "text": "x" }, "Next": "B" },
            "B": { "Type": "Pass", "InputPath": "$.items[?(@.id == $wanted && @.parts[?(@.n < $most.n)])]", "Next": "C" },
            "C": { "Type": "Pass", "Parameters": {
                "n.$": "States.ArrayLength(States.Array($.a[?(@.id in $list)]))" }, "Next": "D" },
            "D": { "Type": "Pass", "Parameters": { "told.$": "States.Format('$text {}', $.items[?(@.id == '$wanted')])" }, "End": true }
        }});
        assert_eq!(
            found(definition),
            json!({ "B": ["most", "wanted"], "C": ["list"] })
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
