//! Express executions: stepped like all others, and kept in memory only, until they end. That one was started, and has ended,
//! is recorded if nobody waits for its answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

use super::Inner;
use super::drive::DriveError;
use super::machine::Revision;
use super::shard::{Live, Shard, Slot};
use crate::api::ApiError;
use crate::core::{Effect, Execution, ExecutionId, Identity, Input, Status, Workflow};

/// Resolves to an Express execution that has ended.
pub(crate) type Ended = oneshot::Receiver<Arc<Execution>>;

impl Inner {
    /// Is there room for one more Express execution? There are at most as many as there may be open Standard ones.
    pub(crate) fn check_express_room(&self) -> Result<(), ApiError> {
        let most = self.config.max_open_executions;
        if self.express_open.load(Ordering::Relaxed) >= most {
            return Err(ApiError::ExecutionLimitExceeded(most));
        }
        Ok(())
    }

    /// Starts an Express execution. `told` hears of its end; without it, the start is recorded, and durable when
    /// [`Inner::durable`] says: from then on it runs at least once.
    pub(crate) fn begin_express(
        self: &Arc<Self>,
        shard: &mut Shard,
        identity: Identity,
        revision: &Arc<Revision>,
        told: Option<oneshot::Sender<Arc<Execution>>>,
    ) -> Result<ExecutionId, DriveError> {
        let id = self.new_id(&identity.arn);
        let identity = Arc::new(identity);
        if told.is_none() {
            self.promise(id, &identity, revision)?;
        }
        let live = Live::express(identity, revision);
        shard.insert(id, Slot::Live(Box::new(live)));
        self.express_open.fetch_add(1, Ordering::Relaxed);
        if let Some(told) = told {
            shard.waiting.insert(id, told);
        }
        self.drive(shard, id, Input::Go)?;
        Ok(id)
    }

    /// Carries out the effects of a step at once: there is no record to wait for.
    pub(super) fn act_at_once(
        self: &Arc<Self>,
        id: ExecutionId,
        revision: &Arc<Revision>,
        effects: &[Effect],
    ) {
        let is_call = |effect: &&Effect| matches!(effect, Effect::Call { .. });
        let calls: Vec<Effect> = effects.iter().filter(is_call).cloned().collect();
        if !calls.is_empty() {
            self.act(id, revision, calls);
        }
    }

    /// If this is an Express execution that has ended: forgets it and tells who waits.
    pub(super) fn settle_express(self: &Arc<Self>, shard: &mut Shard, id: ExecutionId) -> bool {
        let ended = shard.live_mut(id).is_some_and(|live| {
            let execution = &live.execution;
            execution.identity.workflow == Workflow::Express && execution.status != Status::Running
        });
        if !ended {
            return false;
        }
        self.express_open.fetch_sub(1, Ordering::Relaxed);
        if let Some(live) = shard.live_mut(id) {
            let by = live.execution.identity.started_by;
            self.tell_parent(id, &live.execution);
            // One that a task waits for has kept its promise when the task was told.
            if by.is_none_or(|by| !by.awaited) {
                self.fulfil(id);
            }
        }
        if let (Some(Slot::Live(live)), Some(told)) = (shard.remove(id), shard.waiting.remove(&id))
        {
            let _gone = told.send(live.execution);
        }
        true
    }
}

impl Slot {
    /// Is it an Express execution? Those are in no list, and of log and snapshot only their starts.
    pub(crate) fn is_express(&self) -> bool {
        match self {
            Self::Live(live) => live.execution.identity.workflow == Workflow::Express,
            Self::Closed(_) => false,
        }
    }
}
