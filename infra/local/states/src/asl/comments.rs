//! `Comment` is a string wherever it may stand.

use serde_json::Value;

use super::diagnostic::{Code, Diagnostic, Severity};

/// Objects inside a state, or a machine, that may have a comment.
const INSIDE: [&str; 9] = [
    "Retry",
    "Catch",
    "Choices",
    "And",
    "Or",
    "Not",
    "Branches",
    "ItemProcessor",
    "Iterator",
];

/// Comments of the machine or state at the JSON pointer `at` that are none. States inside speak for themselves.
pub(super) fn refused(at: &str, value: &Value, found: &mut Vec<Diagnostic>) {
    if let Some(comment) = value.get("Comment")
        && !comment.is_string()
    {
        found.push(Diagnostic {
            severity: Severity::Error,
            code: Code::Schema,
            message: "'Comment' must be a string".to_owned(),
            location: format!("{at}/Comment"),
        });
    }
    for name in INSIDE {
        match value.get(name) {
            Some(Value::Array(items)) => {
                for (i, item) in items.iter().enumerate() {
                    refused(&format!("{at}/{name}/{i}"), item, found);
                }
            }
            Some(inner) => refused(&format!("{at}/{name}"), inner, found),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_comment_is_looked_at_once() {
        let state = json!({ "Type": "Map", "Comment": 1, "Retry": [{}, { "Comment": null }],
            "ItemProcessor": { "Comment": [], "States": { "A": { "Comment": 2 } } },
            "Parameters": { "Comment": 3 } });
        let mut found = Vec::new();
        refused("/S", &state, &mut found);
        let at: Vec<String> = found.into_iter().map(|d| d.location).collect();
        assert_eq!(
            at,
            [
                "/S/Comment",
                "/S/Retry/1/Comment",
                "/S/ItemProcessor/Comment"
            ]
        );
    }
}
