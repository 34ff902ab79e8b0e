//! What a restart keeps apart: the keys of tasks, by which services know a request again, and the key of the task tokens.

mod support;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_sdk_sfn::types::{ExecutionStatus, StateMachineType};
use axum::extract::State;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use states::{Config, Damage, Services, Subject};
use support::{CALLBACK, Folder, Functions, ROLE, Running, flow, open_with, task};

/// Executions of each life. One in sixteen would find its number's key again if keys were made from numbers.
const STARTED: usize = 64;

/// The tokens of the requests so far.
type Tokens = Arc<Mutex<Vec<String>>>;

/// A service that makes meetings.
async fn make_meeting(State(tokens): State<Tokens>, body: String) -> axum::Json<Value> {
    let asked: Value = serde_json::from_str(&body).expect("JSON");
    let token = asked["ClientRequestToken"].as_str().expect("a token");
    tokens.lock().expect("no panic").push(token.to_owned());
    axum::Json(json!({ "Meeting": { "MeetingId": token } }))
}

/// Starts an Express execution and waits for its end.
async fn run_sync(up: &Running, machine: &str) -> Value {
    let body = json!({ "stateMachineArn": machine }).to_string();
    let request = http::Request::post(format!("http://{}/", up.address))
        .header("x-amz-target", "AWSStepFunctions.StartSyncExecution")
        .body(Full::new(Bytes::from(body)));
    let http = Client::builder(TokioExecutor::new()).build_http();
    let answer = http.request(request.expect("a request")).await;
    let answer = answer.expect("an answer").into_body().collect().await;
    serde_json::from_slice(&answer.expect("a body").to_bytes()).expect("JSON")
}

/// Nothing says after a restart which numbers the Express executions had whose callers waited.
#[tokio::test(flavor = "multi_thread")]
async fn no_task_of_an_express_execution_has_the_key_of_one_before_a_restart() {
    let tokens = Tokens::default();
    let router = axum::Router::new()
        .fallback(make_meeting)
        .with_state(Arc::clone(&tokens));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let folder = Folder::new();
    let config = || Config {
        drain_ms: 0,
        services: Services {
            endpoint: Some(url.clone()),
            ..Services::default()
        },
        ..Config::new(folder.path())
    };
    let meeting = json!({ "Type": "Task", "End": true, "Resource": "arn:aws:states:::aws-sdk:chimesdkmeetings:createMeeting",
        "Arguments": { "MediaRegion": "us-east-1", "ExternalMeetingId": "m" } });
    let definition = flow(json!({ "A": meeting })).to_string();
    for _ in 0..2 {
        let up = open_with(config(), Functions::default()).await;
        // Made again it is the same, and nothing more is recorded.
        let made = up.client.create_state_machine().name("meet").role_arn(ROLE);
        let made = made.r#type(StateMachineType::Express);
        let made = made.definition(&definition).send().await;
        let machine = made.expect("made").state_machine_arn;
        for _ in 0..STARTED {
            let ended = run_sync(&up, &machine).await;
            assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
        }
        up.close().await;
    }
    let tokens = tokens.lock().expect("no panic");
    let different: BTreeSet<&String> = tokens.iter().collect();
    assert_eq!((tokens.len(), different.len()), (2 * STARTED, 2 * STARTED));
}

/// Starts an execution that waits for its token, and gives both once the call is answered.
async fn waiting(up: &Running, machine: &str) -> (String, String) {
    let mut invoked = up.functions.invocations();
    let execution = up.start(machine, json!({})).await;
    let (_, token) = invoked.recv().await.expect("invoked");
    let submitted = async || {
        let outline = up.outline(&execution).await;
        outline.last().is_some_and(|l| l.ends_with("TaskSubmitted"))
    };
    while !submitted().await {}
    (execution, token.as_str().expect("a token").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_key_is_named_and_voids_tokens_and_nothing_else() {
    const KEY_BYTES: usize = 32;
    for left in [0, KEY_BYTES - 1, KEY_BYTES + 1] {
        let folder = Folder::new();
        let functions = Functions::default();
        functions.on("turn", |_| Ok(json!(null)));
        let again = async || {
            let config = Config {
                drain_ms: 0,
                ..Config::new(folder.path())
            };
            open_with(config, functions.clone()).await
        };
        let up = again().await;
        let token = json!("{% $states.context.Task.Token %}");
        let machine = flow(json!({ "A": task(CALLBACK, "turn", token) }));
        let machine = up.machine("m", &machine).await;
        let (before, void) = waiting(&up, &machine).await;
        up.close().await;
        let path = folder.path().join("secret");
        let mut key = std::fs::read(&path).expect("a key");
        assert_eq!(key.len(), KEY_BYTES);
        key.resize(left, 7);
        std::fs::write(&path, key).expect("written");

        let up = again().await;
        let named = Damage {
            path: path.clone(),
            offset: 0,
            subject: Subject::Tokens,
        };
        assert_eq!(up.engine.damage(), [named], "{left} bytes");
        let sent = up.client.send_task_success().output("1").task_token(&void);
        let refused = sent.send().await.expect_err("it is void");
        assert!(refused.into_service_error().is_invalid_token());
        let told = up.client.describe_execution().execution_arn(&before);
        let told = told.send().await.expect("it is there");
        assert_eq!(told.status(), &ExecutionStatus::Running);
        let (after, good) = waiting(&up, &machine).await;
        up.close().await;

        let up = again().await;
        assert!(up.engine.damage().is_empty(), "there is a new key");
        let sent = up.client.send_task_success().output("1").task_token(&good);
        sent.send().await.expect("it is kept");
        assert_eq!(up.end(&after).await.0, ExecutionStatus::Succeeded);
        up.close().await;
    }
}
