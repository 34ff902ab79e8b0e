//! `TestState`: one state, run as if an execution had come to it. Source: API reference, and developer guide, "Using
//! TestState API to test a state".
//!
//! A Wait state does not wait. Secrets are not there to be revealed: what a task is called with is all that is known of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::executions::input_of;
use super::{Answer, ApiError};
use crate::asl::{self, Definition, Kind, StateIx, walk};
use crate::core::trial::{Asked, Outcome, Trial, Verdict};
use crate::core::{Identity, Via, Workflow};
use crate::engine::Inner;
use crate::integration::{Family, Pattern};
use crate::json::Json;

const LEVELS: [&str; 3] = ["INFO", "DEBUG", "TRACE"];
const MODES: [&str; 3] = ["STRICT", "PRESENT", "NONE"];
/// What a state that comes without a machine is called.
const NAMELESS: &str = "StateName";

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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mock {
    result: Option<String>,
    error_output: Option<MockError>,
    field_validation_mode: Option<String>,
}

#[derive(Deserialize)]
struct MockError {
    error: Option<String>,
    cause: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    retrier_retry_count: Option<u32>,
    error_caused_by_state: Option<String>,
    map_iteration_failure_count: Option<u32>,
    map_item_reader_data: Option<String>,
}

/// A state, cut out of its machine: its transitions lead to states that do nothing.
struct Cut {
    name: String,
    kind: String,
    state: Value,
    jsonata: bool,
    text: String,
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
    let cut = cut(definition, request.state_name.as_deref())?;
    let compiled = compiled(&cut.text)?;
    let mock = mocked(request.mock, &cut)?;
    if mock.is_some() && request.reveal_secrets == Some(true) {
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
    if mock.is_none() && cut.kind == "Task" && request.role_arn.is_none() {
        let why = "RoleArn must be specified when testing a Task state";
        return Err(ApiError::unfit(why));
    }
    let configuration = request.state_configuration.unwrap_or_default();
    check_configuration(&configuration, &cut, mock.as_ref())?;
    let context = context(request.context, mock.is_some())?;
    let variables = members("variables", request.variables)?;
    let identity = identity(inner, caller, request.role_arn.as_deref(), &input);
    let test = Test {
        cut: &cut,
        identity,
        context,
        variables: Arc::new(variables.into_iter().collect()),
    };
    let mut trial = test.trial(&compiled);
    let attempts = attempts(&trial, mock.as_ref(), configuration.retrier_retry_count);
    trial.enter(Arc::clone(&test.variables), attempts);
    play(inner, &mut trial, &cut, mock.as_ref(), &compiled).await?;
    let verdict = trial.verdict().ok_or_else(|| {
        ApiError::unfit("The state did not come to an end: it waits for a token that nobody holds")
    })?;
    let mut answer = told(&compiled, &verdict);
    if level != "INFO" {
        answer.insert(
            "inspectionData".into(),
            test.inspect(&trial, &verdict, mock.as_ref()),
        );
    }
    Ok(Value::Object(answer))
}

struct Test<'a> {
    cut: &'a Cut,
    identity: Identity,
    context: Option<Json>,
    variables: asl::expression::Variables,
}

