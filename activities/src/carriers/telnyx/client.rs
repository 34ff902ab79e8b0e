//! Requests to Telnyx: one client with its key, limits of time and size, and errors in Telnyx's words.
//! <https://developers.telnyx.com/development/api-fundamentals>
use crate::ports::Unavailable;
use crate::ports::carriers::{CarrierError, MAX_REASONS, Reason, Refusal};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout, timeout_at};

const SERVICE: &str = "Telnyx";
/// Longest that one request may take, all tries together: no function that makes it has less than 10 s.
const LIMIT: Duration = Duration::from_secs(8);
/// Longest that one try may take.
const TRY_LIMIT: Duration = Duration::from_secs(5);
/// Longest wait to be connected.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// Most tries of one request.
const MAX_TRIES: u32 = 3;
/// The first wait between tries that nobody named; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// Largest answer, in bytes: a document.
const MAX_ANSWER: usize = 32 * 1024 * 1024;
/// What a 429 without `Retry-After` counts as, in seconds.
const USUAL_RETRY_AFTER_S: u64 = 1;
/// Rows asked for in one page of a list (Telnyx gives at most 250).
const PAGE_SIZE: usize = 250;
/// Most pages of a list that are read.
const MAX_PAGES: usize = 40;

/// A client of Telnyx's API.
#[derive(Clone)]
pub struct Client {
    http: Http<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    authorization: String,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// `{"data": ..}`.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Data<T> {
    /// What was asked for.
    pub data: T,
}

/// A page of a list.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Listed<T> {
    /// Its rows.
    pub data: Vec<T>,
    /// Where it is in the list.
    #[serde(default)]
    pub meta: Meta,
}

/// Where a page is in its list.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
pub struct Meta {
    /// How many pages there are.
    #[serde(default)]
    pub total_pages: usize,
}

impl Client {
    /// A client for the API at `endpoint`, such as `https://api.telnyx.com` (with or without `/v2`).
    ///
    /// # Errors
    /// If the certificates of this machine cannot be read.
    pub fn new(endpoint: &str, key: &str) -> std::io::Result<Self> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(CONNECT_LIMIT));
        connector.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let endpoint = endpoint.trim_end_matches('/');
        Ok(Self {
            http: Http::builder(TokioExecutor::new())
                .pool_max_idle_per_host(8)
                .build(connector),
            base: format!("{}/v2", endpoint.strip_suffix("/v2").unwrap_or(endpoint)),
            authorization: format!("Bearer {key}"),
        })
    }

    /// Asks for something. `path` begins with a slash and is escaped; names of the query are as Telnyx writes them
    /// (`filter[country_code]`).
    ///
    /// # Errors
    /// [`CarrierError`]; nothing was changed.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, CarrierError> {
        let path = if query.is_empty() {
            path.to_owned()
        } else {
            let mut pairs = form_urlencoded::Serializer::new(String::new());
            format!("{path}?{}", pairs.extend_pairs(query).finish())
        };
        read(&self.send(Method::GET, &path, None).await?)
    }

    /// Every row of a list, at most 10,000.
    ///
    /// # Errors
    /// [`CarrierError`]; nothing was changed.
    pub async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, CarrierError> {
        let mut rows = Vec::new();
        let size = PAGE_SIZE.to_string();
        for page in 1..=MAX_PAGES {
            let number = page.to_string();
            let mut query = query.to_vec();
            query.push(("page[size]", &size));
            query.push(("page[number]", &number));
            let mut listed: Listed<T> = self.get(path, &query).await?;
            let ends = listed.data.is_empty() || page >= listed.meta.total_pages;
            rows.append(&mut listed.data);
            if ends {
                break;
            }
        }
        Ok(rows)
    }

    /// The bytes at a path: a document.
    ///
    /// # Errors
    /// [`CarrierError`]; nothing was changed.
    pub async fn bytes(&self, path: &str) -> Result<Bytes, CarrierError> {
        self.send(Method::GET, path, None).await
    }

    /// Makes something. Sent once: after [`CarrierError::Unknown`] whoever calls looks for it.
    ///
    /// # Errors
    /// [`CarrierError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CarrierError> {
        read(&self.send(Method::POST, path, Some(json(body)?)).await?)
    }

    /// Changes something; sent again it changes nothing more.
    ///
    /// # Errors
    /// [`CarrierError`].
    pub async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CarrierError> {
        read(&self.send(Method::PATCH, path, Some(json(body)?)).await?)
    }

    /// Takes something away; sent again it changes nothing more.
    ///
    /// # Errors
    /// [`CarrierError`]; [`CarrierError::NotFound`] if it is gone already.
    pub async fn delete(&self, path: &str) -> Result<(), CarrierError> {
        self.send(Method::DELETE, path, None).await.map(drop)
    }

    /// One request. Tried again while Telnyx says it takes no more (429), and, unless it makes something, when no answer came.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Bytes>,
    ) -> Result<Bytes, CarrierError> {
        let until = Instant::now() + LIMIT;
        let (mut tries, mut wait) = (1, FIRST_WAIT);
        loop {
            let attempt = self.attempt(&method, path, body.clone());
            let error = match timeout_at(until, timeout(TRY_LIMIT, attempt)).await {
                Ok(Ok(Ok(bytes))) => return Ok(bytes),
                Ok(Ok(Err(error))) => error,
                Ok(Err(_)) | Err(_) => {
                    CarrierError::Unknown(Unavailable::new(SERVICE, "no answer came in time"))
                }
            };
            let pause = match &error {
                CarrierError::Busy { retry_after_s } => Duration::from_secs(*retry_after_s),
                CarrierError::Unknown(_) if method != Method::POST => wait,
                CarrierError::Unknown(_) | CarrierError::Refused(_) | CarrierError::NotFound(_) => {
                    return Err(error);
                }
            };
            if tries >= MAX_TRIES || Instant::now() + pause >= until {
                return Err(error);
            }
            sleep(pause).await;
            (tries, wait) = (tries + 1, wait * 2);
        }
    }

    async fn attempt(
        &self,
        method: &Method,
        path: &str,
        body: Option<Bytes>,
    ) -> Result<Bytes, CarrierError> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, &self.authorization)
            .header(
                header::USER_AGENT,
                concat!("strowger/", env!("CARGO_PKG_VERSION")),
            );
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request
            .body(Full::new(body.unwrap_or_default()))
            .map_err(|error| not_sent(&error))?;
        let answer = self.http.request(request).await.map_err(|error| {
            // Nobody was reached, so nothing was done; whoever asks again is safe.
            if error.is_connect() {
                CarrierError::Busy {
                    retry_after_s: USUAL_RETRY_AFTER_S,
                }
            } else {
                unknown(error)
            }
        })?;
        let (parts, body) = answer.into_parts();
        let bytes = Limited::new(body, MAX_ANSWER)
            .collect()
            .await
            .map_err(unknown)?
            .to_bytes();
        settle(parts.status, &parts.headers, bytes)
    }
}

