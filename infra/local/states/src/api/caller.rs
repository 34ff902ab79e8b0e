//! Who asks: the region and account of a request's credentials, which are not checked, and the trace that it is a part of.
//!
//! Source: IAM user guide, "Elements of an AWS API request signature": `Credential=ACCESS_KEY/DATE/REGION/SERVICE/aws4_request`.

use std::sync::Arc;

use axum::http::{HeaderMap, header};

use crate::engine::Config;

/// Region and account for the ARNs that a request makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// AWS region, as in the credential's scope.
    pub(crate) region: String,
    /// AWS account, 12 digits: the access key, if it is one.
    pub(crate) account: String,
    /// `X-Amzn-Trace-Id`, if it is a trace header as the API takes one.
    pub(crate) trace: Option<Arc<str>>,
}

/// Longest trace header, in characters (API reference, `StartExecution`).
pub(super) const MAX_TRACE_HEADER_CHARS: usize = 256;

/// Is this a trace header as the API takes one: ASCII, and not too long?
pub(super) fn is_trace_header(text: &str) -> bool {
    text.is_ascii() && text.len() <= MAX_TRACE_HEADER_CHARS
}

impl Caller {
    /// Reads the `Authorization` header; what it does not say comes from the configuration.
    pub(crate) fn of(headers: &HeaderMap, config: &Config) -> Self {
        let authorization = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("");
        let scope = authorization
            .split_once("Credential=")
            .map_or("", |(_, rest)| rest.split([',', ' ']).next().unwrap_or(""));
        let mut parts = scope.split('/');
        let key = parts.next().unwrap_or("");
        let region = parts.nth(1).unwrap_or("");
        Self {
            region: or_else(region, is_region, &config.region),
            account: or_else(key, is_account, &config.account),
            trace: trace(headers),
        }
    }

    /// Who asks when nobody does: as configured.
    pub(crate) fn usual(config: &Config) -> Self {
        Self {
            region: config.region.clone(),
            account: config.account.clone(),
            trace: None,
        }
    }

    /// What the ARNs of this caller's resources of `kind` begin with.
    pub(crate) fn prefix(&self, kind: &str) -> String {
        format!("arn:aws:states:{}:{}:{kind}:", self.region, self.account)
    }
}

fn trace(headers: &HeaderMap) -> Option<Arc<str>> {
    let header = headers.get("x-amzn-trace-id")?.to_str().ok()?;
    let fits = !header.is_empty() && is_trace_header(header);
    fits.then(|| header.into())
}

fn or_else(found: &str, good: fn(&str) -> bool, usual: &str) -> String {
    if good(found) { found } else { usual }.to_owned()
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_region(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(authorization: Option<&str>) -> Caller {
        let mut headers = HeaderMap::new();
        if let Some(text) = authorization {
            headers.insert(header::AUTHORIZATION, text.parse().expect("a header"));
        }
        Caller::of(&headers, &Config::new("unused"))
    }

    #[test]
    fn region_and_account_come_from_the_credential_and_else_from_the_configuration() {
        let signed = |key: &str, region: &str| {
            caller(Some(&format!(
                "AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/states/aws4_request, SignedHeaders=host, Signature=0"
            )))
        };
        let told = signed("123456789012", "eu-central-1");
        assert_eq!(
            (told.region.as_str(), told.account.as_str()),
            ("eu-central-1", "123456789012")
        );
        let key = signed("AKIAIOSFODNN7EXAMPLE", "eu-west-1");
        assert_eq!(
            (key.region.as_str(), key.account.as_str()),
            ("eu-west-1", "000000000000")
        );
        assert_eq!(key.trace, None);
        for odd in [
            None,
            Some(""),
            Some("Bearer x"),
            Some("Credential=///"),
            Some("Credential=1/2/A_B/c"),
        ] {
            let told = caller(odd);
            assert_eq!(
                told.prefix("activity"),
                "arn:aws:states:us-east-1:000000000000:activity:",
                "{odd:?}"
            );
        }
    }

    #[test]
    fn the_trace_is_that_of_the_header_if_the_api_would_take_it() {
        let traced = |header: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-amzn-trace-id", header.parse().expect("a header"));
            Caller::of(&headers, &Config::new("unused")).trace
        };
        assert_eq!(traced("Root=1-2-3").as_deref(), Some("Root=1-2-3"));
        assert_eq!(traced(&"x".repeat(256)).map(|text| text.len()), Some(256));
        assert_eq!(traced(&"x".repeat(257)), None);
        assert_eq!(traced(""), None);
    }
}
