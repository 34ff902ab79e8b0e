//! The Map state, inline and distributed. Sources: states-language.net, "Map State"; developer guide, "Using Map
//! state in Inline mode", "Using Map state in Distributed mode".

use super::compile::Compiler;
use super::data::Language;
use super::diagnostic::Code;
use super::distributed::{self, Distributed};
use super::expression::{Expression, Failure, Scope, source_of};
use super::fields::{Fields, Findings};
use super::lookup::Sight;
use super::path::{Path, walk};
use super::task::Handling;
use super::template::Template;
use super::{FlowIx, handling};
use crate::json::Json;

/// Most iterations of an inline Map at the same time (guide: "up to 40 concurrent iterations").
pub const MAX_INLINE_CONCURRENCY: u32 = 40;
/// Most child executions of a map run at the same time (guide: 10,000).
pub const MAX_CHILDREN_AT_ONCE: u32 = 10_000;
/// Most items of one Map (guide, `MaxItems`: 100,000,000).
pub const MAX_ITEMS: u32 = 100_000_000;

/// Runs a machine for every item.
#[derive(Debug)]
pub struct Map {
    /// The machine: `ItemProcessor`, or `Iterator` in old definitions.
    pub processor: FlowIx,
    /// `Items` or `ItemsPath`; without them the state's input is the array.
    pub items: Option<Items>,
    /// `ItemSelector` (`Parameters` in old definitions): what an iteration gets instead of its item.
    pub selector: Option<Template>,
    /// `MaxConcurrency`; 0 stands for as many as there may be.
    pub max_concurrency: Option<Amount>,
    /// `Retry` and `Catch`.
    pub handling: Handling,
    /// In mode `DISTRIBUTED`: what belongs to it.
    pub distributed: Option<Box<Distributed>>,
}

/// Where the items come from.
#[derive(Debug)]
pub enum Items {
    /// `Items`: one expression.
    Expression(Expression),
    /// `Items`: an array or object with expressions in it.
    Template(Template),
    /// `ItemsPath`.
    Path(Path),
}

/// A number, or what gives one.
#[derive(Debug)]
pub enum Amount {
    /// As written.
    Literal(f64),
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

impl Items {
    /// The items as text: an array or an object. `scope.input` is what the state's paths look into.
    pub fn json(&self, scope: &Scope<'_>) -> Result<Json, Failure> {
        match self {
            Self::Expression(expression) => expression.collection(scope, "Items"),
            Self::Template(template) => template.json(scope, "Items"),
            Self::Path(path) => {
                let sight = Sight::new(scope, scope.input, "ItemsPath");
                let found = sight.find(path).map_err(|unfound| unfound.invalid_path())?;
                match walk::kind(&found) {
                    // As it is there: the blanks go when the items are told apart.
                    walk::Kind::Array | walk::Kind::Object => Ok(Json::trusted(&*found)),
                    walk::Kind::Null | walk::Kind::Boolean => Err(not_an_array(path.source())),
                    walk::Kind::Number | walk::Kind::String => Err(not_an_array(path.source())),
                }
            }
        }
    }
}

/// AWS's words for items that are none, in JSONPath.
pub fn not_an_array(path: &str) -> Failure {
    Failure::runtime(format!("Reference path \"{path}\" must point to array."))
}

impl Amount {
    /// A whole number from 0 to `most`. `scope.input` is what the state's paths look into; `field` is the field's name in
    /// JSONata, `name` the last part of it.
    pub fn whole(&self, scope: &Scope<'_>, field: &str, most: u32) -> Result<u32, Failure> {
        match self {
            Self::Literal(number) => Ok(*number as u32),
            Self::Expression(expression) => expression.whole(scope, field, 0, most),
            Self::Path { field, path } => {
                let number: i64 = found(scope, field, path, "integer")?;
                let name = field.trim_end_matches("Path");
                if number < 0 {
                    return Err(Failure::runtime(format!("{name} cannot be negative.")));
                }
                Ok(u32::try_from(number).unwrap_or(u32::MAX).min(most))
            }
        }
    }

    /// Does it lead to a whole number below 0? Then [`whole`](Self::whole) fails.
    pub fn is_negative(&self, scope: &Scope<'_>) -> bool {
        match self {
            Self::Path { field, path } => {
                found::<i64>(scope, field, path, "integer").is_ok_and(|number| number < 0)
            }
            Self::Literal(_) | Self::Expression(_) => false,
        }
    }

