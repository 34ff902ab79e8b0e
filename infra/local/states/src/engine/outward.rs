//! Calls that leave the machine: services of AWS, and addresses that tasks name.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};

use super::Inner;
use crate::integration::{
    Authority, HttpAnswer, HttpCall, HttpFailure, ServiceAnswer, ServiceCall,
};
use crate::remote::{SendError, Target};

/// Longest wait for a service or an address (guide: an HTTP Task times out after 60 seconds).
const LIMIT: Duration = Duration::from_secs(60);
/// APIs of API Gateway, in signatures.
const API: &str = "execute-api";

impl Inner {
    /// Asks a service. The error is why it was not reached.
    pub(super) async fn ask(&self, call: ServiceCall) -> Result<ServiceAnswer, String> {
        let service = call.service;
        let mut request = Request::builder().method(call.method).uri(&call.path);
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        let request = request
            .body(Bytes::from(call.body))
            .map_err(|error| error.to_string())?;
        let target = Target {
            id: service.id,
            prefix: service.host,
            signing: service.signing,
            region: &self.config.region,
        };
        let sent = self
            .config
            .services
            .send(&self.client, &target, request, LIMIT);
        let answer = sent.await.map_err(|error| error.to_string())?;
        Ok(ServiceAnswer {
            status: answer.status,
            headers: listed(&answer.headers),
            body: String::from_utf8_lossy(&answer.body).into_owned(),
        })
    }

    /// Sends the request of a task to the address that it names, with its authorization.
    pub(super) async fn send(&self, call: HttpCall) -> Result<HttpAnswer, HttpFailure> {
        self.exchange(call).await.1
    }

    /// As [`Inner::send`]; gives what was sent as well.
    pub(crate) async fn exchange(
        &self,
        mut call: HttpCall,
    ) -> (HttpCall, Result<HttpAnswer, HttpFailure>) {
        let mut sent = None;
        if let Authority::Connection(arn) = call.authority.clone() {
            let connections = &self.config.connections;
            let authorized = self
                .connections
                .authorize(connections, &self.client, &arn, &mut call);
            match authorized.await {
                Ok(token) => sent = token,
                Err(failure) => return (call, Err(failure)),
            }
        }
        let answer = self.send_authorized(&call).await;
        // EventBridge user guide, "Authorization methods for connections": a token is fetched anew after these.
        if let (
            Ok(HttpAnswer {
                status: 401 | 407, ..
            }),
            Some(sent),
        ) = (&answer, sent)
        {
            self.connections.forget(&sent);
        }
        (call, answer)
    }

    async fn send_authorized(&self, call: &HttpCall) -> Result<HttpAnswer, HttpFailure> {
        let written = call.written().map_err(HttpFailure::Unusable)?;
        let mut url = call.url.clone();
        for (name, value) in &call.query {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!(
                "{}={}",
                crate::remote::encoded(name),
                crate::remote::encoded(value)
            ));
        }
        let mut request = Request::builder().method(call.method.as_str()).uri(&url);
        for (name, value) in &written.headers {
            request = request.header(name, value);
        }
        let mut request = request
            .body(Bytes::from(written.body.unwrap_or_default()))
            .map_err(|error| {
                HttpFailure::Unusable(format!("The request cannot be sent: {error}"))
            })?;
        if let Authority::Keys { region } = &call.authority {
            let target = Target {
                id: API,
                prefix: API,
                signing: API,
                region,
            };
            let signed = self.config.services.sign(&mut request, &target);
            signed.map_err(failure)?;
        }
        let answer = self.client.send(request, LIMIT, call.most_bytes).await;
        let answer = answer.map_err(failure)?;
        let body = match (String::from_utf8(answer.body.to_vec()), &call.authority) {
            (Ok(body), _) => body,
            (Err(_), Authority::Connection(_)) => {
                return Err(HttpFailure::Unusable(
                    "The answer is not text in UTF-8".to_owned(),
                ));
            }
            // The status of an API counts, whatever its body is.
            (Err(error), Authority::Nobody | Authority::Keys { .. }) => {
                String::from_utf8_lossy(error.as_bytes()).into_owned()
            }
        };
        let reason = StatusCode::from_u16(answer.status).ok();
        Ok(HttpAnswer {
            status: answer.status,
            reason: reason
                .and_then(|status| status.canonical_reason())
                .unwrap_or_default()
                .to_owned(),
            headers: listed(&answer.headers),
            body,
        })
    }
}

fn failure(error: SendError) -> HttpFailure {
    match error {
        SendError::Socket(_) | SendError::Late(_) => HttpFailure::Socket(error.to_string()),
        SendError::TooLarge(_) => HttpFailure::Unusable(error.to_string()),
    }
}

fn listed(headers: &HeaderMap) -> Vec<(String, String)> {
    let told = headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    told.collect()
}
