//! The optimised integrations that are a call and, with `.sync`, a job whose end is awaited: Athena, Batch, Bedrock, CodeBuild,
//! ECS, EKS, EMR, Glue, MediaConvert, SageMaker. Which calls, and what says how a job stands, is in `integrated.json`.
//!
//! Source: developer guide, "Integrating optimized services with Step Functions" and "Run a Job (.sync)".

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::optimised::Optimised;
use super::{
    About, Answer, Call, Family, Integration, Job, Looked, Pattern, Resource, ServiceAnswer,
    TaskError, service,
};
use crate::asl::errors;
use crate::json::Json;

const TABLE: &str = include_str!("integrated.json");
const PREFIX: &str = "arn:aws:states:::";
/// Why a job is stopped, for services that ask.
const WHY: &str = "The task of AWS Step Functions that waits for this was given up";

/// An integrated operation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// `glue:startJobRun`.
    resource: &'static str,
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
    job: Option<Work>,
}

/// How a job is asked after, judged and stopped.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Work {
    /// What is kept of `arguments/...` and `result/...`, by name; with a `?` it may be missing.
    keep: BTreeMap<&'static str, &'static str>,
    look: Asking,
    /// Where the answer describes the job.
    at: &'static str,
    /// Where in there its status is.
    status: &'static str,
    good: Vec<&'static str>,
    bad: Vec<&'static str>,
    /// The member of the result that has the description; without one, the description is the result.
    named: Option<&'static str>,
    /// It ended well once it is not there any more, which is this error.
    gone: Option<&'static str>,
    /// Its containers' exit codes decide.
    #[serde(default)]
    containers: bool,
    stop: Option<Asking>,
}

#[derive(Debug, Deserialize)]
struct Asking {
    operation: &'static str,
    arguments: Value,
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
        integration: row,
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
    fn optimised(&self) -> Optimised {
        Optimised {
            service: self.service,
            operation: self.operation,
            prefix: self.prefix,
            told: self.told,
            unknown: self.unknown,
            text: None,
        }
    }

