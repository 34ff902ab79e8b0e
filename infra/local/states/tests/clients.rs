//! boto3 and the AWS command line, as they come from PyPI, against the engine.
//!
//! `cargo xtask test` installs them, says where in `STATES_PYTHON_CLIENTS` and runs these tests, which plain cargo ignores.

mod support;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use support::{CALLBACK, Folder, ROLE, Running, flow, open};
use tokio::process::Command;

/// Where the programs are.
fn programs() -> PathBuf {
    let folder = std::env::var_os("STATES_PYTHON_CLIENTS");
    let folder =
        folder.expect("STATES_PYTHON_CLIENTS: `cargo xtask test` installs boto3 and awscli");
    Path::new(&folder).join("bin")
}

async fn up(folder: &Folder) -> Running {
    let up = open(folder.path()).await;
    up.functions.on("turn", |_| Ok(json!(null)));
    up
}

/// Runs a program to its end; gives its stdout, or panics with its stderr.
async fn output(command: &mut Command) -> String {
    match tried(command).await {
        Ok(text) => text,
        Err(error) => panic!("{error}"),
    }
}

async fn tried(command: &mut Command) -> Result<String, String> {
    command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("PATH", "/usr/bin:/bin")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        // Without this, StartSyncExecution and TestState go to "sync-" and the host.
        .env("AWS_DISABLE_HOST_PREFIX_INJECTION", "true");
    let ended = tokio::time::timeout(Duration::from_secs(80), command.output())
        .await
        .expect("it ends in time")
        .expect("it starts");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if ended.status.success() {
        Ok(text(&ended.stdout))
    } else {
        Err(text(&ended.stderr))
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs boto3 and awscli, which `cargo xtask test` installs"]
async fn a_session_of_boto3() {
    let programs = programs();
    let folder = Folder::new();
    let up = up(&folder).await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/session.py");
    let mut python = Command::new(programs.join("python"));
    python.arg(script).arg(format!("http://{}", up.address));
    let told: Value = serde_json::from_str(&output(&mut python).await).expect("a line of JSON");
    assert!(told["boto3"].is_string(), "{told}");
    up.close().await;
}

/// The command line, asked one thing.
struct Aws {
    programs: PathBuf,
    endpoint: String,
}

impl Aws {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join("aws"));
        command
            .args(["--endpoint-url", &self.endpoint, "--region", "us-east-1"])
            .args(["--output", "json", "stepfunctions"])
            .args(words);
        command
    }

    async fn ask(&self, words: &[&str]) -> Value {
        let mut command = self.command(words);
        let text = output(&mut command).await;
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn refused(&self, words: &[&str]) -> String {
        let mut command = self.command(words);
        tried(&mut command).await.expect_err("refused")
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs boto3 and awscli, which `cargo xtask test` installs"]
async fn a_session_of_the_command_line() {
    let programs = programs();
    let folder = Folder::new();
    let up = up(&folder).await;
    let aws = Aws {
        programs,
        endpoint: format!("http://{}", up.address),
    };
    let definition = flow(json!({ "A": {
        "Type": "Task", "Resource": CALLBACK, "End": true,
        "Arguments": { "FunctionName": "turn", "Payload": { "token": "{% $states.context.Task.Token %}" } }
    } }))
    .to_string();
    let made = aws
        .ask(&[
            "create-state-machine",
            "--name",
            "cli",
            "--role-arn",
            ROLE,
            "--definition",
            &definition,
        ])
        .await;
    let machine = made["stateMachineArn"].as_str().expect("an ARN").to_owned();
    let mut invoked = up.functions.invocations();
    let started = aws
        .ask(&[
            "start-execution",
            "--state-machine-arn",
            &machine,
            "--name",
            "one",
            "--input",
            "{\"a\":1}",
        ])
        .await;
    let execution = started["executionArn"].as_str().expect("an ARN").to_owned();
    let token = invoked.recv().await.expect("invoked").1["token"].clone();
    let token = token.as_str().expect("a token");
    aws.ask(&["send-task-heartbeat", "--task-token", token])
        .await;
    aws.ask(&[
        "send-task-success",
        "--task-token",
        token,
        "--task-output",
        "{\"b\":2}",
    ])
    .await;
    let told = aws
        .ask(&["describe-execution", "--execution-arn", &execution])
        .await;
    assert_eq!(
        (&told["status"], &told["output"]),
        (&json!("SUCCEEDED"), &json!("{\"b\":2}"))
    );
    let told = aws
        .ask(&[
            "get-execution-history",
            "--execution-arn",
            &execution,
            "--page-size",
            "2",
        ])
        .await;
    let types: Vec<&str> = told["events"]
        .as_array()
        .expect("events")
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect();
    assert_eq!(
        types.first().zip(types.last()),
        Some((&"ExecutionStarted", &"ExecutionSucceeded"))
    );
    let two = aws
        .ask(&[
            "start-execution",
            "--state-machine-arn",
            &machine,
            "--name",
            "two",
        ])
        .await;
    let two = two["executionArn"].as_str().expect("an ARN").to_owned();
    aws.ask(&[
        "stop-execution",
        "--execution-arn",
        &two,
        "--error",
        "E",
        "--cause",
        "C",
    ])
    .await;
    let listed = aws
        .ask(&[
            "list-executions",
            "--state-machine-arn",
            &machine,
            "--status-filter",
            "ABORTED",
        ])
        .await;
    assert_eq!(listed["executions"][0]["name"], json!("two"));
    let refused = aws
        .refused(&[
            "describe-execution",
            "--execution-arn",
            &format!("{execution}x"),
        ])
        .await;
    assert!(refused.contains("(ExecutionDoesNotExist)"), "{refused}");
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs boto3 and awscli, which `cargo xtask test` installs"]
async fn the_command_line_waits_for_express_executions_and_tries_states_out() {
    let programs = programs();
    let folder = Folder::new();
    let up = up(&folder).await;
    let aws = Aws {
        programs,
        endpoint: format!("http://{}", up.address),
    };
    let pass = json!({ "Type": "Pass", "Output": "{% $states.input.a %}", "End": true });
    let definition = flow(json!({ "A": pass })).to_string();
    let make = [
        "create-state-machine",
        "--name",
        "express",
        "--type",
        "EXPRESS",
    ];
    let rest = ["--role-arn", ROLE, "--definition", &definition];
    let made = aws.ask(&[&make[..], &rest[..]].concat()).await;
    let machine = made["stateMachineArn"].as_str().expect("an ARN");
    let input = ["--input", "{\"a\":7}"];
    let start = ["start-sync-execution", "--state-machine-arn", machine];
    let told = aws.ask(&[&start[..], &input[..]].concat()).await;
    assert_eq!(
        (&told["status"], &told["output"]),
        (&json!("SUCCEEDED"), &json!("7")),
        "{told}"
    );
    let mut state = pass;
    state["QueryLanguage"] = json!("JSONata");
    let state = state.to_string();
    let try_out = ["test-state", "--definition", &state];
    let told = aws.ask(&[&try_out[..], &input[..]].concat()).await;
    assert_eq!(
        (&told["status"], &told["output"]),
        (&json!("SUCCEEDED"), &json!("7")),
        "{told}"
    );
    up.close().await;
}
