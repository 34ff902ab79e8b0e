//! What a definition that compiles is refused for all the same, and what looks like a mistake in it.
//!
//! Source: API reference, `ValidateStateMachineDefinitionDiagnostic`. Looked for when a definition is given, not when it is
//! read back: what was once accepted stays.

use std::collections::HashSet;

use serde_json::Value;

use super::diagnostic::{Code, Diagnostic, Severity};
use super::intrinsic::looks_like_call;
use super::{arguments, comments, express, repeats, reserved};

/// Fields whose members are templates in JSONPath.
const TEMPLATES: [&str; 5] = [
    "Parameters",
    "ResultSelector",
    "ItemSelector",
    "Assign",
    "Credentials",
];
/// Fields that hold templates in a field of their own.
const NESTED: [(&str, &str); 3] = [
    ("ItemReader", "Parameters"),
    ("ResultWriter", "Parameters"),
    ("ItemBatcher", "BatchInput"),
];
/// Operators of a Choice rule that compare with text, and have a `...Path` variant.
const COMPARING: [&str; 10] = [
    "StringEquals",
    "StringLessThan",
    "StringGreaterThan",
    "StringLessThanEquals",
    "StringGreaterThanEquals",
    "TimestampEquals",
    "TimestampLessThan",
    "TimestampGreaterThan",
    "TimestampLessThanEquals",
    "TimestampGreaterThanEquals",
];

/// Expressions and comments that a definition, or one state of it, is refused for.
pub fn misplaced(definition: &str) -> Vec<Diagnostic> {
    let machine: Value = serde_json::from_str(definition).unwrap_or_default();
    let mut found = Vec::new();
    comments::refused("", &machine, &mut found);
    each(&machine, &mut |at, state, jsonata| {
        comments::refused(at, state, &mut found);
        if jsonata {
            reserved::refused(at, state, &mut found);
        }
    });
    found
}

/// Why a definition that compiled, with these warnings, is refused; more of it if its machine `is_express`.
pub fn refused(definition: &str, warnings: &[Diagnostic], is_express: bool) -> Vec<Diagnostic> {
    let lost = warnings.iter().filter(|d| d.code == Code::Unreachable);
    let mut found: Vec<Diagnostic> = lost
        .map(|finding| Diagnostic {
            severity: Severity::Error,
            code: Code::MissingTarget,
            ..finding.clone()
        })
        .collect();
    found.extend(repeats::refused(definition));
    found.extend(misplaced(definition));
    let machine: Value = serde_json::from_str(definition).unwrap_or_default();
    // An Express machine is judged as a whole: its children's findings are among its own.
    found.extend(if is_express {
        express::refused(&machine)
    } else {
        express::refused_in_children(&machine)
    });
    let mut labels = HashSet::new();
    each(&machine, &mut |at, state, jsonata| {
        arguments::refused(at, state, jsonata, &mut found);
        if let Some(label) = state["Label"].as_str()
            && !labels.insert(label.to_owned())
        {
            found.push(Diagnostic {
                severity: Severity::Error,
                code: Code::DuplicateLabel,
                message: format!("The label '{label}' is used twice"),
                location: format!("{at}/Label"),
            });
        }
    });
    found
}

/// What looks like a mistake.
pub fn warnings(definition: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let machine: Value = serde_json::from_str(definition).unwrap_or_default();
    each(&machine, &mut |at, state, jsonata| {
        if jsonata {
            return;
        }
        for name in TEMPLATES {
            undollared(&state[name], &format!("{at}/{name}"), &mut found);
        }
        for (outer, inner) in NESTED {
            let location = format!("{at}/{outer}/{inner}");
            undollared(&state[outer][inner], &location, &mut found);
        }
        if state["Type"] == "Pass" && is_dynamic(&state["Result"]) {
            found.push(warning(
                Code::PassResultIsStatic,
                format!("{at}/Result"),
                "'Result' of a Pass state is taken as it is written: paths in it are not followed. Use 'Parameters'",
            ));
        }
        if state["Type"] == "Fail" {
            for name in ["Error", "Cause"] {
                unpathed(state, at, name, &mut found);
            }
        }
        for (i, rule) in list(&state["Choices"]).enumerate() {
            compared(rule, &format!("{at}/Choices/{i}"), &mut found);
        }
    });
    found
}

