//! What is written from the types and definitions is what lies in the tree. `UPDATE=1` rewrites it.

use crate::asl;
use contract::registry::activities;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn compare(path: &Path, expected: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        return std::fs::write(path, expected).expect("written");
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == expected,
        "{} is not what the types say; `cargo xtask schemas` rewrites it",
        path.display()
    );
}

#[test]
fn schemas_are_what_the_types_say() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    for entry in activities() {
        let errors: Vec<Value> = entry
            .errors
            .iter()
            .map(|(name, retry)| json!({ "name": name, "retry": format!("{retry:?}").to_lowercase() }))
            .collect();
        let document = json!({ "activity": entry.name, "input": entry.input, "output": entry.output, "errors": errors });
        let text = serde_json::to_string_pretty(&document).expect("JSON") + "\n";
        compare(&root.join(format!("{}.json", entry.name)), &text);
    }
}

#[test]
fn readmes_show_the_definitions() {
    for definition in asl::all() {
        let comment = definition.asl["Comment"]
            .as_str()
            .expect("a definition has a Comment");
        let mut text = format!(
            "# {}\n\n{comment}\n\n```mermaid\nflowchart TD\n",
            definition.name
        );
        let id = |name: &str| name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
        let start = definition.asl["StartAt"].as_str().expect("StartAt");
        writeln!(text, "  start(( )) --> {}", id(start)).unwrap();
        for (name, state) in definition.states() {
            let (open, close) = match state["Type"].as_str().expect("Type") {
                "Choice" => ("{{\"", "\"}}"),
                "Succeed" | "Fail" => ("([\"", "\"])"),
                _ => ("[\"", "\"]"),
            };
            writeln!(text, "  {}{open}{name}{close}", id(name)).unwrap();
        }
        for (name, state) in definition.states() {
            for (to, why) in definition.edges(state) {
                let arrow = if why.is_empty() {
                    "-->".to_owned()
                } else {
                    format!("-.->|\"{}\"|", why.replace('"', "'"))
                };
                writeln!(text, "  {} {arrow} {}", id(name), id(&to)).unwrap();
            }
        }
        text.push_str("```\n\n| state | what it does | waits for |\n|---|---|---|\n");
        for (name, state) in definition.states() {
            let accepts: Vec<_> = asl::list(&state["Arguments"]["Payload"]["accepts"])
                .iter()
                .filter_map(Value::as_str)
                .collect();
            writeln!(
                text,
                "| {name} | {} | {} |",
                state["Comment"].as_str().unwrap_or(""),
                accepts.join(", ")
            )
            .unwrap();
        }
        text.push_str("\nWritten from `definition.asl.json` by `cargo xtask schemas`; a test holds the two together.\n");
        compare(&definition.folder.join("README.md"), &text);
    }
}
