//! Tasks on their way to a worker: claimed in the step that schedules them where one waits, and taken back from one that is
//! gone.

use std::sync::{Arc, Weak};

use tokio::sync::oneshot;

use super::queue::Worker;
use crate::core::{Effect, Execution, ExecutionId, Input, Step, TaskId};
use crate::engine::Inner;
use crate::engine::machine::Revision;
use crate::json::Json;

/// A task that was claimed in the step that scheduled it, for a worker that waits.
#[derive(Debug)]
pub(in crate::engine) struct HandOver {
    hand: oneshot::Sender<Handed>,
    execution: ExecutionId,
    task: TaskId,
    input: Json,
}

impl HandOver {
    /// The claim is durable: off to the worker. If that one is gone, the task goes back.
    pub(in crate::engine) fn arrive(self, inner: &Arc<Inner>) {
        let handed = inner.handed(self.execution, self.task, self.input, true);
        let _gone = self.hand.send(handed);
    }
}

/// A task on its way to a worker. Dropped before [`Handed::arrived`], it goes back into its queue.
pub(crate) struct Handed {
    inner: Weak<Inner>,
    execution: ExecutionId,
    task: TaskId,
    /// The task's input.
    pub(crate) input: Json,
    /// Its token.
    pub(crate) token: String,
    /// Its claim is durable already.
    pub(crate) durable: bool,
    arrived: bool,
}

impl std::fmt::Debug for Handed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handed")
            .field("execution", &self.execution)
            .field("task", &self.task)
            .finish_non_exhaustive()
    }
}

impl Handed {
    /// The answer has been given to the worker's connection.
    pub(crate) fn arrived(&mut self) {
        self.arrived = true;
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        if let (false, Some(inner)) = (self.arrived, self.inner.upgrade()) {
            let (execution, task) = (self.execution, self.task);
            inner.later(move |inner| inner.give_back(execution, task));
        }
    }
}

impl Inner {
    /// Claims the tasks of a step for workers that wait for them already: the claims become part of the step.
    pub(in crate::engine) fn hand_over(
        self: &Arc<Self>,
        id: ExecutionId,
        execution: &mut Execution,
        revision: &Revision,
        step: &mut Step,
        now_ms: i64,
    ) -> Vec<HandOver> {
        let is_offer = |effect: &Effect| match effect {
            Effect::Call { task, state, .. } => revision.activity(*state).map(|arn| (*task, arn)),
            _other => None,
        };
        let mut handed = Vec::new();
        let offers: Vec<(TaskId, &str)> = step.effects.iter().filter_map(is_offer).collect();
        if offers.is_empty() || step.effects.contains(&Effect::Again) {
            return handed;
        }
        for (task, arn) in offers {
            let queue = self.activities().queue(arn);
            let Some(Worker { name, hand, .. }) = queue.waiting_worker() else {
                continue;
            };
            let claim = Input::Claimed { task, worker: name };
            let Ok(claimed) = self.decide(id, execution, revision, claim, now_ms) else {
                continue;
            };
            step.records.extend(claimed.records);
            let pending = execution.pending(task);
            let Some(input) = pending.and_then(|(_, pending)| pending.arguments.clone()) else {
                // Its history has no room for more: it has ended, and there is nothing to hand over.
                step.effects.extend(claimed.effects);
                continue;
            };
            let is_this =
                |effect: &Effect| matches!(effect, Effect::Call { task: of, .. } if *of == task);
            step.effects.retain(|effect| !is_this(effect));
            step.effects.extend(claimed.effects);
            handed.push(HandOver {
                hand,
                execution: id,
                task,
                input,
            });
        }
        handed
    }

    pub(super) fn handed(
        self: &Arc<Self>,
        execution: ExecutionId,
        task: TaskId,
        input: Json,
        durable: bool,
    ) -> Handed {
        Handed {
            inner: Arc::downgrade(self),
            execution,
            task,
            input,
            token: self.secret.token(execution, task),
            durable,
            arrived: false,
        }
    }

    /// A task did not reach its worker: another one shall have it.
    fn give_back(self: &Arc<Self>, execution: ExecutionId, task: TaskId) {
        let arn = {
            let mut shard = self.shard_by_id(execution);
            if self
                .drive(&mut shard, execution, Input::Returned { task })
                .is_err()
            {
                return;
            }
            let Some(live) = shard.live_mut(execution) else {
                return;
            };
            let Some((branch, _)) = live.execution.pending(task) else {
                return;
            };
            let state = live.execution.branches.get(&branch).map(|b| b.state);
            state.and_then(|state| live.revision.activity(state).map(str::to_owned))
        };
        if let Some(arn) = arn {
            self.offer(execution, task, &arn);
        }
    }
}
