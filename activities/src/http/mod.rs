//! The HTTP API under `/v1`: an axum router behind API Gateway.
//!
//! Every route but sign-in takes a [`Caller`](crate::people::Caller) out of the access token or the API key; what they may see is decided in one
//! place, [`access`]; every refusal is a [`Problem`](contract::api::Problem) that names what is wrong and what is allowed.

pub mod access;
mod api_keys;
mod begin;
mod body;
mod calendars;
mod caller;
mod calls;
mod cookie;
mod docs;
mod document;
mod dossiers;
mod flows;
mod groups;
mod notices;
mod numbers;
mod onboarding;
mod outline;
mod people;
mod porting;
mod problem;
mod query;
mod redrive;
mod requests;
mod session;
mod target_names;
mod targets;
mod tasks;
mod versioned;
mod webhooks;
mod whose;

pub(crate) use body::{is_device, unread};
pub use document::document;
pub use problem::Refused;

use crate::aws::Aws;
use crate::people::{Keys, Passwords};
use crate::ports::api_keys::ApiKeys;
use crate::ports::call_control::CallControl;
use crate::ports::calls::Calls;
use crate::ports::carriers::{CarrierNotices, Carriers};
use crate::ports::clock::Clock;
use crate::ports::connections::{Connections, Sockets};
use crate::ports::directory::Directory;
use crate::ports::documents::Documents;
use crate::ports::dossiers::Dossiers;
use crate::ports::emergencies::Emergencies;
use crate::ports::mailboxes::Mailboxes;
use crate::ports::meetings::Meetings;
use crate::ports::numbers::Numbers;
use crate::ports::onboardings::Onboardings;
use crate::ports::pace::Pace;
use crate::ports::porting::{Desks, Papers, Pins};
use crate::ports::requests::Requests;
use crate::ports::routings::Routings;
use crate::ports::screening::Screening;
use crate::ports::sessions::Sessions;
use crate::ports::webhooks::Webhooks;
use crate::ports::workflows::Workflows;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{delete, get, patch, post, put};
use lambda_http::request::RequestContext;
use std::sync::Arc;
use tower::ServiceExt;

/// Largest answer, in bytes: Lambda gives 6 MB back.
const ANSWER_MAX: usize = 6 * 1024 * 1024;

/// Everything the API needs of the world.
pub trait Ports:
    ApiKeys
    + Calls
    + CallControl
    + CarrierNotices
    + Carriers
    + Clock
    + Connections
    + Desks
    + Directory
    + Documents
    + Dossiers
    + Emergencies
    + Mailboxes
    + Meetings
    + Numbers
    + Papers
    + Pins
    + Onboardings
    + Pace
    + Requests
    + Routings
    + Screening
    + Sessions
    + Sockets
    + Webhooks
    + Workflows
    + 'static
{
}

impl<P> Ports for P where
    P: ApiKeys
        + Calls
        + CallControl
        + CarrierNotices
        + Carriers
        + Clock
        + Connections
        + Desks
        + Directory
        + Documents
        + Dossiers
        + Emergencies
        + Mailboxes
        + Meetings
        + Numbers
        + Papers
        + Pins
        + Onboardings
        + Pace
        + Requests
        + Routings
        + Screening
        + Sessions
        + Sockets
        + Webhooks
        + Workflows
        + 'static
{
}

/// What every request shares.
pub struct Api<P> {
    /// The world.
    pub ports: Arc<P>,
    /// What signs tokens.
    pub keys: Arc<Keys>,
    /// What checks passwords.
    pub passwords: Passwords,
}

/// [`Api`] as handlers get it.
pub(crate) type Shared<P> = Arc<Api<P>>;

/// The address that a request came from, as far as the gateway knows.
#[derive(Debug, Clone)]
pub struct Source(pub String);

/// Serves the function until its environment is taken down.
///
/// # Errors
/// What the Lambda Runtime API answers, if that cannot go on; or if the keys that sign tokens are missing.
pub async fn run(aws: Arc<Aws>) -> Result<(), lambda_runtime::Error> {
    let api = Api {
        ports: aws,
        keys: Arc::new(Keys::from_env()?),
        passwords: Passwords::default(),
    };
    let router = router(Arc::new(api));
    let service = lambda_http::service_fn(move |request: lambda_http::Request| {
        respond(router.clone(), request)
    });
    Box::pin(lambda_http::run_concurrent(service)).await
}

