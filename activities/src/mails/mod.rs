//! Mails: texts from `workflows/mails`, filled in and sent once.

mod compose;
mod send;

pub use compose::{Composed, Unfilled, compose};
pub use send::send;
