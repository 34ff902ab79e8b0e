//! Closed executions that go on.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Inner;
use super::archive::ArchiveError;
use super::drive::DriveError;
use super::entry::EntryRef;
use super::index::Of;
use super::machine::Revision;
use super::shard::{Live, Shard, Slot};
use super::slice::StepTime;
use crate::core::redrive::{Retold, redrive};
use crate::core::{Branch, BranchId, Effect, Execution, ExecutionId, Input, TaskId, World};
use crate::log::Position;

/// A closed execution, read back, with the branches that would go on.
#[derive(Debug, Clone)]
pub(crate) struct Wreck {
    /// It, as it closed.
    pub(crate) execution: Execution,
    /// Where its branches go on.
    pub(crate) branches: BTreeMap<BranchId, Branch>,
    /// Its last frame.
    pub(crate) position: Position,
    /// The definition it goes on with.
    pub(crate) revision: Arc<Revision>,
    /// Of a map run's child: the attempt of the run that it is redriven for.
    pub(crate) attempt: u32,
}

impl Inner {
    /// Reads a closed execution back. Blocks on the disk.
    pub(crate) fn wreck(
        &self,
        id: ExecutionId,
        position: Position,
        revision: Arc<Revision>,
    ) -> Result<Wreck, ArchiveError> {
        let (start, trail) = self.trail(id, position)?;
        let mut retold = Retold::new(start);
        trail.tell(|record| retold.take(record))?;
        let (execution, branches) = retold.end(&revision.definition);
        Ok(Wreck {
            execution,
            branches,
            position,
            revision,
            attempt: 0,
        })
    }

    /// Goes on with a closed execution. Gives the time; `None` if it has moved since it was read.
    pub(crate) fn redrive(
        self: &Arc<Self>,
        shard: &mut Shard,
        id: ExecutionId,
        wreck: Wreck,
        client_token: Option<String>,
    ) -> Result<Option<i64>, DriveError> {
        let Some(Slot::Closed(kept)) = shard.slots.get(&id) else {
            return Ok(None);
        };
        let closed = kept.closed.clone();
        if closed.position != wreck.position {
            return Ok(None);
        }
        let revision = wreck.revision;
        let mut gaps = kept.gaps.clone();
        let mut earlier = kept.earlier.clone();
        if kept.revision.text.number != revision.text.number {
            earlier.push(Arc::clone(&kept.revision));
        }
        let at_ms = self.now_ms();
        let mut execution = wreck.execution.clone();
        let token = |task: TaskId| self.secret.token(id, task);
        let activity = |arn: &str| self.activities().records.contains_key(arn);
        let time = StepTime::new(&self.config.clock, &revision.pace);
        let spent = || time.is_over();
        let world = World {
            definition: &revision.definition,
            id,
            token: &token,
            activity: &activity,
            now_ms: at_ms,
            context: None,
            deleting: self.deleting.has(&wreck.execution.identity.machine_arn),
            tested: None,
            spent: &spent,
        };
        let done = redrive(
            &mut execution,
            &world,
            wreck.branches,
            client_token,
            wreck.attempt,
        );
        let entry = EntryRef::Redriven {
            id: id.0,
            revision: revision.text.number,
            previous: wreck.position,
            execution: &wreck.execution,
            records: &done.records,
        };
        let position = self.commit(id, &revision, &entry, done.effects.clone(), Vec::new())?;
        gaps.step(closed.position, position);
        let live = Live {
            execution: Arc::new(execution),
            revision,
            earlier,
            position,
            first_segment: closed.first_segment,
            gaps,
            armed_ms: None,
        };
        let place = (closed.started_ms, id);
        let of: Of = closed.of();
        self.index()
            .reopen(&of, closed.status, place, closed.stopped_ms);
        shard.insert(id, Slot::Live(Box::new(live)));
        if done.effects.contains(&Effect::Again) {
            self.drive(shard, id, Input::Go)?;
        }
        self.settle(shard, id);
        Ok(Some(at_ms))
    }
}
