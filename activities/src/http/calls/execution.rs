//! The call's workflow as it runs: what the graph and the turns are drawn from.
use super::visible;
use crate::http::{Ports, Refused, Shared};
use crate::people::Caller;
use axum::Json;
use axum::extract::{Path, State};
use contract::api::{ExecutionView, Problem};
use serde_json::Value;

/// What stands where a secret was.
const MASK: &str = "…";
/// Fields whose values let somebody in or on: task tokens end turns, join tokens enter meetings.
const SECRETS: [&str; 3] = ["token", "tasktoken", "jointoken"];

/// Watch the workflow.
///
/// The definition that runs and the history so far, at most 1,000 events.
#[utoipa::path(get, path = "/v1/calls/{call}/execution", tag = "calls", security(("bearer" = [])), params(
    ("call" = String, Path, description = "The call's id"),
), responses(
    (status = 200, description = "Definition and history", body = ExecutionView),
    (status = 404, description = "`Call.NotFound`: no such call, or not yours to see", body = Problem),
    (status = 409, description = "`Call.NotStarted`: its workflow has not begun", body = Problem),
))]
pub(in crate::http) async fn execution<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(call): Path<String>,
) -> Result<Json<ExecutionView>, Refused> {
    let view = visible(&*api.ports, &caller, &call).await?.view;
    let not_started = || {
        Refused::conflict(
            "Call.NotStarted",
            "the call's workflow has not begun: try again in a moment",
        )
    };
    let execution = view.execution.ok_or_else(not_started)?;
    let inspected = api
        .ports
        .inspect(&execution)
        .await?
        .ok_or_else(not_started)?;
    let mut events = inspected.events;
    for event in &mut events {
        mask(&mut event.details);
    }
    Ok(Json(ExecutionView {
        call: view.id,
        workflow: view.workflow,
        execution,
        status: inspected.status,
        definition: inspected.definition,
        events,
        truncated: inspected.truncated,
    }))
}

/// Masks every secret, also in JSON that is carried as text. The history masks its own; this is the door.
pub(in crate::http) fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(_) if SECRETS.contains(&name.to_ascii_lowercase().as_str()) => {
                        *field = MASK.into()
                    }
                    other => mask(other),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(mask),
        Value::String(text) => {
            if text.starts_with(['{', '['])
                && let Ok(mut inner) = serde_json::from_str::<Value>(text)
            {
                mask(&mut inner);
                *text = inner.to_string();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_secret_gets_out_however_deep_it_sits() {
        let mut value = json!({
            "input": { "token": "s3cret", "legs": [{ "JoinToken": "s3cret" }], "callToken": 5 },
            "output": "{\"taskToken\":\"s3cret\",\"n\":1}",
            "cause": "text with token in it",
        });
        mask(&mut value);
        assert!(!value.to_string().contains("s3cret"));
        assert_eq!(value["cause"], "text with token in it");
        assert_eq!(value["input"]["callToken"], 5);
    }
}