    /// A percentage.
    pub fn percentage(&self, scope: &Scope<'_>, field: &str) -> Result<f64, Failure> {
        match self {
            Self::Literal(number) => Ok(*number),
            Self::Expression(expression) => expression.number(scope, field, 0.0, 100.0),
            Self::Path { field, path } => {
                let number: f64 = found(scope, field, path, "float")?;
                if !(0.0..=100.0).contains(&number) {
                    let name = field.trim_end_matches("Path");
                    return Err(Failure::runtime(format!(
                        "{name} must be between 0 and 100."
                    )));
                }
                Ok(number)
            }
        }
    }
}

/// The number that a path leads to.
fn found<T: std::str::FromStr>(
    scope: &Scope<'_>,
    field: &str,
    path: &Path,
    what: &str,
) -> Result<T, Failure> {
    let sight = Sight::new(scope, scope.input, field);
    let node = sight.find(path).map_err(|unfound| unfound.invalid_path())?;
    let number = match walk::kind(&node) {
        walk::Kind::Number => node.parse().ok(),
        // AWS reads the number that a text holds.
        walk::Kind::String => walk::string(&node).and_then(|text| text.parse().ok()),
        walk::Kind::Null | walk::Kind::Boolean => None,
        walk::Kind::Array | walk::Kind::Object => None,
    };
    number.ok_or_else(|| {
        let shown = walk::string(&node).unwrap_or_else(|| node.clone());
        Failure::runtime(format!(
            "The {field} field refers to value \"{shown}\" which is not a valid {what}: {}",
            path.source()
        ))
    })
}

/// Fields of a Map state beside those of every state.
pub(super) fn own(language: Language) -> &'static [&'static str] {
    match language {
        Language::Jsonata => &[
            "ItemProcessor",
            "Iterator",
            "Items",
            "ItemSelector",
            "MaxConcurrency",
        ],
        Language::JsonPath => &[
            "ItemProcessor",
            "Iterator",
            "ItemsPath",
            "ItemSelector",
            "Parameters",
            "MaxConcurrency",
            "MaxConcurrencyPath",
            "ResultSelector",
            "ResultPath",
        ],
    }
}

pub(super) fn read(
    compiler: &mut Compiler,
    fields: &Fields<'_>,
    flow: FlowIx,
    depth: usize,
) -> Option<Map> {
    let processor = processor(compiler, fields, depth);
    let items = items(fields, &mut compiler.findings);
    let selector = selector(fields, &mut compiler.findings);
    let max_concurrency = amount(
        fields,
        "MaxConcurrency",
        f64::from(u32::MAX),
        &mut compiler.findings,
    );
    let handling = handling::read(compiler, fields, flow);
    let (processor, distributed) = processor?;
    let distributed = distributed::read(compiler, fields, distributed);
    Some(Map {
        processor: processor?,
        items,
        selector,
        max_concurrency,
        handling,
        distributed,
    })
}

/// The machine, and its `ExecutionType` if the mode is distributed.
type Processor = (Option<FlowIx>, Option<distributed::Kind>);

fn processor(compiler: &mut Compiler, fields: &Fields<'_>, depth: usize) -> Option<Processor> {
    let findings = &mut compiler.findings;
    let name = match (fields.get("ItemProcessor"), fields.get("Iterator")) {
        (Some(_), None) => "ItemProcessor",
        (None, Some(_)) => "Iterator",
        (None, None) => {
            let message = "These fields are required: [ItemProcessor]";
            findings.error(Code::Schema, fields.at.clone(), message);
            return None;
        }
        (Some(_), Some(_)) => {
            let message = "A Map state has exactly one of: [ItemProcessor, Iterator]";
            findings.error(Code::Schema, fields.at.clone(), message);
            return None;
        }
    };
    let value = fields.get(name)?;
    let kind = distributed::mode(value, fields, name, findings);
    let processor = compiler.flow(value, fields.pointer(name), depth + 1);
    Some((processor, kind))
}

/// `ItemSelector`, or what it was called once.
fn selector(fields: &Fields<'_>, findings: &mut Findings) -> Option<Template> {
    let old = fields.language == Language::JsonPath && fields.get("Parameters").is_some();
    if !old {
        return fields.template("ItemSelector", findings);
    }
    if fields.get("ItemSelector").is_some() {
        let message = "A Map state has at most one of: [ItemSelector, Parameters]";
        findings.error(Code::Schema, fields.at.clone(), message);
    }
    fields.template("Parameters", findings)
}

fn items(fields: &Fields<'_>, findings: &mut Findings) -> Option<Items> {
    if fields.language == Language::JsonPath {
        fields.get("ItemsPath")?;
        return fields.path("ItemsPath", findings).map(Items::Path);
    }
    let value = fields.get("Items")?;
    if let Some(source) = value.as_str().and_then(source_of) {
        return fields
            .compiled("Items", source, findings)
            .map(Items::Expression);
    }
    if value.as_array().is_none() && !value.is_object() {
        let message = "'Items' must be an array, an object or a JSONata expression";
        findings.error(Code::Schema, fields.pointer("Items"), message);
        return None;
    }
    fields.template("Items", findings).map(Items::Template)
}

/// A whole number of at most `most`, or what gives one.
pub(super) fn amount(
    fields: &Fields<'_>,
    name: &str,
    most: f64,
    findings: &mut Findings,
) -> Option<Amount> {
    let amount = number(fields, name, most, findings)?;
    if matches!(amount, Amount::Literal(number) if number.fract() != 0.0) {
        let message = format!("'{name}' must be a whole number from 0 to {most}");
        findings.error(Code::Schema, fields.pointer(name), message);
        return None;
    }
    Some(amount)
}

/// A percentage, or what gives one.
pub(super) fn percentage(
    fields: &Fields<'_>,
    name: &str,
    findings: &mut Findings,
) -> Option<Amount> {
    number(fields, name, 100.0, findings)
}

fn number(fields: &Fields<'_>, name: &str, most: f64, findings: &mut Findings) -> Option<Amount> {
    if let Some(field) = fields.variant(name, findings) {
        let path = fields.path(&field, findings)?;
        return Some(Amount::Path { field, path });
    }
    let text = fields.get(name)?.as_str();
    if let (Language::Jsonata, Some(source)) = (fields.language, text.and_then(source_of)) {
        return fields
            .compiled(name, source, findings)
            .map(Amount::Expression);
    }
    fields
        .number(name, 0.0, most, findings)
        .map(Amount::Literal)
}
