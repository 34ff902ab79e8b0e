//! JSON with expressions in it: `Arguments`, `Output` and the values of `Assign`.

use super::expression::{Expression, Failure, Scope, Session, source_of, text_of};
use super::scan::Uses;
use crate::json::{Json, push_string};
use jsonata_core::value::JValue;

/// A field's JSON, with each `{% ... %}` compiled.
#[derive(Debug)]
pub struct Template {
    node: Node,
    uses: Uses,
}

#[derive(Debug)]
enum Node {
    /// No expression inside: the text as it will be written.
    Literal(Box<str>),
    Expression(Box<Expression>),
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
}

/// An expression in a template that cannot be compiled.
#[derive(Debug)]
pub(super) struct BadExpression {
    /// Where, as a JSON pointer relative to the template.
    pub(super) pointer: String,
    pub(super) message: String,
}

impl Template {
    /// Compiles a field.
    pub(super) fn compile(value: &JValue) -> Result<Self, BadExpression> {
        let mut uses = Uses::default();
        let node = node(value, "", &mut uses)?;
        Ok(Self { node, uses })
    }

    /// Evaluates to JSON. `field` is the field's name, for the error.
    pub fn json(&self, scope: &Scope<'_>, field: &str) -> Result<Json, Failure> {
        if let Node::Literal(text) = &self.node {
            return Ok(Json::trusted(&**text));
        }
        let mut session = Session::new(scope, &self.uses);
        let mut out = String::new();
        write(&self.node, &mut session, field, &mut out)?;
        Ok(Json::trusted(out))
    }

    /// Evaluates the members of an object template one by one, as `Assign` does. Empty for anything else.
    pub fn members(&self, scope: &Scope<'_>, field: &str) -> Result<Vec<(String, Json)>, Failure> {
        let Node::Object(members) = &self.node else {
            return self.literal_members();
        };
        let mut session = Session::new(scope, &self.uses);
        let mut out = Vec::with_capacity(members.len());
        for (name, node) in members {
            let mut text = String::new();
            write(node, &mut session, &format!("{field}/{name}"), &mut text)?;
            out.push((name.clone(), Json::trusted(text)));
        }
        Ok(out)
    }

    fn literal_members(&self) -> Result<Vec<(String, Json)>, Failure> {
        let Node::Literal(text) = &self.node else {
            return Ok(Vec::new());
        };
        let value = super::expression::value_of(&Json::trusted(&**text));
        let members = value
            .as_object()
            .map(|map| map.iter().map(|(k, v)| (k.clone(), text_of(v))).collect());
        Ok(members.unwrap_or_default())
    }
}

fn node(value: &JValue, pointer: &str, uses: &mut Uses) -> Result<Node, BadExpression> {
    if let Some(source) = value.as_str().and_then(source_of) {
        let expression = Expression::compile(source).map_err(|message| BadExpression {
            pointer: pointer.to_owned(),
            message,
        })?;
        uses.add(&expression.uses);
        return Ok(Node::Expression(Box::new(expression)));
    }
    if let Some(map) = value.as_object() {
        let members = map
            .iter()
            .map(|(key, value)| Ok((key.clone(), node(value, &format!("{pointer}/{key}"), uses)?)))
            .collect::<Result<Vec<_>, _>>()?;
        if members.iter().any(|(_, node)| !node.is_literal()) {
            return Ok(Node::Object(members));
        }
    }
    if let Some(items) = value.as_array() {
        let nodes = items
            .iter()
            .enumerate()
            .map(|(i, value)| node(value, &format!("{pointer}/{i}"), uses))
            .collect::<Result<Vec<_>, _>>()?;
        if nodes.iter().any(|node| !node.is_literal()) {
            return Ok(Node::Array(nodes));
        }
    }
    Ok(Node::Literal(text_of(value).as_str().into()))
}

impl Node {
    fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }
}

fn write(node: &Node, session: &mut Session, field: &str, out: &mut String) -> Result<(), Failure> {
    match node {
        Node::Literal(text) => out.push_str(text),
        Node::Expression(expression) => {
            let value = session.value(expression, field)?;
            out.push_str(text_of(&value).as_str());
        }
        Node::Object(members) => {
            out.push('{');
            for (i, (key, node)) in members.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                push_string(out, key);
                out.push(':');
                write(node, session, &format!("{field}/{key}"), out)?;
            }
            out.push('}');
        }
        Node::Array(items) => {
            out.push('[');
            for (i, node) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(node, session, &format!("{field}[{i}]"), out)?;
            }
            out.push(']');
        }
    }
    Ok(())
}
