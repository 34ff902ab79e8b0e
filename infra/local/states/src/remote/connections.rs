//! Connections: what HTTP tasks authorize themselves with.
//!
//! Source: EventBridge user guide, "Connections for API destinations": API key, basic, and OAuth client credentials, each
//! with headers, query parameters and members of the body that every request gets.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use serde::Deserialize;
use serde_json::Value;

use super::{Client, encoded};
use crate::integration::{HttpCall, HttpFailure};

/// A connection.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Connection {
    /// How requests are authorized.
    pub authorization: Authorization,
    /// Headers that every request gets.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Query parameters that every request gets.
    #[serde(default)]
    pub query_parameters: BTreeMap<String, String>,
    /// Members that every body gets, if it is an object.
    #[serde(default)]
    pub body: BTreeMap<String, Value>,
}

/// How requests are authorized.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub enum Authorization {
    /// A header.
    #[serde(rename_all = "PascalCase")]
    ApiKey {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// User and password.
    #[serde(rename_all = "PascalCase")]
    Basic {
        /// The user.
        username: String,
        /// The password.
        password: String,
    },
    /// OAuth client credentials: a token is fetched, and kept until it expires.
    #[serde(rename_all = "PascalCase")]
    OAuth {
        /// Where the token is fetched, by POST.
        endpoint: String,
        /// The client.
        client_id: String,
        /// Its secret.
        client_secret: String,
        /// The scope, if one is asked for.
        #[serde(default)]
        scope: Option<String>,
    },
}

impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ApiKey { .. } => "ApiKey(..)",
            Self::Basic { .. } => "Basic(..)",
            Self::OAuth { .. } => "OAuth(..)",
        })
    }
}

/// Longest wait for a token.
const LIMIT: Duration = Duration::from_secs(30);
/// Largest answer with a token, in bytes.
const MAX_TOKEN_BYTES: usize = 65_536;
/// How long a token is kept that does not say how long it is good.
const USUAL_SECONDS: u64 = 300;

/// The tokens that have been fetched, by connection.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    kept: Mutex<HashMap<String, (String, Instant)>>,
}

/// A connection by its ARN or by the name in it (`...:connection/<name>/<id>`).
fn found<'a>(all: &'a BTreeMap<String, Connection>, arn: &str) -> Option<&'a Connection> {
    all.get(arn).or_else(|| all.get(arn.split('/').nth(1)?))
}

impl Tokens {
    /// Adds to a request what its connection says.
    pub(crate) async fn authorize(
        &self,
        all: &BTreeMap<String, Connection>,
        client: &Client,
        call: &mut HttpCall,
    ) -> Result<(), HttpFailure> {
        let Some(connection) = found(all, &call.connection) else {
            return Err(HttpFailure::Connection(format!(
                "Connection '{}' does not exist",
                call.connection
            )));
        };
        let (name, value) = match &connection.authorization {
            Authorization::ApiKey { name, value } => (name.to_lowercase(), value.clone()),
            Authorization::Basic { username, password } => {
                let both = STANDARD.encode(format!("{username}:{password}"));
                ("authorization".to_owned(), format!("Basic {both}"))
            }
            authorization @ Authorization::OAuth { .. } => {
                let token = self.token(&call.connection, authorization, client).await?;
                ("authorization".to_owned(), format!("Bearer {token}"))
            }
        };
        // The connection's headers take the place of the task's.
        let own = connection
            .headers
            .iter()
            .map(|(n, v)| (n.to_lowercase(), v.clone()));
        for (name, value) in own.chain([(name, value)]) {
            call.headers.retain(|(n, _)| *n != name);
            call.headers.push((name, value));
        }
        for (name, value) in &connection.query_parameters {
            call.query.retain(|(n, _)| n != name);
            call.query.push((name.clone(), value.clone()));
        }
        if !connection.body.is_empty()
            && let Ok(Value::Object(mut body)) =
                serde_json::from_str(call.body.as_deref().unwrap_or("{}"))
        {
            body.extend(connection.body.clone());
            call.body = Some(Value::Object(body).to_string());
        }
        Ok(())
    }

    async fn token(
        &self,
        connection: &str,
        authorization: &Authorization,
        client: &Client,
    ) -> Result<String, HttpFailure> {
        if let Some(token) = self.kept(connection) {
            return Ok(token);
        }
        let (token, seconds) = fetched(authorization, client)
            .await
            .map_err(HttpFailure::Authorization)?;
        // A little early, so that it does not expire on its way.
        let until = Instant::now() + Duration::from_secs(seconds.saturating_sub(10));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(connection.to_owned(), (token.clone(), until));
        Ok(token)
    }

    fn kept(&self, connection: &str) -> Option<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (token, until) = kept.get(connection)?;
        (Instant::now() < *until).then(|| token.clone())
    }
}

/// Source: RFC 6749, section 4.4.
async fn fetched(authorization: &Authorization, client: &Client) -> Result<(String, u64), String> {
    let Authorization::OAuth {
        endpoint,
        client_id,
        client_secret,
        scope,
    } = authorization
    else {
        return Err("no token is fetched for this connection".to_owned());
    };
    let mut form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        encoded(client_id),
        encoded(client_secret)
    );
    if let Some(scope) = scope {
        form.push_str(&format!("&scope={}", encoded(scope)));
    }
    let request = Request::post(endpoint)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "application/json")
        .body(Bytes::from(form))
        .map_err(|error| format!("the token's address '{endpoint}' cannot be asked: {error}"))?;
    let sent = client.send(request, LIMIT, MAX_TOKEN_BYTES).await;
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