impl Test<'_> {
    fn trial<'d>(&self, definition: &'d Definition) -> Trial<'d> {
        Trial::new(definition, self.identity.clone(), self.context.clone())
    }

    /// What a Pass state with these fields makes of `input`.
    fn passed(&self, fields: &[(&str, Option<&Value>)], input: &Json) -> Option<Json> {
        let mut state = json!({ "Type": "Pass", "End": true });
        for (name, value) in fields {
            if let Some(value) = value {
                state[*name] = (*value).clone();
            }
        }
        let text = json!({ "StartAt": self.cut.name, "States": { &self.cut.name: state } });
        let definition = asl::compile(&text.to_string()).ok()?;
        let identity = Identity {
            input: input.clone(),
            ..self.identity.clone()
        };
        let mut trial = Trial::new(&definition, identity, self.context.clone());
        trial.enter(Arc::clone(&self.variables), Vec::new());
        trial.run();
        match trial.verdict()? {
            Verdict::Succeeded { output, .. } => Some(output),
            _other => None,
        }
    }

    fn inspect(&self, trial: &Trial<'_>, verdict: &Verdict, mock: Option<&Outcome>) -> Value {
        let mut data = Map::new();
        let mut put = |name: &str, value: Option<Json>| {
            if let Some(value) = value {
                data.insert(name.to_owned(), json!(value.as_str()));
            }
        };
        let input = &self.identity.input;
        put("input", Some(input.clone()));
        let field = |name: &str| self.cut.state.get(name);
        let succeeded = matches!(verdict, Verdict::Succeeded { .. });
        let result = match (mock, self.cut.kind.as_str()) {
            (Some(Ok(result)), "Task") => Some(result.clone()),
            (Some(Ok(result)), _) => Some(result.clone()),
            _other => trial.result().cloned(),
        };
        let is_task = self.cut.kind == "Task";
        if self.cut.jsonata {
            put("afterArguments", trial.arguments().cloned());
            put("result", result.filter(|_| is_task));
        } else {
            let literal = field("Result");
            if literal.is_none() {
                let picked = self.passed(&[("InputPath", field("InputPath"))], input);
                put("afterInputPath", picked);
            }
            if self.cut.kind == "Pass" && literal.is_none() {
                let fields = [
                    ("InputPath", field("InputPath")),
                    ("Parameters", field("Parameters")),
                ];
                put("afterParameters", self.passed(&fields, input));
            }
            put("afterParameters", trial.arguments().cloned());
            let result = match literal {
                Some(literal) => Some(Json::trusted(literal.to_string())),
                None if self.cut.kind == "Pass" => None,
                None => result,
            };
            put(
                "result",
                result.clone().filter(|_| is_task || literal.is_some()),
            );
            if succeeded && !matches!(self.cut.kind.as_str(), "Wait" | "Choice" | "Succeed") {
                self.results(&mut put, result, input);
            }
        }
        self.errors(&mut data, verdict);
        let mut variables: Map<String, Value> = Map::new();
        let assigned = trial.assigned();
        let all = self.variables.iter().map(|(k, v)| (k.clone(), v.clone()));
        for (name, value) in all.chain(assigned) {
            let value = serde_json::from_str(value.as_str()).unwrap_or(Value::Null);
            variables.insert(name.to_string(), value);
        }
        if !variables.is_empty() {
            let text = Value::Object(variables).to_string();
            data.insert("variables".into(), json!(text));
        }
        Value::Object(data)
    }

    fn results(
        &self,
        put: &mut impl FnMut(&str, Option<Json>),
        result: Option<Json>,
        input: &Json,
    ) {
        let field = |name: &str| self.cut.state.get(name);
        let selected = match (result, field("ResultSelector")) {
            (Some(result), Some(selector)) => {
                self.passed(&[("Parameters", Some(selector))], &result)
            }
            (Some(result), None) => Some(result),
            (None, _) => {
                let fields = [
                    ("InputPath", field("InputPath")),
                    ("Parameters", field("Parameters")),
                ];
                self.passed(&fields, input)
            }
        };
        let literal = selected
            .as_ref()
            .and_then(|s| serde_json::from_str::<Value>(s.as_str()).ok());
        put("afterResultSelector", selected);
        let fields = [
            ("Result", literal.as_ref()),
            ("ResultPath", field("ResultPath")),
        ];
        put("afterResultPath", self.passed(&fields, input));
    }

    fn errors(&self, data: &mut Map<String, Value>, verdict: &Verdict) {
        let details = match verdict {
            Verdict::Retriable {
                retrier, delay_s, ..
            } => json!({ "retryIndex": retrier, "retryBackoffIntervalSeconds": delay_s }),
            Verdict::Caught { catcher, .. } => json!({ "catchIndex": catcher }),
            Verdict::Succeeded { .. } | Verdict::Failed { .. } => return,
        };
        data.insert("errorDetails".into(), details);
    }
}

