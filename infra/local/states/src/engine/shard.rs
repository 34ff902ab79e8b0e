//! A part of the executions. An execution belongs to one shard by its ARN; whoever holds the shard's lock may step it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::deadlines::Deadlines;
use super::gaps::Gaps;
use super::index::Of;
use super::machine::Revision;
use crate::core::map_run::RunId;
use crate::core::{Execution, ExecutionId, Identity, StartedBy, Status, Via};
use crate::log::Position;

/// Number of shards; an execution's id ends in its shard.
pub(crate) const SHARDS: u64 = 16;

/// The shard of an ARN (FNV-1a: the same in every version of this program).
pub(crate) fn shard_of(arn: &str) -> u64 {
    let hash = arn.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash >> 32) % SHARDS
}

/// An execution that runs.
#[derive(Debug)]
pub(crate) struct Live {
    /// Its state. Shared only with a snapshot that is being written.
    pub(crate) execution: Arc<Execution>,
    /// The definition it runs.
    pub(crate) revision: Arc<Revision>,
    /// Definitions it ran before, if it was redriven with a newer one.
    pub(crate) earlier: Vec<Arc<Revision>>,
    /// Its last frame.
    pub(crate) position: Position,
    /// The segment of its first frame.
    pub(crate) first_segment: u32,
    /// The segments since then that hold none of its frames.
    pub(crate) gaps: Gaps,
    /// The timer that is set for it, in milliseconds since 1970.
    pub(crate) armed_ms: Option<i64>,
}

impl Live {
    /// Its last frame is at `position` now.
    pub(crate) fn moved_to(&mut self, position: Position) {
        self.gaps.step(self.position, position);
        self.position = position;
    }
}

/// An execution that has closed: what lists show. The rest is in the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Closed {
    /// Its ARN.
    pub(crate) arn: Arc<str>,
    /// Its state machine.
    pub(crate) machine_arn: Arc<str>,
    /// The map run whose child it was.
    pub(crate) run_arn: Option<Arc<str>>,
    /// The version and alias it was started through.
    pub(crate) via: Via,
    /// The definition it ran.
    pub(crate) revision: u64,
    /// Definitions it ran before, if it was redriven with a newer one.
    pub(crate) earlier: Vec<u64>,
    /// How often it was redriven.
    pub(crate) redrives: u32,
    /// The last redrive, in milliseconds since 1970.
    pub(crate) redriven_ms: Option<i64>,
    /// How it ended.
    pub(crate) status: Status,
    /// When it started, in milliseconds since 1970.
    pub(crate) started_ms: i64,
    /// When it closed, in milliseconds since 1970.
    pub(crate) stopped_ms: i64,
    /// Its last frame.
    pub(crate) position: Position,
    /// The segment of its first frame.
    pub(crate) first_segment: u32,
    /// Who may count on it still.
    pub(crate) starter: Option<Box<Starter>>,
}

/// Who started an execution, if no client did. As long as it does not know how the execution ended, the execution is
/// kept: it could be started again, or be reported as lost.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Starter {
    /// A task.
    Task(StartedBy),
    /// A map run.
    Run {
        /// Whose run.
        parent: ExecutionId,
        /// Which.
        run: RunId,
        /// Its place among the children.
        index: u32,
    },
}

impl Starter {
    fn of(identity: &Identity) -> Option<Self> {
        let run = identity.origin.as_ref().map(|origin| Self::Run {
            parent: origin.parent,
            run: origin.run,
            index: origin.index,
        });
        run.or(identity.started_by.map(Self::Task))
    }

    /// Whose execution it is of.
    pub(crate) fn execution(&self) -> ExecutionId {
        match self {
            Self::Task(by) => by.execution,
            Self::Run { parent, .. } => *parent,
        }
    }

    /// Is this execution, of which it is, still to learn how `child` ended?
    pub(crate) fn waits(&self, parent: &Execution, child: ExecutionId) -> bool {
        match self {
            Self::Task(by) => parent
                .pending(by.task)
                .is_some_and(|(_, pending)| !pending.submitted || pending.child == Some(child)),
            Self::Run { run, index, .. } => parent.run(*run).is_some_and(|(_, _, run)| {
                let known = run.children.get(*index as usize);
                known.is_some_and(|known| known.end.is_none())
            }),
        }
    }
}

