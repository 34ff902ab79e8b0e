//! What clients were told, and whether it still holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::super::shard::Slot;
use super::super::{Inner, Revision, SHARDS, Subject};
use super::clients::Calls;
use super::laws::{self, Tally};
use crate::core::record::{Record, What};
use crate::core::{Execution, ExecutionId, Status};
use crate::log::Position;

/// Everything that was acknowledged, and what else was seen.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) executions: BTreeMap<Arc<str>, Known>,
    /// State machines, by name.
    pub(super) machines: BTreeMap<&'static str, String>,
    /// Damage was found that may be a state machine's: none is promised any more.
    pub(super) machines_damaged: bool,
    /// Tasks by which executions were started, with the execution.
    started_by: BTreeMap<(u64, u32), Arc<str>>,
    /// Express executions that, by durable records, were started and are not waited for.
    pub(super) sent: Vec<Arc<str>>,
    /// Executions that succeeded with the output that they should have.
    pub(super) right: u64,
    /// Executions that ended because their machine was being deleted.
    pub(super) deleted: u64,
}

/// What is known of one execution.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Its start was acknowledged; others are started by tasks.
    pub(super) acknowledged: bool,
    /// Its input is `{"n": n}`.
    pub(super) n: Option<u64>,
    /// Its number, once seen.
    pub(super) id: Option<u64>,
    /// Answers that `SendTaskSuccess` took.
    pub(super) taken: BTreeSet<u64>,
    /// `StopExecution` answered.
    pub(super) stopped: bool,
    /// So many times `RedriveExecution` answered.
    pub(super) redrives: usize,
    /// What its history was when last read.
    pub(super) records: Vec<Record>,
    /// Its last frame then.
    position: Option<Position>,
    /// What its tasks had been called for when the process began.
    tally: Tally,
    /// Its last frame then.
    tallied: Option<Position>,
    /// Damage was found in it: nothing is promised any more.
    pub(super) excused: bool,
    /// The engine itself has said that it does not keep it any longer.
    pub(super) forgotten: bool,
    /// States it entered before it was last found closed.
    counted: u64,
}

/// One execution as the engine has it.
struct Seen {
    id: ExecutionId,
    arn: Arc<str>,
    position: Position,
    live: Option<Arc<Execution>>,
    revisions: Vec<Arc<Revision>>,
}

fn all(inner: &Inner) -> Vec<Seen> {
    let mut all = Vec::new();
    for number in 0..SHARDS {
        let shard = inner.shard(number);
        // Of Express executions no record tells anything.
        let told = shard.slots.iter().filter(|(_, slot)| !slot.is_express());
        all.extend(told.map(|(id, slot)| Seen {
            id: *id,
            arn: Arc::clone(slot.arn()),
            position: slot.position(),
            live: match slot {
                Slot::Live(live) => Some(Arc::clone(&live.execution)),
                Slot::Closed(_) => None,
            },
            revisions: slot.revisions(),
        }));
    }
    all.sort_by_key(|seen| seen.id);
    all
}