/// One request: whole in, whole out, as Lambda has it. What this API says is text, but for letters.
async fn respond(
    router: Router,
    request: lambda_http::Request,
) -> Result<Response<lambda_http::Body>, lambda_http::Error> {
    let (parts, body) = Box::pin(router.oneshot(request)).await?.into_parts();
    let bytes = axum::body::to_bytes(body, ANSWER_MAX).await?;
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let body = if kind.is_some_and(|kind| kind == "application/pdf") {
        lambda_http::Body::Binary(bytes.to_vec())
    } else {
        lambda_http::Body::Text(String::from_utf8(bytes.to_vec())?)
    };
    Ok(Response::from_parts(parts, body))
}

/// The API's routes. A test holds them against the document.
pub fn router<P: Ports>(api: Arc<Api<P>>) -> Router {
    Router::new()
        .route(
            "/v1/session",
            post(session::sign_in::<P>).delete(session::sign_out::<P>),
        )
        .route("/v1/session/refresh", post(session::refresh::<P>))
        .route("/v1/me", get(people::me::<P>))
        .route("/v1/people", get(people::people::<P>))
        .route(
            "/v1/calls",
            get(calls::list::<P>).post(calls::place::place::<P>),
        )
        .route("/v1/calls/{call}", get(calls::get::<P>))
        .route(
            "/v1/calls/{call}/commands",
            post(calls::command::command::<P>),
        )
        .route("/v1/calls/{call}/media", post(calls::media::media::<P>))
        .route(
            "/v1/calls/{call}/execution",
            get(calls::execution::execution::<P>),
        )
        .route(
            "/v1/api-keys",
            get(api_keys::list::<P>).post(api_keys::create::<P>),
        )
        .route("/v1/api-keys/{key}", delete(api_keys::revoke::<P>))
        .route(
            "/v1/webhooks",
            get(webhooks::list::<P>).post(webhooks::create::<P>),
        )
        .route(
            "/v1/webhooks/{webhook}",
            get(webhooks::get::<P>)
                .patch(webhooks::change::<P>)
                .delete(webhooks::remove::<P>),
        )
        .route("/v1/webhooks/{webhook}/secret", post(webhooks::rotate::<P>))
        .route("/v1/webhooks/{webhook}/test", post(webhooks::test::<P>))
        .route(
            "/v1/webhooks/{webhook}/deliveries",
            get(webhooks::deliveries::<P>),
        )
        .route(
            "/v1/webhooks/{webhook}/deliveries/{delivery}/replay",
            post(webhooks::replay::<P>),
        )
        .route(
            "/v1/dossiers",
            get(dossiers::list::<P>).post(dossiers::create::<P>),
        )
        .route(
            "/v1/dossiers/{dossier}",
            get(dossiers::get::<P>).put(dossiers::replace::<P>),
        )
        .route(
            "/v1/dossiers/{dossier}/evaluation",
            post(dossiers::evaluate::<P>),
        )
        .route("/v1/dossiers/{dossier}/submit", post(dossiers::submit::<P>))
        .route(
            "/v1/dossiers/{dossier}/views",
            get(dossiers::views::list::<P>),
        )
        .route(
            "/v1/dossiers/{dossier}/documents",
            post(dossiers::papers::announce::<P>),
        )
        .route(
            "/v1/dossiers/{dossier}/documents/{document}",
            get(dossiers::papers::read::<P>).delete(dossiers::papers::remove::<P>),
        )
        .route(
            "/v1/dossiers/{dossier}/documents/{document}/uploaded",
            post(dossiers::papers::uploaded::<P>),
        )
        .route("/v1/calendars", get(calendars::list::<P>))
        .route("/v1/requirements", get(dossiers::requirements::list::<P>))
        .route("/v1/screening-lists", get(dossiers::screening::list::<P>))
        .route(
            "/v1/screening-lists/{list}",
            put(dossiers::screening::load::<P>),
        )
        .route(
            "/v1/onboardings",
            get(onboarding::list::<P>).post(onboarding::create::<P>),
        )
        .route("/v1/onboardings/{onboarding}", get(onboarding::get::<P>))
        .route(
            "/v1/onboardings/{onboarding}/cancel",
            post(onboarding::cancel::<P>),
        )
        .route(
            "/v1/onboardings/{onboarding}/invitation",
            post(onboarding::invite_again::<P>),
        )
        .route(
            "/v1/onboardings/{onboarding}/go-live",
            post(onboarding::go_live::<P>),
        )
        .route(
            "/v1/invitations/{invitation}",
            get(onboarding::invitations::get::<P>).post(onboarding::invitations::accept::<P>),
        )
        .route("/v1/requests", get(requests::list::<P>))
        .route("/v1/requests/{request}", get(requests::get::<P>))
        .route("/v1/requests/{request}/cancel", post(requests::cancel::<P>))
        .route(
            "/v1/requests/{request}/redrive",
            post(redrive::redrive::<P>),
        )
        .route(
            "/v1/requests/{request}/comments",
            post(requests::comment::<P>),
        )
        .route(
            "/v1/requests/{request}/execution",
            get(requests::execution::<P>),
        )
        .route("/v1/tasks", get(tasks::list::<P>))
        .route(
            "/v1/tasks/{task}",
            get(tasks::get::<P>).post(tasks::complete::<P>),
        )
        .route(
            "/v1/groups",
            get(groups::list::<P>).post(groups::create::<P>),
        )
        .route(
            "/v1/groups/{group}",
            get(groups::get::<P>)
                .put(groups::replace::<P>)
                .delete(groups::remove::<P>),
        )
        .route("/v1/flows", get(flows::list::<P>).post(flows::create::<P>))
        .route(
            "/v1/flows/{flow}",
            get(flows::get::<P>)
                .put(flows::replace::<P>)
                .delete(flows::remove::<P>),
        )
        .route("/v1/targets", get(target_names::list::<P>))
        .route("/v1/numbers", get(numbers::list::<P>))
        .route(
            "/v1/numbers/available",
            get(numbers::search::available::<P>),
        )
        .route(
            "/v1/numbers/countries",
            get(numbers::search::countries::<P>),
        )
        .route("/v1/numbers/{number}", patch(numbers::assign::<P>))
        .route("/v1/numbers/{number}/release", post(numbers::release::<P>))
        .route(
            "/v1/numbers/{number}/emergency-address",
            put(numbers::emergency_address::set::<P>),
        )
        .route(
            "/v1/number-orders",
            get(numbers::orders::list::<P>).post(numbers::orders::order::<P>),
        )
        .route(
            "/v1/number-orders/{order}",
            get(numbers::orders::get::<P>).patch(numbers::orders::change::<P>),
        )
        .route(
            "/v1/number-orders/{order}/cancel",
            post(numbers::orders::cancel::<P>),
        )
        .route(
            "/v1/ports",
            get(porting::list::<P>).post(porting::draft::create::<P>),
        )
        .route(
            "/v1/ports/{port}",
            get(porting::get::<P>).patch(porting::draft::edit::<P>),
        )
        .route("/v1/ports/{port}/submit", post(porting::submit::<P>))
        .route("/v1/ports/{port}/sign", post(porting::letter::sign::<P>))
        .route(
            "/v1/ports/{port}/letter",
            post(porting::letter::upload::<P>),
        )
        .route(
            "/v1/ports/{port}/letter.pdf",
            get(porting::letter::read_letter::<P>),
        )
        .route("/v1/ports/{port}/pin", get(porting::pin::read_pin::<P>))
        .route("/v1/ports/{port}/cancel", post(porting::cancel::<P>))
        .route(
            "/v1/ports/{port}/change-date",
            post(porting::change_date::<P>),
        )
        .route("/v1/ports/{port}/snapback", post(porting::snap_back::<P>))
        .route("/v1/ports/{port}/comments", post(porting::comment::<P>))
        .route(
            "/v1/port-outs",
            get(porting::outs::list::<P>).post(porting::out_record::record::<P>),
        )
        .route(
            "/v1/port-outs/pin",
            get(porting::outs::get_pin::<P>).put(porting::outs::set_pin::<P>),
        )
        .route("/v1/port-outs/{portOut}", get(porting::outs::get::<P>))
        .route(
            "/v1/port-outs/{portOut}/authorise",
            post(porting::outs::authorise::<P>),
        )
        .route(
            "/v1/port-outs/{portOut}/reject",
            post(porting::outs::reject::<P>),
        )
        .route(
            "/v1/port-outs/{portOut}/standing",
            post(porting::outs::stands::<P>),
        )
        .route(
            "/v1/port-outs/{portOut}/snapback",
            post(porting::outs::snap_back::<P>),
        )
        .route("/v1/carriers/telnyx/notices", post(notices::telnyx::<P>))
        .route("/openapi.json", get(document::serve))
        .route("/docs", get(docs::serve))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn(guard))
        .with_state(api)
}

async fn no_such_route(uri: Uri) -> Refused {
    Refused::no_such_route(uri.path())
}

async fn no_such_method(method: Method, uri: Uri) -> Refused {
    Refused::no_such_method(&method, uri.path())
}

/// Notes where a request came from, and puts on each answer what keeps it out of caches, frames and guesses.
async fn guard(mut request: Request, next: Next) -> Response {
    if let Some(RequestContext::ApiGatewayV2(context)) =
        request.extensions().get::<RequestContext>()
        && let Some(source) = context.http.source_ip.clone()
    {
        request.extensions_mut().insert(Source(source));
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
    response
}

#[cfg(test)]
mod tests;
