//! Calls from beginning to end: a file per activity, and what their records are made of.

pub mod authorise;
pub mod begin;
pub mod end;
pub mod place;
pub mod record;
pub mod route;
