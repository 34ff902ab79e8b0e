//! The Choice state. Source: states-language.net, "Choice State".

use jsonata_core::value::JValue;

use super::compare::{self, Comparison, Name, Operand, Operator, Test};
use super::compile::Compiler;
use super::data::{Language, Way};
use super::diagnostic::Code;
use super::expression::{Expression, Failure, Scope, source_of};
use super::fields::{EMPTY, Fields};
use super::lookup::Sight;
use super::{FlowIx, StateIx};

/// Rules in order, then the default.
#[derive(Debug)]
pub struct Choice {
    /// `Choices`.
    pub rules: Vec<Rule>,
    /// `Default`.
    pub default: Option<StateIx>,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// `Condition`, or the data-test expression.
    pub condition: Condition,
    /// `Next`.
    pub next: StateIx,
    /// `Assign` and `Output`.
    pub way: Way,
}

/// When a rule holds.
#[derive(Debug)]
pub enum Condition {
    /// Always or never.
    Literal(bool),
    /// When this gives true.
    Expression(Expression),
    /// When the data passes.
    Test(Test),
}

impl Choice {
    /// The first rule that holds, with its place in `Choices`. `scope.input` is what the state's paths look into.
    pub fn first(&self, scope: &Scope<'_>) -> Result<Option<(usize, &Rule)>, Failure> {
        // One for all: what their paths may look at is bounded together.
        let sight = Sight::new(scope, scope.input, "Choices");
        for (i, rule) in self.rules.iter().enumerate() {
            let holds = match &rule.condition {
                Condition::Literal(flag) => *flag,
                Condition::Expression(expression) => {
                    expression.boolean(scope, &format!("Choices[{i}]/Condition"))?
                }
                Condition::Test(test) => test.holds(&sight)?,
            };
            if holds {
                return Ok(Some((i, rule)));
            }
        }
        Ok(None)
    }
}

pub(super) fn read(compiler: &mut Compiler, fields: &Fields<'_>, flow: FlowIx) -> Choice {
    let default = compiler.target(fields, "Default", flow);
    let mut rules = Vec::new();
    match fields.get("Choices").map(JValue::as_array) {
        Some(Some(items)) if !items.is_empty() => {
            for (i, item) in items.iter().enumerate() {
                let at = format!("{}/Choices/{i}", fields.at);
                if let Some(rule) = rule(compiler, item, at, flow) {
                    rules.push(rule);
                }
            }
        }
        Some(Some(_)) => {
            compiler
                .findings
                .error(Code::Schema, fields.pointer("Choices"), EMPTY);
        }
        _ => {
            let message = "'Choices' must be an array of at least one rule";
            compiler
                .findings
                .error(Code::Schema, fields.pointer("Choices"), message);
        }
    }
    Choice { rules, default }
}

fn rule(compiler: &mut Compiler, item: &JValue, at: String, flow: FlowIx) -> Option<Rule> {
    let fields = compiler.fields(item, at)?;
    let condition = match fields.language {
        Language::Jsonata => {
            let allowed = [&["Condition", "Next", "Assign", "Output", "Comment"][..]];
            fields.only(&allowed, "a Choice rule", &mut compiler.findings);
            condition(compiler, &fields)
        }
        Language::JsonPath => test(compiler, &fields, true).map(Condition::Test),
    };
    let next = compiler.required_target(&fields, "Next", flow);
    let assign = fields.assign(&mut compiler.findings);
    compiler.scopes.note(&fields, flow);
    let output = match fields.language {
        Language::Jsonata => fields.template("Output", &mut compiler.findings),
        Language::JsonPath => None,
    };
    Some(Rule {
        condition: condition?,
        next: next?,
        way: Way {
            assign,
            output,
            place: None,
        },
    })
}

const JOINS: &[&str] = &["And", "Or", "Not"];

