//! The words shared by workflows, tasks, engine and browser.
//!
//! Inputs, outputs, signals and error names of every task are types here, once. [`registry`]
//! lists them; their JSON Schemas are checked in under `workflows/schemas`; a test holds every definition against them. The crate
//! builds for `wasm32`, has no clock, no I/O and no AWS type, and depends on nothing else of this project.
#![deny(missing_docs)]

pub mod api;
pub mod call;
pub mod dossier;
pub mod error;
pub mod id;
pub mod line;
pub mod mail;
pub mod meeting;
pub mod moves;
pub mod number;
pub mod onboarding;
pub mod port;
pub mod push;
pub mod registry;
pub mod request;
pub mod routing;
pub mod signal;
pub mod turn;
pub mod view;
pub mod webhook;

pub use error::{Retry, TaskError};
pub use id::{
    ApiKeyId, CallId, CarrierId, DeliveryId, DeviceId, DocumentId, DossierId, E164, FlowId,
    GroupId, LegId, PersonId, RequestId, Role, TaskId, TenantId, WebhookId,
};
pub use registry::Activity;
