//! A regular expression that came with data.

use regex_lite::{Regex, RegexBuilder};
use serde::Deserialize;

const PATTERN_MAX: usize = 200;
const SIZE_MAX_BYTES: usize = 64 * 1024;

/// A regular expression that a whole text has to fit. Its matching takes time in proportion to the text.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    text: String,
    whole: Regex,
}

impl Pattern {
    /// The expression as data wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole text fits.
    pub fn fits(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if text.len() > PATTERN_MAX {
            return Err(format!("a pattern has at most {PATTERN_MAX} bytes"));
        }
        let whole = RegexBuilder::new(&format!("^(?:{text})$"))
            .size_limit(SIZE_MAX_BYTES)
            .build()
            .map_err(|error| format!("not a pattern: {text:?}: {error}"))?;
        Ok(Self { text, whole })
    }
}
