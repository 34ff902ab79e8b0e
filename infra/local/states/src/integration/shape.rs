//! From the members that a task writes to those of a service's API, and back.
//!
//! Source: developer guide, "AWS SDK service integrations": parameters and results are in Pascal case.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::table::Service;
use crate::core::rfc3339;

/// Arguments as the service takes them.
pub(super) fn request(service: &Service, arguments: Value) -> Value {
    told("", arguments, &|_, name, value| {
        let name = if service.camel { small(&name) } else { name };
        let value = if service.blobs.contains(&name.as_str()) {
            bytes(value)
        } else {
            value
        };
        (service.maps.contains(&name.as_str()), name, value)
    })
}

/// How times are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// In ISO 8601, as `aws-sdk:` tasks see them.
    Text,
    /// In milliseconds since 1970, as optimised integrations show them.
    Millis,
}

/// An answer as tasks see it. `of` is whose answer it is: the operation, or the member that it is the whole of.
pub(super) fn answer(service: &Service, of: &str, answer: Value, times: Times) -> Value {
    told(of, answer, &|of, name, value| {
        let map = service.maps.contains(&name.as_str());
        let value = if is_time(service, of, &name) {
            time(value, times)
        } else {
            value
        };
        let name = if service.camel { capital(&name) } else { name };
        (map, name, value)
    })
}

fn is_time(service: &Service, of: &str, name: &str) -> bool {
    let mut listed = service.times.iter();
    listed.any(|told| match told.split_once('.') {
        Some((enclosing, member)) => enclosing == of && member == name,
        None => *told == name,
    })
}

/// Seconds, or a list of them, as a time.
fn time(value: Value, times: Times) -> Value {
    match value {
        Value::Number(seconds) => {
            let ms = (seconds.as_f64().unwrap_or_default() * 1_000.0).round() as i64;
            match times {
                Times::Text => Value::String(rfc3339(ms)),
                Times::Millis => Value::from(ms),
            }
        }
        Value::Array(items) => items.into_iter().map(|item| time(item, times)).collect(),
        other => other,
    }
}

/// What a member becomes, by the name of what encloses it, its own and its value: whether it is a map, and name and value.
type Rewrite<'a> = &'a dyn Fn(&str, String, Value) -> (bool, String, Value);

/// Rewrites every member of every structure; the keys of a map stay. `of` is what encloses the value.
fn told(of: &str, value: Value, member: Rewrite<'_>) -> Value {
    match value {
        Value::Object(members) => {
            let mut out = Map::new();
            for (given, value) in members {
                let (map, name, value) = member(of, given.clone(), value);
                let value = match value {
                    Value::Object(entries) if map => {
                        let entries = entries.into_iter();
                        Value::Object(
                            entries
                                .map(|(key, value)| (key, told(&given, value, member)))
                                .collect(),
                        )
                    }
                    other => told(&given, other, member),
                };
                out.insert(name, value);
            }
            Value::Object(out)
        }
        Value::Array(items) => items
            .into_iter()
            .map(|item| told(of, item, member))
            .collect(),
        plain => plain,
    }
}

/// Text is its bytes, anything else its JSON.
pub(super) fn bytes(value: Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(text) => Value::String(STANDARD.encode(text)),
        other => Value::String(STANDARD.encode(other.to_string())),
    }
}

/// With a small first letter.
pub(super) fn small(name: &str) -> String {
    changed(name, char::to_ascii_lowercase)
}

/// With a capital first letter.
pub(super) fn capital(name: &str) -> String {
    changed(name, char::to_ascii_uppercase)
}

fn changed(name: &str, change: fn(&char) -> char) -> String {
    let mut chars = name.chars();
    match chars.next() {
        Some(first) => std::iter::once(change(&first)).chain(chars).collect(),
        None => String::new(),
    }
}

/// A member that the API has as a string: JSON that is given instead becomes its text.
pub(super) fn text_member(arguments: &mut Map<String, Value>, name: &str) {
    if let Some(value) = arguments.get_mut(name)
        && !value.is_string()
        && !value.is_null()
    {
        *value = Value::String(value.to_string());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::table::service;
    use super::*;

    #[test]
    fn members_change_their_case_and_the_keys_of_maps_do_not() {
        let ecs = service("ecs").unwrap();
        let given = json!({ "ContainerDefinitions": [{ "DockerLabels": { "My.Key": "v" }, "LogConfiguration":
            { "LogDriver": "x", "Options": { "Awslogs": "1" } } }] });
        let wire = json!({ "containerDefinitions": [{ "dockerLabels": { "My.Key": "v" }, "logConfiguration":
            { "logDriver": "x", "options": { "Awslogs": "1" } } }] });
        assert_eq!(request(ecs, given.clone()), wire);
        assert_eq!(
            answer(ecs, "DescribeTaskDefinition", wire, Times::Text),
            given
        );
    }

    #[test]
    fn times_are_shown_as_text_and_bytes_are_sent_as_base64() {
        let kinesis = service("kinesis").unwrap();
        let sent = request(kinesis, json!({ "Data": { "a": 1 }, "PartitionKey": "p" }));
        assert_eq!(
            sent,
            json!({ "Data": STANDARD.encode("{\"a\":1}"), "PartitionKey": "p" })
        );
        let sfn = service("sfn").unwrap();
        let shown = answer(
            sfn,
            "DescribeExecution",
            json!({ "startDate": 1.5 }),
            Times::Text,
        );
        assert_eq!(shown, json!({ "StartDate": "1970-01-01T00:00:01.500Z" }));
    }

    #[test]
    fn what_encloses_a_member_says_whether_it_is_a_time_where_its_name_does_not() {
        let glue = service("glue").unwrap();
        let least = |of: &str, value: Value| {
            let data = json!({ of: { "MinimumValue": value } });
            json!({ "ColumnStatisticsList": [{ "StatisticsData": data }] })
        };
        for (of, expected) in [
            (
                "DateColumnStatisticsData",
                json!("1970-01-01T00:00:01.500Z"),
            ),
            ("DoubleColumnStatisticsData", json!(1.5)),
        ] {
            let told = answer(
                glue,
                "GetColumnStatisticsForTable",
                least(of, json!(1.5)),
                Times::Text,
            );
            assert_eq!(told, least(of, expected));
        }
        let athena = service("athena").unwrap();
        let expires = |operation: &str| {
            let told = json!({ "AuthTokenExpirationTime": 2 });
            answer(athena, operation, told, Times::Text)["AuthTokenExpirationTime"].clone()
        };
        let shown = expires("GetSessionEndpoint");
        assert_eq!(shown, json!("1970-01-01T00:00:02.000Z"));
        assert_eq!(expires("CreatePresignedNotebookUrl"), json!(2));
    }

    #[test]
    fn each_of_several_times_is_shown() {
        let metrics = service("cloudwatch").unwrap();
        let told = json!({ "MetricDataResults": [{ "Timestamps": [1, 2.5], "Values": [1] }] });
        let shown = answer(metrics, "GetMetricData", told, Times::Text);
        assert_eq!(
            shown,
            json!({ "MetricDataResults": [{ "Values": [1],
                "Timestamps": ["1970-01-01T00:00:01.000Z", "1970-01-01T00:00:02.500Z"] }] })
        );
    }
}
