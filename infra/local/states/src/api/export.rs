//! `StrowgerStates.ExportExecution`: an execution with its history, as JSON lines that `ImportExecution` takes.
//!
//! One line about the execution, one for each definition it ran, one for each event, one for each record, and its state in
//! the end. A record with which another definition begins, or the execution goes on after its end, names the definition.

//!
//! It is told in chunks, as fast as they are read: no more of it is held than that.

use std::sync::Arc;

use axum::body::Bytes;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::executions::find;
use super::{ApiError, arn, beyond, made_durable};
use crate::core::{Execution, ExecutionId};
use crate::engine::{Annals, ArchiveError, Inner, Revision, Teller, reading};
use crate::log::Position;

/// Number of the format. Raised when a line changes shape. 3: a trace header, map runs that are given up.
pub(super) const FORMAT: u32 = 3;
/// The oldest one that an import takes.
pub(super) const OLDEST_READ: u32 = 2;

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
    let course = Course {
        id,
        position,
        revisions,
        teller: Teller::new(true, 0),
        stage: Stage::Beginning,
    };
    // All frames are found for the first chunk: damage is told as an error.
    let (text, course) = chunk(inner, course).await?;
    let (give, answer) = beyond::lines();
    let inner = Arc::clone(inner);
    tokio::spawn(async move { write(&inner, text, course, &give).await });
    Ok(answer)
}

/// Gives chunk after chunk, as fast as they are taken.
async fn write(
    inner: &Arc<Inner>,
    mut text: String,
    mut course: Course,
    give: &mpsc::Sender<beyond::Chunk>,
) {
    loop {
        if !text.is_empty() && give.send(Ok(Bytes::from(text))).await.is_err() {
            return;
        }
        if matches!(course.stage, Stage::Done) {
            return;
        }
        match chunk(inner, course).await {
            Ok(next) => (text, course) = next,
            Err(error) => {
                tracing::error!(%error, "an export is cut off");
                let _gone = give.send(Err(error)).await;
                return;
            }
        }
    }
}

async fn chunk(inner: &Arc<Inner>, mut course: Course) -> Result<(String, Course), ApiError> {
    let reader = Arc::clone(inner);
    let read = inner.aside(move || {
        let text = course.on(&reader)?;
        Ok::<_, ArchiveError>((text, course))
    });
    read.await
        .map_err(|e| ApiError::Internal(e.to_string()))?
        .map_err(|e| ApiError::Internal(e.to_string()))
}

/// How far an export is.
struct Course {
    id: ExecutionId,
    position: Position,
    revisions: Vec<Arc<Revision>>,
    /// Has told the events so far, and so has the execution in the end.
    teller: Teller,
    stage: Stage,
}

/// What comes next.
enum Stage {
    Beginning,
    Events,
    Records(Annals),
    Done,
}

impl Course {
    /// The next lines.
    fn on(&mut self, inner: &Inner) -> Result<String, ArchiveError> {
        let mut text = String::new();
        match &mut self.stage {
            Stage::Beginning | Stage::Events => {
                let (teller, revisions) = (&mut self.teller, &self.revisions);
                let bytes = beyond::CHUNK_BYTES;
                let piece = inner.told_on(teller, self.id, self.position, revisions, bytes)?;
                if matches!(self.stage, Stage::Beginning) {
                    self.begin(&mut text)?;
                }
                for event in piece.events {
                    let event = super::history::told(event);
                    push(&mut text, &json!({ "line": "event", "event": event }));
                }
                self.stage = if piece.more {
                    Stage::Events
                } else {
                    Stage::Records(inner.annals(self.id, self.position)?)
                };
            }
            Stage::Records(annals) => {
                let more = inner.read_on(annals, |record, definition| {
                    let mut line = json!({ "line": "record", "record": record });
                    if let Some(number) = definition {
                        line["definition"] = json!(number);
                    }
                    push(&mut text, &line);
                    text.len() < beyond::CHUNK_BYTES
                })?;
                if !more {
                    let state = json!({ "line": "state", "state": self.execution()? });
                    push(&mut text, &state);
                    self.stage = Stage::Done;
                }
            }
            Stage::Done => {}
        }
        Ok(text)
    }

    /// The lines about the execution and its definitions.
    fn begin(&self, text: &mut String) -> Result<(), ArchiveError> {
        let identity = &self.execution()?.identity;
        let line = json!({ "line": "execution", "format": FORMAT, "identity": identity });
        push(text, &line);
        for revision in &self.revisions {
            let line = json!({
                "line": "definition",
                "number": revision.text.number,
                "revisionId": revision.text.id,
                "createdMs": revision.text.created_ms,
                "roleArn": revision.text.role_arn,
                "configuration": revision.text.configuration,
                "definition": revision.text.definition,
            });
            push(text, &line);
        }
        Ok(())
    }

    /// The execution as far as it has been told.
    fn execution(&self) -> Result<&Execution, ArchiveError> {
        let execution = self.teller.execution();
        execution.ok_or(ArchiveError::Broken(self.id.0))
    }
}

fn push(text: &mut String, line: &Value) {
    text.push_str(&line.to_string());
    text.push('\n');
}
