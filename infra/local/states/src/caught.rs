//! Panics that are caught: what panicked fails with words, and everything else goes on. The panic hook has told of it before.
//!
//! Where evaluations are deep, `stacker` runs them on stacks of their own; it carries a panic back over them.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// What a panic said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Panicked(String);

impl Panicked {
    fn of(said: &(dyn Any + Send)) -> Self {
        let text = said.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| said.downcast_ref::<String>().cloned());
        Self(text.unwrap_or_else(|| "a panic without words".to_owned()))
    }
}

/// Does `work`. Whoever asks must not use what `work` was changing when it panicked, or must know that it holds.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|said| Panicked::of(&*said))
}

/// The same of a future, which is not polled again once it has panicked.
pub(crate) async fn caught_in<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut work = pin!(work);
    poll_fn(|context| match caught(|| work.as_mut().poll(context)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_in_its_own_words() {
        assert_eq!(caught(|| 1), Ok(1));
        let plain: Result<(), Panicked> = caught(|| panic!("plain"));
        assert_eq!(plain, Err(Panicked("plain".to_owned())));
        let made: Result<(), Panicked> = caught(|| panic!("made of {}", 2));
        assert_eq!(made, Err(Panicked("made of 2".to_owned())));
        let silent: Result<(), Panicked> = caught(|| std::panic::panic_any(7));
        assert_eq!(silent, Err(Panicked("a panic without words".to_owned())));
    }

    #[tokio::test]
    async fn a_future_may_panic_after_it_has_waited() {
        let quiet = async {
            tokio::task::yield_now().await;
            1
        };
        assert_eq!(caught_in(quiet).await, Ok(1));
        let loud = async {
            tokio::task::yield_now().await;
            panic!("late");
        };
        let told: Result<(), Panicked> = caught_in(loud).await;
        assert_eq!(told, Err(Panicked("late".to_owned())));
    }
}
