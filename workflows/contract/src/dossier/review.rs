//! The steps by which a dossier is checked: evaluated, screened, decided on.
use super::{Compliance, Day, Dossier, Failure, NumberAction, NumberType};
use crate::error::{BAD_INPUT, STORE_UNAVAILABLE};
use crate::request::deadline::Deadline;
use crate::{Activity, DossierId, E164, PersonId, RequestId, Retry, TaskError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How far a dossier has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DossierStatus {
    /// Being filled in, or changed since it was accepted.
    Draft,
    /// Being checked: a request runs.
    InReview,
    /// Accepted.
    Approved,
    /// Accepted until a day by which something must follow.
    ProvisionallyApproved,
    /// Refused, with reasons.
    Rejected,
    /// Was accepted, and its time is over.
    Expired,
}

/// A dossier with how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DossierView {
    /// How far it has come.
    pub status: DossierStatus,
    /// The request that checks it, or checked it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// Until when a provisional approval holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisional_until: Option<Day>,
    /// The last day on which orders and ports can rely on what is approved: of an approval before it, while the dossier is renewed or what must
    /// follow is checked. Absent when nothing is approved, and when nothing that is approved runs out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_until: Option<Day>,
    /// What it holds.
    pub dossier: Dossier,
}

/// What a dossier is to be good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Purpose {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The numbers' type.
    pub number_type: NumberType,
    /// What is wanted with them.
    pub action: NumberAction,
    /// How many, 1 to 10,000.
    #[schemars(range(min = 1, max = 10_000))]
    pub numbers: u32,
}

/// `dossier-evaluate`: holds a dossier against what its purposes require, today.
pub enum DossierEvaluate {}

/// Which dossier, for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DossierEvaluateInput {
    /// The dossier.
    pub dossier: DossierId,
    /// The request that asks; unless another open one checks the dossier, it is being checked by this one from now on.
    pub request: RequestId,
    /// What it is to be good for; 1 to 20.
    #[schemars(length(min = 1, max = 20))]
    pub purposes: Vec<Purpose>,
}

/// What holding them together gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DossierEvaluated {
    /// Whether everything that is required is there.
    pub verdict: Compliance,
    /// The first purpose's country: whose working days count.
    pub country: String,
    /// How many things are to be mended.
    pub failed: u32,
    /// The first 20 of them.
    pub failures: Vec<Failure>,
    /// Whose dossier it is, in a few words.
    pub label: String,
    /// Whether another open check has the dossier: it was held against what is required, and is not checked by this one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub superseded: bool,
}

/// `dossier-screen`: looks the people and the organisation up in the lists of sanctions, and for the same ones elsewhere.
pub enum DossierScreen {}

/// Which dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DossierScreenInput {
    /// The dossier.
    pub dossier: DossierId,
    /// The request that asks.
    pub request: RequestId,
}

/// Whether anything was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScreeningVerdict {
    /// Nothing.
    Clear,
    /// Something that a person must look at.
    Suspect,
}

/// A name that resembles one of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hit {
    /// The name in the dossier.
    pub name: String,
    /// The name in the list.
    pub listed: String,
    /// The list.
    pub list: String,
    /// How alike they are, 0 to 100.
    #[schemars(range(max = 100))]
    pub score: u8,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DossierScreened {
    /// Whether anything was found.
    pub verdict: ScreeningVerdict,
    /// Names that resemble one of a list: the 20 that do most.
    pub hits: Vec<Hit>,
    /// Other dossiers of the same person or organisation: 20 at most.
    pub duplicates: Vec<DossierId>,
    /// In words, why nobody was looked up in any list: then the verdict is never clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unscreened: Option<String>,
}

/// What is decided of a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Accepted.
    Approve,
    /// Accepted until a day by which something must follow.
    ApproveProvisionally,
    /// Refused; may be mended and handed in again.
    Reject,
    /// No longer checked: taken back, or nobody mended it in time.
    Lapse,
    /// No longer checked: its workflow could not go on. Nobody decided anything, and what was approved for now holds until its day.
    LetGo,
}

/// Why something was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reason {
    /// A document's id or a field.
    pub about: String,
    /// In words for the customer.
    pub reason: String,
}

/// `dossier-decide`: writes a decision into the dossier and its documents.
pub enum DossierDecide {}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DossierDecideInput {
    /// The dossier.
    pub dossier: DossierId,
    /// The request that decided.
    pub request: RequestId,
    /// The decision.
    pub decision: Decision,
    /// Until when, of a provisional approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Why, for each document or field that was refused; at most 50.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub reasons: Vec<Reason>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// ISO 3166-1 alpha-2 of whose days count.
    pub country: String,
}

/// What the dossier is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DossierDecided {
    /// How far it has come.
    pub status: DossierStatus,
    /// When a provisional approval ends: the end of that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Deadline>,
    /// Whether nothing was decided, because the dossier has changed since it was evaluated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
    /// Whether this very request has approved it for good, now or before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approved: bool,
}

/// `dossier-release`: begins to give back the numbers that were ordered on a dossier, each by a request of its own, some at a time. Ported
/// numbers stay: their customer brought them.
pub enum DossierRelease {}

/// Which dossier, from which number on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DossierReleaseInput {
    /// The dossier.
    pub dossier: DossierId,
    /// The request that asks.
    pub request: RequestId,
    /// `next` of the part before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<E164>,
}

/// What has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DossierReleased {
    /// How many numbers of this part are on their way.
    pub begun: u32,
    /// Where the next part begins, if there may be more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<E164>,
    /// Whether nothing of this part has begun, because the dossier was handed in again: another check has taken this one's place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub superseded: bool,
}

/// Why a dossier could not be worked on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DossierError {
    /// The dossier could not be read or written.
    #[error("the dossier is unavailable")]
    Unavailable,
    /// There is no such dossier.
    #[error("there is no dossier `{0}`")]
    Unknown(DossierId),
    /// The input does not fit.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for DossierError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        ("Dossier.Unknown", Retry::Never),
        (BAD_INPUT, Retry::Never),
    ];

    fn name(&self) -> &'static str {
        match self {
            Self::Unavailable => STORE_UNAVAILABLE,
            Self::Unknown(_) => "Dossier.Unknown",
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

impl Activity for DossierEvaluate {
    const NAME: &'static str = "dossier-evaluate";
    type Input = DossierEvaluateInput;
    type Output = DossierEvaluated;
    type Error = DossierError;
}

impl Activity for DossierScreen {
    const NAME: &'static str = "dossier-screen";
    type Input = DossierScreenInput;
    type Output = DossierScreened;
    type Error = DossierError;
}

impl Activity for DossierRelease {
    const NAME: &'static str = "dossier-release";
    type Input = DossierReleaseInput;
    type Output = DossierReleased;
    type Error = DossierError;
}

impl Activity for DossierDecide {
    const NAME: &'static str = "dossier-decide";
    type Input = DossierDecideInput;
    type Output = DossierDecided;
    type Error = DossierError;
}
