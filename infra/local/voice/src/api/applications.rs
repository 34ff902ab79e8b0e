//! SIP media applications.

use super::fields::{Fields, Query};
use super::kept::Kept;
use super::{Answer, Failure, Shared, created, listed, no_content, ok, page};
use crate::store::{Application, Endpoint};
use axum::body::Bytes;
use axum::extract::Path;
use serde_json::json;

fn name(fields: &Fields) -> Result<Option<String>, Failure> {
    let name = fields.optional_text("Name", 1, 256)?;
    match &name {
        Some(name)
            if !name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || " _.-".contains(c)) =>
        {
            Err(Failure::BadRequest(
                "Name may hold a-z, A-Z, 0-9, space, _, . and -".to_owned(),
            ))
        }
        _ => Ok(name),
    }
}

fn endpoints(fields: &Fields) -> Result<Option<Vec<Endpoint>>, Failure> {
    let Some(list) = fields.list("Endpoints", 1, 1)? else {
        return Ok(None);
    };
    let lambda_arn = Fields::of(&list[0], "Endpoints")?.text("LambdaArn", 1, 4_096)?;
    if !lambda_arn.starts_with("arn:") || !lambda_arn.contains(":lambda:") {
        return Err(Failure::BadRequest(
            "Endpoints: LambdaArn must be the ARN of a Lambda function".to_owned(),
        ));
    }
    Ok(Some(vec![Endpoint { lambda_arn }]))
}

pub(super) async fn create(axum::extract::State(api): Shared, body: Bytes) -> Answer {
    let fields = Fields::parse(&body)?;
    let region = fields.text("AwsRegion", 1, 64)?;
    api.check_region(&region)?;
    let name = name(&fields)?.ok_or_else(|| Failure::BadRequest("Name is required".to_owned()))?;
    let endpoints = endpoints(&fields)?
        .ok_or_else(|| Failure::BadRequest("Endpoints is required".to_owned()))?;
    let (now, id) = (jiff::Timestamp::now(), uuid::Uuid::new_v4().to_string());
    let application = Application {
        sip_media_application_arn: format!("arn:aws:chime:{region}:{}:sma/{id}", api.account),
        sip_media_application_id: id.clone(),
        aws_region: region,
        name,
        endpoints,
        created_timestamp: now,
        updated_timestamp: now,
    };
    let shown = json!({ "SipMediaApplication": application });
    api.change(|state| application.add(state, id)).await?;
    created(shown)
}

pub(super) async fn fetch(axum::extract::State(api): Shared, Path(id): Path<String>) -> Answer {
    ok(json!({ "SipMediaApplication": Application::find(&api.store.current(), &id)? }))
}

pub(super) async fn list(axum::extract::State(api): Shared, query: Query) -> Answer {
    let state = api.store.current();
    let all = state
        .applications
        .iter()
        .map(|(id, a)| (id.clone(), json!(a)));
    listed("SipMediaApplications", page(all, &query)?)
}

pub(super) async fn update(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    let fields = Fields::parse(&body)?;
    let (name, endpoints) = (name(&fields)?, endpoints(&fields)?);
    let updated = api
        .change(|state| {
            let application = Application::find_mut(state, &id)?;
            if let Some(name) = name {
                application.name = name;
            }
            if let Some(endpoints) = endpoints {
                application.endpoints = endpoints;
            }
            application.updated_timestamp = jiff::Timestamp::now();
            Ok(application.clone())
        })
        .await?;
    ok(json!({ "SipMediaApplication": updated }))
}

pub(super) async fn delete(axum::extract::State(api): Shared, Path(id): Path<String>) -> Answer {
    api.change(|state| {
        Application::find(state, &id)?;
        let used = |rule: &crate::store::Rule| {
            rule.target_applications
                .iter()
                .any(|t| t.sip_media_application_id == id)
        };
        if state.rules.values().any(used) {
            return Err(Failure::Conflict(
                "a SIP rule still uses this SIP media application".to_owned(),
            ));
        }
        state.applications.remove(&id);
        Ok(())
    })
    .await?;
    no_content()
}