impl Closed {
    /// Whose it is.
    pub(crate) fn of(&self) -> Of {
        Of {
            machine: Arc::clone(&self.machine_arn),
            via: self.via.clone(),
            run: self.run_arn.clone(),
        }
    }
}

/// A closed execution keeps its definition for `DescribeStateMachineForExecution` and its history.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// What lists show.
    pub(crate) closed: Closed,
    /// The segments between its first and its last frame that hold none.
    pub(crate) gaps: Gaps,
    /// The definition it ran.
    pub(crate) revision: Arc<Revision>,
    /// Definitions it ran before.
    pub(crate) earlier: Vec<Arc<Revision>>,
}

/// An execution, running or closed.
#[derive(Debug)]
pub(crate) enum Slot {
    /// It runs.
    Live(Box<Live>),
    /// It has closed.
    Closed(Box<Kept>),
}

/// The executions of one shard.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    /// By id.
    pub(crate) slots: HashMap<ExecutionId, Slot>,
    /// Ids by ARN.
    pub(crate) by_arn: HashMap<Arc<str>, ExecutionId>,
    /// Timers. An entry may be out of date: the execution itself knows.
    pub(crate) timers: Deadlines,
    /// Who waits for the end of an Express execution.
    pub(crate) waiting: HashMap<ExecutionId, oneshot::Sender<Arc<Execution>>>,
    /// Those that are not done, and that a task goes on with.
    pub(super) going_on: HashSet<ExecutionId>,
}

impl Shard {
    /// The execution with this ARN.
    pub(crate) fn find(&self, arn: &str) -> Option<(ExecutionId, &Slot)> {
        let id = *self.by_arn.get(arn)?;
        Some((id, self.slots.get(&id)?))
    }

    /// The running execution with this id.
    pub(crate) fn live_mut(&mut self, id: ExecutionId) -> Option<&mut Live> {
        match self.slots.get_mut(&id) {
            Some(Slot::Live(live)) => Some(live),
            Some(Slot::Closed(_)) | None => None,
        }
    }

    /// Adds an execution.
    pub(crate) fn insert(&mut self, id: ExecutionId, slot: Slot) {
        self.by_arn.insert(Arc::clone(slot.arn()), id);
        self.slots.insert(id, slot);
    }

    /// Forgets an execution.
    pub(crate) fn remove(&mut self, id: ExecutionId) -> Option<Slot> {
        let slot = self.slots.remove(&id)?;
        self.by_arn.remove(slot.arn());
        if matches!(&slot, Slot::Live(live) if live.armed_ms.is_some()) {
            self.outdate_timer();
        }
        Some(slot)
    }

    /// The earliest timer has come. Gives its execution, whose timer is then not set; `None` if it is out of date.
    pub(crate) fn take_timer(&mut self) -> Option<ExecutionId> {
        let id = self.timers.take(counts(&self.slots))?;
        self.live_mut(id)?.armed_ms = None;
        Some(id)
    }

    /// A timer that was set is not its execution's any more.
    fn outdate_timer(&mut self) {
        self.timers.outdate(counts(&self.slots));
    }

    /// Sets the timer of an execution, if it needs an earlier one than is set. Gives the time that was set.
    pub(crate) fn arm(&mut self, id: ExecutionId) -> Option<i64> {
        let live = self.live_mut(id)?;
        let deadline_ms = live.execution.next_deadline_ms()?;
        if live.armed_ms.is_some_and(|armed| armed <= deadline_ms) {
            return None;
        }
        let before = live.armed_ms.replace(deadline_ms);
        self.timers.set(deadline_ms, id);
        if before.is_some() {
            self.outdate_timer();
        }
        Some(deadline_ms)
    }

