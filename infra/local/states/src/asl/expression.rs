//! JSONata expressions: `{% ... %}`, compiled once and evaluated against `$states` and the variables.
//!
//! Source: developer guide, "Transforming data with JSONata in Step Functions". Values of the JSONata crate are `Rc`
//! and never leave this folder: what comes out is text.

use std::collections::BTreeMap;
use std::sync::Arc;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorOptions};
use jsonata_core::parser;
use jsonata_core::value::JValue;

use super::scan::Uses;
use super::sizes::{self, Weighed};
use super::texts::Texts;
use super::{bounds, chance, dialect, functions};
use crate::caught::caught;
use crate::json::Json;

/// Longest evaluation, in milliseconds (developer guide, "Transforming data with JSONata", "Handling expression errors").
const MAX_EVALUATION_MS: u64 = 1_000;
/// How the JSONata crate names an evaluation that took longer.
const TOOK_TOO_LONG: &str = "D1012";
/// Deepest evaluation.
const MAX_STACK_DEPTH: usize = 2_000;
/// Longest sequence that an expression may build.
const MAX_SEQUENCE: usize = 1_000_000;
/// What is said of every expression of a field whose data nests too deep to be read.
const TOO_DEEP: &str =
    "threw an error during evaluation. The data is nested deeper than 127 levels";
/// What is said of an expression behind one of the same field that panicked.
const BROKEN_OFF: &str = "is not evaluated: an evaluation before it broke off";

/// The variables that a state can see, by name without `$`.
pub type Variables = Arc<BTreeMap<Arc<str>, Json>>;

/// A compiled expression.
#[derive(Debug)]
pub struct Expression {
    source: String,
    ast: AstNode,
    pub(super) uses: Uses,
}

/// What an evaluation sees.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// `$states.input`.
    pub input: &'a Json,
    /// `$states.result`, once there is one.
    pub result: Option<&'a Json>,
    /// `$states.errorOutput`, in a Catch.
    pub error_output: Option<&'a Json>,
    /// `$states.context`.
    pub context: &'a dyn Contextual,
    /// The variables.
    pub variables: &'a Variables,
    /// The time, in milliseconds since 1970, for `$now` and `$millis`.
    pub now_ms: i64,
    /// For `$random`, `$uuid` and `$shuffle`: of the place, which the field is added to.
    pub seed: u64,
}

/// The context object, written only when an expression asks for it.
pub trait Contextual: std::fmt::Debug {
    /// The context object as JSON.
    fn context(&self) -> Json;
}

/// Why an evaluation gave nothing usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Error name.
    pub error: &'static str,
    /// The field of an expression that failed, as `Output/result`: the history tells it in an event of its own.
    pub field: Option<String>,
    /// AWS's sentence, behind the words that name the state.
    pub sentence: String,
}

impl Failure {
    /// An expression of `field` failed.
    pub(crate) fn expression(field: &str, sentence: String) -> Self {
        Self {
            error: super::errors::QUERY_EVALUATION,
            field: Some(field.to_owned()),
            sentence,
        }
    }

    /// A path leads to nothing, or to something that its field does not take.
    pub(crate) fn runtime(sentence: String) -> Self {
        Self::plain(super::errors::RUNTIME, sentence)
    }

    pub(super) fn plain(error: &'static str, sentence: String) -> Self {
        Self {
            error,
            field: None,
            sentence,
        }
    }

    /// Does it end the execution whatever `Catch` says?
    pub fn is_terminal(&self) -> bool {
        self.error == super::errors::RUNTIME
    }
}

/// Is this string an expression, and which? `None` when it is plain text.
pub fn source_of(text: &str) -> Option<&str> {
    text.strip_prefix("{%")?.strip_suffix("%}").map(str::trim)
}

/// Does this string look like an expression whose delimiters are not the first and the last of it?
pub(super) fn is_badly_delimited(text: &str) -> bool {
    let inner = text.trim();
    source_of(text).is_none() && (inner.starts_with("{%") || inner.ends_with("%}"))
}

/// What is said of such a string.
pub(super) const BADLY_DELIMITED: &str = "a JSONata expression begins with '{%' and ends with '%}', with nothing before and nothing behind";

