//! The functions that Step Functions adds to JSONata, and the impure ones made repeatable.
//!
//! Source: developer guide, "JSONata functions provided by Step Functions": `$partition`, `$range`, `$hash`,
//! `$random`, `$uuid`, `$parse`. `$now`, `$millis` and `$shuffle` take time and chance from the core, so that one
//! step with the same inputs writes the same records. `$eval` is refused.

use std::cell::RefCell;
use std::rc::Rc;

use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError};
use jsonata_core::parser;
use jsonata_core::value::JValue;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::dialect;
use super::estimates::{self, Given};
use super::texts::{Answer, Texts};

/// Most items that `$range` gives (guide: "the array can contain up to 1000 items").
const MAX_RANGE: f64 = 1_000.0;
/// Longest text that `$hash` takes, in characters.
const MAX_HASH_CHARS: usize = 10_000;
/// How many bytes a value has, about, for each byte of the JSON that it is read from.
const PARSED_BYTES: usize = 16;

/// Registers those of our functions that are in `names`.
pub(super) fn register(
    evaluator: &mut Evaluator,
    names: &[String],
    now_ms: i64,
    texts: &Texts,
    chance: impl FnOnce() -> SmallRng,
) {
    if names.is_empty() {
        return;
    }
    let chance = Rc::new(RefCell::new(chance()));
    for name in names {
        // The names below are not compilable built-ins, so registering them cannot fail.
        let _registered = match name.as_str() {
            "partition" => evaluator.register_fn_override("partition", partition),
            "range" => evaluator.register_fn_override("range", range),
            "hash" => evaluator.register_fn_override("hash", hash),
            "parse" => {
                let texts = texts.clone();
                evaluator.register_fn_override("parse", move |args: &[JValue]| parse(args, &texts))
            }
            "eval" => evaluator
                .register_fn_override("eval", |_: &[JValue]| fail("$eval is not supported")),
            "millis" => evaluator
                .register_fn_override("millis", move |_: &[JValue]| Ok(JValue::from(now_ms))),
            "now" => {
                let texts = texts.clone();
                evaluator
                    .register_fn_override("now", move |args: &[JValue]| now(args, now_ms, &texts))
            }
            "random" => {
                let chance = Rc::clone(&chance);
                evaluator
                    .register_fn_override("random", move |args: &[JValue]| random(args, &chance))
            }
            "uuid" => {
                let chance = Rc::clone(&chance);
                evaluator.register_fn_override("uuid", move |_: &[JValue]| {
                    Ok(uuid(&mut chance.borrow_mut()))
                })
            }
            "shuffle" => {
                let chance = Rc::clone(&chance);
                evaluator.register_fn_override("shuffle", move |args: &[JValue]| {
                    shuffle(args, &mut chance.borrow_mut())
                })
            }
            other => dialect::register(evaluator, other, texts),
        };
    }
}

fn fail(message: &str) -> Answer {
    Err(EvaluatorError::EvaluationError(message.to_owned()))
}

fn argument(args: &[JValue], index: usize) -> &JValue {
    args.get(index).unwrap_or(&JValue::Undefined)
}

/// `$partition(array, size)`: pieces of at most `size` items.
fn partition(args: &[JValue]) -> Answer {
    let items = match argument(args, 0) {
        JValue::Undefined => return Ok(JValue::Undefined),
        value => value
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![value.clone()]),
    };
    let Some(size) = argument(args, 1)
        .as_f64()
        .map(f64::floor)
        .filter(|s| *s >= 1.0)
    else {
        return fail("$partition: the second argument must be a number of at least 1");
    };
    Ok(JValue::array(
        items
            .chunks(size as usize)
            .map(|piece| JValue::array(piece.to_vec()))
            .collect(),
    ))
}

/// `$range(first, last, step)`: numbers from `first` through `last`.
fn range(args: &[JValue]) -> Answer {
    let (Some(first), Some(last), Some(step)) = (
        argument(args, 0).as_f64(),
        argument(args, 1).as_f64(),
        argument(args, 2).as_f64(),
    ) else {
        return fail("$range: three numbers are needed: first, last and step");
    };
    if step == 0.0 {
        return fail("$range: the step must not be 0");
    }
    let steps = ((last - first) / step).floor();
    if steps < 0.0 {
        return Ok(JValue::array(Vec::new()));
    }
    if steps >= MAX_RANGE {
        return fail("$range: more than 1000 items");
    }
    let mut items: Vec<JValue> = (0..=steps as u32)
        .map(|i| JValue::from(first + f64::from(i) * step))
        .collect();
    // As every sequence of JSONata, one of a single item is that item.
    match items.len() {
        1 => Ok(items.remove(0)),
        _several => Ok(JValue::array(items)),
    }
}

