//! Making the calls of tasks: one task under way, from its arguments to its result.

use super::Inner;
use super::machine::Revision;
use crate::asl::{Kind, StateIx};
use crate::core::{ExecutionId, TaskId};
use crate::integration::{About, Answer, Call, TaskError};
use crate::json::Json;

impl Inner {
    /// Makes the call of a task and reads its answer.
    pub(super) async fn call(
        &self,
        (execution, task): (ExecutionId, TaskId),
        revision: &Revision,
        state: StateIx,
        arguments: &Json,
    ) -> Result<Json, TaskError> {
        let Kind::Task(of) = &revision.definition.state(state).kind else {
            return Err(TaskError::runtime("not a task"));
        };
        let Some(identity) = self.identity(execution) else {
            return Err(TaskError::runtime("the execution has closed"));
        };
        let key = self.secret.key(execution, task);
        let about = About {
            execution_arn: &identity.arn,
            machine_arn: &identity.machine_arn,
            region: &self.config.region,
            account: &self.config.account,
            key: &key,
        };
        let resource = &of.resource;
        let call = resource.integration.call(resource, arguments, &about)?;
        // The limit is on calls at once; the rest wait here, in order.
        let Ok(_permit) = self.calls.acquire().await else {
            return Err(TaskError::runtime("the engine is stopping"));
        };
        let answer = match call {
            Call::Invoke(invoke) => Answer::Function(self.invoke(invoke).await),
        };
        resource.integration.result(resource, answer, &about)
    }

    fn identity(&self, id: ExecutionId) -> Option<std::sync::Arc<crate::core::Identity>> {
        let mut shard = self.shard_by_id(id);
        Some(std::sync::Arc::clone(
            &shard.live_mut(id)?.execution.identity,
        ))
    }
}
