//! Bodies of the API under `/v1/ports` and `/v1/port-outs`.
use super::{OutFault, PortType, Remaining};
use crate::number::api::AssignNumber;
use crate::{CarrierId, DocumentId, DossierId, E164};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /v1/ports` and `PATCH /v1/ports/{port}`: what of a port is written. A field that is not given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortDraft {
    /// The numbers that are to come, 1 to 500, each once. They can be changed until the port is submitted; while something
    /// is to be corrected, numbers can be taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Vec<E164>>,
    /// The tenant's dossier; the port keeps a copy as it is now. Given again, the copy is made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dossier: Option<DossierId>,
    /// The PIN or passcode at the losing provider, at most 40 characters. Only the phone company's people read
    /// it, where they hand ports in themselves; it is forgotten when the numbers are here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// All of the account's numbers, or some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port_type: Option<PortType>,
    /// What becomes of the others; needed with `partial`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<Remaining>,
    /// The number that the rest of the account is billed under from then on, if its billing number comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_billing_number: Option<E164>,
    /// The wished moment of the cut-over, RFC 3339: not before the country's lead time is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_foc: Option<String>,
    /// The language of the letter, BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The carrier that takes the numbers over for us; if not given, the first that can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<CarrierId>,
    /// Whom the numbers ring as soon as they are here; nobody if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rings: Option<AssignNumber>,
}

/// `POST /v1/ports/{port}/sign`: a signature drawn on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignLetter {
    /// Lines drawn without lifting the pen, 1 to 64: points `[x, y]`, x 0 to 1000 from the left, y 0 to 300 from the top; 8 to 2,000
    /// points in all.
    pub strokes: Vec<Vec<(u16, u16)>>,
    /// The name of who signs, 1 to 200 characters: whom the letter names, in any case and with or without accents.
    pub name: String,
    /// SHA-256 of the letter that was shown (`letter.document` of the port), 64 characters of `0-9a-f`.
    pub document: String,
}

/// `POST /v1/ports/{port}/letter`: a letter that was signed on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UploadedLetter {
    /// The scan: a PDF that was uploaded into the port's dossier as its letter of authorisation, and was not refused.
    pub document: DocumentId,
    /// The name of who signed, 1 to 200 characters.
    pub name: String,
}

/// `GET /v1/ports/{port}/pin`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LosingPin {
    /// The PIN or passcode at the losing provider; null: none was given, or the port needs it no more.
    pub pin: Option<String>,
}

/// `POST /v1/ports/{port}/change-date`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeDateTo {
    /// The wished moment, RFC 3339, still to come and not before the country's lead time from submission is over.
    pub foc: String,
}

/// `POST /v1/ports/{port}/snapback`: numbers that were ported in error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SnapBackNumbers {
    /// Numbers of the port, 1 to 100.
    pub numbers: Vec<E164>,
}

/// `POST /v1/ports/{port}/comments`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortComment {
    /// 1 to 2,000 characters.
    pub text: String,
    /// Whether the carrier's people are to read it too.
    #[serde(default)]
    pub to_carrier: bool,
}

/// `POST /v1/port-outs`: a port-out that a carrier without an interface tells of, by mail or in a support case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordPortOut {
    /// The numbers, 1 to 500, each once, in service here and all of the carrier that tells of it. Those of several customers become a
    /// request each, which shows neither `endUser` nor `accountNumber`.
    pub numbers: Vec<E164>,
    /// The carrier that asks for them, 1 to 200 characters.
    pub gaining: String,
    /// The carrier's id of the port-out, such as the number of its support case: 1 to 44 of letters, digits and `-`.
    pub external_id: String,
    /// The name of the customer there, if it was told, 1 to 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_user: Option<String>,
    /// The number of the account that the numbers are to leave, if it was told, 1 to 60 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_number: Option<String>,
    /// The PIN that the gaining carrier named, 1 to 40 characters. Not given: none was told, which is a lawful reason to refuse where the
    /// customer has set one. It is shown to nobody, and forgotten once there is an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// The date asked for, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_foc: Option<String>,
    /// Until when the carrier wants its answer, RFC 3339, still to come; if not given, as the law of the numbers' country has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<String>,
}

/// `POST /v1/port-outs/{portOut}/reject`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RejectPortOut {
    /// The lawful reason: one of the port-out's `faults`. The phone company's people may give another, with a note.
    pub reason: OutFault,
    /// For the gaining carrier, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// `GET` and `PUT /v1/port-outs/pin`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortOutPin {
    /// 4 to 10 digits; null takes it away.
    // Given, though it may be null: a forgotten field takes no PIN away.
    #[serde(deserialize_with = "Option::deserialize")]
    pub pin: Option<String>,
}
