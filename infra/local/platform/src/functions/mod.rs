//! The function runner: what Lambda is in the cloud.
//!
//! Each function is one process of `bootstrap`, driven over the Lambda Runtime API, which polls for as many
//! invocations at once as its concurrency allows. An invocation waits in its function's queue until the
//! process takes it, runs until its deadline at most, and fails if the process dies under it.

mod environment;
mod invoke_api;
mod leftovers;
mod process;
mod queue;
mod reaper;
mod runtime_api;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use environment::Surroundings;
pub use invoke_api::router as invoke_router;

use crate::names;
use crate::stack::FunctionSpec;
use process::Process;
use queue::{Queue, Refused};
use reaper::Reaper;

/// The largest payload of an invocation or its answer, in bytes. Source: Lambda quotas, 6 MB.
pub const PAYLOAD_LIMIT_BYTES: usize = 6 * 1024 * 1024;

/// How many asynchronous invocations may wait or run at once; more are dropped and logged.
const LATER_LIMIT: usize = 4096;

/// How long an asynchronous invocation waits before its second and its third attempt. Lambda waits one
/// minute and two; people at a laptop do not.
const LATER_DELAYS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// An invocation without an answer of the function.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvokeError {
    /// The function failed, or its process did.
    #[error("{error_type}: {message}")]
    Function {
        /// The error's name, as a workflow's `Catch` sees it.
        error_type: String,
        /// What happened.
        message: String,
    },
    /// There is no such function.
    #[error("there is no function {0}")]
    NotFound(String),
    /// As many invocations as may run are running, and as many as may wait are waiting.
    #[error("too many invocations of this function at once")]
    Throttled,
    /// The function did not answer in time.
    #[error("the function did not answer in time")]
    Timeout,
    /// The platform itself failed, or is stopping.
    #[error("{0}")]
    Service(String),
}

impl InvokeError {
    pub(crate) fn function(error_type: &str, message: impl Into<String>) -> Self {
        Self::Function {
            error_type: error_type.to_owned(),
            message: message.into(),
        }
    }
}

/// One function: its limits and its queue.
#[derive(Debug)]
pub(crate) struct Function {
    name: String,
    arn: String,
    spec: FunctionSpec,
    timeout: Duration,
    queue: Queue,
}

/// All functions of this machine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Functions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    by_name: BTreeMap<String, Arc<Function>>,
    stopping: CancellationToken,
    processes: TaskTracker,
    running: TaskTracker,
    later: Arc<Semaphore>,
}

impl Functions {
    /// The functions that are declared; invocations wait until [`Functions::start`].
    pub fn new(specs: &BTreeMap<String, FunctionSpec>) -> Self {
        let by_name = specs.iter().map(|(name, spec)| {
            let function = Function {
                name: name.clone(),
                arn: names::function_arn(name),
                timeout: Duration::from_secs(spec.timeout),
                spec: spec.clone(),
                queue: Queue::new(),
            };
            (name.clone(), Arc::new(function))
        });
        Self(Arc::new(Inner {
            by_name: by_name.collect(),
            stopping: CancellationToken::new(),
            processes: TaskTracker::new(),
            running: TaskTracker::new(),
            later: Arc::new(Semaphore::new(LATER_LIMIT)),
        }))
    }

    /// Starts every function's process and keeps it running.
    ///
    /// What a platform that was killed left running is ended first, by the list in `run_dir`.
    pub fn start(
        &self,
        bootstrap: PathBuf,
        run_dir: PathBuf,
        surroundings: Surroundings,
    ) -> io::Result<()> {
        let surroundings = Arc::new(surroundings);
        let leftovers = Arc::new(leftovers::Leftovers::open(run_dir.join("functions.json"))?);
        let reaper = Arc::new(Reaper::start(self.0.stopping.clone(), &self.0.processes)?);
        for function in self.0.by_name.values() {
            let process = Process {
                function: Arc::clone(function),
                bootstrap: bootstrap.clone(),
                surroundings: Arc::clone(&surroundings),
                leftovers: Arc::clone(&leftovers),
                reaper: Arc::clone(&reaper),
                stopping: self.0.stopping.clone(),
                retired: self.0.processes.clone(),
            };
            self.0.processes.spawn(process.keep_running());
        }
        Ok(())
    }

    /// Invokes a function, by name or ARN, and waits for its answer.
    ///
    /// The invocation goes on if the caller stops waiting.
    pub async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        let name = names::function_name(function);
        let Some(function) = self.0.by_name.get(name).map(Arc::clone) else {
            return Err(InvokeError::NotFound(name.to_owned()));
        };
        if payload.len() > PAYLOAD_LIMIT_BYTES {
            return Err(InvokeError::Service(format!(
                "a payload holds at most {PAYLOAD_LIMIT_BYTES} bytes"
            )));
        }
        if self.0.stopping.is_cancelled() {
            return Err(InvokeError::Service("the platform is stopping".to_owned()));
        }
        let run = self
            .0
            .running
            .spawn(async move { function.run(payload).await });
        run.await.unwrap_or_else(|lost| {
            Err(InvokeError::Service(format!(
                "the invocation was lost: {lost}"
            )))
        })
    }

    /// Invokes a function without waiting, up to three times, as Lambda does for events.
    pub fn invoke_later(&self, function: &str, payload: Bytes) -> Result<(), InvokeError> {
        let name = names::function_name(function).to_owned();
        if !self.0.by_name.contains_key(&name) {
            return Err(InvokeError::NotFound(name));
        }
        let Ok(permit) = Arc::clone(&self.0.later).try_acquire_owned() else {
            tracing::error!(
                function = name,
                limit = LATER_LIMIT,
                "too many events wait, one was dropped"
            );
            return Err(InvokeError::Throttled);
        };
        let functions = self.clone();
        self.0.running.spawn(async move {
            let _permit = permit;
            functions.attempt_thrice(&name, payload).await;
        });
        Ok(())
    }

    async fn attempt_thrice(&self, name: &str, payload: Bytes) {
        for delay in LATER_DELAYS.map(Some).into_iter().chain([None]) {
            let Err(error) = self.invoke(name, payload.clone()).await else {
                return;
            };
            let Some(delay) = delay else {
                tracing::error!(function = name, %error, "an event was given up after three attempts");
                return;
            };
            tracing::warn!(function = name, %error, "an event is tried again");
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.0.stopping.cancelled() => return,
            }
        }
    }

    /// Lets invocations end for as long as `patience` allows, then ends the processes.
    pub async fn shutdown(&self, patience: Duration) {
        self.0.running.close();
        if tokio::time::timeout(patience, self.0.running.wait())
            .await
            .is_err()
        {
            tracing::warn!("some invocations were still running and are cut off");
        }
        self.0.stopping.cancel();
        self.0.processes.close();
        self.0.processes.wait().await;
    }

    /// The names of all functions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.by_name.keys().map(String::as_str)
    }
}

impl Function {
    async fn run(&self, payload: Bytes) -> Result<Bytes, InvokeError> {
        match self.queue.put(payload) {
            Ok(ticket) => ticket.outcome(self.timeout).await,
            Err(Refused::Full) => Err(InvokeError::Throttled),
        }
    }
}
