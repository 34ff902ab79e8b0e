//! Reading the definitions as the tests need them: as JSON, by state, with their expressions.
use serde_json::{Map, Value};
use std::path::PathBuf;

/// A definition and where it lies.
pub(crate) struct Definition {
    /// The workflow's name: its folder.
    pub(crate) name: String,
    /// The folder.
    pub(crate) folder: PathBuf,
    /// The definition.
    pub(crate) asl: Value,
}

/// Every definition under `workflows/definitions`, by name.
pub(crate) fn all() -> Vec<Definition> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../definitions");
    let mut found: Vec<Definition> = std::fs::read_dir(&root)
        .expect("workflows/definitions")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("definition.asl.json").exists())
        .map(|folder| Definition {
            name: folder
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned(),
            asl: serde_json::from_str(
                &std::fs::read_to_string(folder.join("definition.asl.json")).expect("readable"),
            )
            .expect("JSON"),
            folder,
        })
        .collect();
    assert!(!found.is_empty(), "no definitions under {}", root.display());
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

impl Definition {
    /// The states by name, in the file's order.
    pub(crate) fn states(&self) -> &Map<String, Value> {
        self.asl["States"].as_object().expect("States")
    }

    /// Where a state can go next: `(target, why)`.
    pub(crate) fn edges(&self, state: &Value) -> Vec<(String, String)> {
        let mut edges = Vec::new();
        let mut push = |to: &Value, why: String| {
            edges.push((to.as_str().expect("a state's name").to_owned(), why))
        };
        for rule in list(&state["Choices"]) {
            push(
                &rule["Next"],
                expression(&rule["Condition"])
                    .unwrap_or_default()
                    .to_owned(),
            );
        }
        if let Some(default) = state.get("Default") {
            push(default, "otherwise".to_owned());
        }
        if let Some(next) = state.get("Next") {
            push(next, String::new());
        }
        for catcher in list(&state["Catch"]) {
            let names: Vec<_> = list(&catcher["ErrorEquals"])
                .iter()
                .filter_map(Value::as_str)
                .collect();
            push(&catcher["Next"], names.join(", "));
        }
        edges
    }
}

/// The items of an array, none for anything else.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The text within `{% %}`, if the value is a JSONata expression.
pub(crate) fn expression(value: &Value) -> Option<&str> {
    value
        .as_str()?
        .strip_prefix("{%")?
        .strip_suffix("%}")
        .map(str::trim)
}

/// Every expression within a value.
pub(crate) fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.extend(expression(value).map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| expressions(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