impl Expression {
    /// Compiles the text between `{%` and `%}`. The error is a sentence for a diagnostic.
    pub fn compile(source: &str) -> Result<Self, String> {
        // The parser panics over some signatures of functions.
        let parsed = caught(|| parser::parse(source).map_err(|e| e.to_string()))
            .unwrap_or_else(|panicked| Err(panicked.to_string()));
        let mut ast =
            parsed.map_err(|e| format!("the expression '{source}' cannot be parsed: {e}"))?;
        let mut uses = Uses::of(source);
        // What the parser reads as a name may end elsewhere in the text.
        dialect::mentioned(&mut ast, &mut uses.names);
        if uses.names.iter().any(|name| name == "eval") {
            return Err(format!(
                "the expression '{source}' uses $eval, which is not supported"
            ));
        }
        dialect::adapt(&mut ast);
        uses.texts = bounds::bound(&mut ast);
        Ok(Self {
            source: source.to_owned(),
            ast,
            uses,
        })
    }

    /// The text between `{%` and `%}`.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// One evaluator for all expressions of a field: what they share is bound once.
pub struct Session {
    evaluator: Evaluator,
    nothing: JValue,
    /// Why nothing is evaluated: the data cannot be read, or an evaluation panicked and what it left must not be used.
    unusable: Option<&'static str>,
}

impl Session {
    /// Binds what `uses` mentions. `field` is the field whose expressions are evaluated.
    pub(super) fn new(scope: &Scope<'_>, uses: &Uses, field: &str) -> Self {
        let mut context = Context::new();
        let mut is_too_deep = false;
        let mut value_of = |json: &Json| {
            JValue::from_json_str(json.as_str()).unwrap_or_else(|_too_deep| {
                is_too_deep = true;
                JValue::Undefined
            })
        };
        context.bind("states".into(), states(scope, uses, &mut value_of));
        // Variables come last: they shadow functions.
        dialect::bind(&mut context, &uses.names);
        bounds::bind(&mut context, &uses.names, |name| {
            scope.variables.contains_key(name)
        });
        for name in &uses.names {
            if let Some(value) = scope.variables.get(name.as_str()) {
                context.bind(name.clone(), value_of(value));
            }
        }
        let options = EvaluatorOptions {
            timeout_ms: Some(MAX_EVALUATION_MS),
            cancel: None,
            max_stack_depth: Some(MAX_STACK_DEPTH),
            max_sequence_length: Some(MAX_SEQUENCE),
        };
        let mut evaluator = Evaluator::with_options(context, options);
        let texts = Texts::default();
        functions::register(&mut evaluator, &uses.names, scope.now_ms, &texts, || {
            chance::of_field(scope.seed, field)
        });
        if uses.texts {
            bounds::register(&mut evaluator, &uses.names, &texts);
        }
        Self {
            evaluator,
            nothing: JValue::Undefined,
            unusable: is_too_deep.then_some(TOO_DEEP),
        }
    }

    /// Evaluates for `field`; the value is never undefined and holds no function.
    pub(super) fn value(
        &mut self,
        expression: &Expression,
        field: &str,
    ) -> Result<JValue, Failure> {
        if let Some(what) = self.unusable {
            return Err(failure(expression, field, what));
        }
        // The JSONata crate panics over some pictures of dates.
        let evaluated = caught(|| self.evaluator.evaluate(&expression.ast, &self.nothing));
        let evaluated = evaluated.map_err(|panicked| {
            self.unusable = Some(BROKEN_OFF);
            tracing::error!(expression = %expression.source, field, %panicked, "an evaluation broke off");
            let what = format!("threw an error during evaluation. It broke off: {panicked}");
            failure(expression, field, &what)
        })?;
        let value = evaluated.map_err(|e| {
            let why = match e.message() {
                late if late.contains(TOOK_TOO_LONG) => "Expression evaluation timeout",
                other => other,
            };
            let what = format!("threw an error during evaluation. {why}");
            failure(expression, field, &what)
        })?;
        if value.is_undefined() {
            return Err(failure(expression, field, "returned nothing (undefined)."));
        }
        let what = match sizes::result(&value) {
            Ok(()) => return Ok(value),
            Err(Weighed::Function) => "returned an unsupported result type.",
            Err(Weighed::TooLarge) => "returned a result that is too large.",
            Err(Weighed::TooDeep) => "returned a result that is nested too deep.",
        };
        Err(failure(expression, field, what))
    }
}

impl Expression {
    /// Evaluates on its own, to JSON.
    pub fn json(&self, scope: &Scope<'_>, field: &str) -> Result<Json, Failure> {
        let value = Session::new(scope, &self.uses, field).value(self, field)?;
        Ok(text_of(&value))
    }

