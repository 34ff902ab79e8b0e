//! Port-outs: numbers that another carrier takes over.
use super::PreparedText;
use crate::error::{BAD_INPUT, CARRIER_REFUSED, CARRIER_UNAVAILABLE, STORE_UNAVAILABLE};
use crate::number::api::AssignNumber;
use crate::request::Party;
use crate::request::signal::RequestSignal;
use crate::{CarrierId, E164, PersonId, RequestId, Retry, TaskError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// `details` of a request of the kind `port-out`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OutView {
    /// The carrier that told us.
    pub carrier: CarrierId,
    /// Its id of the port-out.
    pub external_id: String,
    /// The gaining carrier.
    pub gaining: String,
    /// Who authorised it there, as told. This and the next two are shown only where all of the numbers that are anybody's here are this
    /// customer's: else they may be another's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised_by: Option<String>,
    /// The name of the customer there, as told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_user: Option<String>,
    /// The number of the account that the numbers are to leave, as told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_number: Option<String>,
    /// The date asked for, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_foc: Option<String>,
    /// The date, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foc: Option<String>,
    /// Until then the carrier has our answer, RFC 3339, UTC. Where silence refuses, the request's deadline is earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<String>,
    /// Until then what was ported in error comes back, RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapback: Option<String>,
    /// Whom each number rang when it left, so that it rings them again if it comes back; none while they are here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rang: Option<BTreeMap<E164, AssignNumber>>,
    /// What no answer until the request's deadline means; none while nobody knows until when, and once there is an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<OutSilence>,
    /// What does not fit; empty: there is no lawful reason to refuse.
    #[serde(default)]
    pub faults: Vec<OutFault>,
    /// What was told of the customer, held against what we know; none before it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<OutCompared>,
    /// What was decided here, until it is known that the carrier has heard it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<OutDecision>,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<OutAnswer>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who decided what was answered; none if nobody did, or if it was answered before this was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<PersonId>,
    /// When it was decided, RFC 3339, UTC; none if it was answered before this was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
    /// Whether nobody decided: the answer is what the law makes of silence.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_silence: bool,
    /// Whether the carrier has no interface: operators tell it what was answered, and write down what it says.
    #[serde(default)]
    pub by_hand: bool,
    /// What an operator has to tell such a carrier; none if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_tell: Option<OutAnswer>,
    /// The text for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepared: Option<PreparedText>,
    /// What such a carrier said last, as an operator wrote it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<OutStanding>,
}

/// A lawful reason to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutFault {
    /// The PIN that was named is not the customer's.
    WrongPin,
    /// The customer has set a PIN and none was named, in a country where carriers have to name it.
    PinNotTold,
    /// A number is not one of this customer's.
    NotTheirNumber,
    /// The name is not the customer's.
    WrongName,
    /// The account number is not the customer's.
    WrongAccount,
}

impl OutFault {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::WrongPin,
        Self::PinNotTold,
        Self::NotTheirNumber,
        Self::WrongName,
        Self::WrongAccount,
    ];
}

/// What was told of a customer, held against what we know of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OutCompared {
    /// The PIN, with the customer's.
    pub pin: OutMatch,
    /// The name, with those that the customer has here: in any case, with or without accents, spaces and legal form.
    pub name: OutMatch,
    /// The account number, with the customer's: its tenant's id.
    pub account: OutMatch,
}

/// How something that was told compares with what we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutMatch {
    /// It is the same.
    Fits,
    /// It is not.
    Differs,
    /// It was not told.
    NotTold,
    /// We have nothing to hold it against: no PIN is set, or no name is known.
    NotKnown,
}

/// What it means that nobody answers a port-out in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutSilence {
    /// The numbers go: nothing speaks against it, and the country has it so.
    Authorises,
    /// They stay: there is a lawful reason.
    Refuses,
    /// An operator answers: nothing speaks against it, and nobody knows what the country makes of silence.
    Asks,
}

