//! The steps about numbers.
use super::OnboardingError;
use crate::dossier::Address;
use crate::number::EmergencyGiven;
use crate::request::{NumberLine, Outcome};
use crate::{Activity, E164, RequestId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `onboarding-order`: begins the order of one kind of number that was asked for, or gives the person a free one of the tenant.
pub enum OnboardingOrder {}

/// Which kind, for the how manieth time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnboardingOrderInput {
    /// The request.
    pub request: RequestId,
    /// The tenant.
    pub tenant: TenantId,
    /// Which of the kinds asked for, from 0.
    pub at: u32,
    /// Which try it is, from 1: each looks for other numbers, the same one orders once.
    #[schemars(range(min = 1, max = 4))]
    pub attempt: u32,
}

/// What was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderBegun {
    /// The order's request; empty if there is none.
    pub child: String,
    /// Numbers that are there at once.
    pub had: Vec<E164>,
    /// How many of those asked for will not be had.
    pub short: u32,
    /// In words.
    pub says: String,
}

impl Activity for OnboardingOrder {
    const NAME: &'static str = "onboarding-order";
    type Input = OnboardingOrderInput;
    type Output = OrderBegun;
    type Error = OnboardingError;
}

/// `onboarding-look`: how far an order is.
pub enum OnboardingLook {}

/// Which order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnboardingLookInput {
    /// The request.
    pub request: RequestId,
    /// The order's request.
    pub child: RequestId,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderSeen {
    /// Whether it has ended.
    pub ended: bool,
    /// What became of it, once it has.
    pub outcome: Option<Outcome>,
    /// Numbers that are in use.
    pub had: Vec<E164>,
    /// How many of its numbers are not.
    pub short: u32,
    /// Each of its numbers.
    pub numbers: Vec<NumberLine>,
    /// In words.
    pub says: String,
    /// Who has to act in it, and what they have to do.
    pub next_action: String,
}

impl Activity for OnboardingLook {
    const NAME: &'static str = "onboarding-look";
    type Input = OnboardingLookInput;
    type Output = OrderSeen;
    type Error = OnboardingError;
}

/// `onboarding-emergency`: notes with each number where help is sent when an emergency call comes from it, where its country wants it.
pub enum OnboardingEmergency {}

/// Which numbers, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnboardingEmergencyInput {
    /// The request.
    pub request: RequestId,
    /// The tenant.
    pub tenant: TenantId,
    /// The numbers.
    pub numbers: Vec<E164>,
    /// The address, if somebody has just given it; else the one that was given with the request or in the dossier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

impl Activity for OnboardingEmergency {
    const NAME: &'static str = "onboarding-emergency";
    type Input = OnboardingEmergencyInput;
    type Output = EmergencyGiven;
    type Error = OnboardingError;
}
