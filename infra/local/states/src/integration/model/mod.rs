//! `aws-sdk:` tasks of services that are not in the tables, by the services' public API models.
//!
//! The models are files `service-2.json` or `service-2.json.gz` in folders `<service>/<version>`, as botocore has them. They are
//! given once for the whole process, with [`use_service_models`]; each is read when it is first asked.
//!
//! ```text
//! folder   which models there are, and reading them    files
//! shapes   what a model says                           pure
//! request  arguments as the service takes them         pure
//! answer   answers as tasks see them                   pure
//! task     the integration
//! ```

mod answer;
mod folder;
mod request;
mod shapes;
mod task;

pub(super) use folder::read;
pub use folder::use_service_models;
pub(super) use task::{resolve, unknown};
