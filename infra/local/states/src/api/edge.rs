//! The edge: what of HTTP is taken at all, before any operation is looked at.
//!
//! Credentials are not checked, so the only protection of a server on loopback is who can reach it. A page in a browser
//! can: through its `Origin`, or by a name of its own that resolves to 127.0.0.1 (then the `Host` is foreign). Both are
//! refused.

use axum::body::{Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};

use super::ApiError;
use super::caller::Caller;
use super::intake::{Held, Intake, Room, dropped};
use crate::engine::Config;

/// Largest request, in bytes, its headers counted (guide, "Service quotas", maximum request size: 1 MB).
const MAX_REQUEST_BYTES: usize = 1_048_576;
const CONTENT_TYPES: [&str; 3] = [
    "application/x-amz-json-1.0",
    "application/x-amz-json-1.1",
    "application/json",
];
/// What SDKs put before the host for `StartSyncExecution` and `TestState`.
const SYNC_PREFIX: &str = "sync-";

/// A request that is taken.
pub(super) struct Taken<'a> {
    /// `X-Amz-Target`.
    pub(super) target: String,
    /// Who asks.
    pub(super) caller: Caller,
    /// The body, whole.
    pub(super) body: Bytes,
    /// The room that the body takes.
    pub(super) held: Held<'a>,
}

/// Takes a request or says why not.
pub(super) async fn take<'a>(
    request: Request,
    config: &Config,
    intake: &'a Intake,
) -> Result<Taken<'a>, ApiError> {
    let (parts, body) = request.into_parts();
    let authority = parts.uri.authority().map(|authority| authority.as_str());
    check(&parts.headers, authority, config)?;
    let target = text(&parts.headers, "x-amz-target").to_owned();
    if parts.method != Method::POST || parts.uri.path() != "/" {
        let what = format!("{} {}", parts.method, parts.uri.path());
        return Err(ApiError::UnknownOperation(what));
    }
    let kind = text(&parts.headers, header::CONTENT_TYPE.as_str());
    let kind = kind.split(';').next().unwrap_or("").trim();
    let is_known = |known: &&str| known.eq_ignore_ascii_case(kind);
    if !kind.is_empty() && !CONTENT_TYPES.iter().any(is_known) {
        return Err(ApiError::Serialization(format!(
            "the content type '{kind}' is not one of {}",
            CONTENT_TYPES.join(", ")
        )));
    }
    let caller = Caller::of(&parts.headers, config);
    let most = super::beyond::most_bytes(&target).unwrap_or(MAX_REQUEST_BYTES);
    let room = Room {
        bytes: most.saturating_sub(bytes_of(&parts.headers)),
        request: most,
        import: super::beyond::is_import(&target),
    };
    if body.size_hint().lower() > room.bytes as u64 {
        dropped(body).await;
        return Err(ApiError::TooLarge(most));
    }
    let (body, held) = intake.body(body, room).await?;
    Ok(Taken {
        target,
        caller,
        body,
        held,
    })
}

fn bytes_of(headers: &HeaderMap) -> usize {
    let lines = headers.iter();
    lines
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum()
}

fn check(headers: &HeaderMap, authority: Option<&str>, config: &Config) -> Result<(), ApiError> {
    if headers.contains_key(header::ORIGIN) {
        return Err(ApiError::Forbidden(
            "Requests of web pages (with an Origin header) are not taken".to_owned(),
        ));
    }
    let host = authority.unwrap_or_else(|| text(headers, header::HOST.as_str()));
    // Without a host it did not come over the network: programs that hold the router ask it so.
    if host.is_empty() || is_ours(host, &config.hosts) {
        return Ok(());
    }
    Err(ApiError::Forbidden(format!(
        "The host '{host}' is not a name of this server: it answers on loopback names and on those of its configuration"
    )))
}

fn is_ours(host: &str, names: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let name = name.strip_prefix(SYNC_PREFIX).unwrap_or(&name);
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let loopback = address
        .parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    loopback
        || name == "localhost"
        || name.ends_with(".localhost")
        || names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_has_a_megabyte_with_its_headers_and_more_beyond_aws() {
        let config = Config::new("unused");
        let most = MAX_REQUEST_BYTES;
        for (target, bytes, fits) in [
            ("AWSStepFunctions.StartExecution", most - 1_000, true),
            ("AWSStepFunctions.StartExecution", most - 20, false),
            ("AWSStepFunctions.StartExecution", 2 * most, false),
            ("StrowgerStates.DryRun", 2 * most, true),
            ("StrowgerStates.DryRun", 4 * most, false),
            ("StrowgerStates.ImportExecution", 5 * most, true),
        ] {
            let body = axum::body::Body::from("x".repeat(bytes));
            let request = Request::post("/").header("x-amz-target", target);
            let intake = Intake::default();
            let taken = take(request.body(body).expect("a request"), &config, &intake).await;
            assert_eq!(taken.is_ok(), fits, "{target} with {bytes} bytes");
        }
    }

    #[test]
    fn only_loopback_and_configured_names_are_ours() {
        let names = ["states.internal".to_owned()];
        for ours in [
            "127.0.0.1:80",
            "127.0.0.1",
            "127.9.9.9:1",
            "localhost:4566",
            "LOCALHOST",
            "a.localhost",
            "[::1]:80",
            "[::1]",
            "sync-127.0.0.1:80",
            "sync-localhost:80",
            "states.internal:80",
            "sync-states.internal",
        ] {
            assert!(is_ours(ours, &names), "{ours}");
        }
        for foreign in [
            "",
            "evil.example",
            "evil.example:80",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.1:80",
            "notlocalhost",
            "0.0.0.0:80",
        ] {
            assert!(!is_ours(foreign, &names), "{foreign}");
        }
    }
}
