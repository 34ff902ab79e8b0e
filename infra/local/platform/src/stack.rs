//! What runs on this machine: tables, functions, state machines, event sources, schedules.
//!
//! One declaration, `stack.json`, in the words of CloudFormation and SAM; it is part of the program.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// The whole declaration.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Stack {
    /// What it is, for people.
    #[serde(default)]
    pub description: String,
    /// DynamoDB tables by name.
    pub tables: BTreeMap<String, Table>,
    /// S3 buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// Lambda functions by name, which is also their `_HANDLER`.
    pub functions: BTreeMap<String, FunctionSpec>,
    /// State machines by name.
    pub state_machines: BTreeMap<String, StateMachine>,
    /// Who answers HTTP requests to the API.
    pub http_api: Target,
    /// Who answers WebSocket events.
    pub web_socket_api: Target,
    /// Who answers the phone network.
    pub sip_media_application: SipMediaApplication,
    /// The trunk that numbers of other carriers come through.
    pub voice_connector: VoiceConnector,
    /// The practice carrier's numbers.
    pub phone_numbers: Vec<PhoneNumber>,
    /// The practice carrier's phones: accounts that a SIP phone signs in with.
    pub phones: Vec<Phone>,
    /// Who makes the sample data at first start.
    pub sample_data: Target,
    /// Streams that feed functions.
    pub event_sources: Vec<EventSource>,
    /// Functions that run by the clock.
    pub schedules: Vec<Schedule>,
    /// EventBridge rules.
    pub rules: Vec<Rule>,
}

/// A DynamoDB table, as `CreateTable` takes it, and its time to live.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Table {
    /// As `UpdateTimeToLive` takes it.
    pub time_to_live_specification: Option<Value>,
    /// Everything else goes to `CreateTable` as it stands.
    #[serde(flatten)]
    pub create: serde_json::Map<String, Value>,
}

impl Table {
    /// Whether writes to this table are recorded in a stream.
    pub fn streams(&self) -> bool {
        self.create
            .get("StreamSpecification")
            .and_then(|s| s["StreamEnabled"].as_bool())
            .unwrap_or(false)
    }
}

/// An S3 bucket.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Bucket {}

/// A Lambda function.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct FunctionSpec {
    /// The longest that one invocation may run, in whole seconds (1..=900).
    pub timeout: u64,
    /// How many invocations may run at once (1..=1000).
    pub reserved_concurrent_executions: u32,
    /// Memory that the function is told it has, in MB.
    #[serde(default = "default_memory_mb")]
    pub memory_size: u32,
    /// Environment beyond what every function gets.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

fn default_memory_mb() -> u32 {
    128
}

/// A Step Functions state machine.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct StateMachine {
    /// The folder, in the folder of definitions, that holds its one `.asl.json`.
    pub definition_uri: String,
}

/// A function that something leads to.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Target {
    /// The function's name.
    pub function: String,
}

/// The SIP media application that all numbers lead to.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SipMediaApplication {
    /// Its name.
    pub name: String,
    /// The function that it invokes.
    pub function: String,
}

/// A Voice Connector whose calls go to the SIP media application.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct VoiceConnector {
    /// Its name.
    pub name: String,
}

/// A number of the practice carrier.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PhoneNumber {
    /// The number in E.164 form, with its plus sign.
    #[serde(rename = "E164PhoneNumber")]
    pub e164: String,
    /// Its country, ISO 3166-1 alpha-2.
    pub country: String,
}

/// A phone of the practice carrier.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Phone {
    /// The name it signs in with.
    pub username: String,
    /// Its numbers in E.164 form; it shows the first one when it calls.
    pub numbers: Vec<String>,
}

/// A table's stream that feeds a function.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct EventSource {
    /// The table.
    pub table: String,
    /// The function.
    pub function: String,
    /// The most records that one invocation carries (1..=1000).
    pub batch_size: usize,
    /// How often a batch is tried again before it is cut in two, and a single record dropped.
    pub maximum_retry_attempts: u32,
    /// Which records are of interest.
    #[serde(default)]
    pub filter_criteria: FilterCriteria,
}

/// A list of patterns; a record passes if any of them fits, or there is none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct FilterCriteria {
    /// The patterns.
    pub filters: Vec<Filter>,
}

/// One pattern of an event source.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Filter {
    /// As EventBridge writes patterns.
    pub pattern: Value,
}

/// A function that runs by the clock.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Schedule {
    /// The rule's name.
    pub name: String,
    /// From one run to the next, in seconds.
    pub rate_seconds: u64,
    /// The function.
    pub function: String,
}

/// An EventBridge rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Rule {
    /// The rule's name.
    pub name: String,
    /// Which events it takes.
    pub event_pattern: Value,
    /// The function that gets them.
    pub function: String,
}

