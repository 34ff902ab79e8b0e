//! JSONata 2.0.6, which Step Functions speaks, where the crate that evaluates expressions speaks a later one.
//!
//! Functions that the crate does not let be replaced have a name of their own, to which the name that expressions write is
//! bound: a variable of that name shadows it, whoever binds it. In the tree, calls of the functions below have their implicit
//! argument - the context - written out, because a replaced function is not handed it.

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError};
use jsonata_core::functions::{numeric, string};
use jsonata_core::value::JValue;

use super::texts::{Answer, Texts};
use super::{sizes, urls};

/// A name that no expression can write.
const NUMBER: &str = "number of 2.0.6";
/// As [`NUMBER`].
const STRING: &str = "string of 2.0.6";
/// As [`NUMBER`]: what `$reduce` goes through.
const REDUCED: &str = "reduced by 2.0.6";
/// As [`NUMBER`]: is there anything in the list?
const SOME: &str = "some of 2.0.6";
/// As [`NUMBER`]: is it a built-in function?
const BUILT_IN: &str = "built in 2.0.6";
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

/// Registers the function behind `name`, if it is one of these.
pub(super) fn register(
    evaluator: &mut Evaluator,
    name: &str,
    texts: &Texts,
) -> Result<(), EvaluatorError> {
    if CONTEXTUAL.contains(&name) {
        evaluator.register_fn(BUILT_IN, |args: &[JValue]| {
            let is_built_in = matches!(args, [JValue::Builtin { .. }]);
            Ok(JValue::Bool(is_built_in))
        })?;
    }
    let texts = texts.clone();
    match name {
        "clone" => evaluator.register_fn("clone", clone),
        "number" => evaluator.register_fn(NUMBER, number),
        "reduce" => evaluator.register_fn(SOME, some),
        "string" => evaluator.register_fn(STRING, move |args: &[JValue]| text(args, &texts)),
        "encodeUrl" => evaluator.register_fn_override("encodeUrl", move |args: &[JValue]| {
            on_text("encodeUrl", args, &texts, |text| {
                Some(urls::encode(text, urls::WHOLE))
            })
        }),
        "encodeUrlComponent" => {
            evaluator.register_fn_override("encodeUrlComponent", move |args: &[JValue]| {
                on_text("encodeUrlComponent", args, &texts, |text| {
                    Some(urls::encode(text, ""))
                })
            })
        }
        "decodeUrl" => evaluator.register_fn_override("decodeUrl", move |args: &[JValue]| {
            on_text("decodeUrl", args, &texts, |text| {
                urls::decode(text, urls::WHOLE)
            })
        }),
        "decodeUrlComponent" => {
            evaluator.register_fn_override("decodeUrlComponent", move |args: &[JValue]| {
                on_text("decodeUrlComponent", args, &texts, |text| {
                    urls::decode(text, "")
                })
            })
        }
        _other => Ok(()),
    }
}

/// Binds the names that are ours, as far as `names` speaks of them.
pub(super) fn bind(context: &mut Context, names: &[String]) {
    for (name, ours) in [("number", NUMBER), ("string", STRING)] {
        if names.iter().any(|used| used == name) {
            context.bind(name.to_owned(), JValue::builtin(ours));
        }
    }
}

/// Changes the calls in an expression.
pub(super) fn adapt(tree: &mut AstNode) {
    let mut own = Vec::new();
    bound(tree, &mut own);
    rewrite(tree, &own);
}

/// Adds the names of variables and functions that an expression speaks of.
pub(super) fn mentioned(node: &mut AstNode, names: &mut Vec<String>) {
    if let AstNode::Variable(name)
    | AstNode::Function {
        name,
        is_builtin: true,
        ..
    } = &*node
        && !name.is_empty()
        && name != "states"
        && !names.contains(name)
    {
        names.push(name.clone());
    }
    for child in children(node) {
        mentioned(child, names);
    }
}

/// The names that an expression binds itself, anywhere in it.
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
        AstNode::Path { steps } => {
            for step in steps {
                own.extend(step.focus.iter().chain(&step.index_var).cloned());
                own.extend(step.stages.iter().filter_map(|stage| match stage {
                    Stage::Index(name) => Some(name.clone()),
                    Stage::Filter(_) | Stage::KeepArray => None,
                }));
            }
        }
        _other => {}
    }
    for child in children(node) {
        bound(child, own);
    }
}

