//! Voice Connectors: the trunk's settings.

use super::fields::{Fields, Query};
use super::kept::Kept;
use super::{Answer, Api, Failure, Shared, created, listed, no_content, ok, page};
use crate::carrier::Cidr;
use crate::store::{Connector, Credential};
use axum::body::Bytes;
use axum::extract::Path;
use serde_json::{Value, json};

/// Most credentials of one.
const MAX_CREDENTIALS: usize = 100;
/// Widest allowed block: /27 in the service; private networks need more, so /8 here.
const MIN_CIDR_BITS: u8 = 8;

fn shown(api: &Api, connector: &Connector) -> Value {
    json!({
        "VoiceConnectorId": connector.id,
        "AwsRegion": connector.region,
        "Name": connector.name,
        "OutboundHostName": connector.host_name(),
        "RequireEncryption": connector.require_encryption,
        "CreatedTimestamp": connector.created,
        "UpdatedTimestamp": connector.updated,
        "VoiceConnectorArn": format!("arn:aws:chime:{}:{}:vc/{}", connector.region, api.account, connector.id),
        "NetworkType": "IPV4_ONLY",
    })
}

/// Service ids are 21 lower-case letters and digits.
fn new_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()[..21].to_owned()
}

pub(super) async fn create(axum::extract::State(api): Shared, body: Bytes) -> Answer {
    let fields = Fields::parse(&body)?;
    let region = fields
        .optional_text("AwsRegion", 1, 64)?
        .unwrap_or_else(|| api.region.clone());
    api.check_region(&region)?;
    let require_encryption = fields.flag("RequireEncryption")?;
    let require_encryption = require_encryption
        .ok_or_else(|| Failure::BadRequest("RequireEncryption is required".to_owned()))?;
    if require_encryption {
        return Err(Failure::BadRequest(
            "RequireEncryption: TLS and SRTP are not available on this machine".to_owned(),
        ));
    }
    let now = jiff::Timestamp::now();
    let connector = Connector {
        id: new_id(),
        region,
        name: fields.text("Name", 1, 256)?,
        require_encryption,
        termination: None,
        credentials: Vec::new(),
        origination: None,
        created: now,
        updated: now,
    };
    let answer = json!({ "VoiceConnector": shown(&api, &connector) });
    api.change(|state| {
        let id = connector.id.clone();
        connector.add(state, id)
    })
    .await?;
    created(answer)
}

pub(super) async fn fetch(axum::extract::State(api): Shared, Path(id): Path<String>) -> Answer {
    ok(json!({ "VoiceConnector": shown(&api, Connector::find(&api.store.current(), &id)?) }))
}

pub(super) async fn list(axum::extract::State(api): Shared, query: Query) -> Answer {
    let state = api.store.current();
    listed(
        "VoiceConnectors",
        page(
            state
                .connectors
                .iter()
                .map(|(id, c)| (id.clone(), shown(&api, c))),
            &query,
        )?,
    )
}

pub(super) async fn update(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    let fields = Fields::parse(&body)?;
    let name = fields.text("Name", 1, 256)?;
    if fields.flag("RequireEncryption")? == Some(true) {
        return Err(Failure::BadRequest(
            "RequireEncryption: TLS and SRTP are not available on this machine".to_owned(),
        ));
    }
    let connector = change(&api, &id, |c| c.name = name).await?;
    ok(json!({ "VoiceConnector": shown(&api, &connector) }))
}

pub(super) async fn delete(axum::extract::State(api): Shared, Path(id): Path<String>) -> Answer {
    api.change(|state| {
        let host = Connector::find(state, &id)?.host_name();
        if state.rules.values().any(|rule| rule.trigger_value == host) {
            return Err(Failure::Conflict(
                "a SIP rule still uses this Voice Connector".to_owned(),
            ));
        }
        state.connectors.remove(&id);
        Ok(())
    })
    .await?;
    no_content()
}

async fn change(
    api: &Api,
    id: &str,
    change: impl FnOnce(&mut Connector),
) -> Result<Connector, Failure> {
    api.change(|state| {
        let connector = Connector::find_mut(state, id)?;
        change(connector);
        connector.updated = jiff::Timestamp::now();
        Ok(connector.clone())
    })
    .await
}

fn termination(body: &Bytes) -> Result<Value, Failure> {
    let fields = Fields::parse(body)?;
    let put = fields
        .get("Termination")
        .ok_or_else(|| Failure::BadRequest("Termination is required".to_owned()))?;
    let fields = Fields::of(put, "Termination")?;
    fields.number("CpsLimit", 1, 1_000)?;
    fields.flag("Disabled")?;
    if let Some(number) = fields.optional_text("DefaultPhoneNumber", 0, 32)?
        && !crate::carrier::is_e164(&number)
    {
        return Err(Failure::BadRequest(
            "Termination.DefaultPhoneNumber must be an E.164 number".to_owned(),
        ));
    }
    let country = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
    if !fields
        .texts("CallingRegions", 0, 250)?
        .unwrap_or_default()
        .iter()
        .all(country)
    {
        return Err(Failure::BadRequest(
            "Termination.CallingRegions are ISO 3166 codes of two letters".to_owned(),
        ));
    }
    for cidr in fields.texts("CidrAllowedList", 0, 100)?.unwrap_or_default() {
        if Cidr::parse(&cidr).is_none_or(|c| c.bits() < MIN_CIDR_BITS) {
            let message = format!(
                "Termination.CidrAllowedList: {cidr} is no CIDR block of at least /{MIN_CIDR_BITS}"
            );
            return Err(Failure::BadRequest(message));
        }
    }
    Ok(put.clone())
}

