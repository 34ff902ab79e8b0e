//! The optimised integrations that are a call and, with `.sync`, a job whose end is awaited: Athena, Batch, Bedrock, CodeBuild,
//! ECS, EKS, EMR, Glue, MediaConvert, SageMaker. Which calls, and what says how a job stands, is in `integrated.json`.
//!
//! Source: developer guide, "Integrating optimized services with Step Functions" and "Run a Job (.sync)".

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::job::{Asking, Work};
use super::optimised::Optimised;
use super::{
    About, Answer, Call, Family, Integration, Job, Means, Pattern, Resource, ServiceAnswer,
    TaskError, service,
};
use crate::json::Json;

const TABLE: &str = include_str!("integrated.json");
const PREFIX: &str = "arn:aws:states:::";
/// Why a job is stopped, for services that ask.
const WHY: &str = "The task of AWS Step Functions that waits for this was given up";

/// An integrated operation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    /// `glue:startJobRun`.
    pub(super) resource: &'static str,
    service: &'static str,
    operation: &'static str,
    /// What error names begin with.
    prefix: &'static str,
    /// The service in the words of the AWS SDK for Java 1.
    told: &'static str,
    /// Its error for what the model does not name.
    unknown: &'static str,
    /// It has `.waitForTaskToken`.
    #[serde(default)]
    callback: bool,
    /// The member that makes a repeated call find what the first one started.
    token: Option<&'static str>,
    /// The request, made from the arguments.
    takes: Option<Value>,
    /// The result, made from the answer.
    gives: Option<Value>,
    /// The member that is JSON in the result, and in the request besides text.
    body: Option<&'static str>,
    /// Arguments that AWS takes and this engine does not.
    #[serde(default)]
    lacking: Vec<&'static str>,
    /// The error of an answer whose `Failures` are not empty, where the end is awaited.
    failures: Option<&'static str>,
    pub(super) job: Option<Work>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| match serde_json::from_str(TABLE) {
    Ok(rows) => rows,
    // It is part of the program, and a test reads it.
    Err(error) => panic!("integrated.json: {error}"),
});
static BY_NAME: LazyLock<HashMap<&'static str, &'static Row>> =
    LazyLock::new(|| ROWS.iter().map(|row| (row.resource, row)).collect());

pub(super) fn resolve(arn: &str) -> Option<Resource> {
    let rest = arn.strip_prefix(PREFIX)?;
    let (plain, pattern) = split(rest);
    let row = *BY_NAME.get(plain)?;
    let has = match pattern {
        Pattern::RequestResponse => true,
        Pattern::WaitForTaskToken => row.callback,
        Pattern::Sync { .. } => row.job.is_some(),
    };
    let (service, action) = rest.split_once(':').filter(|_| has)?;
    Some(Resource {
        arn: arn.to_owned(),
        service: service.to_owned(),
        action: action.to_owned(),
        pattern,
        family: Family::Task,
        integration: Means::Common(row),
    })
}

fn split(rest: &str) -> (&str, Pattern) {
    if let Some(plain) = rest.strip_suffix(".sync") {
        return (plain, Pattern::Sync { parsed: false });
    }
    match rest.strip_suffix(".waitForTaskToken") {
        Some(plain) => (plain, Pattern::WaitForTaskToken),
        None => (rest, Pattern::RequestResponse),
    }
}

/// The operations that are there, each with the patterns it has.
pub(super) fn names() -> Vec<String> {
    let told = |row: &Row| {
        let sync = row.job.as_ref().map_or("", |_| "(.sync)");
        let callback = if row.callback {
            "(.waitForTaskToken)"
        } else {
            ""
        };
        format!("{}{sync}{callback}", row.resource)
    };
    ROWS.iter().map(told).collect()
}

/// The API operation behind a resource whose result is that operation's answer.
pub(super) fn operation(resource: &str) -> Option<(&'static str, &'static str)> {
    let row = BY_NAME.get(resource)?;
    Some((row.service, row.operation))
}

impl Row {
    pub(super) fn optimised(&self) -> Optimised {
        Optimised {
            service: self.service,
            operation: self.operation,
            prefix: self.prefix,
            told: self.told,
            unknown: self.unknown,
            text: None,
        }
    }

