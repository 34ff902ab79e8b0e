//! Where help is sent when an emergency call comes from a number.
use super::{MAX_NUMBERS, NumberError};
use crate::{Activity, DossierId, E164, RequestId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `number-emergency`: notes with each number that a request has brought where help is sent, where its country wants it, and tells the
/// number's carrier. Safe to run twice.
pub enum NumberEmergency {}

/// Which numbers, and whose address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberEmergencyInput {
    /// The request that brought them.
    pub request: RequestId,
    /// The numbers; those of the request that are here if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_NUMBERS))]
    pub numbers: Option<Vec<E164>>,
    /// The dossier whose address it is; the one that the request carries if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dossier: Option<DossierId>,
}

/// What is noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EmergencyGiven {
    /// Numbers whose country wants an address that nobody has given.
    pub missing: Vec<E164>,
    /// Numbers that have one now.
    pub given: Vec<E164>,
    /// In words.
    pub says: String,
}

impl Activity for NumberEmergency {
    const NAME: &'static str = "number-emergency";
    type Input = NumberEmergencyInput;
    type Output = EmergencyGiven;
    type Error = NumberError;
}
