//! What panics ends with words: an evaluation, or a function of the program itself. Timers, calls and starts go on.

mod support;

use std::time::Duration;

use aws_sdk_sfn::types::{ExecutionStatus, StateMachineType};
use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use states::Config;
use support::{Ended, Folder, Functions, INVOKE, ROLE, Running, flow, open, open_with, task};
use tower::ServiceExt;

/// Longest wait of a test that fails.
const LIMIT: Duration = Duration::from_secs(20);

/// The JSONata crate panics over this picture.
const PANICS: &str = "{% $fromMillis(0, '[Y,*-64]') %}";
const FAILED: &str = "States.QueryEvaluationError";

fn pass() -> Value {
    json!({ "Type": "Pass", "Output": PANICS, "End": true })
}

/// A wait, and then a state that panics.
fn late() -> Value {
    flow(json!({ "A": { "Type": "Wait", "Seconds": 1, "Next": "B" }, "B": pass() }))
}

async fn ends_with_words(up: &Running, execution: &str) {
    let (status, _, error, cause) = up.end(execution).await;
    assert_eq!(
        (status, error.as_deref()),
        (ExecutionStatus::Failed, Some(FAILED))
    );
    let cause = cause.expect("a cause");
    assert!(cause.contains("$fromMillis(0, '[Y,*-64]')"), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_that_panics_behind_a_wait_fails_and_timers_go_on() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let late = up.machine("late", &late()).await;
    let first = up.start(&late, json!({})).await;
    ends_with_words(&up, &first).await;
    let wait = json!({ "A": { "Type": "Wait", "Seconds": 1, "End": true } });
    let ended = up.run(&flow(wait), json!({})).await;
    assert_eq!(ended.status, ExecutionStatus::Succeeded);
    let open_one = up.start(&late, json!({})).await;
    up.close().await;
    let up = open(folder.path()).await;
    ends_with_words(&up, &open_one).await;
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_that_panics_can_be_caught() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let mut call = task(INVOKE, "never", json!({ "at": PANICS }));
    call["Catch"] = json!([{ "ErrorEquals": [FAILED], "Next": "B" }]);
    let ended = up
        .run(
            &flow(json!({ "A": call, "B": { "Type": "Succeed", "Output": "caught" } })),
            json!({}),
        )
        .await;
    assert_eq!(
        (ended.status, ended.output),
        (ExecutionStatus::Succeeded, Some(json!("caught")))
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_express_execution_that_panics_holds_up_no_start_of_the_engine() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let made = up
        .client
        .create_state_machine()
        .name("quick")
        .r#type(StateMachineType::Express)
        .role_arn(ROLE)
        .definition(flow(json!({ "A": pass() })).to_string());
    let quick = made.send().await.expect("made").state_machine_arn;
    up.start(&quick, json!({})).await;
    up.close().await;
    let up = open(folder.path()).await;
    let ended = up
        .run(
            &flow(json!({ "A": { "Type": "Pass", "End": true } })),
            json!({}),
        )
        .await;
    assert_eq!(ended.status, ExecutionStatus::Succeeded);
    up.close().await;
}

/// A dry run, whose answer has how each path ended.
async fn dry_run(up: &Running, definition: &Value) -> Value {
    let body = json!({ "definition": definition.to_string(), "input": "{}" }).to_string();
    let request = http::Request::post("/")
        .header("host", "localhost")
        .header("x-amz-target", "StrowgerStates.DryRun")
        .header("content-type", "application/x-amz-json-1.0")
        .body(Body::from(body))
        .expect("a request");
    let answer = up
        .engine
        .router()
        .oneshot(request)
        .await
        .expect("an answer");
    let told = answer.into_body().collect().await.expect("a body");
    serde_json::from_slice(&told.to_bytes()).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_of_an_evaluation_that_panics() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let told = dry_run(&up, &flow(json!({ "A": pass() }))).await;
    assert_eq!(told["paths"][0]["status"], "FAILED", "{told}");
    assert_eq!(told["paths"][0]["error"], FAILED, "{told}");
    up.close().await;
}

/// A function is called, and the execution that called it ends.
async fn call(up: &Running, function: &str, kind: &str) -> Ended {
    let mut call = task(INVOKE, function, json!({}));
    call["Arguments"]["InvocationType"] = json!(kind);
    up.run(&flow(json!({ "A": call })), json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_and_calls_that_panic_keep_no_turn() {
    const MAX_CALLS: usize = 2;
    let folder = Folder::new();
    let config = Config {
        drain_ms: 0,
        max_calls: MAX_CALLS,
        ..Config::new(folder.path())
    };
    let functions = Functions::default();
    functions.on("panic", |_| panic!("in a function"));
    functions.on("takes_events", |_| panic!("before it"));
    functions.on("echo", Ok);
    let up = open_with(config, functions).await;
    let kinds = [
        ("RequestResponse", "Runtime.ExitError", "in a function"),
        ("Event", "States.TaskFailed", "before it"),
    ];
    for (kind, error, words) in kinds {
        for _ in 0..=MAX_CALLS {
            let ended = call(&up, "panic", kind).await;
            assert_eq!(
                (ended.status, ended.error.as_deref()),
                (ExecutionStatus::Failed, Some(error))
            );
            let cause = ended.cause.expect("a cause");
            assert!(cause.contains(words), "{cause}");
        }
    }
    let ended = call(&up, "echo", "RequestResponse").await;
    assert_eq!(ended.status, ExecutionStatus::Succeeded);
    let none_under_way = async {
        while up.engine.calls_under_way() > 0 {
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::time::timeout(LIMIT, none_under_way).await;
    ended.expect("nothing is under way");
    up.close().await;
}
