//! Executions that tasks start: their beginning, their end told to the task, and their stop with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::Inner;
use super::drive::DriveError;
use super::shard::Slot;
use crate::core::{Execution, ExecutionId, Input, StartedBy, TaskId, Workflow};
use crate::integration::{ApiFailure, StartCall};
use crate::json::Json;

/// Most ends of Express children that are kept for parents that do not wait yet.
const MAX_ENDED: usize = 10_000;

/// How Express executions ended whose parent did not wait yet: nothing else remembers them. Each is taken when the parent's
/// task begins to wait, which follows its start at once, or when the child has ended and that task is not under way any more.
#[derive(Debug, Default)]
pub(super) struct EndedExpress(Mutex<HashMap<ExecutionId, Json>>);

impl EndedExpress {
    fn keep(&self, child: ExecutionId, described: Json) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MAX_ENDED {
            kept.insert(child, described);
        }
    }

    /// Takes out how one ended.
    pub(super) fn take(&self, child: ExecutionId) -> Option<Json> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&child)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.is_empty()
    }
}

impl Inner {
    /// Starts the execution of a task. A call that is made again finds what the first one started.
    pub(super) async fn start_child(
        self: &Arc<Self>,
        by: StartedBy,
        start: StartCall,
    ) -> Result<(Value, ExecutionId), ApiFailure> {
        crate::api::start_nested(self, by, start).await
    }

    /// The task's call was answered: it waits for its child now, which may have ended already. `false` if the task does not.
    pub(super) fn wait_for_child(
        self: &Arc<Self>,
        execution: ExecutionId,
        task: TaskId,
        output: Json,
        child: ExecutionId,
    ) -> bool {
        let input = Input::ChildStarted {
            task,
            output,
            child,
        };
        let waits = self.feed(execution, input);
        self.look_at_child(execution, task, child);
        waits
    }

    /// If the child of a task has closed, the task is told.
    pub(super) fn look_at_child(
        self: &Arc<Self>,
        execution: ExecutionId,
        task: TaskId,
        child: ExecutionId,
    ) {
        if self.shard_by_id(child).live_mut(child).is_some() {
            return;
        }
        let inner = Arc::clone(self);
        self.spawn(async move {
            if let Some(described) = inner.end_of_child(child).await {
                inner.log.room().await;
                inner.feed(execution, Input::ChildEnded { task, described });
                inner.fulfil(child);
            }
        });
    }

    /// How a child ended, read back; `None` if it runs.
    async fn end_of_child(self: &Arc<Self>, child: ExecutionId) -> Option<Json> {
        self.past_known().await;
        let position = match self.shard_by_id(child).slots.get(&child) {
            Some(Slot::Live(_)) => return None,
            Some(slot @ Slot::Closed(_)) => Some(slot.position()),
            None => None,
        };
        let Some(position) = position else {
            return Some(self.ended_express.take(child).unwrap_or_else(lost));
        };
        // What is read back must be in the file.
        let _failed = self.durable().await;
        let reader = Arc::clone(self);
        let read = self.aside(move || reader.full(child, position).ok());
        let ended = read.await.ok().flatten();
        Some(ended.map_or_else(lost, |ended| described(&ended)))
    }

    /// An execution has closed: once that is durable, the task that waits for it is told.
    pub(super) fn tell_parent(self: &Arc<Self>, id: ExecutionId, execution: &Execution) {
        let Some(by) = execution.identity.started_by.filter(|by| by.awaited) else {
            return;
        };
        let described = described(execution);
        let express = (execution.identity.workflow == Workflow::Express).then_some(id);
        if let Some(child) = express {
            self.ended_express.keep(child, described.clone());
        }
        let inner = Arc::downgrade(self);
        self.under_way.begin();
        self.log.barrier(Box::new(move |outcome| {
            let Some(inner) = inner.upgrade() else {
                return;
            };
            if outcome.is_ok() {
                let task = by.task;
                inner.later(move |inner| {
                    let fed = inner.feed(by.execution, Input::ChildEnded { task, described });
                    let Some(child) = express else {
                        return;
                    };
                    if fed {
                        inner.ended_express.take(child);
                    }
                    inner.fulfil_unless_awaited(child, by);
                });
            }
            inner.under_way.end();
        }));
    }

    /// Stops the child of a task that was given up.
    pub(super) fn stop_child(self: &Arc<Self>, parent: ExecutionId, child: ExecutionId) {
        self.later(move |inner| {
            let arn = inner
                .shard_by_id(parent)
                .slots
                .get(&parent)
                .map(|slot| Arc::clone(slot.arn()));
            let cause = format!(
                "The Task state in AWS Step Functions execution [{}] which was managing this resource was aborted",
                arn.as_deref().unwrap_or_default()
            );
            let input = Input::Stop {
                error: None,
                cause: Some(cause),
            };
            inner.feed(child, input);
        });
    }

    /// At the start: children whose parent has closed are stopped, tasks whose child has closed are told.
    pub(super) fn reconcile(self: &Arc<Self>, found: Vec<Nested>) {
        for nested in found {
            match nested {
                Nested::Waits(execution, task, child) => self.look_at_child(execution, task, child),
                Nested::Child(child, by) => {
                    let parent_runs = self
                        .shard_by_id(by.execution)
                        .live_mut(by.execution)
                        .is_some();
                    if by.awaited && !parent_runs {
                        self.stop_child(by.execution, child);
                    }
                }
            }
        }
    }

    /// Does something on a task of its own: whoever asks holds a lock, or is the log.
    pub(super) fn later(self: &Arc<Self>, work: impl FnOnce(&Arc<Self>) + Send + 'static) {
        let inner = Arc::clone(self);
        self.spawn(async move {
            inner.log.room().await;
            work(&inner);
        });
    }

    /// Gives an execution an input that it may not want any more; whether it took it.
    pub(super) fn feed(self: &Arc<Self>, execution: ExecutionId, input: Input) -> bool {
        let mut shard = self.shard_by_id(execution);
        match self.drive(&mut shard, execution, input) {
            Ok(()) => true,
            Err(DriveError::Refused(_) | DriveError::NoExecution) => false,
            Err(DriveError::Log(error)) => {
                tracing::error!(%error, execution = execution.0, "an input could not be recorded");
                false
            }
        }
    }
}

/// What the start finds of executions that belong together.
#[derive(Debug, Clone, Copy)]
pub(super) enum Nested {
    /// A task that waits for the end of an execution.
    Waits(ExecutionId, TaskId, ExecutionId),
    /// An execution that a task started.
    Child(ExecutionId, StartedBy),
}

fn described(execution: &Execution) -> Json {
    Json::trusted(crate::api::described(execution).to_string())
}

/// The child is not kept any longer.
fn lost() -> Json {
    Json::trusted(
        r#"{"status":"FAILED","error":"States.Runtime","cause":"The execution is not kept any longer"}"#,
    )
}
