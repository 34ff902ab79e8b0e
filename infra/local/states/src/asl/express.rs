//! What an Express workflow may not do, a machine's or that of a Distributed Map's children. Source: developer guide,
//! "Choosing workflow type": no `.sync`, no `.waitForTaskToken`, no activities, no Distributed Map.

use std::collections::BTreeMap;

use serde_json::Value;

use super::diagnostic::{Code, Diagnostic, Severity};

/// Everything in a definition that is refused when its machine is Express, inside the Maps of it too.
pub fn refused(machine: &Value) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    super::walk::states(machine, &mut |at, _, state| {
        found.extend(resource(at, state));
        found.extend(distributed(at, state));
    });
    found
}

/// As [`refused`], of the children of Distributed Maps that are Express executions, where the machine is not.
pub(super) fn refused_in_children(machine: &Value) -> Vec<Diagnostic> {
    // By place: a state inside two such Maps is told once.
    let mut found = BTreeMap::new();
    super::walk::states(machine, &mut |at, _, map| {
        for name in PROCESSORS {
            let config = &map[name]["ProcessorConfig"];
            if config["Mode"] != "DISTRIBUTED" || config["ExecutionType"] != "EXPRESS" {
                continue;
            }
            super::walk::states(&map[name], &mut |inner, _, state| {
                let at = format!("{at}/{name}{inner}");
                let refused = resource(&at, state)
                    .into_iter()
                    .chain(distributed(&at, state));
                found.extend(refused.map(|finding| (finding.location.clone(), finding)));
            });
        }
    });
    found.into_values().collect()
}

/// What the machine of a Map is called, now and in old definitions.
const PROCESSORS: [&str; 2] = ["ItemProcessor", "Iterator"];

fn resource(at: &str, state: &Value) -> Option<Diagnostic> {
    if state.get("Type").and_then(Value::as_str) != Some("Task") {
        return None;
    }
    let resource = state.get("Resource").and_then(Value::as_str)?;
    let what = if resource.ends_with(".waitForTaskToken") {
        // AWS's sentence ends in a blank.
        "'.waitForTaskToken' service integration "
    } else if resource.ends_with(".sync") || resource.ends_with(".sync:2") {
        "'.sync' service integration"
    } else if resource.split(':').nth(5) == Some("activity") {
        "Activity ARN"
    } else {
        return None;
    };
    Some(error(at, "Resource", what))
}

fn distributed(at: &str, state: &Value) -> Option<Diagnostic> {
    let is_distributed =
        |name: &&str| state[*name]["ProcessorConfig"]["Mode"].as_str() == Some("DISTRIBUTED");
    let name = PROCESSORS.iter().copied().find(is_distributed)?;
    Some(error(
        at,
        &format!("{name}/ProcessorConfig/Mode"),
        "Distributed Map",
    ))
}

fn error(at: &str, field: &str, what: &str) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: Code::Schema,
        message: format!("Express state machine does not support {what}"),
        location: format!("{at}/{field}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_outlives_an_express_execution_is_refused_wherever_it_stands() {
        let task = |resource: &str| json!({ "Type": "Task", "Resource": resource, "End": true });
        let branch = json!({ "StartAt": "W", "States": { "W": task("arn:aws:states:::sqs:sendMessage.waitForTaskToken") } });
        let definition = json!({ "StartAt": "P", "States": {
            "P": { "Type": "Parallel", "Branches": [branch], "Next": "S" },
            "S": task("arn:aws:states:::states:startExecution.sync:2"),
            "A": task("arn:aws:states:us-east-1:123456789012:activity:a"),
            "L": task("arn:aws:states:::lambda:invoke"),
            "M": { "Type": "Map", "End": true, "ItemProcessor": {
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } } },
        } });
        let mut at: Vec<String> = refused(&definition)
            .into_iter()
            .map(|d| d.location)
            .collect();
        at.sort();
        assert_eq!(
            at,
            [
                "/States/A/Resource",
                "/States/M/ItemProcessor/ProcessorConfig/Mode",
                "/States/P/Branches/0/States/W/Resource",
                "/States/S/Resource"
            ]
        );
    }

    #[test]
    fn express_children_may_do_no_more_than_an_express_machine() {
        let wait = json!({ "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken" });
        let map = |kind: &str, states: Value| {
            json!({ "Type": "Map", "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": kind },
                "StartAt": "W", "States": states } })
        };
        let machine = json!({ "States": {
            "S": map("STANDARD", json!({ "W": wait, "D": map("STANDARD", json!({})) })),
            "E": map("EXPRESS", json!({ "W": wait, "D": map("EXPRESS", json!({ "V": wait })) })),
        } });
        let found = refused_in_children(&machine);
        let at: Vec<&str> = found.iter().map(|d| d.location.as_str()).collect();
        let inside = "/States/E/ItemProcessor/States";
        assert_eq!(
            at,
            [
                format!("{inside}/D/ItemProcessor/ProcessorConfig/Mode"),
                format!("{inside}/D/ItemProcessor/States/V/Resource"),
                format!("{inside}/W/Resource"),
            ]
        );
    }
}
