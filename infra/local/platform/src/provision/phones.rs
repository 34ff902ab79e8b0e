//! The phone side, through the Chime SDK Voice API: one SIP media application, a rule per number.

use axum::http::Method;
use serde_json::{Value, json};

use crate::aws_call::{Aws, CallError};
use crate::fail::StartError;
use crate::names::{self, REGION};
use crate::stack::{SipMediaApplication, Stack};

/// Makes the application and the rules that are not there; the application's id.
pub async fn ensure(aws: &Aws, stack: &Stack) -> Result<String, StartError> {
    try_ensure(aws, stack)
        .await
        .map_err(|error| StartError::part("Chime SDK Voice", error))
}

async fn try_ensure(aws: &Aws, stack: &Stack) -> Result<String, CallError> {
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
        let rule = json!({
            "Name": format!("practice {}", number.country),
            "TriggerType": "ToPhoneNumber",
            "TriggerValue": number.e164,
            "Disabled": false,
            "TargetApplications": [{ "SipMediaApplicationId": id, "Priority": 1, "AwsRegion": REGION }],
        });
        aws.rest(Method::POST, "/sip-rules", Some(&rule)).await?;
    }
    Ok(id)
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
