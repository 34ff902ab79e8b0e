//! Functions of texts and of JSON as a whole.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::path::walk::{self, Kind};
use super::{Nodes, Outcome, number_text};
use crate::json::push_string;

/// Longest text that is encoded, decoded or hashed, in characters (guide: 10,000).
const MAX_CHARS: usize = 10_000;

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_string(&mut out, text);
    out
}

/// A text as it is meant, without the escapes of the definition.
pub(super) fn unescaped(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    Cow::Owned(out)
}

/// Fills each `{}` of the template with the next node.
pub(super) fn format(template: &str, nodes: &[Cow<'_, str>]) -> Outcome {
    let mut out = String::new();
    let mut used = 0;
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '{' if chars.peek() == Some(&'}') => {
                chars.next();
                if let Some(node) = nodes.get(used) {
                    shown(node, 0, &mut out);
                }
                used += 1;
            }
            plain => out.push(plain),
        }
    }
    if used != nodes.len() {
        return Err(format!(
            "The template has {used} places ({{}}), but {} values are given",
            nodes.len()
        ));
    }
    Ok(quoted(&out))
}

/// As [`format`], with a template that is a value itself.
pub(super) fn format_given(nodes: &Nodes<'_>) -> Outcome {
    let template = nodes.string(0)?;
    format(&template, &nodes.0[1..])
}

/// A value inside a text: texts as they are; objects and arrays in the way of AWS, `{a=1, b=[2, 3]}`.
fn shown(node: &str, depth: usize, out: &mut String) {
    match walk::kind(node) {
        _deep if depth > walk::MAX_DEPTH => out.push_str(node),
        Kind::String => out.push_str(&walk::string(node).unwrap_or_default()),
        Kind::Null | Kind::Boolean => out.push_str(node),
        Kind::Number if node.contains(['.', 'e', 'E']) => match walk::number(node) {
            Some(number) if node.contains('.') && number.fract() == 0.0 => {
                out.push_str(&number_text(number));
                out.push_str(".0");
            }
            Some(number) => out.push_str(&number_text(number)),
            None => out.push_str(node),
        },
        Kind::Number => out.push_str(node),
        Kind::Array => {
            out.push('[');
            for (i, item) in walk::items(node).enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                shown(item, depth + 1, out);
            }
            out.push(']');
        }
        Kind::Object => {
            out.push('{');
            for (i, (key, value)) in walk::members(node).enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                out.push_str(&walk::decoded(key));
                out.push('=');
                shown(value, depth + 1, out);
            }
            out.push('}');
        }
    }
}

/// JSON text to a value; an empty text is null.
pub(super) fn string_to_json(nodes: &Nodes<'_>) -> Outcome {
    let text = nodes.string(0)?;
    let text = walk::node_of(&text);
    if text.is_empty() {
        return Ok("null".to_owned());
    }
    match crate::json::Json::parse(text) {
        Ok(_json) if text == "-0" => Ok("0".to_owned()),
        Ok(json) => Ok(json.as_str().to_owned()),
        Err(error) => Err(format!("The text is not JSON: {error}")),
    }
}

pub(super) fn json_to_string(nodes: &Nodes<'_>) -> Outcome {
    let mut text = String::new();
    walk::compact(nodes.get(0), &mut text);
    Ok(quoted(&text))
}

fn short(text: &str) -> Result<(), String> {
    if text.chars().count() > MAX_CHARS {
        return Err(format!(
            "The first argument is longer than {MAX_CHARS} characters"
        ));
    }
    Ok(())
}

pub(super) fn base64_encode(nodes: &Nodes<'_>) -> Outcome {
    let text = nodes.string(0)?;
    short(&text)?;
    Ok(quoted(&STANDARD.encode(text.as_bytes())))
}

pub(super) fn base64_decode(nodes: &Nodes<'_>) -> Outcome {
    let text = nodes.string(0)?;
    short(&text)?;
    let bytes = STANDARD
        .decode(text.as_bytes())
        .map_err(|error| format!("The first argument is not Base64: {error}"))?;
    Ok(quoted(&String::from_utf8_lossy(&bytes)))
}

/// The hash of a text, or of the JSON text of another value, in hexadecimal.
pub(super) fn hash(nodes: &Nodes<'_>) -> Outcome {
    let mut data = String::new();
    match walk::string(nodes.get(0)) {
        Some(text) => data.push_str(&text),
        None => walk::compact(nodes.get(0), &mut data),
    }
    short(&data)?;
    let algorithm = nodes.string(1)?;
    let hash = super::super::functions::digest(&algorithm, data.as_bytes())
        .ok_or("The second argument must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512")?;
    Ok(quoted(&hash))
}

/// Members of both objects; where both have one, the second's. Only shallow, as on AWS.
pub(super) fn json_merge(nodes: &Nodes<'_>) -> Outcome {
    for place in 0..2 {
        let kind = walk::kind(nodes.get(place));
        if kind != Kind::Object {
            return Err(nodes.unexpected(place, "an object", kind));
        }
    }
    match nodes.get(2) {
        "false" => {}
        "true" => {
            return Err("Deep merging is not supported: the third argument must be false".into());
        }
        _other => return Err("The third argument must be false".into()),
    }
    let (first, second) = (nodes.get(0), nodes.get(1));
    let mut out = String::from("{");
    let mut put = |key: &str, value: &str| {
        if out.len() > 1 {
            out.push(',');
        }
        out.push('"');
        out.push_str(key);
        out.push_str("\":");
        walk::compact(value, &mut out);
    };
    // Of several members of one name the last counts, and all of the second object come behind those of the first.
    let all = || walk::members(first).chain(walk::members(second));
    let last: HashMap<Cow<'_, str>, &str> = all()
        .map(|(key, value)| (walk::decoded(key), value))
        .collect();
    let mut done = HashSet::new();
    for (key, value) in all() {
        let name = walk::decoded(key);
        let value = last.get(&name).copied().unwrap_or(value);
        if done.insert(name) {
            put(key, value);
        }
    }
    out.push('}');
    Ok(out)
}

/// Splits at every character of the second text; empty pieces are left out.
pub(super) fn split(nodes: &Nodes<'_>) -> Outcome {
    let (text, splitters) = (nodes.string(0)?, nodes.string(1)?);
    let splitters: HashSet<char> = splitters.chars().collect();
    let mut out = String::from("[");
    for piece in text
        .split(|c: char| splitters.contains(&c))
        .filter(|p| !p.is_empty())
    {
        if out.len() > 1 {
            out.push(',');
        }
        push_string(&mut out, piece);
    }
    out.push(']');
    Ok(out)
}
