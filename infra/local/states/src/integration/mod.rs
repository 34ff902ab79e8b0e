//! What a Task can do. One file per service; each is pure and says what to call and how to read the answer.
//!
//! Source: developer guide, "Integrating services with Step Functions". The shell carries out a [`Call`] once the
//! record of the scheduled task is durable.

mod activity;
mod answer;
mod api_address;
pub(crate) mod apigateway;
mod fitting;
mod http;
mod http_call;
mod integrated;
mod job;
mod lambda;
mod members;
mod model;
mod naming;
pub(crate) mod nested;
mod optimised;
mod query;
mod rest;
mod rest_xml;
mod s3_xml;
mod sdk;
mod service;
mod shape;
pub mod table;
mod times;
mod xml;
mod xml_answer;

use std::ops::Deref;

use crate::json::Json;

pub use answer::{
    Answer, ApiFailure, FunctionAnswer, HttpAnswer, HttpFailure, Returned, ServiceAnswer,
};
pub(crate) use http_call::is_set_here;
pub use http_call::{Arrays, Authority, BodyEncoding, HttpCall};
pub use model::ServiceModels;

/// How a task's end is learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// From the answer to the call.
    RequestResponse,
    /// By `SendTaskSuccess` or `SendTaskFailure` with the token that the call carried.
    WaitForTaskToken,
    /// From the end of the execution that the call started.
    Sync {
        /// Its input and output are told as values, not as text (`.sync:2`).
        parsed: bool,
    },
}

/// Which family of history events a task writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `LambdaFunctionScheduled`, ...: a function named by its ARN.
    LambdaFunction,
    /// `TaskScheduled`, ...: a service integration.
    Task,
    /// `ActivityScheduled`, ...: work that a worker fetches.
    Activity,
}

/// A `Resource`, understood.
#[derive(Debug)]
pub struct Resource {
    /// As written.
    pub arn: String,
    /// `resourceType` of history events (`lambda`, `aws-sdk:dynamodb`).
    pub service: String,
    /// `resource` of history events (`invoke.waitForTaskToken`).
    pub action: String,
    /// How its end is learnt.
    pub pattern: Pattern,
    /// Its history events.
    pub family: Family,
    /// The service.
    pub integration: Means,
}

/// What makes the calls of a resource.
#[derive(Debug)]
pub enum Means {
    /// The same for all resources of a kind.
    Common(&'static dyn Integration),
    /// This resource's own.
    Own(Box<dyn Integration>),
}

impl Deref for Means {
    type Target = dyn Integration;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Common(integration) => *integration,
            Self::Own(integration) => integration.as_ref(),
        }
    }
}

/// Whose task it is.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The execution's ARN.
    pub execution_arn: &'a str,
    /// Its state machine's ARN.
    pub machine_arn: &'a str,
    /// AWS region of both.
    pub region: &'a str,
    /// AWS account of both.
    pub account: &'a str,
    /// The same for every attempt to make this task's call, another for every other task.
    pub key: &'a str,
}

/// A service that tasks can use.
pub trait Integration: Send + Sync + std::fmt::Debug {
    /// What to call for these arguments.
    fn call(
        &self,
        resource: &Resource,
        arguments: &Json,
        about: &About<'_>,
    ) -> Result<Call, TaskError>;
    /// The task's result, read from the answer to the call.
    fn result(
        &self,
        resource: &Resource,
        answer: Answer,
        about: &About<'_>,
    ) -> Result<Json, TaskError>;
    /// The job whose end the task waits for, if it waits for one.
    fn job(&self, _: &Resource) -> Option<&'static dyn Job> {
        None
    }
}

/// A service's job that a task waits for.
pub trait Job: Send + Sync + std::fmt::Debug {
    /// What the job is asked after and stopped by, from the arguments of the call that started it and its result.
    fn started(
        &self,
        resource: &Resource,
        arguments: &Json,
        result: &Json,
    ) -> Result<Json, TaskError>;
    /// How it is asked after.
    fn look(&self, resource: &Resource, job: &Json) -> Result<Call, TaskError>;
    /// What the answer says.
    fn looked(&self, resource: &Resource, job: &Json, answer: Answer) -> Looked;
    /// How it is stopped; with nothing if it cannot be.
    fn stop(&self, resource: &Resource, job: &Json) -> Result<Vec<Call>, TaskError>;
    /// Whether it was.
    fn stopped(&self, resource: &Resource, answer: Answer) -> Stopped;
}

/// What is known of a job after it was asked after.
#[derive(Debug, Clone, PartialEq)]
pub enum Looked {
    /// It goes on.
    Runs,
    /// It is over.
    Ended(Result<Json, TaskError>),
    /// The service answered without it. It is to be asked again, because what was just started may not be listed yet; if that stays
    /// so, this is how the task fails.
    Absent(TaskError),
    /// The question was not answered, for this reason: it is to be put again.
    Unknown(String),
}

