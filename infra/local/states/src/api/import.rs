//! `StrowgerStates.ImportExecution`: takes what [`ExportExecution`](super::export) gives, here or in another data folder.
//!
//! Everything is checked before anything is written: the records are applied one by one, and the events and the state that
//! they give must be those of the export. An execution that was open is imported as a copy that is stopped; with `resume` it
//! is redriven at once, so its tasks are scheduled anew, with new tokens.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::caller::{MAX_TRACE_HEADER_CHARS, is_trace_header};
use super::{Answer, ApiError, arn, export, history, made_durable, redrive, seconds};
use crate::core::history::{ALIAS_ARN, STARTED_DETAILS, VERSION_ARN};
use crate::core::import::{retold, stopped};
use crate::core::map_run::Origin;
use crate::core::{Execution, ExecutionId, Identity, MAX_PAYLOAD_BYTES, Record, Status, Workflow};
use crate::engine::{Chronicle, Import, Inner, Revision, RevisionText};
use crate::integration::ServiceModels;

/// Largest request, in bytes.
pub(super) const MAX_BYTES: usize = 64 * 1_048_576;
/// Largest definition, in bytes (AWS).
const MAX_DEFINITION_BYTES: usize = 1_048_576;
/// Error name of an execution that was open when it was exported.
const WAS_OPEN: &str = "Strowger.Imported";
const DAY_MS: i64 = 86_400_000;

/// JSON lines wrapped in JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    /// The lines as one text, or each as a JSON value.
    export: Lines,
    /// A name for it here, instead of its own.
    name: Option<String>,
    #[serde(default)]
    resume: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Lines {
    Text(String),
    Values(Vec<Value>),
}

pub(super) async fn import(inner: &Arc<Inner>, body: Bytes) -> Answer {
    let now_ms = inner.now_ms();
    let models = inner.config.service_models.clone();
    let read = inner.aside(move || {
        let (lines, name, resume) = request(&body)?;
        // The lines have all of it.
        drop(body);
        if let Some(name) = &name {
            arn::check_name(name)?;
        }
        let (import, was_open) = read(lines, name.as_deref(), now_ms, &models)?;
        Ok::<_, ApiError>((import, was_open, resume))
    });
    let (import, was_open, resume) = read
        .await
        .map_err(|e| ApiError::Internal(e.to_string()))??;
    check_kept(inner, &import.execution)?;
    if resume {
        check_resumes(inner, &import.execution, was_open)?;
    }
    let arn = Arc::clone(&import.identity.arn);
    let (started_ms, status) = (import.identity.started_ms, import.execution.status);
    // It may have taken long to read.
    if inner.log.is_crowded() {
        return Err(ApiError::Throttled);
    }
    let writer = Arc::clone(inner);
    let added = inner
        .aside(move || writer.import(import))
        .await
        .map_err(|e| ApiError::Internal(e.to_string()))?
        .map_err(|_| ApiError::Log)?;
    if added.is_none() {
        return Err(ApiError::ExecutionAlreadyExists(arn.to_string()));
    }
    made_durable(inner).await?;
    let mut answer = json!({
        "executionArn": &*arn,
        "startDate": seconds(started_ms),
        "status": status.as_str(),
    });
    if resume {
        let redriven = redrive::redrive_with(inner, &arn, None, |_| Ok(())).await?;
        answer["redriveDate"] = redriven["redriveDate"].clone();
        answer["status"] = json!(Status::Running.as_str());
    }
    Ok(answer)
}

fn unfit(message: impl Into<String>) -> ApiError {
    ApiError::unfit(message)
}

/// The lines as they came, or wrapped; the name to give it and whether it goes on.
fn request(body: &[u8]) -> Result<(Vec<Value>, Option<String>, bool), ApiError> {
    let text = std::str::from_utf8(body).map_err(|e| ApiError::Serialization(e.to_string()))?;
    let first = text.lines().next().unwrap_or_default();
    let bare = serde_json::from_str::<Value>(first).is_ok_and(|v| v["line"] == "execution");
    if bare {
        return Ok((values(text)?, None, false));
    }
    let request: Request = super::read(body)?;
    let lines = match request.export {
        Lines::Text(text) => values(&text)?,
        Lines::Values(values) => values,
    };
    Ok((lines, request.name, request.resume))
}

