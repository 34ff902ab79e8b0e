//! Sends notices.

use crate::sign::Signer;
use axum::http::{Request, header};
use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::time::Duration;

/// Longest wait for an answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Sends notices over HTTP and HTTPS.
#[derive(Debug)]
pub(crate) struct Sender {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Sender {
    /// # Errors
    /// When this machine's certificates cannot be read.
    pub(crate) fn new() -> std::io::Result<Self> {
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()?
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(4)
            .build(connector);
        Ok(Self { client })
    }

    /// Sends one; whether the receiver took it, with a status of the 200s.
    pub(crate) async fn send(&self, signer: &Signer, url: &str, body: String) -> bool {
        let timestamp_s = jiff::Timestamp::now().as_second();
        let request = Request::post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "telnyx-webhooks")
            .header("telnyx-timestamp", timestamp_s.to_string())
            .header("telnyx-signature-ed25519", signer.sign(timestamp_s, &body))
            .body(Full::new(Bytes::from(body)));
        let Ok(request) = request else { return false };
        match tokio::time::timeout(LIMIT, self.client.request(request)).await {
            Ok(Ok(answer)) => answer.status().is_success(),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a notice was not taken");
                false
            }
            Err(_) => false,
        }
    }
}
