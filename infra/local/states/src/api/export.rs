//! `StrowgerStates.ExportExecution`: an execution with its history, as JSON lines that `ImportExecution` takes.
//!
//! One line about the execution, one for each definition it ran, one for each event, one for each record, and its state in
//! the end. A record with which another definition begins, or the execution goes on after its end, names the definition.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::executions::find;
use super::{ApiError, arn, beyond, made_durable};
use crate::engine::{Inner, reading};

/// Number of the format. Raised when a line changes shape; an import takes this one only.
pub(super) const FORMAT: u32 = 2;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    execution_arn: Option<String>,
}

pub(super) async fn export(inner: &Arc<Inner>, request: Request) -> Result<Response, ApiError> {
    let arn = arn::check_execution(request.execution_arn)?;
    made_durable(inner).await?;
    let (id, position, revisions) = {
        let shard = inner.shard_by_arn(&arn);
        let (id, slot) = find(&shard, &arn)?;
        let (position, revisions) = reading(slot);
        (id, position, revisions)
    };
    let reader = Arc::clone(inner);
    let text = inner
        .aside(move || {
            let internal = |e: &dyn std::fmt::Display| ApiError::Internal(e.to_string());
            let chronicle = reader.chronicle(id, position).map_err(|e| internal(&e))?;
            let execution = reader.full(id, position).map_err(|e| internal(&e))?;
            let identity = &chronicle.start.identity;
            let mut lines =
                vec![json!({ "line": "execution", "format": FORMAT, "identity": identity })];
            for revision in &revisions {
                lines.push(json!({
                    "line": "definition",
                    "number": revision.text.number,
                    "revisionId": revision.text.id,
                    "createdMs": revision.text.created_ms,
                    "roleArn": revision.text.role_arn,
                    "configuration": revision.text.configuration,
                    "definition": revision.text.definition,
                }));
            }
            let events = chronicle
                .events(&revisions, true)
                .map_err(|e| internal(&e))?;
            for event in events {
                lines.push(json!({ "line": "event", "event": super::history::told(event) }));
            }
            let mut turns = chronicle.turns.iter().peekable();
            for (i, record) in chronicle.records.iter().enumerate() {
                let mut line = json!({ "line": "record", "record": record });
                if let Some((_, number)) = turns.next_if(|(at, _)| *at == i) {
                    line["definition"] = json!(number);
                }
                lines.push(line);
            }
            lines.push(json!({ "line": "state", "state": execution }));
            let text = |line: &Value| format!("{line}\n");
            Ok::<_, ApiError>(lines.iter().map(text).collect::<String>())
        })
        .await
        .map_err(|e| ApiError::Internal(e.to_string()))??;
    Ok(beyond::lines(Body::from(text)))
}
