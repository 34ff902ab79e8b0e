//! `StrowgerStates.DryRun`: a definition over an input, with mocks in place of all work, and every path that is taken.
//!
//! A state with several mocks is answered with each of them, one path each; on a retry, too. Nothing is called, kept or
//! waited for. The children of a Distributed Map run within the path; a mock of the Map itself is what its `ItemReader` gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Caller;
use super::executions::input_of;
use super::{Answer, ApiError, test_state};
use crate::asl::{self, Definition};
use crate::core::record::What;
use crate::core::trial::{Asked, Outcome, Trial};
use crate::core::{Identity, Status, Workflow};
use crate::engine::Inner;
use crate::json::Json;

const USUAL_PATHS: usize = 100;
const MAX_PATHS: usize = 1_000;
/// Most records of all paths together.
const MAX_RECORDS: usize = 200_000;
/// Most children of map runs on one path, theirs too.
const MAX_CHILDREN: u32 = 256;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    definition: Option<String>,
    input: Option<String>,
    #[serde(default)]
    mocks: BTreeMap<String, Vec<Mock>>,
    max_paths: Option<usize>,
}

/// `{"result": JSON}` or `{"errorOutput": {"error": ..., "cause": ...}}`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Mock {
    Result(Value),
    ErrorOutput {
        error: String,
        cause: Option<String>,
    },
}

pub(super) async fn run(inner: &Arc<Inner>, caller: &Caller, request: Request) -> Answer {
    let text = request
        .definition
        .ok_or_else(|| ApiError::missing("definition"))?;
    let input = input_of(request.input)?;
    let most = request.max_paths.unwrap_or(USUAL_PATHS);
    if !(1..=MAX_PATHS).contains(&most) {
        return Err(ApiError::Validation(format!(
            "Value '{most}' at 'maxPaths' failed to satisfy constraint: Member must have value between 1 and {MAX_PATHS}"
        )));
    }
    let mut identity = test_state::identity(inner, caller, None, &input);
    // The limits of a Standard execution hold: its number of events ends a definition that loops.
    identity.workflow = Workflow::Standard;
    let mocks = request
        .mocks
        .into_iter()
        .map(|(state, mocks)| (state, mocks.into_iter().map(outcome).collect()))
        .collect();
    let models = inner.config.service_models.clone();
    let search = move || {
        let definition =
            asl::compile_with(&text, &models).map_err(|found| ApiError::refused(&found))?;
        // What no machine could be made of is not tried out either.
        let found = asl::lint::refused(&text, &definition.warnings, false);
        if !found.is_empty() {
            return Err(ApiError::refused(&found));
        }
        paths(&definition, identity, &mocks, most)
    };
    inner
        .aside(search)
        .await
        .map_err(|e| ApiError::Internal(e.to_string()))?
}

fn outcome(mock: Mock) -> Outcome {
    match mock {
        Mock::Result(value) => Ok(Json::trusted(value.to_string())),
        Mock::ErrorOutput { error, cause } => Err((error, cause)),
    }
}

/// A path that is not at its end.
struct Path<'a> {
    trial: Trial<'a>,
    asked: Vec<Asked>,
    answers: Vec<Value>,
}

fn paths(
    definition: &Definition,
    identity: Identity,
    mocks: &BTreeMap<String, Vec<Outcome>>,
    most: usize,
) -> Answer {
    let mut trial = Trial::new(definition, identity, None);
    trial.room = MAX_CHILDREN;
    let asked = trial.run();
    let mut open = vec![Path {
        trial,
        asked,
        answers: Vec::new(),
    }];
    let (mut ended, mut records) = (Vec::new(), 0);
    while let Some(mut path) = open.pop() {
        if ended.len() >= most || records > MAX_RECORDS {
            return Ok(json!({ "paths": ended, "truncated": true }));
        }
        if path.trial.overfull {
            return Err(ApiError::unfit(format!(
                "'definition' with this input starts more than {MAX_CHILDREN} children of Distributed Maps on one path, the most \
                 of a dry run"
            )));
        }
        path.asked.retain(|asked| path.trial.wants(asked));
        if path.trial.execution.status != Status::Running || path.asked.is_empty() {
            records += path.trial.records_in_all();
            ended.push(told(definition, &path));
            continue;
        }
        let asked = path.asked.remove(0);
        let name = &definition.state(asked.state).name;
        let answers = mocks.get(&**name).filter(|answers| !answers.is_empty());
        let answers = answers.ok_or_else(|| {
            ApiError::unfit(format!(
                "'mocks' has nothing for the state '{name}', which this input leads to"
            ))
        })?;
        // The last is pushed first, so that paths come in the order of their mocks.
        for (i, answer) in answers.iter().enumerate().rev() {
            let mut trial = path.trial.clone();
            let mut waiting = path.asked.clone();
            waiting.extend(trial.answer(&asked, answer.clone()));
            let mut taken = path.answers.clone();
            let mut answer = json!({ "state": &**name, "mock": i });
            if !asked.within.is_empty() {
                let places = asked.within.iter().map(|(_, index)| *index);
                answer["children"] = places.collect();
            }
            taken.push(answer);
            open.push(Path {
                trial,
                asked: waiting,
                answers: taken,
            });
        }
    }
    Ok(json!({ "paths": ended, "truncated": false }))
}

fn told(definition: &Definition, path: &Path<'_>) -> Value {
    let mut told = ended(definition, &path.trial);
    told["answers"] = json!(path.answers);
    told
}

/// How an execution, or a child of one, came out.
fn ended(definition: &Definition, trial: &Trial<'_>) -> Value {
    let mut told = json!({
        "status": trial.execution.status.as_str(),
        "states": entered(definition, trial),
    });
    if let Some(end) = &trial.execution.end {
        if let Some(output) = &end.output {
            told["output"] = json!(output.as_str());
        }
        if let Some(error) = trial.execution.error_name() {
            told["error"] = json!(error);
        }
        if let Some(cause) = &end.cause {
            told["cause"] = json!(cause);
        }
    }
    if !trial.children.is_empty() {
        let children = trial.children.iter().map(|((_, index), child)| {
            let mut told = ended(definition, &child.trial);
            told["state"] = json!(&*definition.state(child.state).name);
            told["index"] = json!(index);
            told
        });
        told["children"] = children.collect();
    }
    told
}

/// The states that a path entered, in order.
fn entered(definition: &Definition, trial: &Trial<'_>) -> Vec<String> {
    let mut again = crate::core::Execution::new(Arc::clone(&trial.execution.identity));
    let mut names = Vec::new();
    for record in &trial.records {
        if let (What::Entered, Some(branch)) = (&record.what, again.branches.get(&record.branch)) {
            names.push(definition.state(branch.state).name.to_string());
        }
        if again.apply(record).is_err() {
            break;
        }
    }
    names
}
