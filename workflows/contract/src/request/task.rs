//! Tasks: what a workflow asks a person to do.
//!
//! One pattern for all: a [turn](super::turn) names a form, who is to fill it in, and until when; the answer, checked against the form's
//! JSON Schema (`workflows/forms`), ends the turn. So the next workflow with a person in it costs a definition and a form.
use super::Party;
use crate::TaskId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a turn asks somebody to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskSpec {
    /// The form: a file of `workflows/forms` without its ending.
    pub form: String,
    /// In a few words, for lists.
    pub title: String,
    /// What to look at while filling in the form.
    #[serde(default)]
    pub about: Value,
}

/// A task as whoever does it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TaskView {
    /// Its id.
    pub id: TaskId,
    /// The form.
    pub form: String,
    /// In a few words.
    pub title: String,
    /// Who does it.
    pub owner: Party,
    /// Since when it waits, RFC 3339 with milliseconds, UTC. One that is asked for again right away waits since the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Until when, RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    /// What to look at while filling in the form.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub about: Value,
}
