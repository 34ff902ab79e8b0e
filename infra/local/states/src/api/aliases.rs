//! Aliases of a state machine: names for one or two of its versions. Source: developer guide, "State machine aliases".

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::machines::{existing, put};
use super::versions::check_description;
use super::{Answer, ApiError, arn, made_durable, paging, seconds};
use crate::engine::{Alias, Inner, Machines, Route};

/// Most aliases of one machine.
const MAX_ALIASES: usize = 100;
/// Most versions of one alias.
const MAX_ROUTES: usize = 2;
const NAME_PATTERN: &str = "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GivenRoute {
    state_machine_version_arn: Option<String>,
    weight: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    name: Option<String>,
    description: Option<String>,
    routing_configuration: Option<Vec<GivenRoute>>,
}

/// Asking again for what is there gives it.
pub(super) async fn create(inner: &Arc<Inner>, request: Create) -> Answer {
    let name = request.name.ok_or_else(|| ApiError::missing("name"))?;
    check_name(&name)?;
    check_description("description", request.description.as_deref())?;
    let given = request
        .routing_configuration
        .ok_or_else(|| ApiError::missing("routingConfiguration"))?;
    let (machine_arn, routes) = routes(&given)?;
    let mut alias = Alias {
        description: request.description,
        routes,
        created_ms: inner.now_ms(),
        updated_ms: inner.now_ms(),
    };
    {
        let mut machines = inner.machines_mut();
        check_versions(inner, &machines, &machine_arn, &alias.routes)?;
        let (machine, _) = existing(inner, &machines, &machine_arn)?;
        if machine.deleting {
            return Err(ApiError::StateMachineDeleting(machine_arn));
        }
        match machine.aliases.get(&name) {
            Some(there) => {
                if there.routes != alias.routes || there.description != alias.description {
                    let message = "Failed to create alias because an alias with the same name and a different routing \
                                   configuration already exists.";
                    return Err(ApiError::Conflict(message.to_owned()));
                }
                alias.created_ms = there.created_ms;
            }
            None if machine.aliases.len() >= MAX_ALIASES => {
                return Err(ApiError::ServiceQuotaExceeded(format!(
                    "The state machine has {MAX_ALIASES} aliases, the most that are allowed: delete some"
                )));
            }
            None => {
                let mut machine = machine.clone();
                machine.aliases.insert(name.clone(), alias.clone());
                put(inner, &mut machines, machine)?;
            }
        }
    }
    made_durable(inner).await?;
    Ok(json!({
        "stateMachineAliasArn": format!("{machine_arn}:{name}"),
        "creationDate": seconds(alias.created_ms),
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update {
    state_machine_alias_arn: Option<String>,
    description: Option<String>,
    routing_configuration: Option<Vec<GivenRoute>>,
}

pub(super) async fn update(inner: &Arc<Inner>, request: Update) -> Answer {
    let alias_arn = request.state_machine_alias_arn;
    let (machine_arn, name) = arn::check_alias(alias_arn.as_deref())?;
    check_description("description", request.description.as_deref())?;
    if request.description.is_none() && request.routing_configuration.is_none() {
        return Err(ApiError::Unfit {
            message: "Either the description or the RoutingConfiguration must be specified".into(),
            reason: Some("MISSING_REQUIRED_PARAMETER"),
        });
    }
    let routes = request
        .routing_configuration
        .as_deref()
        .map(routes)
        .transpose()?;
    let updated_ms = inner.now_ms();
    {
        let mut machines = inner.machines_mut();
        let mut machine = machines
            .by_arn
            .get(machine_arn)
            .filter(|machine| !inner.is_gone(machine))
            .cloned()
            .ok_or_else(|| unknown(machine_arn, name))?;
        if machine.deleting {
            return Err(ApiError::StateMachineDeleting(machine_arn.to_owned()));
        }
        let alias = machine
            .aliases
            .get_mut(name)
            .ok_or_else(|| unknown(machine_arn, name))?;
        if let Some((of, routes)) = routes {
            if of != machine_arn {
                return Err(not_distinct_machines());
            }
            check_versions(inner, &machines, machine_arn, &routes)?;
            alias.routes = routes;
        }
        if let Some(description) = request.description {
            alias.description = Some(description).filter(|text| !text.is_empty());
        }
        alias.updated_ms = updated_ms;
        put(inner, &mut machines, machine)?;
    }
    made_durable(inner).await?;
    Ok(json!({ "updateDate": seconds(updated_ms) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named {
    state_machine_alias_arn: Option<String>,
}

pub(super) async fn describe(inner: &Arc<Inner>, request: Named) -> Answer {
    let alias_arn = request.state_machine_alias_arn;
    let (machine_arn, name) = arn::check_alias(alias_arn.as_deref())?;
    let told = {
        let machines = inner.machines();
        let alias = machines
            .by_arn
            .get(machine_arn)
            .and_then(|machine| machine.aliases.get(name))
            .ok_or_else(|| unknown(machine_arn, name))?;
        let routes: Vec<Value> = alias
            .routes
            .iter()
            .map(|route| {
                json!({
                    "stateMachineVersionArn": format!("{machine_arn}:{}", route.version),
                    "weight": route.weight,
                })
            })
            .collect();
        let mut told = json!({
            "stateMachineAliasArn": alias_arn,
            "name": name,
            "routingConfiguration": routes,
            "creationDate": seconds(alias.created_ms),
            "updateDate": seconds(alias.updated_ms),
        });
        if let Some(description) = &alias.description {
            told["description"] = json!(description);
        }
        told
    };
    made_durable(inner).await?;
    Ok(told)
}

/// Deleting what does not exist is not an error.
pub(super) async fn delete(inner: &Arc<Inner>, request: Named) -> Answer {
    let alias_arn = request.state_machine_alias_arn;
    let (machine_arn, name) = arn::check_alias(alias_arn.as_deref())?;
    {
        let mut machines = inner.machines_mut();
        if let Some(mut machine) = machines.by_arn.get(machine_arn).cloned()
            && machine.aliases.remove(name).is_some()
        {
            put(inner, &mut machines, machine)?;
        }
    }
    made_durable(inner).await?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    state_machine_arn: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// The aliases of a machine, or those that lead to one of its versions.
pub(super) async fn list(inner: &Arc<Inner>, request: List) -> Answer {
    let arn = arn::check_unlabelled(request.state_machine_arn)?;
    let pages = paging::Pages::new(inner, "ListStateMachineAliases", &arn);
    let most = paging::most(request.max_results)?;
    let after: String = pages.place(request.next_token)?.unwrap_or_default();
    let (machine_arn, version) = match arn::version_of(&arn) {
        Some((machine, version)) => (machine, Some(version)),
        None => (arn.as_str(), None),
    };
    let answer = {
        let machines = inner.machines();
        let (machine, _) = existing(inner, &machines, machine_arn)?;
        if version.is_some_and(|version| !machine.versions.contains_key(&version)) {
            return Err(ApiError::ResourceNotFound(arn));
        }
        let leads = |alias: &Alias| {
            version.is_none_or(|version| alias.routes.iter().any(|r| r.version == version))
        };
        let found = machine.aliases.iter();
        let left = found.filter(|(name, alias)| **name > after && leads(alias));
        pages.page(left, most, "stateMachineAliases", |name, alias| {
            json!({
                "stateMachineAliasArn": format!("{machine_arn}:{name}"),
                "creationDate": seconds(alias.created_ms),
            })
        })
    };
    made_durable(inner).await?;
    Ok(answer)
}

fn unknown(machine_arn: &str, name: &str) -> ApiError {
    ApiError::ResourceNotFound(format!("{machine_arn}:{name}"))
}

fn check_name(name: &str) -> Result<(), ApiError> {
    if name.is_empty() || name.chars().count() > arn::MAX_NAME_CHARS {
        return Err(ApiError::Validation(format!(
            "Value '{name}' at 'name' failed to satisfy constraint: Member must have length less than or equal to {} and \
             greater than or equal to 1",
            arn::MAX_NAME_CHARS
        )));
    }
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !name.chars().all(good) || name.chars().all(|c| c.is_ascii_digit()) {
        return Err(ApiError::Validation(format!(
            "Value '{name}' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: \
             {NAME_PATTERN}"
        )));
    }
    Ok(())
}

/// Checks a routing configuration by itself. Gives the machine and the routes.
fn routes(given: &[GivenRoute]) -> Result<(String, Vec<Route>), ApiError> {
    if given.is_empty() || given.len() > MAX_ROUTES {
        return Err(ApiError::Validation(format!(
            "Value at 'routingConfiguration' failed to satisfy constraint: Member must have length between 1 and \
             {MAX_ROUTES}"
        )));
    }
    let mut arns: Vec<&str> = Vec::new();
    let mut weights: Vec<i64> = Vec::new();
    for (i, route) in given.iter().enumerate() {
        let at = format!("routingConfiguration.{}.member", i + 1);
        let arn = route.state_machine_version_arn.as_deref();
        arns.push(arn.ok_or_else(|| ApiError::missing(&format!("{at}.stateMachineVersionArn")))?);
        let weight = route
            .weight
            .ok_or_else(|| ApiError::missing(&format!("{at}.weight")))?;
        if !(0..=100).contains(&weight) {
            let bound = if weight < 0 {
                "greater than or equal to 0"
            } else {
                "less than or equal to 100"
            };
            return Err(ApiError::Validation(format!(
                "Value '{weight}' at '{at}.weight' failed to satisfy constraint: Member must have value {bound}"
            )));
        }
        weights.push(weight);
    }
    let received = arns.join(", ");
    let found: Option<Vec<(&str, u32)>> = arns.iter().map(|arn| arn::version_of(arn)).collect();
    let Some(found) = found else {
        return Err(routing(format!(
            "Routing configuration must contain state machine version ARNs. Received: [{received}]"
        )));
    };
    let (machine_arn, first) = found[0];
    if found.iter().any(|(machine, _)| *machine != machine_arn) {
        return Err(not_distinct_machines());
    }
    if found.iter().skip(1).any(|(_, version)| *version == first) {
        return Err(routing(format!(
            "Routing configuration must contain distinct state machine version ARNs. Received: [{received}]"
        )));
    }
    if weights.iter().sum::<i64>() != 100 {
        return Err(routing(format!(
            "Sum of routing configuration weights must equal 100. Received: {weights:?}"
        )));
    }
    let routes = found
        .iter()
        .zip(&weights)
        .map(|((_, version), weight)| Route {
            version: *version,
            weight: *weight as u8,
        })
        .collect();
    Ok((machine_arn.to_owned(), routes))
}

fn routing(message: String) -> ApiError {
    ApiError::Unfit {
        message,
        reason: Some("INVALID_ROUTING_CONFIGURATION"),
    }
}

fn not_distinct_machines() -> ApiError {
    routing(
        "Routing configuration must contain versions of the alias's own state machine".to_owned(),
    )
}

fn check_versions(
    inner: &Inner,
    machines: &Machines,
    machine_arn: &str,
    routes: &[Route],
) -> Result<(), ApiError> {
    let missing = |version: u32| ApiError::ResourceNotFound(format!("{machine_arn}:{version}"));
    let first = routes.first().map_or(0, |route| route.version);
    let (machine, _) = existing(inner, machines, machine_arn).map_err(|_| missing(first))?;
    match routes
        .iter()
        .find(|route| !machine.versions.contains_key(&route.version))
    {
        Some(route) => Err(missing(route.version)),
        None => Ok(()),
    }
}
