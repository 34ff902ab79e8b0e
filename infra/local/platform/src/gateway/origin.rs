//! Who may ask: checks of `Origin` and `Host` against web pages of other sites, and of what customers' webhooks have us post.

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::net::SocketAddr;

/// What each of our own posts to a customer's webhook carries: <https://www.standardwebhooks.com>. On the laptop a webhook may lead to the
/// loopback address, so such a post comes from this very machine and means its customer.
const WEBHOOK_SIGNATURE: &str = "webhook-signature";

/// Refuses what a browser could send to the AWS APIs: anything with an `Origin`, and any `Host` that is not this
/// machine's own (a name that an attacker's DNS points here, DNS rebinding). What a webhook has us post is refused, too.
pub async fn own_programs_only(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if is_of_a_webhook(headers) {
        return no_webhooks();
    }
    if headers.contains_key(header::ORIGIN) {
        return refused(
            "requests with an Origin header are refused: the AWS APIs are not for web pages",
        );
    }
    if !is_loopback_host(headers) {
        return refused("the Host header must be localhost or the loopback address");
    }
    next.run(request).await
}

/// Lets only programs and browsers of this machine in, at pages of this very site: what it guards has no sign-in. What a webhook has us post
/// is refused.
///
/// The address that a request comes from must be there ([`ConnectInfo`]); a request without one is refused.
pub async fn this_machine_only(request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if !peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback()) {
        return refused("only this machine itself may ask this");
    }
    if is_of_a_webhook(request.headers()) {
        return no_webhooks();
    }
    if !is_loopback_host(request.headers()) {
        return refused("the Host header must be localhost or the loopback address");
    }
    if !is_same_site(request.headers()) {
        return refused("the Origin header names another site");
    }
    next.run(request).await
}

fn refused(message: &str) -> Response {
    let body = json!({ "__type": "AccessDeniedException", "message": message, "Message": message });
    (
        StatusCode::FORBIDDEN,
        [("x-amzn-errortype", "AccessDeniedException")],
        axum::Json(body),
    )
        .into_response()
}

fn is_of_a_webhook(headers: &HeaderMap) -> bool {
    headers.contains_key(WEBHOOK_SIGNATURE)
}

fn no_webhooks() -> Response {
    refused("deliveries of webhooks are refused: this is for programs of this machine")
}

fn is_loopback_host(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    is_loopback(split_port(host).0)
}

/// Whether a request comes from a page of this very site, or from no page at all.
///
/// The names of the loopback address are one site: a page from `localhost` may ask `127.0.0.1`, on the same port.
pub fn is_same_site(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let site = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
        .map(|(_, site)| site);
    let (Some(site), Some(host)) = (site, host) else {
        return false;
    };
    let ((site_name, site_port), (host_name, host_port)) = (split_port(site), split_port(host));
    site.eq_ignore_ascii_case(host)
        || site_port == host_port && is_loopback(site_name) && is_loopback(host_name)
}

/// Answers 403 to what a page of another site asks: for WebSockets, which browsers let any page open.
pub async fn same_site_only(request: Request, next: Next) -> Response {
    if is_same_site(request.headers()) {
        next.run(request).await
    } else {
        refused("the Origin header names another site")
    }
}

fn split_port(authority: &str) -> (&str, &str) {
    let name_end = authority.rfind(']').map_or(0, |at| at + 1);
    match authority[name_end..].find(':') {
        Some(colon) => (
            &authority[..name_end + colon],
            &authority[name_end + colon + 1..],
        ),
        None => (authority, ""),
    }
}

fn is_loopback(name: &str) -> bool {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request as HttpRequest;
    use axum::{Router, middleware};
    use tower::ServiceExt;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().expect("a header")))
            .collect()
    }

    #[test]
    fn only_this_machines_own_names_are_its_host() {
        for (host, own) in [
            ("127.0.0.1:4566", true),
            ("localhost:4566", true),
            ("LOCALHOST", true),
            ("[::1]:4566", true),
            ("127.0.0.1.evil.example:4566", false),
            ("evil.example", false),
            ("", false),
            ("192.168.1.7:4566", false),
        ] {
            assert_eq!(
                is_loopback_host(&headers(&[(header::HOST, host)])),
                own,
                "{host}"
            );
        }
    }

    #[test]
    fn a_page_of_another_site_is_recognised() {
        for (origin, same) in [
            ("http://localhost:8080", true),
            ("https://localhost:8080", true),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080", true),
            ("http://localhost:8081", false),
            ("http://127.0.0.1:9", false),
            ("http://evil.example", false),
            ("null", false),
        ] {
            let asked = headers(&[(header::HOST, "localhost:8080"), (header::ORIGIN, origin)]);
            assert_eq!(is_same_site(&asked), same, "{origin}");
        }
        assert!(is_same_site(&headers(&[(header::HOST, "localhost:8080")])));
    }

    /// A customer's webhook may lead here: the donor's answer and the functions are not the customer's to ask for.
    #[tokio::test]
    async fn what_a_webhook_has_us_post_is_refused() {
        let desk = || -> Router { Router::new().fallback(|| async { "done" }) };
        for (guard, guarded) in [
            ("AWS", desk().layer(middleware::from_fn(own_programs_only))),
            ("desk", desk().layer(middleware::from_fn(this_machine_only))),
        ] {
            for (signature, status) in [
                (None, StatusCode::OK),
                (Some("v1,c2lnbmVk"), StatusCode::FORBIDDEN),
            ] {
                let peer = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4000)));
                let mut request = HttpRequest::post("/practice/ports/p-1/accept")
                    .header(header::HOST, "127.0.0.1:8080")
                    .extension(peer);
                if let Some(signature) = signature {
                    request = request.header("webhook-signature", signature);
                }
                let request = request.body(Body::empty()).expect("a request");
                let response = guarded.clone().oneshot(request).await;
                let response = response.expect("infallible");
                assert_eq!(response.status(), status, "{guard}: {signature:?}");
            }
        }
    }
}
