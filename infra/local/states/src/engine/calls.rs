//! Making the calls of tasks: one task under way, from its arguments to its result.

use std::sync::Arc;

use super::Inner;
use super::machine::Revision;
use crate::asl::{Definition, Kind, StateIx};
use crate::core::{ExecutionId, Identity, Input, StartedBy, TaskId};
use crate::integration::{About, Answer, Call, Family, Resource, TaskError};
use crate::json::Json;

/// What a call led to.
pub(super) enum Done {
    /// The answer, read.
    Answered(Json),
    /// An execution whose end is awaited, and the answer to its start.
    Child(Json, ExecutionId),
    /// A job whose end is awaited, and the answer to its start.
    Job(Json, Json),
}

impl Revision {
    /// The resource of a Task state.
    fn resource(&self, state: StateIx) -> Option<&Resource> {
        match &self.definition.state(state).kind {
            Kind::Task(task) => Some(&task.resource),
            _other => None,
        }
    }

    /// The activity of a Task state that has one.
    pub(super) fn activity(&self, state: StateIx) -> Option<&str> {
        let resource = self.resource(state)?;
        (resource.family == Family::Activity).then_some(resource.arn.as_str())
    }
}

impl Inner {
    /// Makes the call of a task and tells the task what it led to.
    pub(super) async fn make_call(
        self: &Arc<Self>,
        (execution, task): (ExecutionId, TaskId),
        revision: &Revision,
        state: StateIx,
        arguments: &Json,
    ) {
        let made = self
            .call((execution, task), revision, state, arguments)
            .await;
        self.log.room().await;
        let outcome = match made {
            Ok(Done::Child(output, child)) => {
                return self.wait_for_child(execution, task, output, child);
            }
            Ok(Done::Job(output, job)) => return self.wait_for_job(execution, task, output, job),
            Ok(Done::Answered(result)) => Ok(result),
            Err(error) => Err(error),
        };
        // Refused if the task timed out, was reported through its token, or its execution closed meanwhile.
        self.feed(execution, Input::Answered { task, outcome });
    }

    async fn call(
        self: &Arc<Self>,
        (execution, task): (ExecutionId, TaskId),
        revision: &Revision,
        state: StateIx,
        arguments: &Json,
    ) -> Result<Done, TaskError> {
        let Some(identity) = self.identity(execution) else {
            return Err(TaskError::runtime("the execution has closed"));
        };
        let key = self.secret.key(execution, task);
        let definition = &revision.definition;
        self.call_as(
            (execution, task),
            &identity,
            &key,
            definition,
            state,
            arguments,
        )
        .await
    }

    /// Makes the call of a task that belongs to no execution, and waits for nothing but its answer.
    pub(crate) async fn call_once(
        self: &Arc<Self>,
        identity: &Identity,
        definition: &Definition,
        state: StateIx,
        arguments: &Json,
    ) -> Result<Json, TaskError> {
        let nobody = (ExecutionId(u64::MAX), TaskId(0));
        let key = crate::unique::name();
        let done = self
            .call_as(nobody, identity, &key, definition, state, arguments)
            .await?;
        match done {
            Done::Answered(result) | Done::Child(result, _) | Done::Job(result, _) => Ok(result),
        }
    }

    async fn call_as(
        self: &Arc<Self>,
        (execution, task): (ExecutionId, TaskId),
        identity: &Identity,
        key: &str,
        definition: &Definition,
        state: StateIx,
        arguments: &Json,
    ) -> Result<Done, TaskError> {
        let Kind::Task(of) = &definition.state(state).kind else {
            return Err(TaskError::runtime("not a task"));
        };
        let resource = &of.resource;
        let about = About {
            execution_arn: &identity.arn,
            machine_arn: &identity.machine_arn,
            region: &self.config.region,
            account: &self.config.account,
            key,
        };
        let call = resource.integration.call(resource, arguments, &about)?;
        let mut awaited = None;
        let answer = match call {
            Call::Invoke(invoke) => Answer::Function(self.invoke(invoke).await),
            Call::Start(start) => {
                let by = StartedBy {
                    execution,
                    task,
                    awaited: start.associated,
                };
                let started = self.start_child(by, start).await;
                Answer::Api(started.map(|(told, child)| {
                    awaited = by.awaited.then_some(child);
                    told
                }))
            }
            Call::Api(call) => {
                Answer::Api(crate::api::call(self, &call.operation, &call.body).await)
            }
            Call::Service(call) => Answer::Service(self.ask(call).await),
            Call::Http(call) => Answer::Http(self.send(call).await),
        };
        let result = resource.integration.result(resource, answer, &about)?;
        if let Some(child) = awaited {
            return Ok(Done::Child(result, child));
        }
        match resource.integration.job(resource) {
            Some(job) => {
                let job = job.started(resource, arguments, &result)?;
                Ok(Done::Job(result, job))
            }
            None => Ok(Done::Answered(result)),
        }
    }

    fn identity(&self, id: ExecutionId) -> Option<Arc<Identity>> {
        let mut shard = self.shard_by_id(id);
        Some(Arc::clone(&shard.live_mut(id)?.execution.identity))
    }
}
