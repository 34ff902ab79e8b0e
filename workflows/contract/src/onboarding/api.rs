//! Onboardings as the API takes and gives them.
use crate::api::dossiers::DossierForm;
use crate::dossier::{Address, NumberType};
use crate::port::{PortType, Remaining};
use crate::request::{NumberLine, Outcome, Party, RequestView};
use crate::{CarrierId, DossierId, E164, RequestId, Role, WebhookId};
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
    /// Numbers to be ordered: at most 10 kinds for a tenant, which needs some here or in `ports`; for a person at most one kind, and one
    /// number of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<NumberWish>,
    /// Of a tenant: numbers that it brings from other carriers, at most 5 ports. Each is begun and submitted as soon as the dossier is
    /// approved, whose `previousService` says which service is left; its letter waits for the customer's signature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PortWish>,
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
    /// This very number, as `GET /v1/numbers/available` gave it, with its `carrier` and a `count` of 1. Another of the kind is ordered if
    /// somebody else has it by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<E164>,
}

/// Numbers that a customer brings from another carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortWish {
    /// ISO 3166-1 alpha-2: the country of all of them.
    pub country: String,
    /// The numbers, 1 to 500, each once.
    pub numbers: Vec<E164>,
    /// The PIN or passcode at the losing provider, at most 40 characters. It goes into the port, and is kept nowhere else then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// All of the account's numbers, or some.
    #[serde(default)]
    pub port_type: PortType,
    /// What becomes of the others; needed with `partial`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<Remaining>,
    /// The number that the rest of the account is billed under from then on, if its billing number comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_billing_number: Option<E164>,
    /// The language of the letter, BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The carrier that takes the numbers over for us; the first that can if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<CarrierId>,
    /// Whom they ring as soon as they are here.
    #[serde(default)]
    pub rings: PortRings,
}

/// Whom numbers ring that come to a tenant which has only just been made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PortRings {
    /// Its first administrator.
    #[default]
    Administrator,
    /// Nobody, until somebody says whom.
    Nobody,
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
    /// `opened`, `email`, `dossier`, `review`, `numbers`, `ports`, `emergency`, `test`, `closed`; those that it has no use for are left out.
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
    /// The ports that it has begun, and those that they were split into; told of one onboarding, not in lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<BegunPort>,
    /// The webhook that came with it, while it is there; told of one onboarding to whom it is shown, not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookId>,
    /// What checks that webhook's deliveries; told when the onboarding begins, and, until its customer has made another, when the same request
    /// is sent again within a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_secret: Option<String>,
}

/// A port that an onboarding has begun: `GET /v1/ports/{port}` tells the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BegunPort {
    /// Its request.
    pub port: RequestId,
    /// Where it is.
    pub status: String,
    /// Who has to act.
    pub owner: Party,
    /// What they have to do, in words.
    pub next_action: String,
    /// What became of it, once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Its numbers, but for those that are in one of the ports that it was split into.
    pub numbers: Vec<NumberLine>,
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
