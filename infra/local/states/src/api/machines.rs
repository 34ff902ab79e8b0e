//! State machines: create, update, describe, list, delete.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::tags::{Tag, checked};
use super::{Answer, ApiError, arn, made_durable, paging, seconds};
use crate::engine::{EntryRef, Inner, Machine, Machines, Revision, RevisionText};

/// Most state machines of one account (AWS: 100,000).
const MAX_MACHINES: usize = 100_000;
const MAX_ARN_CHARS: usize = 256;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    name: Option<String>,
    definition: Option<String>,
    role_arn: Option<String>,
    r#type: Option<String>,
    tags: Option<Vec<Tag>>,
    publish: Option<bool>,
    logging_configuration: Option<Value>,
    tracing_configuration: Option<Value>,
}

pub(super) async fn create(inner: &Arc<Inner>, request: Create) -> Answer {
    let name = request.name.ok_or_else(|| ApiError::missing("name"))?;
    arn::check_name(&name)?;
    let definition = request
        .definition
        .ok_or_else(|| ApiError::missing("definition"))?;
    let role_arn = role(
        request
            .role_arn
            .ok_or_else(|| ApiError::missing("roleArn"))?,
    )?;
    only_standard(request.r#type.as_deref())?;
    no_versions(request.publish)?;
    let tags = checked(request.tags.unwrap_or_default(), BTreeMap::new())?;
    let configuration = configuration(request.logging_configuration, request.tracing_configuration);
    let machine_arn: Arc<str> = arn::machine(inner, &name).into();
    let mut created_ms = inner.now_ms();
    {
        let mut machines = inner.machines_mut();
        let there = machines
            .current(&machine_arn)
            .filter(|(machine, _)| !inner.is_gone(machine));
        if let Some((machine, revision)) = there {
            let same = revision.text.definition == definition && revision.text.role_arn == role_arn;
            if machine.deleting {
                return Err(ApiError::StateMachineDeleting(machine_arn.to_string()));
            }
            if !same || machine.configuration != configuration {
                return Err(ApiError::StateMachineAlreadyExists(machine_arn.to_string()));
            }
            created_ms = machine.created_ms;
        } else {
            if machines.by_arn.len() >= MAX_MACHINES {
                return Err(ApiError::StateMachineLimitExceeded(MAX_MACHINES));
            }
            let revision = add_revision(inner, &mut machines, definition, role_arn, created_ms)?;
            let arn = Arc::clone(&machine_arn);
            let machine = Machine {
                arn,
                name,
                created_ms,
                revision,
                tags,
                configuration,
                deleting: false,
            };
            put(inner, &mut machines, machine)?;
        }
    }
    made_durable(inner).await?;
    Ok(json!({ "stateMachineArn": &*machine_arn, "creationDate": seconds(created_ms) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update {
    state_machine_arn: Option<String>,
    definition: Option<String>,
    role_arn: Option<String>,
    publish: Option<bool>,
    logging_configuration: Option<Value>,
    tracing_configuration: Option<Value>,
}

pub(super) async fn update(inner: &Arc<Inner>, request: Update) -> Answer {
    let machine_arn = arn::check_machine(request.state_machine_arn)?;
    no_versions(request.publish)?;
    let configuration = configuration(request.logging_configuration, request.tracing_configuration);
    if request.definition.is_none() && request.role_arn.is_none() && configuration == "{}" {
        let message = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration \
                       must be specified";
        return Err(ApiError::MissingRequiredParameter(message.to_owned()));
    }
    let updated_ms = inner.now_ms();
    let revision_id = {
        let mut machines = inner.machines_mut();
        let (machine, current) = existing(inner, &machines, &machine_arn)?;
        if machine.deleting {
            return Err(ApiError::StateMachineDeleting(machine_arn));
        }
        let mut machine = machine.clone();
        let definition = request
            .definition
            .unwrap_or_else(|| current.text.definition.clone());
        let role_arn = match request.role_arn {
            Some(arn) => role(arn)?,
            None => Arc::clone(&current.text.role_arn),
        };
        machine.revision = add_revision(inner, &mut machines, definition, role_arn, updated_ms)?;
        if configuration != "{}" {
            machine.configuration = configuration;
        }
        let id = machines
            .revisions
            .get(&machine.revision)
            .map(|r| r.text.id.clone());
        put(inner, &mut machines, machine)?;
        machines.drop_unused();
        id.unwrap_or_default()
    };
    made_durable(inner).await?;
    Ok(json!({ "updateDate": seconds(updated_ms), "revisionId": revision_id }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named {
    state_machine_arn: Option<String>,
}

pub(super) async fn describe(inner: &Arc<Inner>, request: Named) -> Answer {
    let machine_arn = arn::check_machine(request.state_machine_arn)?;
    let told = {
        let machines = inner.machines();
        let (machine, revision) = existing(inner, &machines, &machine_arn)?;
        let status = if machine.deleting {
            "DELETING"
        } else {
            "ACTIVE"
        };
        let told = json!({
            "stateMachineArn": &*machine.arn,
            "name": machine.name,
            "status": status,
            "definition": revision.text.definition,
            "roleArn": &*revision.text.role_arn,
            "type": "STANDARD",
            "creationDate": seconds(machine.created_ms),
            "revisionId": revision.text.id,
            "loggingConfiguration": { "level": "OFF", "includeExecutionData": false },
            "tracingConfiguration": { "enabled": false },
        });
        with_configuration(told, &machine.configuration)
    };
    made_durable(inner).await?;
    Ok(told)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) async fn list(inner: &Arc<Inner>, request: List) -> Answer {
    let most = paging::most(request.max_results)?;
    let after: Option<String> = paging::place(request.next_token)?;
    let answer = {
        let machines = inner.machines();
        let behind = |m: &&Machine| {
            after.as_deref().is_none_or(|after| &*m.arn > after) && !inner.is_gone(m)
        };
        let mut found = machines.by_arn.values().filter(behind);
        let page: Vec<&Machine> = found.by_ref().take(most).collect();
        let mut answer = Map::new();
        if let (Some(last), true) = (page.last(), found.next().is_some()) {
            answer.insert("nextToken".into(), json!(paging::token(&&*last.arn)));
        }
        let told: Vec<Value> = page.iter().map(|m| summary(m)).collect();
        answer.insert("stateMachines".into(), told.into());
        Value::Object(answer)
    };
    made_durable(inner).await?;
    Ok(answer)
}

fn summary(machine: &Machine) -> Value {
    json!({
        "stateMachineArn": &*machine.arn,
        "name": machine.name,
        "type": "STANDARD",
        "creationDate": seconds(machine.created_ms),
    })
}

/// Deleting what does not exist is not an error. A machine whose executions run stays, as DELETING, until they have closed.
pub(super) async fn delete(inner: &Arc<Inner>, request: Named) -> Answer {
    let machine_arn = arn::check_machine(request.state_machine_arn)?;
    {
        let mut machines = inner.machines_mut();
        let running = inner.index().running(&machine_arn);
        match machines.by_arn.get(machine_arn.as_str()).cloned() {
            None => {}
            Some(mut machine) if running > 0 => {
                machine.deleting = true;
                put(inner, &mut machines, machine)?;
            }
            Some(_) => {
                append(inner, &EntryRef::MachineGone(&machine_arn))?;
                machines.by_arn.remove(machine_arn.as_str());
                machines.drop_unused();
            }
        }
    }
    made_durable(inner).await?;
    Ok(json!({}))
}

/// A machine and its definition, or the error that there is none.
pub(super) fn existing<'a>(
    inner: &Inner,
    machines: &'a Machines,
    machine_arn: &str,
) -> Result<(&'a Machine, &'a Arc<Revision>), ApiError> {
    machines
        .current(machine_arn)
        .filter(|(machine, _)| !inner.is_gone(machine))
        .ok_or_else(|| ApiError::StateMachineDoesNotExist(machine_arn.to_owned()))
}

/// Stores a machine as it is now.
pub(super) fn put(
    inner: &Inner,
    machines: &mut Machines,
    machine: Machine,
) -> Result<(), ApiError> {
    append(inner, &EntryRef::Machine(&machine))?;
    machines.by_arn.insert(Arc::clone(&machine.arn), machine);
    Ok(())
}

fn append(inner: &Inner, entry: &EntryRef<'_>) -> Result<(), ApiError> {
    inner
        .log
        .append(&entry.bytes(), None)
        .map(|_| ())
        .map_err(|_| ApiError::Log)
}

fn add_revision(
    inner: &Inner,
    machines: &mut Machines,
    definition: String,
    role_arn: Arc<str>,
    created_ms: i64,
) -> Result<u64, ApiError> {
    let number = machines.last_revision + 1;
    let id = uuid::Uuid::new_v4().to_string();
    let text = RevisionText {
        number,
        id,
        created_ms,
        definition,
        role_arn,
    };
    let revision = Revision::compile(text).map_err(|found| {
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        ApiError::InvalidDefinition(told.join(", "))
    })?;
    append(inner, &EntryRef::Revision(&revision.text))?;
    machines.last_revision = number;
    machines.revisions.insert(number, Arc::new(revision));
    Ok(number)
}

fn role(arn: String) -> Result<Arc<str>, ApiError> {
    if arn.chars().count() > MAX_ARN_CHARS {
        return Err(ApiError::too_long("roleArn", MAX_ARN_CHARS));
    }
    if !arn.starts_with("arn:") || arn.split(':').nth(2) != Some("iam") {
        return Err(ApiError::InvalidArn(format!("Invalid Role Arn: {arn}")));
    }
    Ok(arn.into())
}

fn only_standard(kind: Option<&str>) -> Result<(), ApiError> {
    match kind {
        None | Some("STANDARD") => Ok(()),
        Some("EXPRESS") => Err(ApiError::StateMachineTypeNotSupported(
            "EXPRESS state machines are not supported".to_owned(),
        )),
        Some(other) => Err(ApiError::Validation(format!(
            "Value '{other}' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, EXPRESS]"
        ))),
    }
}

fn no_versions(publish: Option<bool>) -> Result<(), ApiError> {
    if publish == Some(true) {
        return Err(ApiError::Validation(
            "'publish' is not supported: versions are not".to_owned(),
        ));
    }
    Ok(())
}

fn configuration(logging: Option<Value>, tracing: Option<Value>) -> String {
    let mut given = Map::new();
    given.extend(logging.map(|value| ("loggingConfiguration".to_owned(), value)));
    given.extend(tracing.map(|value| ("tracingConfiguration".to_owned(), value)));
    Value::Object(given).to_string()
}

fn with_configuration(mut told: Value, configuration: &str) -> Value {
    if let (Some(told), Ok(Value::Object(given))) =
        (told.as_object_mut(), serde_json::from_str(configuration))
    {
        told.extend(given);
    }
    told
}
