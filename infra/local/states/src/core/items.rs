//! The items of a Map state: one text, and where in it each item is.

mod shape;

use std::fmt;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::json::{Json, push_string};
use shape::Shape;
pub use shape::Sources;

/// Longest text of all items, in bytes: a place in it is a `u32`, and the whole is one record of the log.
pub const MAX_ITEMS_BYTES: usize = 256 * 1_048_576;

/// Items as they were given. An item that nobody has asked for costs its text and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Items {
    text: Json,
    /// Where each item begins and ends.
    places: Vec<(u32, u32)>,
    #[serde(rename = "pairs")]
    shape: Shape,
}

/// What an `ItemReader` gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// An array or an object.
    pub items: Json,
    /// Where its elements came from, if that was more than one object.
    pub sources: Sources,
}

impl From<Json> for Read {
    fn from(items: Json) -> Self {
        Self {
            items,
            sources: Sources::new(),
        }
    }
}

/// Not an array and not an object, or longer than [`MAX_ITEMS_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither an array nor an object")]
pub struct NoItems;

impl Items {
    /// No items.
    pub fn none() -> Self {
        Self {
            text: Json::trusted("[]"),
            places: Vec::new(),
            shape: Shape::Elements,
        }
    }

    /// The elements of an array that came from these objects.
    pub fn loaded(json: &Json, sources: &Sources) -> Result<Self, NoItems> {
        Ok(Self {
            shape: Shape::Loaded(sources.clone()),
            ..Self::of(json)?
        })
    }

    /// The elements of an array, or the pairs of an object.
    pub fn of(json: &Json) -> Result<Self, NoItems> {
        if json.len() > MAX_ITEMS_BYTES {
            return Err(NoItems);
        }
        let Parts(parts) = serde_json::from_str(json.as_str()).map_err(|_| NoItems)?;
        let shape = if json.as_str().trim_start().starts_with('{') {
            Shape::Pairs
        } else {
            Shape::Elements
        };
        let mut text = String::with_capacity(json.len() + 2);
        let mut places = Vec::with_capacity(parts.len());
        text.push('[');
        for (key, value) in parts {
            if !places.is_empty() {
                text.push(',');
            }
            let start = text.len() as u32;
            match key {
                Some(key) => {
                    text.push_str("{\"Key\":");
                    push_string(&mut text, &key);
                    text.push_str(",\"Value\":");
                    push_compact(&mut text, value.get());
                    text.push('}');
                }
                None => push_compact(&mut text, value.get()),
            }
            places.push((start, text.len() as u32));
        }
        text.push(']');
        if text.len() > MAX_ITEMS_BYTES {
            return Err(NoItems);
        }
        let text = if text == json.as_str() {
            json.clone()
        } else {
            Json::trusted(text)
        };
        Ok(Self {
            text,
            places,
            shape,
        })
    }

    /// How many there are.
    pub fn len(&self) -> u32 {
        self.places.len() as u32
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// All of them, as an array.
    pub fn text(&self) -> &Json {
        &self.text
    }

    /// One of them.
    pub fn get(&self, index: u32) -> Option<Json> {
        let (start, end) = *self.places.get(index as usize)?;
        let text = self.text.as_str().get(start as usize..end as usize)?;
        Some(Json::trusted(text))
    }

    /// Text of those from `from` up to `to`, with commas between them.
    pub fn slice(&self, from: u32, to: u32) -> &str {
        let first = self.places.get(from as usize).map_or(0, |place| place.0);
        let last = match to.checked_sub(1) {
            Some(last) => self.places.get(last as usize).map_or(0, |place| place.1),
            None => 0,
        };
        self.text
            .as_str()
            .get(first as usize..last as usize)
            .unwrap_or("")
    }

    /// The object that an item came from, if that is not the same for all.
    pub fn source(&self, index: u32) -> Option<&str> {
        let Shape::Loaded(sources) = &self.shape else {
            return None;
        };
        let after = sources.partition_point(|(first, _)| *first <= index);
        let (_, source) = sources.get(after.checked_sub(1)?)?;
        Some(source)
    }

    /// Writes `"Index"`, `"Key"` and `"Value"` of the context object's `Map.Item`.
    pub fn push_context(&self, index: u32, out: &mut String) {
        out.push_str("\"Index\":");
        out.push_str(&index.to_string());
        let Some(item) = self.get(index) else {
            return;
        };
        let pair = (self.shape == Shape::Pairs)
            .then(|| serde_json::from_str::<Pair<'_>>(item.as_str()).ok())
            .flatten();
        if let Some(Pair { key, value }) = pair {
            out.push_str(",\"Key\":");
            out.push_str(key.get());
            out.push_str(",\"Value\":");
            out.push_str(value.get());
        } else {
            out.push_str(",\"Value\":");
            out.push_str(item.as_str());
        }
    }
}

#[derive(Deserialize)]
struct Pair<'a> {
    #[serde(rename = "Key", borrow)]
    key: &'a RawValue,
    #[serde(rename = "Value", borrow)]
    value: &'a RawValue,
}

/// The elements of an array (without a key) or the members of an object, in their order.
struct Parts<'a>(Vec<(Option<String>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Parts<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartsVisitor)
    }
}

