//! Pages: `maxResults` and `nextToken`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Serialize, de::DeserializeOwned};

use super::ApiError;

const DEFAULT_RESULTS: usize = 100;
const MAX_RESULTS: usize = 1_000;

/// How many results to give; 0 and nothing mean 100.
pub(super) fn most(max_results: Option<i64>) -> Result<usize, ApiError> {
    match max_results.map(usize::try_from) {
        None | Some(Ok(0)) => Ok(DEFAULT_RESULTS),
        Some(Ok(most)) if most <= MAX_RESULTS => Ok(most),
        Some(_) => Err(ApiError::Validation(format!(
            "Value '{}' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to {MAX_RESULTS}",
            max_results.unwrap_or_default()
        ))),
    }
}

/// The token of the place behind a page.
pub(super) fn token(place: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// The place that a token names.
pub(super) fn place<T: DeserializeOwned>(token: Option<String>) -> Result<Option<T>, ApiError> {
    let Some(token) = token else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(&token).ok();
    match bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        Some(place) => Ok(Some(place)),
        None => Err(ApiError::InvalidToken("Invalid token".to_owned())),
    }
}