/// A data-test expression. Only the outermost may have `Next` and `Assign`.
fn test(compiler: &mut Compiler, fields: &Fields<'_>, outermost: bool) -> Option<Test> {
    let map = fields.value.as_object()?;
    let own = |name: &str| JOINS.contains(&name) || compare::operator(name).is_some();
    let found: Vec<&str> = map
        .keys()
        .map(String::as_str)
        .filter(|name| own(name))
        .collect();
    let more: &[&str] = if outermost {
        &["Next", "Assign", "Comment"]
    } else {
        &["Comment"]
    };
    let [name] = found.as_slice() else {
        let message = "A Choice rule has exactly one operator: And, Or, Not, or a comparison such as StringEquals";
        compiler
            .findings
            .error(Code::Schema, fields.at.clone(), message);
        return None;
    };
    let variable: &[&str] = if JOINS.contains(name) {
        &[]
    } else {
        &["Variable"]
    };
    fields.only(
        &[&[*name], variable, more],
        "a Choice rule",
        &mut compiler.findings,
    );
    match *name {
        "And" => tests(compiler, fields, "And").map(Test::All),
        "Or" => tests(compiler, fields, "Or").map(Test::Any),
        "Not" => {
            let inner = fields.get("Not")?;
            let inner = compiler.fields(inner, fields.pointer("Not"))?;
            test(compiler, &inner, false).map(|test| Test::Not(Box::new(test)))
        }
        comparison => self::comparison(compiler, fields, comparison)
            .map(|comparison| Test::One(Box::new(comparison))),
    }
}

fn tests(compiler: &mut Compiler, fields: &Fields<'_>, name: &str) -> Option<Vec<Test>> {
    let items = fields.get(name).and_then(JValue::as_array);
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        let message = format!("'{name}' must be an array of at least one rule");
        compiler
            .findings
            .error(Code::Schema, fields.pointer(name), message);
        return None;
    };
    let mut all = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let inner = compiler.fields(item, format!("{}/{i}", fields.pointer(name)))?;
        all.push(test(compiler, &inner, false)?);
    }
    Some(all)
}

fn comparison(compiler: &mut Compiler, fields: &Fields<'_>, field: &str) -> Option<Comparison> {
    if fields.get("Variable").is_none() {
        compiler.findings.missing(&fields.at, "Variable");
    }
    let variable = fields.path("Variable", &mut compiler.findings);
    let (name, by_path) = compare::operator(field)?;
    let operator = match name {
        Name::Ordered(family, ways) if by_path => fields
            .path(field, &mut compiler.findings)
            .map(|path| Operator::Ordered(family, ways, Operand::Path(path))),
        Name::Ordered(family, ways) => {
            let at = fields.pointer(field);
            let literal = compiler.findings.spellings.text(fields.get(field)?, &at);
            if family.takes(&literal) {
                Some(Operator::Ordered(family, ways, Operand::Literal(literal)))
            } else {
                refuse(compiler, fields, field, family.wants())
            }
        }
        Name::Matches => match fields.get(field)?.as_str().and_then(compare::pattern) {
            Some(pieces) => Some(Operator::Matches(pieces)),
            None => refuse(
                compiler,
                fields,
                field,
                "a string; '\\' only before '*' or '\\'",
            ),
        },
        Name::Is(asked) => fields
            .boolean(field, &mut compiler.findings)
            .map(|wanted| Operator::Is(asked, wanted)),
    };
    Some(Comparison {
        variable: variable?,
        operator: operator?,
    })
}

fn refuse<T>(compiler: &mut Compiler, fields: &Fields<'_>, field: &str, wants: &str) -> Option<T> {
    let message = format!("'{field}' must be {wants}");
    compiler
        .findings
        .error(Code::Schema, fields.pointer(field), message);
    None
}

fn condition(compiler: &mut Compiler, fields: &Fields<'_>) -> Option<Condition> {
    let value = fields.get("Condition");
    if let Some(flag) = value.and_then(JValue::as_bool) {
        return Some(Condition::Literal(flag));
    }
    match value.and_then(JValue::as_str).and_then(source_of) {
        Some(source) => fields
            .compiled("Condition", source, &mut compiler.findings)
            .map(Condition::Expression),
        None => {
            let message = "'Condition' must be a JSONata expression ('{% ... %}') or a Boolean";
            compiler
                .findings
                .error(Code::Schema, fields.pointer("Condition"), message);
            None
        }
    }
}
