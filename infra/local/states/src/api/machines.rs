//! State machines: create, update, list, delete.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::tags::{Tag, checked};
use super::{Answer, ApiError, arn, configuration, made_durable, paging, seconds, versions};
use crate::asl::{self, Definition};
use crate::core::Workflow;
use crate::engine::{
    EntryRef, INITIAL, Inner, Machine, Machines, Revision, RevisionText, Target, beside,
};

/// Most state machines of one account (AWS: 100,000).
const MAX_MACHINES: usize = 100_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    name: Option<String>,
    definition: Option<String>,
    role_arn: Option<String>,
    r#type: Option<String>,
    tags: Option<Vec<Tag>>,
    publish: Option<bool>,
    version_description: Option<String>,
    #[serde(flatten)]
    configuration: configuration::Given,
}

/// Asking again for what is there gives it; roles and tags do not count in that.
pub(super) async fn create(inner: &Arc<Inner>, caller: &Caller, request: Create) -> Answer {
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
    let workflow = workflow_named(request.r#type.as_deref())?;
    let tags = checked(request.tags.unwrap_or_default(), BTreeMap::new())?;
    let configuration = request.configuration.over(None)?;
    let published_as = versions::asked(request.publish, request.version_description)?;
    let machine_arn: Arc<str> = arn::machine(caller, &name).into();
    let made = Machine {
        arn: Arc::clone(&machine_arn),
        name,
        workflow,
        created_ms: inner.now_ms(),
        revision: 0,
        tags,
        versions: BTreeMap::new(),
        last_version: 0,
        aliases: BTreeMap::new(),
        published_as,
        deleting: false,
    };
    let text = RevisionText {
        number: 0,
        id: INITIAL.to_owned(),
        created_ms: made.created_ms,
        definition,
        role_arn,
        configuration,
    };
    // Before anyone waits for the machines: it reads the models of services.
    let definition = beside(|| accepted(inner, &text.definition, workflow));
    let answer = made_or_there(inner, made, text, definition)?;
    made_durable(inner).await?;
    Ok(answer)
}

fn made_or_there(
    inner: &Inner,
    mut made: Machine,
    text: RevisionText,
    definition: Result<Definition, ApiError>,
) -> Answer {
    let mut machines = inner.machines_mut();
    let there = machines
        .current(&made.arn)
        .filter(|(machine, _)| !inner.is_gone(machine));
    if let Some((machine, revision)) = there {
        if machine.deleting {
            return Err(ApiError::StateMachineDeleting(made.arn.to_string()));
        }
        let same = revision.text.definition == text.definition
            && revision.text.configuration == text.configuration
            && machine.workflow == made.workflow
            && machine.published_as == made.published_as;
        if !same {
            return Err(ApiError::StateMachineAlreadyExists(made.arn.to_string()));
        }
        let version = made.published_as.as_ref().map(|_| 1);
        return Ok(created(machine, version));
    }
    if machines.by_arn.len() >= MAX_MACHINES {
        return Err(ApiError::StateMachineLimitExceeded(MAX_MACHINES));
    }
    made.revision = add_revision(inner, &mut machines, text, definition?)?;
    let description = made.published_as.clone().filter(|text| !text.is_empty());
    let version = match made.published_as {
        Some(_) => Some(versions::publish(&mut made, description, inner.now_ms())?),
        None => None,
    };
    let answer = created(&made, version);
    put(inner, &mut machines, made)?;
    Ok(answer)
}

fn created(machine: &Machine, version: Option<u32>) -> Value {
    let mut answer = json!({
        "stateMachineArn": &*machine.arn,
        "creationDate": seconds(machine.created_ms),
    });
    if let Some(version) = version {
        answer["stateMachineVersionArn"] = json!(format!("{}:{version}", machine.arn));
    }
    answer
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update {
    state_machine_arn: Option<String>,
    definition: Option<String>,
    role_arn: Option<String>,
    publish: Option<bool>,
    version_description: Option<String>,
    #[serde(flatten)]
    configuration: configuration::Given,
}

/// What changes nothing makes no revision.
pub(super) async fn update(inner: &Arc<Inner>, request: Update) -> Answer {
    let machine_arn = arn::check_unlabelled(request.state_machine_arn)?;
    let publish = versions::asked(request.publish, request.version_description)?;
    let nothing = request.definition.is_none()
        && request.role_arn.is_none()
        && request.configuration.is_empty();
    if nothing && publish.is_none() {
        let message = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration \
                       must be specified";
        return Err(ApiError::MissingRequiredParameter(message.to_owned()));
    }
    let role_arn = request.role_arn.map(role).transpose()?;
    let given = match &request.definition {
        Some(definition) => {
            let workflow = existing(inner, &inner.machines(), &machine_arn)?.0.workflow;
            // Before anyone waits for the machines, as above.
            Some((workflow, beside(|| accepted(inner, definition, workflow))))
        }
        None => None,
    };
    let updated_ms = inner.now_ms();
    let answer = {
        let mut machines = inner.machines_mut();
        let (machine, current) = existing(inner, &machines, &machine_arn)?;
        if machine.deleting {
            return Err(ApiError::StateMachineDeleting(machine_arn));
        }
        let mut machine = machine.clone();
        let old = &current.text;
        let text = RevisionText {
            number: old.number,
            id: old.id.clone(),
            created_ms: old.created_ms,
            definition: request.definition.unwrap_or_else(|| old.definition.clone()),
            role_arn: role_arn.unwrap_or_else(|| Arc::clone(&old.role_arn)),
            configuration: request.configuration.over(Some(&old.configuration))?,
        };
        let mut id = text.id.clone();
        if text != *old {
            id = inner.unique();
            let text = RevisionText {
                id: id.clone(),
                created_ms: updated_ms,
                ..text
            };
            let definition = match given {
                Some((workflow, definition)) if workflow == machine.workflow => definition?,
                // The definition is the old one, or the machine another.
                _other => accepted(inner, &text.definition, machine.workflow)?,
            };
            machine.revision = add_revision(inner, &mut machines, text, definition)?;
        }
        let mut answer = json!({ "updateDate": seconds(updated_ms) });
        if id != INITIAL {
            answer["revisionId"] = json!(id);
        }
        if let Some(description) = publish {
            let description = Some(description).filter(|text| !text.is_empty());
            let version = versions::publish(&mut machine, description, updated_ms)?;
            answer["stateMachineVersionArn"] = json!(format!("{machine_arn}:{version}"));
        }
        put(inner, &mut machines, machine)?;
        machines.drop_unused();
        answer
    };
    made_durable(inner).await?;
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// The machines of the caller's account and region.
pub(super) async fn list(inner: &Arc<Inner>, caller: &Caller, request: List) -> Answer {
    let prefix = caller.prefix("stateMachine");
    let pages = paging::Pages::new(inner, "ListStateMachines", &prefix);
    let most = paging::most(request.max_results)?;
    let after: Option<String> = pages.place(request.next_token)?;
    let answer = {
        let machines = inner.machines();
        let behind: Arc<str> = after.unwrap_or_else(|| prefix.clone()).into();
        let from = (
            std::ops::Bound::Excluded(behind),
            std::ops::Bound::Unbounded,
        );
        let mut found = machines
            .by_arn
            .range::<Arc<str>, _>(from)
            .map(|(_, machine)| machine)
            .take_while(|machine| machine.arn.starts_with(&prefix))
            .filter(|machine| !inner.is_gone(machine));
        let page: Vec<&Machine> = found.by_ref().take(most).collect();
        let mut answer = Map::new();
        if let (Some(last), true) = (page.last(), found.next().is_some()) {
            answer.insert("nextToken".into(), json!(pages.token(&&*last.arn)));
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
        "type": machine.workflow.as_str(),
        "creationDate": seconds(machine.created_ms),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delete {
    state_machine_arn: Option<String>,
}

/// Deleting what does not exist is not an error. A machine whose executions run stays, as DELETING, until they have closed: each
/// of them ends when it would enter another state.
pub(super) async fn delete(inner: &Arc<Inner>, request: Delete) -> Answer {
    let machine_arn = arn::check_unlabelled(request.state_machine_arn)?;
    {
        let mut machines = inner.machines_mut();
        let qualified = machine_arn.split(':').count() > 7;
        if qualified {
            return Err(ApiError::unfit(format!(
                "'{machine_arn}' is a version or an alias: use DeleteStateMachineVersion or DeleteStateMachineAlias"
            )));
        }
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
                inner.deleting.forget(&machine_arn);
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

/// What the ARN of a machine, a version or an alias leads to, or the error that it leads nowhere.
pub(super) fn target<'a>(
    inner: &Inner,
    machines: &'a Machines,
    arn: &str,
) -> Result<Target<'a>, ApiError> {
    machines
        .target(arn, || inner.chance())
        .filter(|target| !inner.is_gone(target.machine))
        .ok_or_else(|| ApiError::StateMachineDoesNotExist(arn.to_owned()))
}

/// Stores a machine as it is now.
pub(super) fn put(
    inner: &Inner,
    machines: &mut Machines,
    machine: Machine,
) -> Result<(), ApiError> {
    append(inner, &EntryRef::Machine(&machine))?;
    inner.deleting.note(&machine);
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

/// Compiles a definition that a machine is to have.
fn accepted(inner: &Inner, text: &str, workflow: Workflow) -> Result<Definition, ApiError> {
    let compiled = asl::compile_with(text, &inner.config.service_models);
    let definition = compiled.map_err(|found| ApiError::refused(&found))?;
    let is_express = workflow == Workflow::Express;
    let found = asl::lint::refused(text, &definition.warnings, is_express);
    if found.is_empty() {
        Ok(definition)
    } else {
        Err(ApiError::refused(&found))
    }
}

/// Stores a definition that was accepted; gives its number.
fn add_revision(
    inner: &Inner,
    machines: &mut Machines,
    text: RevisionText,
    definition: Definition,
) -> Result<u64, ApiError> {
    let number = machines.last_revision + 1;
    let text = RevisionText { number, ..text };
    append(inner, &EntryRef::Revision(&text))?;
    machines.last_revision = number;
    let revision = Arc::new(Revision::of(text, definition));
    machines.revisions.insert(number, revision);
    Ok(number)
}

fn role(arn: String) -> Result<Arc<str>, ApiError> {
    if arn.chars().count() > arn::MAX_ARN_CHARS {
        return Err(ApiError::too_long("roleArn", arn::MAX_ARN_CHARS));
    }
    if !arn.starts_with("arn:") || arn.split(':').nth(2) != Some("iam") {
        return Err(ApiError::InvalidArn(format!("Invalid Role Arn: {arn}")));
    }
    Ok(arn.into())
}

/// The type of a request; Standard if it says nothing.
pub(super) fn workflow_named(name: Option<&str>) -> Result<Workflow, ApiError> {
    match name {
        None | Some("STANDARD") => Ok(Workflow::Standard),
        Some("EXPRESS") => Ok(Workflow::Express),
        Some(other) => Err(ApiError::not_in("type", other, &["STANDARD", "EXPRESS"])),
    }
}
