//! Step Functions on one machine: the language, the durable engine, its API.
//!
//! ```text
//! asl          definitions: parsing, validation, JSONata         pure
//! integration  what a Task can call, one file per service        pure
//! core         one execution: step(state, input, now)            pure
//! log          append-only segments, group commit                files
//! engine       executions, timers, calls, recovery, retention    shell
//! dataset      what an ItemReader reads, as items                  pure
//! objects      buckets: a folder, or an S3 endpoint                shell
//! remote       calls to other services over the network           shell
//! api          AWS JSON 1.0 over HTTP                             shell
//! ```

mod api;
pub mod asl;
mod caught;
pub mod core;
mod dataset;
mod engine;
pub mod integration;
pub mod json;
mod log;
pub mod objects;
mod remote;
mod unique;

pub use engine::{
    Clock, Config, Damage, Engine, Invocation, InvokeError, Invoked, Lambda, LogError, OpenError,
    Subject,
};
pub use integration::ServiceModels;
pub use log::FORMAT;
pub use objects::{FolderObjects, Objects, S3Objects};
pub use remote::{
    Authorization, Connection, Keys, OAuth, RemoteLambda, Services, TokenMethod, TokenParameters,
};
