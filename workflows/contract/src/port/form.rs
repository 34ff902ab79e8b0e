//! What the customer says about a port.
use crate::dossier::Dossier;
use crate::number::api::AssignNumber;
use crate::{CarrierId, E164};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether all numbers of the account come, or some.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PortType {
    /// All; the account ends.
    #[default]
    Full,
    /// Some.
    Partial,
}

/// What becomes of the account's numbers that do not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Remaining {
    /// They stay in service with the losing provider.
    Keep,
    /// They are switched off.
    Disconnect,
}

/// What the customer fills in. Everything may be missing while it is a draft.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortForm {
    /// Who the customer is and which service they leave. What is signed and submitted is this copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dossier: Option<Dossier>,
    /// All of the account's numbers, or some.
    #[serde(default)]
    pub port_type: PortType,
    /// What becomes of the others; needed with `partial`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<Remaining>,
    /// The number that the rest of the account is billed under from then on, if its billing number comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_billing_number: Option<E164>,
    /// The wished moment of the cut-over, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_foc: Option<String>,
    /// The language of the letter, BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The carrier that takes the numbers over for us; none: the first that can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<CarrierId>,
    /// Whom the numbers ring as soon as they are here; nobody if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rings: Option<AssignNumber>,
}

/// What an operator declares about an order that no interface tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Declared {
    /// What the carrier says.
    pub status: String,
    /// The refusal's codes, with `rejected`.
    #[serde(default)]
    pub codes: Vec<String>,
    /// The date, RFC 3339, with `foc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foc: Option<String>,
    /// Numbers that failed, with `ported`.
    #[serde(default)]
    pub failed: Vec<E164>,
    /// The carrier's id of the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// What the carrier wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What an operator has to tell a carrier without an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HandIn {
    /// The port itself, for the first time.
    Submission,
    /// The port once more, as it was corrected.
    Correction,
    /// That another date is wished.
    NewDate,
    /// That the date is agreed to.
    AgreedDate,
    /// That the port is taken back.
    Withdrawal,
}

/// A text that an operator sends to a carrier without an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PreparedText {
    /// The case's subject.
    pub subject: String,
    /// Its text.
    pub body: String,
    /// What to attach, by name.
    pub attach: Vec<String>,
}
