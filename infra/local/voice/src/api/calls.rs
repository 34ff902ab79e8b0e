//! CreateSipMediaApplicationCall and UpdateSipMediaApplicationCall.

use super::fields::Fields;
use super::kept::Kept;
use super::{Answer, Api, Failure, Shared, accepted, created};
use crate::carrier::is_e164;
use crate::exchange::{Hop, Place, PlaceError};
use crate::shell::{Command, Stopped};
use crate::sip::flow::{Flow, Proto};
use crate::store::Application;
use axum::body::Bytes;
use axum::extract::Path;
use serde_json::json;
use std::collections::BTreeMap;

/// Most custom headers and arguments (the service's limits).
const MAX_PAIRS: usize = 20;

impl From<Stopped> for Failure {
    fn from(_: Stopped) -> Self {
        Self::Unavailable("the service is shutting down".to_owned())
    }
}

pub(super) async fn create(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    let fields = Fields::parse(&body)?;
    let state = api.store.current();
    let application = state.applications.get(&id);
    // The operation has no NotFoundException.
    let application =
        application.ok_or_else(|| Failure::BadRequest(format!("no SIP media application {id}")))?;
    let (from, to) = (
        fields.text("FromPhoneNumber", 1, 32)?,
        fields.text("ToPhoneNumber", 1, 32)?,
    );
    if !state.numbers.contains_key(&from) {
        return Err(Failure::BadRequest(
            "FromPhoneNumber is not a phone number of this account".to_owned(),
        ));
    }
    if !is_e164(&to) {
        return Err(Failure::BadRequest(
            "ToPhoneNumber must be an E.164 number like +41445550100".to_owned(),
        ));
    }
    let place = Place {
        application_id: id,
        function_arn: application
            .endpoints
            .first()
            .map(|e| e.lambda_arn.clone())
            .unwrap_or_default(),
        route: route(&api, &to).await,
        from,
        to,
        sip_headers: headers(&fields)?,
        arguments: fields.map("ArgumentsMap", MAX_PAIRS)?.unwrap_or_default(),
    };
    match api
        .handle
        .ask(|answer| Command::Place(Box::new(place), answer))
        .await?
    {
        Ok(transaction) => {
            created(json!({ "SipMediaApplicationCall": { "TransactionId": transaction } }))
        }
        Err(PlaceError::Full) => Err(Failure::LimitExceeded(
            "as many calls as this machine takes are up".to_owned(),
        )),
        Err(PlaceError::Draining) => Err(Failure::Unavailable(
            "the service is shutting down".to_owned(),
        )),
    }
}

pub(super) async fn update(
    axum::extract::State(api): Shared,
    Path((id, transaction)): Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let fields = Fields::parse(&body)?;
    let arguments = fields.map("Arguments", MAX_PAIRS)?;
    let arguments =
        arguments.ok_or_else(|| Failure::BadRequest("Arguments is required".to_owned()))?;
    Application::find(&api.store.current(), &id)?;
    let answer = json!({ "SipMediaApplicationCall": { "TransactionId": transaction } });
    let update = |found| Command::Update {
        application_id: id,
        transaction,
        arguments,
        found,
    };
    if api.handle.ask(update).await? {
        return accepted(answer);
    }
    Err(Failure::NotFound("no such call is in progress".to_owned()))
}

fn headers(fields: &Fields) -> Result<BTreeMap<String, String>, Failure> {
    let headers = fields.map("SipHeaders", MAX_PAIRS)?.unwrap_or_default();
    let mut bytes = 0;
    for (name, value) in &headers {
        let token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let custom = name
            .get(..2)
            .is_some_and(|start| start.eq_ignore_ascii_case("x-") && name.len() > 2);
        let known =
            name.eq_ignore_ascii_case("User-to-User") || name.eq_ignore_ascii_case("Diversion");
        if !(custom || known) || !name.chars().all(token) {
            return Err(Failure::BadRequest(format!(
                "SipHeaders: {name} is not X-*, User-to-User or Diversion"
            )));
        }
        if value.chars().any(char::is_control) {
            return Err(Failure::BadRequest(format!(
                "SipHeaders: the value of {name} holds control characters"
            )));
        }
        bytes += name.len() + value.len();
    }
    if bytes > 2_048 {
        return Err(Failure::BadRequest(
            "SipHeaders: at most 2048 characters in all".to_owned(),
        ));
    }
    Ok(headers)
}

/// The carrier's way to a number that is none of its own phones'. Names are looked up here, where waiting is allowed.
async fn route(api: &Api, to: &str) -> Option<Hop> {
    if api.carrier.account_of(to).is_some() {
        return None;
    }
    let route = api.carrier.route(to)?;
    let mut found = tokio::net::lookup_host((route.host.as_str(), route.port))
        .await
        .ok()?;
    let peer = found.next()?;
    let (flow, transport) = match route.transport {
        Proto::Udp => (Flow::udp(peer), ""),
        Proto::Tcp => (Flow::tcp(peer), ";transport=tcp"),
    };
    Some(Hop {
        uri: format!("sip:{to}@{}:{}{transport}", route.host, route.port),
        flow,
        credentials: route.username.clone().zip(route.password.clone()),
    })
}
