//! Numbers, porting and onboarding, decided in pure code.
//!
//! What a country asks, when an office works and what a clearing house refuses are rows of `infra/world`; this crate reads
//! them and answers. It has no clock, no I/O and no runtime, takes time as an argument and builds for `wasm32`.
#![deny(missing_docs)]

pub mod calendar;
pub mod emergency;
pub mod holder;
pub mod identifier;
pub mod porting;
pub mod price;
pub mod requirement;
pub mod screening;
pub mod term;
#[cfg(feature = "world")]
pub mod world;
