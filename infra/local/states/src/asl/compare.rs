//! Data-test expressions: the Choice rules of JSONPath states.
//!
//! Source: states-language.net, "Choice State", "Data-test expression", and the developer guide, "Choice workflow state".
//! A value of another type than the operator's makes the test false; a path that leads to nothing is an error, except
//! for `IsPresent`.

use std::cmp::Ordering;

use super::expression::Failure;
use super::lookup::Sight;
use super::path::Path;
use super::path::same;
use super::path::walk::{self, Kind};

/// A test, or several joined.
#[derive(Debug)]
pub enum Test {
    /// `And`.
    All(Vec<Test>),
    /// `Or`.
    Any(Vec<Test>),
    /// `Not`.
    Not(Box<Test>),
    /// One operator.
    One(Box<Comparison>),
}

/// An operator on a variable.
#[derive(Debug)]
pub struct Comparison {
    /// `Variable`.
    pub(super) variable: Path,
    pub(super) operator: Operator,
}

#[derive(Debug)]
pub(super) enum Operator {
    /// `StringLessThan` and the like.
    Ordered(Family, Ways, Operand),
    /// `StringMatches`.
    Matches(Vec<Piece>),
    /// `IsNull` and the like, true or false.
    Is(Type, bool),
}

/// What an operator compares with.
#[derive(Debug)]
pub(super) enum Operand {
    /// A literal, as JSON text.
    Literal(String),
    /// The `...Path` variant.
    Path(Path),
}

/// The types that have operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    String,
    Numeric,
    Boolean,
    Timestamp,
}

/// Which orders pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ways {
    Equals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

/// What `Is...` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Present,
    Numeric,
    String,
    Boolean,
    Timestamp,
}

/// A piece of a `StringMatches` pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// These characters.
    Text(String),
    /// `*`: any characters, or none.
    Any,
}

/// An operator's name without `Path`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Ordered(Family, Ways),
    Matches,
    Is(Type),
}

/// Every operator of the States Language; the ordered ones exist with `Path` behind the name as well.
pub(super) const OPERATORS: &[(&str, Name)] = &[
    ("StringEquals", Name::Ordered(Family::String, Ways::Equals)),
    (
        "StringLessThan",
        Name::Ordered(Family::String, Ways::LessThan),
    ),
    (
        "StringLessThanEquals",
        Name::Ordered(Family::String, Ways::LessThanEquals),
    ),
    (
        "StringGreaterThan",
        Name::Ordered(Family::String, Ways::GreaterThan),
    ),
    (
        "StringGreaterThanEquals",
        Name::Ordered(Family::String, Ways::GreaterThanEquals),
    ),
    ("StringMatches", Name::Matches),
    (
        "NumericEquals",
        Name::Ordered(Family::Numeric, Ways::Equals),
    ),
    (
        "NumericLessThan",
        Name::Ordered(Family::Numeric, Ways::LessThan),
    ),
    (
        "NumericLessThanEquals",
        Name::Ordered(Family::Numeric, Ways::LessThanEquals),
    ),
    (
        "NumericGreaterThan",
        Name::Ordered(Family::Numeric, Ways::GreaterThan),
    ),
    (
        "NumericGreaterThanEquals",
        Name::Ordered(Family::Numeric, Ways::GreaterThanEquals),
    ),
    (
        "BooleanEquals",
        Name::Ordered(Family::Boolean, Ways::Equals),
    ),
    (
        "TimestampEquals",
        Name::Ordered(Family::Timestamp, Ways::Equals),
    ),
    (
        "TimestampLessThan",
        Name::Ordered(Family::Timestamp, Ways::LessThan),
    ),
    (
        "TimestampLessThanEquals",
        Name::Ordered(Family::Timestamp, Ways::LessThanEquals),
    ),
    (
        "TimestampGreaterThan",
        Name::Ordered(Family::Timestamp, Ways::GreaterThan),
    ),
    (
        "TimestampGreaterThanEquals",
        Name::Ordered(Family::Timestamp, Ways::GreaterThanEquals),
    ),
    ("IsNull", Name::Is(Type::Null)),
    ("IsPresent", Name::Is(Type::Present)),
    ("IsNumeric", Name::Is(Type::Numeric)),
    ("IsString", Name::Is(Type::String)),
    ("IsBoolean", Name::Is(Type::Boolean)),
    ("IsTimestamp", Name::Is(Type::Timestamp)),
];