impl Book {
    /// Holds what was damaged against nobody.
    pub(super) fn excuse(&mut self, inner: &Inner, flipped: bool) {
        let found = inner.damage.list();
        assert!(
            flipped || found.is_empty(),
            "damage without a flipped bit: {found:?}"
        );
        let mut other = false;
        for damage in found {
            match &damage.subject {
                Subject::Beginning { id, arn } => {
                    self.excused(|known, number| known == arn || number == Some(*id));
                    // It may be misspelt.
                    self.executions.entry(Arc::clone(arn)).or_default().excused = true;
                }
                Subject::Execution(arn) => self.excused(|known, _| known == arn),
                Subject::Lost { id, arn } => self.excused(|known, number| {
                    number == Some(*id) || arn.as_ref().is_some_and(|arn| arn == known)
                }),
                Subject::Segment | Subject::Tokens | Subject::Other => other = true,
            }
        }
        self.machines_damaged |= other;
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

    /// A process has just begun and made no call yet: holds the calls of the one before it against the log. Each was
    /// promised by the log before it was made, was made once by that process, and not at all if it was over before.
    /// Where executions may be gone, those that are say nothing; nor those that may have begun again since under the same
    /// ARN, as a forgotten child of a map run does when its run is redriven.
    pub(super) fn audit(
        &mut self,
        inner: &Arc<Inner>,
        mut calls: Calls,
        (may_be_gone, flipped): (bool, bool),
    ) {
        let found = all(inner);
        if may_be_gone {
            let there: BTreeSet<&Arc<str>> = found.iter().map(|seen| &seen.arn).collect();
            calls.retain(|(arn, _), _| there.contains(arn));
        }
        for seen in found {
            let known = self.executions.entry(Arc::clone(&seen.arn)).or_default();
            if may_be_gone && (known.tallied.is_none() || known.id != Some(seen.id.0)) {
                calls.retain(|(arn, _), _| *arn != seen.arn);
            }
            if known.tallied == Some(seen.position) {
                continue;
            }
            // A flip in what was before a snapshot: told when it is read again.
            let Ok(told) = inner.chronicle(seen.id, seen.position) else {
                assert!(flipped, "{} cannot be read", seen.arn);
                calls.retain(|(arn, _), _| *arn != seen.arn);
                continue;
            };
            let tally = laws::tally(&told.records);
            for (key, (scheduled, _)) in &tally {
                let made = calls.remove(&(Arc::clone(&seen.arn), *key)).unwrap_or(0);
                let over = known.tally.get(key).map_or(0, |(_, over)| *over);
                assert!(
                    known.excused || made <= scheduled.saturating_sub(over),
                    "{}: called {made} times, scheduled {scheduled}, over {over}",
                    seen.arn
                );
            }
            known.tally = tally;
            known.tallied = Some(seen.position);
        }
        for ((arn, key), made) in calls {
            let known = self.executions.get(&arn);
            let open = known.and_then(|known| known.tally.get(&key));
            let open = open.map_or(0, |(scheduled, over)| scheduled - over);
            let excused = known.is_some_and(|known| known.excused);
            assert!(
                excused || made <= open,
                "{arn} called what its log does not say"
            );
        }
    }

    /// Everything that was acknowledged is there, and nothing twice. Everything must have been made durable before.
    /// What has closed and not moved since is read again if `thorough`. Gives the states entered by executions that
    /// were found closed and had not been counted.
    pub(super) fn check(&mut self, inner: &Arc<Inner>, flips: u32, thorough: bool) -> u64 {
        let (mut transitions, mut unreadable) = (0, 0);
        let found = all(inner);
        let arns: BTreeSet<&Arc<str>> = found.iter().map(|seen| &seen.arn).collect();
        for (arn, known) in &self.executions {
            assert!(
                known.excused || known.forgotten || !known.acknowledged || arns.contains(arn),
                "{arn} was acknowledged and is lost: {:?}",
                inner.damage.list()
            );
        }
        for seen in found {
            let known = self.executions.entry(Arc::clone(&seen.arn)).or_default();
            if known.forgotten && known.id != Some(seen.id.0) {
                // A task has started it anew: it is another one of that name.
                *known = Known::default();
            }
            known.id = Some(seen.id.0);
            if seen.live.is_none() && known.position == Some(seen.position) && !thorough {
                continue;
            }
            let told = match inner.chronicle(seen.id, seen.position) {
                Ok(told) => told,
                // A part of its past, from before the snapshot, cannot be told any more. It is the only one.
                Err(error) => {
                    assert!(known.excused || unreadable < flips, "{}: {error}", seen.arn);
                    unreadable += u32::from(!known.excused);
                    known.excused = true;
                    continue;
                }
            };
            let events = told.events(&seen.revisions, false).expect("a history");
            laws::whole(&seen.arn, &events);
            let records = told.records.clone();
            laws::once(&seen.arn, &records);
            laws::never_early(&seen.arn, &records);
            let whole = told.retold(seen.id).expect("records fit");
            if thorough {
                let full = inner.full(seen.id, seen.position).expect("it can be read");
                assert!(full == whole, "{} is read in two ways", seen.arn);
            }
            if let Some(live) = &seen.live {
                assert!(**live == whole, "{} is not what its records say", seen.arn);
                assert!(!live.is_ready(), "{} stands still", seen.arn);
            }
            if let (Some(by), false) = (whole.identity.started_by, known.excused) {
                let task = (by.execution.0, by.task.0);
                let first = self.started_by.entry(task).or_insert(Arc::clone(&seen.arn));
                assert_eq!(*first, seen.arn, "a task started two executions");
            }
            if !known.excused && known.check(&whole, &records) {
                self.right += u64::from(known.position != Some(seen.position));
            }
            if laws::ended_with_its_machine(&records) {
                let machine = &whole.identity.machine_arn;
                assert_eq!(&**machine, super::machines::BRIEF, "{}", seen.arn);
                self.deleted += u64::from(known.position != Some(seen.position));
            }
            if whole.status != Status::Running {
                let entered = entered(&records);
                transitions += entered.saturating_sub(known.counted);
                known.counted = entered;
            }
            if whole.identity.machine_arn.ends_with(":sends") {
                self.sent.extend(laws::sent(&records));
            }
            known.records = records;
            known.position = Some(seen.position);
        }
        transitions
    }
}

impl Known {
    /// Says whether it succeeded as it should.
    fn check(&self, whole: &Execution, records: &[Record]) -> bool {
        let arn = &whole.identity.arn;
        assert!(
            records.starts_with(&self.records),
            "{arn}: a history that was shown has changed"
        );
        let answers: Vec<u64> = laws::answers(records).collect();
        for value in &self.taken {
            let times = answers.iter().filter(|found| *found == value).count();
            assert_eq!(times, 1, "{arn} took {value} and has it {times} times");
        }
        let redrives = records
            .iter()
            .filter(|r| matches!(r.what, What::Redriven(_)));
        let redrives = redrives.count();
        assert!(redrives >= self.redrives, "{arn}: a redrive is lost");
        // That it ended for good, or was redriven, is one of the laws.
        assert!(
            !self.stopped || laws::ends(records) > 0,
            "{arn} was stopped and never ended"
        );
        if whole.status != Status::Succeeded {
            return false;
        }
        let output = whole.end.as_ref().and_then(|end| end.output.clone());
        let output: Value =
            serde_json::from_str(output.as_ref().map_or("", |o| o.as_str())).expect("an output");
        let input: Value = serde_json::from_str(whole.identity.input.as_str()).expect("an input");
        let machine = whole.identity.machine_arn.rsplit(':').next().unwrap_or("");
        let n = input["n"].as_u64().expect("what all are started with");
        assert!(
            self.n.is_none_or(|asked| asked == n),
            "{arn} has another input"
        );
        assert!(
            super::machines::is_right(machine, n, &answers, &output),
            "{arn} gives {output} for {n} and {answers:?}"
        );
        true
    }
}

fn entered(records: &[Record]) -> u64 {
    let states = records
        .iter()
        .filter(|record| matches!(record.what, What::Entered));
    states.count() as u64
}
