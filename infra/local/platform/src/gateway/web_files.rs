//! The built web client's files.

use std::path::Path;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};

/// What a page of ours may load: its own scripts, WebAssembly, its own sockets, media and documents from memory. It may also speak to the
/// address that takes the place of `{uploads}`.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; \
    script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; \
    font-src 'self' data:; \
    media-src 'self' blob: data: mediastream:; \
    worker-src 'self' blob:; \
    frame-src 'self' blob:; \
    connect-src 'self' ws://localhost:* ws://127.0.0.1:* {uploads}; \
    object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// The pages' headers, besides the policy above.
const HEADERS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    (
        "permissions-policy",
        "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
];

/// The files of a folder; a path that looks like a page and not like a file is the client's to route.
pub fn router(dir: &Path) -> Router {
    let index = dir.join("index.html");
    let files = ServeDir::new(dir)
        .precompressed_br()
        .append_index_html_on_directories(true);
    let page = ServeFile::new(&index).precompressed_br();
    let serve = move |request: Request| {
        let (files, page, built) = (files.clone(), page.clone(), index.is_file());
        async move {
            if !built {
                return not_built();
            }
            let is_page = is_page(request.uri().path());
            let served = if is_page {
                page.oneshot(request).await.map(IntoResponse::into_response)
            } else {
                files
                    .oneshot(request)
                    .await
                    .map(IntoResponse::into_response)
            };
            served.unwrap_or_else(|never| match never {})
        }
    };
    Router::new()
        .fallback(serve)
        .layer(middleware::from_fn(with_cache_header))
}

/// The policy of pages, made once.
#[derive(Debug, Clone)]
pub struct Policy(HeaderValue);

impl Policy {
    /// Pages put documents to `address`, the one of S3.
    pub fn with_uploads_to(address: &str) -> Self {
        let policy = CONTENT_SECURITY_POLICY.replace("{uploads}", address);
        // An address and a constant: always a header's value.
        Self(
            policy
                .try_into()
                .unwrap_or(HeaderValue::from_static("default-src 'self'")),
        )
    }
}

/// Adds the headers that protect a page to a response.
pub async fn with_security_headers(
    State(policy): State<Policy>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(policy.0);
    response
}

async fn with_cache_header(request: Request, next: Next) -> Response {
    let unchanging = has_content_hash(request.uri().path());
    let mut response = next.run(request).await;
    let kept = unchanging && response.status().is_success();
    let value = if kept {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    response
}

fn is_page(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    // The link of an invitation has a dot in it and is a page all the same.
    !last.contains('.') || path == "/index.html" || path.starts_with("/invitations/")
}

/// Whether a file is named after its content: `client-3f9ac01b2d4e5f60.wasm`, `snippets.9a8b7c6d5e4f.js`.
fn has_content_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split(['-', '.', '_']).skip(1).any(|part| {
        part.len() >= 8
            && part.bytes().all(|b| b.is_ascii_hexdigit())
            && part.bytes().any(|b| b.is_ascii_digit())
    })
}

fn not_built() -> Response {
    let page = "<!doctype html><meta charset=utf-8><title>Strowger</title>\
        <p>The web client is not built yet: run <code>cargo xtask web</code>, \
        or say where it is with <code>--web DIR</code>.";
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_folder::TestFolder;
    use axum::body::{Body, to_bytes};

    async fn get(router: &Router, path: &str, encoding: Option<&str>) -> (Response, String) {
        let mut request = Request::builder().uri(path);
        if let Some(encoding) = encoding {
            request = request.header("accept-encoding", encoding);
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        (
            Response::from_parts(parts, Body::empty()),
            String::from_utf8_lossy(&body).into_owned(),
        )
    }

    #[tokio::test]
    async fn a_clients_page_is_index_and_a_missing_file_is_missing() {
        let place = TestFolder::new();
        std::fs::write(place.path().join("index.html"), "the page").expect("write");
        std::fs::write(place.path().join("app-0123abcd.wasm"), "plain").expect("write");
        std::fs::write(place.path().join("app-0123abcd.wasm.br"), "small").expect("write");
        let policy = Policy::with_uploads_to("http://127.0.0.1:9000");
        let secured = middleware::from_fn_with_state(policy, with_security_headers);
        let router = router(place.path()).layer(secured);

        for page in ["/", "/calls/42", "/invitations/ot-1.secret", "/index.html"] {
            let (response, body) = get(&router, page, None).await;
            assert_eq!(
                (response.status(), body.as_str()),
                (StatusCode::OK, "the page"),
                "{page}"
            );
            assert_eq!(response.headers()["cache-control"], "no-cache");
            assert_eq!(response.headers()["content-type"], "text/html");
            assert!(
                response.headers()["content-security-policy"]
                    .to_str()
                    .expect("text")
                    .contains("wasm-unsafe-eval")
            );
            assert!(
                response.headers()["permissions-policy"]
                    .to_str()
                    .expect("text")
                    .contains("microphone=(self)")
            );
        }
        let (response, body) = get(&router, "/app-0123abcd.wasm", Some("br, gzip")).await;
        assert_eq!(
            (response.status(), body.as_str()),
            (StatusCode::OK, "small")
        );
        assert_eq!(response.headers()["content-type"], "application/wasm");
        assert_eq!(response.headers()["content-encoding"], "br");
        assert_eq!(
            response.headers()["cache-control"],
            "public, max-age=31536000, immutable"
        );
        assert_eq!(get(&router, "/app-0123abcd.wasm", None).await.1, "plain");
        assert_eq!(
            get(&router, "/missing.js", None).await.0.status(),
            StatusCode::NOT_FOUND
        );
        for outside in ["/../Cargo.toml", "/%2e%2e/secret.txt", "/..%2fsecret.txt"] {
            assert_ne!(
                get(&router, outside, None).await.0.status(),
                StatusCode::OK,
                "{outside}"
            );
        }
    }

    #[tokio::test]
    async fn without_a_built_client_the_page_says_how_to_build_it() {
        let place = TestFolder::new();
        let (response, body) = get(&router(place.path()), "/", None).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(body.contains("cargo xtask web"), "{body}");
    }
}
