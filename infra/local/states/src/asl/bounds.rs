//! What an evaluation may hold. Time alone does not bound it: a text that is put together with itself again and again has a
//! gigabyte long before the second is over.
//!
//! Every `&` of an expression, and calls of the functions that make one text of many, are replaced when it is compiled: what
//! they are about to make is counted first, together with what they made before and is still held.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use jsonata_core::ast::{AstNode, BinaryOp};
use jsonata_core::evaluator::{Evaluator, EvaluatorError};
use jsonata_core::functions::string;
use jsonata_core::value::JValue;

use super::dialect;

/// Most bytes of the texts that one evaluation holds and has put together itself.
pub(super) const MAX_TEXT_BYTES: usize = 64 * 1_048_576;
/// What each of them costs besides.
const ENTRY_BYTES: usize = 64;
/// Most bytes of a result, about: far above what a state takes, so that what is only too large for a state is told as that.
const MAX_RESULT_BYTES: usize = 16 * 1_048_576;
/// Deepest result.
const MAX_RESULT_LEVELS: usize = 500;

// No expression can have these names in it.
const CONCAT: &str = "&";
const HELD: &str = "held&";
/// Functions that are looked at before they are called, and the names of who looks.
const WATCHED: [(&str, &str); 6] = [
    ("fromMillis", "fromMillis&"),
    ("join", "join&"),
    ("now", "now&"),
    ("pad", "pad&"),
    ("replace", "replace&"),
    (dialect::STRING, "string&"),
];

type Answer = Result<JValue, EvaluatorError>;

/// Puts what counts in the place of what makes texts. Says whether there was any.
pub(super) fn bound(ast: &mut AstNode) -> bool {
    let mut names = Vec::new();
    dialect::bound(ast, &mut names);
    let mut bounds = Bounds { names, watched: 0 };
    let concats = bounds.rewrite(ast);
    concats || bounds.watched > 0
}

struct Bounds {
    /// Names that the expression gives itself: a function of such a name is its own.
    names: Vec<String>,
    watched: usize,
}

impl Bounds {
    fn rewrite(&mut self, node: &mut AstNode) -> bool {
        let mut any = false;
        let chained = matches!(
            node,
            AstNode::Binary {
                op: BinaryOp::ChainPipe,
                ..
            }
        );
        for child in dialect::children(node) {
            // What a value is piped to must stay the call that it is.
            if chained && matches!(child, AstNode::Function { .. }) {
                for inner in dialect::children(child) {
                    any |= self.rewrite(inner);
                }
            } else {
                any |= self.rewrite(child);
            }
        }
        match node {
            AstNode::Binary {
                op: BinaryOp::Concatenate,
                lhs,
                rhs,
            } => {
                let args = vec![take(lhs), take(rhs)];
                *node = call(CONCAT, args);
                any = true;
            }
            AstNode::Function {
                name,
                args,
                is_builtin: true,
            } => {
                let watcher = WATCHED.iter().find(|(watched, _)| watched == name);
                let partial = args.iter().any(|arg| matches!(arg, AstNode::Placeholder));
                if let Some((watched, watcher)) = watcher
                    && !args.is_empty()
                    && !partial
                    && !self.names.contains(name)
                {
                    let args = std::mem::take(args);
                    *node = self.watched(watched, watcher, args);
                }
            }
            _other => {}
        }
        any
    }

    /// The call of a function, after its arguments have been looked at.
    fn watched(&mut self, name: &str, watcher: &str, args: Vec<AstNode>) -> AstNode {
        self.watched += 1;
        let names: Vec<String> = (0..args.len())
            .map(|n| format!("{}&{n}", self.watched))
            .collect();
        let values = || names.iter().cloned().map(AstNode::Variable).collect();
        let bindings = names.iter().zip(args).map(|(name, arg)| AstNode::Binary {
            op: BinaryOp::ColonEqual,
            lhs: Box::new(AstNode::Variable(name.clone())),
            rhs: Box::new(arg),
        });
        let mut block: Vec<AstNode> = bindings.collect();
        block.push(call(watcher, values()));
        block.push(call(name, values()));
        call(HELD, vec![AstNode::Block(block)])
    }
}

