//! Visiting every state of a definition's text, nested ones too.

use serde_json::Value;

use super::MAX_NESTING;

/// Calls `visit` with the JSON pointer, the name and the value of every state.
pub(crate) fn states(machine: &Value, visit: &mut dyn FnMut(&str, &str, &Value)) {
    flow(machine, "", 0, visit);
}

fn flow(machine: &Value, at: &str, depth: usize, visit: &mut dyn FnMut(&str, &str, &Value)) {
    let Some(states) = machine.get("States").and_then(Value::as_object) else {
        return;
    };
    if depth > MAX_NESTING {
        return;
    }
    for (name, state) in states {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        let here = format!("{at}/States/{escaped}");
        visit(&here, name, state);
        for nested in ["ItemProcessor", "Iterator"] {
            if let Some(processor) = state.get(nested) {
                flow(processor, &format!("{here}/{nested}"), depth + 1, visit);
            }
        }
        let branches = state.get("Branches").and_then(Value::as_array);
        for (i, branch) in branches.into_iter().flatten().enumerate() {
            flow(branch, &format!("{here}/Branches/{i}"), depth + 1, visit);
        }
    }
}
