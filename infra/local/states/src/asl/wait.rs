//! The Wait state, in its four forms. Source: states-language.net, "Wait State".

use super::compare::timestamp;
use super::compile::Compiler;
use super::diagnostic::Code;
use super::expression::{Failure, Scope};
use super::fields::Fields;
use super::{Seconds, Text, errors};

/// Longest `Seconds` (guide: 99,999,999).
pub const MAX_WAIT_S: u32 = 99_999_999;
/// Longest time that AWS waits for a `Timestamp`, in seconds.
const MAX_DELAY_S: i64 = i32::MAX as i64;
const WAYS: [&str; 4] = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];

/// Until when.
#[derive(Debug)]
pub enum Wait {
    /// This long after the state was entered.
    For(Seconds),
    /// A time as in RFC 3339.
    Until(Text),
}

impl Wait {
    /// Until when, in milliseconds since 1970. `scope.input` is what the state's paths look into.
    pub fn until_ms(&self, scope: &Scope<'_>, entered_ms: i64) -> Result<i64, Failure> {
        match self {
            Self::For(seconds) => seconds
                .read(scope, "Seconds", 0, MAX_WAIT_S)
                .map(|s| entered_ms + i64::from(s) * 1_000),
            Self::Until(text) => {
                let at_ms = moment(text, scope)?;
                if at_ms - entered_ms > MAX_DELAY_S * 1_000 {
                    return Err(Failure::runtime("Wait state delay is too long.".to_owned()));
                }
                Ok(at_ms)
            }
        }
    }
}

fn moment(text: &Text, scope: &Scope<'_>) -> Result<i64, Failure> {
    let read = text.read(scope, "Timestamp");
    let unfit = |value: &str| match text {
        Text::Lookup { lookup, .. } => Failure::runtime(format!(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: {} == {value}",
            lookup.source()
        )),
        Text::Literal(_) | Text::Expression(_) => Failure {
            error: errors::QUERY_EVALUATION,
            field: Some("Timestamp".to_owned()),
            sentence: format!(
                "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {value}"
            ),
        },
    };
    let value = match (read, text) {
        (Ok(value), _) => value,
        (Err(_), Text::Lookup { lookup, .. }) => {
            return Err(Failure::runtime(format!(
                "The TimestampPath parameter does not reference an input value: {}",
                lookup.source()
            )));
        }
        (Err(failure), _) => return Err(failure),
    };
    timestamp(&value)
        .map(|at| at.as_millisecond())
        .ok_or_else(|| unfit(&value))
}

pub(super) fn read(compiler: &mut Compiler, fields: &Fields<'_>) -> Option<Wait> {
    let seconds = fields
        .seconds("Seconds", 0, MAX_WAIT_S, &mut compiler.findings)
        .map(Wait::For);
    let timestamp = fields.text("Timestamp", &mut compiler.findings);
    if let Some(Text::Literal(text)) = &timestamp
        && self::timestamp(text).is_none()
    {
        let message = "'Timestamp' must be a time like 2026-03-14T01:59:00Z (RFC 3339)";
        compiler
            .findings
            .error(Code::Schema, fields.pointer("Timestamp"), message);
    }
    if WAYS.iter().filter(|way| fields.get(way).is_some()).count() != 1 {
        let message =
            "A Wait state has exactly one of: [Seconds, SecondsPath, Timestamp, TimestampPath]";
        compiler
            .findings
            .error(Code::Schema, fields.at.clone(), message);
        return None;
    }
    seconds.or(timestamp.map(Wait::Until))
}
