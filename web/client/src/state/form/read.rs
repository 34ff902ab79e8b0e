//! A JSON Schema as a form.

use super::{Field, Form, Group, List, Number, Rule, Shape, Text, TextKind};
use crate::state::request_words::spelled;
use serde_json::Value;

/// From this many characters on, a text gets several lines.
const LONG: usize = 200;
/// How deep a schema is followed.
const MAX_DEPTH: u32 = 6;
/// The pattern by which forms ask for a date.
const DATE: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";

/// Reads a form.
pub(crate) fn read(schema: &Value) -> Form {
    Form {
        title: text(schema, "title"),
        help: text(schema, "description"),
        group: group(schema, 0),
    }
}

fn text(schema: &Value, key: &str) -> String {
    let text = schema.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn list<'a>(schema: &'a Value, key: &str) -> &'a [Value] {
    schema
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn names(schema: &Value, key: &str) -> Vec<String> {
    let names = list(schema, key).iter().filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}

fn size(schema: &Value, key: &str) -> Option<usize> {
    schema
        .get(key)
        .and_then(Value::as_u64)
        .and_then(|size| usize::try_from(size).ok())
}

fn group(schema: &Value, depth: u32) -> Group {
    let required = names(schema, "required");
    let properties = schema.get("properties").and_then(Value::as_object);
    let fields = properties.into_iter().flatten().filter_map(|(name, part)| {
        let title = text(part, "title");
        Some(Field {
            title: if title.is_empty() {
                spelled(name)
            } else {
                title
            },
            help: text(part, "description"),
            shape: shape(part, depth + 1)?,
            required: required.contains(name),
            name: name.clone(),
        })
    });
    let mut fields: Vec<Field> = fields.collect();
    // JSON has no order; what must be answered comes first, notes last, the rest as the schema's rules name it.
    let rules: Vec<Rule> = list(schema, "allOf").iter().filter_map(rule).collect();
    let asked_by = |name: &str| {
        let by = |rule: &Rule| rule.required.iter().any(|one| one == name);
        rules.iter().position(by)
    };
    fields.sort_by_key(|field| {
        let by_rule = asked_by(&field.name).map_or(usize::MAX, |at| at);
        (field.name == "note", !field.required, by_rule, {
            let place = required.iter().position(|name| *name == field.name);
            place.unwrap_or(usize::MAX)
        })
    });
    Group { fields, rules }
}

fn rule(part: &Value) -> Option<Rule> {
    let condition = part.pointer("/if/properties")?.as_object()?;
    let (field, value) = condition.iter().next()?;
    let then = part.get("then")?;
    let least = then.get("properties").and_then(Value::as_object);
    let least = least.into_iter().flatten();
    Some(Rule {
        field: field.clone(),
        is: value.get("const")?.clone(),
        required: names(then, "required"),
        least: least
            .filter_map(|(name, part)| Some((name.clone(), size(part, "minItems")?)))
            .collect(),
    })
}

fn shape(schema: &Value, depth: u32) -> Option<Shape> {
    if depth > MAX_DEPTH {
        return None;
    }
    if let Some(only) = schema.get("const") {
        return Some(Shape::Choice(vec![choice(only, schema)]));
    }
    let allowed = list(schema, "enum");
    if !allowed.is_empty() {
        let choices = allowed.iter().map(|value| choice(value, &Value::Null));
        return Some(Shape::Choice(choices.collect()));
    }
    let ways = list(schema, "oneOf");
    if !ways.is_empty() {
        return Some(one_of(ways, depth));
    }
    match schema.get("type").and_then(Value::as_str)? {
        "string" => Some(Shape::Text(text_shape(schema))),
        kind @ ("integer" | "number") => Some(Shape::Number(Number {
            whole: kind == "integer",
            min: schema.get("minimum").and_then(Value::as_f64),
            max: schema.get("maximum").and_then(Value::as_f64),
        })),
        "boolean" => Some(Shape::Yes),
        "array" => Some(Shape::List(List {
            item: Box::new(shape(schema.get("items")?, depth + 1)?),
            min: size(schema, "minItems").unwrap_or(0),
            max: size(schema, "maxItems"),
        })),
        "object" => Some(Shape::Group(group(schema, depth))),
        _ => None,
    }
}

/// `oneOf` values is a choice; `oneOf` objects is a choice of what is asked next.
fn one_of(ways: &[Value], depth: u32) -> Shape {
    if ways.iter().all(|way| way.get("const").is_some()) {
        let choices = ways.iter().map(|way| choice(&way["const"], way));
        return Shape::Choice(choices.collect());
    }
    let titled = ways.iter().enumerate().map(|(i, way)| {
        let title = text(way, "title");
        let title = if title.is_empty() {
            format!("Way {}", i + 1)
        } else {
            title
        };
        (title, group(way, depth))
    });
    Shape::OneOf(titled.collect())
}

fn choice(value: &Value, schema: &Value) -> (Value, String) {
    let title = text(schema, "title");
    let words = match value {
        _ if !title.is_empty() => title,
        Value::String(word) => spelled(word),
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "Yes".to_owned(),
        Value::Bool(false) => "No".to_owned(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    (value.clone(), words)
}

fn text_shape(schema: &Value) -> Text {
    let pattern = schema.get("pattern").and_then(Value::as_str);
    let max = size(schema, "maxLength");
    let kind = match schema.get("format").and_then(Value::as_str) {
        Some("date") => TextKind::Date,
        Some("date-time") => TextKind::Moment,
        Some("email") => TextKind::Email,
        Some(_) | None if pattern == Some(DATE) => TextKind::Date,
        Some(_) | None if max.is_some_and(|max| max > LONG) => TextKind::Lines,
        Some(_) | None => TextKind::Line,
    };
    Text {
        kind,
        min: size(schema, "minLength").unwrap_or(0),
        max,
        pattern: pattern.map(str::to_owned),
    }
}
