//! ReceiveDigits: a listener that reports digits when they match.

use super::Leg;
use super::action::{Action, Failure, parameter};
use crate::time::At;
use serde_json::Value;

/// Most digits that are held; more are somebody leaning on the keys.
const MAX_DIGITS: usize = 128;
/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 1_000;

/// An armed listener.
#[derive(Debug)]
pub(super) struct Listener {
    pub leg: Leg,
    /// Type and Parameters, for the event.
    pub data: Value,
    pattern: regex_lite::Regex,
    between_ms: u64,
    flush_ms: u64,
    digits: String,
    check_at: Option<At>,
    flush_at: Option<At>,
}

impl Listener {
    pub(super) fn new(action: &Action, leg: Leg, data: Value) -> Result<Self, Failure> {
        let pattern = action
            .text("InputDigitsRegex")
            .ok_or_else(|| parameter("InputDigitsRegex is required"))?;
        if pattern.len() > MAX_PATTERN {
            return Err(parameter("InputDigitsRegex is too long"));
        }
        Ok(Self {
            leg,
            data,
            pattern: regex_lite::Regex::new(pattern)
                .map_err(|_| parameter("InputDigitsRegex is no regular expression"))?,
            between_ms: action.duration_ms("InBetweenDigitsDurationInMilliseconds")?,
            flush_ms: action.duration_ms("FlushDigitsDurationInMilliseconds")?,
            digits: String::new(),
            check_at: None,
            flush_at: None,
        })
    }

    pub(super) fn push(&mut self, digit: char, now: At) {
        if self.digits.len() >= MAX_DIGITS {
            self.digits.clear();
        }
        self.digits.push(digit);
        self.check_at = Some(now.after(self.between_ms));
        self.flush_at = Some(now.after(self.flush_ms));
    }

    pub(super) fn next_due(&self) -> Option<At> {
        [self.check_at, self.flush_at].into_iter().flatten().min()
    }

    /// What was typed, once nothing more came and it matches.
    pub(super) fn tick(&mut self, now: At) -> Option<String> {
        if self.check_at.is_some_and(|at| at <= now) {
            self.check_at = None;
            if self.pattern.is_match(&self.digits) {
                self.flush_at = None;
                return Some(std::mem::take(&mut self.digits));
            }
        }
        if self.flush_at.is_some_and(|at| at <= now) {
            self.flush_at = None;
            self.check_at = None;
            self.digits.clear();
        }
        None
    }
}
