//! Runs an activity as a Lambda function.
//!
//! The shell reads the input itself, so that bad input is `Contract.BadInput` and not a Rust type's path, and gives Step
//! Functions the error names that [`TaskError`] promises. With `AWS_LAMBDA_MAX_CONCURRENCY` one process serves that many events
//! at once.

mod log;

pub use log::start_log;

use contract::error::BAD_INPUT;
use contract::{Activity, TaskError};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;

/// What a function answers when it fails: `errorType` and `errorMessage`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `errorType`: a name such as `Store.Unavailable`.
    pub name: String,
    /// `errorMessage`: for people.
    pub message: String,
}

impl Failure {
    /// The input does not fit its type.
    pub fn bad_input(error: &serde_json::Error) -> Self {
        Self {
            name: BAD_INPUT.to_owned(),
            message: format!("bad input: {error}"),
        }
    }
}

impl<E: TaskError> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            name: error.name().to_owned(),
            message: chain(&error),
        }
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self {
            error_type: failure.name,
            error_message: failure.message,
        }
    }
}

/// An error and its sources in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Serves the activity `A` until the environment is taken down.
///
/// # Errors
/// If the Lambda Runtime API cannot be reached.
pub async fn serve<A, F, Fut>(handler: F) -> Result<(), lambda_runtime::Error>
where
    A: Activity + 'static,
    F: Fn(A::Input) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), A::Error>> + Send + 'static,
    A::Input: Send,
{
    // A turn answers through its token; what the function itself returns is nobody's.
    run(A::NAME, handler).await
}

/// Serves an activity whose answer is its function's.
///
/// # Errors
/// If the Lambda Runtime API cannot be reached.
pub async fn serve_task<A, F, Fut>(handler: F) -> Result<(), lambda_runtime::Error>
where
    A: Activity + 'static,
    F: Fn(A::Input) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<A::Output, A::Error>> + Send + 'static,
    A::Input: Send,
    A::Output: Send + 'static,
{
    run(A::NAME, handler).await
}

async fn run<I, O, E, F, Fut>(name: &'static str, handler: F) -> Result<(), lambda_runtime::Error>
where
    I: DeserializeOwned + Send,
    O: Serialize + Send + 'static,
    E: TaskError,
    F: Fn(I) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<O, E>> + Send + 'static,
{
    serve_events(move |event| {
        let handler = handler.clone();
        async move { answer(name, event, handler).await }
    })
    .await
}

/// One event of an activity: input in, output or failure out.
async fn answer<I, O, E, F, Fut>(name: &str, event: Value, handler: F) -> Result<Value, Failure>
where
    I: DeserializeOwned,
    O: Serialize,
    E: TaskError,
    F: FnOnce(I) -> Fut,
    Fut: Future<Output = Result<O, E>>,
{
    let input: I = serde_json::from_value(event).map_err(|error| Failure::bad_input(&error))?;
    let output = handler(input).await.map_err(|error| {
        let failure = Failure::from(error);
        tracing::warn!(activity = name, error = failure.name, "{}", failure.message);
        failure
    })?;
    serde_json::to_value(output).map_err(|error| Failure {
        name: "Contract.BadOutput".into(),
        message: error.to_string(),
    })
}

/// Serves a function that takes any JSON event: those that services invoke rather than workflows.
///
/// # Errors
/// If the Lambda Runtime API cannot be reached.
pub async fn serve_events<F, Fut>(handler: F) -> Result<(), lambda_runtime::Error>
where
    F: Fn(Value) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Value, Failure>> + Send + 'static,
{
    let service = service_fn(move |event: LambdaEvent<Value>| handler(event.payload));
    lambda_runtime::run_concurrent(service).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::call::{EndError, EndInput, Ended};
    use contract::view::{EndedBy, Outcome};
    use serde_json::json;

    async fn end(input: EndInput) -> Result<Ended, EndError> {
        match input.outcome {
            Outcome::Completed => Ok(Ended { talked_s: 7 }),
            _ => Err(EndError::Store),
        }
    }

    fn event(outcome: Outcome) -> Value {
        json!({ "call": "c-1", "state": "HangUp", "outcome": outcome, "endedBy": EndedBy::Caller })
    }

    #[tokio::test]
    async fn an_output_is_the_types_json() {
        let out = answer("call-end", event(Outcome::Completed), end).await;
        assert_eq!(out, Ok(json!({ "talkedS": 7 })));
    }

    #[tokio::test]
    async fn an_error_keeps_the_name_that_definitions_catch() {
        let out = answer("call-end", event(Outcome::Failed), end).await;
        assert_eq!(out.unwrap_err().name, "Store.Unavailable");
    }

    #[tokio::test]
    async fn bad_input_is_named_and_says_which_field() {
        let mut event = event(Outcome::Completed);
        event["outcome"] = json!("vanished");
        let failure = answer("call-end", event, end).await.unwrap_err();
        assert_eq!(failure.name, "Contract.BadInput");
        assert!(failure.message.contains("vanished"), "{}", failure.message);
    }
}