/// A declaration that cannot run.
#[derive(Debug, Error)]
pub enum StackError {
    /// It is not the JSON that it should be.
    #[error("stack.json does not read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It names something that it does not declare.
    #[error("stack.json: {place} names {kind} {name:?}, which is not declared")]
    Undeclared {
        /// Where.
        place: String,
        /// Of what kind.
        kind: &'static str,
        /// What.
        name: String,
    },
    /// A number is outside of what is allowed.
    #[error("stack.json: {place} is {value}, allowed is {allowed}")]
    OutOfRange {
        /// Where.
        place: String,
        /// What it is.
        value: u64,
        /// What it may be.
        allowed: &'static str,
    },
}

impl Stack {
    /// The declaration that this program was built with.
    pub fn embedded() -> Result<Self, StackError> {
        Self::parse(include_str!("../stack.json"))
    }

    /// Reads a declaration and checks that it hangs together.
    pub fn parse(text: &str) -> Result<Self, StackError> {
        let stack: Self = serde_json::from_str(text)?;
        stack.check()?;
        Ok(stack)
    }

    fn check(&self) -> Result<(), StackError> {
        for (name, spec) in &self.functions {
            within(
                format!("Functions.{name}.Timeout"),
                spec.timeout,
                1..=900,
                "1..=900 seconds",
            )?;
            within(
                format!("Functions.{name}.ReservedConcurrentExecutions"),
                spec.reserved_concurrent_executions.into(),
                1..=1000,
                "1..=1000",
            )?;
        }
        for (place, function) in self.targets() {
            if !self.functions.contains_key(function) {
                return Err(StackError::Undeclared {
                    place,
                    kind: "function",
                    name: function.to_owned(),
                });
            }
        }
        for source in &self.event_sources {
            within(
                format!("EventSources.{}.BatchSize", source.function),
                source.batch_size as u64,
                1..=1000,
                "1..=1000 records",
            )?;
            if !self.tables.get(&source.table).is_some_and(Table::streams) {
                return Err(StackError::Undeclared {
                    place: format!("EventSources.{}", source.function),
                    kind: "table with a stream",
                    name: source.table.clone(),
                });
            }
        }
        for schedule in &self.schedules {
            within(
                format!("Schedules.{}.RateSeconds", schedule.name),
                schedule.rate_seconds,
                1..=86_400,
                "1..=86400 seconds",
            )?;
        }
        Ok(())
    }

    fn targets(&self) -> Vec<(String, &str)> {
        let mut targets = vec![
            ("HttpApi".to_owned(), self.http_api.function.as_str()),
            (
                "WebSocketApi".to_owned(),
                self.web_socket_api.function.as_str(),
            ),
            (
                "SipMediaApplication".to_owned(),
                self.sip_media_application.function.as_str(),
            ),
            ("SampleData".to_owned(), self.sample_data.function.as_str()),
        ];
        targets.extend(
            self.event_sources
                .iter()
                .map(|s| (format!("EventSources.{}", s.table), s.function.as_str())),
        );
        targets.extend(
            self.schedules
                .iter()
                .map(|s| (format!("Schedules.{}", s.name), s.function.as_str())),
        );
        targets.extend(
            self.rules
                .iter()
                .map(|r| (format!("Rules.{}", r.name), r.function.as_str())),
        );
        targets
    }

    /// The tables whose writes wake somebody.
    pub fn streamed_tables(&self) -> BTreeSet<&str> {
        self.event_sources
            .iter()
            .map(|source| source.table.as_str())
            .collect()
    }
}

fn within(
    place: String,
    value: u64,
    range: std::ops::RangeInclusive<u64>,
    allowed: &'static str,
) -> Result<(), StackError> {
    if range.contains(&value) {
        Ok(())
    } else {
        Err(StackError::OutOfRange {
            place,
            value,
            allowed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_declaration_hangs_together() {
        let stack = Stack::embedded().expect("stack.json");
        assert_eq!(
            stack.streamed_tables().into_iter().collect::<Vec<_>>(),
            ["calls", "requests"]
        );
    }

    #[test]
    fn a_target_that_is_not_declared_is_named() {
        let text = include_str!("../stack.json")
            .replace(r#""Function": "stream""#, r#""Function": "brook""#);
        let refused = Stack::parse(&text).expect_err("undeclared");
        assert_eq!(
            refused.to_string(),
            r#"stack.json: EventSources.requests names function "brook", which is not declared"#
        );
    }

    #[test]
    fn a_timeout_beyond_a_quarter_of_an_hour_is_refused() {
        let text = include_str!("../stack.json").replace(r#""Timeout": 29"#, r#""Timeout": 901"#);
        assert!(
            Stack::parse(&text)
                .expect_err("too long")
                .to_string()
                .contains("allowed is 1..=900 seconds")
        );
    }

    #[test]
    fn a_misspelt_word_is_refused() {
        let text = include_str!("../stack.json").replace("\"BatchSize\"", "\"BatchSise\"");
        assert!(Stack::parse(&text).is_err());
    }
}
