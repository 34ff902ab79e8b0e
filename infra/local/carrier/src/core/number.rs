//! Phone numbers and their types.

use super::problem::{Code, Refusal};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A number in E.164, with the plus sign: `+41445551000`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct E164(String);

impl E164 {
    /// Reads a number; `pointer` names the field it came from.
    ///
    /// # Errors
    /// [`Code::NotE164`] when it is not a plus sign and 7 to 15 digits, the first not zero.
    pub fn parse(text: &str, pointer: &str) -> Result<Self, Refusal> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let well_formed = (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if well_formed {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::at(
            Code::NotE164,
            pointer,
            format!("{text:?} is not a plus sign and 7 to 15 digits"),
        ))
    }

    /// With the plus sign.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number `offset` places further in its range.
    pub(super) fn further(&self, offset: u64) -> Self {
        let value: u64 = self.0[1..].parse().unwrap_or(0);
        Self(format!("+{}", value + offset))
    }

    /// How far it lies behind `first`, when both have as many digits.
    pub(super) fn distance(&self, first: &Self) -> Option<u64> {
        if self.0.len() != first.0.len() {
            return None;
        }
        let here: u64 = self.0[1..].parse().ok()?;
        let there: u64 = first.0[1..].parse().ok()?;
        here.checked_sub(there)
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberType {
    /// Of a place.
    Local,
    /// Of a mobile phone.
    Mobile,
    /// Of a country, not of a place.
    National,
    /// Free for the caller.
    TollFree,
    /// The caller pays a part.
    SharedCost,
}

impl NumberType {
    /// As the API writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Mobile => "mobile",
            Self::National => "national",
            Self::TollFree => "toll_free",
            Self::SharedCost => "shared_cost",
        }
    }
}
