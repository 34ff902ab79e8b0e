//! Data that no page knows the words of, as rows of names and values.

use super::numbers::readable;
use super::request_words::spelled;
use serde_json::Value;

/// How many rows are made at most.
const MAX_ROWS: usize = 200;

/// One name with its value, or the head of what is inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// How far inside.
    pub(crate) depth: usize,
    /// The name in words.
    pub(crate) name: String,
    /// The value; `None` for the head of a part.
    pub(crate) text: Option<String>,
}

/// The rows of a value. What is empty is left out.
pub(crate) fn rows(value: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    inside(value, 0, &mut rows);
    rows
}

fn inside(value: &Value, depth: usize, rows: &mut Vec<Row>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                one(&humps(name), field, depth, rows);
            }
        }
        Value::Array(list) => {
            for (i, entry) in list.iter().enumerate() {
                one(&(i + 1).to_string(), entry, depth, rows);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            one("Value", value, depth, rows);
        }
    }
}

fn one(name: &str, value: &Value, depth: usize, rows: &mut Vec<Row>) {
    if rows.len() >= MAX_ROWS {
        return;
    }
    let mut row = Row {
        depth,
        name: name.to_owned(),
        text: None,
    };
    match value {
        Value::Null => {}
        Value::Object(fields) if fields.is_empty() => {}
        Value::Array(list) if list.is_empty() => {}
        Value::Array(list)
            if list
                .iter()
                .all(|entry| !entry.is_object() && !entry.is_array()) =>
        {
            row.text = Some(list.iter().map(plain).collect::<Vec<_>>().join(", "));
            rows.push(row);
        }
        Value::Object(_) | Value::Array(_) => {
            rows.push(row);
            inside(value, depth + 1, rows);
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            row.text = Some(plain(value));
            rows.push(row);
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) if text.starts_with('+') => readable(text),
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// `legalForm` is `Legal form`.
fn humps(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    spelled(&words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_words_and_what_is_empty_is_left_out() {
        let value = json!({
            "dossier": { "legalForm": "LLC", "documents": [], "gone": null },
            "numbers": ["+41445550100", "+41445550101"],
            "sure": true,
        });
        let rows = rows(&value);
        let text = |row: &Row| (row.depth, row.name.clone(), row.text.clone());
        assert_eq!(text(&rows[0]), (0, "Dossier".into(), None));
        assert_eq!(text(&rows[1]), (1, "Legal form".into(), Some("LLC".into())));
        assert_eq!(
            rows[2].text.as_deref(),
            Some("+41 44 555 01 00, +41 44 555 01 01")
        );
        assert_eq!(rows[3].text.as_deref(), Some("yes"));
        assert_eq!(rows.len(), 4);
    }

    #[test]
    fn there_is_a_limit() {
        let many: Vec<_> = (0..1_000).map(|n| json!({ "n": n })).collect();
        assert_eq!(rows(&json!(many)).len(), MAX_ROWS);
    }
}