fn values(text: &str) -> Result<Vec<Value>, ApiError> {
    let line = |(i, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|e| unfit(format!("'export', line {}: {e}", i + 1)))
    };
    text.lines().enumerate().map(line).collect()
}

/// What the lines say, by kind.
#[derive(Default)]
struct Parts {
    identity: Option<Identity>,
    revisions: Vec<Revision>,
    numbers: BTreeMap<u64, usize>,
    events: Vec<Value>,
    records: Vec<Record>,
    turns: Vec<(usize, usize)>,
    state: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    number: u64,
    revision_id: String,
    created_ms: i64,
    role_arn: Arc<str>,
    configuration: String,
    definition: String,
}

impl Parts {
    fn take(&mut self, mut line: Value, models: &ServiceModels) -> Result<(), String> {
        let kind = line["line"].as_str().unwrap_or_default().to_owned();
        match kind.as_str() {
            "execution" => {
                if self.identity.is_some() {
                    return Err("there is more than one line 'execution'".to_owned());
                }
                let format = &line["format"];
                let known = u64::from(export::OLDEST_READ)..=u64::from(export::FORMAT);
                let is_read = format
                    .as_u64()
                    .is_some_and(|format| known.contains(&format));
                if !is_read {
                    return Err(format!(
                        "'format' is {format}, and this program reads {} to {}: export it with the same version",
                        export::OLDEST_READ,
                        export::FORMAT
                    ));
                }
                self.identity = Some(member(&mut line, "identity")?);
            }
            "definition" => self.definition(line, models)?,
            "event" => self.events.push(line["event"].take()),
            "record" => {
                match &line["definition"] {
                    Value::Null => {}
                    number => {
                        let known = number.as_u64().and_then(|n| self.numbers.get(&n));
                        let known =
                            known.ok_or("'definition' names no definition of the export")?;
                        self.turns.push((self.records.len(), *known));
                    }
                }
                self.records.push(member(&mut line, "record")?);
            }
            "state" => self.state = Some(line["state"].take()),
            _other => {
                return Err(
                    "'line' is not one of execution, definition, event, record, state".into(),
                );
            }
        }
        Ok(())
    }

    fn definition(&mut self, line: Value, models: &ServiceModels) -> Result<(), String> {
        let told: Definition = serde_json::from_value(line).map_err(|e| e.to_string())?;
        if told.definition.len() > MAX_DEFINITION_BYTES {
            return Err("'definition' is longer than 1 MiB".to_owned());
        }
        let configuration =
            serde_json::from_str::<serde_json::Map<String, Value>>(&told.configuration);
        if !told.configuration.is_empty() && configuration.is_err() {
            return Err("'configuration' is not a JSON object".to_owned());
        }
        let text = RevisionText {
            number: told.number,
            id: told.revision_id,
            created_ms: told.created_ms,
            definition: told.definition,
            role_arn: told.role_arn,
            configuration: told.configuration,
        };
        let revision = Revision::compile(text, models).map_err(|found| {
            let first = found.first().map(ToString::to_string).unwrap_or_default();
            format!("'definition' is not accepted: {first}")
        })?;
        self.numbers.insert(told.number, self.revisions.len());
        self.revisions.push(revision);
        Ok(())
    }
}

fn member<T: DeserializeOwned>(line: &mut Value, name: &str) -> Result<T, String> {
    serde_json::from_value(line[name].take()).map_err(|e| format!("'{name}': {e}"))
}

