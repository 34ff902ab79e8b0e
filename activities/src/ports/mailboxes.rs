//! The calls' mailboxes: one item per call, changed only by compare-and-set.
use super::{Unavailable, calls::Write};
use crate::mailbox::Mailbox;
use contract::CallId;
use std::future::Future;

/// A mailbox as read, with the version that a write compares.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned {
    /// One more at each write.
    pub version: u64,
    /// The mailbox.
    pub mailbox: Mailbox,
}

/// The table of mailboxes.
pub trait Mailboxes: Send + Sync {
    /// Reads a call's mailbox, strongly consistent.
    fn load(
        &self,
        call: &CallId,
    ) -> impl Future<Output = Result<Option<Versioned>, Unavailable>> + Send;

    /// Writes it as version `expected + 1` if the store has version `expected`; 0 expects that there is none.
    fn store(
        &self,
        call: &CallId,
        mailbox: &Mailbox,
        expected: u64,
    ) -> impl Future<Output = Result<Write, Unavailable>> + Send;
}
