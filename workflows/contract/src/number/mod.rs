//! Numbers: bought, led to people, tried, given back.

pub mod api;
mod case;
mod emergency;
mod order;
mod owned;

pub use case::{
    CaseAsks, NumberCasePrepare, NumberCasePrepareInput, NumberCasePrepared, NumberCaseRecall,
    NumberCaseRecallInput, NumberCaseRecalled, NumberCaseTake, NumberCaseTakeInput, NumbersCame,
};
pub use emergency::{EmergencyGiven, NumberEmergency, NumberEmergencyInput};
pub use order::{
    NumberAnswer, NumberAnswerInput, NumberAnswered, NumberCancel, NumberCheck, NumberFill,
    NumberFillInput, NumberOrderInput, NumberOrdered, NumberPlace, NumberPlaceInput, NumberRecall,
    NumberRecallInput, NumberRecalled, NumberRequirements, NumberRequirementsInput, NumberReserve,
    NumberReserveInput, NumberReserved, NumberState, RequirementsFound, RequirementsVerdict,
};
pub use owned::{
    NumberAssign, NumberAssignInput, NumberRelease, NumberReleaseInput, NumberTest,
    NumberTestBegun, NumberTestError, NumberTestInput, NumberWithdraw, NumberWithdrawInput,
    NumbersSettled,
};

use crate::error::{BAD_INPUT, CARRIER_REFUSED, CARRIER_UNAVAILABLE, STORE_UNAVAILABLE};
use crate::{E164, Retry, TaskError};
use thiserror::Error;

/// Most numbers of one request.
pub const MAX_NUMBERS: usize = 50;
/// Longest name of an area, in characters: the digits that its numbers begin with, or a place.
pub const AREA_MAX: usize = 60;

/// Where a number of an order or a release is: the statuses of its [`NumberLine`](crate::request::NumberLine).
pub mod status {
    /// Chosen, and nothing done yet.
    pub const WANTED: &str = "wanted";
    /// Kept from others by the carrier.
    pub const RESERVED: &str = "reserved";
    /// Ordered; the carrier works on it.
    pub const ORDERED: &str = "ordered";
    /// The carrier asks for something before it gives it.
    pub const NEEDS_INFO: &str = "needs_info";
    /// The carrier gave it.
    pub const ACQUIRED: &str = "acquired";
    /// Calls to it come here.
    pub const ASSIGNED: &str = "assigned";
    /// A test call came through: ready.
    pub const ACTIVE: &str = "active";
    /// It will not be had.
    pub const FAILED: &str = "failed";
    /// It rings nobody and waits to be given back.
    pub const QUARANTINED: &str = "quarantined";
    /// Given back to the carrier.
    pub const RELEASED: &str = "released";
}

/// Why something was not done with numbers of a carrier.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NumberError {
    /// The store failed for now.
    #[error("the store is unavailable: {0}")]
    Store(String),
    /// The carrier takes no more for now, or did not answer. Doing it again is safe: what may have been done is looked up first.
    #[error("the carrier is unavailable: {0}")]
    Carrier(String),
    /// The carrier refuses, in its words.
    #[error("{0}")]
    Refused(String),
    /// The input does not fit.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for NumberError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        (CARRIER_UNAVAILABLE, Retry::Yes),
        (CARRIER_REFUSED, Retry::Never),
        (BAD_INPUT, Retry::Never),
    ];

    fn name(&self) -> &'static str {
        match self {
            Self::Store(_) => STORE_UNAVAILABLE,
            Self::Carrier(_) => CARRIER_UNAVAILABLE,
            Self::Refused(_) => CARRIER_REFUSED,
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

/// Why what a country asks for could not be found out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequirementsError {
    /// The store failed for now.
    #[error("the store is unavailable: {0}")]
    Store(String),
    /// The input does not fit.
    #[error("bad input: {0}")]
    BadInput(String),
}

impl TaskError for RequirementsError {
    const NAMES: &'static [(&'static str, Retry)] =
        &[(STORE_UNAVAILABLE, Retry::Yes), (BAD_INPUT, Retry::Never)];

    fn name(&self) -> &'static str {
        match self {
            Self::Store(_) => STORE_UNAVAILABLE,
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

/// The numbers that are in one of some statuses, in their order.
pub fn of_status(lines: &[crate::request::NumberLine], wanted: &[&str]) -> Vec<E164> {
    let fits = |line: &&crate::request::NumberLine| wanted.contains(&line.status.as_str());
    lines
        .iter()
        .filter(fits)
        .map(|line| line.number.clone())
        .collect()
}
