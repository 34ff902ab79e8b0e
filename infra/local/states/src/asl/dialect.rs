//! JSONata 2.0.6, which Step Functions speaks, where the crate that evaluates expressions speaks a later one.
//!
//! Calls of the functions below are changed in the tree: those that the crate does not let be replaced get a name of their
//! own, and the implicit argument - the context - is written out, because a replaced function is not handed it.

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};
use jsonata_core::evaluator::{Evaluator, EvaluatorError};
use jsonata_core::functions::{numeric, string};
use jsonata_core::value::JValue;

use super::urls;

/// A name that no expression can write.
const NUMBER: &str = "number of 2.0.6";
/// As [`NUMBER`].
pub(super) const STRING: &str = "string of 2.0.6";
/// As [`NUMBER`]: what `$reduce` goes through.
const REDUCED: &str = "reduced by 2.0.6";
/// Whole numbers below this have at most 15 digits.
const SIXTEEN_DIGITS: f64 = 1e15;

/// Functions that take the context if they are given nothing.
const CONTEXTUAL: [&str; 7] = [
    "clone",
    "number",
    "string",
    "encodeUrl",
    "encodeUrlComponent",
    "decodeUrl",
    "decodeUrlComponent",
];

type Answer = Result<JValue, EvaluatorError>;

/// Registers the function behind `name`, if it is one of these.
pub(super) fn register(evaluator: &mut Evaluator, name: &str) -> Result<(), EvaluatorError> {
    match name {
        "clone" => evaluator.register_fn("clone", clone),
        "number" => evaluator.register_fn(NUMBER, number),
        "string" => evaluator.register_fn(STRING, text),
        "encodeUrl" => evaluator.register_fn_override("encodeUrl", |args: &[JValue]| {
            on_text("encodeUrl", args, |text| {
                Some(urls::encode(text, urls::WHOLE))
            })
        }),
        "encodeUrlComponent" => {
            evaluator.register_fn_override("encodeUrlComponent", |args: &[JValue]| {
                on_text("encodeUrlComponent", args, |text| {
                    Some(urls::encode(text, ""))
                })
            })
        }
        "decodeUrl" => evaluator.register_fn_override("decodeUrl", |args: &[JValue]| {
            on_text("decodeUrl", args, |text| urls::decode(text, urls::WHOLE))
        }),
        "decodeUrlComponent" => evaluator
            .register_fn_override("decodeUrlComponent", |args: &[JValue]| {
                on_text("decodeUrlComponent", args, |text| urls::decode(text, ""))
            }),
        _other => Ok(()),
    }
}

/// Changes the calls in an expression.
pub(super) fn adapt(tree: &mut AstNode) {
    let mut own = Vec::new();
    bound(tree, &mut own);
    rewrite(tree, &own, false);
}

/// The names that an expression binds itself: they are its own functions then.
pub(super) fn bound(node: &mut AstNode, own: &mut Vec<String>) {
    match &mut *node {
        AstNode::Binary {
            op: BinaryOp::ColonEqual,
            lhs,
            ..
        } => {
            if let AstNode::Variable(name) = &**lhs {
                own.push(name.clone());
            }
        }
        AstNode::Lambda { params, .. } => own.extend(params.iter().cloned()),
        _other => {}
    }
    for child in children(node) {
        bound(child, own);
    }
}

/// `chained`: what is on the left of `~>` is its first argument.
fn rewrite(node: &mut AstNode, own: &[String], chained: bool) {
    let is_own = |name: &str| own.iter().any(|own| own == name);
    match &mut *node {
        AstNode::Binary {
            op: BinaryOp::ChainPipe,
            lhs,
            rhs,
        } => {
            rewrite(lhs, own, false);
            rewrite(rhs, own, true);
            return;
        }
        AstNode::Function {
            name,
            args,
            is_builtin: true,
        } if CONTEXTUAL.contains(&name.as_str()) && !is_own(name) => {
            if args.is_empty() && !chained {
                args.push(AstNode::Variable(String::new()));
            }
            rename(name);
        }
        AstNode::Variable(name) if !is_own(name) => rename(name),
        AstNode::Function {
            name,
            args,
            is_builtin: true,
        } if name == "reduce" && args.len() == 2 && !chained => {
            for argument in &mut *args {
                rewrite(argument, own, false);
            }
            if !is_own("reduce") && !is_own("count") {
                reduce_of_some(node);
            }
            return;
        }
        _other => {}
    }
    for child in children(node) {
        rewrite(child, own, false);
    }
}

