//! Mocked results against the shapes of the APIs that they stand for. Source: API reference, `MockInput`,
//! `fieldValidationMode`; the shapes are the services' public API models, in short form. Results of operations that are not in
//! the table are not checked.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::ApiError;
use crate::integration;

const TABLE: &str = include_str!("mock_shapes.txt");

/// By service, and by the name of a structure or `>` and an operation: the members, or the operation's structure.
static SHAPES: LazyLock<HashMap<(&'static str, &'static str), &'static str>> =
    LazyLock::new(|| {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
        rows.filter_map(|line| {
            let (service, rest) = line.split_once(' ')?;
            let (name, members) = rest.split_once(' ').unwrap_or((rest, ""));
            Some(((service, name), members))
        })
        .collect()
    });

/// Members that the optimised integrations show as JSON, whatever the API has.
const FREE: &[(&str, &str)] = &[
    ("lambda:invoke", "Payload"),
    ("bedrock:invokeModel", "Body"),
];

/// Checks a mocked result; `mode` is one of `STRICT`, `PRESENT`, `NONE`.
pub(super) fn check(resource: &str, result: &Value, mode: &str) -> Result<(), ApiError> {
    if mode == "NONE" {
        return Ok(());
    }
    let Some((service, operation)) = integration::api_of(resource) else {
        return Ok(());
    };
    let answer = SHAPES
        .iter()
        .find(|((of, name), _)| *of == service && name.strip_prefix('>') == Some(&operation));
    let Some(((service, _), shape)) = answer else {
        return Ok(());
    };
    let free = FREE.iter().find(|(of, _)| resource.ends_with(of));
    let strict = Shape {
        service,
        strict: mode == "STRICT",
        free: free.map(|(_, member)| *member),
    };
    strict.members(shape.trim_start_matches('='), result)
}

/// How values are held against shapes.
struct Shape {
    service: &'static str,
    /// What is required must be there.
    strict: bool,
    /// A member of the result that is anything.
    free: Option<&'static str>,
}

impl Shape {
    fn members(&self, name: &str, value: &Value) -> Result<(), ApiError> {
        let Some(members) = SHAPES.get(&(self.service, name)) else {
            return Ok(());
        };
        for member in members.split(' ').filter(|member| !member.is_empty()) {
            let Some((name, kind)) = member.split_once(':') else {
                continue;
            };
            let plain = name.trim_end_matches('!');
            match value.get(plain) {
                None if self.strict && plain != name => {
                    return fails(format!("Required field '{plain}' is missing"));
                }
                None => {}
                Some(_) if self.free == Some(plain) => {}
                Some(found) => self.value(plain, kind, found)?,
            }
        }
        Ok(())
    }

    /// `s` text, `n` a number, `b` a Boolean, `e(A,B)` one of these, `[x]` a list, `{x}` a map, `=X` a structure, `?`
    /// anything; text and numbers can have bounds: `n(1..5)`.
    fn value(&self, field: &str, kind: &str, value: &Value) -> Result<(), ApiError> {
        let Some((first, rest)) = kind.split_at_checked(1) else {
            return Ok(());
        };
        let not = |what: &str| fails(format!("Field '{field}' must be {what}"));
        let inside = rest.get(..rest.len().saturating_sub(1)).unwrap_or_default();
        match first {
            "s" => match value.as_str() {
                Some(text) => bounded(rest, text.len() as f64, field, TOO_SHORT, TOO_LONG),
                None => not("a string"),
            },
            "n" => match value.as_f64() {
                Some(number) => bounded(rest, number, field, TOO_SMALL, TOO_LARGE),
                None => not("a number"),
            },
            "b" if !value.is_boolean() => not("a boolean"),
            "e" => match value.as_str() {
                Some(text) => one_of(rest, text, field),
                None => not("a string"),
            },
            "[" => match value.as_array() {
                Some(items) => items
                    .iter()
                    .try_for_each(|item| self.value(field, inside, item)),
                None => not("an array"),
            },
            "{" => match value.as_object() {
                Some(entries) => entries
                    .values()
                    .try_for_each(|entry| self.value(field, inside, entry)),
                None => not("an object"),
            },
            "=" if value.is_object() => self.members(rest, value),
            "=" => not("an object"),
            _anything => Ok(()),
        }
    }
}

const TOO_SHORT: &str = "is smaller than the minimum length";
const TOO_LONG: &str = "exceeds the maximum length";
const TOO_SMALL: &str = "is less than the minimum value";
const TOO_LARGE: &str = "exceeds the maximum value";

/// Holds a size against `(least..most)`.
fn bounded(bounds: &str, size: f64, field: &str, under: &str, over: &str) -> Result<(), ApiError> {
    let bounds = bounds.trim_start_matches('(').trim_end_matches(')');
    let Some((least, most)) = bounds.split_once("..") else {
        return Ok(());
    };
    if least.parse::<f64>().is_ok_and(|least| size < least) {
        return fails(format!("Field '{field}' {under}"));
    }
    if most.parse::<f64>().is_ok_and(|most| size > most) {
        return fails(format!("Field '{field}' {over}"));
    }
    Ok(())
}

fn one_of(list: &str, text: &str, field: &str) -> Result<(), ApiError> {
    let list = list.trim_start_matches('(').trim_end_matches(')');
    let text = text.replace(' ', "_");
    if list.split(',').any(|known| known == text) {
        return Ok(());
    }
    fails(format!("Field '{field}' is not an expected value"))
}

fn fails(what: String) -> Result<(), ApiError> {
    Err(ApiError::unfit(format!(
        "Mock result schema validation error: {what}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_that_is_named_is_there() {
        for ((service, name), members) in SHAPES.iter() {
            for member in members.split(' ').filter(|member| !member.is_empty()) {
                let kind = member.split_once(':').map_or(member, |(_, kind)| kind);
                let inner = kind.trim_matches(|c| "[]{}".contains(c));
                if let Some(inner) = inner.strip_prefix('=') {
                    let found = SHAPES.contains_key(&(service, inner));
                    assert!(found, "{service} {name}: {inner}");
                }
            }
        }
    }
}
