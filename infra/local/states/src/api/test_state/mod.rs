//! `TestState`: one state, run as if an execution had come to it. Source: API reference, and developer guide, "Using
//! TestState API to test a state".
//!
//! A Wait state does not wait.

mod cut;
mod given;
mod inspect;
mod maps;
mod mock;
mod trace;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::caller::Caller;
use super::executions::input_of;
use super::{Answer, ApiError};
use crate::asl::Kind;
use crate::core::trial::{Asked, Outcome, Trial};
use crate::core::{Identity, Via, Workflow};
use crate::engine::{Inner, beside};
use crate::integration::{Family, Pattern};
use crate::json::Json;
use cut::Cut;
use inspect::Test;
use mock::{Configuration, Mock};
use trace::Traced;

const LEVELS: [&str; 3] = ["INFO", "DEBUG", "TRACE"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    definition: Option<String>,
    role_arn: Option<String>,
    input: Option<String>,
    inspection_level: Option<String>,
    reveal_secrets: Option<bool>,
    variables: Option<String>,
    state_name: Option<String>,
    mock: Option<Mock>,
    context: Option<String>,
    state_configuration: Option<Configuration>,
}

pub(super) async fn test(inner: &Arc<Inner>, caller: &Caller, request: Request) -> Answer {
    let level = request.inspection_level.as_deref().unwrap_or("INFO");
    if !LEVELS.contains(&level) {
        return Err(ApiError::not_in("inspectionLevel", level, &LEVELS));
    }
    let definition = request
        .definition
        .as_deref()
        .ok_or_else(|| ApiError::missing("definition"))?;
    let input = input_of(request.input)?;
    let _trial = inner.trial().ok_or(ApiError::Throttled)?;
    let models = &inner.config.service_models;
    let (cut, compiled) = beside(|| {
        let cut = cut::cut(definition, request.state_name.as_deref(), models)?;
        let compiled = cut::compiled(&cut.text, models)?;
        Ok::<_, ApiError>((cut, compiled))
    })?;
    let mock = mock::mocked(request.mock, &cut)?;
    let revealed = request.reveal_secrets == Some(true);
    let role = request.role_arn.as_deref();
    check(&cut, mock.as_ref(), revealed, role)?;
    let configuration = request.state_configuration.unwrap_or_default();
    mock::check_configuration(&configuration, &cut, mock.as_ref())?;
    let variables = given::members("variables", request.variables)?;
    let test = Test {
        cut: &cut,
        identity: identity(inner, caller, role, &input),
        context: given::context(request.context, mock.is_some())?,
        variables: Arc::new(variables.into_iter().collect()),
    };
    let data = configuration.map_item_reader_data.as_deref();
    let mapped = maps::mapped(&test, data).await;
    let mock = mock.map(|outcome| match mapped.failed.clone() {
        Some(failed) => Err(failed),
        None => mapped.with_failures(outcome, configuration.map_iteration_failure_count),
    });
    let mut trial = test.trial(&compiled);
    let attempts = mock::attempts(&trial, mock.as_ref(), configuration.retrier_retry_count);
    trial.enter(Arc::clone(&test.variables), attempts);
    let way = Way {
        traced: level == "TRACE",
        revealed,
    };
    let traced = play(inner, &mut trial, &cut, mock.as_ref(), way).await?;
    let verdict = trial.verdict().ok_or_else(|| {
        ApiError::unfit("The state did not come to an end: it waits for a token that nobody holds")
    })?;
    let mut answer = inspect::told(&compiled, &verdict);
    if level != "INFO" {
        let mut data = beside(|| test.inspect(&trial, &verdict, mock.as_ref(), &mapped));
        data.extend(traced.request.map(|request| ("request".into(), request)));
        data.extend(traced.response.map(|told| ("response".into(), told)));
        answer.insert("inspectionData".into(), Value::Object(data));
    }
    Ok(Value::Object(answer))
}

