//! Whom a number rings: people, groups and flows, and what happens when nobody takes the call. Pure.

pub mod check;
pub mod hours;
pub mod plan;
pub mod ringing;
