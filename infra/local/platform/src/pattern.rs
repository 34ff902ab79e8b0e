//! Event patterns, as EventBridge rules and event source filters write them.
//!
//! Source: EventBridge user guide, "Event patterns"; Lambda developer guide, "Event filtering". Supported:
//! exact values, `prefix`, `suffix`, `equals-ignore-case`, `anything-but` (a value or a list), `exists`.

use serde_json::Value;

/// Whether an event fits a pattern: every field that the pattern names must fit one of its values.
pub fn fits(pattern: &Value, event: &Value) -> bool {
    let Value::Object(fields) = pattern else {
        return false;
    };
    fields.iter().all(|(name, wanted)| {
        let found = event.get(name);
        match wanted {
            Value::Array(allowed) => match found {
                Some(Value::Array(values)) => {
                    values.iter().any(|value| any_fits(allowed, Some(value)))
                }
                other => any_fits(allowed, other),
            },
            Value::Object(_) => fits(wanted, found.unwrap_or(&Value::Null)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
    })
}

fn any_fits(allowed: &[Value], found: Option<&Value>) -> bool {
    allowed.iter().any(|one| match one {
        Value::Object(test) => test
            .iter()
            .all(|(kind, wanted)| passes(kind, wanted, found)),
        literal => found == Some(literal),
    })
}

fn passes(kind: &str, wanted: &Value, found: Option<&Value>) -> bool {
    let text = found.and_then(Value::as_str);
    let word = wanted.as_str();
    match kind {
        "exists" => wanted.as_bool() == Some(found.is_some()),
        "prefix" => text
            .zip(word)
            .is_some_and(|(text, word)| text.starts_with(word)),
        "suffix" => text
            .zip(word)
            .is_some_and(|(text, word)| text.ends_with(word)),
        "equals-ignore-case" => text
            .zip(word)
            .is_some_and(|(text, word)| text.eq_ignore_ascii_case(word)),
        "anything-but" => match wanted {
            Value::Array(refused) => found.is_some_and(|found| !refused.contains(found)),
            one => found.is_some_and(|found| found != one),
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pattern_takes_what_it_describes_and_nothing_else() {
        let event = json!({
            "source": "aws.chime",
            "detail": { "state": "Joined", "tags": ["a", "b"] },
            "dynamodb": { "Keys": { "pk": { "S": "CALL#7" } } },
        });
        for (pattern, expected) in [
            (json!({ "source": ["aws.chime"] }), true),
            (json!({ "source": ["aws.sms"] }), false),
            (
                json!({ "dynamodb": { "Keys": { "pk": { "S": [{ "prefix": "CALL#" }] } } } }),
                true,
            ),
            (
                json!({ "dynamodb": { "Keys": { "sk": { "S": [{ "prefix": "CALL#" }] } } } }),
                false,
            ),
            (
                json!({ "detail": { "state": [{ "anything-but": ["Left"] }] } }),
                true,
            ),
            (
                json!({ "detail": { "state": [{ "anything-but": "Joined" }] } }),
                false,
            ),
            (json!({ "detail": { "gone": [{ "exists": false }] } }), true),
            (
                json!({ "detail": { "state": [{ "exists": false }] } }),
                false,
            ),
            (json!({ "detail": { "tags": ["b"] } }), true),
            (
                json!({ "detail": { "state": [{ "equals-ignore-case": "joined" }, "x"] } }),
                true,
            ),
            (
                json!({ "source": ["aws.chime"], "detail": { "state": ["Left"] } }),
                false,
            ),
            (
                json!({ "detail": { "state": [{ "unknown": "Joined" }] } }),
                false,
            ),
        ] {
            assert_eq!(fits(&pattern, &event), expected, "{pattern}");
        }
    }
}
