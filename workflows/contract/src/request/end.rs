//! `request-end`: the last step of every request's workflow.
use super::{NumberLine, Outcome};
use crate::error::{BAD_INPUT, STORE_UNAVAILABLE};
use crate::{Activity, RequestId, Retry, TaskError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// `request-end`: writes what became of the request; from then on it takes no signals. Safe to run twice.
pub enum RequestEnd {}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestEndInput {
    /// The request.
    pub request: RequestId,
    /// What became of it.
    pub outcome: Outcome,
    /// Its last status, in the words of its kind.
    pub status: String,
    /// What happened, for the timeline.
    pub says: String,
    /// Numbers whose status changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<NumberLine>,
    /// Fields of `details` that changed.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub details: Value,
}

/// That it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestEnded {
    /// When it ended, RFC 3339 with milliseconds, UTC.
    pub ended_at: String,
    /// What became of it: of a request that had ended before, what was written then.
    pub outcome: Outcome,
}

/// Why a request could not be ended.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestEndError {
    /// The request could not be read or written.
    #[error("the request is unavailable")]
    Unavailable,
    /// There is no such request.
    #[error("there is no request `{0}`")]
    Unknown(RequestId),
}

impl TaskError for RequestEndError {
    const NAMES: &'static [(&'static str, Retry)] =
        &[(STORE_UNAVAILABLE, Retry::Yes), (BAD_INPUT, Retry::Never)];

    fn name(&self) -> &'static str {
        match self {
            Self::Unavailable => STORE_UNAVAILABLE,
            Self::Unknown(_) => BAD_INPUT,
        }
    }
}

impl Activity for RequestEnd {
    const NAME: &'static str = "request-end";
    type Input = RequestEndInput;
    type Output = RequestEnded;
    type Error = RequestEndError;
}
