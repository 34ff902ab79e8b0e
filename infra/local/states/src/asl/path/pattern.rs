//! Patterns of filters: `=~ /.../i`.
//!
//! A match takes as long as its text times the states of the compiled pattern; nothing goes back. So both are counted, and
//! a pattern such as `((a{99}){99}){9}`, whose text is short, is refused for its states.

use regex_lite::{Regex, RegexBuilder};

/// Largest compiled pattern, in bytes.
const MAX_BYTES: usize = 256 * 1_024;
/// The first size that is tried; each next one is four times as large.
const LEAST_BYTES: usize = 1_024;
/// What a state of a compiled pattern has, about.
const STATE_BYTES: usize = 32;

/// A pattern that can be compiled.
#[derive(Debug)]
pub(super) struct Pattern {
    /// It matches whole texts.
    source: String,
    ignores_case: bool,
    /// How large it is when it is compiled, at most.
    bytes: usize,
}

impl Pattern {
    /// `None` when the text is no regular expression, or is one that is too large.
    pub(super) fn new(text: &str, ignores_case: bool) -> Option<Self> {
        let mut pattern = Self {
            source: format!("^(?:{text})$"),
            ignores_case,
            bytes: LEAST_BYTES,
        };
        while pattern.bytes <= MAX_BYTES {
            if pattern.compiled().is_some() {
                return Some(pattern);
            }
            pattern.bytes *= 4;
        }
        None
    }

    pub(super) fn compiled(&self) -> Option<Regex> {
        RegexBuilder::new(&self.source)
            .case_insensitive(self.ignores_case)
            .size_limit(self.bytes)
            .build()
            .ok()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What it costs to match a text, in bytes looked at.
    pub(super) fn cost(&self, text: &str) -> usize {
        let states = self.bytes / STATE_BYTES;
        (text.len() + 1).saturating_mul(states)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_as_large_as_what_it_compiles_to() {
        let small = Pattern::new(".*REES", true).unwrap();
        assert_eq!(small.bytes(), LEAST_BYTES);
        let large = Pattern::new("[a-z]{900}", false).unwrap();
        assert!(large.cost("text") > 16 * small.cost("text"));
        assert!(large.compiled().unwrap().is_match(&"x".repeat(900)));
    }

    #[test]
    fn a_short_pattern_with_too_many_states_is_refused() {
        for text in ["((a{99}){99}){9}", ".{100000}", "(a|b{300}){300}"] {
            assert!(Pattern::new(text, false).is_none(), "{text}");
        }
        assert!(Pattern::new("(", false).is_none());
        assert!(Pattern::new("(a+)+b", false).is_some());
    }
}