fn rename(name: &mut String) {
    match name.as_str() {
        "number" => NUMBER.clone_into(name),
        "string" => STRING.clone_into(name),
        _other => {}
    }
}

/// `$reduce(list, f)` of an empty list is nothing: it becomes `($reduced := list; $count($reduced) > 0 ? $reduce($reduced, f))`.
fn reduce_of_some(node: &mut AstNode) {
    let mut reduce = std::mem::replace(node, AstNode::Null);
    let AstNode::Function { args, .. } = &mut reduce else {
        return;
    };
    let reduced = || AstNode::Variable(REDUCED.to_owned());
    let Some(first) = args.first_mut() else {
        return;
    };
    let list = std::mem::replace(first, reduced());
    let bind = AstNode::Binary {
        op: BinaryOp::ColonEqual,
        lhs: Box::new(reduced()),
        rhs: Box::new(list),
    };
    let count = AstNode::Function {
        name: "count".to_owned(),
        args: vec![reduced()],
        is_builtin: true,
    };
    let some = AstNode::Binary {
        op: BinaryOp::GreaterThan,
        lhs: Box::new(count),
        rhs: Box::new(AstNode::Number(0.0)),
    };
    *node = AstNode::Block(vec![
        bind,
        AstNode::Conditional {
            condition: Box::new(some),
            then_branch: Box::new(reduce),
            else_branch: None,
        },
    ]);
}

/// What a node consists of.
pub(super) fn children(node: &mut AstNode) -> Vec<&mut AstNode> {
    match node {
        AstNode::String(_)
        | AstNode::Name(_)
        | AstNode::Number(_)
        | AstNode::Boolean(_)
        | AstNode::Null
        | AstNode::Undefined
        | AstNode::Placeholder
        | AstNode::Regex { .. }
        | AstNode::Variable(_)
        | AstNode::ParentVariable(_)
        | AstNode::Wildcard
        | AstNode::Descendant
        | AstNode::Parent(_) => Vec::new(),
        AstNode::Path { steps } => steps.iter_mut().flat_map(of_step).collect(),
        AstNode::Binary { lhs, rhs, .. } => vec![lhs, rhs],
        AstNode::Unary { operand, .. } => vec![operand],
        AstNode::Function { args, .. } => args.iter_mut().collect(),
        AstNode::Call { procedure, args } => {
            std::iter::once(&mut **procedure).chain(args).collect()
        }
        AstNode::Lambda { body, .. } => vec![body],
        AstNode::Array(items) | AstNode::ArrayGroup(items) | AstNode::Block(items) => {
            items.iter_mut().collect()
        }
        AstNode::Object(pairs) => of_pairs(pairs).collect(),
        AstNode::ObjectTransform { input, pattern } => std::iter::once(&mut **input)
            .chain(of_pairs(pattern))
            .collect(),
        AstNode::Conditional {
            condition,
            then_branch,
            else_branch,
        } => {
            let mut all: Vec<&mut AstNode> = vec![condition, then_branch];
            all.extend(else_branch.as_deref_mut());
            all
        }
        AstNode::FunctionApplication(inner) => vec![inner],
        AstNode::Sort { input, terms } => {
            let terms = terms.iter_mut().map(|(term, _)| term);
            std::iter::once(&mut **input).chain(terms).collect()
        }
        AstNode::Transform {
            location,
            update,
            delete,
        } => {
            let mut all: Vec<&mut AstNode> = vec![location, update];
            all.extend(delete.as_deref_mut());
            all
        }
    }
}

fn of_step(step: &mut PathStep) -> impl Iterator<Item = &mut AstNode> {
    let stages = step.stages.iter_mut().filter_map(|stage| match stage {
        Stage::Filter(filter) => Some(&mut **filter),
        Stage::KeepArray | Stage::Index(_) => None,
    });
    std::iter::once(&mut step.node).chain(stages)
}

fn of_pairs(pairs: &mut [(AstNode, AstNode)]) -> impl Iterator<Item = &mut AstNode> {
    pairs.iter_mut().flat_map(|(key, value)| [key, value])
}

fn failed(message: String) -> Answer {
    Err(EvaluatorError::EvaluationError(message))
}