fn each(machine: &Value, visit: &mut dyn FnMut(&str, &Value, bool)) {
    let whole = &machine["QueryLanguage"];
    super::walk::states(machine, &mut |at, _, state| {
        let own = &state["QueryLanguage"];
        let language = if own.is_null() { whole } else { own };
        visit(at, state, language == "JSONata");
    });
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Does a text look like a path or a call?
fn looks_dynamic(text: &str) -> bool {
    text == "$"
        || text == "$$"
        || ["$.", "$$.", "$["]
            .iter()
            .any(|start| text.starts_with(start))
        || looks_like_call(text)
}

/// Members of a template that look like paths or calls, under names without `.$`.
fn undollared(template: &Value, at: &str, found: &mut Vec<Diagnostic>) {
    match template {
        Value::Object(members) => {
            for (name, value) in members {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                match value.as_str() {
                    Some(text) if !name.ends_with(".$") && looks_dynamic(text) => {
                        let message = format!(
                            "The value of '{name}' looks like a path or an intrinsic function: it is taken as text unless the \
                             name ends in '.$'"
                        );
                        found.push(warning(Code::NoDollar, at, message));
                    }
                    _other => undollared(value, &at, found),
                }
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                undollared(item, &format!("{at}/{i}"), found);
            }
        }
        _plain => {}
    }
}

/// A field that looks like a path, under a name without `Path`.
fn unpathed(fields: &Value, at: &str, name: &str, found: &mut Vec<Diagnostic>) {
    if fields[name].as_str().is_some_and(looks_dynamic) {
        let message = format!(
            "The value of '{name}' looks like a path: it is taken as text. Use '{name}Path'"
        );
        found.push(warning(Code::NoPath, format!("{at}/{name}"), message));
    }
}

fn compared(rule: &Value, at: &str, found: &mut Vec<Diagnostic>) {
    for name in COMPARING {
        unpathed(rule, at, name, found);
    }
    undollared(&rule["Assign"], &format!("{at}/Assign"), found);
    for name in ["And", "Or"] {
        for (i, inner) in list(&rule[name]).enumerate() {
            compared(inner, &format!("{at}/{name}/{i}"), found);
        }
    }
    if rule["Not"].is_object() {
        compared(&rule["Not"], &format!("{at}/Not"), found);
    }
}

/// Does a value hold what would be evaluated in a template?
fn is_dynamic(value: &Value) -> bool {
    match value {
        Value::String(text) => looks_dynamic(text),
        Value::Array(items) => items.iter().any(is_dynamic),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.ends_with(".$") || is_dynamic(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn warning(code: Code, location: String, message: impl Into<String>) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        code,
        message: message.into(),
        location,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_express_children_of_an_express_machine_may_not_do_is_told_once() {
        let definition = json!({ "StartAt": "M", "States": { "M": { "Type": "Map", "End": true, "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" },
            "StartAt": "T", "States": { "T": { "Type": "Task", "End": true,
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": { "QueueUrl": "q", "MessageBody.$": "$$.Task.Token" } } } } } } });
        let found = |is_express| -> Vec<String> {
            let found = refused(&definition.to_string(), &[], is_express);
            found.into_iter().map(|d| d.location).collect()
        };
        let task = "/States/M/ItemProcessor/States/T/Resource";
        let map = "/States/M/ItemProcessor/ProcessorConfig/Mode";
        assert_eq!(found(true), [map, task]);
        assert_eq!(found(false), [task]);
    }
}
