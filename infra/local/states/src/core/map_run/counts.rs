//! Numbers by status.

use serde::{Deserialize, Serialize};

use crate::core::Status;

/// Numbers by status: of items, or of children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Not started.
    pub pending: u32,
    /// Under way.
    pub running: u32,
    /// Ended well.
    pub succeeded: u32,
    /// Failed.
    pub failed: u32,
    /// Ran too long.
    pub timed_out: u32,
    /// Stopped.
    pub aborted: u32,
    /// Did not end well, and wait to be redriven.
    pub waiting: u32,
    /// Of those that did not end well, how many cannot be redriven.
    pub not_redrivable: u32,
}

impl Counts {
    /// All together.
    pub fn total(&self) -> u32 {
        self.pending
            + self.running
            + self.succeeded
            + self.failed
            + self.timed_out
            + self.aborted
            + self.waiting
    }

    pub(super) fn of(&mut self, status: Status) -> &mut u32 {
        match status {
            Status::Running => &mut self.running,
            Status::Succeeded => &mut self.succeeded,
            Status::Failed => &mut self.failed,
            Status::TimedOut => &mut self.timed_out,
            Status::Aborted => &mut self.aborted,
        }
    }
}