/// `$clone(value)` of an object or an array. Values here never change, so it is the value.
fn clone(args: &[JValue]) -> Answer {
    match args.first() {
        None | Some(JValue::Undefined) => Ok(JValue::Undefined),
        Some(value) if value.is_object() || value.as_array().is_some() => Ok(value.clone()),
        Some(_) => failed(
            "T0410: Argument 1 of function \"clone\" does not match function signature".to_owned(),
        ),
    }
}

/// `$number(value)`: of text, nothing but the number.
fn number(args: &[JValue]) -> Answer {
    let value = match args.first() {
        None | Some(JValue::Undefined) => return Ok(JValue::Undefined),
        Some(value) => value,
    };
    if let Some(text) = value.as_str()
        && !is_decimal(text)
        && !has_prefix(text)
    {
        return failed(format!(
            "D3030: Unable to cast value to a number: \"{text}\""
        ));
    }
    numeric::number(value).or_else(|error| failed(error.to_string()))
}

/// `-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?`
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let is_exponent = |text: &str| digits(text.strip_prefix(['-', '+']).unwrap_or(text));
    let is_mantissa = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(mantissa),
    };
    is_mantissa && exponent.is_none_or(is_exponent)
}

/// `0x`, `0o` or `0b`, and digits of that base.
fn has_prefix(text: &str) -> bool {
    let of_base = |prefix: [&str; 2], base: u32| {
        let digits = prefix.iter().find_map(|prefix| text.strip_prefix(prefix));
        digits.is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_digit(base)))
    };
    of_base(["0x", "0X"], 16) || of_base(["0o", "0O"], 8) || of_base(["0b", "0B"], 2)
}

/// `$string(value, prettify)`: every number with 15 digits, whole ones too.
fn text(args: &[JValue]) -> Answer {
    let value = args.first().unwrap_or(&JValue::Undefined);
    let prettify = match args {
        [_, JValue::Bool(prettify)] => Some(*prettify),
        // A third one is what functions like `$map` add.
        [] | [_] | [_, JValue::Undefined] | [_, _, _, ..] => None,
        [_, _] => {
            return failed(
                "T0410: Argument 2 of function \"string\" does not match function signature"
                    .to_owned(),
            );
        }
    };
    let told = if has_long(value) {
        string::string(&shortened(value), prettify)
    } else {
        string::string(value, prettify)
    };
    told.or_else(|error| failed(error.to_string()))
}

/// Is there a whole number of more than 15 digits?
fn has_long(value: &JValue) -> bool {
    match value {
        JValue::Number(number) => number.is_finite() && number.abs() >= SIXTEEN_DIGITS,
        JValue::Array(items) => items.iter().any(has_long),
        other => other
            .as_object()
            .is_some_and(|members| members.values().any(has_long)),
    }
}

/// With 15 digits that count; the rest are zeros.
fn shortened(value: &JValue) -> JValue {
    match value {
        JValue::Number(number) if has_long(value) => {
            JValue::Number(format!("{number:.14e}").parse().unwrap_or(*number))
        }
        JValue::Array(items) => JValue::array(items.iter().map(shortened).collect()),
        other => match other.as_object() {
            Some(members) => JValue::object(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), shortened(value)))
                    .collect(),
            ),
            None => other.clone(),
        },
    }
}

/// A function of one text.
fn on_text(name: &str, args: &[JValue], change: impl Fn(&str) -> Option<String>) -> Answer {
    let text = match args.first() {
        None | Some(JValue::Undefined) => return Ok(JValue::Undefined),
        Some(value) => value.as_str(),
    };
    let Some(text) = text else {
        return failed(format!(
            "T0410: Argument 1 of function \"{name}\" does not match function signature"
        ));
    };
    match change(text) {
        Some(changed) => Ok(JValue::from(changed)),
        None => failed(format!(
            "D3140: Malformed URL passed to ${name}(): \"{text}\""
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_and_nothing_else_is_a_number() {
        for good in ["0", "-1", "007", "1.5", "1e3", "1.5E-3", "-0.1e+7"] {
            assert!(is_decimal(good), "{good}");
        }
        for bad in [
            "", " 1", "1 ", "+1", ".5", "5.", "1e", "1e+", "--1", "1.2.3", "NaN", "Infinity",
        ] {
            assert!(!is_decimal(bad), "{bad}");
        }
        assert!(has_prefix("0xfF") && has_prefix("0o17") && has_prefix("0B01"));
        assert!(!has_prefix("0x") && !has_prefix("0o8") && !has_prefix("0x-1"));
    }
}
