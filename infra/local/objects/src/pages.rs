//! Which web pages may ask: as a bucket's CORS rules say it, and a little stricter.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Duration;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// How long a browser may remember a preflight's answer.
const PREFLIGHT_AGE: Duration = Duration::from_secs(600);

/// Lets pages of these origins put and get, and read the checksum of what they put.
pub(crate) fn cross_origin(origins: &[HeaderValue]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_methods([Method::GET, Method::HEAD, Method::PUT])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            header::ETAG,
            HeaderName::from_static("x-amz-checksum-sha256"),
        ])
        .max_age(PREFLIGHT_AGE)
}

/// Refuses what a page of another site sends: S3 would do what it asks and only hide the answer.
pub(crate) async fn known_pages_only(
    State(origins): State<Vec<HeaderValue>>,
    request: Request,
    next: Next,
) -> Response {
    let origin = request.headers().get(header::ORIGIN);
    if origin.is_some_and(|origin| !origins.contains(origin)) {
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessForbidden</Code>\
            <Message>CORSResponse: this origin is not allowed</Message></Error>";
        return (
            StatusCode::FORBIDDEN,
            [(header::CONTENT_TYPE, "application/xml")],
            body,
        )
            .into_response();
    }
    next.run(request).await
}