fn take(node: &mut AstNode) -> AstNode {
    std::mem::replace(node, AstNode::Null)
}

fn call(name: &str, args: Vec<AstNode>) -> AstNode {
    AstNode::Function {
        name: name.to_owned(),
        args,
        is_builtin: true,
    }
}

/// The texts that an evaluation has put together and still holds.
#[derive(Debug, Default)]
struct Texts {
    held: Vec<(Weak<str>, usize)>,
    bytes: usize,
}

impl Texts {
    /// Is there room for a text of so many bytes?
    fn admit(&mut self, bytes: usize) -> Result<(), EvaluatorError> {
        let wanted = bytes.saturating_add(ENTRY_BYTES);
        if self.bytes.saturating_add(wanted) > MAX_TEXT_BYTES {
            self.held.retain(|(text, _)| text.strong_count() > 0);
            self.bytes = self.held.iter().map(|(_, bytes)| bytes + ENTRY_BYTES).sum();
        }
        if self.bytes.saturating_add(wanted) > MAX_TEXT_BYTES {
            return Err(EvaluatorError::EvaluationError(format!(
                "It puts together more than {} MiB of text",
                MAX_TEXT_BYTES / 1_048_576
            )));
        }
        Ok(())
    }

    fn hold(&mut self, value: JValue) -> JValue {
        if let JValue::String(text) = &value {
            self.held.push((Rc::downgrade(text), text.len()));
            self.bytes += text.len() + ENTRY_BYTES;
        }
        value
    }
}

/// Registers what the replaced parts of expressions call.
pub(super) fn register(evaluator: &mut Evaluator) {
    let texts = Rc::new(RefCell::new(Texts::default()));
    let mut add = |name: &str, does: fn(&[JValue], &mut Texts) -> Answer| {
        let texts = Rc::clone(&texts);
        // Nothing that is built in has such a name, so this cannot fail.
        let _registered = evaluator.register_fn(name, move |args: &[JValue]| {
            does(args, &mut texts.borrow_mut())
        });
    };
    add(CONCAT, concat);
    add(
        HELD,
        |args, texts| Ok(texts.hold(argument(args, 0).clone())),
    );
    for (watched, watcher) in WATCHED {
        add(
            watcher,
            match watched {
                "fromMillis" | "now" => |args, texts| admitted(picture_bytes(args), texts),
                "join" => |args, texts| admitted(join_bytes(args), texts),
                "pad" => |args, texts| admitted(pad_bytes(args), texts),
                "replace" => |args, texts| admitted(replace_bytes(args), texts),
                _string => |args, texts| admitted(text_bytes(argument(args, 0)), texts),
            },
        );
    }
}

fn argument(args: &[JValue], index: usize) -> &JValue {
    args.get(index).unwrap_or(&JValue::Undefined)
}

fn admitted(bytes: usize, texts: &mut Texts) -> Answer {
    texts.admit(bytes).map(|()| JValue::Undefined)
}

/// `left & right`.
fn concat(args: &[JValue], texts: &mut Texts) -> Answer {
    let (left, right) = (argument(args, 0), argument(args, 1));
    texts.admit(text_bytes(left).saturating_add(text_bytes(right)))?;
    let (left, right) = (text_of(left)?, text_of(right)?);
    let mut text = String::with_capacity(left.len() + right.len());
    text.push_str(&left);
    text.push_str(&right);
    Ok(texts.hold(JValue::string(text)))
}

/// A value as `&` takes it.
fn text_of(value: &JValue) -> Result<Rc<str>, EvaluatorError> {
    match value {
        JValue::String(text) => Ok(Rc::clone(text)),
        JValue::Null
        | JValue::Bool(_)
        | JValue::Number(_)
        | JValue::Array(_)
        | JValue::Object(_) => match string::string(value, None) {
            Ok(JValue::String(text)) => Ok(text),
            Ok(_) | Err(_) => Err(EvaluatorError::TypeError(
                "Cannot concatenate complex types".to_owned(),
            )),
        },
        JValue::Undefined | JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => {
            Ok("".into())
        }
    }
}

