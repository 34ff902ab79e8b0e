//! What may keep a thread long: evaluations, and locks that somebody holds who evaluates.
//!
//! An expression may take a second (AWS's own limit). The runtime's worker hands what else it has to another thread then, so that
//! calls and timers go on. That costs more than a usual step, so it is done for definitions that were slow before.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

/// A step that took longer may do so again.
const SLOW: Duration = Duration::from_millis(2);

/// Whether something was slow before.
#[derive(Debug, Default)]
pub(super) struct Pace(AtomicBool);

impl Pace {
    /// Does `work`, beside the runtime's worker if it was slow before.
    pub(super) fn keep<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.0.load(Ordering::Relaxed) {
            return beside(work);
        }
        let began = Instant::now();
        let done = work();
        if began.elapsed() > SLOW {
            self.0.store(true, Ordering::Relaxed);
        }
        done
    }
}

/// Does what may take long; on a worker of a runtime that has others, what else the worker has goes on elsewhere.
pub(crate) fn beside<T>(work: impl FnOnce() -> T) -> T {
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    match flavor {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        Ok(_) | Err(_) => work(),
    }
}

/// Locks what may be held long.
pub(super) fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    match held.try_lock() {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => {
            beside(|| held.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }
}
