//! Connections: what HTTP tasks authorize themselves with.
//!
//! Source: EventBridge user guide, "Connections for API destinations": API key, basic, and OAuth client credentials, each
//! with headers, query parameters and members of the body that every request gets. How they are merged: Step Functions
//! developer guide, "Merging EventBridge connection and HTTP Task definition data".

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::OnceCell;

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

/// The tokens that have been fetched or are being fetched, by what their connections are called in the configuration: whatever
/// tasks name, there are no more than that.
#[derive(Default)]
pub(crate) struct Tokens {
    kept: Mutex<HashMap<String, Fetch>>,
}

/// One fetch of a token, for all who wait for it: the token and how long it is kept, or why there is none.
type Fetch = Arc<OnceCell<Result<(String, Instant), String>>>;

/// A token that a request has, and its connection.
pub(crate) struct Sent {
    connection: String,
    token: String,
}

/// A connection by its ARN or by the name in it (`...:connection/<name>/<id>`), and which of the two it was.
fn found<'a>(
    all: &'a BTreeMap<String, Connection>,
    arn: &str,
) -> Option<(&'a str, &'a Connection)> {
    let by_name = || all.get_key_value(arn.split('/').nth(1)?);
    let (name, connection) = all.get_key_value(arn).or_else(by_name)?;
    Some((name.as_str(), connection))
}

impl Tokens {
    /// Adds to a request what the connection with this ARN says. Gives the token that was fetched for it, if it has one.
    pub(crate) async fn authorize(
        &self,
        all: &BTreeMap<String, Connection>,
        client: &Client,
        arn: &str,
        call: &mut HttpCall,
    ) -> Result<Option<Sent>, HttpFailure> {
        let Some((called, connection)) = found(all, arn) else {
            return Err(HttpFailure::Connection(format!(
                "Connection '{arn}' does not exist"
            )));
        };
        // First, so that nothing is sent for what cannot be.
        call.merge_body(&connection.body, arn)
            .map_err(HttpFailure::Unusable)?;
        let mut sent = None;
        let (name, value) = match &connection.authorization {
            Authorization::ApiKey { name, value } => (name.as_str(), value.clone()),
            Authorization::Basic { username, password } => {
                let both = STANDARD.encode(format!("{username}:{password}"));
                (AUTHORIZATION, format!("Basic {both}"))
            }
            Authorization::OAuth(oauth) => {
                let token = self.token(called, oauth, client).await?;
                let bearer = format!("Bearer {token}");
                let connection = called.to_owned();
                sent = Some(Sent { connection, token });
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
        Ok(sent)
    }

    /// The address that a token was sent to did not take it: the next request fetches another, unless that has been done.
    pub(crate) fn forget(&self, refused: &Sent) {
        let mut kept = self.kept();
        let fetch = kept.get(&refused.connection);
        let told = fetch.and_then(|fetch| fetch.get()?.as_ref().ok());
        if told.is_some_and(|(token, _)| *token == refused.token) {
            kept.remove(&refused.connection);
        }
    }

    /// The token of a connection. Requests at once wait for one fetch, and all hear if it fails: a server that is slow or gone
    /// is not asked by each of them.
    async fn token(
        &self,
        connection: &str,
        oauth: &OAuth,
        client: &Client,
    ) -> Result<String, HttpFailure> {
        let fetch = self.fetch(connection);
        let fetched = fetch.get_or_init(|| async {
            let (token, seconds) = oauth.fetched(client).await?;
            Ok::<_, String>((token, Instant::now() + kept_for(seconds)))
        });
        match fetched.await {
            Ok((token, _)) => Ok(token.clone()),
            Err(why) => {
                let mut kept = self.kept();
                if kept.get(connection).is_some_and(|f| Arc::ptr_eq(f, &fetch)) {
                    kept.remove(connection);
                }
                Err(HttpFailure::Authorization(why.clone()))
            }
        }
    }

    /// The fetch of a connection's token; another one if what it gave is not to be used any more.
    fn fetch(&self, connection: &str) -> Fetch {
        let mut kept = self.kept();
        let fetch = kept.entry(connection.to_owned()).or_default();
        if let Some(Ok((_, until))) = fetch.get()
            && *until <= Instant::now()
        {
            *fetch = Fetch::default();
        }
        Arc::clone(fetch)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Fetch>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For how long a token is kept that is good for so many seconds: a little less, so that it does not expire on its way, and a
/// day at most, whatever the server says.
fn kept_for(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(MOST_SECONDS).saturating_sub(10))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use http::StatusCode;
    use serde_json::json;

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
            let fetch = Arc::new(OnceCell::new_with(Some(Ok((token.to_owned(), until)))));
            tokens.kept().insert("c".to_owned(), fetch);
        };
        let refused = Sent {
            connection: "c".to_owned(),
            token: "old".to_owned(),
        };
        keep("old");
        tokens.forget(&refused);
        assert!(tokens.kept().is_empty());
        keep("new");
        tokens.forget(&refused);
        assert_eq!(tokens.kept().len(), 1);
    }

    #[test]
    fn a_token_is_kept_for_its_connection_whatever_id_a_task_gives_it() {
        let told =
            r#"{ "partner": { "Authorization": { "ApiKey": { "Name": "K", "Value": "v" } } } }"#;
        let all: BTreeMap<String, Connection> = serde_json::from_str(told).unwrap();
        let called = |id: &str| {
            let arn = format!("arn:aws:events:us-east-1:000000000000:connection/{id}");
            found(&all, &arn).map(|(name, _)| name)
        };
        assert_eq!(called("partner/1"), Some("partner"));
        assert_eq!(called("partner/2"), Some("partner"));
        assert_eq!(called("other/1"), None);
    }

    /// An authorization server that refuses the first request and gives numbered tokens then, which are good for so long.
    async fn server(seconds: u64) -> (OAuth, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let answer = move || {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            let status = if number == 0 { 503 } else { 200 };
            let told = json!({ "access_token": format!("t{number}"), "expires_in": seconds });
            let status = StatusCode::from_u16(status).unwrap();
            async move { (status, axum::Json(told)) }
        };
        let router = axum::Router::new().fallback(answer);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let told = json!({ "Endpoint": endpoint, "ClientId": "i", "ClientSecret": "s" });
        (serde_json::from_value(told).unwrap(), asked)
    }

    #[tokio::test]
    async fn requests_at_once_share_a_fetch_and_its_failure() {
        let (oauth, asked) = server(60).await;
        let (tokens, client) = (Tokens::default(), Client::default());
        let token = || tokens.token("c", &oauth, &client);
        let (one, other, third) = tokio::join!(token(), token(), token());
        assert!(one.is_err() && other.is_err() && third.is_err());
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        let (one, other, third) = tokio::join!(token(), token(), token());
        let found = [one.unwrap(), other.unwrap(), third.unwrap()];
        assert_eq!(found, ["t1", "t1", "t1"]);
        assert_eq!(token().await.unwrap(), "t1");
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_token_that_has_expired_is_fetched_anew() {
        let (oauth, _) = server(1).await;
        let (tokens, client) = (Tokens::default(), Client::default());
        assert!(tokens.token("c", &oauth, &client).await.is_err());
        assert_eq!(tokens.token("c", &oauth, &client).await.unwrap(), "t1");
        assert_eq!(tokens.token("c", &oauth, &client).await.unwrap(), "t2");
    }
}
