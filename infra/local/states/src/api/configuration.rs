//! Logging, tracing and encryption of a state machine, and encryption of an activity: checked, kept and told; nothing here logs,
//! traces or encrypts.
//!
//! Source: API reference, `LoggingConfiguration`, `TracingConfiguration`, `EncryptionConfiguration`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ApiError;

const LEVELS: [&str; 4] = ["ALL", "ERROR", "FATAL", "OFF"];
const OWNED: &str = "AWS_OWNED_KEY";
const CUSTOMER: &str = "CUSTOMER_MANAGED_KMS_KEY";
const MAX_KEY_CHARS: usize = 2_048;

/// The three as a request gives them.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Given {
    logging_configuration: Option<Logging>,
    tracing_configuration: Option<Tracing>,
    encryption_configuration: Option<Encryption>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logging {
    level: Option<String>,
    include_execution_data: Option<bool>,
    destinations: Option<Vec<Destination>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destination {
    cloud_watch_logs_log_group: Option<LogGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogGroup {
    log_group_arn: Option<String>,
}

#[derive(Deserialize)]
struct Tracing {
    enabled: Option<bool>,
}

/// `encryptionConfiguration`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Encryption {
    r#type: Option<String>,
    kms_key_id: Option<String>,
    kms_data_key_reuse_period_seconds: Option<i64>,
}

impl Given {
    /// Nothing was given.
    pub(super) fn is_empty(&self) -> bool {
        self.logging_configuration.is_none()
            && self.tracing_configuration.is_none()
            && self.encryption_configuration.is_none()
    }

    /// Checks what was given and puts it over `before`, the text of an earlier configuration.
    pub(super) fn over(self, before: Option<&str>) -> Result<String, ApiError> {
        let before = before.and_then(|text| serde_json::from_str(text).ok());
        let mut told: Map<String, Value> = before.unwrap_or_else(usual);
        if let Some(logging) = self.logging_configuration {
            told.insert("loggingConfiguration".into(), logging.checked()?);
        }
        if let Some(tracing) = self.tracing_configuration {
            let enabled = tracing.enabled.unwrap_or(false);
            told.insert("tracingConfiguration".into(), json!({ "enabled": enabled }));
        }
        if let Some(encryption) = self.encryption_configuration {
            told.insert("encryptionConfiguration".into(), encryption.checked()?);
        }
        Ok(Value::Object(told).to_string())
    }
}

/// What a machine has that says nothing.
fn usual() -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("encryptionConfiguration".into(), json!({ "type": OWNED }));
    told.insert(
        "loggingConfiguration".into(),
        json!({ "level": "OFF", "includeExecutionData": false }),
    );
    told.insert("tracingConfiguration".into(), json!({ "enabled": false }));
    told
}

/// Adds a kept configuration to an answer.
pub(super) fn tell(answer: &mut Map<String, Value>, configuration: &str) {
    if let Ok(kept) = serde_json::from_str::<Map<String, Value>>(configuration) {
        answer.extend(kept);
    }
}

impl Logging {
    fn checked(self) -> Result<Value, ApiError> {
        let level = self.level.unwrap_or_else(|| "OFF".to_owned());
        if !LEVELS.contains(&level.as_str()) {
            return Err(ApiError::not_in(
                "loggingConfiguration.level",
                &level,
                &LEVELS,
            ));
        }
        let included = self.include_execution_data.unwrap_or(false);
        let mut told = json!({ "level": level, "includeExecutionData": included });
        let given = self.destinations.is_some();
        let destinations = self.destinations.unwrap_or_default();
        let needed = level != "OFF";
        if destinations.len() > 1 || (needed && destinations.is_empty()) {
            let why = "Must specify exactly one Log Destination.";
            return Err(ApiError::InvalidLoggingConfiguration(why.to_owned()));
        }
        let mut groups = Vec::new();
        for destination in destinations {
            let arn = destination
                .cloud_watch_logs_log_group
                .and_then(|group| group.log_group_arn)
                .unwrap_or_default();
            if arn.split(':').nth(2) != Some("logs") || !arn.contains(":log-group:") {
                let why = format!(
                    "'{arn}' is not the ARN of a log group: arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*"
                );
                return Err(ApiError::InvalidLoggingConfiguration(why));
            }
            groups.push(json!({ "cloudWatchLogsLogGroup": { "logGroupArn": arn } }));
        }
        if given {
            told["destinations"] = groups.into();
        }
        Ok(told)
    }
}

impl Encryption {
    /// Checks it. Gives what is kept of it: nothing if the key is AWS's own, as it is without a configuration.
    pub(super) fn kept(self) -> Result<Option<String>, ApiError> {
        let checked = self.checked()?;
        Ok((checked["type"] != OWNED).then(|| checked.to_string()))
    }

    /// What is told of one that was [`kept`](Self::kept).
    pub(super) fn told(kept: Option<&str>) -> Value {
        let kept = kept.and_then(|text| serde_json::from_str(text).ok());
        kept.unwrap_or_else(|| json!({ "type": OWNED }))
    }

    fn checked(self) -> Result<Value, ApiError> {
        let invalid = |why: &str| Err(ApiError::InvalidEncryptionConfiguration(why.to_owned()));
        let period = self.kms_data_key_reuse_period_seconds;
        if let Some(period) = period.filter(|seconds| !(60..=900).contains(seconds)) {
            return Err(ApiError::Validation(format!(
                "Value '{period}' at 'encryptionConfiguration.kmsDataKeyReusePeriodSeconds' failed to satisfy constraint: \
                 Member must have value between 60 and 900"
            )));
        }
        match self.r#type.as_deref() {
            Some(OWNED) if self.kms_key_id.is_some() || period.is_some() => invalid(
                "'kmsKeyId' and 'kmsDataKeyReusePeriodSeconds' go with CUSTOMER_MANAGED_KMS_KEY only",
            ),
            Some(OWNED) => Ok(json!({ "type": OWNED })),
            Some(CUSTOMER) => {
                let key = self.kms_key_id.unwrap_or_default();
                if key.is_empty() || key.len() > MAX_KEY_CHARS {
                    return invalid("'kmsKeyId' must be set for CUSTOMER_MANAGED_KMS_KEY");
                }
                let period = period.unwrap_or(300);
                Ok(
                    json!({ "type": CUSTOMER, "kmsKeyId": key, "kmsDataKeyReusePeriodSeconds": period }),
                )
            }
            Some(other) => Err(ApiError::not_in(
                "encryptionConfiguration.type",
                other,
                &[OWNED, CUSTOMER],
            )),
            None => Err(ApiError::missing("encryptionConfiguration.type")),
        }
    }
}
