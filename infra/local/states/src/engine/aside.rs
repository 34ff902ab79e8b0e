//! Work that blocks its thread: reading back from files, sweeping long queues, trying definitions out. It is done on threads of
//! their own; where the engine is driven by hand, on the one thread there is, as late as a seed says.

use tokio::task::JoinError;

use super::Inner;
use crate::log::Drive;

/// Who does what blocks.
#[derive(Debug)]
pub(super) enum Aside {
    /// Threads of the runtime.
    Threads,
    /// The thread that drives the engine.
    #[cfg(test)]
    Hand(by_hand::Late),
}

impl Aside {
    pub(super) fn new(drive: Drive) -> Self {
        match drive {
            Drive::Thread => Self::Threads,
            #[cfg(test)]
            Drive::Hand(hand) => Self::Hand(by_hand::Late::new(hand.seed)),
        }
    }

    /// Is nothing under way or yet to be begun? For who drives the engine by hand.
    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        match self {
            Self::Threads => true,
            Self::Hand(late) => late.is_idle(),
        }
    }
}

impl Inner {
    /// Does what blocks aside, and gives what came of it.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        match &self.aside {
            Aside::Threads => self.runtime.spawn_blocking(work).await,
            #[cfg(test)]
            Aside::Hand(late) => {
                let turn = late.turn();
                let work = async move {
                    turn.comes().await;
                    work()
                };
                self.runtime.spawn(work).await
            }
        }
    }
}

#[cfg(test)]
mod by_hand {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, PoisonError};

    use rand::rngs::SmallRng;
    use rand::{RngExt, SeedableRng};

    /// Most turns that work waits for.
    const MOST_TURNS: u32 = 40;

    /// How late work is done.
    #[derive(Debug)]
    pub(in crate::engine) struct Late {
        chance: Mutex<SmallRng>,
        under_way: Arc<AtomicUsize>,
    }

    /// The turns that one piece of work waits for; it is under way until this is dropped.
    pub(super) struct Turn {
        left: u32,
        under_way: Arc<AtomicUsize>,
    }

    impl Late {
        pub(super) fn new(seed: u64) -> Self {
            Self {
                chance: Mutex::new(SmallRng::seed_from_u64(seed ^ 0xa51d)),
                under_way: Arc::default(),
            }
        }

        pub(super) fn is_idle(&self) -> bool {
            self.under_way.load(Ordering::Acquire) == 0
        }

        /// Half of the work is done in its turn.
        pub(super) fn turn(&self) -> Turn {
            let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
            let late = chance.random_bool(0.5);
            let left = if late {
                chance.random_range(1..=MOST_TURNS)
            } else {
                0
            };
            self.under_way.fetch_add(1, Ordering::AcqRel);
            Turn {
                left,
                under_way: Arc::clone(&self.under_way),
            }
        }
    }

    impl Turn {
        pub(super) async fn comes(self) {
            for _ in 0..self.left {
                tokio::task::yield_now().await;
            }
        }
    }

    impl Drop for Turn {
        fn drop(&mut self) {
            self.under_way.fetch_sub(1, Ordering::AcqRel);
        }
    }
}
