//! Intrinsic functions: `States.Format('{}', $.name)`.
//!
//! Source: states-language.net, "Intrinsic Functions", and the developer guide, "Intrinsics for JSONPath states". Arguments
//! are paths, texts in single quotes, numbers, `true`, `false`, `null` and further calls, at most ten deep.

mod array;
mod number;
mod parse;
mod text;

use std::borrow::Cow;

use super::expression::Failure;
use super::lookup::{Sight, Unfound};
use super::path::Path;
use super::path::walk::{self, Kind};

pub(super) use parse::{call, looks_like_call};

/// Deepest nesting of calls (guide: "up to 10 intrinsic functions").
pub const MAX_NESTED_CALLS: usize = 10;

/// A call as it is written in a definition.
#[derive(Debug)]
pub struct Call {
    function: Function,
    arguments: Vec<Argument>,
    source: String,
}

#[derive(Debug)]
enum Argument {
    Path(Path),
    /// Between its quotes, with its escapes.
    Text(String),
    /// A number, Boolean or null.
    Json(String),
    Call(Call),
}

/// Every function of the States Language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Format,
    StringToJson,
    JsonToString,
    Array,
    ArrayPartition,
    ArrayContains,
    ArrayRange,
    ArrayGetItem,
    ArrayLength,
    ArrayUnique,
    Base64Encode,
    Base64Decode,
    Hash,
    JsonMerge,
    MathRandom,
    MathAdd,
    StringSplit,
    Uuid,
}

/// Name, function, fewest and most arguments.
const FUNCTIONS: &[(&str, Function, usize, usize)] = &[
    ("Format", Function::Format, 1, usize::MAX),
    ("StringToJson", Function::StringToJson, 1, 1),
    ("JsonToString", Function::JsonToString, 1, 1),
    ("Array", Function::Array, 0, usize::MAX),
    ("ArrayPartition", Function::ArrayPartition, 2, 2),
    ("ArrayContains", Function::ArrayContains, 2, 2),
    ("ArrayRange", Function::ArrayRange, 3, 3),
    ("ArrayGetItem", Function::ArrayGetItem, 2, 2),
    ("ArrayLength", Function::ArrayLength, 1, 1),
    ("ArrayUnique", Function::ArrayUnique, 1, 1),
    ("Base64Encode", Function::Base64Encode, 1, 1),
    ("Base64Decode", Function::Base64Decode, 1, 1),
    ("Hash", Function::Hash, 2, 2),
    ("JsonMerge", Function::JsonMerge, 3, 3),
    ("MathRandom", Function::MathRandom, 2, 3),
    ("MathAdd", Function::MathAdd, 2, 2),
    ("StringSplit", Function::StringSplit, 2, 2),
    ("UUID", Function::Uuid, 0, 0),
];

/// Why a call gave nothing.
#[derive(Debug)]
pub(super) enum CallFailure {
    /// A path among the arguments leads to nothing.
    Unfound(Unfound),
    /// The field looks at more, or makes more, than it may.
    Beyond(Failure),
    /// The function refused its arguments.
    Refused {
        /// The call, as written.
        call: String,
        why: String,
    },
}

/// What a function says when it refuses.
type Outcome = Result<String, String>;

impl Call {
    /// As it was written.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The value, as JSON text.
    pub(super) fn value(&self, sight: &Sight<'_>) -> Result<String, CallFailure> {
        // The template keeps its escapes: they say which braces are not places for arguments.
        let skipped = match (self.function, self.arguments.first()) {
            (Function::Format, Some(Argument::Text(_))) => 1,
            _other => 0,
        };
        let nodes = self.arguments[skipped..]
            .iter()
            .map(|argument| argument.value(sight))
            .collect::<Result<Vec<_>, _>>()?;
        let nodes = Nodes(nodes);
        // What a function makes is some times as large as what it is given.
        let given = nodes.0.iter().map(|node| node.len()).sum();
        sight.spend(given).map_err(CallFailure::Beyond)?;
        let outcome = match (self.function, self.arguments.first()) {
            (Function::Format, Some(Argument::Text(template))) => text::format(template, &nodes.0),
            _other => self.function.apply(&nodes, sight),
        };
        let value = outcome.map_err(|why| CallFailure::Refused {
            call: self.source.clone(),
            why,
        })?;
        sight.spend(value.len()).map_err(CallFailure::Beyond)?;
        Ok(value)
    }

