//! What an evaluation may hold. Time alone does not bound it: a text that is put together with itself again and again has a
//! gigabyte long before the second is over.
//!
//! What is about to be made is counted first, together with what was made before and is still held. Every `&` of an expression
//! is replaced when it is compiled. A built-in function that makes texts is bounded as a value: its name is bound to a
//! function that counts and then calls it, so that every road leads there - another variable, another function, `?`, `~>` -
//! and what an expression binds itself shadows it, as it shadows a built-in. A call by name is written out in place besides,
//! because only there an argument that is left out is the context.
//!
//! Lists are bounded by the crate (`max_sequence_length`), one by one.

use std::rc::Rc;

use jsonata_core::ast::{AstNode, BinaryOp, Stage};
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError};
use jsonata_core::functions::string;
use jsonata_core::value::JValue;

use super::dialect;
use super::estimates::{self, Given};
use super::sizes::text_bytes;
use super::texts::{Answer, Texts};

// No expression can have these names in it.
const CONCAT: &str = "&";
const HELD: &str = "held&";
const IS_FUNCTION: &str = "function&";
const PASSED: &str = "passed&";
const GIVEN: &str = "given&";

/// Longest text in an expression that is not counted, in bytes: every time it is evaluated, it is copied.
const LONG_TEXT_BYTES: usize = 1_024;

/// A built-in function that makes texts.
struct Function {
    name: &'static str,
    /// How many arguments it takes.
    takes: usize,
    /// How much it makes of them.
    makes: fn(Given<'_>) -> usize,
}

const fn function(name: &'static str, takes: usize, makes: fn(Given<'_>) -> usize) -> Function {
    Function { name, takes, makes }
}

/// `$string`, `$now` and those of URLs count themselves: they are ours.
static FUNCTIONS: [Function; 16] = [
    function("base64decode", 1, estimates::thrice),
    function("base64encode", 1, estimates::thrice),
    function("formatInteger", 2, estimates::whole),
    function("formatNumber", 3, estimates::decimal),
    function("fromMillis", 3, estimates::dated),
    function("join", 2, estimates::joined),
    function("lowercase", 1, estimates::thrice),
    function("match", 3, estimates::matched),
    function("pad", 3, estimates::padded),
    function("replace", 4, estimates::replaced),
    function("split", 3, estimates::split),
    function("substring", 3, estimates::same),
    function("substringAfter", 2, estimates::same),
    function("substringBefore", 2, estimates::same),
    function("trim", 1, estimates::same),
    function("uppercase", 1, estimates::thrice),
];

