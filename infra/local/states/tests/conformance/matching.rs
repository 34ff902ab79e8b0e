//! Compares what came with what was expected, and says where they part.

use serde_json::Value;

/// How objects are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The same members.
    Exact,
    /// The expected members; others may be there.
    Subset,
}

/// `Err` says where and how `actual` differs.
pub(crate) fn matches(expected: &Value, actual: &Value, mode: Mode) -> Result<(), String> {
    at("$", expected, actual, mode)
}

fn at(path: &str, expected: &Value, actual: &Value, mode: Mode) -> Result<(), String> {
    let differs = || {
        Err(format!(
            "at {path}: expected {expected}, and it is {actual}"
        ))
    };
    match (expected, actual) {
        (Value::Object(wanted), _) if wanted.len() == 1 => {
            let (key, operand) = wanted.iter().next().expect("one member");
            match key.strip_prefix('$') {
                Some(name) if OPERATORS.contains(&name) => operator(path, name, operand, actual),
                Some(_) | None => object(path, expected, actual, mode),
            }
        }
        (Value::Object(_), _) => object(path, expected, actual, mode),
        (Value::Array(wanted), Value::Array(found)) => {
            if wanted.len() != found.len() {
                return differs();
            }
            for (i, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                at(&format!("{path}[{i}]"), wanted, found, mode)?;
            }
            Ok(())
        }
        (Value::Number(wanted), Value::Number(found))
            if wanted == found || wanted.as_f64() == found.as_f64() =>
        {
            Ok(())
        }
        _other if expected == actual => Ok(()),
        _other => differs(),
    }
}

fn object(path: &str, expected: &Value, actual: &Value, mode: Mode) -> Result<(), String> {
    let (Value::Object(wanted), Value::Object(found)) = (expected, actual) else {
        return Err(format!(
            "at {path}: expected {expected}, and it is {actual}"
        ));
    };
    for (key, wanted) in wanted {
        let below = format!("{path}.{key}");
        if *wanted == serde_json::json!({ "$absent": true }) {
            if let Some(found) = found.get(key) {
                return Err(format!("at {below}: expected nothing, and it is {found}"));
            }
            continue;
        }
        let found = found
            .get(key)
            .ok_or_else(|| format!("at {below}: expected {wanted}, and it is not there"))?;
        at(&below, wanted, found, mode)?;
    }
    let extra = found.keys().find(|key| !wanted.contains_key(*key));
    match extra {
        Some(extra) if mode == Mode::Exact => Err(format!(
            "at {path}.{extra}: expected nothing, and it is {}",
            found[extra]
        )),
        Some(_) | None => Ok(()),
    }
}

const OPERATORS: &[&str] = &["any", "contains", "matches", "type", "json", "exactly"];

fn operator(path: &str, name: &str, operand: &Value, actual: &Value) -> Result<(), String> {
    let text = || {
        actual
            .as_str()
            .ok_or_else(|| format!("at {path}: expected text, and it is {actual}"))
    };
    let wanted = operand.as_str().unwrap_or_default();
    let met = match name {
        "any" => true,
        "contains" => text()?.contains(wanted),
        "matches" => regex_lite::Regex::new(&format!("^(?s:{wanted})$"))
            .map_err(|error| format!("at {path}: {error}"))?
            .is_match(text()?),
        "type" => kind(actual) == wanted,
        "json" => {
            let parsed = serde_json::from_str(text()?)
                .map_err(|error| format!("at {path}: not JSON: {error}: {actual}"))?;
            return at(path, operand, &parsed, Mode::Exact);
        }
        _exactly => return at(path, operand, actual, Mode::Exact),
    };
    if met {
        Ok(())
    } else {
        Err(format!(
            "at {path}: expected ${name} {operand}, and it is {actual}"
        ))
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