pub(super) async fn put_termination(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    let put = termination(&body)?;
    let answer = json!({ "Termination": put });
    change(&api, &id, |c| c.termination = Some(put)).await?;
    ok(answer)
}

pub(super) async fn fetch_termination(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
) -> Answer {
    let state = api.store.current();
    match &Connector::find(&state, &id)?.termination {
        Some(termination) => ok(json!({ "Termination": termination })),
        None => Err(Failure::NotFound("no termination settings".to_owned())),
    }
}

pub(super) async fn delete_termination(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
) -> Answer {
    change(&api, &id, |c| {
        c.termination = None;
        c.credentials.clear();
    })
    .await?;
    no_content()
}

pub(super) async fn change_credentials(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
    query: Query,
    body: Bytes,
) -> Answer {
    let fields = Fields::parse(&body)?;
    match query.get("operation") {
        Some("put") => {
            let list = fields.list("Credentials", 1, MAX_CREDENTIALS)?;
            let list =
                list.ok_or_else(|| Failure::BadRequest("Credentials is required".to_owned()))?;
            let credentials = list.iter().map(credential).collect::<Result<Vec<_>, _>>()?;
            change(&api, &id, |c| {
                c.credentials
                    .retain(|old| credentials.iter().all(|new| new.username != old.username));
                c.credentials.extend(credentials);
            })
            .await?;
        }
        Some("delete") => {
            let names = fields
                .texts("Usernames", 1, MAX_CREDENTIALS)?
                .unwrap_or_default();
            change(&api, &id, |c| {
                c.credentials.retain(|old| !names.contains(&old.username))
            })
            .await?;
        }
        _ => {
            return Err(Failure::BadRequest(
                "operation must be put or delete".to_owned(),
            ));
        }
    }
    no_content()
}

fn credential(value: &Value) -> Result<Credential, Failure> {
    let fields = Fields::of(value, "Credentials")?;
    let username = fields.text("Username", 1, 128)?;
    if username.contains(['"', '\\', ':']) || username.chars().any(char::is_control) {
        return Err(Failure::BadRequest(
            "Credentials: Username must not hold quotes, backslashes or colons".to_owned(),
        ));
    }
    Ok(Credential {
        username,
        password: fields.text("Password", 1, 256)?,
    })
}

pub(super) async fn list_credentials(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
) -> Answer {
    let state = api.store.current();
    let names: Vec<&String> = Connector::find(&state, &id)?
        .credentials
        .iter()
        .map(|c| &c.username)
        .collect();
    ok(json!({ "Usernames": names }))
}

fn origination(body: &Bytes) -> Result<Value, Failure> {
    let fields = Fields::parse(body)?;
    let put = fields
        .get("Origination")
        .ok_or_else(|| Failure::BadRequest("Origination is required".to_owned()))?;
    let fields = Fields::of(put, "Origination")?;
    fields.flag("Disabled")?;
    for route in fields.list("Routes", 0, 20)?.into_iter().flatten() {
        let route = Fields::of(route, "Origination.Routes")?;
        let host = route.text("Host", 1, 255)?;
        if crate::sip::uri::host_port(&host).is_none() {
            return Err(Failure::BadRequest(format!(
                "Origination.Routes: Host {host} is no host name or address"
            )));
        }
        route.number("Port", 0, 65_535)?;
        if !matches!(
            route.optional_text("Protocol", 1, 8)?.as_deref(),
            None | Some("UDP" | "TCP")
        ) {
            return Err(Failure::BadRequest(
                "Origination.Routes: Protocol must be TCP or UDP".to_owned(),
            ));
        }
        route.number("Priority", 1, 99)?;
        route.number("Weight", 1, 99)?;
    }
    Ok(put.clone())
}

pub(super) async fn put_origination(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    let put = origination(&body)?;
    let answer = json!({ "Origination": put });
    change(&api, &id, |c| c.origination = Some(put)).await?;
    ok(answer)
}

pub(super) async fn fetch_origination(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
) -> Answer {
    let state = api.store.current();
    match &Connector::find(&state, &id)?.origination {
        Some(origination) => ok(json!({ "Origination": origination })),
        None => Err(Failure::NotFound("no origination settings".to_owned())),
    }
}

pub(super) async fn delete_origination(
    axum::extract::State(api): Shared,
    Path(id): Path<String>,
) -> Answer {
    change(&api, &id, |c| c.origination = None).await?;
    no_content()
}
