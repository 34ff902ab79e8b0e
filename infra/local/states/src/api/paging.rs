//! Pages: `maxResults` and `nextToken`.
//!
//! A token says which operation on what it is for, when it was given, and where the next page begins, followed by a
//! keyed hash of that: it is good for 24 hours, for the same question, and cannot be made up.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::ApiError;
use crate::engine::Inner;

const DEFAULT_RESULTS: usize = 100;
const MAX_RESULTS: usize = 1_000;
/// API reference, "nextToken": each expires after 24 hours.
const TOKEN_LIFE_MS: i64 = 86_400_000;
/// Longest token taken, in characters (API reference, `PageToken`).
const MAX_TOKEN_CHARS: usize = 1_024;
const TAG_BYTES: usize = 16;

/// How many results to give; 0 and nothing mean 100.
pub(super) fn most(max_results: Option<i64>) -> Result<usize, ApiError> {
    match max_results.map(usize::try_from) {
        None | Some(Ok(0)) => Ok(DEFAULT_RESULTS),
        Some(Ok(most)) if most <= MAX_RESULTS => Ok(most),
        Some(outside) => {
            let bound = if outside.is_err() {
                "greater than or equal to 0".to_owned()
            } else {
                format!("less than or equal to {MAX_RESULTS}")
            };
            Err(ApiError::Validation(format!(
                "Value '{}' at 'maxResults' failed to satisfy constraint: Member must have value {bound}",
                max_results.unwrap_or_default()
            )))
        }
    }
}

/// The pages of one question.
pub(super) struct Pages<'a> {
    inner: &'a Inner,
    question: String,
    max_token_chars: usize,
}

#[derive(Serialize, Deserialize)]
struct Token<P> {
    at_ms: i64,
    place: P,
}

impl<'a> Pages<'a> {
    /// The pages of `operation` about `what`: its ARN, and whatever else must be the same for the next page.
    pub(super) fn new(inner: &'a Inner, operation: &str, what: &str) -> Self {
        Self {
            inner,
            question: format!("{operation}\n{what}"),
            max_token_chars: MAX_TOKEN_CHARS,
        }
    }

    /// Takes tokens of this length too (API reference, `ListExecutionsPageToken`: 3,096).
    pub(super) fn with_token_chars(mut self, most: usize) -> Self {
        self.max_token_chars = most;
        self
    }

    /// The token of the place behind a page.
    pub(super) fn token(&self, place: &impl Serialize) -> String {
        self.token_at(place, self.inner.now_ms())
    }

    fn token_at(&self, place: &impl Serialize, at_ms: i64) -> String {
        let body = serde_json::to_vec(&Token { at_ms, place }).unwrap_or_default();
        let tag = self.tag(&body);
        URL_SAFE_NO_PAD.encode([&tag[..], &body].concat())
    }

    /// A page of a map: at most `most` of what is left of it, told as the member `name`, and the token of what comes behind.
    pub(super) fn page<K: Serialize, V>(
        &self,
        mut left: impl Iterator<Item = (K, V)>,
        most: usize,
        name: &str,
        told: impl Fn(&K, &V) -> Value,
    ) -> Value {
        let page: Vec<(K, V)> = left.by_ref().take(most).collect();
        let mut answer = Map::new();
        if let (Some((last, _)), true) = (page.last(), left.next().is_some()) {
            answer.insert("nextToken".into(), json!(self.token(last)));
        }
        let told: Vec<Value> = page.iter().map(|(key, value)| told(key, value)).collect();
        answer.insert(name.into(), told.into());
        Value::Object(answer)
    }

    /// The place that a token names.
    pub(super) fn place<P: DeserializeOwned>(
        &self,
        token: Option<String>,
    ) -> Result<Option<P>, ApiError> {
        let Some(token) = token else { return Ok(None) };
        if token.chars().count() > self.max_token_chars {
            return Err(ApiError::longer("nextToken", &token, self.max_token_chars));
        }
        let invalid = || ApiError::InvalidToken("Invalid token".to_owned());
        let bytes = URL_SAFE_NO_PAD.decode(&token).map_err(|_| invalid())?;
        let (tag, body) = bytes.split_at_checked(TAG_BYTES).ok_or_else(invalid)?;
        if tag != self.tag(body) {
            return Err(invalid());
        }
        let token: Token<P> = serde_json::from_slice(body).map_err(|_| invalid())?;
        if token.at_ms + TOKEN_LIFE_MS < self.inner.now_ms() {
            return Err(invalid());
        }
        Ok(Some(token.place))
    }

    fn tag(&self, body: &[u8]) -> [u8; TAG_BYTES] {
        self.inner.secret.page_tag(self.question.as_bytes(), body)
    }
}
