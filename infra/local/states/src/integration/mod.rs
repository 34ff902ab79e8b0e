//! What a Task can do. One file per service; each is pure and says what to call and how to read the answer.
//!
//! Source: developer guide, "Integrating services with Step Functions". The shell carries out a [`Call`] once the
//! record of the scheduled task is durable.

mod lambda;

use crate::json::Json;

pub use lambda::FunctionAnswer;

/// How a task's end is learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// From the answer to the call.
    RequestResponse,
    /// By `SendTaskSuccess` or `SendTaskFailure` with the token that the call carried.
    WaitForTaskToken,
}

/// Which family of history events a task writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `LambdaFunctionScheduled`, ...: a function named by its ARN.
    LambdaFunction,
    /// `TaskScheduled`, ...: a service integration.
    Task,
}

/// A `Resource`, understood.
#[derive(Debug)]
pub struct Resource {
    /// As written.
    pub arn: String,
    /// `resourceType` of history events (`lambda`).
    pub service: &'static str,
    /// `resource` of history events (`invoke.waitForTaskToken`).
    pub action: String,
    /// How its end is learnt.
    pub pattern: Pattern,
    /// Its history events.
    pub family: Family,
    /// The service.
    pub integration: &'static dyn Integration,
}

/// A service that tasks can use.
pub trait Integration: Send + Sync + std::fmt::Debug {
    /// What to call for these arguments.
    fn call(&self, resource: &Resource, arguments: &Json) -> Result<Call, TaskError>;
    /// The task's result, read from the answer to the call.
    fn result(&self, resource: &Resource, answer: FunctionAnswer) -> Result<Json, TaskError>;
}

/// Something for the shell to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Invoke a function and read its answer.
    Invoke {
        /// Name or ARN.
        function: String,
        /// Its event.
        payload: Json,
    },
    /// Invoke a function without waiting for it (`InvocationType` `Event`).
    InvokeEvent {
        /// Name or ARN.
        function: String,
        /// Its event.
        payload: Json,
    },
}

/// A task failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskError {
    /// Error name, as `ErrorEquals` sees it.
    pub error: String,
    /// Text for people.
    pub cause: String,
}

/// Finds the integration of a `Resource`. The error is a sentence for a diagnostic.
pub fn resolve(arn: &str) -> Result<Resource, String> {
    if let Some(resource) = lambda::resolve(arn) {
        return Ok(resource);
    }
    Err(format!(
        "The resource '{arn}' is not supported: use arn:aws:states:::lambda:invoke, \
         arn:aws:states:::lambda:invoke.waitForTaskToken or the ARN of a Lambda function"
    ))
}
