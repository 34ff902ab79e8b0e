//! SIP (RFC 3261) without sockets or a clock: grammar, checks, digest, transactions, dialogs.
//!
//! The core is our own. The stack crates that were tried own their sockets, timers and queues: no dialog can be taken
//! up again after a crash, no check can stand in front of the parser, queues are unbounded and messages are logged.

pub mod check;
pub mod dialog;
pub mod digest;
pub mod flow;
pub mod message;
#[cfg(test)]
pub(crate) mod torture;
pub mod transaction;
pub mod uri;
