//! Versions of a state machine: publish, list, delete. Source: developer guide, "State machine versions".

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::machines::{existing, put};
use super::{Answer, ApiError, arn, made_durable, paging, seconds};
use crate::engine::{Inner, Machine, Version};

/// Most versions of one machine.
const MAX_VERSIONS: usize = 1_000;
/// Longest description of a version or an alias, in characters.
pub(super) const MAX_DESCRIPTION_CHARS: usize = 256;

/// The description under which a request asks to publish, empty if it gives none; `None` if it does not ask.
pub(super) fn asked(
    publish: Option<bool>,
    description: Option<String>,
) -> Result<Option<String>, ApiError> {
    if publish != Some(true) {
        if description.is_some() {
            let message = "Version description can only be set when publish is true";
            return Err(ApiError::unfit(message));
        }
        return Ok(None);
    }
    check_description("versionDescription", description.as_deref())?;
    Ok(Some(description.unwrap_or_default()))
}

/// Checks the length of a description.
pub(super) fn check_description(member: &str, text: Option<&str>) -> Result<(), ApiError> {
    if text.is_some_and(|text| text.chars().count() > MAX_DESCRIPTION_CHARS) {
        return Err(ApiError::too_long(member, MAX_DESCRIPTION_CHARS));
    }
    Ok(())
}

/// Gives the machine's current definition a number, unless the last one is its already.
pub(super) fn publish(
    machine: &mut Machine,
    description: Option<String>,
    at_ms: i64,
) -> Result<u32, ApiError> {
    let revision = machine.revision;
    let latest = machine.versions.last_key_value();
    if let Some((number, _)) = latest.filter(|(_, version)| version.revision == revision) {
        return Ok(*number);
    }
    if machine.versions.len() >= MAX_VERSIONS {
        return Err(ApiError::ServiceQuotaExceeded(format!(
            "The state machine has {MAX_VERSIONS} versions, the most that are allowed: delete some"
        )));
    }
    machine.last_version += 1;
    let version = Version {
        revision,
        created_ms: at_ms,
        description,
    };
    machine.versions.insert(machine.last_version, version);
    Ok(machine.last_version)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Publish {
    state_machine_arn: Option<String>,
    revision_id: Option<String>,
    description: Option<String>,
}

pub(super) async fn publish_version(inner: &Arc<Inner>, request: Publish) -> Answer {
    let machine_arn = arn::check_unlabelled(request.state_machine_arn)?;
    check_description("description", request.description.as_deref())?;
    let answer = {
        let mut machines = inner.machines_mut();
        let (machine, revision) = existing(inner, &machines, &machine_arn)?;
        if machine.deleting {
            return Err(ApiError::StateMachineDeleting(machine_arn));
        }
        let current = &revision.text.id;
        if let Some(wanted) = request.revision_id.filter(|wanted| wanted != current) {
            return Err(ApiError::Conflict(format!(
                "Failed to publish the State Machine version for revision {wanted}. The current State Machine revision \
                 is {current}."
            )));
        }
        let mut machine = machine.clone();
        let number = publish(&mut machine, request.description, inner.now_ms())?;
        let created_ms = machine.versions.get(&number).map_or(0, |v| v.created_ms);
        put(inner, &mut machines, machine)?;
        json!({
            "stateMachineVersionArn": format!("{machine_arn}:{number}"),
            "creationDate": seconds(created_ms),
        })
    };
    made_durable(inner).await?;
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    state_machine_arn: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// Newest first.
pub(super) async fn list(inner: &Arc<Inner>, request: List) -> Answer {
    let machine_arn = arn::check_unlabelled(request.state_machine_arn)?;
    let pages = paging::Pages::new(inner, "ListStateMachineVersions", &machine_arn);
    let most = paging::most(request.max_results)?;
    let before: Option<u32> = pages.place(request.next_token)?;
    let answer = {
        let machines = inner.machines();
        let (machine, _) = existing(inner, &machines, &machine_arn)?;
        let left = machine.versions.range(..before.unwrap_or(u32::MAX)).rev();
        pages.page(left, most, "stateMachineVersions", |number, version| {
            json!({
                "stateMachineVersionArn": format!("{machine_arn}:{number}"),
                "creationDate": seconds(version.created_ms),
            })
        })
    };
    made_durable(inner).await?;
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delete {
    state_machine_version_arn: Option<String>,
}

/// Deleting what does not exist is not an error. Executions that run the version go on.
pub(super) async fn delete(inner: &Arc<Inner>, request: Delete) -> Answer {
    let arn = arn::check_machine(request.state_machine_version_arn)?;
    let (machine_arn, number) = arn::version_of(&arn)
        .ok_or_else(|| ApiError::unfit(format!("'{arn}' is not the ARN of a version")))?;
    {
        let mut machines = inner.machines_mut();
        if let Some(mut machine) = machines.by_arn.get(machine_arn).cloned() {
            let users: Vec<&str> = machine
                .aliases
                .iter()
                .filter(|(_, alias)| alias.routes.iter().any(|route| route.version == number))
                .map(|(name, _)| name.as_str())
                .collect();
            if !users.is_empty() {
                return Err(ApiError::Conflict(format!(
                    "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this \
                     version: [{}]",
                    users.join(", ")
                )));
            }
            if machine.versions.remove(&number).is_some() {
                put(inner, &mut machines, machine)?;
                machines.drop_unused();
            }
        }
    }
    made_durable(inner).await?;
    Ok(json!({}))
}
