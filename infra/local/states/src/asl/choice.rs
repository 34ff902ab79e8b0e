//! The Choice state. Source: states-language.net, "Choice State", for JSONata.

use jsonata_core::value::JValue;

use super::compile::Compiler;
use super::diagnostic::Code;
use super::expression::{Expression, source_of};
use super::fields::Fields;
use super::template::Template;
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
    /// `Condition`.
    pub condition: Condition,
    /// `Next`.
    pub next: StateIx,
    /// `Assign`.
    pub assign: Option<Template>,
    /// `Output`.
    pub output: Option<Template>,
}

/// When a rule holds.
#[derive(Debug)]
pub enum Condition {
    /// Always or never.
    Literal(bool),
    /// When this gives true.
    Expression(Expression),
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
    let fields = Fields::new(item, at, &mut compiler.findings)?;
    fields.only(
        &[&["Condition", "Next", "Assign", "Output", "Comment"]],
        "a Choice rule",
        &mut compiler.findings,
    );
    let condition = condition(compiler, &fields);
    let next = compiler.required_target(&fields, "Next", flow);
    let assign = fields.assign(&mut compiler.findings);
    let output = fields.template("Output", &mut compiler.findings);
    Some(Rule {
        condition: condition?,
        next: next?,
        assign,
        output,
    })
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
