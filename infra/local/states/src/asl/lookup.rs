//! Values that a JSONPath state looks up: by a path or by an intrinsic function.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};

use rand::rngs::SmallRng;

use super::expression::{Failure, Scope};
use super::intrinsic::{self, Call, CallFailure};
use super::path::walk::{self, Kind};
use super::path::{Missing, NotAPath, Path, Root};
use super::{chance, errors};
use crate::json::Json;

/// A path or an intrinsic function, as the value of a field whose name ends in `.$` or `Path`.
#[derive(Debug)]
pub enum Lookup {
    /// `$.a`, `$$.State.Name`, `$variable`.
    Path(Path),
    /// `States.UUID()`.
    Call(Box<Call>),
}

/// What paths see while one field is evaluated. The context object is written at most once.
pub(super) struct Sight<'a> {
    scope: &'a Scope<'a>,
    data: &'a str,
    field: &'a str,
    context: OnceCell<Json>,
    chance: RefCell<Option<SmallRng>>,
}

/// A path that leads to nothing.
#[derive(Debug)]
pub(super) struct Unfound {
    /// The path.
    pub(super) source: String,
    /// What it was followed in.
    pub(super) data: String,
    /// Why, or `None` when there was nothing to follow it in.
    pub(super) missing: Option<Missing>,
}

impl<'a> Sight<'a> {
    /// Paths from `$` are followed in `data`, for `field`.
    pub(super) fn new(scope: &'a Scope<'a>, data: &'a Json, field: &'a str) -> Self {
        Self {
            scope,
            data: walk::node_of(data.as_str()),
            field,
            context: OnceCell::new(),
            chance: RefCell::new(None),
        }
    }

    pub(super) fn find(&self, path: &Path) -> Result<Cow<'_, str>, Unfound> {
        let unfound = |data: &str, missing| Unfound {
            source: path.source().to_owned(),
            data: data.to_owned(),
            missing,
        };
        let root = match path.root() {
            Root::Data | Root::Item => self.data,
            Root::Context => {
                let context = self.context.get_or_init(|| self.scope.context.context());
                context.as_str()
            }
            Root::Variable(name) => match self.scope.variables.get(name) {
                Some(value) => walk::node_of(value.as_str()),
                None => {
                    let missing = Missing::variable(name);
                    return Err(unfound(self.data, Some(missing)));
                }
            },
        };
        if walk::kind(root) == Kind::Null && !path.is_root() {
            return Err(unfound(root, None));
        }
        path.find(root, self.data)
            .map_err(|missing| unfound(root, Some(missing)))
    }

    /// Chance that is the same whenever the same step is made again.
    pub(super) fn chance<T>(&self, take: impl FnOnce(&mut SmallRng) -> T) -> T {
        let mut drawn = self.chance.borrow_mut();
        take(drawn.get_or_insert_with(|| chance::of_field(self.scope.seed, self.field)))
    }
}

impl Unfound {
    /// In the words that AWS has for paths on their own: `InputPath`, `OutputPath`, `TimeoutSecondsPath`, ...
    pub(super) fn invalid_path(self) -> Failure {
        let sentence = match self.missing {
            Some(missing) => format!("Invalid path '{}' : {}", self.source, missing.detail),
            None => NOTHING_THERE.to_owned(),
        };
        Failure::runtime(sentence)
    }

    /// In the words that AWS has for fields inside a template, and for `ErrorPath` and `CausePath`.
    pub(super) fn in_field(self, field: &str) -> Failure {
        let sentence = match self.missing {
            Some(_) => format!(
                "The JSONPath '{}' specified for the field '{field}' could not be found in the input '{}'",
                self.source, self.data
            ),
            None => NOTHING_THERE.to_owned(),
        };
        Failure::runtime(sentence)
    }
}

const NOTHING_THERE: &str = "Unable to apply Path transformation to null or empty input.";

impl Lookup {
    /// Parses a path or a call.
    pub(super) fn parse(text: &str) -> Result<Self, NotAPath> {
        if intrinsic::looks_like_call(text) {
            return intrinsic::call(text).map(|call| Self::Call(Box::new(call)));
        }
        Path::parse(text).map(Self::Path)
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        match self {
            Self::Path(path) => path.source(),
            Self::Call(call) => call.source(),
        }
    }

    /// The value as JSON text. `field` is the name of the field, for the error.
    pub(super) fn value<'s>(
        &'s self,
        sight: &'s Sight<'_>,
        field: &str,
    ) -> Result<Cow<'s, str>, Failure> {
        match self {
            Self::Path(path) => sight.find(path).map_err(|unfound| unfound.in_field(field)),
            Self::Call(call) => {
                call.value(sight)
                    .map(Cow::Owned)
                    .map_err(|failure| match failure {
                        CallFailure::Unfound(unfound) => unfound.in_field(field),
                        CallFailure::Refused { call, why } => Failure::plain(
                            errors::INTRINSIC,
                            format!("The function '{call}' had the following error: {why}"),
                        ),
                    })
            }
        }
    }
}

/// A node that was found, without the space between its tokens.
pub(super) fn json(node: &str) -> Json {
    let mut out = String::with_capacity(node.len());
    walk::compact(node, &mut out);
    Json::trusted(out)
}
