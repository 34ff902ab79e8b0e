//! Reading `Retry` and `Catch`. Source: states-language.net, "Errors", "Retrying after error", "Fallback states".

use jsonata_core::value::JValue;

use super::compile::Compiler;
use super::data::{Language, Way};
use super::diagnostic::Code;
use super::fields::Fields;
use super::task::{Catcher, Handling, Retrier};
use super::{FlowIx, errors, jsonpath};

const MAX_ATTEMPTS: u32 = 99_999_999;
const MAX_INTERVAL_S: u32 = 99_999_999;
/// Guide, "Handling errors in Step Functions workflows": `MaxDelaySeconds` is greater than 0 and less than 31622401.
const MAX_DELAY_S: u32 = 31_622_400;

pub(super) fn read(compiler: &mut Compiler, fields: &Fields<'_>, flow: FlowIx) -> Handling {
    let mut handling = Handling::default();
    let retriers = list(compiler, fields, "Retry");
    for (i, item) in retriers.iter().enumerate() {
        let at = format!("{}/Retry/{i}", fields.at);
        handling
            .retriers
            .extend(retrier(compiler, item, at, i + 1 == retriers.len()));
    }
    let catchers = list(compiler, fields, "Catch");
    for (i, item) in catchers.iter().enumerate() {
        let at = format!("{}/Catch/{i}", fields.at);
        handling
            .catchers
            .extend(catcher(compiler, item, at, flow, i + 1 == catchers.len()));
    }
    handling
}

fn list<'a>(compiler: &mut Compiler, fields: &Fields<'a>, name: &str) -> &'a [JValue] {
    match fields.get(name) {
        None => &[],
        Some(value) => value.as_array().map_or_else(
            || {
                compiler.findings.error(
                    Code::Schema,
                    fields.pointer(name),
                    format!("'{name}' must be an array"),
                );
                &[][..]
            },
            Vec::as_slice,
        ),
    }
}

fn retrier(compiler: &mut Compiler, item: &JValue, at: String, last: bool) -> Option<Retrier> {
    const FIELDS: &[&str] = &[
        "ErrorEquals",
        "IntervalSeconds",
        "MaxAttempts",
        "BackoffRate",
        "MaxDelaySeconds",
        "JitterStrategy",
        "Comment",
    ];
    let fields = compiler.fields(item, at)?;
    let findings = &mut compiler.findings;
    fields.only(&[FIELDS], "a retrier", findings);
    let interval_s = fields
        .whole("IntervalSeconds", 1, MAX_INTERVAL_S, findings)
        .unwrap_or(1);
    let max_delay_s = fields.whole("MaxDelaySeconds", 1, MAX_DELAY_S, findings);
    if max_delay_s.is_some_and(|most| most <= interval_s) {
        let message = "'MaxDelaySeconds' must be greater than 'IntervalSeconds'";
        findings.error(Code::Schema, fields.pointer("MaxDelaySeconds"), message);
    }
    let jitter = fields.string("JitterStrategy", findings);
    if jitter.is_some_and(|strategy| strategy != "FULL" && strategy != "NONE") {
        findings.error(
            Code::Schema,
            fields.pointer("JitterStrategy"),
            "'JitterStrategy' must be FULL or NONE",
        );
    }
    let retrier = Retrier {
        errors: Vec::new(),
        interval_s,
        max_attempts: fields
            .whole("MaxAttempts", 0, MAX_ATTEMPTS, findings)
            .unwrap_or(3),
        backoff_rate: fields
            .number("BackoffRate", 1.0, 1e9, findings)
            .unwrap_or(2.0),
        max_delay_s,
        full_jitter: jitter == Some("FULL"),
    };
    Some(Retrier {
        errors: error_equals(compiler, &fields, last)?,
        ..retrier
    })
}

fn catcher(
    compiler: &mut Compiler,
    item: &JValue,
    at: String,
    flow: FlowIx,
    last: bool,
) -> Option<Catcher> {
    let fields = compiler.fields(item, at)?;
    let own: &[&str] = match fields.language {
        Language::Jsonata => &["Assign", "Output"],
        Language::JsonPath => &["Assign", "ResultPath"],
    };
    fields.only(
        &[&["ErrorEquals", "Next", "Comment"], own],
        "a catcher",
        &mut compiler.findings,
    );
    let errors = error_equals(compiler, &fields, last);
    let next = compiler.required_target(&fields, "Next", flow);
    let assign = fields.assign(&mut compiler.findings);
    compiler.scopes.note(&fields, flow);
    let (output, place) = match fields.language {
        Language::Jsonata => (fields.template("Output", &mut compiler.findings), None),
        Language::JsonPath => (None, jsonpath::place(&fields, &mut compiler.findings)),
    };
    Some(Catcher {
        errors: errors?,
        next: next?,
        way: Way {
            assign,
            output,
            place,
        },
    })
}

fn error_equals(compiler: &mut Compiler, fields: &Fields<'_>, last: bool) -> Option<Vec<String>> {
    let at = fields.pointer("ErrorEquals");
    let items = fields.get("ErrorEquals").and_then(JValue::as_array);
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        compiler.findings.error(
            Code::Schema,
            at,
            "'ErrorEquals' must be an array of at least one error name",
        );
        return None;
    };
    let mut names = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        match item.as_str() {
            Some(name) => names.push(name.to_owned()),
            None => compiler.findings.error(
                Code::Schema,
                format!("{at}/{i}"),
                "An error name in 'ErrorEquals' must be a string",
            ),
        }
    }
    if names.iter().any(|name| name == errors::ALL) && (names.len() > 1 || !last) {
        let message = "'States.ALL' must be alone in 'ErrorEquals', in the last element";
        compiler.findings.error(Code::Schema, at, message);
    }
    Some(names)
}
