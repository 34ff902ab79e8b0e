//! What an HTTP task sends and gets, for `inspectionLevel` `TRACE`.
//!
//! Source: developer guide, "Using TRACE inspectionLevel"; API reference, `revealSecrets`: what the connection adds is a secret.

use serde_json::{Value, json};

use crate::core::Identity;
use crate::core::trial::Outcome;
use crate::engine::Inner;
use crate::integration::{About, Answer, Call, HttpAnswer, HttpCall, Resource};
use crate::json::Json;

/// `request` and `response` of `inspectionData`.
#[derive(Debug, Default)]
pub(super) struct Traced {
    pub(super) request: Option<Value>,
    pub(super) response: Option<Value>,
}

/// Sends the request of an HTTP task. `revealed`: with what the connection adds.
pub(super) async fn sent(
    inner: &Inner,
    resource: &Resource,
    identity: &Identity,
    arguments: &Json,
    revealed: bool,
) -> (Outcome, Traced) {
    let key = crate::unique::name();
    let about = About {
        execution_arn: &identity.arn,
        machine_arn: &identity.machine_arn,
        region: &inner.config.region,
        account: &inner.config.account,
        key: &key,
    };
    let failed = |error: crate::integration::TaskError| Err((error.error, Some(error.cause)));
    let call = match resource.integration.call(resource, arguments, &about) {
        Ok(Call::Http(call)) => call,
        Ok(_other) => return (Err(("States.Runtime".to_owned(), None)), Traced::default()),
        Err(error) => return (failed(error), Traced::default()),
    };
    let own = call.clone();
    let (whole, answer) = inner.exchange(call).await;
    let traced = Traced {
        request: Some(request(if revealed { &whole } else { &own })),
        response: answer
            .as_ref()
            .ok()
            .map(|answer| response(answer, &whole.url)),
    };
    let result = resource
        .integration
        .result(resource, Answer::Http(answer), &about);
    (result.or_else(failed), traced)
}

fn request(call: &HttpCall) -> Value {
    let mut url = call.url.clone();
    for (name, value) in &call.query {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&format!("{name}={value}"));
    }
    // What could not be written was not sent either.
    let (shown, body) = match call.written() {
        Ok(written) => (written.headers, written.body),
        Err(_why) => (call.headers.clone(), None),
    };
    let mut told = json!({
        "protocol": protocol(&call.url),
        "method": call.method,
        "url": url,
        "headers": headers(&shown),
    });
    if let Some(body) = body {
        told["body"] = json!(body);
    }
    told
}

fn response(answer: &HttpAnswer, url: &str) -> Value {
    json!({
        "protocol": protocol(url),
        "statusCode": answer.status.to_string(),
        "statusMessage": answer.reason,
        "headers": headers(&answer.headers),
        "body": answer.body,
    })
}

fn protocol(url: &str) -> &str {
    url.split("://").next().unwrap_or_default()
}

fn headers(headers: &[(String, String)]) -> String {
    let told: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    format!("[{}]", told.join(", "))
}
