//! An order of numbers that a carrier gives by support case alone: an operator hands it in, and says what came.
use super::{MAX_NUMBERS, NumberError};
use crate::dossier::NumberType;
use crate::request::NumberLine;
use crate::{Activity, CarrierId, DossierId, E164, RequestId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `number-case-prepare`: writes what an operator sends to the carrier into the request's `details.prepared`. Safe to run twice.
pub enum NumberCasePrepare {}

/// What the operator asks the carrier for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseAsks {
    /// Numbers.
    Numbers,
    /// To stop what was asked for.
    Withdrawal,
}

/// What is asked for, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberCasePrepareInput {
    /// The request.
    pub request: RequestId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What is asked for.
    pub asks: CaseAsks,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The numbers' type.
    pub number_type: NumberType,
    /// How many.
    #[schemars(range(min = 1, max = 50))]
    pub count: u32,
    /// The area: its digits, or the name of a place.
    #[serde(default)]
    pub area: Option<String>,
    /// What they are for, in the customer's words.
    #[serde(default)]
    pub purpose: Option<String>,
    /// The dossier; without one, or with another tenant's, the text names nobody.
    #[serde(default)]
    pub dossier: Option<DossierId>,
    /// The support case, as far as it is known; empty if not.
    #[serde(default)]
    pub case_id: String,
}

/// That it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberCasePrepared {
    /// The case's subject: its text says who the customer is, and stays with the request.
    pub subject: String,
}

impl Activity for NumberCasePrepare {
    const NAME: &'static str = "number-case-prepare";
    type Input = NumberCasePrepareInput;
    type Output = NumberCasePrepared;
    type Error = NumberError;
}

/// `number-case-take`: holds the numbers that came against what was asked for and against the carrier's inventory, and writes them into
/// the request, with whether more are to come (`details.moreToCome`). One that does not fit keeps all of them out. Safe to run twice.
pub enum NumberCaseTake {}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberCaseTakeInput {
    /// The request.
    pub request: RequestId,
    /// The carrier.
    pub carrier: CarrierId,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The type that was asked for.
    pub number_type: NumberType,
    /// How many were asked for.
    #[schemars(range(min = 1, max = 50))]
    pub count: u32,
    /// As the operator wrote them.
    #[schemars(length(max = MAX_NUMBERS))]
    pub numbers: Vec<String>,
    /// Those that came before by the same case: they may be named again.
    #[serde(default)]
    pub before: Vec<E164>,
    /// Whether the operator says that more are to come.
    #[serde(default)]
    pub more: bool,
}

/// Whether they can be taken in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumbersCame {
    /// Each number that has come by now; if one does not fit, those that came before.
    pub numbers: Vec<NumberLine>,
    /// The same numbers.
    pub had: Vec<E164>,
    /// What does not fit, in words, a number each; none if all do.
    pub problems: Vec<String>,
    /// Whether more are to come: the operator says so, and some of those asked for are missing.
    pub more: bool,
}

impl Activity for NumberCaseTake {
    const NAME: &'static str = "number-case-take";
    type Input = NumberCaseTakeInput;
    type Output = NumbersCame;
    type Error = NumberError;
}

/// `number-case-recall`: tells what came by the case of a request whose workflow is over from what is in use.
pub enum NumberCaseRecall {}

/// Whose numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberCaseRecallInput {
    /// The request.
    pub request: RequestId,
    /// Whose the numbers were to be.
    pub tenant: TenantId,
    /// Those that came; none if none had.
    #[schemars(length(max = MAX_NUMBERS))]
    pub numbers: Vec<E164>,
    /// Those that were to be given back when its workflow failed: they are, even if they are the tenant's already.
    #[serde(default)]
    pub returning: Vec<E164>,
}

/// Where they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberCaseRecalled {
    /// Each number.
    pub numbers: Vec<NumberLine>,
    /// Those that are nobody's here, or the tenant's and on their way back: they are to be given back.
    pub had: Vec<E164>,
    /// Those that are the tenant's already: they stay.
    pub used: Vec<E164>,
}

impl Activity for NumberCaseRecall {
    const NAME: &'static str = "number-case-recall";
    type Input = NumberCaseRecallInput;
    type Output = NumberCaseRecalled;
    type Error = NumberError;
}
