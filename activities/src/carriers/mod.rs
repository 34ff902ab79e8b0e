//! Carriers: the only place that speaks their APIs. A folder or file per kind of carrier; which of them a deployment has, and
//! where, is in the environment ([`config`]).

mod any;
mod any_ports;
pub mod config;
pub mod telnyx;

pub use any::{Any, Configured};
