//! The steps about the tenant, its people and its dossier.
use super::OnboardingError;
use crate::dossier::Failure;
use crate::dossier::review::Purpose;
use crate::request::{NumberLine, Party};
use crate::{Activity, DossierId, E164, PersonId, RequestId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `onboarding-open`: makes the tenant and its first administrator, or the person: invited, not yet able to sign in.
pub enum OnboardingOpen {}

/// Which onboarding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnboardingOpenInput {
    /// The request.
    pub request: RequestId,
    /// The tenant: to be made, or the person's.
    pub tenant: TenantId,
}

/// Who is there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Opened {
    /// The person who is invited.
    pub person: PersonId,
}

impl Activity for OnboardingOpen {
    const NAME: &'static str = "onboarding-open";
    type Input = OnboardingOpenInput;
    type Output = Opened;
    type Error = OnboardingError;
}

/// `onboarding-invite`: sends the person a link that proves their address. A link that was sent before is void.
pub enum OnboardingInvite {}

/// Whom, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnboardingInviteInput {
    /// The request.
    pub request: RequestId,
    /// The person's tenant.
    pub tenant: TenantId,
    /// Which mail it is, from 0: a new one has a link of its own, the same one is sent once.
    pub sent: u32,
    /// Until when the link is good, RFC 3339, UTC.
    pub until: String,
}

/// The mail went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Invited {
    /// The mail service's id of it.
    pub message: String,
}

impl Activity for OnboardingInvite {
    const NAME: &'static str = "onboarding-invite";
    type Input = OnboardingInviteInput;
    type Output = Invited;
    type Error = OnboardingError;
}

/// `onboarding-dossier`: holds the dossier against what its countries require, and says how far its check is.
pub enum OnboardingDossier {}

/// Which dossier, for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnboardingDossierInput {
    /// The request.
    pub request: RequestId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The dossier.
    pub dossier: DossierId,
    /// What it is to be good for; 1 to 20.
    #[schemars(length(min = 1, max = 20))]
    pub purposes: Vec<Purpose>,
}

/// Where the dossier stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    /// Nothing is required.
    NotNeeded,
    /// Something is missing.
    Missing,
    /// Everything is there, and nobody checks it yet.
    Complete,
    /// It is being checked.
    InReview,
    /// It may be relied on, for good or until a day.
    Approved,
}

/// Where it stands, and what is to be mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DossierStanding {
    /// Where it stands.
    pub stands: Stands,
    /// How many things are to be mended.
    pub failed: u32,
    /// The first 20 of them.
    pub failures: Vec<Failure>,
    /// In words.
    pub says: String,
    /// Who has to act in its check, while it is being checked.
    pub owner: Party,
    /// What they have to do.
    pub next_action: String,
}

impl Activity for OnboardingDossier {
    const NAME: &'static str = "onboarding-dossier";
    type Input = OnboardingDossierInput;
    type Output = DossierStanding;
    type Error = OnboardingError;
}

/// `onboarding-verify`: hands the dossier in: the request `verify-dossier` begins, unless one runs.
pub enum OnboardingVerify {}

/// Which dossier, for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnboardingVerifyInput {
    /// The request.
    pub request: RequestId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The dossier.
    pub dossier: DossierId,
    /// What it is to be good for; 1 to 20.
    #[schemars(length(min = 1, max = 20))]
    pub purposes: Vec<Purpose>,
    /// Which time it is handed in, from 1.
    pub time: u32,
}

/// The check runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyBegun {
    /// Its request.
    pub child: RequestId,
}

impl Activity for OnboardingVerify {
    const NAME: &'static str = "onboarding-verify";
    type Input = OnboardingVerifyInput;
    type Output = VerifyBegun;
    type Error = OnboardingError;
}

/// `onboarding-close`: everything is there: the person is told.
pub enum OnboardingClose {}

/// What they have now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnboardingCloseInput {
    /// The request.
    pub request: RequestId,
    /// The person's tenant.
    pub tenant: TenantId,
    /// Their numbers.
    pub numbers: Vec<E164>,
}

/// They were told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnboardingClosed {
    /// The mail service's id of the mail; empty if the address takes no mails any more.
    pub message: String,
}

impl Activity for OnboardingClose {
    const NAME: &'static str = "onboarding-close";
    type Input = OnboardingCloseInput;
    type Output = OnboardingClosed;
    type Error = OnboardingError;
}

/// `onboarding-undo`: takes everything back that the onboarding has done. What takes its time is begun, and seen to the next time.
pub enum OnboardingUndo {}

/// Which onboarding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnboardingUndoInput {
    /// The request.
    pub request: RequestId,
    /// The tenant.
    pub tenant: TenantId,
}

/// How much is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Undone {
    /// Orders that have not ended yet, and numbers that the carrier has not taken back or that were ported in: 0 when nothing is left.
    pub pending: u32,
    /// Numbers that were given back.
    pub numbers: Vec<NumberLine>,
    /// What is left, in words.
    pub says: String,
    /// Whether the onboarding had been completed: what it made is in use and stays.
    #[serde(default)]
    pub completed: bool,
}

impl Activity for OnboardingUndo {
    const NAME: &'static str = "onboarding-undo";
    type Input = OnboardingUndoInput;
    type Output = Undone;
    type Error = OnboardingError;
}