/// `$hash(text, algorithm)`, hexadecimal; SHA-1 if no algorithm is named.
fn hash(args: &[JValue]) -> Answer {
    let Some(text) = argument(args, 0).as_str() else {
        return fail("$hash: the first argument must be a string");
    };
    if text.chars().count() > MAX_HASH_CHARS {
        return fail("$hash: the text is longer than 10,000 characters");
    }
    let algorithm = match argument(args, 1) {
        JValue::Undefined => "SHA-1",
        other => other.as_str().unwrap_or(""),
    };
    match digest(algorithm, text.as_bytes()) {
        Some(hash) => Ok(JValue::from(hash)),
        None => fail("$hash: the algorithm must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512"),
    }
}

/// A hash in hexadecimal; `None` if there is no such algorithm.
pub(super) fn digest(algorithm: &str, bytes: &[u8]) -> Option<String> {
    Some(match algorithm {
        "MD5" => hex(&<md5::Md5 as md5::Digest>::digest(bytes)),
        "SHA-1" => hex(&<sha1::Sha1 as sha1::Digest>::digest(bytes)),
        "SHA-256" => hex(&<sha2::Sha256 as sha2::Digest>::digest(bytes)),
        "SHA-384" => hex(&<sha2::Sha384 as sha2::Digest>::digest(bytes)),
        "SHA-512" => hex(&<sha2::Sha512 as sha2::Digest>::digest(bytes)),
        _ => return None,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `$parse(text)`: JSON text to a value.
fn parse(args: &[JValue], texts: &Texts) -> Answer {
    let Some(text) = argument(args, 0).as_str() else {
        return fail("$parse: the argument must be a string");
    };
    texts.admit(text.len().saturating_mul(PARSED_BYTES))?;
    JValue::from_json_str(text)
        .map_err(|e| EvaluatorError::EvaluationError(format!("$parse: not JSON: {e}")))
}

/// `$random()` in 0.0..1.0; with a seed, always the same number for that seed.
fn random(args: &[JValue], chance: &RefCell<SmallRng>) -> Answer {
    Ok(JValue::from(match argument(args, 0) {
        JValue::Undefined => chance.borrow_mut().random::<f64>(),
        seed => {
            let Some(seed) = seed.as_f64() else {
                return fail("$random: the seed must be a number");
            };
            SmallRng::seed_from_u64(seed.to_bits()).random::<f64>()
        }
    }))
}

fn uuid(chance: &mut SmallRng) -> JValue {
    JValue::from(
        uuid::Builder::from_random_bytes(chance.random::<[u8; 16]>())
            .into_uuid()
            .to_string(),
    )
}

/// `$shuffle(array)`. One value is an array of it.
fn shuffle(args: &[JValue], chance: &mut SmallRng) -> Answer {
    let mut items = match argument(args, 0) {
        JValue::Undefined => return Ok(JValue::Undefined),
        value => value
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![value.clone()]),
    };
    for last in (1..items.len()).rev() {
        items.swap(last, chance.random_range(0..=last));
    }
    Ok(JValue::array(items))
}

/// `$now(picture?, timezone?)`, by `$fromMillis` of the step's own time.
fn now(args: &[JValue], now_ms: i64, texts: &Texts) -> Answer {
    let context = &JValue::Undefined;
    texts.admit(estimates::dated(Given { context, args }))?;
    let ast = parser::parse("$fromMillis($at, $picture, $zone)")
        .map_err(|e| EvaluatorError::EvaluationError(e.to_string()))?;
    let mut context = Context::new();
    context.bind("at".into(), JValue::from(now_ms));
    context.bind("picture".into(), argument(args, 0).clone());
    context.bind("zone".into(), argument(args, 1).clone());
    texts.hold(Evaluator::with_context(context).evaluate(&ast, &JValue::Undefined)?)
}