async fn play(
    inner: &Arc<Inner>,
    trial: &mut Trial<'_>,
    cut: &Cut,
    mock: Option<&Outcome>,
    definition: &Definition,
) -> Result<(), ApiError> {
    if let (Some(outcome), "Map" | "Parallel") = (mock, cut.kind.as_str()) {
        if let Err((error, cause)) = outcome {
            trial.note_problem(error, cause.as_deref());
        }
        trial.mock_work(outcome.clone());
    }
    let mut asked = trial.run();
    while trial.verdict().is_none() {
        let Some(next) = asked.pop() else { break };
        let outcome = match mock {
            Some(outcome) => outcome.clone(),
            None => called(inner, definition, trial, &next).await?,
        };
        asked.extend(trial.answer(&next, outcome));
    }
    Ok(())
}

async fn called(
    inner: &Arc<Inner>,
    definition: &Definition,
    trial: &Trial<'_>,
    asked: &Asked,
) -> Result<Outcome, ApiError> {
    let identity = &trial.execution.identity;
    if let Kind::Task(task) = &definition.state(asked.state).kind
        && (task.resource.pattern != Pattern::RequestResponse
            || task.resource.family == Family::Activity)
    {
        let resource = &task.resource.arn;
        return Err(ApiError::unfit(format!(
            "'{resource}' ends by a token, by another execution or by a worker: test it with a mock"
        )));
    }
    // A call can be of this API, this operation too.
    let call = inner.call_once(identity, definition, asked.state, &asked.arguments);
    let answered = Box::pin(call).await;
    Ok(answered.map_err(|error| (error.error, Some(error.cause))))
}

fn told(definition: &Definition, verdict: &Verdict) -> Map<String, Value> {
    let mut answer = Map::new();
    let name = |ix: &Option<StateIx>| ix.map(|ix| definition.state(ix).name.to_string());
    let (status, output, next, error, cause) = match verdict {
        Verdict::Succeeded { output, next } => ("SUCCEEDED", Some(output), name(next), None, None),
        Verdict::Failed { error, cause } => ("FAILED", None, None, Some(error), cause.as_ref()),
        Verdict::Retriable { error, cause, .. } => {
            ("RETRIABLE", None, None, Some(error), cause.as_ref())
        }
        Verdict::Caught {
            error,
            cause,
            output,
            next,
            ..
        } => (
            "CAUGHT_ERROR",
            Some(output),
            name(next),
            Some(error),
            cause.as_ref(),
        ),
    };
    answer.insert("status".into(), json!(status));
    let output = output.map(|output| json!(output.as_str()));
    answer.extend(output.map(|output| ("output".to_owned(), output)));
    answer.extend(next.map(|next| ("nextState".to_owned(), json!(next))));
    answer.extend(error.map(|error| ("error".to_owned(), json!(error))));
    answer.extend(cause.map(|cause| ("cause".to_owned(), json!(cause))));
    answer
}

fn cut(definition: &str, name: Option<&str>) -> Result<Cut, ApiError> {
    let parsed: Value = serde_json::from_str(definition)
        .map_err(|e| ApiError::InvalidDefinition(format!("INVALID_JSON_DESCRIPTION: {e}")))?;
    let (state, name, jsonata) = match name {
        None => {
            let jsonata = parsed["QueryLanguage"] == json!("JSONata");
            (parsed, NAMELESS.to_owned(), jsonata)
        }
        Some(name) => {
            compiled(definition)?;
            let mut found = None;
            walk::states(&parsed, &mut |_, at, state| {
                if at == name {
                    found = Some(state.clone());
                }
            });
            let state = found.ok_or_else(|| ApiError::unfit("State not found in definition"))?;
            let own = state.get("QueryLanguage");
            let language = own.or_else(|| parsed.get("QueryLanguage"));
            let jsonata = language == Some(&json!("JSONata"));
            (state, name.to_owned(), jsonata)
        }
    };
    let mut targets = BTreeSet::new();
    leads_to(&state, &mut targets);
    targets.remove(&name);
    let mut states = Map::new();
    states.insert(name.clone(), state.clone());
    for target in targets {
        states.insert(target, json!({ "Type": "Succeed" }));
    }
    let language = if jsonata { "JSONata" } else { "JSONPath" };
    let machine = json!({ "QueryLanguage": language, "StartAt": name, "States": states });
    Ok(Cut {
        kind: state["Type"].as_str().unwrap_or("").to_owned(),
        name,
        state,
        jsonata,
        text: machine.to_string(),
    })
}