/// Refuses what cannot be tested.
fn check(
    cut: &Cut,
    mock: Option<&Outcome>,
    revealed: bool,
    role_arn: Option<&str>,
) -> Result<(), ApiError> {
    if mock.is_some() && revealed {
        let why = "TestState does not support RevealSecrets when a mock is specified.";
        return Err(ApiError::unfit(why));
    }
    if mock.is_none() && matches!(cut.kind.as_str(), "Map" | "Parallel") {
        return Err(ApiError::PlainInvalidDefinition(
            "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, \
             Succeed, Fail, Choice]"
                .to_owned(),
        ));
    }
    if mock.is_none() && cut.kind == "Task" && role_arn.is_none() {
        let why = "RoleArn must be specified when testing a Task state";
        return Err(ApiError::unfit(why));
    }
    Ok(())
}

/// How a call is made.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// What an HTTP task sends and gets is told ...
    traced: bool,
    /// ... with what its connection adds.
    revealed: bool,
}

async fn play(
    inner: &Arc<Inner>,
    trial: &mut Trial<'_>,
    cut: &Cut,
    mock: Option<&Outcome>,
    way: Way,
) -> Result<Traced, ApiError> {
    let mut traced = Traced::default();
    // Without an input there is no work to mock; that of a Map has been tried already.
    let begun = cut.kind != "Parallel" || beside(|| trial.fork());
    if let (Some(outcome), "Map" | "Parallel", true) = (mock, cut.kind.as_str(), begun) {
        if let Err((error, cause)) = outcome {
            trial.note_problem(error, cause.as_deref());
        }
        trial.mock_work(outcome.clone());
    }
    let mut asked = beside(|| trial.run());
    while trial.verdict().is_none() {
        let Some(next) = asked.pop() else { break };
        let outcome = match mock {
            Some(outcome) => outcome.clone(),
            None => {
                let (outcome, told) = called(inner, trial, &next, way).await?;
                traced = told;
                outcome
            }
        };
        asked.extend(beside(|| trial.answer(&next, outcome)));
    }
    Ok(traced)
}

async fn called(
    inner: &Arc<Inner>,
    trial: &Trial<'_>,
    asked: &Asked,
    way: Way,
) -> Result<(Outcome, Traced), ApiError> {
    let identity = &trial.execution.identity;
    let definition = trial.definition();
    if let Kind::Task(task) = &definition.state(asked.state).kind {
        let resource = &task.resource;
        if resource.pattern != Pattern::RequestResponse || resource.family == Family::Activity {
            return Err(ApiError::unfit(format!(
                "'{}' ends by a token, by another execution, by a job or by a worker: test it with a mock",
                resource.arn
            )));
        }
        if way.traced && resource.service == "http" {
            let arguments = &asked.arguments;
            return Ok(trace::sent(inner, resource, identity, arguments, way.revealed).await);
        }
    }
    // A call can be of this API, this operation too.
    let call = inner.call_once(identity, definition, asked.state, &asked.arguments);
    let answered = Box::pin(call).await;
    let outcome = answered.map_err(|error| (error.error, Some(error.cause)));
    Ok((outcome, Traced::default()))
}

pub(super) fn identity(
    inner: &Inner,
    caller: &Caller,
    role_arn: Option<&str>,
    input: &Json,
) -> Identity {
    let unique = crate::unique::name;
    let (machine, execution) = (unique(), unique());
    Identity {
        arn: format!("{}{machine}:{execution}", caller.prefix("express")).into(),
        machine_arn: format!("{}{machine}", caller.prefix("stateMachine")).into(),
        workflow: Workflow::Express,
        via: Via::default(),
        role_arn: role_arn.unwrap_or("").into(),
        started_ms: inner.now_ms(),
        input: input.clone(),
        seed: rand::random(),
        started_by: None,
        origin: None,
        trace_header: None,
    }
}
