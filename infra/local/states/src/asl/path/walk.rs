//! Walking JSON text without building a tree.
//!
//! A node is a slice of well-formed JSON text that holds one value and no space around it. Paths only look; so they
//! look at the text, and what they find is copied once, when it is written out.

use std::borrow::Cow;

/// Deepest nesting that is looked into value by value. What nests deeper can only be made by an execution that wraps its
/// data again and again; it is taken as text.
pub(in crate::asl) const MAX_DEPTH: usize = 256;

/// What a node is, told by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::asl) enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    /// The word for people.
    pub(in crate::asl) fn word(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

pub(in crate::asl) fn kind(node: &str) -> Kind {
    match node.as_bytes().first() {
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::Array,
        Some(b'"') => Kind::String,
        Some(b't' | b'f') => Kind::Boolean,
        Some(b'n') | None => Kind::Null,
        Some(_digit_or_sign) => Kind::Number,
    }
}

/// The members of an object: the key as written, between its quotes, and the value. Nothing for other nodes.
pub(in crate::asl) fn members(node: &str) -> Members<'_> {
    Members(Pieces::of(node, Kind::Object))
}

/// The items of an array. Nothing for other nodes.
pub(in crate::asl) fn items(node: &str) -> Items<'_> {
    Items(Pieces::of(node, Kind::Array))
}

/// The member of this name; of several the last, as parsers take it.
pub(in crate::asl) fn member<'a>(node: &'a str, name: &str) -> Option<&'a str> {
    members(node)
        .filter(|(key, _)| key_is(key, name))
        .map(|(_, value)| value)
        .last()
}

/// Is this key, as written, the name?
pub(in crate::asl) fn key_is(key: &str, name: &str) -> bool {
    if key.contains('\\') {
        decoded(key) == name
    } else {
        key == name
    }
}

/// The content of a string node; `None` for other nodes.
pub(in crate::asl) fn string(node: &str) -> Option<Cow<'_, str>> {
    let inner = node.strip_prefix('"')?.strip_suffix('"')?;
    Some(decoded(inner))
}

/// The text of a key or string, given between its quotes.
pub(in crate::asl) fn decoded(inner: &str) -> Cow<'_, str> {
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    // A lone surrogate is no text; it is kept as it is written.
    serde_json::from_str::<String>(&format!("\"{inner}\"")).map_or(Cow::Borrowed(inner), Cow::Owned)
}

/// The value of a number node; `None` for other nodes.
pub(in crate::asl) fn number(node: &str) -> Option<f64> {
    match kind(node) {
        Kind::Number => node.parse().ok(),
        Kind::Null | Kind::Boolean | Kind::String | Kind::Array | Kind::Object => None,
    }
}

/// Appends `node` without the space between its tokens.
pub(in crate::asl) fn compact(node: &str, out: &mut String) {
    let bytes = node.as_bytes();
    let (mut from, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_string(bytes, at),
            b' ' | b'\t' | b'\n' | b'\r' => {
                out.push_str(&node[from..at]);
                at = skip_space(bytes, at);
                from = at;
            }
            _token => at += 1,
        }
    }
    out.push_str(&node[from..]);
}

/// `text` without the space around it.
pub(in crate::asl) fn node_of(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

/// The inside of an object or array, piece by piece.
struct Pieces<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Pieces<'a> {
    fn of(node: &'a str, wanted: Kind) -> Self {
        let at = if kind(node) == wanted { 1 } else { node.len() };
        Self { text: node, at }
    }

    /// The next value, behind commas and space; `None` at the end.
    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        while matches!(
            bytes.get(self.at)?,
            b' ' | b'\t' | b'\n' | b'\r' | b',' | b':'
        ) {
            self.at += 1;
        }
        let start = self.at;
        let end = end_of_value(bytes, start);
        if end == start {
            // The closing bracket.
            return None;
        }
        self.at = end;
        self.text.get(start..end)
    }
}

pub(in crate::asl) struct Members<'a>(Pieces<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.0.next()?;
        let value = self.0.next()?;
        let key = key.strip_prefix('"')?.strip_suffix('"')?;
        Some((key, value))
    }
}

pub(in crate::asl) struct Items<'a>(Pieces<'a>);

impl<'a> Iterator for Items<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Behind the string that starts at `at`.
pub(super) fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    at += 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _inside => at += 1,
        }
    }
    bytes.len()
}

/// Behind the value that starts at `at`; `at` itself if there is none.
pub(super) fn end_of_value(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_string(bytes, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
                continue;
            }
            b'}' | b']' => {
                if depth == 0 {
                    return at;
                }
                depth -= 1;
                at += 1;
            }
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            _scalar => {
                at += 1;
                while bytes.get(at).is_some_and(|b| !b",:]} \t\n\r".contains(b)) {
                    at += 1;
                }
            }
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

#[cfg(test)]
pub(in crate::asl) mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Any JSON value of a few levels.
    pub(in crate::asl) fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z\"\\\\ ,:{}\\[\\]\n\u{e9}]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::hash_map("[a-c\"\\\\ ]{1,2}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn tree(node: &str) -> Value {
        match kind(node) {
            Kind::Object => Value::Object(
                members(node)
                    .map(|(k, v)| (decoded(k).into_owned(), tree(v)))
                    .collect(),
            ),
            Kind::Array => items(node).map(tree).collect(),
            Kind::String => json!(string(node).unwrap()),
            Kind::Number | Kind::Boolean | Kind::Null => serde_json::from_str(node).unwrap(),
        }
    }

    proptest! {
        #[test]
        fn walking_sees_what_a_parser_sees(value in any_json()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                prop_assert_eq!(&tree(&text), &value);
                let mut out = String::new();
                compact(&text, &mut out);
                prop_assert_eq!(&out, &value.to_string());
            }
        }
    }

    #[test]
    fn of_two_members_of_one_name_the_last_counts() {
        assert_eq!(member(r#"{"a":1, "\u0061" : 2}"#, "a"), Some("2"));
    }

    #[test]
    fn nesting_without_end_is_walked_without_end_of_stack() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(items(&deep).count(), 1);
    }
}
