//! The state machines that are being deleted, whose executions end at their next transition.
//!
//! Source: API reference, `DeleteStateMachine`. The log has it with the machine; this is what a step can ask without the
//! machines' lock, and without any while no machine is being deleted.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::machine::{Machine, Machines};

/// Their ARNs.
#[derive(Debug, Default)]
pub(crate) struct Deleting {
    count: AtomicUsize,
    arns: RwLock<HashSet<Arc<str>>>,
}

impl Deleting {
    /// Those of these machines.
    pub(super) fn of(machines: &Machines) -> Self {
        let deleting = Self::default();
        machines
            .by_arn
            .values()
            .for_each(|machine| deleting.note(machine));
        deleting
    }

    /// A machine as it is from now on. Who stores it holds the machines' lock.
    pub(crate) fn note(&self, machine: &Machine) {
        if machine.deleting {
            self.change(|arns| arns.insert(Arc::clone(&machine.arn)));
        } else {
            self.forget(&machine.arn);
        }
    }

    /// A machine is gone.
    pub(crate) fn forget(&self, arn: &str) {
        if self.has(arn) {
            self.change(|arns| arns.remove(arn));
        }
    }

    /// Is this machine being deleted?
    pub(crate) fn has(&self, arn: &str) -> bool {
        self.count.load(Ordering::Acquire) > 0
            && self
                .arns
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(arn)
    }

    fn change(&self, change: impl FnOnce(&mut HashSet<Arc<str>>) -> bool) {
        let mut arns = self.arns.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut arns);
        self.count.store(arns.len(), Ordering::Release);
    }
}
