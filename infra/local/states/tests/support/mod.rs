//! An engine on loopback, driven with the real client.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses its own part"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use bytes::Bytes;
use serde_json::Value;
use states::{Config, Engine, InvokeError, Lambda};
use tokio::sync::mpsc;

pub const ROLE: &str = "arn:aws:iam::000000000000:role/test";
pub const INVOKE: &str = "arn:aws:states:::lambda:invoke";
pub const CALLBACK: &str = "arn:aws:states:::lambda:invoke.waitForTaskToken";

/// A folder that goes with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("states-test-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

type Function = Arc<dyn Fn(Value) -> Result<Value, InvokeError> + Send + Sync>;

type Listener = mpsc::UnboundedSender<(String, Value)>;

/// Functions by name. Every invocation is also told to who asked for it.
#[derive(Clone, Default)]
pub struct Functions {
    by_name: Arc<Mutex<HashMap<String, Function>>>,
    told: Arc<Mutex<Vec<Listener>>>,
}

impl Functions {
    pub fn on(
        &self,
        name: &str,
        f: impl Fn(Value) -> Result<Value, InvokeError> + Send + Sync + 'static,
    ) {
        self.by_name
            .lock()
            .unwrap()
            .insert(name.to_owned(), Arc::new(f));
    }

    pub fn invocations(&self) -> mpsc::UnboundedReceiver<(String, Value)> {
        let (tell, told) = mpsc::unbounded_channel();
        self.told.lock().unwrap().push(tell);
        told
    }
}

#[async_trait]
impl Lambda for Functions {
    async fn invoke(&self, function: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        let payload: Value = serde_json::from_slice(&payload).expect("payloads are JSON");
        for tell in self.told.lock().unwrap().iter() {
            let _gone = tell.send((function.to_owned(), payload.clone()));
        }
        if function == "never" {
            return std::future::pending().await;
        }
        let found = self.by_name.lock().unwrap().get(function).cloned();
        match found {
            Some(f) => f(payload).map(|answer| Bytes::from(answer.to_string())),
            None => Err(InvokeError::NotFound),
        }
    }

    /// As a function of that name says.
    fn takes_events(&self) -> bool {
        let says = self.by_name.lock().unwrap().get("takes_events").cloned();
        says.is_some_and(|says| says(Value::Null) == Ok(Value::Bool(true)))
    }
}

/// An engine and a client of it.
pub struct Running {
    pub engine: Engine,
    pub client: Client,
    pub functions: Functions,
    pub address: std::net::SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

pub async fn open(dir: &Path) -> Running {
    open_with(
        Config {
            drain_ms: 0,
            ..Config::new(dir)
        },
        Functions::default(),
    )
    .await
}

pub async fn open_with(config: Config, functions: Functions) -> Running {
    let engine = Engine::open(config, Arc::new(functions.clone())).expect("the engine opens");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = engine.router();
    let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("serving") });
    Running {
        engine,
        client: client(address),
        functions,
        address,
        server,
    }
}

pub fn client(address: std::net::SocketAddr) -> Client {
    let config = aws_sdk_sfn::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(aws_sdk_sfn::config::retry::RetryConfig::disabled())
        .endpoint_url(format!("http://{address}"))
        .build();
    Client::from_conf(config)
}

/// Asks until an execution has succeeded, and gives its output.
pub async fn output(client: &Client, execution: &str) -> Value {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while tokio::time::Instant::now() < deadline {
        let asked = client.describe_execution().execution_arn(execution);
        let told = asked.send().await.expect("described");
        match told.status() {
            ExecutionStatus::Running => {}
            ExecutionStatus::Succeeded => {
                return serde_json::from_str(told.output().unwrap_or("null")).expect("JSON");
            }
            _failed => panic!("{:?} {:?}", told.error(), told.cause()),
        }
    }
    panic!("{execution} did not end");
}

impl Running {
    /// Stops serving, stops the engine and lets go of the folder.
    pub async fn close(self) {
        self.engine.shutdown().await;
        self.server.abort();
        let _ended = self.server.await;
    }