/// What is answered to a gaining carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutAnswer {
    /// Let them go.
    Authorise,
    /// Keep them.
    Reject,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OutDecision {
    /// Let them go, or keep them.
    pub answer: OutAnswer,
    /// Why they are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<OutFault>,
    /// What is said with it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whether the phone company's people refuse for a reason that was not found; the note says why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overrides: bool,
    /// Whether nobody decided: it is what the law makes of silence.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_silence: bool,
    /// Who decided; none if nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// When, RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// Where a port-out stands at a carrier without an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutStanding {
    /// The numbers go, on a date.
    Authorised,
    /// They are gone.
    Ported,
    /// The refusal is accepted: they stay.
    Rejected,
    /// The gaining carrier took it back: they stay.
    Cancelled,
}

/// What an operator writes down that such a carrier says: an answer of the form `port-out-standing`, or
/// `POST /v1/port-outs/{portOut}/standing`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutSaid {
    /// Where it stands.
    pub status: OutStanding,
    /// The date, RFC 3339; needed with `authorised`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foc: Option<String>,
    /// What the carrier wrote, at most 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How an operator answers the form `port-out-tell`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutTelling {
    /// Whether the carrier was told.
    pub outcome: Telling,
    /// For the timeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Whether a carrier was told what was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Telling {
    /// It was.
    Told,
    /// It says something else already: there is nothing to tell it any more.
    Overtaken,
}

/// What an activity of a port-out works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutInput {
    /// The port-out.
    pub request: RequestId,
    /// The signal that led here, if one did.
    #[serde(default)]
    pub signal: Option<RequestSignal>,
}

/// What the workflow does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutVerdict {
    /// Somebody decides.
    Decide,
    /// An operator tells the carrier what was answered.
    Tell,
    /// It is answered; the date is to come.
    Authorised,
    /// The rejection is with the carrier.
    RejectedPending,
    /// It will not happen.
    Rejected,
    /// The gaining carrier took it back.
    Cancelled,
    /// The numbers are gone.
    Ported,
    /// What was ported in error can still come back.
    Snapback,
    /// They came back.
    Restored,
    /// It is over.
    Closed,
}

/// Where a port-out stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutTold {
    /// What the workflow does next.
    pub verdict: OutVerdict,
    /// Who has to act.
    pub owner: Party,
    /// What they have to do, in words.
    pub next_action: String,
    /// Until when, RFC 3339, UTC.
    pub deadline: Option<String>,
    /// How long the next turn waits before it looks again, whole seconds from 1.
    #[schemars(range(min = 1))]
    pub wait_s: u32,
    /// What happened, for the timeline; none if nothing did.
    pub says: Option<String>,
    /// The form by which an operator writes down what the carrier says; none if it has an interface for that.
    pub form: Option<String>,
}

/// Why an activity of a port-out failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OutError {
    /// The store failed for now.
    #[error("the store is unavailable")]
    Store,
    /// The carrier did not answer, or takes no more for now.
    #[error("the carrier is unavailable: {0}")]
    Carrier(String),
    /// The carrier refuses.
    #[error("the carrier refuses: {0}")]
    Refused(String),
    /// The input does not fit.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for OutError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        (CARRIER_UNAVAILABLE, Retry::Yes),
        (CARRIER_REFUSED, Retry::Never),
        (BAD_INPUT, Retry::Never),
    ];

    fn name(&self) -> &'static str {
        match self {
            Self::Store => STORE_UNAVAILABLE,
            Self::Carrier(_) => CARRIER_UNAVAILABLE,
            Self::Refused(_) => CARRIER_REFUSED,
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

activities! {
    OutInput => OutTold, OutError;

    /// `port-out-check`: holds the request of the gaining carrier against what we know of the numbers.
    OutCheck = "port-out-check";

    /// `port-out-answer`: tells the carrier what was decided. Done again it tells nothing new.
    OutAnswerTask = "port-out-answer";

    /// `port-out-look`: looks where the port-out stands at the carrier.
    OutLook = "port-out-look";

    /// `port-out-end`: before an operator ends the port-out, tells the carrier what was decided, and says how it is left there.
    OutEnd = "port-out-end";

    /// `port-out-leave`: takes the numbers out of service here.
    OutLeave = "port-out-leave";

    /// `port-out-restore`: puts the numbers back into service after they came back.
    OutRestore = "port-out-restore";
}
