//! The program `strowger-states`, as it is run by people and scripts.

mod support;

use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use serde_json::{Value, json};
use support::{Folder, ROLE, client, flow, row, task};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const PROGRAM: &str = env!("CARGO_BIN_EXE_strowger-states");

fn command(data: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .arg("--data")
        .arg(data)
        .args(["--port", "0", "--json"])
        .args(words)
        .env_remove("AWS_ENDPOINT_URL")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Starts the program and waits for its line of JSON.
async fn start(data: &Path, words: &[&str]) -> (Child, Value) {
    let mut child = command(data, words).spawn().expect("the program starts");
    let out = child.stdout.take().expect("its output is piped");
    let mut line = String::new();
    BufReader::new(out)
        .read_line(&mut line)
        .await
        .expect("it can be read");
    let ready = serde_json::from_str(&line).expect("a line of JSON");
    (child, ready)
}

async fn ended(data: &Path, words: &[&str]) -> Output {
    let child = command(data, words).spawn().expect("the program starts");
    child.wait_with_output().await.expect("it ends")
}

fn address(ready: &Value) -> std::net::SocketAddr {
    let endpoint = ready["endpoint"].as_str().expect("an endpoint");
    endpoint
        .strip_prefix("http://")
        .and_then(|address| address.parse().ok())
        .expect("an address")
}

async fn terminate(child: &mut Child) -> Option<i32> {
    let pid = child.id().expect("it runs").to_string();
    let sent = Command::new("kill").args(["-TERM", &pid]).status().await;
    assert!(sent.expect("kill runs").success());
    child.wait().await.expect("it ends").code()
}

#[tokio::test]
async fn it_says_where_it_is_serves_and_stops_when_asked() {
    let folder = Folder::new();
    let (mut child, ready) = start(folder.path(), &["--account", "123456789012"]).await;
    let sfn = client(address(&ready));
    let made = sfn
        .create_state_machine()
        .name("m")
        .role_arn(ROLE)
        .definition(flow(json!({ "A": { "Type": "Succeed" } })).to_string())
        .send()
        .await
        .expect("the machine is made");
    assert_eq!(
        made.state_machine_arn,
        "arn:aws:states:us-east-1:123456789012:stateMachine:m"
    );
    assert_eq!(terminate(&mut child).await, Some(0));
    // It lies in the folder.
    let (mut child, ready) = start(folder.path(), &["--account", "123456789012"]).await;
    let machines = client(address(&ready)).list_state_machines().send().await;
    assert_eq!(machines.expect("listed").state_machines.len(), 1);
    assert_eq!(terminate(&mut child).await, Some(0));
}

#[tokio::test]
async fn a_taken_port_has_its_words_and_code() {
    let (folder, other) = (Folder::new(), Folder::new());
    let (mut child, ready) = start(folder.path(), &[]).await;
    let port = ready["port"].to_string();
    let output = ended(other.path(), &["--port", &port]).await;
    assert_eq!(output.status.code(), Some(3));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains(&format!("port {port} is taken")), "{words}");
    terminate(&mut child).await;
}

#[tokio::test]
async fn a_folder_in_use_has_its_words_and_code() {
    let folder = Folder::new();
    let (mut child, _) = start(folder.path(), &[]).await;
    let output = ended(folder.path(), &[]).await;
    assert_eq!(output.status.code(), Some(5));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("in use by another process"), "{words}");
    terminate(&mut child).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_has_its_words_and_code() {
    let folder = Folder::new();
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("a file");
    let output = ended(&file.join("data"), &[]).await;
    assert_eq!(output.status.code(), Some(4));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("cannot be written"), "{words}");
}

#[tokio::test]
async fn a_newer_data_format_has_its_words_and_code() {
    let folder = Folder::new();
    let mut snapshot = b"SFNSNAP\0".to_vec();
    snapshot.extend_from_slice(&u32::MAX.to_le_bytes());
    snapshot.extend_from_slice(&[0; 4]);
    std::fs::write(folder.path().join("snapshot"), snapshot).expect("a snapshot");
    let output = ended(folder.path(), &[]).await;
    assert_eq!(output.status.code(), Some(6));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("newer version"), "{words}");
}

