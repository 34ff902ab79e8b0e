//! One HTTP client for everything that the engine calls. Connections are kept; TLS is set up when an address first needs it.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

/// Most idle connections kept for one host.
const MAX_IDLE_PER_HOST: usize = 64;
/// An idle connection is closed after so long.
const IDLE: Duration = Duration::from_secs(20);

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// Headers.
    pub(crate) headers: HeaderMap,
    /// The body, whole.
    pub(crate) body: Bytes,
}

/// Nothing usable was answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// No connection, or it broke. The text is for people.
    #[error("Unable to execute HTTP request: {0}")]
    Socket(String),
    /// Not answered in time.
    #[error("Unable to execute HTTP request: no answer within {0} seconds")]
    Late(u64),
    /// The answer is larger than allowed.
    #[error("The answer has more than {0} bytes")]
    TooLarge(usize),
}

type Plain = Hyper<HttpConnector, Full<Bytes>>;
type Secure = Hyper<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// The client.
#[derive(Debug, Default)]
pub(crate) struct Client {
    plain: OnceLock<Plain>,
    secure: OnceLock<Result<Secure, String>>,
}

impl Client {
    /// Sends a request and reads its answer, both within `limit`, at most `most_bytes` of body.
    pub(crate) async fn send(
        &self,
        request: Request<Bytes>,
        limit: Duration,
        most_bytes: usize,
    ) -> Result<Answer, SendError> {
        match tokio::time::timeout(limit, self.exchange(request, most_bytes)).await {
            Ok(answered) => answered,
            Err(_late) => Err(SendError::Late(limit.as_secs())),
        }
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
        most_bytes: usize,
    ) -> Result<Answer, SendError> {
        let request = request.map(Full::new);
        let sent = if request.uri().scheme_str() == Some("https") {
            let client = self.secure.get_or_init(secure).as_ref();
            let client = client.map_err(|why| SendError::Socket(why.clone()))?;
            client.request(request).await
        } else {
            self.plain.get_or_init(plain).request(request).await
        };
        let (head, body) = sent
            .map_err(|error| SendError::Socket(told(&error)))?
            .into_parts();
        let body = match Limited::new(body, most_bytes).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                return Err(SendError::TooLarge(most_bytes));
            }
            Err(error) => return Err(SendError::Socket(told(&*error))),
        };
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    }
}

fn plain() -> Plain {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    built(connector)
}

fn secure() -> Result<Secure, String> {
    let roots = HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|error| format!("the certificates of this machine cannot be read: {error}"))?;
    Ok(built(roots.https_only().enable_http1().build()))
}

fn built<C>(connector: C) -> Hyper<C, Full<Bytes>>
where
    C: hyper_util::client::legacy::connect::Connect + Clone,
{
    Hyper::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MAX_IDLE_PER_HOST)
        .build(connector)
}

/// An error and what caused it, in one line.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
