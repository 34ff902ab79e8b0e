//! Telnyx, by its v2 REST API: <https://developers.telnyx.com/api-reference>.

mod client;

pub use client::{Client, Data, Listed, Meta};
