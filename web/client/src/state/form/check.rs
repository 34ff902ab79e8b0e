//! What is wrong with what is filled in, in words that say what is allowed.

use super::{Field, Form, Group, List, Number, Shape, Text, TextKind, inside};
use regex_lite::Regex;
use serde_json::Value;

/// A field that is filled in wrongly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Where, as a JSON pointer (RFC 6901); empty for the whole.
    pub(crate) place: String,
    /// What is wrong and what is allowed.
    pub(crate) why: String,
}

/// Everything that is wrong with an answer, in the form's order.
pub(crate) fn check(form: &Form, answer: &Value) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    group(&form.group, answer, "", &mut wrong);
    wrong
}

fn push(wrong: &mut Vec<Wrong>, place: &str, why: impl Into<String>) {
    wrong.push(Wrong {
        place: place.to_owned(),
        why: why.into(),
    });
}

fn group(asked: &Group, object: &Value, place: &str, wrong: &mut Vec<Wrong>) {
    for field in asked
        .fields
        .iter()
        .filter(|field| asked.asks(field, object))
    {
        let place = inside(place, &field.name);
        match object.get(&field.name) {
            Some(value) => {
                shape(&field.shape, value, &place, wrong);
                if let Shape::List(list) = &field.shape {
                    fewest(asked.least(field, list, object), value, &place, wrong);
                }
            }
            None if asked.needs(field, object) => push(wrong, &place, missing(field)),
            None => {}
        }
    }
}

fn missing(field: &Field) -> &'static str {
    match &field.shape {
        Shape::Text(_) | Shape::Number(_) | Shape::Group(_) => "Fill this in.",
        Shape::Choice(_) | Shape::OneOf(_) | Shape::Yes => "Choose one.",
        Shape::List(_) => "Add at least one.",
    }
}

fn fewest(least: usize, value: &Value, place: &str, wrong: &mut Vec<Wrong>) {
    let count = value.as_array().map_or(0, Vec::len);
    if count < least && least == 1 {
        push(wrong, place, "Add at least one.");
    } else if count < least {
        push(wrong, place, format!("Add at least {least}."));
    }
}

fn shape(asked: &Shape, value: &Value, place: &str, wrong: &mut Vec<Wrong>) {
    match (asked, value) {
        (Shape::Text(asked), Value::String(text)) => {
            if let Some(why) = text_wrong(asked, text) {
                push(wrong, place, why);
            }
        }
        (Shape::Number(asked), Value::Number(number)) => {
            if let Some(why) = number_wrong(asked, number.as_f64().unwrap_or(f64::NAN)) {
                push(wrong, place, why);
            }
        }
        (Shape::Number(_), _) => push(wrong, place, "Write a number."),
        (Shape::Choice(choices), value) => {
            if !choices.iter().any(|(allowed, _)| allowed == value) {
                push(wrong, place, "Choose one.");
            }
        }
        (Shape::List(asked), Value::Array(values)) => list(asked, values, place, wrong),
        (Shape::Group(asked), Value::Object(_)) => group(asked, value, place, wrong),
        (Shape::OneOf(ways), Value::Object(_)) => {
            // The way that fits best is meant: its faults are the ones to mend.
            let faults = ways.iter().map(|(_, way)| {
                let mut of_way = Vec::new();
                group(way, value, place, &mut of_way);
                of_way
            });
            wrong.extend(faults.min_by_key(Vec::len).unwrap_or_default());
        }
        (Shape::Yes, Value::Bool(_)) => {}
        (Shape::Text(_) | Shape::List(_) | Shape::Group(_) | Shape::OneOf(_) | Shape::Yes, _) => {
            push(wrong, place, "Fill this in.");
        }
    }
}

fn list(asked: &List, values: &[Value], place: &str, wrong: &mut Vec<Wrong>) {
    if let Some(max) = asked.max.filter(|max| values.len() > *max) {
        push(wrong, place, format!("At most {max}."));
    }
    for (i, value) in values.iter().enumerate() {
        shape(&asked.item, value, &inside(place, i), wrong);
    }
}

fn text_wrong(asked: &Text, text: &str) -> Option<String> {
    let length = text.chars().count();
    if length < asked.min {
        return Some(match asked.min {
            1 => "Fill this in.".to_owned(),
            min => format!("At least {min} characters."),
        });
    }
    if let Some(max) = asked.max.filter(|max| length > *max) {
        return Some(format!("At most {max} characters; these are {length}."));
    }
    let pattern = asked
        .pattern
        .as_deref()
        .and_then(|pattern| Regex::new(pattern).ok());
    let fits = pattern.is_none_or(|pattern| pattern.is_match(text));
    let words = match asked.kind {
        TextKind::Date => "Write a date such as 2026-11-24.",
        TextKind::Moment => "Choose a day and a time.",
        TextKind::Email if !text.contains('@') => {
            return Some("Write an e-mail address such as name@example.com.".to_owned());
        }
        TextKind::Line | TextKind::Lines | TextKind::Email => {
            return (!fits).then(|| hint(asked.pattern.as_deref().unwrap_or_default()));
        }
    };
    (!fits).then(|| words.to_owned())
}

/// What a pattern asks for, in words where they are known.
fn hint(pattern: &str) -> String {
    if pattern.starts_with("^\\+") {
        "Write a number with its country code, such as +41 44 555 01 00, without spaces.".to_owned()
    } else if pattern.starts_with("^[A-Za-z0-9_-]") {
        "Write a code of letters, digits, dashes and underscores, such as OTHER.".to_owned()
    } else if pattern == "^[A-Za-z0-9-]+$" {
        "Write letters, digits and dashes only.".to_owned()
    } else {
        format!("This must look like {pattern}")
    }
}

fn number_wrong(asked: &Number, number: f64) -> Option<String> {
    if asked.whole && number.fract() != 0.0 {
        return Some("Write a whole number.".to_owned());
    }
    if let Some(min) = asked.min.filter(|min| number < *min) {
        return Some(format!("At least {min}."));
    }
    let max = asked.max.filter(|max| number > *max)?;
    Some(format!("At most {max}."))
}
