//! What people and programs see of a request.
use super::signal::{Accept, SignalName};
use super::task::TaskView;
use crate::{E164, PersonId, RequestId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is asked for: also the name of the state machine.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A new tenant with its first administrator and its first numbers.
    OnboardTenant,
    /// A new person of a tenant.
    OnboardUser,
    /// A dossier to be checked by an operator.
    VerifyDossier,
    /// Numbers to be bought.
    NumberOrder,
    /// Numbers to be given back.
    NumberRelease,
    /// Numbers to be brought from another carrier.
    PortIn,
    /// Numbers that another carrier takes over.
    PortOut,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::OnboardTenant,
        Self::OnboardUser,
        Self::VerifyDossier,
        Self::NumberOrder,
        Self::NumberRelease,
        Self::PortIn,
        Self::PortOut,
    ];

    /// As written on the wire: the state machine's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnboardTenant => "onboard-tenant",
            Self::OnboardUser => "onboard-user",
            Self::VerifyDossier => "verify-dossier",
            Self::NumberOrder => "number-order",
            Self::NumberRelease => "number-release",
            Self::PortIn => "port-in",
            Self::PortOut => "port-out",
        }
    }
}

/// What the execution of a request starts with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestStart {
    /// The request: also the name of its first execution.
    pub request: RequestId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What only this kind has.
    #[serde(default)]
    pub details: Value,
    /// Its numbers.
    #[serde(default)]
    pub numbers: Vec<NumberLine>,
    /// What was left by an execution that is over; none for the first one. An execution that takes a request over brings it to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_over: Option<TakenOver>,
}

/// Where a request is when another execution takes it over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TakenOver {
    /// When the request was made, RFC 3339, UTC.
    pub since: String,
    /// The last turn that was shown; the next has a higher number.
    pub round: u32,
    /// The last signal that a turn took; 0 if none did.
    pub received: u64,
    /// Whether its customer has taken it back and nothing came of it yet: that was the last signal that a turn took, or still waits for
    /// a turn.
    #[serde(default)]
    pub cancelled: bool,
}

/// Who has to act next, or who acted.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Who asked: a tenant's administrator, or a program of theirs.
    Customer,
    /// The phone company's people.
    Operator,
    /// The carrier that numbers come from or go to.
    Carrier,
    /// The workflow itself.
    Platform,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything asked for is there.
    Done,
    /// Some of the numbers are there, the others say why not.
    Partial,
    /// Refused for good.
    Rejected,
    /// Taken back by whoever asked.
    Cancelled,
    /// Nobody acted in time.
    Expired,
    /// Our fault.
    Failed,
}

/// One number of a request. Its status is its own: an order can be under way while one of its numbers has failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NumberLine {
    /// The number.
    pub number: E164,
    /// In the words of the request's kind, such as `ordered`, `active`, `failed`.
    pub status: String,
    /// Why, if it is not what was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A state that the request has been in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The state's name in the definition.
    pub state: String,
    /// When it was entered, RFC 3339 with milliseconds, UTC.
    pub at: String,
}

/// One line of the timeline: what happened, or what somebody said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When, RFC 3339 with milliseconds, UTC.
    pub at: String,
    /// Who.
    pub by: Party,
    /// Who exactly, if it was a person of the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// In words.
    pub text: String,
    /// Whether somebody wrote it for others to read.
    #[serde(default)]
    pub is_comment: bool,
}

/// A request as its tenant and the operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RequestView {
    /// The request: also the name of its execution.
    pub id: RequestId,
    /// What is asked for.
    pub kind: Kind,
    /// Whose it is.
    pub tenant: TenantId,
    /// One more at each change.
    pub rev: u64,
    /// ARN of the execution that runs it, once it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<String>,
    /// In a few words, for lists.
    pub title: String,
    /// Where it is, in the words of its kind, such as `in_review` or `foc_confirmed`.
    pub status: String,
    /// Who has to act.
    pub owner: Party,
    /// What they have to do, in words.
    pub next_action: String,
    /// Until when, RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    /// Since when it is overdue, RFC 3339 with milliseconds, UTC: an operator's task that nobody did by its deadline, or within a day
    /// if it has none; or a request that nobody did anything about within a day after its workflow failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated: Option<String>,
    /// When it was asked for, RFC 3339 with milliseconds, UTC.
    pub begun_at: String,
    /// When it changed last.
    pub changed_at: String,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// What became of it, once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Its numbers.
    #[serde(default)]
    pub numbers: Vec<NumberLine>,
    /// The task that somebody has to do now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskView>,
    /// What its customer may do now beside the task: signals such as `request.cancel` and `request.change@date`.
    #[serde(default)]
    pub actions: Vec<String>,
    /// The states that it has been in, oldest first; the newest 200.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What happened and what was said (comments), oldest first: the newest 200 of each, fewer where they are long.
    #[serde(default)]
    pub timeline: Vec<Entry>,
    /// What only this kind has, such as the dossier or the requested date.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub details: Value,
}

impl RequestView {
    /// Whether it has not ended.
    pub fn is_open(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Whether its state allows the customer to do this now.
    pub fn allows(&self, name: SignalName, topic: Option<&str>) -> bool {
        let wanted = Accept {
            name,
            topic: topic.map(str::to_owned),
        };
        let (exact, whole) = (String::from(wanted), name.as_str());
        self.actions
            .iter()
            .any(|action| *action == exact || action == whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_kind_is_its_wire_form() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
