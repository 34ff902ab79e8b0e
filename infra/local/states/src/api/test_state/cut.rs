//! The state that is tested, cut out of its machine.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::ApiError;
use crate::asl::{self, Definition, walk};
use crate::integration::ServiceModels;

/// What a state that comes without a machine is called, and any state in its context object.
pub(super) const NAMELESS: &str = "StateName";

/// A state, cut out of its machine: its transitions lead to states that do nothing.
pub(super) struct Cut {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) state: Value,
    pub(super) jsonata: bool,
    pub(super) text: String,
}

pub(super) fn cut(
    definition: &str,
    name: Option<&str>,
    models: &ServiceModels,
) -> Result<Cut, ApiError> {
    let parsed: Value = serde_json::from_str(definition)
        .map_err(|e| ApiError::InvalidDefinition(format!("INVALID_JSON_DESCRIPTION: {e}")))?;
    let (state, name, jsonata) = match name {
        None => {
            let jsonata = parsed["QueryLanguage"] == json!("JSONata");
            (parsed, NAMELESS.to_owned(), jsonata)
        }
        Some(name) => {
            compiled(definition, models)?;
            let mut found = None;
            walk::states(&parsed, &mut |_, at, state| {
                if at == name {
                    found = Some(state.clone());
                }
            });
            let state = found.ok_or_else(|| ApiError::unfit("State not found in definition"))?;
            let own = state.get("QueryLanguage");
            let language = own.or_else(|| parsed.get("QueryLanguage"));
            let jsonata = language == Some(&json!("JSONata"));
            (state, name.to_owned(), jsonata)
        }
    };
    let mut targets = BTreeSet::new();
    leads_to(&state, &mut targets);
    targets.remove(&name);
    let mut states = Map::new();
    states.insert(name.clone(), state.clone());
    for target in targets {
        states.insert(target, json!({ "Type": "Succeed" }));
    }
    let language = if jsonata { "JSONata" } else { "JSONPath" };
    let machine = json!({ "QueryLanguage": language, "StartAt": name, "States": states });
    Ok(Cut {
        kind: state["Type"].as_str().unwrap_or("").to_owned(),
        name,
        state,
        jsonata,
        text: machine.to_string(),
    })
}

/// The states that a state's own transitions name; not those of the machines inside it.
fn leads_to(value: &Value, targets: &mut BTreeSet<String>) {
    let target = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    targets.extend(["Next", "Default"].into_iter().filter_map(target));
    for list in ["Choices", "Catch"] {
        let items = value.get(list).and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            leads_to(item, targets);
        }
    }
}

pub(super) fn compiled(text: &str, models: &ServiceModels) -> Result<Definition, ApiError> {
    let compiled = asl::compile_with(text, models).map_err(|found| ApiError::refused(&found))?;
    let found = asl::lint::misplaced(text);
    if found.is_empty() {
        Ok(compiled)
    } else {
        Err(ApiError::refused(&found))
    }
}
