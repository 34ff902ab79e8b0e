//! What clients were told, and whether it still holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::super::{Inner, Slot, Subject};
use crate::core::record::{Record, What};
use crate::core::{ExecutionId, Status};
use crate::log::Position;

/// Everything that was acknowledged.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) executions: BTreeMap<Arc<str>, Known>,
    /// State machines, by name.
    pub(super) machines: BTreeMap<&'static str, String>,
}

/// What is known of one execution.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Its number, once seen.
    pub(super) id: Option<u64>,
    /// Answers that `SendTaskSuccess` took.
    pub(super) taken: BTreeSet<u64>,
    /// `StopExecution` answered.
    pub(super) stopped: bool,
    /// What its history was when last read.
    pub(super) records: Vec<Record>,
    /// Damage was found in it: nothing is promised any more.
    pub(super) excused: bool,
    /// The engine itself has said that it does not keep it any longer.
    pub(super) forgotten: bool,
    /// States it entered, counted once when it was found closed.
    pub(super) counted: bool,
}

impl Book {
    /// Holds what was damaged against nobody.
    pub(super) fn excuse(&mut self, inner: &Inner, flipped: bool) {
        assert!(
            flipped || inner.damage.is_empty(),
            "damage without a flipped bit: {:?}",
            inner.damage
        );
        let mut other = false;
        for damage in &inner.damage {
            match &damage.subject {
                Subject::Execution(arn) => self.excused(|known, _| known == arn),
                Subject::Lost { id, arn } => self.excused(|known, number| {
                    number == Some(*id) || arn.as_ref().is_some_and(|arn| arn == known)
                }),
                Subject::Other => other = true,
            }
        }
        if other {
            // A machine, a definition, or a piece of the list of closed executions: they are checked only for
            // what is still there.
            for known in self.executions.values_mut() {
                let there = known.id.is_some_and(|id| {
                    let id = ExecutionId(id);
                    inner.shard_by_id(id).slots.contains_key(&id)
                });
                known.excused |= !there;
            }
        }
    }

    fn excused(&mut self, concerns: impl Fn(&Arc<str>, Option<u64>) -> bool) {
        for (arn, known) in &mut self.executions {
            if concerns(arn, known.id) {
                known.excused = true;
            }
        }
    }

    /// Everything that was acknowledged is there, and nothing twice. Everything must have been made durable before.
    /// Gives the states that executions found closed for the first time had entered.
    pub(super) fn check(&mut self, inner: &Arc<Inner>, flips: u32) -> u64 {
        let mut transitions = 0;
        let mut unreadable = 0;
        for (arn, known) in &mut self.executions {
            let found = {
                let shard = inner.shard_by_arn(arn);
                shard.find(arn).map(|(id, slot)| (id, seen(slot)))
            };
            let Some((id, (position, live))) = found else {
                assert!(
                    known.excused || known.forgotten,
                    "{arn} was acknowledged and is lost: {:?}",
                    inner.damage
                );
                continue;
            };
            known.id = Some(id.0);
            let told = match inner.chronicle(id, position) {
                Ok(told) => told,
                // A part of its past, from before the snapshot, cannot be told any more. It is the only one.
                Err(error) => {
                    assert!(known.excused || unreadable < flips, "{arn}: {error}");
                    unreadable += u32::from(!known.excused);
                    known.excused = true;
                    continue;
                }
            };
            let records = told.records.clone();
            let whole = told.retold(id).expect("records fit");
            if let Some(live) = live {
                assert!(*live == whole, "{arn} is not what its records say");
                assert!(!live.is_ready(), "{arn} stands still");
            }
            if !known.excused {
                known.check(arn, &records, whole.status);
            }
            once(arn, &records);
            if whole.status != Status::Running && !known.counted {
                known.counted = true;
                transitions += entered(&records);
            }
            known.records = records;
        }
        transitions
    }
}

/// Last frame, and the state if it runs.
fn seen(slot: &Slot) -> (Position, Option<Arc<crate::core::Execution>>) {
    match slot {
        Slot::Live(live) => (live.position, Some(Arc::clone(&live.execution))),
        Slot::Closed(kept) => (kept.closed.position, None),
    }
}

impl Known {
    fn check(&self, arn: &str, records: &[Record], status: Status) {
        assert!(
            records.starts_with(&self.records),
            "{arn}: a history that was shown has changed"
        );
        for value in &self.taken {
            let times = results(records).filter(|found| found == value).count();
            assert_eq!(times, 1, "{arn} took {value} and has it {times} times");
        }
        assert!(
            !self.stopped || status != Status::Running,
            "{arn} was stopped and runs"
        );
    }
}

/// No answer of a task is there twice, and nothing follows the end.
fn once(arn: &str, records: &[Record]) {
    let found: Vec<u64> = results(records).collect();
    let different: BTreeSet<u64> = found.iter().copied().collect();
    assert_eq!(
        found.len(),
        different.len(),
        "{arn} has an answer twice: {found:?}"
    );
    let ends = records.iter().filter(|record| {
        matches!(
            record.what,
            What::Succeeded | What::Failed(_) | What::Stopped { .. } | What::TimedOut
        )
    });
    assert!(ends.count() <= 1, "{arn} ended twice");
    let times: Vec<i64> = records.iter().map(|record| record.at_ms).collect();
    assert!(times.is_sorted(), "{arn}: time went back");
}

/// The numbers that tasks were answered with.
fn results(records: &[Record]) -> impl Iterator<Item = u64> {
    records.iter().filter_map(|record| {
        let What::TaskSucceeded { result } = &record.what else {
            return None;
        };
        let value: Value = serde_json::from_str(result.as_str()).ok()?;
        value.as_u64().or_else(|| value["Payload"]["work"].as_u64())
    })
}

fn entered(records: &[Record]) -> u64 {
    let states = records
        .iter()
        .filter(|record| matches!(record.what, What::Entered));
    states.count() as u64
}
