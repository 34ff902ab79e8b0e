//! What people see of a call: the record that turns write and screens draw.
use crate::{CallId, DeviceId, E164, LegId, PersonId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which state machine a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Workflow {
    /// A phone calls a person.
    InboundCall,
    /// A person calls a phone.
    OutboundCall,
    /// A person calls a person.
    ClientCall,
}

impl Workflow {
    /// As written on the wire: the state machine's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InboundCall => "inbound-call",
            Self::OutboundCall => "outbound-call",
            Self::ClientCall => "client-call",
        }
    }
}

/// Where a call is, in the few words that a screen needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Being looked up, authorised or dialled: nobody rings yet.
    Starting,
    /// The called side rings.
    Ringing,
    /// Answered; the legs enter the meeting.
    Connecting,
    /// They hear each other.
    Talking,
    /// Being taken down.
    Ending,
    /// Over; `outcome` is set.
    Ended,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Talked, then ended by one of them.
    Completed,
    /// Rang until the limit.
    NoAnswer,
    /// Refused by the called person.
    Declined,
    /// The called side was in another call.
    Busy,
    /// The caller gave up.
    Cancelled,
    /// The called person had no device connected.
    NotSignedIn,
    /// The number is nobody's.
    NoSuchNumber,
    /// The called number is closed at this hour; `reason` says why, in its owner's words.
    Closed,
    /// Refused by policy; `reason` has the rule's name, such as `Dial.Emergency`.
    NotAllowed,
    /// The phone network could not reach the number.
    Unreachable,
    /// A leg was lost: closed browser, vanished phone, dead network.
    Lost,
    /// Our fault; `reason` has the error's name.
    Failed,
}

/// Who ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The side that called.
    Caller,
    /// The side that was called.
    Callee,
    /// The system: a limit, a policy, an error, an operator.
    System,
}

/// What a leg is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LegKind {
    /// One SMA transaction.
    Phone,
    /// One attendee.
    Client,
}

/// Where a leg is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LegStatus {
    /// Known, not asked yet.
    Waiting,
    /// Being rung.
    Ringing,
    /// Answered, entering the meeting.
    Joining,
    /// In the meeting.
    Connected,
    /// Down.
    Ended,
}

/// One side of a call, in the call's order: caller, callee, then guests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Leg {
    /// Its id within the call.
    pub id: LegId,
    /// Phone or client.
    pub kind: LegKind,
    /// Where it is.
    pub status: LegStatus,
    /// A name to show: the person's, or the number's.
    pub name: String,
    /// The phone number of this side, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<E164>,
    /// The person, for a client leg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The device that has the leg, once one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
}

/// What became of somebody's ringing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rang {
    /// Their devices ring.
    Ringing,
    /// They refused.
    Declined,
    /// It was over before they answered.
    Stopped,
    /// They have the call.
    Answered,
}

/// Somebody whom a call rang or rings for a group or a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Rung {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// What became of it.
    pub status: Rang,
}

/// One state that the call has been in: the step strip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The state's name in the definition.
    pub state: String,
    /// When it was entered, RFC 3339 with milliseconds, UTC.
    pub at: String,
}

/// A call as its parties and the tenant's operators see it. Also the call log's entry once `phase` is `ended`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CallView {
    /// The call.
    pub id: CallId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Which state machine.
    pub workflow: Workflow,
    /// The execution's ARN, once started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<String>,
    /// One more at each change: a screen keeps the highest it has seen.
    pub rev: u64,
    /// Where it is.
    pub phase: Phase,
    /// The state the workflow is in.
    pub state: String,
    /// The path so far, at most the last 100 states.
    pub steps: Vec<Step>,
    /// The sides.
    pub legs: Vec<Leg>,
    /// Whom a group or a flow let ring, at most 32, in the order in which they rang. The called side's leg is the one's who answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rung: Vec<Rung>,
    /// The number that was dialled, for calls to or from phones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialled: Option<E164>,
    /// When it began, RFC 3339 with milliseconds, UTC.
    pub started_at: String,
    /// When ringing stops by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring_until: Option<String>,
    /// When ringing began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ringing_at: Option<String>,
    /// On how many devices it rang.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rang_devices: Option<u32>,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<String>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// What became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Who ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<EndedBy>,
    /// The rule or error behind the outcome, such as `Dial.CountryNotAllowed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Keys that the phone's person pressed, the last 64.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digits: String,
}

impl CallView {
    /// The leg of a person, if they are a party.
    pub fn leg_of(&self, person: &PersonId) -> Option<&Leg> {
        self.legs
            .iter()
            .find(|leg| leg.person.as_ref() == Some(person))
    }

    /// How it rang or rings for a person, if a group or a flow let them ring.
    pub fn rung(&self, person: &PersonId) -> Option<&Rung> {
        self.rung.iter().find(|rung| rung.person == *person)
    }

    /// Everybody who has a leg or was let ring, some of them twice.
    pub fn people(&self) -> impl Iterator<Item = &PersonId> {
        let legs = self.legs.iter().filter_map(|leg| leg.person.as_ref());
        legs.chain(self.rung.iter().map(|rung| &rung.person))
    }

    /// The leg with this id.
    pub fn leg(&self, id: &str) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.id.as_str() == id)
    }

    /// Whether anything of the call still runs.
    pub fn is_live(&self) -> bool {
        self.phase != Phase::Ended
    }
}
