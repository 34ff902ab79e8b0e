//! Forms, from the JSON Schemas of tasks (draft 2020-12): what is asked, what is filled in, and what is wrong with it.
//!
//! What of a schema is not understood is not asked and not checked here; the server checks everything.

mod check;
mod draft;
mod read;
#[cfg(test)]
mod tests;

use check::{Wrong, check};
pub(crate) use draft::{Event, Filling};
pub(crate) use read::read;

use serde_json::Value;

/// What a task asks.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Form {
    /// What it is about.
    pub(crate) title: String,
    /// What to do, in a sentence.
    pub(crate) help: String,
    /// What is asked.
    pub(crate) group: Group,
}

/// Several things that are asked together: a JSON object.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Group {
    /// What is asked, in the schema's order.
    pub(crate) fields: Vec<Field>,
    /// What depends on an answer.
    pub(crate) rules: Vec<Rule>,
}

/// One thing that is asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// The property's name.
    pub(crate) name: String,
    /// Its name for people.
    pub(crate) title: String,
    /// More about it; may be empty.
    pub(crate) help: String,
    /// What an answer looks like.
    pub(crate) shape: Shape,
    /// Whether it must be answered, whatever else is.
    pub(crate) required: bool,
}

/// What an answer looks like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// Text.
    Text(Text),
    /// A number.
    Number(Number),
    /// One of these values, each with its words.
    Choice(Vec<(Value, String)>),
    /// Yes or no.
    Yes,
    /// Any number of answers of one shape.
    List(List),
    /// Several things.
    Group(Group),
    /// One of these, by its title.
    OneOf(Vec<(String, Group)>),
}

/// Text and its limits.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Text {
    /// What kind of text.
    pub(crate) kind: TextKind,
    /// Fewest characters.
    pub(crate) min: usize,
    /// Most characters.
    pub(crate) max: Option<usize>,
    /// What it must look like, as a regular expression.
    pub(crate) pattern: Option<String>,
}

/// What kind of text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum TextKind {
    /// One line.
    #[default]
    Line,
    /// Several lines.
    Lines,
    /// `2026-11-24`.
    Date,
    /// `2026-11-24T10:00:00+01:00`.
    Moment,
    /// An address of e-mail.
    Email,
}

/// A number and its limits.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Number {
    /// Whether it is whole.
    pub(crate) whole: bool,
    /// The least.
    pub(crate) min: Option<f64>,
    /// The most.
    pub(crate) max: Option<f64>,
}

/// A list and its limits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct List {
    /// What each of it looks like.
    pub(crate) item: Box<Shape>,
    /// Fewest.
    pub(crate) min: usize,
    /// Most.
    pub(crate) max: Option<usize>,
}

/// What becomes necessary by an answer: `if` a field has this value, `then` these are required.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    /// The field that decides.
    pub(crate) field: String,
    /// Its value.
    pub(crate) is: Value,
    /// What must be answered then.
    pub(crate) required: Vec<String>,
    /// Fewest entries of lists then.
    pub(crate) least: Vec<(String, usize)>,
}

impl Rule {
    /// Whether it holds for what is filled in.
    fn holds(&self, object: &Value) -> bool {
        object.get(&self.field) == Some(&self.is)
    }

    /// Whether it says anything of a field: that it must be answered, or how many entries it has, be that none.
    fn names(&self, name: &str) -> bool {
        let required = self.required.iter().any(|one| one == name);
        required || self.least.iter().any(|(one, _)| one == name)
    }
}

impl Group {
    /// Whether a field is asked for what is filled in: one that the rules of some answers name is asked only with these.
    pub(crate) fn asks(&self, field: &Field, object: &Value) -> bool {
        let mut rules = self
            .rules
            .iter()
            .filter(|rule| rule.names(&field.name))
            .peekable();
        field.required || rules.peek().is_none() || rules.any(|rule| rule.holds(object))
    }

    /// Whether a field must be answered for what is filled in.
    pub(crate) fn needs(&self, field: &Field, object: &Value) -> bool {
        let by_rule = |rule: &Rule| rule.holds(object) && rule.required.contains(&field.name);
        field.required || self.rules.iter().any(by_rule)
    }

    /// The fewest entries of a list for what is filled in.
    fn least(&self, field: &Field, list: &List, object: &Value) -> usize {
        let of_rules = self.rules.iter().filter(|rule| rule.holds(object));
        of_rules
            .flat_map(|rule| &rule.least)
            .filter(|(name, _)| *name == field.name)
            .map(|(_, least)| *least)
            .fold(list.min, usize::max)
    }
}

/// A part of a place inside an answer, as JSON pointers have it (RFC 6901).
pub(crate) fn inside(place: &str, part: impl std::fmt::Display) -> String {
    let part = part.to_string().replace('~', "~0").replace('/', "~1");
    format!("{place}/{part}")
}

/// The place in a part of a body of a field that the server names: in `answer`, `answer.reasons[0].about` is `/reasons/0/about`. A field
/// that is not in that part is taken as it is.
pub(crate) fn place_in(part: &str, field: &str) -> String {
    let inner = field.strip_prefix(part);
    let inner = inner.filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    let names = inner.unwrap_or(field).split(['.', '[', ']']);
    names
        .filter(|name| !name.is_empty())
        .fold(String::new(), |place, name| inside(&place, name))
}
