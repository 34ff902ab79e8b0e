//! What may keep a thread long: evaluations, and locks that somebody holds who evaluates.
//!
//! An expression may take a second (AWS's own limit). The runtime's worker hands what else it has to another thread then, so that
//! calls and timers go on. That costs more than a usual step, so it is done for definitions that were slow before, and for the
//! first steps of every definition, of which nothing is known.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

/// A step that took longer may do so again.
const SLOW: Duration = Duration::from_millis(2);

/// So many first steps of a definition may be slow.
const FIRST_STEPS: u8 = 8;

/// Whether something was slow before, or is new.
#[derive(Debug, Default)]
pub(super) struct Pace {
    slow: AtomicBool,
    steps: AtomicU8,
}

impl Pace {
    /// Does `work`, beside the runtime's worker if it was slow before or is among the first.
    pub(super) fn keep<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.slow.load(Ordering::Relaxed) {
            return beside(work);
        }
        let began = Instant::now();
        let done = if self.steps.load(Ordering::Relaxed) < FIRST_STEPS {
            self.steps.fetch_add(1, Ordering::Relaxed);
            beside(work)
        } else {
            work()
        };
        if began.elapsed() > SLOW {
            self.slow.store(true, Ordering::Relaxed);
        }
        done
    }

    /// Have there been steps enough, and were all of them quick?
    pub(super) fn is_quick(&self) -> bool {
        !self.slow.load(Ordering::Relaxed) && self.steps.load(Ordering::Relaxed) >= FIRST_STEPS
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    /// Longest wait of a test that fails.
    const LIMIT: Duration = Duration::from_secs(20);

    fn told(tell: Receiver<()>) -> bool {
        tell.recv_timeout(LIMIT).is_ok()
    }

    /// Does what else the one worker of a runtime has go on while this pace keeps work that waits for it?
    fn goes_on(pace: &Arc<Pace>) -> bool {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .expect("a runtime");
        let (begun, other_begins) = channel();
        let (tell, waits) = channel();
        let pace = Arc::clone(pace);
        let step = runtime.spawn(async move {
            pace.keep(|| {
                begun.send(()).expect("the test waits");
                told(waits)
            })
        });
        assert!(told(other_begins));
        runtime.spawn(async move { tell.send(()) });
        runtime.block_on(step).expect("no panic")
    }

    #[test]
    fn the_first_steps_of_a_definition_hold_nobody_else_and_neither_do_those_of_a_slow_one() {
        let pace = Arc::new(Pace::default());
        assert!(goes_on(&pace), "it is new");
        pace.slow.store(true, Ordering::Relaxed);
        pace.steps.store(FIRST_STEPS, Ordering::Relaxed);
        assert!(goes_on(&pace), "it was slow");
    }

    #[test]
    fn a_definition_that_is_quick_at_first_is_taken_for_quick() {
        let pace = Pace::default();
        (0..FIRST_STEPS).for_each(|_| pace.keep(|| {}));
        assert_eq!(pace.steps.load(Ordering::Relaxed), FIRST_STEPS);
        pace.keep(|| {});
        assert_eq!(pace.steps.load(Ordering::Relaxed), FIRST_STEPS);
    }
}