    /// Ends the task of a token well, with the item that came with the token.
    pub async fn succeed(&self, told: &Value) {
        let sent = self
            .client
            .send_task_success()
            .task_token(told["token"].as_str().expect("a token"))
            .output(told["item"].to_string());
        sent.send().await.expect("the token is good");
    }

    /// A machine that waits for an hour.
    pub async fn waiting_machine(&self) -> String {
        let wait = serde_json::json!({ "A": { "Type": "Wait", "Seconds": 3600, "End": true } });
        self.machine("m", &flow(wait)).await
    }

    pub async fn machine(&self, name: &str, definition: &Value) -> String {
        let made = self
            .client
            .create_state_machine()
            .name(name)
            .role_arn(ROLE)
            .definition(definition.to_string());
        made.send()
            .await
            .expect("the machine is made")
            .state_machine_arn
    }

    pub async fn start(&self, machine: &str, input: Value) -> String {
        let started = self
            .client
            .start_execution()
            .state_machine_arn(machine)
            .input(input.to_string());
        started
            .send()
            .await
            .expect("the execution starts")
            .execution_arn
    }

    /// Asks until an execution has closed.
    pub async fn end(
        &self,
        execution: &str,
    ) -> (
        ExecutionStatus,
        Option<Value>,
        Option<String>,
        Option<String>,
    ) {
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
        while tokio::time::Instant::now() < deadline {
            let told = self
                .client
                .describe_execution()
                .execution_arn(execution)
                .send()
                .await
                .expect("described");
            if *told.status() != ExecutionStatus::Running {
                let output = told
                    .output()
                    .map(|text| serde_json::from_str(text).expect("outputs are JSON"));
                return (
                    told.status().clone(),
                    output,
                    told.error().map(Into::into),
                    told.cause().map(Into::into),
                );
            }
        }
        panic!("{execution} did not end");
    }

    pub async fn run(&self, definition: &Value, input: Value) -> Ended {
        let name = format!("m-{}", uuid::Uuid::new_v4());
        let machine = self.machine(&name, definition).await;
        let arn = self.start(&machine, input).await;
        let (status, output, error, cause) = self.end(&arn).await;
        Ended {
            arn,
            status,
            output,
            error,
            cause,
        }
    }

    pub async fn history(&self, execution: &str) -> Vec<HistoryEvent> {
        let told = self
            .client
            .get_execution_history()
            .execution_arn(execution)
            .max_results(1000)
            .send()
            .await;
        told.expect("a history").events
    }

    /// `id<-previous Type` of every event.
    pub async fn outline(&self, execution: &str) -> Vec<String> {
        let events = self.history(execution).await;
        events
            .iter()
            .map(|e| format!("{}<-{} {}", e.id, e.previous_event_id, e.r#type))
            .collect()
    }
}

#[derive(Debug)]
pub struct Ended {
    pub arn: String,
    pub status: ExecutionStatus,
    pub output: Option<Value>,
    pub error: Option<String>,
    pub cause: Option<String>,
}

/// A machine of these states, beginning at `A`.
pub fn flow(states: Value) -> Value {
    serde_json::json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": states })
}

/// A Task that calls a function.
pub fn task(resource: &str, function: &str, payload: Value) -> Value {
    serde_json::json!({
        "Type": "Task", "Resource": resource, "Arguments": { "FunctionName": function, "Payload": payload }, "End": true
    })
}

/// A machine of so many Pass states, each of which tells its whole input twice, and of which the log has only one.
pub fn row(count: usize) -> Value {
    let mut states = serde_json::Map::new();
    for n in 0..count {
        let state = serde_json::json!({ "Type": "Pass", "Next": format!("P{}", n + 1) });
        states.insert(format!("P{n}"), state);
    }
    states.insert(
        format!("P{count}"),
        serde_json::json!({ "Type": "Succeed" }),
    );
    serde_json::json!({ "StartAt": "P0", "States": states })
}
