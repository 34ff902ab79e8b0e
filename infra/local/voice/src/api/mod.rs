//! The REST API of `chime-sdk-voice`: the paths, shapes and errors of the service.

mod applications;
mod calls;
mod connectors;
mod fields;
mod kept;
mod numbers;
mod porting;
mod rules;

use crate::carrier::Carrier;
use crate::shell::Handle;
use crate::store::{State, Store};
use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;

/// Largest request body, in bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// Most items on a page.
const MAX_RESULTS: usize = 100;

/// What handlers need.
pub(crate) struct Api {
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) carrier: Arc<Carrier>,
    pub(crate) store: Arc<Store>,
    pub(crate) handle: Handle,
}

type Shared = axum::extract::State<Arc<Api>>;

/// All operations.
pub(crate) fn router(api: Api) -> Router {
    Router::new()
        .route(
            "/sip-media-applications",
            get(applications::list).post(applications::create),
        )
        .route(
            "/sip-media-applications/{id}",
            get(applications::fetch)
                .put(applications::update)
                .delete(applications::delete),
        )
        .route("/sip-media-applications/{id}/calls", post(calls::create))
        .route(
            "/sip-media-applications/{id}/calls/{transaction}",
            post(calls::update),
        )
        .route("/sip-rules", get(rules::list).post(rules::create))
        .route(
            "/sip-rules/{id}",
            get(rules::fetch).put(rules::update).delete(rules::delete),
        )
        .route("/phone-numbers", get(numbers::list))
        .route(
            "/phone-numbers/{id}",
            get(numbers::fetch)
                .post(numbers::update)
                .delete(numbers::delete),
        )
        .route("/phone-number-countries", get(numbers::countries))
        .route(
            "/phone-number-orders",
            get(numbers::list_orders).post(numbers::order),
        )
        .route("/phone-number-orders/{id}", get(numbers::fetch_order))
        .route("/practice/porting-orders", post(porting::open))
        .route("/practice/porting-orders/{id}", put(porting::step))
        .route("/search", get(numbers::search))
        .route(
            "/voice-connectors",
            get(connectors::list).post(connectors::create),
        )
        .route(
            "/voice-connectors/{id}",
            get(connectors::fetch)
                .put(connectors::update)
                .delete(connectors::delete),
        )
        .route(
            "/voice-connectors/{id}/termination",
            put(connectors::put_termination)
                .get(connectors::fetch_termination)
                .delete(connectors::delete_termination),
        )
        .route(
            "/voice-connectors/{id}/termination/credentials",
            post(connectors::change_credentials).get(connectors::list_credentials),
        )
        .route(
            "/voice-connectors/{id}/origination",
            put(connectors::put_origination)
                .get(connectors::fetch_origination)
                .delete(connectors::delete_origination),
        )
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Arc::new(api))
}

/// Operations that this machine does not have. Not a 5xx: trying again does not help.
async fn unknown(method: Method, uri: Uri) -> Failure {
    Failure::Forbidden(format!(
        "{method} {} is not available on this machine",
        uri.path()
    ))
}

/// The errors of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    BadRequest(String),
    Forbidden(String),
    NotFound(String),
    Conflict(String),
    LimitExceeded(String),
    Unavailable(String),
    Service(String),
}

impl Failure {
    fn parts(&self) -> (StatusCode, &'static str, &'static str, &str) {
        match self {
            Self::BadRequest(m) => (
                StatusCode::BAD_REQUEST,
                "BadRequestException",
                "BadRequest",
                m,
            ),
            Self::Forbidden(m) => (StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden", m),
            Self::NotFound(m) => (StatusCode::NOT_FOUND, "NotFoundException", "NotFound", m),
            Self::Conflict(m) => (StatusCode::CONFLICT, "ConflictException", "Conflict", m),
            Self::LimitExceeded(m) => (
                StatusCode::BAD_REQUEST,
                "ResourceLimitExceededException",
                "ResourceLimitExceeded",
                m,
            ),
            Self::Unavailable(m) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailableException",
                "ServiceUnavailable",
                m,
            ),
            Self::Service(m) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "ServiceFailureException",
                "ServiceFailure",
                m,
            ),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, kind, code, message) = self.parts();
        let body = axum::Json(json!({ "Code": code, "Message": message }));
        let request_id = uuid::Uuid::new_v4().to_string();
        (
            status,
            [
                ("x-amzn-errortype", kind),
                ("x-amzn-requestid", request_id.as_str()),
            ],
            body,
        )
            .into_response()
    }
}

/// What a handler returns: a status and a body, `Null` for none.
pub(crate) type Answer = Result<Reply, Failure>;

/// A successful answer.
pub(crate) struct Reply(StatusCode, Value);

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self.1 {
            Value::Null => self.0.into_response(),
            body => (self.0, axum::Json(body)).into_response(),
        }
    }
}

fn ok(body: Value) -> Answer {
    Ok(Reply(StatusCode::OK, body))
}

fn created(body: Value) -> Answer {
    Ok(Reply(StatusCode::CREATED, body))
}

fn accepted(body: Value) -> Answer {
    Ok(Reply(StatusCode::ACCEPTED, body))
}

fn no_content() -> Answer {
    Ok(Reply(StatusCode::NO_CONTENT, Value::Null))
}

impl Api {
    /// Changes the state, on disk when it returns.
    async fn change<T>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let failed = |error: io::Error| {
            tracing::error!(%error, "the state cannot be written");
            Failure::Service("the change could not be stored".to_owned())
        };
        self.store.change(change, failed).await
    }

    fn check_region(&self, region: &str) -> Result<(), Failure> {
        if region == self.region {
            return Ok(());
        }
        Err(Failure::BadRequest(format!(
            "AwsRegion must be {}, the only one on this machine",
            self.region
        )))
    }
}

/// One page of `items` (key and shown value, in key order) and the token of the next.
fn page(
    items: impl Iterator<Item = (String, Value)>,
    query: &fields::Query,
) -> Result<(Vec<Value>, Option<String>), Failure> {
    page_of(items, query, MAX_RESULTS)
}

/// A page of at most so many.
fn page_of(
    items: impl Iterator<Item = (String, Value)>,
    query: &fields::Query,
    most: usize,
) -> Result<(Vec<Value>, Option<String>), Failure> {
    let limit = match query.get("max-results") {
        None => MAX_RESULTS,
        Some(text) => text
            .parse()
            .ok()
            .filter(|n| (1..=most).contains(n))
            .ok_or_else(|| {
                Failure::BadRequest(format!("max-results must be between 1 and {most}"))
            })?,
    };
    let after = query.get("next-token").unwrap_or_default();
    let mut rest = items.filter(|(key, _)| key.as_str() > after);
    let (mut shown, mut last) = (Vec::new(), String::new());
    for (key, value) in rest.by_ref().take(limit) {
        last = key;
        shown.push(value);
    }
    let more = rest.next().is_some();
    Ok((shown, more.then_some(last)))
}

/// `{ name: items, NextToken }`.
fn listed(name: &str, (items, next): (Vec<Value>, Option<String>)) -> Answer {
    let mut body = json!({ name: items });
    if let Some(next) = next {
        body["NextToken"] = json!(next);
    }
    ok(body)
}
