//! Onboardings as the API takes and gives them.
use crate::api::dossiers::DossierForm;
use crate::dossier::{Address, NumberType};
use crate::request::{Party, RequestView};
use crate::{CarrierId, DossierId, E164, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who is onboarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Onboards {
    /// A customer, by the phone company's people.
    Tenant,
    /// A person, by an administrator of their tenant.
    User,
}

/// `POST /v1/onboardings`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewOnboarding {
    /// Who is onboarded.
    pub kind: Onboards,
    /// The customer; of a person not given: it is yours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<NewTenant>,
    /// The first administrator, or the person.
    pub person: NewPerson,
    /// Numbers to be ordered: 1 to 10 kinds for a tenant; for a person at most one kind, and one number of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<NumberWish>,
    /// Of a person: a free number of the tenant, in E.164, instead of one to be ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<E164>,
    /// Of a tenant: what is known of it already. The rest is filled in at `/v1/dossiers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dossier: Option<DossierForm>,
    /// Of a person with a number to be ordered: the tenant's dossier for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_dossier: Option<DossierId>,
    /// Where help is sent when an emergency call comes from the numbers; else the dossier's address for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency_address: Option<Address>,
    /// Of a tenant: a webhook that hears of this and every other request from the first change on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<FirstWebhook>,
}

/// A customer to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTenant {
    /// 1 to 200 characters.
    pub name: String,
    /// A short name that no other tenant has: 3 to 40 characters of `a-z0-9-`, the first a letter.
    pub slug: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// A person to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewPerson {
    /// 1 to 200 characters.
    pub name: String,
    /// The address they sign in with, at most 254 characters.
    pub email: String,
    /// ISO 639-1 of the language they are written to in; English if not given, or not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What they may do; `person` if not given. The first person of a tenant is its administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// One kind of number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberWish {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Their type.
    pub number_type: NumberType,
    /// How many, 1 to 50.
    pub count: u32,
    /// The digits they begin with in their country, or a place, at most 60 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// Who sells them; the first carrier that has some if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<CarrierId>,
}

/// A webhook of a tenant that is only just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FirstWebhook {
    /// Where events are posted: an `https` address without user, password and fragment, at most 2,000 characters.
    pub url: String,
}

/// How far a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// Its turn has not come.
    Waiting,
    /// It is where the onboarding is.
    Running,
    /// It is done.
    Done,
    /// It will not be done: the onboarding ended before.
    Skipped,
    /// The onboarding ended here.
    Failed,
}

/// One stage of an onboarding, in the order in which they are gone through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// `opened`, `email`, `dossier`, `review`, `numbers`, `emergency`, `test`, `closed`.
    pub stage: String,
    /// How far it is.
    pub state: StageState,
    /// Who has to act, while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Party>,
    /// What they have to do, while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_action: Option<String>,
    /// Until when, RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    /// Why it is there, or why it ended there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An onboarding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OnboardingView {
    /// The request: status, owner, next action, task, timeline.
    pub request: RequestView,
    /// Its stages.
    pub progress: Vec<Stage>,
    /// What checks the first webhook's deliveries; told when the onboarding begins, and nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_secret: Option<String>,
}

/// `GET /v1/onboardings`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Onboardings {
    /// The newest first.
    pub onboardings: Vec<OnboardingView>,
    /// `next` of the page after, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An invitation, as whoever has its link sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct InvitationView {
    /// Who invites: the tenant's name.
    pub company: String,
    /// Who is invited.
    pub name: String,
    /// The address that the link proves, and that they will sign in with.
    pub email: String,
    /// Until when it is good, RFC 3339, UTC.
    pub until: String,
}

/// An invitation is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcceptInvitation {
    /// The password they will sign in with, 8 to 256 characters.
    pub password: String,
}