    /// Evaluates to a Boolean; anything else is an error.
    pub fn boolean(&self, scope: &Scope<'_>, field: &str) -> Result<bool, Failure> {
        let value = Session::new(scope, &self.uses, field).value(self, field)?;
        value
            .as_bool()
            .ok_or_else(|| unexpected(self, field, "boolean", &value))
    }

    /// Evaluates to a string; anything else is an error.
    pub fn string(&self, scope: &Scope<'_>, field: &str) -> Result<String, Failure> {
        let value = Session::new(scope, &self.uses, field).value(self, field)?;
        value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| unexpected(self, field, "string", &value))
    }

    /// Evaluates to an array or an object; anything else is an error.
    pub fn collection(&self, scope: &Scope<'_>, field: &str) -> Result<Json, Failure> {
        let value = Session::new(scope, &self.uses, field).value(self, field)?;
        if value.as_array().is_none() && !value.is_object() {
            return Err(unexpected(self, field, "array", &value));
        }
        Ok(text_of(&value))
    }

    /// Evaluates to a number from `least` to `most`; anything else is an error.
    pub fn number(
        &self,
        scope: &Scope<'_>,
        field: &str,
        least: f64,
        most: f64,
    ) -> Result<f64, Failure> {
        let value = Session::new(scope, &self.uses, field).value(self, field)?;
        let number = value
            .as_f64()
            .ok_or_else(|| unexpected(self, field, "number", &value))?;
        if !(least..=most).contains(&number) {
            let what = format!("returned {number}, which is not a number from {least} to {most}.");
            return Err(failure(self, field, &what));
        }
        Ok(number)
    }

    /// Evaluates to a whole number from `least` to `most`; anything else is an error.
    pub fn whole(
        &self,
        scope: &Scope<'_>,
        field: &str,
        least: u32,
        most: u32,
    ) -> Result<u32, Failure> {
        let value = Session::new(scope, &self.uses, field).value(self, field)?;
        let number = value
            .as_f64()
            .ok_or_else(|| unexpected(self, field, "number", &value))?;
        if number.fract() != 0.0 || number < f64::from(least) || number > f64::from(most) {
            let what =
                format!("returned {number}, which is not a whole number from {least} to {most}.");
            return Err(failure(self, field, &what));
        }
        Ok(number as u32)
    }
}

fn failure(expression: &Expression, field: &str, what: &str) -> Failure {
    let sentence = format!(
        "The JSONata expression '{}' specified for the field '{field}' {what}",
        expression.source
    );
    Failure::expression(field, sentence)
}

fn unexpected(expression: &Expression, field: &str, expected: &str, value: &JValue) -> Failure {
    let what = format!(
        "returned an unexpected result type. Expected '{expected}', but was '{}' for value: {}",
        kind_of(value),
        text_of(value).as_str()
    );
    failure(expression, field, &what)
}

fn kind_of(value: &JValue) -> &'static str {
    match value {
        JValue::Null => "null",
        JValue::Bool(_) => "boolean",
        JValue::Number(_) => "number",
        JValue::String(_) => "string",
        JValue::Array(_) => "array",
        JValue::Object(_) => "object",
        JValue::Undefined => "undefined",
        JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => "function",
    }
}

fn states(scope: &Scope<'_>, uses: &Uses, value_of: &mut impl FnMut(&Json) -> JValue) -> JValue {
    let mut map = indexmap::IndexMap::new();
    if uses.input {
        map.insert("input".to_owned(), value_of(scope.input));
    }
    if let (true, Some(result)) = (uses.result, scope.result) {
        map.insert("result".to_owned(), value_of(result));
    }
    if let (true, Some(error)) = (uses.error_output, scope.error_output) {
        map.insert("errorOutput".to_owned(), value_of(error));
    }
    if uses.context {
        map.insert("context".to_owned(), value_of(&scope.context.context()));
    }
    JValue::object(map)
}

/// A tree as compact JSON text.
pub(super) fn text_of(value: &JValue) -> Json {
    Json::trusted(value.to_json_string().unwrap_or_else(|_| "null".to_owned()))
}
