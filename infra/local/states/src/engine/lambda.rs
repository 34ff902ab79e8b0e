//! Functions, as the engine invokes them.

use async_trait::async_trait;
use bytes::Bytes;

use super::Inner;
use crate::caught::caught_in;
use crate::core::MAX_PAYLOAD_BYTES;
use crate::integration::{FunctionAnswer, InvocationKind, Invoke, Returned};
use crate::json::Json;

/// Lambda's name for a function whose process ended.
const EXITED: &str = "Runtime.ExitError";

/// Invokes Lambda functions.
#[async_trait]
pub trait Lambda: Send + Sync {
    /// Invokes `function` (name or ARN, with or without qualifier) with `payload` (JSON) and waits for its answer (JSON).
    async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, InvokeError>;

    /// Does [`Lambda::invoke_with`] answer an `Event` as soon as it is taken? Unless it does, nobody waits for it.
    fn takes_events(&self) -> bool {
        false
    }

    /// Invokes a function with all that Lambda's API takes. Unless it is overridden, an event is handed to a task of its
    /// own and the version is said to be `$LATEST`.
    async fn invoke_with(&self, invocation: Invocation) -> Result<Invoked, InvokeError> {
        let function = invocation.qualified();
        let payload = match invocation.kind {
            InvocationKind::DryRun => Bytes::new(),
            InvocationKind::RequestResponse | InvocationKind::Event => {
                self.invoke(&function, invocation.payload).await?
            }
        };
        Ok(Invoked {
            payload,
            status: 200,
            executed_version: Some("$LATEST".to_owned()),
            log_result: None,
            request_id: None,
        })
    }
}

/// An invocation, as Lambda's `Invoke` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// Name or ARN.
    pub function: String,
    /// Version or alias.
    pub qualifier: Option<String>,
    /// The event, JSON.
    pub payload: Bytes,
    /// `InvocationType`.
    pub kind: InvocationKind,
    /// The end of the function's log is wanted.
    pub log_tail: bool,
    /// `ClientContext`, in Base64.
    pub client_context: Option<String>,
}

impl Invocation {
    /// A plain invocation, whose answer is waited for.
    pub fn new(function: impl Into<String>, payload: Bytes) -> Self {
        Self {
            function: function.into(),
            qualifier: None,
            payload,
            kind: InvocationKind::RequestResponse,
            log_tail: false,
            client_context: None,
        }
    }

    /// The function with its qualifier behind a colon.
    pub fn qualified(&self) -> String {
        match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.function),
            None => self.function.clone(),
        }
    }
}

/// What an invocation gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoked {
    /// The answer, JSON.
    pub payload: Bytes,
    /// HTTP status: 200, 202 for an event that was taken, 204 for a dry run.
    pub status: u16,
    /// The version that ran.
    pub executed_version: Option<String>,
    /// The end of its log, in Base64.
    pub log_result: Option<String>,
    /// Lambda's id of the request.
    pub request_id: Option<String>,
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
    /// The function failed; this is its whole answer, JSON with `errorType` and `errorMessage`.
    #[error("the function failed")]
    Failed(Bytes),
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
    /// The service refused, with an error of Lambda's API.
    #[error("{name}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Name of the error.
        name: String,
        /// Its text.
        message: String,
    },
    /// The service was not reached.
    #[error("{0}")]
    Unreachable(String),
}

impl Inner {
    /// Invokes a function and gives its answer.
    pub(super) async fn invoke(&self, invoke: Invoke) -> FunctionAnswer {
        let invocation = Invocation {
            function: invoke.function,
            qualifier: invoke.qualifier,
            payload: Bytes::copy_from_slice(invoke.payload.as_str().as_bytes()),
            kind: invoke.kind,
            log_tail: invoke.log_tail,
            client_context: invoke.client_context,
        };
        let function = invocation.qualified();
        match invocation.kind {
            InvocationKind::Event if self.lambda.takes_events() => {
                self.answer_of(function, self.invoked(invocation).await)
            }
            InvocationKind::RequestResponse | InvocationKind::DryRun => {
                self.answer_of(function, self.invoked(invocation).await)
            }
            InvocationKind::Event => {
                let lambda = std::sync::Arc::clone(&self.lambda);
                self.runtime.spawn(async move {
                    if let Err(error) = lambda.invoke_with(invocation).await {
                        tracing::warn!(%function, %error, "an event invocation failed");
                    }
                });
                FunctionAnswer::Returned(self.returned(Json::string(""), 0, 202))
            }
        }
    }

    /// A function that panics has failed as one whose process ends does.
    async fn invoked(&self, invocation: Invocation) -> Result<Invoked, InvokeError> {
        let invoked = caught_in(async { self.lambda.invoke_with(invocation).await }).await;
        invoked.unwrap_or_else(|panicked| {
            Err(InvokeError::Function {
                error_type: EXITED.to_owned(),
                message: format!("Error: Runtime exited: {panicked}"),
            })
        })
    }

    fn returned(&self, payload: Json, length: usize, status: u16) -> Returned {
        Returned {
            payload,
            length,
            status,
            executed_version: None,
            log_result: None,
            request_id: self.unique(),
            date: http_date(self.now_ms()),
        }
    }

    fn answer_of(&self, function: String, answer: Result<Invoked, InvokeError>) -> FunctionAnswer {
        let service = |message: String| FunctionAnswer::Refused {
            status: 500,
            name: "ServiceException".to_owned(),
            message,
        };
        match answer {
            Ok(invoked) if invoked.status == 202 => {
                FunctionAnswer::Returned(self.returned(Json::string(""), 0, 202))
            }
            Ok(invoked) => match json_of(&invoked.payload) {
                Some(payload) => {
                    let plain = self.returned(payload, invoked.payload.len(), invoked.status);
                    FunctionAnswer::Returned(Returned {
                        executed_version: invoked.executed_version,
                        log_result: invoked.log_result,
                        request_id: invoked.request_id.unwrap_or(plain.request_id),
                        ..plain
                    })
                }
                // A result over the limit is refused by the core, with AWS's words.
                None if invoked.payload.len() > MAX_PAYLOAD_BYTES => {
                    service("too large".to_owned())
                }
                None => service(format!("the function {function} did not answer JSON")),
            },
            Err(InvokeError::Function {
                error_type,
                message,
            }) => FunctionAnswer::Threw {
                error_type,
                message,
            },
            Err(InvokeError::Failed(body)) => FunctionAnswer::Failed(body),
            Err(InvokeError::NotFound) => FunctionAnswer::NotFound { function },
            Err(InvokeError::Throttled) => FunctionAnswer::Throttled,
            Err(InvokeError::Timeout) => FunctionAnswer::TimedOut,
            Err(InvokeError::Service(message)) => service(message),
            Err(InvokeError::Refused {
                status,
                name,
                message,
            }) => FunctionAnswer::Refused {
                status,
                name,
                message,
            },
            Err(InvokeError::Unreachable(why)) => FunctionAnswer::Unreachable(why),
        }
    }
}

/// A time as an HTTP header gives it.
fn http_date(at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&at)
        .unwrap_or_default()
}

fn json_of(payload: &[u8]) -> Option<Json> {
    if payload.is_empty() {
        return Some(Json::trusted("null"));
    }
    Json::parse(std::str::from_utf8(payload).ok()?).ok()
}
