//! Requests: what takes days and several parties. An onboarding, a number order, a port: each is one execution with an owner,
//! an age and a next action.
//!
//! A request's workflow moves on by [turns](turn), as a call's does: a turn writes what people see, asks at most one of them to do
//! a [task], and waits for the next [signal].

pub mod deadline;
pub mod end;
pub mod signal;
pub mod task;
pub mod turn;
mod view;

pub use view::{
    Entry, Kind, NumberLine, Outcome, Party, RequestStart, RequestView, Step, TakenOver,
};