    pub(super) fn asks(&self, asking: &Asking, job: &Json) -> Result<Call, TaskError> {
        let job = parsed(job);
        let arguments = filled(&asking.arguments, &|name| match name {
            "why" => Some(json!(WHY)),
            name => job.get(name).cloned(),
        });
        let Some(Value::Object(arguments)) = arguments else {
            return Err(TaskError::runtime("the job has no name"));
        };
        let asking = Optimised {
            operation: asking.operation,
            ..self.optimised()
        };
        asking.made(arguments)
    }

    fn shown(&self, mut result: Value, answer: &ServiceAnswer) -> Value {
        if let Some(gives) = &self.gives {
            result = filled(gives, &|at| result.pointer(at).cloned()).unwrap_or_default();
        }
        if let Some(body) = self.body
            && let Some(Value::String(text)) = result.get(body)
            && let Ok(json) = serde_json::from_str(text)
        {
            result[body] = json;
            return result;
        }
        service::with_metadata(result, answer)
    }
}

impl Integration for Row {
    fn call(
        &self,
        resource: &Resource,
        arguments: &Json,
        about: &About<'_>,
    ) -> Result<Call, TaskError> {
        let optimised = self.optimised();
        let mut arguments = optimised.arguments(arguments)?;
        if let Some(member) = self.lacking.iter().find(|m| arguments.contains_key(**m)) {
            return Err(TaskError::runtime(format!(
                "The argument '{member}' of {} is not supported here: give 'Body'",
                self.resource
            )));
        }
        if let Some(takes) = &self.takes {
            let given = Value::Object(arguments);
            arguments = match filled(takes, &|at| given.pointer(at).cloned()) {
                Some(Value::Object(arguments)) => arguments,
                _nothing => Map::new(),
            };
        }
        if let (Some(token), Pattern::Sync { .. }) = (self.token, resource.pattern) {
            let entry = arguments.entry(token.to_owned());
            entry.or_insert_with(|| json!(about.key));
        }
        optimised.made(arguments)
    }

    fn result(
        &self,
        resource: &Resource,
        answer: Answer,
        _: &About<'_>,
    ) -> Result<Json, TaskError> {
        let (result, answer) = self.optimised().read(answer)?;
        let failures = &result["Failures"];
        if let Some(error) = self.failures
            && resource.pattern != Pattern::RequestResponse
            && failures.as_array().is_some_and(|f| !f.is_empty())
        {
            return Err(TaskError {
                error: error.to_owned(),
                cause: result.to_string(),
            });
        }
        Ok(Json::trusted(self.shown(result, &answer).to_string()))
    }

    fn job(&self, resource: &Resource) -> Option<&'static dyn Job> {
        if !matches!(resource.pattern, Pattern::Sync { .. }) {
            return None;
        }
        let row: &'static Row = BY_NAME.get(self.resource)?;
        Some(row)
    }
}

pub(super) fn parsed(json: &Json) -> Value {
    serde_json::from_str(json.as_str()).unwrap_or_default()
}

/// A template with every text `$name` replaced; a member whose value is missing is left out.
fn filled(template: &Value, find: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    match template {
        Value::String(text) => match text.strip_prefix('$') {
            Some(name) => find(name),
            None => Some(template.clone()),
        },
        Value::Array(items) => Some(items.iter().filter_map(|item| filled(item, find)).collect()),
        Value::Object(members) => {
            let found = members
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), filled(value, find)?)));
            Some(Value::Object(found.collect()))
        }
        plain => Some(plain.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    #[test]
    fn every_row_has_its_service_and_its_operations() {
        for row in ROWS.iter() {
            let service = table::service(row.service).unwrap_or_else(|| panic!("{}", row.service));
            let mut operations = vec![row.operation];
            if let Some(work) = &row.job {
                operations.push(work.look.operation);
                operations.extend(work.stop.as_ref().map(|stop| stop.operation));
            }
            if service.protocol == table::Protocol::Rest {
                for operation in operations {
                    let route = table::route(row.service, operation);
                    assert!(route.is_some(), "{}: {operation}", row.resource);
                }
            }
        }
    }

    #[test]
    fn a_pattern_is_there_where_aws_has_it() {
        let has = |arn: &str| resolve(&format!("{PREFIX}{arn}")).is_some();
        assert!(
            has("ecs:runTask") && has("ecs:runTask.sync") && has("ecs:runTask.waitForTaskToken")
        );
        assert!(has("glue:startJobRun.sync") && !has("glue:startJobRun.waitForTaskToken"));
        assert!(has("sagemaker:createModel") && !has("sagemaker:createModel.sync"));
        assert!(!has("glue:startJobRun.sync:2"));
    }
}