    fn asks(&self, asking: &Asking, job: &Json) -> Result<Call, TaskError> {
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

impl Job for Row {
    fn started(&self, _: &Resource, arguments: &Json, result: &Json) -> Result<Json, TaskError> {
        let from = json!({ "arguments": parsed(arguments), "result": parsed(result) });
        let mut kept = Map::new();
        for (name, at) in self.job.iter().flat_map(|work| &work.keep) {
            let (at, needed) = match at.strip_suffix('?') {
                Some(at) => (at, false),
                None => (*at, true),
            };
            match from.pointer(&format!("/{at}")) {
                Some(value) if !value.is_null() => {
                    let mut value = value.clone();
                    without_metadata(&mut value);
                    kept.insert((*name).to_owned(), value);
                }
                _missing if needed => {
                    return Err(TaskError::runtime(format!(
                        "The end of {} cannot be awaited: {at} is not there",
                        self.resource
                    )));
                }
                _missing => {}
            }
        }
        Ok(Json::trusted(Value::Object(kept).to_string()))
    }

    fn look(&self, _: &Resource, job: &Json) -> Result<Call, TaskError> {
        let work = self.job.as_ref().ok_or_else(service::unexpected)?;
        self.asks(&work.look, job)
    }

    fn looked(&self, _: &Resource, job: &Json, answer: Answer) -> Looked {
        let Some(work) = &self.job else {
            return Looked::Ended(Err(service::unexpected()));
        };
        let looking = Optimised {
            operation: work.look.operation,
            ..self.optimised()
        };
        let refused = match &answer {
            Answer::Service(Err(why)) => return Looked::Unknown(why.clone()),
            Answer::Service(Ok(answer)) => answer.status,
            Answer::Function(_) | Answer::Api(_) | Answer::Http(_) => 0,
        };
        match looking.read(answer) {
            Ok((result, _)) => work.judged(job, &result),
            Err(error) => {
                if work.gone.is_some_and(|gone| error.error.ends_with(gone)) {
                    let start = parsed(job).get("start").cloned().unwrap_or(json!({}));
                    return Looked::Ended(Ok(Json::trusted(start.to_string())));
                }
                let told = |word: &str| error.error.contains(word) || error.cause.contains(word);
                let slower = told("Throttling") || told("TooManyRequests");
                let passing = refused == 429 || refused >= 500 || slower;
                if passing {
                    return Looked::Unknown(format!("{}: {}", error.error, error.cause));
                }
                Looked::Ended(Err(error))
            }
        }
    }

    fn stop(&self, _: &Resource, job: &Json) -> Result<Option<Call>, TaskError> {
        let stop = self.job.as_ref().and_then(|work| work.stop.as_ref());
        stop.map(|asking| self.asks(asking, job)).transpose()
    }

    fn stopped(&self, _: &Resource, answer: Answer) -> Result<(), TaskError> {
        self.optimised().read(answer).map(|_| ())
    }
}

impl Work {
    /// What a description of the job says.
    fn judged(&self, job: &Json, result: &Value) -> Looked {
        // A job that was just started may not be listed yet.
        let Some(described) = result.pointer(self.at) else {
            return Looked::Unknown("the job is not described yet".to_owned());
        };
        let status = described.pointer(self.status).and_then(Value::as_str);
        let Some(status) = status else {
            return Looked::Unknown("the job has no status yet".to_owned());
        };
        let ended = self.good.contains(&status) || self.bad.contains(&status);
        if !ended {
            return Looked::Runs;
        }
        let mut told = described.clone();
        without_metadata(&mut told);
        if let Some(name) = self.named {
            let start = parsed(job).get("start").cloned();
            let mut members = match start {
                Some(Value::Object(members)) => members,
                _none => Map::new(),
            };
            members.insert(name.to_owned(), told);
            told = Value::Object(members);
        }
        let told = Json::trusted(told.to_string());
        let well = self.good.contains(&status) && (!self.containers || all_exited_well(described));
        Looked::Ended(if well {
            Ok(told)
        } else {
            Err(TaskError {
                error: errors::TASK_FAILED.to_owned(),
                cause: told.as_str().to_owned(),
            })
        })
    }
}

/// Did a task of ECS start, and all its containers end with 0?
fn all_exited_well(task: &Value) -> bool {
    let containers = task["Containers"].as_array();
    task["StopCode"] != "TaskFailedToStart"
        && containers
            .into_iter()
            .flatten()
            .all(|container| container["ExitCode"].as_i64().unwrap_or(0) == 0)
}

fn without_metadata(value: &mut Value) {
    if let Some(members) = value.as_object_mut() {
        members.remove("SdkHttpMetadata");
        members.remove("SdkResponseMetadata");
    }
}

fn parsed(json: &Json) -> Value {
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

    const ABOUT: About<'_> = About {
        execution_arn: "E",
        machine_arn: "M",
        region: "us-east-1",
        account: "000000000000",
        key: "key-1",
    };

    fn json(value: Value) -> Json {
        Json::parse(&value.to_string()).unwrap()
    }

    fn answer(body: Value) -> Answer {
        Answer::Service(Ok(ServiceAnswer {
            status: 200,
            headers: Vec::new(),
            body: body.to_string(),
        }))
    }

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

    #[test]
    fn a_job_is_asked_after_by_what_its_start_gave() {
        let resource = resolve("arn:aws:states:::ecs:runTask.sync").unwrap();
        let job = resource.integration.job(&resource).unwrap();
        let arguments = json(json!({ "Cluster": "c", "TaskDefinition": "d" }));
        let call = resource
            .integration
            .call(&resource, &arguments, &ABOUT)
            .unwrap();
        let Call::Service(call) = call else { panic!() };
        let sent: Value = serde_json::from_str(&call.body).unwrap();
        let expected = json!({ "cluster": "c", "taskDefinition": "d", "clientToken": "key-1" });
        assert_eq!(sent, expected);
        let started = json!({ "tasks": [{ "taskArn": "t" }], "failures": [] });
        let result = resource
            .integration
            .result(&resource, answer(started), &ABOUT);
        let kept = job
            .started(&resource, &arguments, &result.unwrap())
            .unwrap();
        assert_eq!(kept.as_str(), r#"{"cluster":"c","id":"t"}"#);
        let Call::Service(look) = job.look(&resource, &kept).unwrap() else {
            panic!()
        };
        let asked: Value = serde_json::from_str(&look.body).unwrap();
        assert_eq!(asked, json!({ "cluster": "c", "tasks": ["t"] }));
    }

    #[test]
    fn exit_codes_decide_how_a_task_of_ecs_ended() {
        let resource = resolve("arn:aws:states:::ecs:runTask.sync").unwrap();
        let job = resource.integration.job(&resource).unwrap();
        let kept = json(json!({ "id": "t" }));
        let looked = |status: &str, code: i64| {
            let task = json!({ "lastStatus": status, "containers": [{ "exitCode": code }] });
            job.looked(&resource, &kept, answer(json!({ "tasks": [task] })))
        };
        assert_eq!(looked("RUNNING", 0), Looked::Runs);
        assert!(matches!(looked("STOPPED", 0), Looked::Ended(Ok(_))));
        let Looked::Ended(Err(failed)) = looked("STOPPED", 1) else {
            panic!()
        };
        assert_eq!(failed.error, errors::TASK_FAILED);
        assert!(failed.cause.contains("\"ExitCode\":1"), "{}", failed.cause);
    }

    #[test]
    fn a_question_that_is_not_answered_is_put_again_and_a_refused_one_fails_the_task() {
        let resource = resolve("arn:aws:states:::glue:startJobRun.sync").unwrap();
        let job = resource.integration.job(&resource).unwrap();
        let kept = json(json!({ "id": "r", "name": "n" }));
        let refused = |status: u16, code: &str| {
            let answer = ServiceAnswer {
                status,
                headers: Vec::new(),
                body: json!({ "__type": code, "Message": "m" }).to_string(),
            };
            job.looked(&resource, &kept, Answer::Service(Ok(answer)))
        };
        assert!(matches!(
            refused(400, "ThrottlingException"),
            Looked::Unknown(_)
        ));
        assert!(matches!(
            refused(500, "InternalServiceException"),
            Looked::Unknown(_)
        ));
        let Looked::Ended(Err(error)) = refused(400, "EntityNotFoundException") else {
            panic!()
        };
        assert_eq!(error.error, "Glue.EntityNotFoundException");
    }

    #[test]
    fn what_is_gone_was_deleted() {
        let resource = resolve("arn:aws:states:::eks:deleteCluster.sync").unwrap();
        let job = resource.integration.job(&resource).unwrap();
        let kept = json(json!({ "name": "n", "start": { "Cluster": { "Name": "n" } } }));
        let answer = Answer::Service(Ok(ServiceAnswer {
            status: 404,
            headers: vec![(
                "x-amzn-errortype".into(),
                "ResourceNotFoundException".into(),
            )],
            body: "{}".into(),
        }));
        let looked = job.looked(&resource, &kept, answer);
        let expected = json(json!({ "Cluster": { "Name": "n" } }));
        assert_eq!(looked, Looked::Ended(Ok(expected)));
    }
}