    /// Turns an execution that has ended into one that has closed.
    pub(crate) fn close(&mut self, id: ExecutionId) {
        let Some(Slot::Live(live)) = self.slots.get(&id) else {
            return;
        };
        let Some(end) = &live.execution.end else {
            return;
        };
        let identity = &live.execution.identity;
        let closed = Closed {
            arn: Arc::clone(&identity.arn),
            machine_arn: Arc::clone(&identity.machine_arn),
            run_arn: identity.origin.as_ref().map(|o| Arc::clone(&o.run_arn)),
            via: identity.via.clone(),
            revision: live.revision.text.number,
            earlier: live.earlier.iter().map(|r| r.text.number).collect(),
            redrives: live.execution.redrive_count(),
            redriven_ms: live.execution.redrives.as_ref().map(|r| r.last_ms),
            status: live.execution.status,
            started_ms: identity.started_ms,
            stopped_ms: end.at_ms,
            position: live.position,
            first_segment: live.first_segment,
            starter: Starter::of(identity).map(Box::new),
        };
        let kept = Kept {
            closed,
            gaps: live.gaps.clone(),
            revision: Arc::clone(&live.revision),
            earlier: live.earlier.clone(),
        };
        let armed = live.armed_ms.is_some();
        self.slots.insert(id, Slot::Closed(Box::new(kept)));
        if armed {
            self.outdate_timer();
        }
    }
}

/// Is a timer the one that its execution was armed with?
fn counts(slots: &HashMap<ExecutionId, Slot>) -> impl Fn(i64, ExecutionId) -> bool {
    move |at_ms, id| matches!(slots.get(&id), Some(Slot::Live(live)) if live.armed_ms == Some(at_ms))
}

impl Slot {
    /// The execution's ARN.
    pub(crate) fn arn(&self) -> &Arc<str> {
        match self {
            Self::Live(live) => &live.execution.identity.arn,
            Self::Closed(kept) => &kept.closed.arn,
        }
    }

    /// Its last frame.
    pub(crate) fn position(&self) -> Position {
        match self {
            Self::Live(live) => live.position,
            Self::Closed(kept) => kept.closed.position,
        }
    }

    /// The segments between its first and its last frame that hold none.
    pub(crate) fn gaps(&self) -> &Gaps {
        match self {
            Self::Live(live) => &live.gaps,
            Self::Closed(kept) => &kept.gaps,
        }
    }

    /// The definition it runs or ran last.
    pub(crate) fn revision(&self) -> &Arc<Revision> {
        match self {
            Self::Live(live) => &live.revision,
            Self::Closed(kept) => &kept.revision,
        }
    }

    /// Every definition that its history is of, the first one first.
    pub(crate) fn revisions(&self) -> Vec<Arc<Revision>> {
        let (earlier, last) = match self {
            Self::Live(live) => (&live.earlier, &live.revision),
            Self::Closed(kept) => (&kept.earlier, &kept.revision),
        };
        earlier.iter().chain([last]).cloned().collect()
    }

    /// What lists show.
    pub(crate) fn summary(&self) -> Summary {
        match self {
            Self::Live(live) => Summary {
                arn: Arc::clone(&live.execution.identity.arn),
                of: Of::identity(&live.execution.identity),
                status: live.execution.status,
                started_ms: live.execution.identity.started_ms,
                stopped_ms: None,
                child: live.execution.identity.origin.as_ref().map(|o| o.index),
                redrives: live.execution.redrive_count(),
                redriven_ms: live.execution.redrives.as_ref().map(|r| r.last_ms),
            },
            Self::Closed(kept) => Summary {
                arn: Arc::clone(&kept.closed.arn),
                of: kept.closed.of(),
                status: kept.closed.status,
                started_ms: kept.closed.started_ms,
                stopped_ms: Some(kept.closed.stopped_ms),
                child: match kept.closed.starter.as_deref() {
                    Some(Starter::Run { index, .. }) => Some(*index),
                    Some(Starter::Task(_)) | None => None,
                },
                redrives: kept.closed.redrives,
                redriven_ms: kept.closed.redriven_ms,
            },
        }
    }
}

/// What lists show of an execution.
#[derive(Debug, Clone)]
pub(crate) struct Summary {
    /// Its ARN.
    pub(crate) arn: Arc<str>,
    /// Its state machine, version and alias, or its map run.
    pub(crate) of: Of,
    /// How it stands.
    pub(crate) status: Status,
    /// When it started, in milliseconds since 1970.
    pub(crate) started_ms: i64,
    /// When it closed.
    pub(crate) stopped_ms: Option<i64>,
    /// Of a map run's child: its place among the children.
    pub(crate) child: Option<u32>,
    /// How often it was redriven.
    pub(crate) redrives: u32,
    /// The last redrive, in milliseconds since 1970.
    pub(crate) redriven_ms: Option<i64>,
}
