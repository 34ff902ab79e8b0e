//! Definitions, paths, expressions, inputs and requests that nobody would write: nothing panics, hangs or fails as a server.
//!
//! Cases come from generators that know the grammar and break it; what was found once is in `fuzz/corpus.json`.
//! `STATES_FUZZ_CASES=N` runs more.

mod support;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config as Runs, TestRunner};
use serde_json::{Map, Value, json};
use states::{Clock, Config, Engine};
use support::{Folder, Functions, ROLE};

const CASES: u32 = 250;
/// Longest time that one request may take.
const LIMIT: Duration = Duration::from_secs(20);
/// Deadlines that an execution is led over before it is stopped.
const DEADLINES: usize = 12;

struct Target {
    engine: Engine,
    clock: Clock,
    client: Client<HttpConnector, Full<Bytes>>,
    address: std::net::SocketAddr,
    made: u32,
}

impl Target {
    async fn open(folder: &Folder) -> Self {
        let clock = Clock::driven(1_767_225_600_000);
        let functions = Functions::default();
        functions.on("echo", Ok);
        let config = Config {
            clock: clock.clone(),
            drain_ms: 0,
            ..Config::new(folder.path())
        };
        let engine = Engine::open(config, Arc::new(functions)).expect("the engine opens");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = engine.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            engine,
            clock,
            client: Client::builder(TokioExecutor::new()).build_http(),
            address,
            made: 0,
        }
    }

    /// Asks with any body. Whatever it is, the answer is JSON, in time, and no failure of the server.
    async fn ask(&self, operation: &str, body: String) -> Result<Value, Value> {
        let request = http::Request::post(format!("http://{}/", self.address))
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .body(Full::new(Bytes::from(body.clone())))
            .expect("a request");
        let answer = tokio::time::timeout(LIMIT, self.client.request(request)).await;
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

    /// Makes, starts and leads on what can be, and stops what does not end.
    async fn run(&mut self, definition: &str, input: &str) {
        self.made += 1;
        let name = format!("m{}", self.made);
        let request = json!({ "name": name, "roleArn": ROLE, "definition": definition });
        let Ok(made) = self.ask("CreateStateMachine", request.to_string()).await else {
            return;
        };
        let request = json!({ "stateMachineArn": made["stateMachineArn"], "input": input });
        let Ok(started) = self.ask("StartExecution", request.to_string()).await else {
            return;
        };
        let execution = json!({ "executionArn": started["executionArn"] }).to_string();
        for _ in 0..DEADLINES {
            let told = self
                .ask("DescribeExecution", execution.clone())
                .await
                .expect("described");
            if told["status"] != json!("RUNNING") {
                break;
            }
            if let Some(next_ms) = self.engine.next_deadline_ms() {
                self.clock.advance_to(next_ms);
            }
            tokio::task::yield_now().await;
        }
        let _closed_or_stopped = self.ask("StopExecution", execution.clone()).await;
        let told = self
            .ask("DescribeExecution", execution.clone())
            .await
            .expect("described");
        assert_ne!(told["status"], json!("RUNNING"), "{definition} {input}");
        let history = self
            .ask("GetExecutionHistory", execution)
            .await
            .expect("a history");
        assert!(
            history["events"]
                .as_array()
                .is_some_and(|events| events.len() >= 2)
        );
    }
}

fn cases() -> u32 {
    let asked = std::env::var("STATES_FUZZ_CASES").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

/// `count` values of a strategy, the same in every run.
fn generated<S: Strategy>(strategy: &S, count: u32) -> Vec<S::Value> {
    let mut runner = TestRunner::new_with_rng(
        Runs::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).expect("a case").current())
        .collect()
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e12..1e12).prop_map(|number: f64| json!(number)),
        Just(json!(9_007_199_254_740_993_i64)),
        "[a-z$.%{}\\\\\"\u{0}-\u{20}é😀]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("[a-c]{1,2}", inner), 0..4)
                .prop_map(|members| members.into_iter().collect::<Map<String, Value>>().into()),
        ]
    })
}

/// Pieces of both query languages, put together as they come.
fn expression() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "$",
            "$$",
            "$.a",
            "$.a.b",
            "['a']",
            "[0]",
            "[-1]",
            "[*]",
            "..",
            "[?(@.a > 1)]",
            "[0:2]",
            "$x",
            "$states.input",
            "$states.context",
            "$$.Execution.Id",
            "States.Format('{}', $.a)",
            "States.StringToJson($.a)",
            "States.ArrayPartition($.a, 0)",
            "States.MathRandom(1, 1)",
            "States.Hash($.a, 'MD5')",
            "(",
            ")",
            ",",
            "'",
            "\\'",
        ])
        .prop_map(str::to_owned),
        proptest::sample::select(vec![
            "$sum(",
            "$map(",
            "function($v){$v}",
            "$range(0,10,0)",
            "$partition([1],0)",
            "$parse('{')",
            "$now()",
            "$eval('1')",
            " + ",
            " & ",
            " ~> ",
            "{",
            "}",
            "1/0",
            "\"a\"",
            "$string(",
            "^(a)",
            "@$i",
            "#$i",
            "%.a",
            "|$|{'a':1}|",
            ":=",
            ";",
            "$pad('x', 1000000000)",
            "$replace('aaaa', /(a+)+$/, '')",
        ])
        .prop_map(str::to_owned),
        "[a-z0-9 .$]{0,6}",
    ];
    proptest::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        expression().prop_map(|text| json!(format!("{{% {text} %}}"))),
        expression().prop_map(Value::from),
        any_json(),
        expression().prop_map(|text| json!({ "k.$": text, "l": { "m": text } })),
    ]
}

