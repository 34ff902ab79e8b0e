//! SIP rules.

use super::fields::{Fields, Query};
use super::kept::Kept;
use super::{Answer, Api, Failure, Shared, accepted, created, listed, no_content, ok, page};
use crate::store::{Rule, State, Target, TriggerType};
use axum::body::Bytes;
use axum::extract::Path;
use serde_json::json;

/// Most applications of a rule (service quota).
const MAX_TARGETS: usize = 25;

fn targets(api: &Api, fields: &Fields) -> Result<Option<Vec<Target>>, Failure> {
    let Some(list) = fields.list("TargetApplications", 1, MAX_TARGETS)? else {
        return Ok(None);
    };
    let mut targets: Vec<Target> = Vec::new();
    for value in list {
        let one = Fields::of(value, "TargetApplications")?;
        let id = one.text("SipMediaApplicationId", 1, 256)?;
        let priority = one.number("Priority", 1, 1_000)?.unwrap_or(1) as u32;
        let aws_region = one
            .optional_text("AwsRegion", 1, 64)?
            .unwrap_or_else(|| api.region.clone());
        if !api.store.current().applications.contains_key(&id) && aws_region == api.region {
            return Err(Failure::BadRequest(format!(
                "TargetApplications: no SIP media application {id}"
            )));
        }
        if targets.iter().any(|t| t.aws_region == aws_region) {
            return Err(Failure::BadRequest(
                "TargetApplications: one application per AWS Region".to_owned(),
            ));
        }
        targets.push(Target {
            sip_media_application_id: id,
            priority,
            aws_region,
        });
    }
    Ok(Some(targets))
}

fn check_trigger(state: &State, kind: TriggerType, value: &str) -> Result<(), Failure> {
    let known = match kind {
        TriggerType::ToPhoneNumber => state.numbers.contains_key(value),
        TriggerType::RequestUriHostname => {
            state.connectors.values().any(|c| c.host_name() == value)
        }
    };
    if !known {
        return Err(Failure::BadRequest(format!(
            "TriggerValue {value} is neither a phone number of this account nor the OutboundHostName of a Voice Connector"
        )));
    }
    if state
        .rules
        .values()
        .any(|rule| rule.trigger_type == kind && rule.trigger_value == value)
    {
        return Err(Failure::Conflict(format!(
            "another SIP rule has the trigger {value}"
        )));
    }
    Ok(())
}

pub(super) async fn create(axum::extract::State(api): Shared, body: Bytes) -> Answer {
    let fields = Fields::parse(&body)?;
    let trigger_type = match fields.text("TriggerType", 1, 64)?.as_str() {
        "ToPhoneNumber" => TriggerType::ToPhoneNumber,
        "RequestUriHostname" => TriggerType::RequestUriHostname,
        _ => {
            return Err(Failure::BadRequest(
                "TriggerType must be ToPhoneNumber or RequestUriHostname".to_owned(),
            ));
        }
    };
    let (now, id) = (jiff::Timestamp::now(), uuid::Uuid::new_v4().to_string());
    let rule = Rule {
        sip_rule_id: id.clone(),
        name: fields.text("Name", 1, 256)?,
        disabled: fields.flag("Disabled")?.unwrap_or(false),
        trigger_type,
        trigger_value: fields.text("TriggerValue", 1, 256)?,
        target_applications: targets(&api, &fields)?.unwrap_or_default(),
        created_timestamp: now,
        updated_timestamp: now,
    };
    let shown = json!({ "SipRule": rule });
    api.change(|state| {
        check_trigger(state, rule.trigger_type, &rule.trigger_value)?;
        rule.add(state, id)
    })
    .await?;
    created(shown)
}

pub(super) async fn fetch(axum::extract::State(api): Shared, Path(id): Path<String>) -> Answer {
    ok(json!({ "SipRule": Rule::find(&api.store.current(), &id)? }))
}

pub(super) async fn list(axum::extract::State(api): Shared, query: Query) -> Answer {
    let state = api.store.current();
    let wanted = query.get("sip-media-application").map(str::to_owned);
    let uses = |rule: &Rule| match &wanted {
        None => true,
        Some(id) => rule
            .target_applications
            .iter()
            .any(|t| t.sip_media_application_id == *id),
    };
    let all = state
        .rules
        .iter()
        .filter(|(_, rule)| uses(rule))
        .map(|(id, rule)| (id.clone(), json!(rule)));
    listed("SipRules", page(all, &query)?)
}

pub(super) async fn update(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    let fields = Fields::parse(&body)?;
    let (name, disabled) = (
        fields.optional_text("Name", 1, 256)?,
        fields.flag("Disabled")?,
    );
    let targets = targets(&api, &fields)?;
    let updated = api
        .change(|state| {
            let rule = Rule::find_mut(state, &id)?;
            if let Some(name) = name {
                rule.name = name;
            }
            if let Some(disabled) = disabled {
                rule.disabled = disabled;
            }
            if let Some(targets) = targets {
                rule.target_applications = targets;
            }
            rule.updated_timestamp = jiff::Timestamp::now();
            Ok(rule.clone())
        })
        .await?;
    accepted(json!({ "SipRule": updated }))
}

pub(super) async fn delete(axum::extract::State(api): Shared, Path(id): Path<String>) -> Answer {
    api.change(|state| {
        if !Rule::find(state, &id)?.disabled {
            return Err(Failure::Conflict(
                "the SIP rule must be disabled before it is deleted".to_owned(),
            ));
        }
        state.rules.remove(&id);
        Ok(())
    })
    .await?;
    no_content()
}
