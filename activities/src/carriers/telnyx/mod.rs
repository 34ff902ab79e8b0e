//! Telnyx, by its v2 REST API: <https://developers.telnyx.com/api-reference>.

mod client;
mod emergency;
pub mod notice;
mod numbers;
mod port_rows;
mod ports;
mod rows;

pub use client::{Client, Data, Listed, Meta};

/// Telnyx as one of the carriers: numbers here, ports beside it.
#[derive(Debug, Clone)]
pub struct Telnyx {
    /// Its API.
    pub client: Client,
    /// The connection through which calls to its numbers come, by Telnyx's id; numbers are put on it.
    pub connection_id: Option<String>,
}