/// How long the text of a value is, about; more than fits if it is too long or too deep.
pub(super) fn text_bytes(value: &JValue) -> usize {
    match value {
        JValue::String(text) => text.len(),
        other => {
            let mut left = MAX_TEXT_BYTES;
            match weigh(other, &mut left, 0) {
                Ok(()) | Err(Weighed::Function) => MAX_TEXT_BYTES - left,
                Err(Weighed::TooLarge | Weighed::TooDeep) => MAX_TEXT_BYTES + 1,
            }
        }
    }
}

fn join_bytes(args: &[JValue]) -> usize {
    let separator = argument(args, 1).as_str().map_or(0, str::len);
    let items = argument(args, 0).as_array().map_or(&[][..], Vec::as_slice);
    let items = items.iter().map(|item| item.as_str().map_or(0, str::len));
    items.fold(0, |sum: usize, bytes| sum.saturating_add(bytes + separator))
}

fn pad_bytes(args: &[JValue]) -> usize {
    let width = argument(args, 1).as_f64().unwrap_or_default().abs() as usize;
    let text = argument(args, 0).as_str().map_or(0, str::len);
    // The longest character has four bytes.
    width.saturating_mul(4).saturating_add(text)
}

/// A picture of a date may ask for any number of digits: `[D,9999999]`. It may be the first argument, too, if the context is what is shown.
fn picture_bytes(args: &[JValue]) -> usize {
    let pictures = args.iter().filter_map(JValue::as_str);
    let numbers = pictures.flat_map(|picture| picture.split(|c: char| !c.is_ascii_digit()));
    let widths = numbers.map(|digits| match digits {
        "" => 0,
        digits => digits.parse().unwrap_or(usize::MAX),
    });
    // A character has at most four bytes, and is held twice.
    widths.fold(0, usize::saturating_add).saturating_mul(8)
}

/// What is replaced by a pattern cannot be known before; of those the result is counted only.
fn replace_bytes(args: &[JValue]) -> usize {
    let text = argument(args, 0).as_str().unwrap_or_default();
    match (argument(args, 1).as_str(), argument(args, 2).as_str()) {
        (Some(pattern), Some(by)) if !pattern.is_empty() => {
            let bytes = text.matches(pattern).count().saturating_mul(by.len());
            bytes.saturating_add(text.len())
        }
        (_, _) => text.len(),
    }
}

/// Why a value is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weighed {
    /// It holds a function.
    Function,
    /// It is longer than [`MAX_RESULT_BYTES`] when it is written.
    TooLarge,
    /// It nests deeper than [`MAX_RESULT_LEVELS`].
    TooDeep,
}

/// Can this be written as a result? What is in a value many times is counted as often, as it would be written.
pub(super) fn result(value: &JValue) -> Result<(), Weighed> {
    weigh(value, &mut { MAX_RESULT_BYTES }, 0)
}

fn weigh(value: &JValue, left: &mut usize, level: usize) -> Result<(), Weighed> {
    if level > MAX_RESULT_LEVELS {
        return Err(Weighed::TooDeep);
    }
    let mut pay = |bytes: usize| {
        *left = left.checked_sub(bytes).ok_or(Weighed::TooLarge)?;
        Ok(())
    };
    match value {
        JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => Err(Weighed::Function),
        JValue::String(text) => pay(text.len() + 2),
        JValue::Null | JValue::Bool(_) | JValue::Number(_) | JValue::Undefined => pay(2),
        JValue::Array(_) => {
            pay(2)?;
            let items = value.as_array().map_or(&[][..], Vec::as_slice);
            items
                .iter()
                .try_for_each(|item| weigh(item, left, level + 1))
        }
        JValue::Object(_) => {
            pay(2)?;
            let fields = value.as_object().into_iter().flatten();
            for (name, field) in fields {
                *left = left.checked_sub(name.len() + 3).ok_or(Weighed::TooLarge)?;
                weigh(field, left, level + 1)?;
            }
            Ok(())
        }
    }
}
