//! The meeting of a call: opening it, and what it tells.

pub mod event;
pub mod open;
