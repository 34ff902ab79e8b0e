//! Requests: what takes days and several parties (an order, a port, an onboarding), each one execution.
//!
//! A request is one item: what people see, its [inbox](crate::inbox), and what only the system knows. Every operation is a
//! [pure change](record) of that item, written by compare-and-set, and what follows from it: so the page, the task in somebody's
//! queue and the turn that waits never disagree.

mod asked;
pub mod begin;
pub mod deadline;
pub mod end;
pub mod escalation;
mod record;
pub mod redrive;
mod reminder;
pub mod shell;
pub mod take_over;
mod timeline;
pub mod turn;

pub use asked::{is_by_people, task_key};
pub use record::{Begun, Delivered, Letter, MAX_DATA_BYTES, Refused, RequestRecord};
pub use reminder::{REDRIVABLE, Reminder};

use crate::inbox::Note;
use contract::request::signal::{Accept, RequestSignal};

impl Note for RequestSignal {
    type Accept = Accept;

    // They are in one item with all the rest of the request.
    const MAX_SEEN: usize = 256;

    fn seq(&self) -> u64 {
        self.seq
    }

    fn is_meant_by(&self, accept: &Accept) -> bool {
        accept.takes(self)
    }
}

#[cfg(test)]
mod store_tests;
#[cfg(test)]
pub(crate) mod tests;