/// The states that a state's own transitions name; not those of the machines inside it.
fn leads_to(value: &Value, targets: &mut BTreeSet<String>) {
    let target = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    targets.extend(["Next", "Default"].into_iter().filter_map(target));
    for list in ["Choices", "Catch"] {
        let items = value.get(list).and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            leads_to(item, targets);
        }
    }
}

fn compiled(text: &str) -> Result<Definition, ApiError> {
    asl::compile(text).map_err(|found| {
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        ApiError::InvalidDefinition(told.join(", "))
    })
}

fn mocked(mock: Option<Mock>, cut: &Cut) -> Result<Option<Outcome>, ApiError> {
    let Some(mock) = mock else { return Ok(None) };
    if !matches!(cut.kind.as_str(), "Task" | "Map" | "Parallel") {
        return Err(ApiError::unfit(format!(
            "State type '{}' is not supported when a mock is specified",
            cut.kind
        )));
    }
    let mode = mock.field_validation_mode.as_deref().unwrap_or("STRICT");
    if !MODES.contains(&mode) {
        return Err(ApiError::not_in("mock.fieldValidationMode", mode, &MODES));
    }
    match (mock.result, mock.error_output) {
        (Some(_), Some(_)) | (None, None) => Err(ApiError::unfit(
            "A test mock should have only one of the following fields: [result, errorOutput].",
        )),
        (Some(text), None) => {
            let result = Json::parse(&text)
                .map_err(|_| ApiError::unfit("Mocked result must be valid JSON"))?;
            check_result(&result, cut, mode)?;
            Ok(Some(Ok(result)))
        }
        (None, Some(MockError { error, cause })) => {
            let error = error.ok_or_else(|| ApiError::missing("mock.errorOutput.error"))?;
            Ok(Some(Err((error, cause))))
        }
    }
}

fn check_result(result: &Json, cut: &Cut, mode: &str) -> Result<(), ApiError> {
    let value: Value = serde_json::from_str(result.as_str()).unwrap_or(Value::Null);
    match cut.kind.as_str() {
        "Parallel" => {
            let items = value
                .as_array()
                .ok_or_else(|| ApiError::unfit("Mocked result must be an array."))?;
            let branches = cut.state["Branches"].as_array().map_or(0, Vec::len);
            if items.len() != branches {
                return Err(ApiError::unfit(
                    "Mocked result must contain the same number of items as number of Parallel branches.",
                ));
            }
        }
        "Map" if cut.state.get("ResultWriter").is_some() && !value.is_object() => {
            return Err(ApiError::unfit("Mocked result must be a JSON object."));
        }
        "Map" if cut.state.get("ResultWriter").is_none() && !value.is_array() => {
            return Err(ApiError::unfit("Mocked result must be an array."));
        }
        "Map" => {}
        _task => {
            let resource = cut.state["Resource"].as_str().unwrap_or("");
            super::mock_shapes::check(resource, &value, mode)?;
        }
    }
    Ok(())
}

fn check_configuration(
    configuration: &Configuration,
    cut: &Cut,
    mock: Option<&Outcome>,
) -> Result<(), ApiError> {
    if let Some(failures) = configuration.map_iteration_failure_count {
        let Some(outcome) = mock else {
            return Err(ApiError::unfit(
                "TestState does not support MapIterationFailureCount when a mock is not specified.",
            ));
        };
        let items = outcome
            .as_ref()
            .ok()
            .and_then(|json| serde_json::from_str::<Vec<Value>>(json.as_str()).ok());
        if items.is_some_and(|items| items.len() < failures as usize) {
            return Err(ApiError::unfit(
                "Map iteration failure count must be less than or equal to the number of Map iterations",
            ));
        }
        return Err(ApiError::unfit(
            "'stateConfiguration.mapIterationFailureCount' is not supported here",
        ));
    }
    if configuration.map_item_reader_data.is_some() {
        return Err(ApiError::unfit(
            "'stateConfiguration.mapItemReaderData' is not supported here",
        ));
    }
    if let Some(name) = &configuration.error_caused_by_state {
        let inside = json!({ "States": { "": &cut.state } });
        let mut known = false;
        walk::states(&inside, &mut |_, at, _| known |= at == name);
        if !known || mock.is_none_or(Result::is_ok) {
            return Err(ApiError::unfit(format!(
                "'{name}' at 'stateConfiguration.errorCausedByState' must be a state inside the tested one, and an error \
                 must be mocked"
            )));
        }
    }
    Ok(())
}

