//! How data passes through a state, in either query language.
//!
//! A state takes its input, works, and leaves with an output and with variables. The core asks three questions - what
//! does the work get, what does the state leave with, what do paths look into - and does not know the language.
//!
//! Source: developer guide, "Processing input and output", "Passing data between states with variables".

use std::sync::Arc;

use super::errors;
use super::expression::{Failure, Scope};
use super::lookup::Sight;
use super::path::{Path, Place};
use super::template::Template;
use crate::json::Json;

/// The query language of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `JSONPath`, the default.
    JsonPath,
    /// `JSONata`.
    Jsonata,
}

/// The fields of a state that say how data passes.
#[derive(Debug)]
pub enum Data {
    /// `Arguments`, `Output`, `Assign`.
    Jsonata(Box<Jsonata>),
    /// `InputPath`, `Parameters`, `Result`, `ResultSelector`, `ResultPath`, `OutputPath`, `Assign`.
    JsonPath(Box<JsonPath>),
}

/// A JSONata state's fields.
#[derive(Debug, Default)]
pub struct Jsonata {
    /// `Arguments`.
    pub(super) arguments: Option<Template>,
    /// `Assign`.
    pub(super) assign: Option<Template>,
    /// `Output`.
    pub(super) output: Option<Template>,
}

/// A JSONPath state's fields.
#[derive(Debug)]
pub struct JsonPath {
    /// `InputPath`.
    pub(super) input: Pick,
    /// `Parameters`.
    pub(super) parameters: Option<Template>,
    /// `Result` of a Pass state.
    pub(super) result: Option<Json>,
    /// `ResultSelector`.
    pub(super) selector: Option<Template>,
    /// `ResultPath`.
    pub(super) place: Place,
    /// `OutputPath`.
    pub(super) output: Pick,
    /// `Assign`.
    pub(super) assign: Option<Template>,
    /// The state may have `Catch`: a path of a template that leads to nothing has an error name of its own.
    pub(super) catches: bool,
}

/// `InputPath` and `OutputPath`.
#[derive(Debug)]
pub enum Pick {
    /// `$`, or absent.
    Whole,
    /// `null`: an empty object.
    Nothing,
    /// What the path leads to.
    Path(Path),
}

/// What a Choice rule or a catcher says of data.
#[derive(Debug, Default)]
pub struct Way {
    /// `Assign`.
    pub assign: Option<Template>,
    /// `Output`, in JSONata.
    pub output: Option<Template>,
    /// `ResultPath` of a catcher, in JSONPath.
    pub place: Option<Place>,
}

/// What a state leaves with.
#[derive(Debug)]
pub struct Left {
    /// Its output.
    pub output: Json,
    /// The variables that it assigned.
    pub assigned: Vec<(Arc<str>, Json)>,
}

impl Data {
    /// What the state's work gets.
    pub fn enter(&self, scope: &Scope<'_>) -> Result<Json, Failure> {
        match self {
            Self::Jsonata(fields) => match &fields.arguments {
                Some(template) => template.json(scope, "Arguments"),
                None => Ok(scope.input.clone()),
            },
            Self::JsonPath(fields) => fields.enter(scope),
        }
    }

    /// What the paths of the state's own fields look into (`SecondsPath`, `Variable`, ...): its input, filtered.
    pub fn root(&self, scope: &Scope<'_>) -> Result<Json, Failure> {
        match self {
            Self::Jsonata(_) => Ok(scope.input.clone()),
            Self::JsonPath(fields) => fields.input.of(scope, scope.input.clone()),
        }
    }

    /// What the state leaves with when its work is done; `scope.result` is the work's result, if it has one.
    pub fn leave(&self, scope: &Scope<'_>) -> Result<Left, Failure> {
        match self {
            Self::Jsonata(fields) => {
                let default = scope.result.unwrap_or(scope.input);
                jsonata(
                    scope,
                    fields.output.as_ref(),
                    fields.assign.as_ref(),
                    default,
                    "",
                )
            }
            Self::JsonPath(fields) => fields.leave(scope),
        }
    }

    /// What the state leaves with by a Choice rule. `place` names the rule, as `Choices[0]/`.
    pub fn leave_by_rule(
        &self,
        way: &Way,
        scope: &Scope<'_>,
        place: &str,
    ) -> Result<Left, Failure> {
        match self {
            Self::Jsonata(_) => {
                let (output, assign) = (way.output.as_ref(), way.assign.as_ref());
                jsonata(scope, output, assign, scope.input, place)
            }
            Self::JsonPath(fields) => {
                let input = fields.input.of(scope, scope.input.clone())?;
                Ok(Left {
                    assigned: assigned(way.assign.as_ref(), &with(scope, &input), "Assign")?,
                    output: fields.output.of(scope, input)?,
                })
            }
        }
    }