    /// The variables that its arguments look at.
    pub(super) fn variables(&self) -> Vec<&str> {
        let all = self.arguments.iter().flat_map(|argument| match argument {
            Argument::Path(path) => path.variables().collect(),
            Argument::Call(call) => call.variables(),
            Argument::Text(_) | Argument::Json(_) => Vec::new(),
        });
        all.collect()
    }
}

impl Argument {
    fn value<'s>(&'s self, sight: &'s Sight<'_>) -> Result<Cow<'s, str>, CallFailure> {
        match self {
            Self::Path(path) => sight.find(path).map_err(CallFailure::Unfound),
            Self::Text(raw) => {
                let mut out = String::new();
                crate::json::push_string(&mut out, &text::unescaped(raw));
                Ok(Cow::Owned(out))
            }
            Self::Json(text) => Ok(Cow::Borrowed(text)),
            Self::Call(call) => call.value(sight).map(Cow::Owned),
        }
    }
}

impl Function {
    fn apply(self, nodes: &Nodes<'_>, sight: &Sight<'_>) -> Outcome {
        match self {
            Self::Format => text::format_given(nodes),
            Self::StringToJson => text::string_to_json(nodes),
            Self::JsonToString => text::json_to_string(nodes),
            Self::Array => Ok(array::array(nodes)),
            Self::ArrayPartition => array::partition(nodes),
            Self::ArrayContains => array::contains(nodes),
            Self::ArrayRange => array::range(nodes),
            Self::ArrayGetItem => array::get_item(nodes),
            Self::ArrayLength => array::length(nodes),
            Self::ArrayUnique => array::unique(nodes),
            Self::Base64Encode => text::base64_encode(nodes),
            Self::Base64Decode => text::base64_decode(nodes),
            Self::Hash => text::hash(nodes),
            Self::JsonMerge => text::json_merge(nodes),
            Self::MathRandom => number::random(nodes, sight),
            Self::MathAdd => number::add(nodes),
            Self::StringSplit => text::split(nodes),
            Self::Uuid => Ok(number::uuid(sight)),
        }
    }
}

/// The arguments of a call, as JSON text.
struct Nodes<'a>(Vec<Cow<'a, str>>);

impl Nodes<'_> {
    /// Argument number `place`, counted from 0; null when it was not given.
    fn get(&self, place: usize) -> &str {
        self.0.get(place).map_or("null", |node| node)
    }

    fn array(&self, place: usize) -> Result<&str, String> {
        let node = self.get(place);
        match walk::kind(node) {
            Kind::Array => Ok(node),
            other => Err(self.unexpected(place, "an array", other)),
        }
    }

    fn string(&self, place: usize) -> Result<Cow<'_, str>, String> {
        let node = self.get(place);
        walk::string(node).ok_or_else(|| self.unexpected(place, "a string", walk::kind(node)))
    }

    /// A number, rounded to a whole one as the guide says.
    fn whole(&self, place: usize) -> Result<i64, String> {
        let node = self.get(place);
        let number = walk::number(node)
            .ok_or_else(|| self.unexpected(place, "a number", walk::kind(node)))?;
        Ok(number::rounded(number))
    }

    fn unexpected(&self, place: usize, wanted: &str, found: Kind) -> String {
        let which = ["first", "second", "third"].get(place).unwrap_or(&"next");
        format!(
            "The {which} argument must be {wanted}, but it is of type {}",
            found.word()
        )
    }
}

/// A number as JSON text; whole numbers have no point.
pub(super) fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return (number as i64).to_string();
    }
    if number.is_finite() {
        number.to_string()
    } else {
        "null".to_owned()
    }
}

#[cfg(test)]
mod tests;
