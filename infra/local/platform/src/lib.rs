//! Strowger on one machine: what the cloud is elsewhere, wired.
//!
//! Functions run as processes behind the Lambda Runtime API; DynamoDB is a file; API Gateway, EventBridge and
//! event source mappings are the modules here; Step Functions and the Chime SDK are crates beside this one.

pub mod announce;
pub mod aws_call;
pub mod aws_port;
pub mod cli;
pub mod events;
pub mod fail;
pub mod folder;
pub mod functions;
pub mod gateway;
pub mod names;
pub mod number_desk;
pub mod pace;
pub mod parts;
pub mod pattern;
pub mod provision;
pub mod run;
pub mod seed;
pub mod stack;
pub mod store;
pub mod streams;
#[cfg(test)]
mod test_folder;
pub mod unread;
