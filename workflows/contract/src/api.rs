//! The bodies of the HTTP API under `/v1`.
pub mod calendars;
pub mod dossiers;
pub mod keys;
pub mod requests;
pub mod screening;

use crate::view::{CallView, Workflow};
use crate::{CallId, DeviceId, E164, PersonId, Role, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Every error of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// A stable name, such as `Request.BadField` or `Call.Ended`.
    pub error: String,
    /// What is wrong and what is allowed, for a person.
    pub message: String,
    /// The field that is wrong: its path in the body, such as `to` or `numbers[0].country`; else the name of the parameter or the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// `POST /v1/session`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignIn {
    /// The person's address.
    pub email: String,
    /// 8 to 256 characters.
    pub password: String,
}

/// A short-lived access token. The refresh token travels only in the cookie `strowger_refresh`
/// (`HttpOnly`, `SameSite=Strict`, path `/v1/session`) and is replaced at every use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Bearer token for `Authorization` and for the WebSocket.
    pub access_token: String,
    /// Whole seconds until it expires.
    pub expires_in_s: u32,
    /// Who is signed in.
    pub me: Me,
}

/// The signed-in person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// Their id.
    pub person: PersonId,
    /// Their tenant.
    pub tenant: TenantId,
    /// The tenant's name.
    pub tenant_name: String,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// The numbers that ring them; the first is shown when they call.
    pub numbers: Vec<E164>,
}

/// A person of the tenant, as `GET /v1/people` lists them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Their id.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// The numbers that ring them.
    pub numbers: Vec<E164>,
    /// Whether they can be rung now.
    pub presence: Presence,
}

/// Whether a person can be rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// A device is connected.
    Available,
    /// In a call.
    OnCall,
    /// No device is connected.
    Offline,
}

/// `GET /v1/people`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct People {
    /// The tenant's people, by name.
    pub people: Vec<Person>,
}

/// `POST /v1/calls`, with an `Idempotency-Key` header (8 to 64 characters of `A-Za-z0-9_-`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlaceCall {
    /// A number as people write it (international, or national to the country of the person's own number),
    /// or the id of a person of the tenant.
    pub to: String,
    /// The device that will talk.
    pub device: DeviceId,
}

/// What a person does to a call: `POST /v1/calls/{call}/commands`, with an `Idempotency-Key` header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Take the call on this device.
    Answer {
        /// The device that will talk.
        device: DeviceId,
    },
    /// Refuse the call, on all devices.
    Decline,
    /// End the call. Operators may end any call of the tenant.
    HangUp,
    /// Press keys for the phone to hear.
    Digits {
        /// 1 to 50 of `0-9`, `*`, `#`, `A-D` and `,` (half a second).
        digits: String,
    },
}

/// `POST /v1/calls/{call}/media`: only the device that has the leg gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JoinMedia {
    /// The device that asks.
    pub device: DeviceId,
}

/// What the Chime SDK client joins with: the two answers of `CreateMeeting` and `CreateAttendee`, unchanged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Media {
    /// `Meeting` of `CreateMeeting`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub meeting: serde_json::Value,
    /// `Attendee` of `CreateAttendee`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub attendee: serde_json::Value,
}

/// `GET /v1/calls`: `?live=true` gives running calls, else the call log, newest first. A person gets their own, an
/// operator the tenant's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Calls {
    /// At most `limit` (1 to 100, 50 if not given).
    pub calls: Vec<CallView>,
    /// Pass as `?next=` for the page after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `GET /v1/calls/{call}/execution`: everything the graph and the turns are drawn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExecutionView {
    /// The call.
    pub call: CallId,
    /// Which state machine.
    pub workflow: Workflow,
    /// The execution's ARN.
    pub execution: String,
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: String,
    /// The definition that runs (`DescribeStateMachineForExecution`), as Amazon States Language.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub definition: serde_json::Value,
    /// The history so far (`GetExecutionHistory`), oldest first, task tokens masked.
    pub events: Vec<HistoryEvent>,
    /// Whether the history was cut at 1,000 events.
    pub truncated: bool,
}

/// One event of `GetExecutionHistory`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    /// From 1.
    pub id: i64,
    /// The event that led to it; 0 for the first.
    pub previous_id: i64,
    /// RFC 3339 with milliseconds, UTC.
    pub at: String,
    /// Such as `TaskStateEntered`.
    pub kind: String,
    /// The state's name, for events that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The rest of the event: input, output, error, cause, parameters.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub details: serde_json::Value,
}
