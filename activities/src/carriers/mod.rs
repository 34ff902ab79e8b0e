//! Carriers: the only place that speaks their APIs. A folder or file per kind of carrier; which of them a deployment has, and
//! where, is in the environment.

pub mod telnyx;
