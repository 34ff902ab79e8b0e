//! JSON as text: the form in which payloads are held, logged and handed on.
//!
//! A payload passes through most states untouched, so it is kept as the text it came in and shared by reference;
//! it becomes a tree only while an expression looks into it.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Well-formed JSON text (RFC 8259), shared cheaply.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Json(Arc<str>);

/// Text that is not JSON; the message is AWS's where that is on record, else it names line and column.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotJson(String);

impl Json {
    /// Checks that `text` is one JSON value and keeps it as it is.
    pub fn parse(text: &str) -> Result<Self, NotJson> {
        match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Ok(_) => Ok(Self(text.into())),
            Err(error) => {
                let why = unrecognized(text).unwrap_or_else(|| error.to_string());
                Err(NotJson(why))
            }
        }
    }

    /// Text that this crate has just written and therefore knows to be JSON.
    pub(crate) fn trusted(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The JSON text of a string.
    pub(crate) fn string(text: &str) -> Self {
        let mut out = String::with_capacity(text.len() + 2);
        push_string(&mut out, text);
        Self(out.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Length of the text in UTF-8 bytes, the unit of every payload limit.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// JSON text is never empty; here for completeness beside [`Json::len`].
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// AWS's words for a text that begins with a word which is none of JSON's. `None` for any other text.
pub(crate) fn unrecognized(text: &str) -> Option<String> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\r']);
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let end = text.find(|c: char| !is_of_word(c)).unwrap_or(text.len());
    let word = &text[..end];
    let is_number = word.starts_with(|c: char| c.is_ascii_digit());
    if word.is_empty() || is_number || ["null", "true", "false"].contains(&word) {
        return None;
    }
    Some(format!(
        "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    ))
}

/// Appends `text` to `out` as a JSON string.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 => {
                out.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

impl std::fmt::Debug for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What people can read, they can have written.
        let foreign = deserializer.is_human_readable();
        let text = String::deserialize(deserializer)?;
        if foreign {
            return Self::parse(&text).map_err(serde::de::Error::custom);
        }
        Ok(Self(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_as_it_came_and_refused_when_it_is_not_json() {
        assert_eq!(
            Json::parse("{ \"a\": 1 }").unwrap().as_str(),
            "{ \"a\": 1 }"
        );
        assert!(Json::parse("{").is_err());
        assert!(Json::parse("1 2").is_err());
    }

    #[test]
    fn a_word_that_is_none_of_jsons_is_told_in_awss_words() {
        let told = |text: &str| Json::parse(text).expect_err("no JSON").to_string();
        let words =
            "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
        assert_eq!(
            told(" not json"),
            format!("Unrecognized token 'not': {words}")
        );
        assert_eq!(
            told("nullable"),
            format!("Unrecognized token 'nullable': {words}")
        );
        for text in ["", "{", "1 2", "true false", "[nope]"] {
            assert!(!told(text).contains("token"), "{text}: {}", told(text));
        }
    }

    #[test]
    fn a_written_string_reads_back() {
        let hard = "a\"b\\c\n\u{1}\u{7f}é\u{1F600}";
        let text = Json::string(hard);
        assert_eq!(serde_json::from_str::<String>(text.as_str()).unwrap(), hard);
    }
}
