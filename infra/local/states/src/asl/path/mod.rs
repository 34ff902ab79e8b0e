//! Paths of the JSONPath query language, in the dialect that Step Functions takes.
//!
//! Source: states-language.net, "Paths" and "Reference Paths", and the developer guide, "Using JSONPath paths". A path
//! is parsed once, when its definition is compiled. It is definite when it can only name one value (`$.a[0].b`); then
//! it gives that value, or it is missing. Any other path gives an array, which may be empty.

mod decimal;
mod filter;
mod find;
mod meter;
mod parse;
mod pattern;
mod place;
pub(super) mod same;
pub(super) mod walk;

use std::borrow::Cow;
use std::sync::Arc;

pub(super) use find::{Missing, Why};
pub(super) use meter::{MAX_ROOM_BYTES, Meter};
pub(super) use parse::Cursor;
pub use place::Place;

/// Longest path, in bytes.
pub const MAX_PATH_BYTES: usize = 1_024;

/// A parsed path.
#[derive(Debug)]
pub struct Path {
    source: String,
    root: Root,
    steps: Vec<Step>,
    /// Can it only name one value?
    definite: bool,
    /// The variables that its filters look at.
    filtered_by: Vec<Arc<str>>,
}

/// What a path starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Root {
    /// `$`: the data of the field.
    Data,
    /// `$$`: the context object.
    Context,
    /// `$name`: a variable.
    Variable(Arc<str>),
    /// `@`: the item that a filter looks at.
    Item,
}

/// What the first signs of paths mean, wherever in a path they stand.
pub(super) trait Roots {
    /// The node, or `None` if there is no variable of this name.
    fn root(&self, root: &Root) -> Option<&str>;
}

/// One step of a path.
#[derive(Debug)]
enum Step {
    /// `.a` or `['a']`.
    Member(String),
    /// `['a','b']`.
    Members(Vec<String>),
    /// `[1]` or `[-1]`.
    Index(i64),
    /// `[0,2]`.
    Indices(Vec<i64>),
    /// `[1:3]`, either end absent.
    Slice(Option<i64>, Option<i64>),
    /// `*`.
    All,
    /// `..`: the value itself and everything inside.
    Descend,
    /// `[?(...)]`.
    Filter(Box<filter::Filter>),
    /// `.length()` and the like.
    Call(Function),
}

/// Functions at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Length,
    Min,
    Max,
    Sum,
    Avg,
    Stddev,
    Keys,
    First,
    Last,
}

/// Text that is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why} at character {at} of '{source_text}'")]
pub struct NotAPath {
    /// What is wrong.
    pub why: &'static str,
    /// Where, counted from 1.
    pub at: usize,
    /// The text.
    pub source_text: String,
}

impl Path {
    /// Parses a whole text.
    pub fn parse(text: &str) -> Result<Self, NotAPath> {
        let mut cursor = Cursor::new(text);
        let path = cursor.path()?;
        cursor.end()?;
        Ok(path)
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn root(&self) -> &Root {
        &self.root
    }

    /// Is it only `$`?
    pub(super) fn is_whole_data(&self) -> bool {
        self.root == Root::Data && self.steps.is_empty()
    }

    /// Has it no steps?
    pub(super) fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// The variables that it looks at, at its beginning and in its filters.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        let own = match &self.root {
            Root::Variable(name) => Some(name),
            Root::Data | Root::Context | Root::Item => None,
        };
        own.into_iter().chain(&self.filtered_by).map(|name| &**name)
    }

    /// Follows it. What it looks at and makes is counted by the `meter` of its field.
    pub(super) fn find<'t>(
        &self,
        roots: &'t dyn Roots,
        meter: &Meter,
    ) -> Result<Cow<'t, str>, Missing> {
        find::find(self, roots, meter)
    }

    /// Can it only name one value?
    pub fn is_definite(&self) -> bool {
        self.definite
    }
}

impl Function {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("length", Self::Length),
        ("size", Self::Length),
        ("min", Self::Min),
        ("max", Self::Max),
        ("sum", Self::Sum),
        ("avg", Self::Avg),
        ("stddev", Self::Stddev),
        ("keys", Self::Keys),
        ("first", Self::First),
        ("last", Self::Last),
    ];
}

#[cfg(test)]
mod tests;
