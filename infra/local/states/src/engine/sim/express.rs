//! What is known of the Express executions of a world that nobody waits for. One whose start was acknowledged, to a client or to a
//! Standard execution whose record of that is durable, runs: it begins again with its number after each death, until its end is
//! recorded, and not once more after that. In one life it runs once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::{Inner, Subject};
use super::clients::Told;
use super::machines::MARKS;

/// The Express executions of a world, by their ARNs.
#[derive(Debug, Default)]
pub(super) struct Express {
    known: BTreeMap<Arc<str>, Known>,
    /// How often one began again.
    pub(super) again: u64,
}

/// What is known of one.
#[derive(Debug, Default)]
struct Known {
    /// Its start was acknowledged, and no task waits for its end.
    acknowledged: bool,
    /// Its number, once seen.
    id: Option<u64>,
    /// In how many lives it told that it runs.
    runs: u32,
    /// It was answered, and starts an execution of its own then.
    answered: bool,
    /// Its end is recorded.
    over: bool,
    /// Its end was recorded when the process began.
    gone: bool,
    /// Damage was found that may be of it: nothing is promised any more.
    excused: bool,
}

/// The number of an execution that has not ended.
fn open(inner: &Inner) -> BTreeMap<Arc<str>, u64> {
    let images = inner.promises.images().into_iter();
    images
        .map(|image| (Arc::clone(&image.identity.arn), image.id))
        .collect()
}

impl Express {
    /// How many were acknowledged.
    pub(super) fn acknowledged(&self) -> u64 {
        let known = self.known.values();
        known.filter(|known| known.acknowledged).count() as u64
    }

    /// The start of one was acknowledged.
    pub(super) fn acknowledge(&mut self, inner: &Inner, arn: Arc<str>) {
        // What is damaged is named by its number if its name is what is damaged.
        let id = open(inner).get(&arn).copied();
        let known = self.known.entry(arn).or_default();
        known.acknowledged = true;
        known.id = known.id.or(id);
    }

    /// Those that have ended: once what has been appended so far is durable, so is that.
    pub(super) fn ended(&self, inner: &Inner) -> Vec<Arc<str>> {
        let open = open(inner);
        let known = self.known.iter();
        known
            .filter(|(arn, known)| known.acknowledged && !open.contains_key(*arn))
            .map(|(arn, _)| Arc::clone(arn))
            .collect()
    }

    /// That these have ended is durable.
    pub(super) fn recorded(&mut self, ended: &[Arc<str>]) {
        for arn in ended {
            self.known.entry(Arc::clone(arn)).or_default().over = true;
        }
    }

    /// A process has just begun and done nothing yet. `told` is what was told to the one before it.
    pub(super) fn audit(&mut self, inner: &Inner, told: Told, flipped: bool) {
        self.ran(told, flipped);
        let open = open(inner);
        self.excuse(inner, &open);
        for (arn, id) in &open {
            let known = self.known.entry(Arc::clone(arn)).or_default();
            assert!(
                flipped || !known.over,
                "{arn} begins again although its end was recorded"
            );
            assert!(
                known.id.is_none_or(|known| known == *id),
                "{arn} begins again with another number than {:?}",
                known.id
            );
            known.id = Some(*id);
            (known.over, known.gone) = (false, false);
            self.again += 1;
        }
        for (arn, known) in &mut self.known {
            if open.contains_key(arn) {
                continue;
            }
            assert!(
                !known.acknowledged || known.runs > 0 || known.excused,
                "{arn} was acknowledged, never ran, and does not begin again: {:?}",
                inner.damage.list()
            );
            (known.over, known.gone) = (true, true);
        }
    }

    /// A process is over, and everything had ended before. `marks` says whether what they started must be there.
    pub(super) fn finish(&mut self, inner: &Inner, told: Told, (marks, flipped): (bool, bool)) {
        self.ran(told, flipped);
        let open = open(inner);
        for (arn, known) in &self.known {
            if !known.acknowledged || known.excused {
                continue;
            }
            assert!(known.runs > 0, "{arn} was acknowledged and never ran");
            assert!(!open.contains_key(arn), "{arn} never ends");
            let mark = format!("{MARKS}:{}", arn.rsplit(':').next().unwrap_or(""));
            assert!(
                !marks || !known.answered || inner.shard_by_arn(&mark).find(&mark).is_some(),
                "{arn} ended before it had done what it does"
            );
        }
    }

    /// What was told in one life.
    fn ran(&mut self, told: Told, flipped: bool) {
        for (arn, (times, answered)) in told {
            assert_eq!(times, 1, "{arn} ran more than once in one life");
            let known = self.known.entry(arn).or_default();
            assert!(
                flipped || !known.gone,
                "one ran although its end was recorded: {known:?}"
            );
            known.runs += 1;
            known.answered |= answered;
        }
    }

    /// Holds what was damaged against nobody.
    fn excuse(&mut self, inner: &Inner, open: &BTreeMap<Arc<str>, u64>) {
        let (mut arns, mut ids, mut any) = (BTreeSet::new(), BTreeSet::new(), false);
        for damage in inner.damage.list() {
            match damage.subject {
                Subject::Beginning { id, arn } => {
                    ids.insert(id);
                    arns.insert(arn);
                }
                Subject::Execution(arn) => {
                    arns.insert(arn);
                }
                Subject::Lost { id, arn } => {
                    ids.insert(id);
                    arns.extend(arn);
                }
                // Its start may have been there.
                Subject::Segment | Subject::Tokens | Subject::Other => any = true,
            }
        }
        for (arn, known) in &mut self.known {
            let named = arns.contains(arn) || known.id.is_some_and(|id| ids.contains(&id));
            known.excused |= named || any && !open.contains_key(arn);
        }
    }
}
