//! Who asks: the region and account of a request's credentials, which are not checked.
//!
//! Source: IAM user guide, "Elements of an AWS API request signature": `Credential=ACCESS_KEY/DATE/REGION/SERVICE/aws4_request`.

use axum::http::{HeaderMap, header};

use crate::engine::Config;

/// Region and account for the ARNs that a request makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// AWS region, as in the credential's scope.
    pub(crate) region: String,
    /// AWS account, 12 digits: the access key, if it is one.
    pub(crate) account: String,
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
        }
    }

    /// Who asks when nobody does: as configured.
    pub(crate) fn usual(config: &Config) -> Self {
        Self {
            region: config.region.clone(),
            account: config.account.clone(),
        }
    }

    /// What the ARNs of this caller's resources of `kind` begin with.
    pub(crate) fn prefix(&self, kind: &str) -> String {
        format!("arn:aws:states:{}:{}:{kind}:", self.region, self.account)
    }
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
}
