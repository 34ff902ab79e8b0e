//! The tasks that begin, place and end calls, and what each workflow is started with.
use crate::error::{BAD_INPUT, STORE_UNAVAILABLE};
use crate::view::{EndedBy, Outcome};
use crate::{Activity, CallId, E164, LegId, PersonId, Retry, TaskError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Input of `inbound-call`: a phone rang one of our numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InboundStart {
    /// The call; also the execution's name.
    pub call: CallId,
    /// The number that was dialled.
    pub to: E164,
    /// The caller as the network told it: mostly E.164, else an address or `anonymous`.
    pub from: String,
}

/// Input of `outbound-call` and of `client-call`. Who calls whom is in the call's record, written before the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientStart {
    /// The call; also the execution's name.
    pub call: CallId,
}

/// `call-route`: finds who is called and whether they can be rung, and writes the call's record. Run again with the next `turn`, it
/// finds who is rung next.
pub enum Route {}

/// For an inbound call the numbers; for a client call the record already has both people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteInput {
    /// The call.
    pub call: CallId,
    /// The state's name.
    pub state: String,
    /// The execution's ARN, kept in the record for the watch page.
    pub execution: String,
    /// The dialled number, for a call from the phone network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<E164>,
    /// The caller, for a call from the phone network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// How often it rang before: 0 at first. The same again changes nothing.
    #[serde(default)]
    pub turn: u32,
    /// Who declined, if that is what ended the ringing; else its time was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<PersonId>,
}

/// Whether somebody can be rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Ring them.
    Ring,
    /// They are in a call.
    Busy,
    /// None of their devices is connected.
    NotSignedIn,
    /// The number rings nobody.
    NotAssigned,
    /// The number is closed at this hour; `reason` says why.
    Closed,
    /// Everybody has been rung who could be.
    NobodyLeft,
}

/// What routing found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Routed {
    /// Whether to ring.
    pub verdict: Verdict,
    /// How long to ring, whole seconds, 1 to 120: the person's setting, or the group's or flow's.
    pub ring_limit_s: u32,
    /// On how many devices.
    pub devices: u32,
    /// Whether others may still ring when this ringing ends without an answer.
    #[serde(default)]
    pub more: bool,
    /// Why nobody rings, if the number is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why a call could not be routed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RouteError {
    /// The store failed for now.
    #[error("the store is unavailable")]
    Store,
    /// The number is not ours.
    #[error("nobody has this number")]
    NoSuchNumber,
    /// The input does not fit.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for RouteError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        ("Route.NoSuchNumber", Retry::Never),
        (BAD_INPUT, Retry::Never),
    ];
    fn name(&self) -> &'static str {
        match self {
            Self::Store => STORE_UNAVAILABLE,
            Self::NoSuchNumber => "Route.NoSuchNumber",
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

impl Activity for Route {
    const NAME: &'static str = "call-route";
    type Input = RouteInput;
    type Output = Routed;
    type Error = RouteError;
}

/// `call-authorise`: may this person call this number, and with which number of theirs?
pub enum Authorise {}

/// The call's record has the person and the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthoriseInput {
    /// The call.
    pub call: CallId,
    /// The state's name.
    pub state: String,
    /// The execution's ARN, kept in the record for the watch page.
    pub execution: String,
}

/// The call may be placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Authorised {
    /// The number to dial.
    pub to: E164,
    /// The number to show: one of the tenant's.
    pub caller_id: E164,
    /// How long it may ring, whole seconds, 5 to 120.
    pub ring_limit_s: u32,
}

