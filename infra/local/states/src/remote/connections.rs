//! Connections: what HTTP tasks authorize themselves with.
//!
//! Source: EventBridge user guide, "Connections for API destinations": API key, basic, and OAuth client credentials, each
//! with headers, query parameters and members of the body that every request gets. How they are merged: Step Functions
//! developer guide, "Merging EventBridge connection and HTTP Task definition data".

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::Client;
use super::oauth::OAuth;
use crate::integration::{HttpCall, HttpFailure, is_set_here};

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
    /// Members that every body gets. A body that is no object is refused then.
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
    /// OAuth client credentials: a token is fetched, and kept until it expires or is refused.
    OAuth(OAuth),
}

impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ApiKey { .. } => "ApiKey(..)",
            Self::Basic { .. } => "Basic(..)",
            Self::OAuth(_) => "OAuth(..)",
        })
    }
}

const AUTHORIZATION: &str = "Authorization";
/// Longest that a token is kept.
const MOST_SECONDS: u64 = 86_400;

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
    /// Adds to a request what its connection says. Gives the token that was fetched for it, if it has one.
    pub(crate) async fn authorize(
        &self,
        all: &BTreeMap<String, Connection>,
        client: &Client,
        call: &mut HttpCall,
    ) -> Result<Option<String>, HttpFailure> {
        let Some(connection) = found(all, &call.connection) else {
            return Err(HttpFailure::Connection(format!(
                "Connection '{}' does not exist",
                call.connection
            )));
        };
        // First, so that nothing is sent for what cannot be.
        call.merge_body(&connection.body)
            .map_err(HttpFailure::Unusable)?;
        let mut fetched = None;
        let (name, value) = match &connection.authorization {
            Authorization::ApiKey { name, value } => (name.as_str(), value.clone()),
            Authorization::Basic { username, password } => {
                let both = STANDARD.encode(format!("{username}:{password}"));
                (AUTHORIZATION, format!("Basic {both}"))
            }
            Authorization::OAuth(oauth) => {
                let token = self.token(&call.connection, oauth, client).await?;
                let bearer = format!("Bearer {token}");
                fetched = Some(token);
                (AUTHORIZATION, bearer)
            }
        };
        // What the connection has takes the place of what the task has.
        let own = connection.headers.iter();
        for (name, value) in own.filter(|(name, _)| !is_set_here(name)) {
            call.set_header(name, value.clone());
        }
        call.set_header(name, value);
        for (name, value) in &connection.query_parameters {
            call.set_query(name, value.clone());
        }
        Ok(fetched)
    }

    /// The address that a token was sent to did not take it: the next request fetches another, unless that has been done.
    pub(crate) fn forget(&self, connection: &str, refused: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept
            .get(connection)
            .is_some_and(|(token, _)| token == refused)
        {
            kept.remove(connection);
        }
    }

    async fn token(
        &self,
        connection: &str,
        oauth: &OAuth,
        client: &Client,
    ) -> Result<String, HttpFailure> {
        if let Some(token) = self.kept(connection) {
            return Ok(token);
        }
        let fetched = oauth.fetched(client).await;
        let (token, seconds) = fetched.map_err(HttpFailure::Authorization)?;
        let until = Instant::now() + kept_for(seconds);
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

/// For how long a token is kept that is good for so many seconds: a little less, so that it does not expire on its way, and a
/// day at most, whatever the server says.
fn kept_for(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(MOST_SECONDS).saturating_sub(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_a_day_at_most() {
        assert_eq!(kept_for(300), Duration::from_secs(290));
        assert_eq!(kept_for(5), Duration::ZERO);
        assert_eq!(kept_for(u64::MAX), Duration::from_secs(86_390));
    }

    #[test]
    fn only_the_token_that_was_refused_is_forgotten() {
        let tokens = Tokens::default();
        let keep = |token: &str| {
            let until = Instant::now() + Duration::from_secs(60);
            let mut kept = tokens.kept.lock().unwrap();
            kept.insert("c".to_owned(), (token.to_owned(), until));
        };
        keep("old");
        tokens.forget("c", "old");
        assert_eq!(tokens.kept("c"), None);
        keep("new");
        tokens.forget("c", "old");
        assert_eq!(tokens.kept("c").as_deref(), Some("new"));
    }
}
