//! Jobs whose end a task waits for (`.sync`): how one is asked after, judged and stopped.
//!
//! Source: developer guide, "Run a Job (.sync)".

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::integrated::{Row, parsed};
use super::optimised::Optimised;
use super::{Answer, Call, Job, Looked, Resource, Stopped, TaskError, service, table};
use crate::asl::errors;
use crate::json::Json;

/// How a job is asked after, judged and stopped.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Work {
    /// What is kept of `arguments/...` and `result/...`, by name; with a `?` it may be missing. `*` stands for every
    /// member of a list.
    pub(super) keep: BTreeMap<&'static str, &'static str>,
    pub(super) look: Asking,
    /// Where the answer describes the job.
    pub(super) at: &'static str,
    /// Where in there its status is.
    pub(super) status: &'static str,
    pub(super) good: Vec<&'static str>,
    pub(super) bad: Vec<&'static str>,
    /// The member of the result that has the description; without one, the description is the result.
    pub(super) named: Option<&'static str>,
    /// It ended well once it is not there any more, which is this error.
    pub(super) gone: Option<&'static str>,
    /// What is kept under this name is a list: it is as many jobs, described by a list, each stopped by its own `id`.
    #[serde(default)]
    pub(super) each: Option<&'static str>,
    /// Its containers' exit codes decide.
    #[serde(default)]
    pub(super) containers: bool,
    pub(super) stop: Option<Asking>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Asking {
    pub(super) operation: &'static str,
    pub(super) arguments: Value,
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
            match found(&from, at) {
                Some(mut value) => {
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
        self.asks(&work.look, &work.listed(job))
    }

    fn looked(&self, _: &Resource, job: &Json, answer: Answer) -> Looked {
        let Some(work) = &self.job else {
            return Looked::Ended(Err(service::unexpected()));
        };
        let looking = Optimised {
            operation: work.look.operation,
            ..self.optimised()
        };
        if let Some(why) = passing(&looking, &answer) {
            return Looked::Unknown(why);
        }
        match looking.read(answer) {
            Ok((result, _)) => match work.judged(job, &result) {
                Judged::Runs => Looked::Runs,
                Judged::Ended(end) => Looked::Ended(end),
                Judged::Absent(why) => Looked::Absent(TaskError {
                    error: looking.unnamed(),
                    cause: format!("{why}: {result}"),
                }),
            },
            Err(error) => {
                if work.gone.is_some_and(|gone| error.error.ends_with(gone)) {
                    let start = parsed(job).get("start").cloned().unwrap_or(json!({}));
                    return Looked::Ended(Ok(Json::trusted(start.to_string())));
                }
                Looked::Ended(Err(error))
            }
        }
    }

    fn stop(&self, _: &Resource, job: &Json) -> Result<Vec<Call>, TaskError> {
        let Some((work, stop)) = self.job.as_ref().and_then(|w| Some((w, w.stop.as_ref()?))) else {
            return Ok(Vec::new());
        };
        let jobs = work.each_of(job).into_iter();
        jobs.map(|one| self.asks(stop, &one)).collect()
    }

    fn stopped(&self, _: &Resource, answer: Answer) -> Stopped {
        let stop = self.job.as_ref().and_then(|work| work.stop.as_ref());
        let stopping = Optimised {
            operation: stop.map_or(self.optimised().operation, |stop| stop.operation),
            ..self.optimised()
        };
        if let Some(why) = passing(&stopping, &answer) {
            return Stopped::Unanswered(why);
        }
        match stopping.read(answer) {
            Ok(_) => Stopped::Taken,
            Err(error) => Stopped::Refused(error),
        }
    }
}

/// Codes by which services say that they are busy, whatever the status: the AWS SDKs try again after these.
const BUSY: [&str; 9] = [
    "BandwidthLimitExceeded",
    "OperationTimeoutException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "TransactionInProgressException",
];

/// Why a call is to be made again: it led nowhere, or to a refusal that passes. `None` if it was answered for good.
fn passing(asked: &Optimised, answer: &Answer) -> Option<String> {
    let answer = match answer {
        Answer::Service(Err(why)) => return Some(why.clone()),
        Answer::Service(Ok(answer)) if !(200..300).contains(&answer.status) => answer,
        Answer::Service(Ok(_)) | Answer::Function(_) | Answer::Api(_) | Answer::Http(_) => {
            return None;
        }
    };
    let service = table::service(asked.service)?;
    let refusal = service::refusal(service, asked.operation, answer);
    let code = refusal.code.as_str();
    let busy = code.contains("Throttl") || code.contains("TooManyRequests") || BUSY.contains(&code);
    // What is not implemented will not be.
    let broken = refusal.status >= 500 && refusal.status != 501;
    let passes = busy || broken || matches!(refusal.status, 408 | 429);
    passes.then(|| format!("{code} ({}): {}", refusal.status, refusal.message))
}

/// What a description says of a job.
enum Judged {
    /// It goes on.
    Runs,
    /// It is over.
    Ended(Result<Json, TaskError>),
    /// It is not described, as this sentence says.
    Absent(&'static str),
}

impl Work {
    /// What is kept, with its list; what an earlier version kept has one `id` in its place.
    fn listed(&self, job: &Json) -> Json {
        let mut kept = parsed(job);
        if let Some(each) = self.each
            && kept.get(each).is_none()
            && let Some(id) = kept.get("id").cloned()
        {
            kept[each] = json!([id]);
            return Json::trusted(kept.to_string());
        }
        job.clone()
    }

    /// The jobs there are, each with its `id`.
    fn each_of(&self, job: &Json) -> Vec<Json> {
        let kept = parsed(&self.listed(job));
        let Some(Value::Array(ids)) = self.each.and_then(|each| kept.get(each)) else {
            return vec![job.clone()];
        };
        let one = |id: &Value| {
            let mut kept = kept.clone();
            kept["id"] = id.clone();
            Json::trusted(kept.to_string())
        };
        ids.iter().map(one).collect()
    }

    /// What a description of the job says; of several, what that of all says once they have ended.
    fn judged(&self, job: &Json, result: &Value) -> Judged {
        let Some(described) = result.pointer(self.at) else {
            return Judged::Absent("The job is not described");
        };
        if self.each.is_none() {
            return self.judged_one(job, described);
        }
        let described = described.as_array().map_or(&[][..], Vec::as_slice);
        if described.len() < self.each_of(job).len() {
            return Judged::Absent("Not all jobs are described");
        }
        let mut ends = Vec::with_capacity(described.len());
        for one in described {
            match self.judged_one(job, one) {
                Judged::Ended(end) => ends.push(end),
                unended @ (Judged::Runs | Judged::Absent(_)) => return unended,
            }
        }
        if ends.len() == 1 {
            return Judged::Ended(ends.swap_remove(0));
        }
        let mut told = Value::Array(described.to_vec());
        told.as_array_mut()
            .into_iter()
            .flatten()
            .for_each(without_metadata);
        let told = json!({ "Tasks": told }).to_string();
        Judged::Ended(if ends.iter().all(Result::is_ok) {
            Ok(Json::trusted(told))
        } else {
            Err(TaskError {
                error: errors::TASK_FAILED.to_owned(),
                cause: told,
            })
        })
    }

    fn judged_one(&self, job: &Json, described: &Value) -> Judged {
        let status = described.pointer(self.status).and_then(Value::as_str);
        let Some(status) = status else {
            return Judged::Absent("The job has no status");
        };
        let ended = self.good.contains(&status) || self.bad.contains(&status);
        if !ended {
            return Judged::Runs;
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
        Judged::Ended(if well {
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

/// What is at a place, `*` being every member of a list.
fn found(from: &Value, at: &str) -> Option<Value> {
    let Some((list, member)) = at.split_once("/*") else {
        return from
            .pointer(&format!("/{at}"))
            .filter(|v| !v.is_null())
            .cloned();
    };
    let list = from.pointer(&format!("/{list}"))?.as_array()?;
    let members: Option<Vec<Value>> = list
        .iter()
        .map(|one| one.pointer(member).cloned())
        .collect();
    members
        .filter(|members| !members.is_empty())
        .map(Value::Array)
}

fn without_metadata(value: &mut Value) {
    if let Some(members) = value.as_object_mut() {
        members.remove("SdkHttpMetadata");
        members.remove("SdkResponseMetadata");
    }
}

#[cfg(test)]
mod tests {
    use super::super::integrated::resolve;
    use super::super::{About, ServiceAnswer};
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
        assert_eq!(kept.as_str(), r#"{"cluster":"c","ids":["t"]}"#);
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
    fn several_tasks_of_ecs_are_waited_for_and_stopped_each() {
        let resource = resolve("arn:aws:states:::ecs:runTask.sync").unwrap();
        let job = resource.integration.job(&resource).unwrap();
        let arguments = json(json!({ "Cluster": "c", "TaskDefinition": "d", "Count": 2 }));
        let result = json(json!({ "Tasks": [{ "TaskArn": "t" }, { "TaskArn": "u" }] }));
        let kept = job.started(&resource, &arguments, &result).unwrap();
        let body = |call: Call| match call {
            Call::Service(call) => serde_json::from_str::<Value>(&call.body).unwrap(),
            _other => panic!("a call of a service"),
        };
        let look = body(job.look(&resource, &kept).unwrap());
        assert_eq!(look, json!({ "cluster": "c", "tasks": ["t", "u"] }));
        let stops = job.stop(&resource, &kept).unwrap().into_iter().map(body);
        let stopped: Vec<Value> = stops.map(|stop| stop["task"].clone()).collect();
        assert_eq!(stopped, [json!("t"), json!("u")]);
        let task = |status: &str, code: i64| json!({ "lastStatus": status, "containers": [{ "exitCode": code }] });
        let looked =
            |tasks: &[Value]| job.looked(&resource, &kept, answer(json!({ "tasks": tasks })));
        assert!(matches!(looked(&[task("STOPPED", 0)]), Looked::Absent(_)));
        let one_runs = [task("STOPPED", 0), task("RUNNING", 0)];
        assert_eq!(looked(&one_runs), Looked::Runs);
        let Looked::Ended(Ok(told)) = looked(&[task("STOPPED", 0), task("STOPPED", 0)]) else {
            panic!("both ended well")
        };
        assert_eq!(parsed(&told)["Tasks"].as_array().map(Vec::len), Some(2));
        let Looked::Ended(Err(failed)) = looked(&[task("STOPPED", 0), task("STOPPED", 1)]) else {
            panic!("one failed")
        };
        assert_eq!(failed.error, errors::TASK_FAILED);
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
        assert!(matches!(
            refused(400, "OperationTimeoutException"),
            Looked::Unknown(_)
        ));
        for (status, code) in [
            (400, "EntityNotFoundException"),
            (501, "EntityNotFoundException"),
        ] {
            let Looked::Ended(Err(error)) = refused(status, code) else {
                panic!("{status} {code}")
            };
            assert_eq!(error.error, "Glue.EntityNotFoundException");
        }
        // The words of a message say nothing: it may have the job's name.
        let answer = ServiceAnswer {
            status: 400,
            headers: Vec::new(),
            body: json!({ "__type": "EntityNotFoundException", "Message": "no Throttling" })
                .to_string(),
        };
        let looked = job.looked(&resource, &kept, Answer::Service(Ok(answer)));
        assert!(matches!(looked, Looked::Ended(Err(_))), "{looked:?}");
    }

    #[test]
    fn a_job_that_its_service_leaves_out_is_absent() {
        let resource = resolve("arn:aws:states:::codebuild:startBuild.sync").unwrap();
        let job = resource.integration.job(&resource).unwrap();
        let kept = json(json!({ "id": "b" }));
        let missing = json!({ "builds": [], "buildsNotFound": ["b"] });
        let Looked::Absent(error) = job.looked(&resource, &kept, answer(missing)) else {
            panic!("it is not there")
        };
        assert_eq!(error.error, "CodeBuild.AWSCodeBuildException");
        assert!(error.cause.contains("BuildsNotFound"), "{}", error.cause);
    }

    #[test]
    fn a_stop_that_is_refused_for_now_is_to_be_made_again() {
        let resource = resolve("arn:aws:states:::glue:startJobRun.sync").unwrap();
        let job = resource.integration.job(&resource).unwrap();
        let stopped = |status: u16, code: &str| {
            let answer = ServiceAnswer {
                status,
                headers: Vec::new(),
                body: json!({ "__type": code, "Message": "m" }).to_string(),
            };
            job.stopped(&resource, Answer::Service(Ok(answer)))
        };
        for (status, code) in [
            (400, "ThrottlingException"),
            (429, ""),
            (500, "InternalServiceException"),
            (503, ""),
        ] {
            let told = stopped(status, code);
            assert!(matches!(told, Stopped::Unanswered(_)), "{told:?}");
        }
        let Stopped::Refused(error) = stopped(400, "InvalidInputException") else {
            panic!("it will not be taken")
        };
        assert_eq!(error.error, "Glue.InvalidInputException");
        let taken = job.stopped(&resource, answer(json!({})));
        assert_eq!(taken, Stopped::Taken);
        let nobody = job.stopped(&resource, Answer::Service(Err("no connection".to_owned())));
        assert!(matches!(nobody, Stopped::Unanswered(_)), "{nobody:?}");
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