/// The operator that a field names, and whether it is its `...Path` variant.
pub(super) fn operator(field: &str) -> Option<(Name, bool)> {
    let named = |name: &str| {
        OPERATORS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, n)| *n)
    };
    if let Some(name) = named(field) {
        return Some((name, false));
    }
    match named(field.strip_suffix("Path")?)? {
        name @ Name::Ordered(..) => Some((name, true)),
        Name::Matches | Name::Is(_) => None,
    }
}

impl Test {
    /// Does it hold for the data in sight?
    pub(super) fn holds(&self, sight: &Sight<'_>) -> Result<bool, Failure> {
        match self {
            Self::All(tests) => {
                for test in tests {
                    if !test.holds(sight)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(tests) => {
                for test in tests {
                    if test.holds(sight)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(test) => Ok(!test.holds(sight)?),
            Self::One(comparison) => comparison.holds(sight),
        }
    }
}

impl Comparison {
    fn holds(&self, sight: &Sight<'_>) -> Result<bool, Failure> {
        let held = sight.held();
        let holds = self.compares(sight);
        // What was looked up is let go.
        sight.settle(held)?;
        holds
    }

    fn compares(&self, sight: &Sight<'_>) -> Result<bool, Failure> {
        let variable = match sight.find(&self.variable) {
            Ok(node) => Some(node),
            Err(unfound) => match unfound.beyond() {
                // What could not be looked for to its end may be there.
                Some(failure) => return Err(failure),
                None => None,
            },
        };
        if let Operator::Is(Type::Present, wanted) = &self.operator {
            return Ok(variable.is_some() == *wanted);
        }
        let invalid = |source: &str| {
            Failure::runtime(format!(
                "Invalid path '{source}': The choice state's condition path references an invalid value."
            ))
        };
        let Some(variable) = variable else {
            return Err(invalid(self.variable.source()));
        };
        match &self.operator {
            Operator::Is(asked, wanted) => Ok(asked.is(&variable) == *wanted),
            Operator::Matches(pieces) => {
                Ok(walk::string(&variable).is_some_and(|text| matches(&text, pieces)))
            }
            Operator::Ordered(family, ways, operand) => {
                let order = match operand {
                    Operand::Literal(text) => family.order(&variable, text),
                    Operand::Path(path) => {
                        let other = sight.find(path).map_err(|unfound| {
                            unfound.beyond().unwrap_or_else(|| invalid(path.source()))
                        })?;
                        family.order(&variable, &other)
                    }
                };
                Ok(order.is_some_and(|order| ways.pass(order)))
            }
        }
    }
}

impl Family {
    /// How two nodes stand, if both are of this type.
    fn order(self, a: &str, b: &str) -> Option<Ordering> {
        let both = |wanted: Kind| walk::kind(a) == wanted && walk::kind(b) == wanted;
        match self {
            Self::String => both(Kind::String).then(|| same::order(a, b))?,
            Self::Numeric => both(Kind::Number).then(|| same::order(a, b))?,
            Self::Boolean => both(Kind::Boolean).then(|| a.cmp(b)),
            Self::Timestamp => {
                let (a, b) = (walk::string(a)?, walk::string(b)?);
                Some(timestamp(&a)?.cmp(&timestamp(&b)?))
            }
        }
    }

    /// Is this literal of the type?
    pub(super) fn takes(self, node: &str) -> bool {
        self.order(node, node).is_some()
    }

    /// The type in words, for a diagnostic.
    pub(super) fn wants(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Numeric => "a number",
            Self::Boolean => "true or false",
            Self::Timestamp => "a time like 2026-03-14T01:59:00Z (RFC 3339)",
        }
    }
}

impl Ways {
    fn pass(self, order: Ordering) -> bool {
        match self {
            Self::Equals => order.is_eq(),
            Self::LessThan => order.is_lt(),
            Self::LessThanEquals => order.is_le(),
            Self::GreaterThan => order.is_gt(),
            Self::GreaterThanEquals => order.is_ge(),
        }
    }
}

impl Type {
    fn is(self, node: &str) -> bool {
        let kind = walk::kind(node);
        match self {
            Self::Null => kind == Kind::Null,
            Self::Present => true,
            Self::Numeric => kind == Kind::Number,
            Self::String => kind == Kind::String,
            Self::Boolean => kind == Kind::Boolean,
            Self::Timestamp => walk::string(node).is_some_and(|text| timestamp(&text).is_some()),
        }
    }
}

/// A time as the States Language takes it: RFC 3339 with a capital `T`, and a capital `Z` or an offset.
pub(super) fn timestamp(text: &str) -> Option<jiff::Timestamp> {
    let bytes = text.as_bytes();
    let zone = bytes
        .len()
        .checked_sub(6)
        .map_or(&[][..], |at| &bytes[at..]);
    let zoned = text.ends_with('Z') || matches!(zone, [b'+' | b'-', _, _, b':', _, _]);
    if bytes.get(10) != Some(&b'T') || !zoned || text.contains(['[', ' ']) {
        return None;
    }
    text.parse().ok()
}

/// Reads a `StringMatches` pattern: `*` is a wildcard, `\*` and `\\` are characters. Another `\` is an error.
pub(super) fn pattern(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                if pieces.last() != Some(&Piece::Any) {
                    pieces.push(Piece::Any);
                }
            }
            '\\' => match chars.next()? {
                c @ ('*' | '\\') => plain.push(c),
                _other => return None,
            },
            c => plain.push(c),
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Some(pieces)
}

/// Takes each text at its first place, which is right because wildcards take anything.
fn matches(text: &str, pieces: &[Piece]) -> bool {
    let mut rest = text;
    for (i, piece) in pieces.iter().enumerate() {
        let Piece::Text(wanted) = piece else { continue };
        let after_any = i > 0;
        let last = i + 1 == pieces.len();
        match (after_any, last) {
            (false, true) => return rest == wanted,
            (false, false) => match rest.strip_prefix(wanted.as_str()) {
                Some(next) => rest = next,
                None => return false,
            },
            (true, true) => return rest.ends_with(wanted.as_str()),
            (true, false) => match rest.find(wanted.as_str()) {
                Some(at) => rest = &rest[at + wanted.len()..],
                None => return false,
            },
        }
    }
    // Behind a wildcard anything may follow; without one nothing may.
    pieces.last() == Some(&Piece::Any) || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_anything_and_an_escaped_one_itself() {
        let is = |text: &str, shape: &str| matches(text, &pattern(shape).unwrap());
        assert!(is("foo23.log", "foo*.log"));
        assert!(is("zebra.log", "*.log"));
        assert!(is("foobar.zebra", "foo*.*"));
        assert!(is("a*b", "a\\*b"));
        assert!(!is("axb", "a\\*b"));
        assert!(is("a\\b", "a\\\\b"));
        assert!(is("", ""));
        assert!(is("", "*"));
        assert!(!is("x", ""));
        assert!(is("aXbXc", "a*b*c"));
        assert!(!is("abab", "ab"));
        assert!(is("abab", "*ab"));
        assert!(!is("ab", "ab*ab"));
        assert_eq!(pattern("a\\b"), None);
    }

    #[test]
    fn a_time_has_capitals_and_a_zone() {
        for good in [
            "2016-03-14T01:59:00Z",
            "2016-03-14T01:59:00.123Z",
            "2012-10-09T19:00:55+01:00",
        ] {
            assert!(timestamp(good).is_some(), "{good}");
        }
        for bad in [
            "2016-03-14t01:59:00Z",
            "2016-03-14T01:59:00z",
            "2016-03-14T01:59:00",
            "2016-03-14 01:59:00Z",
            "2016-03-14",
            "",
            "date",
            "2016-13-05T21:29:29Z",
            "2016-12-05T25:29:29Z",
        ] {
            assert!(timestamp(bad).is_none(), "{bad}");
        }
    }
}