/// Reads and checks an export. Says whether the execution was open.
fn read(
    lines: Vec<Value>,
    name: Option<&str>,
    now_ms: i64,
    models: &ServiceModels,
) -> Result<(Import, bool), ApiError> {
    let mut parts = Parts::default();
    for (i, line) in lines.into_iter().enumerate() {
        let said = parts.take(line, models);
        said.map_err(|what| unfit(format!("'export', line {}: {what}", i + 1)))?;
    }
    let Parts {
        identity: Some(identity),
        revisions,
        events,
        records,
        turns,
        state: Some(state),
        ..
    } = parts
    else {
        return Err(unfit(
            "'export' has no line 'execution', or ends before its line 'state'",
        ));
    };
    check_identity(&identity, now_ms)?;
    let start = Execution::new(Arc::new(identity.clone()));
    let definitions: Vec<_> = turns
        .iter()
        .map(|(at, which)| (*at, &revisions[*which].definition))
        .collect();
    if usize::from(identity.origin.as_ref().map_or(0, |o| o.start))
        >= definitions.first().map_or(0, |(_, d)| d.states.len())
    {
        return Err(unfit(
            "'export': 'identity' starts at a state that the definition does not have",
        ));
    }
    let execution = retold(start.clone(), &records, &definitions)
        .map_err(|e| unfit(format!("'export', {e}")))?;
    if as_read(json!(execution)) != state {
        return Err(unfit(
            "'export', line 'state': it is not what the records give",
        ));
    }
    check_events(start, &records, &turns, &revisions, &events)?;
    Ok(made(
        identity,
        (revisions, turns),
        (records, execution),
        (name, now_ms),
    ))
}

/// The import: under its name, without ties to executions of where it comes from, and closed.
fn made(
    identity: Identity,
    (revisions, turns): (Vec<Revision>, Vec<(usize, usize)>),
    (mut records, mut execution): (Vec<Record>, Execution),
    (name, now_ms): (Option<&str>, i64),
) -> (Import, bool) {
    let arn = match name {
        Some(name) => arn::execution(&identity.machine_arn, name).into(),
        None => Arc::clone(&identity.arn),
    };
    // Ids of executions are those of another folder.
    let origin = identity.origin.clone().map(|origin| Origin {
        parent: ExecutionId(0),
        ..origin
    });
    let identity = Identity {
        arn,
        started_by: None,
        origin,
        ..identity
    };
    execution.identity = Arc::new(identity.clone());
    let was_open = execution.status == Status::Running;
    if was_open {
        let cause =
            "It was open when it was exported. Redriven, it goes on here from where it was.";
        // Stopping fits whatever runs.
        if let Ok(stop) = stopped(&mut execution, now_ms, WAS_OPEN, cause) {
            records.extend(stop);
        }
    }
    let import = Import {
        identity,
        revisions,
        turns,
        records,
        execution,
    };
    (import, was_open)
}

fn check_identity(identity: &Identity, now_ms: i64) -> Result<(), ApiError> {
    arn::check_execution(Some(identity.arn.to_string()))?;
    arn::check_machine(Some(identity.machine_arn.to_string()))?;
    let prefix = arn::execution(&identity.machine_arn, "");
    let name = identity.arn.strip_prefix(&*prefix);
    arn::check_name(name.unwrap_or_default()).map_err(|_| {
        unfit("'export': 'arn' in 'identity' is not that of an execution of 'machine_arn'")
    })?;
    if identity.workflow != Workflow::Standard {
        return Err(unfit(
            "'export': 'workflow' in 'identity' must be Standard: Express executions have no history",
        ));
    }
    if identity.input.len() > MAX_PAYLOAD_BYTES && identity.origin.is_none() {
        return Err(unfit(
            "'export': 'input' in 'identity' is longer than 256 KiB",
        ));
    }
    let trace = identity.trace_header.as_deref();
    if trace.is_some_and(|trace| trace.is_empty() || !is_trace_header(trace)) {
        return Err(unfit(format!(
            "'export': 'trace_header' in 'identity' must be 1 to {MAX_TRACE_HEADER_CHARS} characters of ASCII"
        )));
    }
    if !(0..=now_ms + DAY_MS).contains(&identity.started_ms) {
        return Err(unfit(
            "'export': 'started_ms' in 'identity' is not a time that has been",
        ));
    }
    Ok(())
}

