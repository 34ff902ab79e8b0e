//! What an order of numbers is made of.
use super::{MAX_NUMBERS, NumberError, RequirementsError};
use crate::dossier::{Evaluation, NumberType};
use crate::request::NumberLine;
use crate::{Activity, CarrierId, DossierId, E164, RequestId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `number-requirements`: what the country asks of who wants such numbers, held against the tenant's dossier.
pub enum NumberRequirements {}

/// What is wanted, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberRequirementsInput {
    /// The request.
    pub request: RequestId,
    /// Whose it is.
    pub tenant: TenantId,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The numbers' type.
    pub number_type: NumberType,
    /// The numbers; none where they are not known yet.
    #[schemars(length(max = MAX_NUMBERS))]
    pub numbers: Vec<E164>,
    /// How many there are to be, where they are not known yet.
    #[serde(default)]
    #[schemars(range(min = 1, max = 50))]
    pub count: Option<u32>,
    /// The dossier that is to do, if one was named.
    #[serde(default)]
    pub dossier: Option<DossierId>,
}

/// What the evaluation comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequirementsVerdict {
    /// Everything asked for is there.
    Compliant,
    /// Something is missing or does not fit.
    Noncompliant,
    /// The dossier has everything, and is being checked: its verdict is waited for.
    InReview,
    /// Nobody has written down what this country asks: somebody has to look.
    NotKnown,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequirementsFound {
    /// The whole.
    pub verdict: RequirementsVerdict,
    /// In words: what is missing, the first few.
    pub says: String,
    /// Each requirement; none if nobody has written them down, or no dossier is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<Evaluation>,
}

impl Activity for NumberRequirements {
    const NAME: &'static str = "number-requirements";
    type Input = NumberRequirementsInput;
    type Output = RequirementsFound;
    type Error = RequirementsError;
}

/// `number-reserve`: keeps the numbers from others until they are ordered, where the carrier does that.
pub enum NumberReserve {}

/// Which numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberReserveInput {
    /// The request: also the key under which the carrier keeps it.
    pub request: RequestId,
    /// The carrier.
    pub carrier: CarrierId,
    /// The numbers.
    #[schemars(length(min = 1, max = MAX_NUMBERS))]
    pub numbers: Vec<E164>,
}

/// What the carrier keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberReserved {
    /// Until when, RFC 3339; null where the carrier keeps nothing or does not say.
    pub until: Option<String>,
    /// Each number.
    pub numbers: Vec<NumberLine>,
}

impl Activity for NumberReserve {
    const NAME: &'static str = "number-reserve";
    type Input = NumberReserveInput;
    type Output = NumberReserved;
    type Error = NumberError;
}

/// `number-order-place`: orders the numbers under the request's id. What may have been ordered before is looked up first.
pub enum NumberPlace {}

/// Which numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberPlaceInput {
    /// The request: also the key under which the carrier keeps the order.
    pub request: RequestId,
    /// The carrier.
    pub carrier: CarrierId,
    /// The numbers.
    #[schemars(length(min = 1, max = MAX_NUMBERS))]
    pub numbers: Vec<E164>,
    /// When the execution began, RFC 3339: no older order of the carrier's is taken for this one.
    pub since: String,
}

/// Where an order as a whole is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NumberState {
    /// The carrier works on it.
    Pending,
    /// The carrier asks for something.
    NeedsInfo,
    /// Every number is had or failed, and at least one is had.
    Settled,
    /// None is had, and none will be.
    Failed,
}

/// An order as the carrier sees it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberOrdered {
    /// The carrier's id of it.
    pub order: String,
    /// The whole.
    pub state: NumberState,
    /// Each number.
    pub numbers: Vec<NumberLine>,
    /// The numbers that are had.
    pub had: Vec<E164>,
    /// What the carrier asks for, a line each; its id first.
    #[serde(default)]
    pub needs: Vec<String>,
}

impl Activity for NumberPlace {
    const NAME: &'static str = "number-order-place";
    type Input = NumberPlaceInput;
    type Output = NumberOrdered;
    type Error = NumberError;
}

/// `number-order-check`: asks the carrier how far it is.
pub enum NumberCheck {}

/// Which order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberOrderInput {
    /// The request.
    pub request: RequestId,
    /// The carrier.
    pub carrier: CarrierId,
    /// The carrier's id of the order.
    pub order: String,
}

impl Activity for NumberCheck {
    const NAME: &'static str = "number-order-check";
    type Input = NumberOrderInput;
    type Output = NumberOrdered;
    type Error = NumberError;
}

/// `number-order-cancel`: takes back what of an order is not there yet, as far as the carrier does that; then how it is.
pub enum NumberCancel {}

impl Activity for NumberCancel {
    const NAME: &'static str = "number-order-cancel";
    type Input = NumberOrderInput;
    type Output = NumberOrdered;
    type Error = NumberError;
}

/// `number-order-recall`: looks for the order of a request whose workflow is over, and takes back what is not there yet. Nothing is ordered.
pub enum NumberRecall {}

/// Whose order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberRecallInput {
    /// The request: also the key under which the carrier keeps the order.
    pub request: RequestId,
    /// Whose the numbers were to be.
    pub tenant: TenantId,
    /// The carrier.
    pub carrier: CarrierId,
    /// The numbers.
    #[schemars(length(min = 1, max = MAX_NUMBERS))]
    pub numbers: Vec<E164>,
    /// When the request was made, RFC 3339: no older order of the carrier's is taken for this one.
    pub since: String,
    /// Those that were to be given back when its workflow failed: they are, even if they are the tenant's already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returning: Vec<E164>,
}

/// What stands at the carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberRecalled {
    /// The carrier's id of the order; empty if there is none.
    pub order: String,
    /// The whole; `failed` if there is none.
    pub state: NumberState,
    /// Each number; none if there is no order.
    pub numbers: Vec<NumberLine>,
    /// The numbers that are had and nobody's here, or the tenant's and on their way back: they are to be given back. One that is
    /// another tenant's by now is neither here nor in `used`.
    pub had: Vec<E164>,
    /// The numbers that are had and the tenant's already: they stay, until the tenant gives them back.
    pub used: Vec<E164>,
}

impl Activity for NumberRecall {
    const NAME: &'static str = "number-order-recall";
    type Input = NumberRecallInput;
    type Output = NumberRecalled;
    type Error = NumberError;
}

/// `number-order-fill`: answers what the carrier asks for as far as the tenant's dossier does.
pub enum NumberFill {}

/// Which order, and who the customer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberFillInput {
    /// The request.
    pub request: RequestId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The carrier.
    pub carrier: CarrierId,
    /// The carrier's id of the order.
    pub order: String,
    /// The dossier; without one, or with another tenant's, nothing is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dossier: Option<DossierId>,
}

impl Activity for NumberFill {
    const NAME: &'static str = "number-order-fill";
    type Input = NumberFillInput;
    type Output = NumberAnswered;
    type Error = NumberError;
}

/// `number-order-answer`: gives the carrier what it asks for: answers that a person filled in.
pub enum NumberAnswer {}

/// Which order, and what is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberAnswerInput {
    /// The request.
    pub request: RequestId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The carrier.
    pub carrier: CarrierId,
    /// The carrier's id of the order.
    pub order: String,
    /// What the form `carrier-answers` was filled in with.
    #[serde(default)]
    pub answers: serde_json::Value,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberAnswered {
    /// How many needs were answered.
    pub answered: u32,
}

impl Activity for NumberAnswer {
    const NAME: &'static str = "number-order-answer";
    type Input = NumberAnswerInput;
    type Output = NumberAnswered;
    type Error = NumberError;
}