struct PartsVisitor;

impl<'de> Visitor<'de> for PartsVisitor {
    type Value = Parts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while let Some(value) = items.next_element::<&'de RawValue>()? {
            parts.push((None, value));
        }
        Ok(Parts(parts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while let Some((key, value)) = members.next_entry::<String, &'de RawValue>()? {
            parts.push((Some(key), value));
        }
        Ok(Parts(parts))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Err(E::custom("null"))
    }
}

/// Appends JSON text without the white space between its tokens.
pub(crate) fn push_compact(out: &mut String, text: &str) {
    let mut rest = text;
    // Outside of strings white space is only ever between tokens.
    while let Some(quote) = rest.find('"') {
        let (tokens, string) = rest.split_at(quote);
        out.extend(tokens.chars().filter(|c| !c.is_ascii_whitespace()));
        let end = string_end(string);
        out.push_str(&string[..end]);
        rest = &string[end..];
    }
    out.extend(rest.chars().filter(|c| !c.is_ascii_whitespace()));
}

/// Length of the string that `text` begins with, its quotes included.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Items {
        Items::of(&Json::parse(text).unwrap()).unwrap()
    }

    #[test]
    fn an_array_gives_its_elements_without_white_space() {
        let items = items(" [ 1, \"a b\\\" c\" , { \"x\" : [ 2 , 3 ] }, null ] ");
        let found: Vec<String> = (0..items.len())
            .map(|i| items.get(i).unwrap().as_str().to_owned())
            .collect();
        assert_eq!(found, ["1", "\"a b\\\" c\"", "{\"x\":[2,3]}", "null"]);
        assert_eq!(items.slice(1, 3), "\"a b\\\" c\",{\"x\":[2,3]}");
        assert_eq!(items.slice(2, 2), "");
        assert_eq!(
            items.text().as_str(),
            "[1,\"a b\\\" c\",{\"x\":[2,3]},null]"
        );
    }

    #[test]
    fn an_object_gives_its_pairs_in_their_order() {
        let items = items("{\"z\": 1, \"a\": {\"b\": 2}}");
        assert_eq!(
            items.get(1).unwrap().as_str(),
            "{\"Key\":\"a\",\"Value\":{\"b\":2}}"
        );
        let mut context = String::new();
        items.push_context(1, &mut context);
        assert_eq!(context, "\"Index\":1,\"Key\":\"a\",\"Value\":{\"b\":2}");
    }

    #[test]
    fn an_item_came_from_the_last_object_that_begins_before_it() {
        let json = Json::parse("[1,2,3]").unwrap();
        let sources = vec![(0, "S3://b/a".to_owned()), (2, "S3://b/c".to_owned())];
        let items = Items::loaded(&json, &sources).unwrap();
        let found: Vec<_> = (0..3).map(|i| items.source(i)).collect();
        assert_eq!(
            found,
            [Some("S3://b/a"), Some("S3://b/a"), Some("S3://b/c")]
        );
        assert_eq!(Items::of(&json).unwrap().source(0), None);
    }

    #[test]
    fn anything_else_gives_no_items() {
        for text in ["1", "\"s\"", "true", "null"] {
            assert_eq!(
                Items::of(&Json::parse(text).unwrap()),
                Err(NoItems),
                "{text}"
            );
        }
        assert!(items("[]").is_empty());
    }

    #[test]
    fn an_array_without_white_space_is_not_copied() {
        let json = Json::parse("[1,2]").unwrap();
        let items = Items::of(&json).unwrap();
        assert!(std::ptr::eq(items.text().as_str(), json.as_str()));
    }
}