fn rewrite(node: &mut AstNode, own: &[String]) {
    let is_own = |name: &str| own.iter().any(|own| own == name);
    match &mut *node {
        AstNode::Binary {
            op: BinaryOp::ChainPipe,
            lhs,
            rhs,
        } => {
            // What is on the left is the first argument of the call on the right.
            rewrite(lhs, own);
            for inner in inside_call(rhs) {
                rewrite(inner, own);
            }
            return;
        }
        AstNode::Function {
            name,
            args,
            is_builtin: true,
        } if args.is_empty() && CONTEXTUAL.contains(&name.as_str()) => {
            if is_own(name) {
                let name = name.clone();
                *node = of_context_if_built_in(name);
            } else {
                args.push(context());
            }
            return;
        }
        AstNode::Function {
            name,
            args,
            is_builtin: true,
        } if name == "reduce" && args.len() == 2 => {
            for argument in &mut *args {
                rewrite(argument, own);
            }
            if !is_own("reduce") {
                reduce_of_some(node);
            }
            return;
        }
        _other => {}
    }
    for child in children(node) {
        rewrite(child, own);
    }
}

/// `$`
pub(super) fn context() -> AstNode {
    AstNode::Variable(String::new())
}

/// `$name()`, of the context if the name is not another function's where this stands.
fn of_context_if_built_in(name: String) -> AstNode {
    let call = |name: &str, args| AstNode::Function {
        name: name.to_owned(),
        args,
        is_builtin: true,
    };
    AstNode::Conditional {
        then_branch: Box::new(call(&name, vec![context()])),
        else_branch: Some(Box::new(call(&name, Vec::new()))),
        condition: Box::new(call(BUILT_IN, vec![AstNode::Variable(name)])),
    }
}

/// Whom a call on the right side of `~>` calls.
pub(super) fn called(node: &AstNode) -> Option<&str> {
    match node {
        AstNode::Function { name, .. } => Some(name),
        AstNode::Path { steps } => match steps.as_slice() {
            [PathStep { node, .. }] => called(node),
            _several => None,
        },
        _other => None,
    }
}

/// What is inside of the right side of `~>`. A call there must stay the call that it is.
pub(super) fn inside_call(node: &mut AstNode) -> Vec<&mut AstNode> {
    if called(node).is_none() {
        return vec![node];
    }
    match node {
        AstNode::Path { steps } => {
            let mut inside = Vec::new();
            for step in steps {
                inside.extend(inside_call(&mut step.node));
                inside.extend(of_stages(&mut step.stages));
            }
            inside
        }
        call => children(call),
    }
}

/// `$reduce(list, f)` of an empty list is nothing: it becomes `($reduced := list; $some($reduced) ? $reduce($reduced, f))`.
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
    let some = AstNode::Function {
        name: SOME.to_owned(),
        args: vec![reduced()],
        is_builtin: true,
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
    std::iter::once(&mut step.node).chain(of_stages(&mut step.stages))
}

fn of_stages(stages: &mut [Stage]) -> impl Iterator<Item = &mut AstNode> {
    stages.iter_mut().filter_map(|stage| match stage {
        Stage::Filter(filter) => Some(&mut **filter),
        Stage::KeepArray | Stage::Index(_) => None,
    })
}

fn of_pairs(pairs: &mut [(AstNode, AstNode)]) -> impl Iterator<Item = &mut AstNode> {
    pairs.iter_mut().flat_map(|(key, value)| [key, value])
}

fn failed(message: String) -> Answer {
    Err(EvaluatorError::EvaluationError(message))
}

/// Is this a list with anything in it? One value is a list of it.
fn some(args: &[JValue]) -> Answer {
    let value = args.first().unwrap_or(&JValue::Undefined);
    let is_some = match value.as_array() {
        Some(items) => !items.is_empty(),
        None => !value.is_undefined(),
    };
    Ok(JValue::Bool(is_some))
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
fn text(args: &[JValue], texts: &Texts) -> Answer {
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
    // A text is its own.
    if value.as_str().is_some() {
        return Ok(value.clone());
    }
    texts.admit(match prettify {
        Some(true) => sizes::indented_bytes(value),
        Some(false) | None => sizes::text_bytes(value),
    })?;
    let told = if has_long(value) {
        string::string(&shortened(value), prettify)
    } else {
        string::string(value, prettify)
    };
    texts.hold(told.or_else(|error| failed(error.to_string()))?)
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
fn on_text(
    name: &str,
    args: &[JValue],
    texts: &Texts,
    change: impl Fn(&str) -> Option<String>,
) -> Answer {
    let text = match args.first() {
        None | Some(JValue::Undefined) => return Ok(JValue::Undefined),
        Some(value) => value.as_str(),
    };
    let Some(text) = text else {
        return failed(format!(
            "T0410: Argument 1 of function \"{name}\" does not match function signature"
        ));
    };
    // Each byte may become three.
    texts.admit(text.len().saturating_mul(3))?;
    match change(text) {
        Some(changed) => texts.hold(JValue::from(changed)),
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