    /// What the state leaves with by a catcher; `scope.error_output` is there. `place` names the catcher.
    pub fn leave_by_catch(
        &self,
        way: &Way,
        scope: &Scope<'_>,
        place: &str,
    ) -> Result<Left, Failure> {
        let error = scope.error_output.unwrap_or(scope.input);
        match self {
            Self::Jsonata(_) => {
                let (output, assign) = (way.output.as_ref(), way.assign.as_ref());
                jsonata(scope, output, assign, error, place)
            }
            Self::JsonPath(_) => Ok(Left {
                assigned: assigned(way.assign.as_ref(), &with(scope, error), "Assign")?,
                output: match &way.place {
                    Some(place) => place.applied(scope.input, error.clone())?,
                    None => error.clone(),
                },
            }),
        }
    }
}

/// `scope`, with another root for paths.
fn with<'a>(scope: &Scope<'a>, root: &'a Json) -> Scope<'a> {
    Scope {
        input: root,
        ..*scope
    }
}

fn jsonata(
    scope: &Scope<'_>,
    output: Option<&Template>,
    assign: Option<&Template>,
    default: &Json,
    place: &str,
) -> Result<Left, Failure> {
    let output = match output {
        Some(template) => template.json(scope, &format!("{place}Output"))?,
        None => default.clone(),
    };
    let assigned = match assign {
        Some(_) => assigned(assign, scope, &format!("{place}Assign"))?,
        None => Vec::new(),
    };
    Ok(Left { output, assigned })
}

fn assigned(
    assign: Option<&Template>,
    scope: &Scope<'_>,
    field: &str,
) -> Result<Vec<(Arc<str>, Json)>, Failure> {
    let Some(template) = assign else {
        return Ok(Vec::new());
    };
    let members = template.members(scope, field)?;
    Ok(members
        .into_iter()
        .map(|(name, value)| (Arc::from(name), value))
        .collect())
}

impl JsonPath {
    fn enter(&self, scope: &Scope<'_>) -> Result<Json, Failure> {
        let input = self.input.of(scope, scope.input.clone())?;
        match &self.parameters {
            Some(template) => self.named(template.json(&with(scope, &input), "Parameters")),
            None => Ok(input),
        }
    }

    /// Where errors can be caught, a path that fails inside a template has a name that `Catch` can tell.
    fn named<T>(&self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        outcome.map_err(|failure| {
            if self.catches && failure.is_terminal() {
                return Failure::plain(errors::PARAMETER_PATH, failure.sentence);
            }
            failure
        })
    }

    fn leave(&self, scope: &Scope<'_>) -> Result<Left, Failure> {
        let result = match (scope.result, &self.result) {
            (Some(result), _) => result.clone(),
            (None, Some(result)) => result.clone(),
            (None, None) => self.enter(scope)?,
        };
        let assigned = assigned(self.assign.as_ref(), &with(scope, &result), "Assign")?;
        let result = match &self.selector {
            Some(template) => self.named(template.json(&with(scope, &result), "ResultSelector"))?,
            None => result,
        };
        let merged = self.place.applied(scope.input, result)?;
        Ok(Left {
            output: self.output.of(scope, merged)?,
            assigned,
        })
    }
}

impl Pick {
    fn of(&self, scope: &Scope<'_>, data: Json) -> Result<Json, Failure> {
        match self {
            Self::Whole => Ok(data),
            Self::Nothing => Ok(Json::trusted("{}")),
            Self::Path(path) => {
                let sight = Sight::new(scope, &data, "Path");
                let found = sight.find(path).map_err(|unfound| unfound.invalid_path())?;
                Ok(super::lookup::json(&found))
            }
        }
    }
}

impl Place {
    fn applied(&self, input: &Json, result: Json) -> Result<Json, Failure> {
        match self {
            Self::Nowhere => Ok(input.clone()),
            Self::Whole => Ok(result),
            Self::At(path) => match path.written(
                super::path::walk::node_of(input.as_str()),
                super::path::walk::node_of(result.as_str()),
            ) {
                Ok(text) => Ok(Json::trusted(text)),
                Err(no_place) => Err(Failure::plain(
                    errors::RESULT_PATH,
                    format!(
                        "Unable to apply step \"{}\" of the ResultPath '{}' to input {}",
                        no_place.step,
                        path.source(),
                        input.as_str()
                    ),
                )),
            },
        }
    }
}
