//! JSON with values to fill in: `Arguments`, `Output` and `Assign` in JSONata; `Parameters`, `ResultSelector` and `Assign`
//! in JSONPath, where a member whose name ends in `.$` is a path or an intrinsic function.

use super::expression::{
    BADLY_DELIMITED, Expression, Failure, Scope, Session, is_badly_delimited, source_of, text_of,
};
use super::lookup::{Lookup, Sight, too_large};
use super::path::{MAX_ROOM_BYTES, walk};
use super::scan::Uses;
use super::spelling::{Spellings, escaped};
use crate::json::{Json, push_string};
use jsonata_core::value::JValue;

/// A field's JSON, with each `{% ... %}`, or each path, compiled.
#[derive(Debug)]
pub struct Template {
    node: Node,
    fills: Fills,
    /// If it is an object, its members as they are written where nothing is to be filled in.
    members: Vec<(String, Box<str>)>,
}

/// How the definition spells its numbers, and where in it the template is.
type Spelled<'a> = (&'a Spellings, &'a str);

/// What fills it.
#[derive(Debug)]
enum Fills {
    Expressions(Uses),
    Lookups,
}

#[derive(Debug)]
enum Node {
    /// No expression inside: the text as it will be written.
    Literal(Box<str>),
    Expression(Box<Expression>),
    /// The value of the member `field` (`"name.$"`).
    Lookup {
        field: String,
        lookup: Box<Lookup>,
    },
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
}

/// A value in a template that cannot be compiled.
#[derive(Debug)]
pub(super) struct BadValue {
    /// Where, as a JSON pointer relative to the template.
    pub(super) pointer: String,
    pub(super) message: String,
}

impl Template {
    /// Compiles a field.
    pub(super) fn compile(value: &JValue, spelled: Spelled<'_>) -> Result<Self, BadValue> {
        let mut uses = Uses::default();
        let node = node(value, "", spelled, &mut uses)?;
        Ok(Self {
            members: members_of(value, spelled),
            node,
            fills: Fills::Expressions(uses),
        })
    }

    /// Compiles a payload template. A refusal is located at the template itself, as AWS does.
    pub(super) fn payload(value: &JValue, spelled: Spelled<'_>) -> Result<Self, BadValue> {
        Ok(Self {
            node: payload_node(value, "", spelled)?,
            members: members_of(value, spelled),
            fills: Fills::Lookups,
        })
    }

    /// Evaluates to JSON. `field` is the field's name, for the error.
    pub fn json(&self, scope: &Scope<'_>, field: &str) -> Result<Json, Failure> {
        if let Node::Literal(text) = &self.node {
            return Ok(Json::trusted(&**text));
        }
        let mut filling = self.filling(scope, field);
        let mut out = String::new();
        write(&self.node, &mut filling, field, &mut out)?;
        Ok(Json::trusted(out))
    }

    /// Evaluates the members of an object template one by one, as `Assign` does. Empty for anything else.
    pub fn members(&self, scope: &Scope<'_>, field: &str) -> Result<Vec<(String, Json)>, Failure> {
        let Node::Object(members) = &self.node else {
            let literal =
                |(name, text): &(String, Box<str>)| (name.clone(), Json::trusted(&**text));
            return Ok(self.members.iter().map(literal).collect());
        };
        let mut filling = self.filling(scope, field);
        let mut out = Vec::with_capacity(members.len());
        for (name, node) in members {
            let mut text = String::new();
            write(node, &mut filling, &format!("{field}/{name}"), &mut text)?;
            filling.done += text.len();
            out.push((name.clone(), Json::trusted(text)));
        }
        Ok(out)
    }

    fn filling<'a>(&self, scope: &'a Scope<'a>, field: &'a str) -> Filling<'a> {
        let values = match &self.fills {
            Fills::Expressions(uses) => Values::Jsonata(Box::new(Session::new(scope, uses, field))),
            Fills::Lookups => Values::Paths(Sight::new(scope, scope.input, field)),
        };
        Filling { values, done: 0 }
    }
}

/// A template that is being written.
struct Filling<'a> {
    values: Values<'a>,
    /// How much of it is written and put aside, in bytes.
    done: usize,
}

/// What values come from while a template is written.
enum Values<'a> {
    Jsonata(Box<Session>),
    Paths(Sight<'a>),
}

/// Text of a JSON literal; kept whole when nothing inside is to be filled in.
fn literal(value: &JValue, pointer: &str, (spellings, at): Spelled<'_>) -> Node {
    let text = spellings.text(value, &format!("{at}{pointer}"));
    Node::Literal(text.into())
}

fn members_of(value: &JValue, (spellings, at): Spelled<'_>) -> Vec<(String, Box<str>)> {
    let text = |key: &String, value: &JValue| {
        let pointer = format!("{at}/{}", escaped(key));
        spellings.text(value, &pointer).into()
    };
    let members = value.as_object().into_iter().flat_map(|map| map.iter());
    members
        .map(|(key, value)| (key.clone(), text(key, value)))
        .collect()
}

