//! A panic between a change in memory and its record gives the log up.

use super::Log;

/// Held while an execution is changed and that is recorded. Dropped by a panic, it gives the log up: what was changed is not taken
/// back, and nothing may build on what a start does not find.
pub(crate) struct Guard<'a>(pub(crate) &'a Log);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("something panicked that was to be recorded; nothing more is");
            self.0.give_up();
        }
    }
}
