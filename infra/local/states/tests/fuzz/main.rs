//! Definitions, paths, expressions, inputs and requests that nobody would write: nothing panics, hangs or fails as a server.
//!
//! Cases come from generators that know the grammar and bend it: of what is right by the grammar most must be accepted, or
//! the cases would be shallow. What was found once is in `corpus.json`. `STATES_FUZZ_CASES=N` runs more, and
//! `STATES_FUZZ_SEED=S` others.

mod chance;
mod expressions;
mod grammar;
mod requests;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chance::Chance;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use states::{Clock, Config, Engine, InvokeError};
use support::{Folder, Functions, ROLE, flow};

const CASES: u32 = 300;
/// Share of cases that are bent.
const BENT_PERCENT: u32 = 25;
/// Share of the grammar's definitions that must be accepted as they are.
const LEAST_ACCEPTED_PERCENT: u32 = 60;
/// Longest time that one request may take.
const LIMIT: Duration = Duration::from_secs(20);
/// Deadlines that an execution is led over before it is stopped.
const DEADLINES: usize = 30;

struct Target {
    engine: Engine,
    clock: Clock,
    client: Client<HttpConnector, Full<Bytes>>,
    address: std::net::SocketAddr,
    made: u32,
    /// Tokens that functions and workers hold.
    tokens: Arc<Mutex<Vec<String>>>,
    count: Count,
}

/// What became of the cases.
#[derive(Debug, Default)]
struct Count {
    accepted: u32,
    refused: u32,
    succeeded: u32,
    failed: u32,
    /// Stopped while it waited.
    parked: u32,
}

impl Target {
    async fn open(folder: &Folder) -> Self {
        let clock = Clock::driven(1_767_225_600_000);
        let tokens: Arc<Mutex<Vec<String>>> = Arc::default();
        let held = Arc::clone(&tokens);
        let functions = Functions::default();
        functions.on("echo", Ok);
        functions.on("fail", |_| {
            Err(InvokeError::Function {
                error_type: "Boom".into(),
                message: "no".into(),
            })
        });
        functions.on("hold", move |payload| {
            let token = payload["token"].as_str().map(str::to_owned);
            held.lock().expect("no panic").extend(token);
            Ok(Value::Null)
        });
        let config = Config {
            clock: clock.clone(),
            drain_ms: 0,
            poll_ms: 0,
            seed: Some(1),
            ..Config::new(folder.path())
        };
        let engine = Engine::open(config, Arc::new(functions)).expect("the engine opens");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = engine.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let target = Self {
            engine,
            clock,
            client: Client::builder(TokioExecutor::new()).build_http(),
            address,
            made: 0,
            tokens,
            count: Count::default(),
        };
        target
            .asked("CreateActivity", json!({ "name": "hands" }))
            .await;
        let leaf = flow(
            json!({ "A": { "Type": "Wait", "Seconds": 2, "Output": { "leaf": 1 }, "End": true } }),
        );
        let leaf = json!({ "name": "leaf", "roleArn": ROLE, "definition": leaf.to_string() });
        target.asked("CreateStateMachine", leaf).await;
        target
    }

    /// Something that the next requests can be about: a task that a worker has, a map run that runs.
    async fn set_up(&self, pool: &mut requests::Pool, n: u32) {
        for (name, definition) in [("hold", requests::hold()), ("run", requests::run())] {
            let machine = format!("{name}{n}");
            let made =
                json!({ "name": machine, "roleArn": ROLE, "definition": definition.to_string() });
            let made = self.asked("CreateStateMachine", made).await;
            let start = json!({ "stateMachineArn": made["stateMachineArn"] });
            let started = self.asked("StartExecution", start).await;
            pool.learn("StartExecution", &started);
            let runs = json!({ "executionArn": started["executionArn"] });
            pool.learn("ListMapRuns", &self.asked("ListMapRuns", runs).await);
        }
        // The activity may have been deleted.
        let again = json!({ "name": "hands" });
        self.asked("CreateActivity", again).await;
        let poll = json!({ "activityArn": grammar::ACTIVITY });
        pool.learn(
            "GetActivityTask",
            &self.asked("GetActivityTask", poll).await,
        );
    }