fn payload_node(value: &JValue, pointer: &str, spelled: Spelled<'_>) -> Result<Node, BadValue> {
    if let Some(map) = value.as_object() {
        let members = map
            .iter()
            .map(|(key, value)| payload_member(key, value, pointer, spelled))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(name) = repeated(&members) {
            return Err(bad(format!(
                "The field '{name}' is given twice, with and without '.$'"
            )));
        }
        if members.iter().any(|(_, node)| !node.is_literal()) {
            return Ok(Node::Object(members));
        }
    }
    if let Some(items) = value.as_array() {
        let nodes = items
            .iter()
            .enumerate()
            .map(|(i, value)| payload_node(value, &format!("{pointer}/{i}"), spelled))
            .collect::<Result<Vec<_>, _>>()?;
        if nodes.iter().any(|node| !node.is_literal()) {
            return Ok(Node::Array(nodes));
        }
    }
    Ok(literal(value, pointer, spelled))
}

fn payload_member(
    key: &str,
    value: &JValue,
    pointer: &str,
    spelled: Spelled<'_>,
) -> Result<(String, Node), BadValue> {
    let Some(name) = key.strip_suffix(".$") else {
        let pointer = format!("{pointer}/{}", escaped(key));
        return Ok((key.to_owned(), payload_node(value, &pointer, spelled)?));
    };
    let Some(text) = value.as_str() else {
        return Err(bad(format!(
            "The value for the field '{key}' must be a STRING that contains a JSONPath or an intrinsic function call"
        )));
    };
    let lookup = Lookup::parse(text).map_err(|why| {
        bad(format!(
            "The value for the field '{key}' must be a valid JSONPath or a valid intrinsic function call ({why})"
        ))
    })?;
    let node = Node::Lookup {
        field: key.to_owned(),
        lookup: Box::new(lookup),
    };
    Ok((name.to_owned(), node))
}

fn repeated(members: &[(String, Node)]) -> Option<&str> {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
        .windows(2)
        .find(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
}

fn bad(message: String) -> BadValue {
    BadValue {
        pointer: String::new(),
        message,
    }
}

fn node(
    value: &JValue,
    pointer: &str,
    spelled: Spelled<'_>,
    uses: &mut Uses,
) -> Result<Node, BadValue> {
    if let Some(source) = value.as_str().and_then(source_of) {
        let expression = Expression::compile(source).map_err(|message| BadValue {
            pointer: pointer.to_owned(),
            message,
        })?;
        uses.add(&expression.uses);
        return Ok(Node::Expression(Box::new(expression)));
    }
    if value.as_str().is_some_and(is_badly_delimited) {
        return Err(BadValue {
            pointer: pointer.to_owned(),
            message: BADLY_DELIMITED.to_owned(),
        });
    }
    if let Some(map) = value.as_object() {
        let members = map
            .iter()
            .map(|(key, value)| {
                let pointer = format!("{pointer}/{}", escaped(key));
                Ok((key.clone(), node(value, &pointer, spelled, uses)?))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if members.iter().any(|(_, node)| !node.is_literal()) {
            return Ok(Node::Object(members));
        }
    }
    if let Some(items) = value.as_array() {
        let nodes = items
            .iter()
            .enumerate()
            .map(|(i, value)| node(value, &format!("{pointer}/{i}"), spelled, uses))
            .collect::<Result<Vec<_>, _>>()?;
        if nodes.iter().any(|node| !node.is_literal()) {
            return Ok(Node::Array(nodes));
        }
    }
    Ok(literal(value, pointer, spelled))
}

impl Node {
    fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }
}

fn write(
    node: &Node,
    filling: &mut Filling<'_>,
    field: &str,
    out: &mut String,
) -> Result<(), Failure> {
    match node {
        Node::Literal(text) => out.push_str(text),
        Node::Expression(expression) => {
            let Values::Jsonata(session) = &mut filling.values else {
                return Ok(());
            };
            let value = session.value(expression, field)?;
            out.push_str(text_of(&value).as_str());
            if filling.done + out.len() > MAX_ROOM_BYTES {
                return Err(too_large());
            }
        }
        Node::Lookup { field, lookup } => {
            let Values::Paths(sight) = &filling.values else {
                return Ok(());
            };
            let written = filling.done + out.len();
            sight.settle(written)?;
            let value = lookup.value(sight, field)?;
            sight.settle(written + value.len())?;
            walk::compact(&value, out);
        }
        Node::Object(members) => {
            out.push('{');
            for (i, (key, node)) in members.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                push_string(out, key);
                out.push(':');
                let place = filling.below(field, key);
                write(node, filling, &place, out)?;
            }
            out.push('}');
        }
        Node::Array(items) => {
            out.push('[');
            for (i, node) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                let place = filling.item(field, i);
                write(node, filling, &place, out)?;
            }
            out.push(']');
        }
    }
    Ok(())
}

impl Filling<'_> {
    /// The name of a member, for errors. Paths tell their own.
    fn below(&self, field: &str, key: &str) -> String {
        match &self.values {
            Values::Jsonata(_) => format!("{field}/{key}"),
            Values::Paths(_) => String::new(),
        }
    }

    fn item(&self, field: &str, place: usize) -> String {
        match &self.values {
            Values::Jsonata(_) => format!("{field}[{place}]"),
            Values::Paths(_) => String::new(),
        }
    }
}