/// The history must be the one that was exported.
fn check_events(
    start: Execution,
    records: &[Record],
    turns: &[(usize, usize)],
    revisions: &[Revision],
    exported: &[Value],
) -> Result<(), ApiError> {
    let definitions: Vec<_> = turns
        .iter()
        .map(|(at, which)| (*at, &revisions[*which].definition))
        .collect();
    let events = Chronicle::tell(start, records, &definitions, true)
        .map_err(|e| unfit(format!("'export': {e}")))?;
    let mut exported = exported.iter();
    for event in events {
        let id = event.id;
        let theirs = exported.next();
        let ours = as_told_then(as_read(history::told(event)), theirs);
        if theirs != Some(&ours) {
            return Err(unfit(format!(
                "'export': event {id} is not what the records give"
            )));
        }
    }
    match exported.next() {
        None => Ok(()),
        Some(_) => Err(unfit("'export' has more events than its records give")),
    }
}

/// An event as an export has it from before its version and alias were told, or from when an error without a name was told to have
/// an empty one.
fn as_told_then(mut event: Value, exported: Option<&Value>) -> Value {
    let before = exported.and_then(|exported| exported.get(STARTED_DETAILS));
    let now = event
        .get_mut(STARTED_DETAILS)
        .and_then(Value::as_object_mut);
    if let (Some(before), Some(now)) = (before, now) {
        for name in [VERSION_ARN, ALIAS_ARN] {
            if before.get(name).is_none() {
                now.remove(name);
            }
        }
    }
    for (name, before) in exported.and_then(Value::as_object).into_iter().flatten() {
        let now = event.get_mut(name).and_then(Value::as_object_mut);
        if let (Some(now), Some("")) = (now, before["error"].as_str()) {
            now.entry("error").or_insert(json!(""));
        }
    }
    event
}

/// A value as it is after it was written and read.
fn as_read(value: Value) -> Value {
    serde_json::from_str(&value.to_string()).unwrap_or_default()
}

/// What would be forgotten at once is refused.
fn check_kept(inner: &Inner, execution: &Execution) -> Result<(), ApiError> {
    let days = inner.config.keep_closed_days;
    let since_ms = inner.now_ms() - i64::from(days) * DAY_MS;
    if execution
        .end
        .as_ref()
        .is_some_and(|end| end.at_ms < since_ms)
    {
        return Err(unfit(format!(
            "'export': the execution closed more than {days} days ago; closed executions are not kept longer here"
        )));
    }
    Ok(())
}

/// Says why an execution cannot go on, before it is written.
fn check_resumes(inner: &Inner, execution: &Execution, was_open: bool) -> Result<(), ApiError> {
    let identity = &execution.identity;
    if !was_open {
        return Err(unfit(
            "'resume' is for an execution that was open when it was exported; this one had closed",
        ));
    }
    if identity.origin.is_some() {
        return Err(unfit(
            "'resume' is not for the child of a Map Run: it goes on with the execution that has the Map Run",
        ));
    }
    if !inner.machines().by_arn.contains_key(&identity.machine_arn) {
        return Err(ApiError::StateMachineDoesNotExist(
            identity.machine_arn.to_string(),
        ));
    }
    match redrive::refusal(inner, execution) {
        None => Ok(()),
        Some(reason) => Err(ApiError::ExecutionNotRedrivable(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_may_have_an_empty_name_for_an_error_without_one() {
        let now = || json!({ "id": 3, "executionFailedEventDetails": { "cause": "why" } });
        let then =
            json!({ "id": 3, "executionFailedEventDetails": { "cause": "why", "error": "" } });
        assert_eq!(as_told_then(now(), Some(&then)), then);
        assert_eq!(as_told_then(now(), Some(&now())), now());
        let changed = json!({ "executionFailedEventDetails": { "error": "Bad" } });
        assert_eq!(as_told_then(now(), Some(&changed)), now());
    }
}