#[tokio::test]
async fn wrong_words_are_refused_with_the_right_ones() {
    let folder = Folder::new();
    let output = ended(folder.path(), &["--account", "1"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("12 digits"));
}

/// What a Lambda endpoint was asked: path and event, signed or not.
type Asked = Arc<Mutex<Vec<(String, Value, bool)>>>;

#[tokio::test]
async fn functions_are_invoked_at_the_lambda_endpoint() {
    let asked = Asked::default();
    let told = Arc::clone(&asked);
    let router = Router::new().route(
        "/2015-03-31/functions/{name}/invocations",
        post(
            move |uri: Uri, headers: HeaderMap, body: Bytes| async move {
                let event: Value = serde_json::from_slice(&body).expect("an event");
                let signed = headers.contains_key("authorization");
                told.lock()
                    .unwrap()
                    .push((uri.to_string(), event.clone(), signed));
                if event["fail"].is_string() {
                    let error =
                        json!({ "errorType": event["fail"], "errorMessage": "no", "trace": [] });
                    return (
                        StatusCode::OK,
                        [("x-amz-function-error", "Unhandled")],
                        error.to_string(),
                    );
                }
                (
                    StatusCode::OK,
                    [("x-amz-executed-version", "7")],
                    event.to_string(),
                )
            },
        ),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let folder = Folder::new();
    let (mut child, ready) = start(folder.path(), &["--lambda-endpoint", &url]).await;
    let sfn = client(address(&ready));
    let mut a = task(support::INVOKE, "echo", json!("{% $states.input %}"));
    a["Arguments"]["Qualifier"] = json!("live");
    a["Catch"] = json!([{ "ErrorEquals": ["Call.NotAllowed"], "Next": "B" }]);
    let definition = flow(json!({
        "A": a,
        "B": { "Type": "Pass", "Output": "{% $parse($states.input.Cause).errorMessage %}", "End": true }
    }));
    let made = sfn.create_state_machine().name("m").role_arn(ROLE);
    let made = made
        .definition(definition.to_string())
        .send()
        .await
        .unwrap();
    for (input, expected) in [
        (json!({ "x": 1 }), json!({ "x": 1 })),
        (json!({ "fail": "Call.NotAllowed" }), json!("no")),
    ] {
        let started = sfn
            .start_execution()
            .state_machine_arn(&made.state_machine_arn);
        let arn = started
            .input(input.to_string())
            .send()
            .await
            .unwrap()
            .execution_arn;
        let output = support::output(&sfn, &arn).await;
        let output = output.get("Payload").unwrap_or(&output);
        assert_eq!(*output, expected);
    }
    assert_eq!(terminate(&mut child).await, Some(0));
    server.abort();
    let asked = asked.lock().unwrap().clone();
    let path = "/2015-03-31/functions/echo/invocations?Qualifier=live".to_owned();
    assert_eq!(asked[0], (path.clone(), json!({ "x": 1 }), true));
    assert_eq!(asked[1].0, path);
}

/// One request over HTTP, its answer read.
async fn asked(sfn: &aws_sdk_sfn::Client, activity: &str) -> (String, String) {
    let told = sfn.get_activity_task().activity_arn(activity).send().await;
    let told = told.expect("a task");
    (
        told.task_token.expect("a token"),
        told.input.expect("an input"),
    )
}

#[tokio::test]
async fn a_parent_learns_of_the_end_of_its_child_whenever_the_program_is_killed() {
    let folder = Folder::new();
    let (mut child, ready) = start(folder.path(), &[]).await;
    let sfn = client(address(&ready));
    let activity = sfn.create_activity().name("work").send().await.unwrap();
    let activity = activity.activity_arn;
    let make = |name: &'static str, state: Value| {
        let definition = flow(json!({ "A": state })).to_string();
        let made = sfn.create_state_machine().name(name).role_arn(ROLE);
        made.definition(definition).send()
    };
    let inner = make(
        "inner",
        json!({ "Type": "Task", "Resource": activity, "End": true }),
    );
    let inner = inner.await.unwrap().state_machine_arn;
    let outer = make(
        "outer",
        json!({
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Arguments": { "StateMachineArn": inner, "Input": "{% $states.input %}" },
            "Output": "{% $states.result.Output %}", "End": true
        }),
    );
    let outer = outer.await.unwrap().state_machine_arn;
    for round in 0..8 {
        let sfn = client(address(&ready_of(&mut child, folder.path()).await));
        let started = sfn.start_execution().state_machine_arn(&outer);
        let started = started.input(round.to_string()).send().await.unwrap();
        // Before or after the child has started, as it comes.
        let sfn = client(address(&ready_of(&mut child, folder.path()).await));
        let (token, input) = asked(&sfn, &activity).await;
        assert_eq!(input, round.to_string());
        let success = sfn.send_task_success().task_token(token);
        success.output(format!("[{round}]")).send().await.unwrap();
        // The end of the child is durable; that its parent knows may not be.
        let sfn = client(address(&ready_of(&mut child, folder.path()).await));
        assert_eq!(
            support::output(&sfn, &started.execution_arn).await,
            json!([round])
        );
    }
    terminate(&mut child).await;
}

/// Kills the program and starts it again.
async fn ready_of(child: &mut Child, data: &Path) -> Value {
    child.kill().await.expect("it is killed");
    let (again, ready) = start(data, &[]).await;
    *child = again;
    ready
}

#[tokio::test]
async fn a_connection_with_oauth_fetches_its_token_once() {
    let fetched = Arc::new(Mutex::new(Vec::<String>::new()));
    let told = Arc::clone(&fetched);
    let router = Router::new()
        .route(
            "/token",
            post(move |body: String| async move {
                told.lock().unwrap().push(body);
                axum::Json(json!({ "access_token": "t-1", "expires_in": 3600 }))
            }),
        )
        .route(
            "/v1",
            axum::routing::get(|headers: HeaderMap| async move {
                headers["authorization"]
                    .to_str()
                    .unwrap_or_default()
                    .to_owned()
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let folder = Folder::new();
    let file = folder.path().join("connections.json");
    let connections = json!({ "api": { "Authorization": { "OAuth": {
        "Endpoint": format!("{url}/token"), "ClientId": "me", "ClientSecret": "s&s"
    } } } });
    std::fs::write(&file, connections.to_string()).unwrap();
    let words = ["--connections", file.to_str().unwrap()];
    let (mut child, ready) = start(&folder.path().join("data"), &words).await;
    let sfn = client(address(&ready));
    let definition = flow(json!({ "A": {
        "Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": true,
        "Arguments": { "ApiEndpoint": format!("{url}/v1"), "Method": "GET",
            "Authentication": { "ConnectionArn": "arn:aws:events:us-east-1:000000000000:connection/api/1" } },
        "Output": "{% $states.result.ResponseBody %}"
    } }));
    let made = sfn.create_state_machine().name("m").role_arn(ROLE);
    let made = made
        .definition(definition.to_string())
        .send()
        .await
        .unwrap();
    for _ in 0..2 {
        let started = sfn
            .start_execution()
            .state_machine_arn(&made.state_machine_arn);
        let arn = started.send().await.unwrap().execution_arn;
        assert_eq!(support::output(&sfn, &arn).await, json!("Bearer t-1"));
    }
    terminate(&mut child).await;
    server.abort();
    let expected = "grant_type=client_credentials&client_id=me&client_secret=s%26s";
    assert_eq!(*fetched.lock().unwrap(), [expected]);
}

/// The most memory that a process has had so far, in MiB.
#[cfg(target_os = "linux")]
fn peak_mib(child: &Child) -> u64 {
    let path = format!("/proc/{}/status", child.id().expect("it runs"));
    let status = std::fs::read_to_string(path).expect("its status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.expect("a peak").trim().trim_end_matches(" kB");
    peak.parse::<u64>().expect("a number") / 1_024
}

/// Asks, and gives how many MiB the answer has. None of it is kept.
#[cfg(target_os = "linux")]
async fn answered_mib(at: std::net::SocketAddr, target: &str, request: &Value) -> usize {
    use http_body_util::{BodyExt, Full};
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;

    let request = http::Request::post(format!("http://{at}/"))
        .header("x-amz-target", target)
        .body(Full::new(Bytes::from(request.to_string())))
        .expect("a request");
    let http = Client::builder(TokioExecutor::new()).build_http();
    let answer = http.request(request).await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    let (mut body, mut bytes) = (answer.into_body(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.expect("it is whole");
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
    bytes / 1_048_576
}

/// States in the row, of which each tells 250,000 bytes twice.
#[cfg(target_os = "linux")]
const ROW: usize = 500;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_history_that_is_larger_than_the_memory_it_may_take_is_told_whole() {
    let folder = Folder::new();
    let (mut child, ready) = start(folder.path(), &[]).await;
    let sfn = client(address(&ready));
    let made = sfn.create_state_machine().name("m").role_arn(ROLE);
    let made = made.definition(row(ROW).to_string()).send().await.unwrap();
    let started = sfn
        .start_execution()
        .state_machine_arn(&made.state_machine_arn);
    let started = started.input(json!("x".repeat(250_000)).to_string());
    let arn = started.send().await.unwrap().execution_arn;
    support::output(&sfn, &arn).await;
    let before = peak_mib(&child);
    let request = json!({ "executionArn": arn, "maxResults": 1000 });
    let (at, mut told) = (address(&ready), Vec::new());
    for target in [
        "AWSStepFunctions.GetExecutionHistory",
        "StrowgerStates.StreamHistory",
        "StrowgerStates.ExportExecution",
    ] {
        told.push(answered_mib(at, target, &request).await);
    }
    let more = peak_mib(&child) - before;
    assert!((4..12).contains(&told[0]), "a page of {} MiB", told[0]);
    assert!(told[1] > 220 && told[2] > 220, "{told:?} MiB");
    assert!(more < 120, "{more} MiB for answers of {told:?} MiB");
    assert_eq!(terminate(&mut child).await, Some(0));
}
