//! A dossier: who a customer is and what shows it, collected once and reused for orders, ports and renewals.
//!
//! [`Dossier::check`] holds the bounds of its form. What a country asks of it is for the crate `compliance` to say.

mod address;
mod bounds;
mod day;
mod evaluation;
mod order;
pub mod review;

pub use address::{Address, AddressUse, EmergencyAddress};
pub use bounds::{BadField, DOCUMENT_BYTES_MAX, LIST_MAX};
pub use day::{Day, NotADay};
pub use evaluation::{
    Allowed, Compliance, Evaluation, Failure, FailureCode, RequirementKind, RequirementOutcome,
    RequirementView,
};
pub use order::{NumberAction, NumberStatus, NumberStep, NumberType, OrderStatus, OrderStep};

use crate::{DocumentId, DossierId, E164, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything a customer has told and handed in about themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dossier {
    /// Its id.
    pub id: DossierId,
    /// Whose it is.
    pub tenant: TenantId,
    /// From 1; one more at every change, so that two people do not overwrite each other.
    pub version: u32,
    /// A person for themselves, or an organisation.
    pub kind: EndUserKind,
    /// The person or organisation that will use the numbers.
    pub end_user: EndUser,
    /// At most 20.
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// Who may sign for the end user; for an individual the person themselves, unless they authorise another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised_person: Option<Contact>,
    /// Others to turn to, at most 20.
    #[serde(default)]
    pub contacts: Vec<Contact>,
    /// Identity papers of the end user or the authorised person, at most 20.
    #[serde(default)]
    pub identities: Vec<Identity>,
    /// What was handed in, at most 50.
    #[serde(default)]
    pub documents: Vec<Document>,
    /// What the customer has declared, at most 50.
    #[serde(default)]
    pub declarations: Vec<Declaration>,
    /// The service that numbers are ported away from, as the provider has it on file. The PIN or passcode is no part of a
    /// dossier: it is given with the order and forgotten after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_service: Option<PreviousService>,
    /// The last day on which it may be relied on; then it is renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Day>,
}

/// Who uses the numbers.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndUserKind {
    /// A person for themselves.
    Individual,
    /// An organisation.
    Business,
}

/// The person or organisation that will use the numbers. Fields that do not apply to its kind stay empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndUser {
    /// First names as in the identity paper, at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_names: Option<String>,
    /// Family names as in the identity paper, at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_names: Option<String>,
    /// Date of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Day>,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    /// As registered, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_name: Option<String>,
    /// Such as AG, GmbH, Pte Ltd, S.A., LLC; at most 60 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_form: Option<String>,
    /// What the Internet address of the organisation is, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Entries in registers, at most 20.
    #[serde(default)]
    pub register_ids: Vec<RegisterId>,
}

/// An entry in a country's register of businesses, persons or taxpayers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterId {
    /// The scheme: `ch-uid`, `sg-uen`, `sg-nric`, `pa-ruc`, `pa-cedula`, `us-ein`, or another of at most 30 characters of
    /// `a-z0-9-`.
    pub scheme: String,
    /// ISO 3166-1 alpha-2 of the country whose register it is.
    pub country: String,
    /// The number, at most 40 characters.
    pub number: String,
}

/// A person to turn to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contact {
    /// 1 to 200 characters.
    pub name: String,
    /// Their part, such as `director` or `administrator`, at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// E-mail address, at most 254 characters.
    pub email: String,
    /// A number that reaches them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<E164>,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
}

/// The kind of an identity paper.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// A passport.
    Passport,
    /// A country's identity card: NRIC, cédula, Identitätskarte.
    NationalId,
    /// A permit of residence.
    ResidencePermit,
    /// A work permit or employment pass.
    WorkPermit,
    /// A driving licence.
    DrivingLicence,
}

/// An identity paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Identity {
    /// What it is.
    pub kind: IdentityKind,
    /// ISO 3166-1 alpha-2 of who issued it.
    pub country: String,
    /// Its number, 1 to 40 characters.
    pub number: String,
    /// When it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<Day>,
    /// The last day on which it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Day>,
}

/// The kind of a document.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Letter of authorisation, signed.
    LetterOfAuthorisation,
    /// The losing provider's latest invoice.
    Invoice,
    /// The losing provider's customer service record.
    ServiceRecord,
    /// Copy of an identity paper.
    ProofOfIdentity,
    /// Utility bill, lease, bank letter, register of residents.
    ProofOfAddress,
    /// Extract of the commercial register or certificate of incorporation.
    RegisterExtract,
    /// Licence to trade, such as Panama's aviso de operación.
    TradeLicence,
    /// Power of attorney.
    PowerOfAttorney,
    /// Work permit or employment pass.
    WorkPermit,
    /// The authority's letter that gives a toll-free or shared-cost number to its holder.
    NumberAllocation,
    /// Anything else.
    Other,
}

impl DocumentKind {
    /// Whether only ports ask for it: it shows whose the numbers at the losing provider are, and nothing of who the customer is. Each
    /// port takes a recent one of its own.
    pub const fn is_for_ports_alone(self) -> bool {
        match self {
            Self::LetterOfAuthorisation | Self::Invoice | Self::ServiceRecord => true,
            Self::ProofOfIdentity
            | Self::ProofOfAddress
            | Self::RegisterExtract
            | Self::TradeLicence
            | Self::PowerOfAttorney
            | Self::WorkPermit
            | Self::NumberAllocation
            | Self::Other => false,
        }
    }
}

/// How far a document has come.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DocumentState {
    /// Uploaded, not submitted.
    Draft,
    /// Submitted, nobody has looked.
    PendingReview,
    /// Somebody looks.
    InReview,
    /// Refused, with a reason.
    Rejected,
    /// Accepted.
    Approved,
    /// Accepted until a deadline, by which something is to follow.
    ProvisionallyApproved,
    /// Was accepted, and its time is over.
    Expired,
}

/// A document as it was handed in. Its bytes lie in the store of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// What it is.
    pub kind: DocumentKind,
    /// As the customer named it, 1 to 200 characters, no path.
    pub file_name: String,
    /// `application/pdf`, `image/jpeg` or `image/png`.
    pub media_type: String,
    /// Its size, 1 to 20,971,520 bytes.
    pub bytes: u32,
    /// SHA-256 of its bytes, 64 characters of `0-9a-f`.
    pub sha256: String,
    /// RFC 3339, UTC.
    pub uploaded_at: String,
    /// The date on the document: of its signature, of the invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<Day>,
    /// How far it has come.
    pub state: DocumentState,
    /// The last day on which it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Day>,
    /// Why it was refused, for the customer, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection_reason: Option<String>,
}

/// Something the customer declares to have done or to accept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Declaration {
    /// The requirement's id, at most 80 characters.
    pub requirement: String,
    /// RFC 3339, UTC.
    pub made_at: String,
    /// Who declared it, 1 to 200 characters.
    pub by: String,
}

/// The service that numbers leave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviousService {
    /// The provider's name, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The account number with it, at most 40 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_number: Option<String>,
    /// The number that the account is billed under (BTN).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_number: Option<E164>,
    /// The name on the account, exactly as printed, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
}
