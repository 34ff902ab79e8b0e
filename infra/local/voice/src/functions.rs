//! The Lambda functions behind SIP media applications.

use async_trait::async_trait;
use bytes::Bytes;

/// Invokes a function and waits for its answer.
#[async_trait]
pub trait Functions: Send + Sync + 'static {
    /// Invokes `lambda_arn` synchronously.
    async fn invoke(&self, lambda_arn: &str, payload: Bytes) -> Result<Bytes, InvokeError>;
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The function itself failed.
    #[error("the function failed: {error_type}: {message}")]
    Function {
        /// Its errorType.
        error_type: String,
        /// Its errorMessage.
        message: String,
    },
    /// No such function.
    #[error("no such function")]
    NotFound,
    /// Its concurrency is used up.
    #[error("the function is throttled")]
    Throttled,
    /// It ran into its own time limit.
    #[error("the function timed out")]
    Timeout,
    /// Lambda failed.
    #[error("service failure: {0}")]
    Service(String),
}
