//! Values that a JSONPath state looks up: by a path or by an intrinsic function.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};

use rand::rngs::SmallRng;

use super::expression::{Failure, Scope};
use super::intrinsic::{self, Call, CallFailure};
use super::path::walk::{self, Kind};
use super::path::{MAX_ROOM_BYTES, Meter, Missing, NotAPath, Path, Root, Roots, Why};
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

/// What paths see while one field is evaluated, and what they may look at and make. The context object is written at most once.
pub(super) struct Sight<'a> {
    scope: &'a Scope<'a>,
    data: &'a str,
    field: &'a str,
    context: OnceCell<Json>,
    chance: RefCell<Option<SmallRng>>,
    meter: Meter,
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
            meter: Meter::new(),
        }
    }

    pub(super) fn find(&self, path: &Path) -> Result<Cow<'_, str>, Unfound> {
        let unfound = |data: &str, missing| Unfound {
            source: path.source().to_owned(),
            data: data.to_owned(),
            missing,
        };
        let root = self.root(path.root());
        if root.is_some_and(|root| walk::kind(root) == Kind::Null) && !path.is_root() {
            return Err(unfound("null", None));
        }
        path.find(self, &self.meter)
            .map_err(|missing| unfound(root.unwrap_or(self.data), Some(missing)))
    }

    /// Notes that a function is given so much text, or makes so much.
    pub(super) fn spend(&self, bytes: usize) -> Result<(), Failure> {
        self.meter.look(bytes);
        self.meter.hold(bytes);
        if self.meter.is_spent() {
            let sentence = "The functions and paths of a field look at too much of its data.";
            return Err(Failure::runtime(sentence.to_owned()));
        }
        self.check_room()
    }

    /// How much text is held.
    pub(super) fn held(&self) -> usize {
        self.meter.held()
    }

    /// Says how much text is still held, unless that is too much.
    pub(super) fn settle(&self, bytes: usize) -> Result<(), Failure> {
        self.meter.settle(bytes);
        self.check_room()
    }

    fn check_room(&self) -> Result<(), Failure> {
        if self.meter.is_full() {
            return Err(too_large());
        }
        Ok(())
    }

    /// Chance that is the same whenever the same step is made again.
    pub(super) fn chance<T>(&self, take: impl FnOnce(&mut SmallRng) -> T) -> T {
        let mut drawn = self.chance.borrow_mut();
        take(drawn.get_or_insert_with(|| chance::of_field(self.scope.seed, self.field)))
    }
}

impl Roots for Sight<'_> {
    fn root(&self, root: &Root) -> Option<&str> {
        match root {
            Root::Data | Root::Item => Some(self.data),
            Root::Context => {
                let context = self.context.get_or_init(|| self.scope.context.context());
                Some(context.as_str())
            }
            Root::Variable(name) => {
                let value = self.scope.variables.get(name)?;
                Some(walk::node_of(value.as_str()))
            }
        }
    }
}

/// A field makes more than it has room for. The core says which state's it is.
pub(super) fn too_large() -> Failure {
    let sentence = format!("A field makes more than {MAX_ROOM_BYTES} bytes.");
    Failure::plain(errors::DATA_LIMIT, sentence)
}

impl Unfound {
    /// What the search failed with if it was broken off: then it is not known what is there.
    pub(super) fn beyond(&self) -> Option<Failure> {
        let missing = self.missing.as_ref()?;
        match missing.why {
            Why::Absent | Why::Unfit => None,
            Why::Spent => Some(Failure::runtime(format!(
                "Invalid path '{}' : {}",
                self.source, missing.detail
            ))),
            Why::Full => Some(too_large()),
        }
    }

    /// In the words that AWS has for paths on their own: `InputPath`, `OutputPath`, `TimeoutSecondsPath`, ...
    pub(super) fn invalid_path(self) -> Failure {
        if let Some(failure) = self.beyond() {
            return failure;
        }
        let sentence = match self.missing {
            Some(missing) => format!("Invalid path '{}' : {}", self.source, missing.detail),
            None => NOTHING_THERE.to_owned(),
        };
        Failure::runtime(sentence)
    }

    /// In the words that AWS has for fields inside a template, and for `ErrorPath` and `CausePath`.
    pub(super) fn in_field(self, field: &str) -> Failure {
        if let Some(failure) = self.beyond() {
            return failure;
        }
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

    /// The variables that it looks at.
    pub(super) fn variables(&self) -> Vec<&str> {
        match self {
            Self::Path(path) => path.variables().collect(),
            Self::Call(call) => call.variables(),
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
                        CallFailure::Beyond(failure) => failure,
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
