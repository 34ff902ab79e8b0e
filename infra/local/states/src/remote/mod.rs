//! Calls over the network: other AWS services, Lambda by its own API, and whatever an HTTP task names.

mod client;
mod lambda;
mod services;

pub(crate) use client::{Answer, Client, SendError};
pub use lambda::RemoteLambda;
pub(crate) use services::Target;
pub use services::{Keys, Services};
