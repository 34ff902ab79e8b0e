//! Requests and tasks as the API gives and takes them.
use crate::RequestId;
use crate::api::HistoryEvent;
use crate::request::task::TaskView;
use crate::request::{Kind, RequestView};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A page of requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// The requests.
    pub requests: Vec<RequestView>,
    /// What gets the next page; not there on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A task with the request that asks for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The task.
    pub task: TaskView,
    /// The form's JSON Schema (draft 2020-12); only of a single task.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub schema: Value,
    /// The request.
    pub request: RequestView,
}

/// A page of a work queue, the nearest deadline first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Tasks {
    /// The tasks.
    pub tasks: Vec<Task>,
    /// Requests whose workflow failed and that therefore ask for no task: the phone company's people go on with each by
    /// `POST /v1/requests/{request}/redrive`, or end it by `POST /v1/requests/{request}/cancel`. Only for them; not there if there are
    /// none on this page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stalled: Vec<RequestView>,
    /// What gets the next page; not there on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A task is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DoTask {
    /// What was filled in, as the form's schema has it; at most 4 KiB.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub answer: Value,
}

/// Something said about a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Comment {
    /// 1 to 2,000 characters.
    pub text: String,
}

/// The workflow of a request as it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RequestExecution {
    /// The request.
    pub request: RequestId,
    /// The workflow.
    pub kind: Kind,
    /// The execution's ARN.
    pub execution: String,
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: String,
    /// The definition that runs.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub definition: Value,
    /// The history so far, oldest first.
    pub events: Vec<HistoryEvent>,
    /// Whether there is more.
    pub truncated: bool,
}
