//! Numbers as a definition spells them.
//!
//! A definition is read into a tree whose numbers are 64-bit floats. Most numbers are written again just as they were; of the
//! others (`1.0`, `1e3`, whole numbers over 2^53) the spelling is kept beside the tree, by place.

use std::collections::BTreeMap;
use std::ops::Range;

use jsonata_core::value::JValue;

use super::expression::text_of;
use crate::json::push_string;

/// Whole numbers with so few digits are written as they are spelled.
const PLAIN_DIGITS: usize = 15;

/// Spellings that the tree does not give back, by JSON pointer.
#[derive(Debug, Default)]
pub(super) struct Spellings(BTreeMap<String, Box<str>>);

/// A step of the way from the root to a value.
enum Step {
    /// The member whose name is here in the text, quotes and all.
    Member(Range<usize>),
    Item(usize),
}

impl Spellings {
    /// Finds them in well-formed JSON.
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut found = BTreeMap::new();
        let mut way: Vec<Step> = Vec::new();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let end = match byte {
                b'"' => string_end(bytes, at),
                b'-' | b'0'..=b'9' => {
                    let len = bytes[at..].iter().take_while(|b| is_of_number(**b)).count();
                    let token = &text[at..at + len];
                    if !is_plain(token) {
                        found.insert(pointer(text, &way), token.into());
                    }
                    at + len
                }
                _other => at + 1,
            };
            match byte {
                b'{' => way.push(Step::Member(0..0)),
                b'[' => way.push(Step::Item(0)),
                b'}' | b']' => {
                    way.pop();
                }
                b',' => {
                    if let Some(Step::Item(index)) = way.last_mut() {
                        *index += 1;
                    }
                }
                b'"' => {
                    let next = bytes[end..].iter().find(|b| !b.is_ascii_whitespace());
                    if let (Some(Step::Member(name)), Some(b':')) = (way.last_mut(), next) {
                        *name = at..end;
                    }
                }
                _other => {}
            }
            at = end;
        }
        Self(found)
    }

    /// The text of the value at this pointer.
    pub(super) fn text(&self, value: &JValue, pointer: &str) -> String {
        let mut out = String::new();
        if self.0.is_empty() {
            out.push_str(text_of(value).as_str());
        } else {
            self.write(value, pointer, &mut out);
        }
        out
    }

    fn write(&self, value: &JValue, pointer: &str, out: &mut String) {
        if let Some(map) = value.as_object() {
            out.push('{');
            for (i, (key, value)) in map.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                push_string(out, key);
                out.push(':');
                self.write(value, &format!("{pointer}/{}", escaped(key)), out);
            }
            out.push('}');
        } else if let Some(items) = value.as_array() {
            out.push('[');
            for (i, value) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                self.write(value, &format!("{pointer}/{i}"), out);
            }
            out.push(']');
        } else {
            match (value, self.0.get(pointer)) {
                (JValue::Number(_), Some(spelling)) => out.push_str(spelling),
                _as_it_is => out.push_str(text_of(value).as_str()),
            }
        }
    }
}

/// A member's name in a JSON pointer (RFC 6901).
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Where the string that begins at `at` ends: behind its last quote.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _inside => at += 1,
        }
    }
    bytes.len()
}

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
}

/// Is the number written as it is spelled?
fn is_plain(token: &str) -> bool {
    if token.len() <= PLAIN_DIGITS && token.bytes().all(|b| b.is_ascii_digit()) {
        return true;
    }
    let number = token.parse().map(JValue::Number);
    number.is_ok_and(|number| text_of(&number).as_str() == token)
}

fn pointer(text: &str, way: &[Step]) -> String {
    let mut pointer = String::new();
    for step in way {
        pointer.push('/');
        match step {
            Step::Member(name) => {
                let name: String = serde_json::from_str(&text[name.clone()]).unwrap_or_default();
                pointer.push_str(&escaped(&name));
            }
            Step::Item(index) => pointer.push_str(&index.to_string()),
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are_spelled() {
        for text in [
            "1",
            "1.0",
            "-0",
            "[1e3,1E+3,0.10,9007199254740993,123456789012345678901234567890]",
            r#"{"a":{"b/c~":[{},"1.0",{"d\"":1.50}],"e":2.0},"f":-7,"":1.0}"#,
            r#"{"a":"x","b":[[],[1.0,[2.00]]],"c":null}"#,
        ] {
            let value: JValue = serde_json::from_str(text).expect("JSON");
            assert_eq!(Spellings::of(text).text(&value, ""), text);
        }
        let spaced = "{ \"a\" : 1.0 , \"b\" : [ 1 , 2.0 ] }";
        let value: JValue = serde_json::from_str(spaced).expect("JSON");
        let told = Spellings::of(spaced).text(&value, "");
        assert_eq!(told, r#"{"a":1.0,"b":[1,2.0]}"#);
        assert!(
            Spellings::of(r#"{"a":1,"b":"2.0","c":[0.5,-3]}"#)
                .0
                .is_empty()
        );
    }
}
