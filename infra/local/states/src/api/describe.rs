//! State machines as they are described: current, by version, or as an execution started with one.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::executions::{self, find, with_data};
use super::machines::target;
use super::{Answer, arn, configuration, made_durable, seconds};
use crate::asl::references;
use crate::engine::{INITIAL, Inner, RevisionText};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Machine {
    state_machine_arn: Option<String>,
    included_data: Option<String>,
}

pub(super) async fn machine(inner: &Arc<Inner>, request: Machine) -> Answer {
    let asked = arn::check_unlabelled(request.state_machine_arn)?;
    let with_data = with_data(request.included_data.as_deref())?;
    let (mut told, revision) = {
        let machines = inner.machines();
        let target = target(inner, &machines, &asked)?;
        let machine = target.machine;
        let version = target
            .via
            .version
            .and_then(|number| machine.versions.get(&number).map(|v| (number, v)));
        let mut told = Map::new();
        let arn = match version {
            Some((number, _)) => format!("{}:{number}", machine.arn),
            None => machine.arn.to_string(),
        };
        told.insert("stateMachineArn".into(), json!(arn));
        let created_ms = version.map_or(machine.created_ms, |(_, v)| v.created_ms);
        told.insert("creationDate".into(), json!(seconds(created_ms)));
        if let Some(description) = version.and_then(|(_, v)| v.description.as_ref()) {
            told.insert("description".into(), json!(description));
        }
        told.insert("name".into(), json!(machine.name));
        told.insert("type".into(), json!(machine.workflow.as_str()));
        let status = if machine.deleting {
            "DELETING"
        } else {
            "ACTIVE"
        };
        told.insert("status".into(), json!(status));
        (told, Arc::clone(target.revision))
    };
    tell_revision(&mut told, &revision.text, with_data);
    made_durable(inner).await?;
    Ok(Value::Object(told))
}

pub(super) async fn of_execution(inner: &Arc<Inner>, request: executions::Describe) -> Answer {
    let arn = arn::check_execution(request.execution_arn)?;
    let with_data = with_data(request.included_data.as_deref())?;
    let (of, revision) = {
        let shard = inner.shard_by_arn(&arn);
        let (_, slot) = find(&shard, &arn)?;
        (slot.summary().of, Arc::clone(slot.revision()))
    };
    let mut told = Map::new();
    told.insert("stateMachineArn".into(), json!(&*of.machine));
    let name = of.machine.rsplit(':').next().unwrap_or("");
    // The children of a map run have the machine `NAME/LABEL`; no name has a slash.
    let (name, label) = match name.split_once('/') {
        Some((name, label)) => (name, Some(label)),
        None => (name, None),
    };
    told.insert("name".into(), json!(name));
    if let Some(run) = &of.run {
        told.insert("mapRunArn".into(), json!(&**run));
        told.extend(label.map(|label| ("label".to_owned(), json!(label))));
    }
    told.insert(
        "updateDate".into(),
        json!(seconds(revision.text.created_ms)),
    );
    tell_revision(&mut told, &revision.text, with_data);
    made_durable(inner).await?;
    Ok(Value::Object(told))
}

/// What both descriptions say of the definition.
fn tell_revision(told: &mut Map<String, Value>, text: &RevisionText, with_data: bool) {
    told.insert("roleArn".into(), json!(&*text.role_arn));
    if text.id != INITIAL {
        told.insert("revisionId".into(), json!(text.id));
    }
    configuration::tell(told, &text.configuration);
    if with_data {
        told.insert("definition".into(), json!(text.definition));
        let references = references::variables(&text.definition);
        if !references.is_empty() {
            told.insert("variableReferences".into(), json!(references));
        }
    }
}