/// What came of a job's stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// The service has taken it.
    Taken,
    /// The service has refused it, and will again.
    Refused(TaskError),
    /// The service was not reached, or could not take it for now, for this reason: it is to be made again.
    Unanswered(String),
}

/// Something for the shell to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Invoke a function.
    Invoke(Invoke),
    /// Start another execution here.
    Start(StartCall),
    /// Ask the engine's own API.
    Api(ApiCall),
    /// Ask a service.
    Service(ServiceCall),
    /// Send a request to the address that the task names.
    Http(HttpCall),
}

/// An execution to be started by a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartCall {
    /// ARN of the state machine, or of a version or an alias of it.
    pub machine_arn: String,
    /// Name of the execution.
    pub name: String,
    /// Its input.
    pub input: Json,
    /// It belongs to the task: its end is the task's end, and it is stopped with the task.
    pub associated: bool,
}

/// A request to the engine's own API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiCall {
    /// `DescribeExecution`.
    pub operation: String,
    /// Its JSON.
    pub body: String,
}

/// A request to a service, without address and signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCall {
    /// Which.
    pub service: table::Known,
    /// HTTP method.
    pub method: &'static str,
    /// Path and query, encoded.
    pub path: String,
    /// Headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// An invocation of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoke {
    /// Name or ARN.
    pub function: String,
    /// Version or alias.
    pub qualifier: Option<String>,
    /// Its event.
    pub payload: Json,
    /// `InvocationType`.
    pub kind: InvocationKind,
    /// `LogType` is `Tail`: the end of the function's log is wanted.
    pub log_tail: bool,
    /// `ClientContext`, in Base64.
    pub client_context: Option<String>,
}

/// `InvocationType` of Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvocationKind {
    /// The answer is waited for.
    RequestResponse,
    /// The function is handed the event, no more.
    Event,
    /// Only whether it could be invoked.
    DryRun,
}

impl InvocationKind {
    /// The word of Lambda's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestResponse => "RequestResponse",
            Self::Event => "Event",
            Self::DryRun => "DryRun",
        }
    }
}

/// A task failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskError {
    /// Error name, as `ErrorEquals` sees it.
    pub error: String,
    /// Text for people.
    pub cause: String,
}

impl TaskError {
    /// The arguments of a task cannot be used.
    pub(crate) fn runtime(cause: impl Into<String>) -> Self {
        Self {
            error: crate::asl::errors::RUNTIME.to_owned(),
            cause: cause.into(),
        }
    }
}

/// The service and the operation whose answer is the result of a task with this `Resource`, if it is one's.
pub(crate) fn api_of(arn: &str) -> Option<(&'static str, String)> {
    let rest = arn.strip_prefix("arn:aws:states:::")?;
    match rest {
        "lambda:invoke" => return Some(("lambda", "Invoke".to_owned())),
        "states:startExecution" => return Some(("sfn", "StartExecution".to_owned())),
        _other => {}
    }
    if let Some(rest) = rest.strip_prefix("aws-sdk:") {
        let (service, action) = rest.split_once(':')?;
        let plain = !action.contains('.');
        let service = table::service(service).filter(|_| plain)?;
        return Some((service.name, shape::capital(action)));
    }
    let found = optimised::operation(rest).or_else(|| integrated::operation(rest));
    found.map(|(service, operation)| (service, operation.to_owned()))
}

/// Finds the integration of a `Resource`; services that are not built in by their `models`, one of which is read from its file
/// when it is first asked. The error is a sentence for a diagnostic.
pub fn resolve(arn: &str, models: &ServiceModels) -> Result<Resource, String> {
    if let Some(resolved) = sdk::resolve(arn, models) {
        return resolved;
    }
    let found = lambda::resolve(arn)
        .or_else(|| activity::resolve(arn))
        .or_else(|| nested::resolve(arn))
        .or_else(|| optimised::resolve(arn))
        .or_else(|| integrated::resolve(arn))
        .or_else(|| http::resolve(arn))
        .or_else(|| apigateway::resolve(arn));
    found.ok_or_else(|| {
        format!(
            "The resource provided {arn} is not recognized. The value is not a valid resource ARN, or the resource is not \
             available in this region. Supported here: the ARN of a function or an activity, and arn:aws:states::: with \
             lambda:invoke, states:startExecution, sqs:sendMessage, sns:publish, events:putEvents or apigateway:invoke \
             (each also with .waitForTaskToken), states:startExecution.sync or .sync:2, dynamodb:getItem, putItem, updateItem or \
             deleteItem, http:invoke, {}, and aws-sdk:<service>:<action>",
            integrated::names().join(", ")
        )
    })
}

/// As [`resolve`], of a definition that was accepted once: an `aws-sdk:` service whose model is not given any more costs only the
/// tasks that use it.
pub(crate) fn resolve_stored(arn: &str, models: &ServiceModels) -> Result<Resource, String> {
    resolve(arn, models).or_else(|why| sdk::stored(arn, models).ok_or(why))
}