thread_local! {
    /// The functions as values.
    static VALUES: Vec<(&'static Function, JValue)> = values();
}

fn of_name(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

fn values() -> Vec<(&'static Function, JValue)> {
    let mut context = Context::new();
    for function in &FUNCTIONS {
        context.bind(function.built_in(), JValue::builtin(function.name));
    }
    let mut evaluator = Evaluator::with_context(context);
    let evaluated = FUNCTIONS.iter().map(|function| {
        let value = evaluator.evaluate(&function.value(), &JValue::Undefined);
        // A function that is evaluated is a value; if it were none, a call of it would fail.
        (function, value.unwrap_or(JValue::Undefined))
    });
    evaluated.collect()
}

impl Function {
    /// The name of who counts.
    fn watcher(&self) -> String {
        format!("{}&", self.name)
    }

    /// The name of the built-in function itself.
    fn built_in(&self) -> String {
        format!("{} of JSONata", self.name)
    }

    /// Counts, and calls. `context` is what stands for an argument that is left out.
    fn counted(&self, context: AstNode, names: &[String]) -> [AstNode; 2] {
        let variables = names.iter().cloned().map(AstNode::Variable);
        let watched = std::iter::once(context).chain(variables);
        let args = names.iter().enumerate().map(|(index, name)| {
            if self.name == "replace" && index > 0 {
                passing(name)
            } else {
                AstNode::Variable(name.clone())
            }
        });
        [
            call(&self.watcher(), watched.collect()),
            call(&self.built_in(), args.collect()),
        ]
    }

    /// The function that has the name of the built-in one.
    fn value(&self) -> AstNode {
        let params: Vec<String> = (0..self.takes)
            .map(|n| format!("{n} of {}", self.name))
            .collect();
        let block = AstNode::Block(self.counted(AstNode::Undefined, &params).into());
        // A match that is found alone stays a list behind a tail call only, as it does where `$match` itself is called by value.
        let is_list = self.name == "match";
        let body = if is_list {
            block
        } else {
            call(HELD, vec![block])
        };
        AstNode::Lambda {
            params,
            body: Box::new(body),
            signature: None,
            thunk: is_list,
        }
    }
}

/// Binds the functions of which `names` speaks. `is_variable` says which of the names is a variable's: that shadows the function.
pub(super) fn bind(context: &mut Context, names: &[String], is_variable: impl Fn(&str) -> bool) {
    if !names.iter().any(|name| of_name(name).is_some()) {
        return;
    }
    VALUES.with(|values| {
        for (function, value) in values {
            if !names.iter().any(|name| name == function.name) {
                continue;
            }
            let built_in = if is_variable(function.name) {
                JValue::Undefined
            } else {
                JValue::builtin(function.name)
            };
            context.bind(function.built_in(), built_in);
            context.bind(function.name.to_owned(), value.clone());
        }
    });
}

/// Puts what counts in the place of what makes texts. Says whether anything is to be counted.
pub(super) fn bound(ast: &mut AstNode) -> bool {
    let mut own = Vec::new();
    dialect::bound(ast, &mut own);
    let mut bounds = Bounds {
        own,
        calls: 0,
        any: false,
    };
    bounds.rewrite(ast);
    bounds.any
}

struct Bounds {
    /// Names that the expression gives itself: what is called by such a name is seen when it is called.
    own: Vec<String>,
    calls: usize,
    any: bool,
}

impl Bounds {
    fn rewrite(&mut self, node: &mut AstNode) {
        if let AstNode::Binary {
            op: BinaryOp::ChainPipe,
            lhs,
            rhs,
        } = node
        {
            self.rewrite(lhs);
            self.any |= dialect::called(rhs).is_some_and(|name| of_name(name).is_some());
            for inner in dialect::inside_call(rhs) {
                self.rewrite(inner);
            }
            return;
        }
        let is_path = matches!(node, AstNode::Path { .. });
        let keeps = keeps_lists(node);
        for child in dialect::children(node) {
            if keeps && dialect::called(child) == Some("match") {
                // Written out, `$match(...)[]` of a lone match were no list. By value it counts all the same.
                self.any = true;
                for inner in dialect::inside_call(child) {
                    self.rewrite(inner);
                }
            } else if !(is_path && matches!(child, AstNode::String(_))) {
                // A text that is a step is a name.
                self.rewrite(child);
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
                self.any = true;
            }
            AstNode::String(text) if text.len() > LONG_TEXT_BYTES => {
                *node = call(HELD, vec![take(node)]);
                self.any = true;
            }
            AstNode::Variable(name) => self.any |= of_name(name).is_some(),
            AstNode::Function {
                name,
                args,
                is_builtin: true,
            } => {
                let Some(function) = of_name(name) else {
                    return;
                };
                self.any = true;
                let is_partial = args.iter().any(|arg| matches!(arg, AstNode::Placeholder));
                if !is_partial && !self.own.contains(name) {
                    let args = std::mem::take(args);
                    *node = self.counted(function, args);
                }
            }
            _other => {}
        }
    }

    /// The call of a function, after its arguments have been looked at.
    fn counted(&mut self, function: &Function, args: Vec<AstNode>) -> AstNode {
        self.calls += 1;
        let names: Vec<String> = (0..args.len())
            .map(|n| format!("{}&{n}", self.calls))
            .collect();
        let bindings = names.iter().zip(args).map(|(name, arg)| AstNode::Binary {
            op: BinaryOp::ColonEqual,
            lhs: Box::new(AstNode::Variable(name.clone())),
            rhs: Box::new(arg),
        });
        let mut block: Vec<AstNode> = bindings.collect();
        block.extend(function.counted(dialect::context(), &names));
        call(HELD, vec![AstNode::Block(block)])
    }
}

/// Whether a step of this has `[]` behind it.
fn keeps_lists(node: &AstNode) -> bool {
    let AstNode::Path { steps } = node else {
        return false;
    };
    let mut stages = steps.iter().flat_map(|step| &step.stages);
    stages.any(|stage| matches!(stage, Stage::KeepArray))
}

/// An argument; if it is a function, one that counts what that gives.
fn passing(name: &str) -> AstNode {
    let given = AstNode::Variable(GIVEN.to_owned());
    let counting = AstNode::Lambda {
        params: vec![GIVEN.to_owned()],
        body: Box::new(call(PASSED, vec![call(name, vec![given])])),
        signature: None,
        thunk: false,
    };
    let variable = || AstNode::Variable(name.to_owned());
    AstNode::Conditional {
        condition: Box::new(call(IS_FUNCTION, vec![variable()])),
        then_branch: Box::new(counting),
        else_branch: Some(Box::new(variable())),
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

/// Registers what the replaced parts of expressions, and the functions of which `names` speaks, call.
pub(super) fn register(evaluator: &mut Evaluator, names: &[String], texts: &Texts) {
    // Nothing that is built in has one of these names, so registering them cannot fail.
    let held = texts.clone();
    let _registered = evaluator.register_fn(HELD, move |args: &[JValue]| held_here(&held, args));
    let made = texts.clone();
    let _registered = evaluator.register_fn(CONCAT, move |args: &[JValue]| concat(args, &made));
    let given = texts.clone();
    let _registered = evaluator.register_fn(PASSED, move |args: &[JValue]| passed(&given, args));
    let _registered = evaluator.register_fn(IS_FUNCTION, |args: &[JValue]| {
        let value = argument(args, 0);
        let is_function = matches!(value, JValue::Lambda(_) | JValue::Builtin { .. });
        Ok(JValue::Bool(is_function))
    });
    for function in names.iter().filter_map(|name| of_name(name)) {
        let texts = texts.clone();
        let makes = function.makes;
        let watch = move |args: &[JValue]| admitted(&texts, makes, args);
        let _registered = evaluator.register_fn(function.watcher(), watch);
    }
}

fn argument(args: &[JValue], index: usize) -> &JValue {
    args.get(index).unwrap_or(&JValue::Undefined)
}

/// `args`: the context, and those of the call.
fn admitted(texts: &Texts, makes: fn(Given<'_>) -> usize, args: &[JValue]) -> Answer {
    if let [context, args @ ..] = args {
        texts.admit(makes(Given { context, args }))?;
    }
    Ok(JValue::Undefined)
}

/// What a function gave that is called from inside of another.
fn passed(texts: &Texts, args: &[JValue]) -> Answer {
    let value = argument(args, 0);
    texts.pass(value.as_str().map_or(0, str::len))?;
    Ok(value.clone())
}

/// The only handle of what was just made is the one in `args`.
fn held_here(texts: &Texts, args: &[JValue]) -> Answer {
    let value = argument(args, 0);
    texts.note(value)?;
    Ok(value.clone())
}

/// `left & right`.
fn concat(args: &[JValue], texts: &Texts) -> Answer {
    let (left, right) = (argument(args, 0), argument(args, 1));
    texts.admit(text_bytes(left).saturating_add(text_bytes(right)))?;
    let (left, right) = (text_of(left)?, text_of(right)?);
    let mut text = String::with_capacity(left.len() + right.len());
    text.push_str(&left);
    text.push_str(&right);
    texts.hold(JValue::string(text))
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
