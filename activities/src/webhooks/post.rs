//! One request to a customer's program: checked address, one attempt, no redirects, little read of the answer.
use super::address::{Allowed, BadUrl, Forbidden, read};
use bytes::Bytes;
use http::{Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use std::future::Future;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use thiserror::Error;
use tokio::time::timeout;
use tower::Service;

/// Longest wait for the answer's head, everything included (the specification: 15 to 30 s).
const LIMIT: Duration = Duration::from_secs(15);
/// Longest wait to be connected.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Longest time that is spent on reading the answer's body.
const BODY_LIMIT: Duration = Duration::from_secs(2);
/// Most bytes of an answer's body that are read: only so that the connection ends in good order.
const MAX_ANSWER: usize = 16 * 1024;
/// Most addresses of a name that are looked at.
const MAX_ADDRESSES: usize = 16;

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// The address may not be spoken to.
    #[error(transparent)]
    Url(#[from] BadUrl),
    /// The program cannot be reached.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// It did not answer in time.
    #[error("it did not answer in time")]
    TimedOut,
}

/// Posts events.
#[derive(Clone)]
pub struct Poster {
    allowed: Allowed,
    limit: Duration,
    plain: Http,
    encrypted: Http,
}

type Http = Client<HttpsConnector<HttpConnector<Guarded>>, Full<Bytes>>;

impl std::fmt::Debug for Poster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Poster")
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}

impl Poster {
    /// Speaks to the public internet and to what is allowed beyond it.
    ///
    /// # Errors
    /// If the certificates of this machine cannot be read.
    pub fn new(allowed: Allowed) -> std::io::Result<Self> {
        Self::with_limit(allowed, LIMIT)
    }

    /// The same, with another limit than [`LIMIT`].
    ///
    /// # Errors
    /// If the certificates of this machine cannot be read.
    pub fn with_limit(allowed: Allowed, limit: Duration) -> std::io::Result<Self> {
        Ok(Self {
            limit,
            plain: http(&allowed, false)?,
            encrypted: http(&allowed, true)?,
            allowed,
        })
    }

    /// What may be spoken to beyond the public internet.
    pub fn allowed(&self) -> &Allowed {
        &self.allowed
    }

    /// Posts a body once; gives the status of the answer.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> Result<u16, Problem> {
        let uri = read(url, &self.allowed)?;
        let client = match uri.scheme_str() {
            Some("https") => &self.encrypted,
            Some(_) | None => &self.plain,
        };
        let request =
            request(uri, headers, body).map_err(|error| Problem::Unreachable(error.to_string()))?;
        let answer = timeout(self.limit, client.request(request))
            .await
            .map_err(|_| Problem::TimedOut)?;
        let answer = answer.map_err(|error| Problem::Unreachable(cause(&error)))?;
        let status = answer.status().as_u16();
        // Nothing in it matters: only that it is read, if it is short and comes soon.
        let _ = timeout(
            BODY_LIMIT,
            Limited::new(answer.into_body(), MAX_ANSWER).collect(),
        )
        .await;
        Ok(status)
    }
}

fn request(
    uri: Uri,
    headers: &[(&'static str, String)],
    body: &str,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let mut request = Request::post(uri)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "Strowger-Webhooks/1");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    request.body(Full::from(Bytes::copy_from_slice(body.as_bytes())))
}

/// The innermost cause: what the system or the certificate check says.
fn cause(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect()
}

/// A client that keeps no connections: programs of customers are many, and each is spoken to now and then.
fn http(allowed: &Allowed, encrypted: bool) -> std::io::Result<Http> {
    let resolver = Guarded {
        allowed: allowed.clone(),
        encrypted,
    };
    let mut connector = HttpConnector::new_with_resolver(resolver);
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(CONNECT_LIMIT));
    connector.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new()
        .with_native_roots()?
        .https_or_http()
        .enable_http1()
        .wrap_connector(connector);
    Ok(Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build(connector))
}

/// Looks up names, and gives only addresses that may be spoken to. What it gives is what is connected to: a name that leads elsewhere
/// a moment later changes nothing.
#[derive(Debug, Clone)]
struct Guarded {
    allowed: Allowed,
    encrypted: bool,
}

/// Why a name led nowhere.
#[derive(Debug, Error)]
enum LookupError {
    #[error("its name cannot be looked up: {0}")]
    Lookup(#[from] std::io::Error),
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    #[error("its name leads nowhere")]
    Nowhere,
}

impl Service<Name> for Guarded {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = LookupError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, LookupError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LookupError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let look_up = move || (name.as_str(), 0).to_socket_addrs();
            let found = tokio::task::spawn_blocking(look_up)
                .await
                .map_err(std::io::Error::other)??;
            let mut refused = LookupError::Nowhere;
            let mut open = Vec::new();
            for address in found.take(MAX_ADDRESSES) {
                match this.allowed.check(address.ip(), this.encrypted) {
                    Ok(()) => open.push(address),
                    Err(error) => refused = error.into(),
                }
            }
            if open.is_empty() {
                Err(refused)
            } else {
                Ok(open.into_iter())
            }
        })
    }
}