    /// Leads the clock from deadline to deadline.
    async fn pass_time(&self) {
        loop {
            if let Some(next_ms) = self.engine.next_deadline_ms() {
                self.clock.advance_to(next_ms);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Asks what must be answered.
    async fn asked(&self, operation: &str, request: Value) -> Value {
        let answer = self.ask(operation, request.to_string()).await;
        answer.unwrap_or_else(|error| panic!("{operation}: {error}: {request}"))
    }

    /// Asks with any body. Whatever it is, the answer is JSON, in time, and no failure of the server.
    async fn ask(&self, operation: &str, body: String) -> Result<Value, Value> {
        let request = http::Request::post(format!("http://{}/", self.address))
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .body(Full::new(Bytes::from(body.clone())))
            .expect("a request");
        let answered = tokio::time::timeout(LIMIT, self.client.request(request));
        let answer = if operation == "StartSyncExecution" {
            // Its answer is the end of an execution, whose time has to pass.
            tokio::select! {
                answer = answered => answer,
                () = self.pass_time() => unreachable!("time does not end"),
            }
        } else {
            answered.await
        };
        let answer = answer
            .unwrap_or_else(|_| panic!("{operation} hangs: {body}"))
            .unwrap_or_else(|error| panic!("{operation} breaks the connection: {error}: {body}"));
        let status = answer.status();
        let bytes = answer
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        assert!(
            !status.is_server_error(),
            "{operation}: {status} {bytes:?}: {body}"
        );
        let value: Value = serde_json::from_slice(&bytes)
            .unwrap_or_else(|error| panic!("{operation}: {error}: {bytes:?}"));
        if status.is_success() {
            return Ok(value);
        }
        assert!(value["__type"].is_string(), "{value}");
        Err(value)
    }

    /// Makes, starts and leads on what can be, and stops what does not end. Says whether the definition was accepted.
    async fn run(&mut self, c: &mut Chance, definition: &str, input: &str) -> bool {
        self.made += 1;
        let checked = json!({ "definition": definition });
        let checked = self
            .ask("ValidateStateMachineDefinition", checked.to_string())
            .await;
        let valid = checked
            .as_ref()
            .is_ok_and(|told| told["result"] == json!("OK"));
        let name = format!("m{}", self.made);
        let request = json!({ "name": name, "roleArn": ROLE, "definition": definition });
        let made = self.ask("CreateStateMachine", request.to_string()).await;
        assert_eq!(
            valid,
            made.is_ok(),
            "Validate and Create differ: {made:?}: {definition}"
        );
        let Ok(made) = made else {
            self.count.refused += 1;
            let first = checked.map(|told| told["diagnostics"][0].clone());
            println!(
                "refused: {}: {definition}",
                first.unwrap_or_else(|error| error)
            );
            return false;
        };
        self.count.accepted += 1;
        let request = json!({ "stateMachineArn": made["stateMachineArn"], "input": input });
        if let Ok(started) = self.ask("StartExecution", request.to_string()).await {
            self.lead(c, &started["executionArn"], definition, input)
                .await;
        }
        // Children of what was stopped are not led on: their machine goes with the next one's.
        self.tokens.lock().expect("no panic").clear();
        true
    }

    /// Leads an execution over its deadlines, and answers its tasks.
    async fn lead(&mut self, c: &mut Chance, arn: &Value, definition: &str, input: &str) {
        let execution = json!({ "executionArn": arn });
        for _ in 0..DEADLINES {
            let told = self.asked("DescribeExecution", execution.clone()).await;
            if told["status"] != json!("RUNNING") {
                break;
            }
            self.answer(c).await;
            if self.engine.calls_under_way() == 0
                && let Some(next_ms) = self.engine.next_deadline_ms()
            {
                self.clock.advance_to(next_ms);
            }
            tokio::task::yield_now().await;
        }
        let told = self.asked("DescribeExecution", execution.clone()).await;
        match told["status"].as_str() {
            Some("SUCCEEDED") => self.count.succeeded += 1,
            Some("RUNNING") => self.count.parked += 1,
            _failed => {
                self.count.failed += 1;
                let (error, cause) = (told["error"].as_str(), told["cause"].as_str());
                let inside = INTERNAL
                    .iter()
                    .find(|words| cause.is_some_and(|cause| cause.contains(**words)));
                assert!(
                    inside.is_none(),
                    "{error:?} {cause:?}: {definition} {input}"
                );
                assert!(
                    error != Some("States.Runtime") || cause.is_some_and(|c| !c.is_empty()),
                    "no cause: {definition} {input}"
                );
            }
        }
        let _closed_or_stopped = self.ask("StopExecution", execution.to_string()).await;
        let told = self.asked("DescribeExecution", execution.clone()).await;
        assert_ne!(told["status"], json!("RUNNING"), "{definition} {input}");
        let history = self.asked("GetExecutionHistory", execution).await;
        let events = history["events"].as_array().expect("events");
        assert!(events.len() >= 2);
        for (place, event) in events.iter().enumerate() {
            assert_eq!(event["id"], json!(place + 1), "{definition} {input}");
            assert!(
                event["previousEventId"].as_u64() <= Some(place as u64),
                "{event}: {definition} {input}"
            );
        }
    }

    /// Answers one task that waits for it: a worker's, or one that was called back.
    async fn answer(&mut self, c: &mut Chance) {
        let poll = json!({ "activityArn": grammar::ACTIVITY });
        let polled = self.asked("GetActivityTask", poll).await;
        let given = polled["taskToken"].as_str().map(str::to_owned);
        let held = self.tokens.lock().expect("no panic").pop();
        for token in given.into_iter().chain(held) {
            let (operation, request) = match c.below(10) {
                0 => (
                    "SendTaskFailure",
                    json!({ "taskToken": token, "error": "Boom", "cause": c.text() }),
                ),
                1 => ("SendTaskHeartbeat", json!({ "taskToken": token })),
                _success => (
                    "SendTaskSuccess",
                    json!({ "taskToken": token, "output": c.value(2).to_string() }),
                ),
            };
            // The task may have timed out.
            let _taken = self.ask(operation, request.to_string()).await;
        }
    }
}

/// What causes say when it is the engine that went wrong, and no definition or input.
const INTERNAL: [&str; 6] = [
    "The engine broke off",
    "does not fit",
    "has gone on",
    "has closed",
    "gave an answer of another kind",
    "damaged",
];

fn number(variable: &str) -> Option<u32> {
    std::env::var(variable).ok()?.parse().ok()
}

fn cases() -> u32 {
    number("STATES_FUZZ_CASES").unwrap_or(CASES)
}

fn chance() -> Chance {
    let seed = number("STATES_FUZZ_SEED").unwrap_or(1);
    println!("STATES_FUZZ_SEED={seed}");
    Chance::new(u64::from(seed))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_once_stays_mended() {
    let folder = Folder::new();
    let mut target = Target::open(&folder).await;
    let corpus: Vec<Value> =
        serde_json::from_str(include_str!("corpus.json")).expect("a list of cases");
    for case in corpus {
        let definition = match &case["definition"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let input = case["input"].as_str().expect("text").to_owned();
        target.run(&mut chance(), &definition, &input).await;
        // Its first state alone, which is tried without an execution.
        if let Some(start) = case["definition"]["StartAt"].as_str() {
            let mut state = case["definition"]["States"][start].clone();
            if let Some(language) = case["definition"].get("QueryLanguage") {
                state["QueryLanguage"] = language.clone();
            }
            let tried = json!({ "definition": state.to_string(), "roleArn": ROLE, "input": input });
            let _told = target.ask("TestState", tried.to_string()).await;
        }
    }
    target.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_are_run_or_refused() {
    let folder = Folder::new();
    let mut target = Target::open(&folder).await;
    let mut c = chance();
    let (mut straight, mut accepted) = (0, 0);
    for _ in 0..cases() {
        let mut definition = grammar::definition(&mut c);
        let input = c.input().to_string();
        let bent = c.percent(BENT_PERCENT);
        if bent {
            c.bend(&mut definition);
        }
        let taken = target.run(&mut c, &definition.to_string(), &input).await;
        straight += u32::from(!bent);
        accepted += u32::from(!bent && taken);
    }
    println!(
        "{:?}, {accepted} of {straight} straight ones accepted",
        target.count
    );
    assert!(
        accepted * 100 >= straight * LEAST_ACCEPTED_PERCENT,
        "the grammar gives too little that is accepted: {accepted} of {straight}"
    );
    let Count {
        succeeded,
        refused,
        failed,
        ..
    } = target.count;
    assert!(
        refused > 0 && failed > 0 && succeeded * 5 >= accepted,
        "{:?}",
        target.count
    );
    target.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_expressions_give_values_or_errors() {
    let folder = Folder::new();
    let mut target = Target::open(&folder).await;
    let mut c = chance();
    for _ in 0..cases() {
        let jsonata = c.percent(50);
        let language = if jsonata { "JSONata" } else { "JSONPath" };
        // Many in one definition: what fails is caught, so that one failure does not hide the others.
        let state = if jsonata {
            json!({ "Type": "Pass", "Output": expressions::marked(&mut c, &[]), "End": true })
        } else {
            json!({ "Type": "Pass", "Parameters": expressions::template(&mut c, &[]), "End": true })
        };
        let mut definition =
            json!({ "StartAt": "A", "QueryLanguage": language, "States": { "A": state } });
        if c.percent(BENT_PERCENT) {
            c.bend(&mut definition["States"]["A"]);
        }
        let input = c.input().to_string();
        target.run(&mut c, &definition.to_string(), &input).await;
    }
    println!("{:?}", target.count);
    let Count {
        accepted,
        refused,
        succeeded,
        failed,
        ..
    } = target.count;
    assert!(
        accepted * 10 >= (accepted + refused) * 7,
        "{:?}",
        target.count
    );
    assert!(
        failed > 0 && succeeded * 3 >= accepted,
        "{:?}",
        target.count
    );
    target.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_answered_whatever_they_say() {
    let folder = Folder::new();
    let target = Target::open(&folder).await;
    let mut c = chance();
    let mut pool = requests::Pool::new(&mut c);
    let (mut accepted, mut undocumented) = (0, BTreeSet::new());
    let count = cases() * 10;
    for n in 0..count {
        if n % 10 == 0 {
            target.set_up(&mut pool, n).await;
        }
        let (operation, body) = pool.request(&mut c);
        let answer = target.ask(operation, body.clone()).await;
        if let Ok(told) = &answer {
            accepted += 1;
            pool.accept(operation);
            pool.learn(operation, told);
        } else if let Err(told) = &answer
            && !pool.documents(operation, told["__type"].as_str().unwrap_or_default())
        {
            undocumented.insert(format!(
                "{operation}: {} {}",
                told["__type"], told["message"]
            ));
        }
        if let Some(next_ms) = target.engine.next_deadline_ms() {
            target
                .clock
                .advance_to(next_ms.min(target.clock.now_ms() + 1_000));
        }
        pool.tokens
            .extend(target.tokens.lock().expect("no panic").drain(..));
    }
    println!("{accepted} of {count} requests accepted");
    assert!(undocumented.is_empty(), "{undocumented:#?}");
    assert!(
        accepted * 10 >= count * 3,
        "too little is accepted: {accepted} of {count}"
    );
    assert_eq!(
        pool.never_accepted(),
        [""; 0],
        "no request of these was accepted"
    );
    target.engine.shutdown().await;
}
