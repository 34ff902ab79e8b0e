//! Times in arguments: tasks give ISO 8601, services take what their protocol or their model says.
//!
//! Source: developer guide, "AWS SDK service integrations"; Smithy, "timestampFormat trait": seconds in JSON, the form of HTTP in
//! headers, ISO 8601 in queries, forms and XML.

use serde_json::{Map, Number, Value};

use super::members::{Kind, Rules};
use super::shape::capital;
use crate::core::rfc3339;

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeFormat {
    /// Seconds since 1970.
    Seconds,
    /// ISO 8601.
    Iso,
    /// As in an HTTP header.
    Http,
}

/// A time, given in ISO 8601 or in seconds; what is neither stays as it is.
pub(super) fn written(value: &Value, format: TimeFormat) -> Value {
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

/// Writes every time in the arguments of an operation so.
pub(super) fn write_all(
    rules: &Rules,
    operation: &str,
    arguments: &mut Map<String, Value>,
    format: TimeFormat,
) {
    let mut writing = Writing {
        rules,
        path: vec![operation.to_owned()],
        format,
    };
    writing.members(arguments);
}

/// As [`write_all`], in the value of one argument.
pub(super) fn write_one(
    rules: &Rules,
    operation: &str,
    member: &str,
    value: &mut Value,
    format: TimeFormat,
) {
    let mut writing = Writing {
        rules,
        path: vec![operation.to_owned()],
        format,
    };
    writing.member(member, value);
}

struct Writing<'a> {
    rules: &'a Rules,
    /// The operation and the members that enclose what is written.
    path: Vec<String>,
    format: TimeFormat,
}

impl<'a> Writing<'a> {
    fn members(&mut self, members: &mut Map<String, Value>) {
        for (given, value) in members.iter_mut() {
            self.member(given, value);
        }
    }

    fn member(&mut self, given: &str, value: &mut Value) {
        let rules: &'a Rules = self.rules;
        self.path.push(capital(given));
        self.value(&rules.member(&self.path).kind, value);
        self.path.pop();
    }

    fn value(&mut self, kind: &Kind, value: &mut Value) {
        match (kind, value) {
            (Kind::Time, value) => *value = written(value, self.format),
            (Kind::Structure, Value::Object(members)) => self.members(members),
            (Kind::List { of, .. }, Value::Array(items)) => {
                for item in items {
                    self.value(of, item);
                }
            }
            (Kind::Map { of, .. }, Value::Object(entries)) => {
                for value in entries.values_mut() {
                    self.value(of, value);
                }
            }
            (_, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::members;
    use super::*;

    fn sent(service: &str, operation: &str, mut arguments: Value) -> Value {
        let rules = &members::of(service).request;
        let members = arguments.as_object_mut().unwrap();
        write_all(rules, operation, members, TimeFormat::Seconds);
        arguments
    }

    #[test]
    fn a_time_is_written_as_it_is_wanted_and_anything_else_stays() {
        let at = json!("2015-10-21T09:28:00.250+02:00");
        let seconds = written(&at, TimeFormat::Seconds);
        assert_eq!(seconds, json!(1_445_412_480.25));
        let iso = written(&at, TimeFormat::Iso);
        assert_eq!(iso, json!("2015-10-21T07:28:00.250Z"));
        let http = written(&at, TimeFormat::Http);
        assert_eq!(http, json!("Wed, 21 Oct 2015 07:28:00 GMT"));
        assert_eq!(written(&json!(1), TimeFormat::Seconds), json!(1));
        for other in [json!("soon"), json!(null), json!([1]), json!(true)] {
            assert_eq!(written(&other, TimeFormat::Seconds), other);
        }
    }

    #[test]
    fn times_are_found_wherever_the_operation_has_them() {
        let at = "2026-01-01T00:00:00Z";
        let replay = json!({ "EventStartTime": at, "ReplayName": at });
        assert_eq!(
            sent("eventbridge", "StartReplay", replay),
            json!({ "EventStartTime": 1_767_225_600, "ReplayName": at })
        );
        let events = json!({ "Entries": [{ "Time": at, "Detail": at }, {}, { "Time": null }] });
        assert_eq!(
            sent("eventbridge", "PutEvents", events),
            json!({ "Entries": [{ "Time": 1_767_225_600, "Detail": at }, {}, { "Time": null }] })
        );
        let created = json!({ "service": at, "createdAt": { "before": at } });
        assert_eq!(
            sent("ecs", "ListServiceDeployments", created),
            json!({ "service": at, "createdAt": { "before": 1_767_225_600 } })
        );
        // What encloses a member says whether it is a time, and a key of a map is none.
        let least = |of: &str, value: Value| {
            let data = json!({ of: { "MinimumValue": value } });
            json!({ "ColumnStatisticsList": [{ "StatisticsData": data }] })
        };
        for (of, expected) in [
            ("DateColumnStatisticsData", json!(1_767_225_600)),
            ("DoubleColumnStatisticsData", json!(at)),
        ] {
            let told = sent(
                "glue",
                "UpdateColumnStatisticsForTable",
                least(of, json!(at)),
            );
            assert_eq!(told, least(of, expected));
        }
        let item = json!({ "Item": { "ExportTime": { "S": at } } });
        assert_eq!(sent("dynamodb", "PutItem", item.clone()), item);
    }

    #[test]
    fn what_the_model_wants_in_iso_8601_stays_text() {
        let at = "2026-01-01T00:00:00Z";
        let node = json!({ "StreamingOptions": { "StartingTimestamp": at } });
        let job = json!({ "CodeGenConfigurationNodes": { "n": { "DirectKinesisSource": node } } });
        assert_eq!(sent("glue", "CreateJob", job.clone()), job);
    }
}
