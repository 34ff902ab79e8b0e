//! What is done with numbers that are ours.
use super::{MAX_NUMBERS, NumberError};
use crate::error::{BAD_INPUT, CARRIER_REFUSED, CARRIER_UNAVAILABLE, STORE_UNAVAILABLE};
use crate::request::NumberLine;
use crate::{
    Activity, CarrierId, E164, FlowId, GroupId, PersonId, RequestId, Retry, TaskError, TenantId,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// `number-assign`: writes the numbers down as the tenant's, leads their calls here (a SIP rule or the carrier's trunk) and to a
/// person. Safe to run twice.
pub enum NumberAssign {}

/// Which numbers, and whom they ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberAssignInput {
    /// The request that brought them.
    pub request: RequestId,
    /// Whose they are.
    pub tenant: TenantId,
    /// Where they come from.
    pub carrier: CarrierId,
    /// The numbers.
    #[schemars(length(max = MAX_NUMBERS))]
    pub numbers: Vec<E164>,
    /// Whom they ring; nobody yet if not given.
    #[serde(default)]
    pub person: Option<PersonId>,
    /// The group that they ring, instead of a person.
    #[serde(default)]
    pub group: Option<GroupId>,
    /// The flow that decides whom they ring, instead of a person.
    #[serde(default)]
    pub flow: Option<FlowId>,
    /// Whether the request was to give them back and does not: a number that it does not hold any more stays as it is.
    #[serde(default)]
    pub back: bool,
}

/// What became of each number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumbersSettled {
    /// Each number.
    pub numbers: Vec<NumberLine>,
    /// Those with which it worked.
    pub done: Vec<E164>,
    /// Those with which it did not.
    pub failed: Vec<E164>,
}

impl Activity for NumberAssign {
    const NAME: &'static str = "number-assign";
    type Input = NumberAssignInput;
    type Output = NumbersSettled;
    type Error = NumberError;
}

/// `number-test`: calls a number as anybody would, to see that it leads here. What came of it is the signal `call.tested`, with
/// the topic `passed` or `failed` and `{test, number, reason}` as its data.
pub enum NumberTest {}

/// Which number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberTestInput {
    /// The request that is told.
    pub request: RequestId,
    /// Whose the number is.
    pub tenant: TenantId,
    /// The number.
    pub number: E164,
    /// Which try it is, from 1: a new one calls again, the same does not.
    #[schemars(range(min = 1, max = 100))]
    pub attempt: u32,
}

/// The call is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberTestBegun {
    /// Its id: the signal's data has it as `test`.
    pub test: String,
}

/// Why no test call is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NumberTestError {
    /// This deployment makes none: somebody has to call.
    #[error("this deployment has no number to make test calls from (TEST_CALL_FROM)")]
    NotHere,
    /// It could not be made.
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl TaskError for NumberTestError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        (CARRIER_UNAVAILABLE, Retry::Yes),
        (CARRIER_REFUSED, Retry::Never),
        (BAD_INPUT, Retry::Never),
        ("Test.NotHere", Retry::Never),
    ];

    fn name(&self) -> &'static str {
        match self {
            Self::NotHere => "Test.NotHere",
            Self::Number(error) => error.name(),
        }
    }
}

impl Activity for NumberTest {
    const NAME: &'static str = "number-test";
    type Input = NumberTestInput;
    type Output = NumberTestBegun;
    type Error = NumberTestError;
}

/// `number-withdraw`: numbers ring nobody from now on and wait to be given back. Safe to run twice.
pub enum NumberWithdraw {}

/// Which numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberWithdrawInput {
    /// The request.
    pub request: RequestId,
    /// Whose they are.
    pub tenant: TenantId,
    /// The numbers.
    #[schemars(length(min = 1, max = MAX_NUMBERS))]
    pub numbers: Vec<E164>,
    /// Whether the request has withdrawn them before: one that was put back since, or came anew, is in use and stays.
    #[serde(default)]
    pub again: bool,
}

impl Activity for NumberWithdraw {
    const NAME: &'static str = "number-withdraw";
    type Input = NumberWithdrawInput;
    type Output = NumbersSettled;
    type Error = NumberError;
}

/// `number-release`: gives numbers back to the carrier and strikes them from the tenant's. Safe to run twice.
pub enum NumberRelease {}

/// Which numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberReleaseInput {
    /// The request.
    pub request: RequestId,
    /// Whose they are.
    pub tenant: TenantId,
    /// Where they came from.
    pub carrier: CarrierId,
    /// The numbers.
    #[schemars(length(max = MAX_NUMBERS))]
    pub numbers: Vec<E164>,
    /// Why, for the timeline: `released`, or what failed.
    #[serde(default)]
    pub reason: Option<String>,
}

impl Activity for NumberRelease {
    const NAME: &'static str = "number-release";
    type Input = NumberReleaseInput;
    type Output = NumbersSettled;
    type Error = NumberError;
}
