//! Events of an execution's history, as the watch page gets them: no task token leaves here.
use aws_sdk_sfn::types::HistoryEvent as SdkEvent;
use contract::api::HistoryEvent;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// What stands where a task token was.
const MASK: &str = "…";

/// One event. Inputs and outputs, which the API gives as text, become JSON again.
pub(super) fn event(event: &SdkEvent) -> HistoryEvent {
    let at = event
        .timestamp
        .to_millis()
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or_default();
    let (state, details) = details(event);
    HistoryEvent {
        id: event.id,
        previous_id: event.previous_event_id,
        at: crate::ports::clock::text(at),
        kind: event.r#type.as_str().to_owned(),
        state,
        details: Value::Object(details),
    }
}

fn details(event: &SdkEvent) -> (Option<String>, Map<String, Value>) {
    let mut out = Map::new();
    let mut state = None;
    if let Some(entered) = &event.state_entered_event_details {
        state = Some(entered.name.clone());
        put(&mut out, "input", entered.input.as_deref());
    }
    if let Some(exited) = &event.state_exited_event_details {
        state = Some(exited.name.clone());
        put(&mut out, "output", exited.output.as_deref());
        if let Some(assigned) = &exited.assigned_variables {
            let assigned = assigned
                .iter()
                .map(|(name, value)| (name.clone(), masked(value)))
                .collect();
            out.insert("assigned".into(), Value::Object(assigned));
        }
    }
    if let Some(failed) = &event.evaluation_failed_event_details {
        state = Some(failed.state.clone());
        put_text(&mut out, "location", failed.location.as_deref());
        put_error(&mut out, failed.error.as_deref(), failed.cause.as_deref());
    }
    task_details(event, &mut out);
    execution_details(event, &mut out);
    (state, out)
}

fn task_details(event: &SdkEvent, out: &mut Map<String, Value>) {
    if let Some(task) = &event.task_scheduled_event_details {
        put_text(
            out,
            "resource",
            Some(&format!("{}:{}", task.resource_type, task.resource)),
        );
        put(out, "parameters", Some(&task.parameters));
        if let Some(limit) = task.timeout_in_seconds {
            out.insert("timeoutS".into(), json!(limit));
        }
    }
    if let Some(task) = &event.task_submitted_event_details {
        put(out, "output", task.output.as_deref());
    }
    if let Some(task) = &event.task_succeeded_event_details {
        put(out, "output", task.output.as_deref());
    }
    if let Some(task) = &event.task_failed_event_details {
        put_error(out, task.error.as_deref(), task.cause.as_deref());
    }
    if let Some(task) = &event.task_timed_out_event_details {
        put_error(out, task.error.as_deref(), task.cause.as_deref());
    }
    if let Some(task) = &event.task_start_failed_event_details {
        put_error(out, task.error.as_deref(), task.cause.as_deref());
    }
    if let Some(task) = &event.task_submit_failed_event_details {
        put_error(out, task.error.as_deref(), task.cause.as_deref());
    }
}

fn execution_details(event: &SdkEvent, out: &mut Map<String, Value>) {
    if let Some(started) = &event.execution_started_event_details {
        put(out, "input", started.input.as_deref());
    }
    if let Some(succeeded) = &event.execution_succeeded_event_details {
        put(out, "output", succeeded.output.as_deref());
    }
    if let Some(failed) = &event.execution_failed_event_details {
        put_error(out, failed.error.as_deref(), failed.cause.as_deref());
    }
    if let Some(aborted) = &event.execution_aborted_event_details {
        put_error(out, aborted.error.as_deref(), aborted.cause.as_deref());
    }
    if let Some(timed_out) = &event.execution_timed_out_event_details {
        put_error(out, timed_out.error.as_deref(), timed_out.cause.as_deref());
    }
}

fn put(out: &mut Map<String, Value>, name: &str, json_text: Option<&str>) {
    if let Some(text) = json_text {
        out.insert(name.to_owned(), masked(text));
    }
}

fn put_text(out: &mut Map<String, Value>, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        out.insert(name.to_owned(), text.into());
    }
}

fn put_error(out: &mut Map<String, Value>, error: Option<&str>, cause: Option<&str>) {
    put_text(out, "error", error);
    put_text(out, "cause", cause);
}

/// JSON text as JSON, with every `token` masked: who has a turn's token can end it.
fn masked(text: &str) -> Value {
    let mut value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    mask(&mut value);
    value
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if matches!(name.as_str(), "token" | "Token" | "TaskToken") && field.is_string() {
                    *field = MASK.into();
                } else {
                    mask(field);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sfn::primitives::DateTime;
    use aws_sdk_sfn::types::{
        HistoryEventType, StateEnteredEventDetails, TaskScheduledEventDetails,
    };

    fn sdk_event(kind: HistoryEventType) -> aws_sdk_sfn::types::builders::HistoryEventBuilder {
        SdkEvent::builder()
            .id(2)
            .previous_event_id(1)
            .r#type(kind)
            .timestamp(DateTime::from_millis(1_790_000_000_050))
    }

    #[test]
    fn a_task_token_never_leaves() {
        let task = TaskScheduledEventDetails::builder()
            .resource_type("lambda")
            .resource("invoke.waitForTaskToken")
            .region("us-east-1")
            .parameters(r#"{"FunctionName":"turn","Payload":{"token":"secret","round":1}}"#)
            .build()
            .unwrap();
        let event = event(
            &sdk_event(HistoryEventType::TaskScheduled)
                .task_scheduled_event_details(task)
                .build()
                .unwrap(),
        );
        assert_eq!(
            event.details["parameters"]["Payload"],
            json!({ "token": MASK, "round": 1 })
        );
        assert_eq!(event.details["resource"], "lambda:invoke.waitForTaskToken");
        assert!(!serde_json::to_string(&event).unwrap().contains("secret"));
    }

    #[test]
    fn a_state_is_named_and_its_input_is_json() {
        let entered = StateEnteredEventDetails::builder()
            .name("Ring")
            .input(r#"{"call":"c-1"}"#)
            .build()
            .unwrap();
        let event = event(
            &sdk_event(HistoryEventType::TaskStateEntered)
                .state_entered_event_details(entered)
                .build()
                .unwrap(),
        );
        assert_eq!(
            (event.state.as_deref(), event.kind.as_str()),
            (Some("Ring"), "TaskStateEntered")
        );
        assert_eq!(event.at, "2026-09-21T14:13:20.050Z");
        assert_eq!(event.details, json!({ "input": { "call": "c-1" } }));
    }
}
