//! The phone side, through the Chime SDK Voice API: one SIP media application, a rule per number, and a Voice Connector
//! with its rule for the numbers of other carriers.

use axum::http::Method;
use serde_json::{Value, json};

use crate::aws_call::{Aws, CallError};
use crate::fail::StartError;
use crate::names::{self, REGION};
use crate::stack::{SipMediaApplication, Stack};

/// What calls come through.
#[derive(Debug, Clone)]
pub struct Phones {
    /// The SIP media application's id.
    pub media_application: String,
    /// The Voice Connector's id.
    pub connector: String,
}

/// Makes what is not there.
pub async fn ensure(aws: &Aws, stack: &Stack) -> Result<Phones, StartError> {
    try_ensure(aws, stack)
        .await
        .map_err(|error| StartError::part("Chime SDK Voice", error))
}

async fn try_ensure(aws: &Aws, stack: &Stack) -> Result<Phones, CallError> {
    let id = application(aws, &stack.sip_media_application).await?;
    let rules = aws
        .rest(Method::GET, "/sip-rules?max-results=100", None)
        .await?;
    let known: Vec<&str> = list(&rules["SipRules"])
        .filter_map(|rule| rule["TriggerValue"].as_str())
        .collect();
    for number in stack
        .phone_numbers
        .iter()
        .filter(|number| !known.contains(&number.e164.as_str()))
    {
        let name = format!("practice {}", number.country);
        make_rule(aws, &name, ("ToPhoneNumber", &number.e164), &id).await?;
    }
    let (connector, host) = connector(aws, &stack.voice_connector.name).await?;
    if !known.contains(&host.as_str()) {
        let name = &stack.voice_connector.name;
        make_rule(aws, name, ("RequestUriHostname", &host), &id).await?;
    }
    Ok(Phones {
        media_application: id,
        connector,
    })
}

async fn make_rule(
    aws: &Aws,
    name: &str,
    (trigger, value): (&str, &str),
    application: &str,
) -> Result<(), CallError> {
    let rule = json!({
        "Name": name,
        "TriggerType": trigger,
        "TriggerValue": value,
        "Disabled": false,
        "TargetApplications": [{ "SipMediaApplicationId": application, "Priority": 1, "AwsRegion": REGION }],
    });
    aws.rest(Method::POST, "/sip-rules", Some(&rule)).await?;
    Ok(())
}

/// The id and the outbound host name of the connector of this name.
async fn connector(aws: &Aws, name: &str) -> Result<(String, String), CallError> {
    let found = aws
        .rest(Method::GET, "/voice-connectors?max-results=100", None)
        .await?;
    let text =
        |connector: &Value, field: &str| connector[field].as_str().unwrap_or_default().to_owned();
    let both = |connector: &Value| {
        let id = text(connector, "VoiceConnectorId");
        (id, text(connector, "OutboundHostName"))
    };
    if let Some(connector) = list(&found["VoiceConnectors"]).find(|c| c["Name"] == name) {
        return Ok(both(connector));
    }
    let create = json!({ "AwsRegion": REGION, "Name": name, "RequireEncryption": false });
    let created = aws
        .rest(Method::POST, "/voice-connectors", Some(&create))
        .await?;
    Ok(both(&created["VoiceConnector"]))
}

async fn application(aws: &Aws, wanted: &SipMediaApplication) -> Result<String, CallError> {
    let endpoints = json!([{ "LambdaArn": names::function_arn(&wanted.function) }]);
    let found = aws
        .rest(Method::GET, "/sip-media-applications?max-results=100", None)
        .await?;
    let same_name =
        list(&found["SipMediaApplications"]).find(|application| application["Name"] == wanted.name);
    let Some(application) = same_name else {
        let create = json!({ "AwsRegion": REGION, "Name": wanted.name, "Endpoints": endpoints });
        let created = aws
            .rest(Method::POST, "/sip-media-applications", Some(&create))
            .await?;
        return Ok(id_of(&created["SipMediaApplication"]));
    };
    let id = id_of(application);
    if application["Endpoints"] != endpoints {
        let path = format!("/sip-media-applications/{id}");
        aws.rest(Method::PUT, &path, Some(&json!({ "Endpoints": endpoints })))
            .await?;
    }
    Ok(id)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn id_of(application: &Value) -> String {
    application["SipMediaApplicationId"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}
