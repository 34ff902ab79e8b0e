//! Tokens of connections with OAuth client credentials.
//!
//! Source: RFC 6749, section 4.4; EventBridge API reference, `CreateConnectionOAuthRequestParameters`.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Client, encoded};

/// Longest wait for a token.
const LIMIT: Duration = Duration::from_secs(30);
/// Largest answer with a token, in bytes.
const MAX_TOKEN_BYTES: usize = 65_536;
/// How long a token is kept that does not say how long it is good.
const USUAL_SECONDS: u64 = 300;

/// OAuth client credentials.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct OAuth {
    /// Where the token is fetched.
    pub endpoint: String,
    /// The client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The scope, if one is asked for.
    #[serde(default)]
    pub scope: Option<String>,
    /// How the token is fetched.
    #[serde(default)]
    pub http_method: TokenMethod,
    /// What the request for a token has besides; it takes the place of what it would have by itself.
    #[serde(default, rename = "OAuthHttpParameters")]
    pub parameters: TokenParameters,
}

/// `HttpMethod` of OAuth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TokenMethod {
    /// There is no body: what it would have is in the query.
    Get,
    /// The usual one.
    #[default]
    Post,
    /// As POST.
    Put,
}

/// `OAuthHttpParameters`: each an object, or a list of `Key` and `Value` with EventBridge's name.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TokenParameters {
    /// Headers.
    #[serde(default, alias = "HeaderParameters", deserialize_with = "pairs")]
    pub headers: BTreeMap<String, String>,
    /// Query parameters.
    #[serde(default, alias = "QueryStringParameters", deserialize_with = "pairs")]
    pub query_parameters: BTreeMap<String, String>,
    /// Members of the body.
    #[serde(default, alias = "BodyParameters", deserialize_with = "pairs")]
    pub body: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Pairs {
    Object(BTreeMap<String, String>),
    List(Vec<Pair>),
}

/// Whether its value is a secret (`IsValueSecret`) is nothing to us.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pair {
    key: String,
    value: String,
}

fn pairs<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(match Pairs::deserialize(from)? {
        Pairs::Object(pairs) => pairs,
        Pairs::List(pairs) => pairs
            .into_iter()
            .map(|pair| (pair.key, pair.value))
            .collect(),
    })
}

impl OAuth {
    /// A token, and for how many seconds it is good. The error is a sentence.
    pub(super) async fn fetched(&self, client: &Client) -> Result<(String, u64), String> {
        let sent = client.send(self.request()?, LIMIT, MAX_TOKEN_BYTES).await;
        let answer = sent.map_err(|error| error.to_string())?;
        if !(200..300).contains(&answer.status) {
            return Err(format!(
                "the authorization server answered {}",
                answer.status
            ));
        }
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let Some(token) = told["access_token"].as_str() else {
            return Err("the authorization server gave no access_token".to_owned());
        };
        Ok((
            token.to_owned(),
            told["expires_in"].as_u64().unwrap_or(USUAL_SECONDS),
        ))
    }

    fn request(&self) -> Result<Request<Bytes>, String> {
        let mut query: Vec<(&str, &str)> = Vec::new();
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.as_str()),
        ];
        form.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        put(&mut form, &self.parameters.body);
        if self.http_method == TokenMethod::Get {
            query.append(&mut form);
        }
        put(&mut query, &self.parameters.query_parameters);
        let mut url = self.endpoint.clone();
        if !query.is_empty() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&joined(&query));
        }
        let (method, kind) = match self.http_method {
            TokenMethod::Get => ("GET", None),
            TokenMethod::Post => ("POST", Some("application/x-www-form-urlencoded")),
            TokenMethod::Put => ("PUT", Some("application/x-www-form-urlencoded")),
        };
        let mut request = Request::builder().method(method).uri(&url);
        let usual = [("content-type", kind), ("accept", Some("application/json"))];
        let own = &self.parameters.headers;
        for (name, value) in usual {
            let replaced = own.keys().any(|given| given.eq_ignore_ascii_case(name));
            if let Some(value) = value.filter(|_| !replaced) {
                request = request.header(name, value);
            }
        }
        for (name, value) in own {
            request = request.header(name, value);
        }
        request.body(Bytes::from(joined(&form))).map_err(|error| {
            format!(
                "the token's address '{}' cannot be asked: {error}",
                self.endpoint
            )
        })
    }
}

/// Adds pairs in the place of those of their names.
fn put<'a>(to: &mut Vec<(&'a str, &'a str)>, pairs: &'a BTreeMap<String, String>) {
    to.retain(|(name, _)| !pairs.contains_key(*name));
    to.extend(
        pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
}

fn joined(pairs: &[(&str, &str)]) -> String {
    let told: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    told.join("&")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(more: Value) -> Request<Bytes> {
        let mut oauth = json!({ "Endpoint": "https://id.example.com/token", "ClientId": "me", "ClientSecret": "s&s" });
        for (name, value) in more.as_object().unwrap() {
            oauth[name.as_str()] = value.clone();
        }
        let oauth: OAuth = serde_json::from_value(oauth).unwrap();
        oauth.request().unwrap()
    }

    #[test]
    fn a_token_is_fetched_by_post_with_a_form() {
        let request = request(json!({ "Scope": "a b" }));
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri(), "https://id.example.com/token");
        assert_eq!(
            request.headers()["content-type"],
            "application/x-www-form-urlencoded"
        );
        let expected = "grant_type=client_credentials&client_id=me&client_secret=s%26s&scope=a%20b";
        assert_eq!(request.body(), expected);
    }

    #[test]
    fn its_parameters_take_the_place_of_the_usual_ones() {
        let request = request(json!({ "HttpMethod": "PUT", "OAuthHttpParameters": {
            "Headers": { "Accept": "text/json", "X-Tenant": "t" },
            "QueryStringParameters": [{ "Key": "v", "Value": "2", "IsValueSecret": false }],
            "Body": { "grant_type": "other", "audience": "a" } } }));
        assert_eq!(request.method(), "PUT");
        assert_eq!(request.uri(), "https://id.example.com/token?v=2");
        let accepted: Vec<_> = request.headers().get_all("accept").iter().collect();
        assert_eq!(accepted, ["text/json"]);
        assert_eq!(request.headers()["x-tenant"], "t");
        let expected = "client_id=me&client_secret=s%26s&audience=a&grant_type=other";
        assert_eq!(request.body(), expected);
    }

    #[test]
    fn get_has_everything_in_the_query() {
        let request = request(json!({ "HttpMethod": "GET" }));
        let expected = "grant_type=client_credentials&client_id=me&client_secret=s%26s";
        assert_eq!(request.uri().query(), Some(expected));
        assert!(request.body().is_empty());
        assert!(!request.headers().contains_key("content-type"));
    }
}
