//! Calls over the network: other AWS services, Lambda by its own API, and whatever an HTTP task names.

mod client;
mod connections;
mod lambda;
mod oauth;
mod services;

pub(crate) use client::{Answer, Client, SendError};
pub(crate) use connections::Tokens;
pub use connections::{Authorization, Connection};
pub use lambda::RemoteLambda;
pub(crate) use lambda::encoded;
pub use oauth::{OAuth, TokenMethod, TokenParameters};
pub(crate) use services::Target;
pub use services::{Keys, Services};
