//! Functions, as the engine invokes them.

use async_trait::async_trait;
use bytes::Bytes;

use super::Inner;
use crate::core::MAX_PAYLOAD_BYTES;
use crate::integration::{Call, FunctionAnswer};
use crate::json::Json;

/// Invokes Lambda functions.
#[async_trait]
pub trait Lambda: Send + Sync {
    /// Invokes `function` (name or ARN, with or without qualifier) with `payload` (JSON) and waits for its answer (JSON).
    async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, InvokeError>;
}

/// An invocation gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The function failed and says why: `error_type` is the error name that the state machine sees.
    #[error("{error_type}: {message}")]
    Function {
        /// `errorType` of its answer.
        error_type: String,
        /// `errorMessage` of its answer.
        message: String,
    },
    /// There is no such function.
    #[error("the function was not found")]
    NotFound,
    /// Too many invocations at once.
    #[error("too many invocations at once")]
    Throttled,
    /// The function ran longer than it may.
    #[error("the function timed out")]
    Timeout,
    /// The service failed.
    #[error("{0}")]
    Service(String),
}

impl Inner {
    /// Makes a call and gives its answer.
    pub(super) async fn perform(&self, call: Call) -> FunctionAnswer {
        // The limit is on calls at once; the rest wait here, in order.
        let Ok(_permit) = self.calls.acquire().await else {
            return FunctionAnswer::Service("the engine is stopping".to_owned());
        };
        match call {
            Call::Invoke { function, payload } => {
                let answer = self.lambda.invoke(&function, bytes_of(&payload)).await;
                answer_of(function, answer)
            }
            Call::InvokeEvent { function, payload } => {
                let lambda = std::sync::Arc::clone(&self.lambda);
                let bytes = bytes_of(&payload);
                self.runtime.spawn(async move {
                    if let Err(error) = lambda.invoke(&function, bytes).await {
                        tracing::warn!(%function, %error, "an event invocation failed");
                    }
                });
                FunctionAnswer::Accepted
            }
        }
    }
}

fn bytes_of(payload: &Json) -> Bytes {
    Bytes::copy_from_slice(payload.as_str().as_bytes())
}

fn answer_of(function: String, answer: Result<Bytes, InvokeError>) -> FunctionAnswer {
    match answer {
        Ok(bytes) if bytes.is_empty() => FunctionAnswer::Returned(Json::trusted("null")),
        Ok(bytes) => match std::str::from_utf8(&bytes).ok().map(Json::parse) {
            // A result over the limit is refused by the core, with AWS's words.
            Some(Ok(json)) => FunctionAnswer::Returned(json),
            Some(Err(_)) | None if bytes.len() > MAX_PAYLOAD_BYTES => {
                FunctionAnswer::Service("too large".to_owned())
            }
            Some(Err(_)) | None => {
                FunctionAnswer::Service(format!("the function {function} did not answer JSON"))
            }
        },
        Err(InvokeError::Function {
            error_type,
            message,
        }) => FunctionAnswer::Failed {
            error_type,
            message,
        },
        Err(InvokeError::NotFound) => FunctionAnswer::NotFound { function },
        Err(InvokeError::Throttled) => FunctionAnswer::Throttled,
        Err(InvokeError::Timeout) => FunctionAnswer::TimedOut,
        Err(InvokeError::Service(message)) => FunctionAnswer::Service(message),
    }
}
