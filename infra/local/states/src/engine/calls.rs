//! Making the calls of tasks: one task under way, from its arguments to its result.

use std::sync::Arc;

use super::Inner;
use super::machine::Revision;
use super::shard::{Live, Slot};
use crate::asl::{Definition, Kind, StateIx};
use crate::core::{ExecutionId, Identity, Input, StartedBy, TaskId, Workflow};
use crate::integration::{About, Answer, Call, Family, Resource, TaskError};
use crate::json::Json;
use crate::log::Position;

/// Whether a task that did not take what its call started was given up, rather than that it took too long.
enum GivenUp {
    Yes,
    No,
    /// Its time has passed meanwhile, which says nothing: its history does, which is known up to here.
    Perhaps(Position),
}

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
    /// Makes the call of a task and tells the task what it led to. If the task is given up first, no call is made; if it is given
    /// up meanwhile, what the call started is stopped.
    pub(super) async fn make_call(
        self: &Arc<Self>,
        (execution, task): (ExecutionId, TaskId),
        revision: &Arc<Revision>,
        state: StateIx,
        arguments: &Json,
    ) {
        let Some((identity, ends_ms)) = self.asker((execution, task)) else {
            return;
        };
        let made = self
            .call((execution, task), &identity, revision, state, arguments)
            .await;
        self.log.room().await;
        let outcome = match made {
            Ok(Done::Child(output, child)) => {
                let waits = self.wait_for_child(execution, task, output, child);
                let awaited = |by: &Live| {
                    let children = by.execution.awaited();
                    children.iter().any(|(_, one)| *one == child)
                };
                if !waits {
                    let given_up = self.given_up(execution, ends_ms, awaited);
                    if self.is_given_up(given_up, (execution, task)).await {
                        self.stop_child(execution, child);
                    }
                }
                return;
            }
            Ok(Done::Job(output, job)) => {
                let waits = self.wait_for_job(execution, task, output, job.clone());
                let awaited = |by: &Live| {
                    let jobs = by.execution.jobs(&by.revision.definition);
                    jobs.iter().any(|(_, _, one)| *one == job)
                };
                if !waits {
                    let given_up = self.given_up(execution, ends_ms, awaited);
                    if self.is_given_up(given_up, (execution, task)).await {
                        self.stop_unrecorded_job(execution, revision, state, job);
                    }
                }
                return;
            }
            Ok(Done::Answered(result)) => Ok(result),
            Err(error) => Err(error),
        };
        // Refused if the task timed out, was reported through its token, or its execution closed meanwhile.
        self.feed(execution, Input::Answered { task, outcome });
    }

    async fn call(
        self: &Arc<Self>,
        (execution, task): (ExecutionId, TaskId),
        identity: &Identity,
        revision: &Revision,
        state: StateIx,
        arguments: &Json,
    ) -> Result<Done, TaskError> {
        let key = match identity.workflow {
            Workflow::Standard => self.secret.key(execution, task),
            Workflow::Express => self.secret.express_key(&identity.arn, task),
        };
        let definition = &revision.definition;
        self.call_as(
            (execution, task),
            identity,
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
        let nobody = (ExecutionId::NOBODY, TaskId(0));
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

    /// Who makes the call of a task, and when the task times out, in milliseconds since 1970. `None` if nobody waits for the answer:
    /// the task may have been given up in the very step that made it.
    fn asker(
        &self,
        (execution, task): (ExecutionId, TaskId),
    ) -> Option<(Arc<Identity>, Option<i64>)> {
        let mut shard = self.shard_by_id(execution);
        let execution = &shard.live_mut(execution)?.execution;
        let (_, pending) = execution.pending(task)?;
        let ends_ms = [pending.timeout_ms, pending.beat_ms].into_iter().flatten();
        let ends_ms = ends_ms.min();
        (!pending.submitted).then(|| (Arc::clone(&execution.identity), ends_ms))
    }

    /// A task did not take what its call started: is that to be stopped? Not if the task only timed out, which leaves what it
    /// started alone, nor if another task waits for it: a retry may have found it by its name.
    fn given_up(
        &self,
        execution: ExecutionId,
        ends_ms: Option<i64>,
        awaited: impl Fn(&Live) -> bool,
    ) -> GivenUp {
        let now_ms = self.now_ms();
        let shard = self.shard_by_id(execution);
        let slot = shard.slots.get(&execution);
        let until_ms = match slot {
            Some(Slot::Live(live)) if awaited(live) => return GivenUp::No,
            Some(Slot::Live(_)) | None => now_ms,
            Some(Slot::Closed(kept)) => kept.closed.stopped_ms,
        };
        if ends_ms.is_none_or(|ends_ms| until_ms < ends_ms) {
            return GivenUp::Yes;
        }
        slot.map_or(GivenUp::No, |slot| GivenUp::Perhaps(slot.position()))
    }

    async fn is_given_up(
        self: &Arc<Self>,
        given_up: GivenUp,
        (execution, task): (ExecutionId, TaskId),
    ) -> bool {
        let position = match given_up {
            GivenUp::Yes => return true,
            GivenUp::No => return false,
            GivenUp::Perhaps(position) => position,
        };
        // What is read back must be in the file.
        let _failed = self.durable().await;
        let reader = Arc::clone(self);
        let read = self.aside(move || reader.timed_out(execution, position, task));
        matches!(read.await, Ok(Ok(false)))
    }
}
