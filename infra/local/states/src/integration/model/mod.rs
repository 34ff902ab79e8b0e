//! `aws-sdk:` tasks of services that are not in the tables, by the services' public API models.
//!
//! The models are files `service-2.json` or `service-2.json.gz` in folders `<service>/<version>`, as botocore has them. They are
//! an engine's own ([`ServiceModels`] in its configuration); each is read when a definition first names its service.
//!
//! ```text
//! folder     which models there are, and reading them    files
//! shapes     what a model says                           pure
//! request    arguments as the service takes them         pure
//! answer     answers as tasks see them                   pure
//! operation  one operation, to be called
//! ```

mod answer;
mod folder;
mod operation;
mod request;
mod shapes;

pub use folder::ServiceModels;
pub(super) use operation::Modelled;
