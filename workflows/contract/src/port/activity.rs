//! The activities of `port-in`. All take the request and the signal that led to them, and answer where the port stands.
use crate::dossier::OrderStatus;
use crate::error::{BAD_INPUT, CARRIER_REFUSED, CARRIER_UNAVAILABLE, STORE_UNAVAILABLE};
use crate::request::Party;
use crate::request::signal::RequestSignal;
use crate::{RequestId, Retry, TaskError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// What an activity of a port works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortInput {
    /// The port.
    pub request: RequestId,
    /// The signal that led here, if one did.
    #[serde(default)]
    pub signal: Option<RequestSignal>,
}

/// What the workflow does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PortVerdict {
    /// All numbers make one order.
    Portable,
    /// None can be ported.
    NotPortable,
    /// They make several orders.
    SplitUp,
    /// Something that the country asks is missing.
    Collect,
    /// The letter waits to be signed.
    Sign,
    /// The customer's dossier is not approved yet.
    CheckDossier,
    /// Our operator looks it over.
    Review,
    /// It is ready to be submitted.
    Submit,
    /// The carrier or the donor looks it over.
    DonorReview,
    /// An operator hands it in.
    HandIn,
    /// An operator has to move the donor.
    Resolve,
    /// The customer mends what was refused.
    Correct,
    /// The customer says whether the date suits.
    AgreeDate,
    /// The date is agreed and still to come.
    DateAgreed,
    /// The routes are to be made and tried.
    Prepare,
    /// The routes did not work.
    TestFailed,
    /// So near to the date that nothing can be cancelled.
    SyncWindow,
    /// The numbers are to be switched over.
    Activate,
    /// They are being switched over.
    Activating,
    /// They are switched over and are to be tested.
    Verify,
    /// A test call is under way.
    Testing,
    /// What was ported in error can still go back.
    Snapback,
    /// Cancelling was asked of the carrier.
    CancelPending,
    /// It is cancelled.
    Cancelled,
    /// Nobody answered in time.
    Expired,
    /// The losing side has refused for good.
    Refused,
    /// It is over, and every number is here.
    Closed,
    /// It is over, and some of the numbers are here.
    ClosedInPart,
    /// It is over, and no number is here.
    ClosedEmpty,
}

/// Where a port stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortAnswer {
    /// What the workflow does next.
    pub verdict: PortVerdict,
    /// Where the order stands.
    pub status: OrderStatus,
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
    /// The form by which an operator says what the carrier has no interface for; none if it has one.
    pub form: Option<String>,
    /// What an operator looks at in their review: how far the dossier has come; null otherwise.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub about: Value,
}

/// Why an activity of a port failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PortError {
    /// The store failed for now.
    #[error("the store is unavailable")]
    Store,
    /// The carrier did not answer, or takes no more for now. What was begun is looked up before it is done again.
    #[error("the carrier is unavailable: {0}")]
    Carrier(String),
    /// The carrier refuses in a way that nobody but us can mend.
    #[error("the carrier refuses: {0}")]
    Refused(String),
    /// The step does not lead from where the port stands.
    #[error("not possible: {0}")]
    NotPossible(String),
    /// The input does not fit.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for PortError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        (CARRIER_UNAVAILABLE, Retry::Yes),
        (CARRIER_REFUSED, Retry::Never),
        ("Port.NotPossible", Retry::Never),
        (BAD_INPUT, Retry::Never),
    ];

    fn name(&self) -> &'static str {
        match self {
            Self::Store => STORE_UNAVAILABLE,
            Self::Carrier(_) => CARRIER_UNAVAILABLE,
            Self::Refused(_) => CARRIER_REFUSED,
            Self::NotPossible(_) => "Port.NotPossible",
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

activities! {
    PortInput => PortAnswer, PortError;

    /// `port-check`: asks whether the numbers can be ported and which belong together.
    Check = "port-check";

    /// `port-split`: begins a port of its own for each country, type and losing carrier.
    SplitUp = "port-split";

    /// `port-evaluate`: holds the dossier against what the country asks and drafts the letter of authorisation.
    Evaluate = "port-evaluate";

    /// `port-review`: takes down what our own review decided.
    Review = "port-review";

    /// `port-submit`: makes the carrier's order from the port, or brings it up to date, and submits it. Done again it makes no second order.
    Submit = "port-submit";

    /// `port-look`: looks where the order stands at the carrier, takes the steps that follow, and says what is to be waited for.
    Look = "port-look";

    /// `port-date`: asks the carrier for another date.
    ChangeDate = "port-date";

    /// `port-prepare`: makes the routes of the numbers before the cut-over and tries where a call to each would be led.
    Prepare = "port-prepare";

    /// `port-activate`: has the numbers switched over, where the carrier leaves that to us.
    Activate = "port-activate";

    /// `port-verify`: has a test call made to each number that was switched over and takes down what came of it.
    Verify = "port-verify";

    /// `port-cancel`: cancels the port, at the carrier too if it is there.
    Cancel = "port-cancel";

    /// `port-lapse`: ends a port that nobody answered for in time, at the carrier too if it is there.
    Lapse = "port-lapse";
}
