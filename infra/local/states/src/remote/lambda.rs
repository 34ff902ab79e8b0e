//! Lambda by its own API. Source: Lambda API reference, "Invoke".

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request};

use super::{Answer, Client, SendError, Services, Target};
use crate::engine::{Invocation, InvokeError, Invoked, Lambda};

/// Longest wait for an answer: a function runs for 900 seconds at most.
const LIMIT: Duration = Duration::from_secs(905);

/// Functions behind an endpoint that speaks Lambda's API.
#[derive(Debug)]
pub struct RemoteLambda {
    services: Services,
    region: String,
    client: Client,
}

impl RemoteLambda {
    /// Asks where `services` says that `lambda` is.
    pub fn new(services: Services, region: impl Into<String>) -> Self {
        Self {
            services,
            region: region.into(),
            client: Client::default(),
        }
    }
}

#[async_trait]
impl Lambda for RemoteLambda {
    async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        let invocation = Invocation::new(function, payload);
        Ok(self.invoke_with(invocation).await?.payload)
    }

    fn takes_events(&self) -> bool {
        true
    }

    async fn invoke_with(&self, invocation: Invocation) -> Result<Invoked, InvokeError> {
        let request = request(invocation).map_err(|e| InvokeError::Service(e.to_string()))?;
        let target = Target {
            id: "lambda",
            prefix: "lambda",
            signing: "lambda",
            region: &self.region,
        };
        let sent = self.services.send(&self.client, &target, request, LIMIT);
        match sent.await {
            Ok(answer) => read(answer),
            Err(SendError::Late(_)) => Err(InvokeError::Timeout),
            Err(SendError::Socket(why)) => Err(InvokeError::Unreachable(why)),
            Err(error @ SendError::TooLarge(_)) => Err(InvokeError::Service(error.to_string())),
        }
    }
}

fn request(invocation: Invocation) -> Result<Request<Bytes>, http::Error> {
    let mut path = format!(
        "/2015-03-31/functions/{}/invocations",
        encoded(&invocation.function)
    );
    if let Some(qualifier) = &invocation.qualifier {
        path.push_str("?Qualifier=");
        path.push_str(&encoded(qualifier));
    }
    let mut request = Request::post(path)
        .header("content-type", "application/json")
        .header("x-amz-invocation-type", invocation.kind.as_str());
    if invocation.log_tail {
        request = request.header("x-amz-log-type", "Tail");
    }
    if let Some(context) = &invocation.client_context {
        request = request.header("x-amz-client-context", context);
    }
    request.body(invocation.payload)
}

fn read(answer: Answer) -> Result<Invoked, InvokeError> {
    if answer.headers.contains_key("x-amz-function-error") {
        return Err(InvokeError::Failed(answer.body));
    }
    match answer.status {
        200..=299 => Ok(Invoked {
            status: answer.status,
            executed_version: header(&answer.headers, "x-amz-executed-version"),
            log_result: header(&answer.headers, "x-amz-log-result"),
            request_id: header(&answer.headers, "x-amzn-requestid"),
            payload: answer.body,
        }),
        404 => Err(InvokeError::NotFound),
        429 => Err(InvokeError::Throttled),
        status => Err(InvokeError::Refused {
            status,
            name: error_name(&answer),
            message: message(&answer.body),
        }),
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// The error's name: a header says it, or the body.
fn error_name(answer: &Answer) -> String {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let named = header(&answer.headers, "x-amzn-errortype");
    let named = named.or_else(|| body["__type"].as_str().map(str::to_owned));
    let named = named.unwrap_or_else(|| "ServiceException".to_owned());
    let named = named.split(':').next().unwrap_or_default();
    named.rsplit('#').next().unwrap_or_default().to_owned()
}

fn message(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let text = body["Message"].as_str().or(body["message"].as_str());
    text.unwrap_or_default().to_owned()
}

/// Percent-encodes one segment of a path.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