fn state() -> impl Strategy<Value = Value> {
    let kinds = vec![
        "Pass", "Task", "Choice", "Wait", "Parallel", "Map", "Succeed", "Fail", "Other",
    ];
    let fields = vec![
        "InputPath",
        "OutputPath",
        "ResultPath",
        "Parameters",
        "ResultSelector",
        "Result",
        "Arguments",
        "Output",
        "Assign",
        "Seconds",
        "SecondsPath",
        "Timestamp",
        "TimestampPath",
        "Error",
        "Cause",
        "ErrorPath",
        "CausePath",
        "Choices",
        "Default",
        "Retry",
        "Catch",
        "TimeoutSeconds",
        "HeartbeatSeconds",
        "Items",
        "ItemsPath",
        "MaxConcurrency",
        "QueryLanguage",
        "Branches",
    ];
    let members = proptest::collection::vec((proptest::sample::select(fields), value()), 0..5);
    let next = proptest::sample::select(vec!["A", "B", "C", "Z"]);
    (
        proptest::sample::select(kinds),
        members,
        next,
        any::<bool>(),
    )
        .prop_map(|(kind, members, next, end)| {
            let mut state = json!({ "Type": kind });
            if end {
                state["End"] = json!(true);
            } else {
                state["Next"] = json!(next);
            }
            match kind {
                "Task" => {
                    state["Resource"] = json!("arn:aws:states:::lambda:invoke");
                    state["Parameters"] = json!({ "FunctionName": "echo", "Payload.$": "$" });
                }
                "Choice" => {
                    state["Choices"] =
                        json!([{ "Variable": "$.a", "IsPresent": true, "Next": next }]);
                    state["Default"] = json!(next);
                }
                "Wait" => state["Seconds"] = json!(1),
                _other => {}
            }
            for (field, value) in members {
                state[field] = value;
            }
            state
        })
}

fn definition() -> impl Strategy<Value = Value> {
    let states = proptest::collection::vec(state(), 1..4);
    (states, any::<bool>()).prop_map(|(states, jsonata)| {
        let states: Map<String, Value> = ["A", "B", "C"]
            .iter()
            .map(ToString::to_string)
            .zip(states)
            .collect();
        let language = if jsonata { "JSONata" } else { "JSONPath" };
        json!({ "StartAt": "A", "QueryLanguage": language, "TimeoutSeconds": 60, "States": states })
    })
}

/// One state that only evaluates: most of these are accepted and run.
fn evaluation() -> impl Strategy<Value = Value> {
    (expression(), any::<bool>()).prop_map(|(text, jsonata)| {
        let state = if jsonata {
            json!({ "Type": "Pass", "Output": format!("{{% {text} %}}"), "End": true })
        } else {
            json!({ "Type": "Pass", "Parameters": { "k.$": text }, "End": true })
        };
        let language = if jsonata { "JSONata" } else { "JSONPath" };
        json!({ "StartAt": "A", "QueryLanguage": language, "States": { "A": state } })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_once_stays_mended() {
    let folder = Folder::new();
    let mut target = Target::open(&folder).await;
    let corpus: Vec<Value> =
        serde_json::from_str(include_str!("fuzz/corpus.json")).expect("a list of cases");
    for case in corpus {
        let definition = match &case["definition"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let input = case["input"].as_str().expect("text").to_owned();
        target.run(&definition, &input).await;
    }
    target.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_are_run_or_refused() {
    let folder = Folder::new();
    let mut target = Target::open(&folder).await;
    for (definition, input) in generated(&(definition(), any_json()), cases()) {
        target
            .run(&definition.to_string(), &input.to_string())
            .await;
    }
    target.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_expressions_give_values_or_errors() {
    let folder = Folder::new();
    let mut target = Target::open(&folder).await;
    for (definition, input) in generated(&(evaluation(), any_json()), cases()) {
        target
            .run(&definition.to_string(), &input.to_string())
            .await;
    }
    target.engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_answered_whatever_they_say() {
    let folder = Folder::new();
    let target = Target::open(&folder).await;
    let operations = vec![
        "CreateStateMachine",
        "UpdateStateMachine",
        "DescribeStateMachine",
        "ListStateMachines",
        "DeleteStateMachine",
        "ValidateStateMachineDefinition",
        "StartExecution",
        "DescribeExecution",
        "ListExecutions",
        "StopExecution",
        "GetExecutionHistory",
        "SendTaskSuccess",
        "SendTaskFailure",
        "SendTaskHeartbeat",
        "TagResource",
        "UntagResource",
        "ListTagsForResource",
        "DescribeStateMachineForExecution",
        "Nonsense",
        "",
    ];
    let members = vec![
        "name",
        "roleArn",
        "definition",
        "type",
        "stateMachineArn",
        "executionArn",
        "input",
        "output",
        "taskToken",
        "error",
        "cause",
        "maxResults",
        "nextToken",
        "statusFilter",
        "reverseOrder",
        "resourceArn",
        "tags",
        "tagKeys",
    ];
    let worth = prop_oneof![
        any_json(),
        Just(json!(
            "arn:aws:states:us-east-1:000000000000:stateMachine:m"
        )),
        Just(json!("arn:aws:states:us-east-1:000000000000:execution:m:n")),
        Just(json!("x".repeat(3_000))),
    ];
    let body = prop_oneof![
        9 => proptest::collection::vec((proptest::sample::select(members), worth), 0..5).prop_map(|members| {
            let object: Map<String, Value> = members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            Value::from(object).to_string()
        }),
        1 => "[ -~]{0,40}",
    ];
    for (operation, body) in generated(&(proptest::sample::select(operations), body), cases() * 4) {
        let _whatever = target.ask(operation, body).await;
    }
    target.engine.shutdown().await;
}
