//! The steps about numbers that come from another carrier.
use super::OnboardingError;
use crate::request::{NumberLine, Party};
use crate::{Activity, E164, RequestId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `onboarding-port`: begins and submits a port for each of those asked for.
pub enum OnboardingPort {}

/// Which onboarding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnboardingPortInput {
    /// The request.
    pub request: RequestId,
    /// The tenant.
    pub tenant: TenantId,
}

/// What was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortsBegun {
    /// The ports' requests, in the order asked for.
    pub ports: Vec<RequestId>,
    /// In words.
    pub says: String,
}

impl Activity for OnboardingPort {
    const NAME: &'static str = "onboarding-port";
    type Input = OnboardingPortInput;
    type Output = PortsBegun;
    type Error = OnboardingError;
}

/// `onboarding-ported`: what has come by the tenant's ports so far. Changes nothing.
pub enum OnboardingPorted {}

/// Which onboarding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnboardingPortedInput {
    /// The request.
    pub request: RequestId,
    /// The tenant.
    pub tenant: TenantId,
}

/// How far the ports are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ported {
    /// How many ports have still to bring their numbers; one that is being split counts by its parts.
    pub open: u32,
    /// Numbers that are here, of ports that are through with their test calls.
    pub had: Vec<E164>,
    /// The same, as lines of the request.
    pub numbers: Vec<NumberLine>,
    /// How many numbers did not come, of ports that are over, and that no other port brings.
    pub short: u32,
    /// Who has to act.
    pub owner: Party,
    /// What they have to do.
    pub next_action: String,
    /// In words.
    pub says: String,
}

impl Activity for OnboardingPorted {
    const NAME: &'static str = "onboarding-ported";
    type Input = OnboardingPortedInput;
    type Output = Ported;
    type Error = OnboardingError;
}