/// What an answer says.
fn settle(status: StatusCode, headers: &HeaderMap, bytes: Bytes) -> Result<Bytes, CarrierError> {
    if status.is_success() {
        return Ok(bytes);
    }
    let refusal = refusal(status, &bytes);
    Err(match status {
        StatusCode::TOO_MANY_REQUESTS => CarrierError::Busy {
            retry_after_s: headers
                .get(header::RETRY_AFTER)
                .and_then(|value| value.to_str().ok()?.trim().parse().ok())
                .unwrap_or(USUAL_RETRY_AFTER_S),
        },
        StatusCode::NOT_FOUND => CarrierError::NotFound(refusal),
        status if status.is_client_error() => CarrierError::Refused(refusal),
        // 501 says that there is no such thing, the other 5xx that something broke on the way.
        StatusCode::NOT_IMPLEMENTED => CarrierError::Refused(refusal),
        status => CarrierError::Unknown(Unavailable::new(SERVICE, format!("{status}: {refusal}"))),
    })
}

/// `{"errors": [{"code", "title", "detail", "source": {"pointer" | "parameter"}}]}`.
fn refusal(status: StatusCode, bytes: &[u8]) -> Refusal {
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut reasons: Vec<Reason> = body["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .take(MAX_REASONS)
        .map(|error| Reason {
            code: text(&error["code"]),
            title: text(&error["title"]),
            detail: text(&error["detail"]),
            source: error["source"]["pointer"]
                .as_str()
                .or_else(|| error["source"]["parameter"].as_str())
                .map(str::to_owned),
        })
        .collect();
    if reasons.is_empty() {
        reasons.push(Reason {
            code: status.as_u16().to_string(),
            title: status.canonical_reason().unwrap_or("an error").to_owned(),
            detail: String::new(),
            source: None,
        });
    }
    Refusal {
        status: status.as_u16(),
        reasons,
    }
}

fn json(body: &impl Serialize) -> Result<Bytes, CarrierError> {
    serde_json::to_vec(body)
        .map(Bytes::from)
        .map_err(|error| not_sent(&error))
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CarrierError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut json).map_err(unknown)
}

/// Something that is not among what Telnyx has of ours.
pub(super) fn not_found(detail: String) -> CarrierError {
    CarrierError::NotFound(Refusal {
        status: StatusCode::NOT_FOUND.as_u16(),
        reasons: vec![Reason {
            code: "10005".to_owned(),
            title: "Resource not found".to_owned(),
            detail,
            source: None,
        }],
    })
}

/// It could not even be written down: nothing was done.
fn not_sent(error: &dyn std::error::Error) -> CarrierError {
    CarrierError::Refused(Refusal {
        status: 0,
        reasons: vec![Reason {
            code: "not-sent".to_owned(),
            title: "the request could not be made".to_owned(),
            detail: error.to_string(),
            source: None,
        }],
    })
}

fn unknown(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> CarrierError {
    CarrierError::Unknown(Unavailable::new(SERVICE, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> CarrierError {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let status = StatusCode::from_u16(status).unwrap();
        settle(status, &headers, Bytes::copy_from_slice(body.as_bytes())).unwrap_err()
    }

    #[test]
    fn a_refusal_keeps_code_detail_and_field() {
        let body = r#"{"errors":[{"code":"10015","title":"Bad Request","detail":"no such country","source":{"parameter":"filter[country_code]"}},
            {"code":"10004","title":"Missing required parameter","source":{"pointer":"/phone_numbers"}}]}"#;
        let CarrierError::Refused(refusal) = settled(422, &[], body) else {
            panic!("not refused");
        };
        assert_eq!(refusal.status, 422);
        let words = "no such country (10015, filter[country_code]); Missing required parameter (10004, /phone_numbers)";
        assert_eq!(refusal.to_string(), words);
    }

    #[test]
    fn a_limit_says_when_and_a_broken_answer_says_nothing_of_what_was_done() {
        assert!(matches!(
            settled(429, &[("retry-after", "7")], "{}"),
            CarrierError::Busy { retry_after_s: 7 }
        ));
        assert!(matches!(
            settled(429, &[("retry-after", "soon")], "{}"),
            CarrierError::Busy { retry_after_s: 1 }
        ));
        assert!(matches!(
            settled(404, &[], "<html>"),
            CarrierError::NotFound(_)
        ));
        for status in [500, 502, 503, 504] {
            assert!(matches!(
                settled(status, &[], "<html>"),
                CarrierError::Unknown(_)
            ));
        }
    }
}
