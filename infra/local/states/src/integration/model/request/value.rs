//! Single values as services take them.

use serde_json::{Number, Value};

use crate::core::rfc3339;
use crate::integration::model::shapes::TimeFormat;

/// The sentence about an argument of another kind.
pub(super) fn wanted(given: &str, what: &str) -> String {
    format!("The value for the field '{given}' must be {what}")
}

/// A time, given in ISO 8601 or in seconds; what is neither stays as it is.
pub(super) fn time(value: &Value, format: TimeFormat) -> Value {
    let read = match value {
        Value::String(text) => text.parse::<jiff::Timestamp>().ok(),
        number => number.as_f64().and_then(|seconds| {
            jiff::Timestamp::from_millisecond((seconds * 1_000.0).round() as i64).ok()
        }),
    };
    let Some(at) = read else {
        return value.clone();
    };
    match format {
        TimeFormat::Seconds => {
            let ms = at.as_millisecond();
            if ms % 1_000 == 0 {
                return Value::from(ms / 1_000);
            }
            let seconds = Number::from_f64(ms as f64 / 1_000.0);
            seconds.map_or(Value::Null, Value::Number)
        }
        TimeFormat::Iso => Value::String(rfc3339(at.as_millisecond())),
        TimeFormat::Http => {
            let told = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at);
            told.map_or_else(|_| value.clone(), Value::String)
        }
    }
}