fn attempts(trial: &Trial<'_>, mock: Option<&Outcome>, used: Option<u32>) -> Vec<u32> {
    let (Some(Err((error, _))), Some(used)) = (mock, used) else {
        return Vec::new();
    };
    match trial.retrier(error) {
        Some(retrier) => {
            let mut attempts = vec![0; retrier];
            attempts.push(used);
            attempts
        }
        None => Vec::new(),
    }
}

fn context(text: Option<String>, is_mocked: bool) -> Result<Option<Json>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    if !is_mocked {
        return Err(ApiError::unfit(
            "'context' may only be specified if a mock is specified in the same request",
        ));
    }
    let invalid = |why: String| ApiError::unfit(format!("Invalid Context object provided: {why}"));
    let parsed: Map<String, Value> =
        serde_json::from_str(&text).map_err(|e| invalid(format!("not a JSON object: {e}")))?;
    let execution = [
        "Id",
        "Input",
        "Name",
        "RoleArn",
        "StartTime",
        "RedriveCount",
        "RedriveTime",
    ];
    let fields: [(&str, &[&str]); 4] = [
        ("Execution", &execution),
        ("State", &["EnteredTime", "Name", "RetryCount"]),
        ("StateMachine", &["Id", "Name"]),
        ("Task", &["Token"]),
    ];
    for (name, value) in &parsed {
        if name == "Map" {
            let why = "'Map' field is not supported when mocking a Context object";
            return Err(invalid(why.to_owned()));
        }
        let known = fields.iter().find(|(field, _)| field == name);
        let (_, inside) = known.ok_or_else(|| invalid(format!("Field '{name}' is not allowed")))?;
        for (field, value) in value.as_object().into_iter().flatten() {
            if !inside.contains(&field.as_str()) {
                return Err(invalid(format!("Field '{field}' is not allowed")));
            }
            let is_number = matches!(field.as_str(), "RetryCount" | "RedriveCount");
            if field != "Input" && !is_number && !value.is_string() {
                return Err(invalid(format!("{name}.{field} must be a string")));
            }
        }
    }
    Ok(Some(Json::trusted(text)))
}

fn members(member: &str, text: Option<String>) -> Result<Vec<(Arc<str>, Json)>, ApiError> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    let parsed: Map<String, Value> = serde_json::from_str(&text)
        .map_err(|e| ApiError::unfit(format!("'{member}' must be a JSON object: {e}")))?;
    Ok(parsed
        .into_iter()
        .map(|(name, value)| (name.into(), Json::trusted(value.to_string())))
        .collect())
}

pub(super) fn identity(
    inner: &Inner,
    caller: &Caller,
    role_arn: Option<&str>,
    input: &Json,
) -> Identity {
    let unique = || uuid::Uuid::new_v4().to_string();
    let (machine, execution) = (unique(), unique());
    Identity {
        arn: format!(
            "{}{machine}:{execution}:{}",
            caller.prefix("express"),
            unique()
        )
        .into(),
        machine_arn: format!("{}{machine}", caller.prefix("stateMachine")).into(),
        workflow: Workflow::Express,
        via: Via::default(),
        role_arn: role_arn.unwrap_or("").into(),
        started_ms: inner.now_ms(),
        input: input.clone(),
        seed: rand::random(),
        started_by: None,
        origin: None,
    }
}
