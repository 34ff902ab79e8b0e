//! `request-deadline`: until when the next step of a request may take.
use crate::error::BAD_INPUT;
use crate::{Activity, RequestId, Retry, TaskError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// `request-deadline`: what a term (`infra/world/terms`) means now, counted in the working days of a country, and there of the
/// part that the request's dossier names.
pub enum RequestDeadline {}

/// Which term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestDeadlineInput {
    /// The request.
    pub request: RequestId,
    /// The term's name, such as `dossier.review`.
    pub term: String,
    /// ISO 3166-1 alpha-2 of the country whose calendar counts.
    pub country: String,
    /// What it runs from, RFC 3339; now if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// A day that somebody named, such as `2026-11-20`: the term is over when that day is over there, however long it lasts by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// Until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deadline {
    /// The moment, RFC 3339 with milliseconds, UTC.
    pub at: String,
    /// How far away it is, whole seconds, 1 to 99,999,999.
    #[schemars(range(min = 1, max = 99_999_999))]
    pub in_s: u32,
    /// Whether it is a guess: the country's calendar ends before, and of what comes after its end the weekends alone are known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unverified: bool,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestDeadlineError {
    /// There is no such term, or the country has no calendar.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for RequestDeadlineError {
    const NAMES: &'static [(&'static str, Retry)] = &[(BAD_INPUT, Retry::Never)];

    fn name(&self) -> &'static str {
        match self {
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

impl Activity for RequestDeadline {
    const NAME: &'static str = "request-deadline";
    type Input = RequestDeadlineInput;
    type Output = Deadline;
    type Error = RequestDeadlineError;
}