/// Why a call may not be placed. Default deny: what no rule allows is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AuthoriseError {
    /// The store failed for now.
    #[error("the store is unavailable")]
    Store,
    /// An emergency number: this service does not carry emergency calls.
    #[error("emergency numbers cannot be called from here")]
    Emergency,
    /// A premium-rate number.
    #[error("premium-rate numbers are not allowed")]
    Premium,
    /// A country that the tenant does not allow.
    #[error("this country is not allowed")]
    CountryNotAllowed,
    /// Not a telephone number.
    #[error("this is not a telephone number")]
    BadNumber,
    /// The person has no number to call from.
    #[error("this person has no number to call from")]
    NoCallerId,
    /// The input does not fit.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for AuthoriseError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        ("Dial.Emergency", Retry::Never),
        ("Dial.Premium", Retry::Never),
        ("Dial.CountryNotAllowed", Retry::Never),
        ("Dial.BadNumber", Retry::Never),
        ("Dial.NoCallerId", Retry::Never),
        (BAD_INPUT, Retry::Never),
    ];
    fn name(&self) -> &'static str {
        match self {
            Self::Store => STORE_UNAVAILABLE,
            Self::Emergency => "Dial.Emergency",
            Self::Premium => "Dial.Premium",
            Self::CountryNotAllowed => "Dial.CountryNotAllowed",
            Self::BadNumber => "Dial.BadNumber",
            Self::NoCallerId => "Dial.NoCallerId",
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

impl Activity for Authorise {
    const NAME: &'static str = "call-authorise";
    type Input = AuthoriseInput;
    type Output = Authorised;
    type Error = AuthoriseError;
}

/// `call-place`: dials one leg, at most once per call and leg.
pub enum Place {}

/// Whom to dial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlaceInput {
    /// The call.
    pub call: CallId,
    /// The state's name.
    pub state: String,
    /// The leg to make; with the call it is the effect's key.
    pub leg: LegId,
    /// The number to dial.
    pub to: E164,
    /// The number to show.
    pub caller_id: E164,
}

/// The leg was given to the phone network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Placed {
    /// The SMA `TransactionId`.
    pub transaction_id: String,
}

/// Why a leg was not placed, or is not known to be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlaceError {
    /// The store failed for now, before anything was dialled.
    #[error("the store is unavailable")]
    Store,
    /// The network has no room for the call now; nothing was dialled.
    #[error("the phone network is busy")]
    TrunkBusy,
    /// The network refused the call; nothing was dialled.
    #[error("the phone network refused: {0}")]
    Refused(String),
    /// We may have dialled and do not know. Ringing a person twice is worse than asking.
    #[error("it is not known whether the call was placed")]
    OutcomeUnknown,
    /// The call has ended.
    #[error("the call has ended")]
    CallEnded,
    /// The input does not fit.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for PlaceError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        ("Call.TrunkBusy", Retry::Yes),
        ("Call.Refused", Retry::Never),
        ("Call.OutcomeUnknown", Retry::Never),
        ("Call.Ended", Retry::Never),
        (BAD_INPUT, Retry::Never),
    ];
    fn name(&self) -> &'static str {
        match self {
            Self::Store => STORE_UNAVAILABLE,
            Self::TrunkBusy => "Call.TrunkBusy",
            Self::Refused(_) => "Call.Refused",
            Self::OutcomeUnknown => "Call.OutcomeUnknown",
            Self::CallEnded => "Call.Ended",
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

impl Activity for Place {
    const NAME: &'static str = "call-place";
    type Input = PlaceInput;
    type Output = Placed;
    type Error = PlaceError;
}

/// `call-end`: closes the mailbox, deletes the meeting, hangs up phone legs that are still up, writes the call log.
/// Safe to run twice.
pub enum End {}

/// How the call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndInput {
    /// The call.
    pub call: CallId,
    /// The state's name.
    pub state: String,
    /// What became of the call.
    pub outcome: Outcome,
    /// Who ended it.
    pub ended_by: EndedBy,
    /// The error name or the service's reason behind the outcome, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The call is over and logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ended {
    /// How long people talked, whole seconds; 0 if it was not answered.
    pub talked_s: u64,
}

/// Why a call could not be closed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EndError {
    /// The store failed for now.
    #[error("the store is unavailable")]
    Store,
    /// A service that holds something of the call failed for now.
    #[error("the meeting service or the phone network is unavailable")]
    Unavailable,
    /// The input does not fit.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for EndError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        ("Call.CleanupUnavailable", Retry::Yes),
        (BAD_INPUT, Retry::Never),
    ];
    fn name(&self) -> &'static str {
        match self {
            Self::Store => STORE_UNAVAILABLE,
            Self::Unavailable => "Call.CleanupUnavailable",
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

impl Activity for End {
    const NAME: &'static str = "call-end";
    type Input = EndInput;
    type Output = Ended;
    type Error = EndError;
}
