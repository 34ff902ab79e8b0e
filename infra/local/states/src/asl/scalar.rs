//! Fields that hold one text or one number of seconds, in any of the ways to give it.

use super::expression::{Expression, Failure, Scope};
use super::lookup::{Lookup, Sight};
use super::path::Path;
use super::path::walk::{self, Kind};

/// A field that is a string, or gives one.
#[derive(Debug)]
pub enum Text {
    /// As written.
    Literal(String),
    /// To evaluate.
    Expression(Expression),
    /// To look up: the `...Path` variant.
    Lookup {
        /// The field's name, with `Path`.
        field: String,
        /// The path or intrinsic function.
        lookup: Lookup,
    },
}

/// A field that is a number of seconds, or gives one.
#[derive(Debug)]
pub enum Seconds {
    /// As written.
    Literal(u32),
    /// To evaluate.
    Expression(Expression),
    /// To look up: the `...Path` variant.
    Path {
        /// The field's name, with `Path`.
        field: String,
        /// The path.
        path: Path,
    },
}

impl Text {
    /// The text. `scope.input` is what the state's paths look into; `field` is the field's name in JSONata.
    pub fn read(&self, scope: &Scope<'_>, field: &str) -> Result<String, Failure> {
        match self {
            Self::Literal(text) => Ok(text.clone()),
            Self::Expression(expression) => expression.string(scope, field),
            Self::Lookup { field, lookup } => {
                let sight = Sight::new(scope, scope.input, field);
                let node = lookup.value(&sight, field)?;
                match walk::string(&node) {
                    Some(text) => Ok(text.into_owned()),
                    // What takes only some texts says itself what it was given.
                    None if field == "TimestampPath" => Ok(node.into_owned()),
                    None => Err(Failure::runtime(format!(
                        "The {field} parameter does not reference a string: {} == {node}",
                        lookup.source()
                    ))),
                }
            }
        }
    }
}

impl Seconds {
    /// The number, from `least` to `most`. `scope.input` is what the state's paths look into; `field` is the field's name
    /// in JSONata.
    pub fn read(
        &self,
        scope: &Scope<'_>,
        field: &str,
        least: u32,
        most: u32,
    ) -> Result<u32, Failure> {
        match self {
            Self::Literal(seconds) => Ok(*seconds),
            Self::Expression(expression) => expression.whole(scope, field, least, most),
            Self::Path { field, path } => at_path(path, scope, field, least, most),
        }
    }
}

fn at_path(
    path: &Path,
    scope: &Scope<'_>,
    field: &str,
    least: u32,
    most: u32,
) -> Result<u32, Failure> {
    let source = path.source();
    let sight = Sight::new(scope, scope.input, field);
    let node = sight.find(path).map_err(|unfound| match field {
        "SecondsPath" => Failure::runtime(format!(
            "The SecondsPath parameter does not reference an input value: {source}"
        )),
        _timeout => unfound.invalid_path(),
    })?;
    let unfit =
        |how: &str| Failure::runtime(format!("The {field} parameter {how}: {source} == {node}"));
    let whole = match walk::kind(&node) {
        Kind::Number => node.parse::<i64>().ok(),
        Kind::Null | Kind::Boolean | Kind::String | Kind::Array | Kind::Object => None,
    };
    match whole {
        None => Err(unfit("cannot be parsed as a long value")),
        Some(seconds) if seconds < 0 => Err(unfit("references a negative value")),
        Some(seconds) => u32::try_from(seconds)
            .ok()
            .filter(|seconds| (least..=most).contains(seconds))
            .ok_or_else(|| unfit(&format!("must be from {least} to {most}"))),
    }
}
