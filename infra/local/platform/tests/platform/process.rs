//! A running `strowger`, its data folder and what its functions noted.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// A folder for one test, gone after it.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("strowger-{}", uuid::Uuid::new_v4()));
        for part in ["definitions", "web", "notes"] {
            std::fs::create_dir_all(path.join(part)).unwrap();
        }
        let stack: Value = serde_json::from_str(include_str!("../../stack.json")).unwrap();
        for name in stack["StateMachines"].as_object().unwrap().keys() {
            let folder = path.join("definitions").join(name);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("definition.asl.json"), DEFINITION).unwrap();
        }
        std::fs::write(
            path.join("web/index.html"),
            "<!doctype html><title>practice</title>",
        )
        .unwrap();
        let program = std::env::current_exe().unwrap();
        let built = program
            .parent()
            .unwrap()
            .parent()
            .unwrap()
            .join("examples/practice_bootstrap");
        let script = format!(
            "#!/bin/sh\nPRACTICE_NOTES={}/notes exec {}\n",
            path.display(),
            built.display()
        );
        let bootstrap = path.join("bootstrap");
        std::fs::write(&bootstrap, script).unwrap();
        std::fs::set_permissions(
            &bootstrap,
            std::os::unix::fs::PermissionsExt::from_mode(0o755),
        )
        .unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The command line for this place, on free ports.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
        command.args(["--port", "0", "--sip-port", "0", "--json"]);
        for (option, name) in [
            ("--data", "data"),
            ("--bootstrap", "bootstrap"),
            ("--definitions", "definitions"),
            ("--web", "web"),
        ] {
            command.arg(option).arg(self.0.join(name));
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&self) -> Strowger {
        self.start_with(&[])
    }

    /// Starts it with these words after the usual ones.
    pub(crate) fn start_with(&self, words: &[&str]) -> Strowger {
        let mut child = self
            .command()
            .args(words)
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("not ready: {line:?}, {:?}", child.wait()));
        Strowger { child, ready, out }
    }

    /// Waits until functions have noted as many lines.
    pub(crate) async fn noted(&self, what: &str, at_least: usize) -> Vec<String> {
        let path = self.path("notes").join(what);
        let read = || -> Vec<String> {
            std::fs::read_to_string(&path)
                .unwrap_or_default()
                .lines()
                .map(str::to_owned)
                .collect()
        };
        until(&format!("{at_least} lines in {what}"), || {
            read().len() >= at_least
        })
        .await;
        read()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const DEFINITION: &str = r#"{
  "QueryLanguage": "JSONata", "StartAt": "Do",
  "States": { "Do": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
    "Arguments": { "FunctionName": "${TurnFunction}", "Payload": "{% $states.input %}" } } }
}"#;

/// A running platform, ended with this value.
pub(crate) struct Strowger {
    child: Child,
    pub(crate) ready: Value,
    out: BufReader<std::process::ChildStdout>,
}

impl Strowger {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn aws(&self) -> String {
        self.ready["aws"]["endpoint"].as_str().unwrap().to_owned()
    }

    pub(crate) fn web(&self) -> String {
        self.ready["web"].as_str().unwrap().to_owned()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("/bin/sh")
            .arg("-c")
            .arg(format!("kill -{signal} {}", self.pid()))
            .status();
        assert!(sent.unwrap().success());
    }

    /// Kills it as the kernel would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end; whatever else it said on standard output.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }

    /// Invokes a function over the Lambda API; the answer and whether it is a function's error.
    pub(crate) async fn invoke(&self, function: &str, event: &Value) -> (u16, Value, bool) {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.aws());
        let answer = http("POST", &url, &[], event.to_string()).await;
        let failed = answer.headers.contains_key("x-amz-function-error");
        (
            answer.status,
            serde_json::from_slice(&answer.body).unwrap_or_default(),
            failed,
        )
    }
}

impl Drop for Strowger {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An HTTP answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// One HTTP request.
pub(crate) async fn http(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Vec<u8>>,
) -> Answer {
    let client: Client<_, Full<bytes::Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body: Vec<u8> = body.into();
    let response = client
        .request(request.body(Full::from(bytes::Bytes::from(body))).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    }
}

/// Waits for something that must become true, at most ten seconds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "still not: {what}"
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The processes that run a program from this path, by command line.
pub(crate) fn processes_of(path: &Path) -> Vec<u32> {
    let marked = path.display().to_string();
    let of = |entry: std::fs::DirEntry| -> Option<u32> {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let environment = std::fs::read(entry.path().join("environ")).ok()?;
        let ours = String::from_utf8_lossy(&environment).contains(&marked);
        let state = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let zombie = state[state.rfind(')')?..].starts_with(") Z");
        (ours && !zombie).then_some(pid)
    };
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| of(entry.ok()?))
        .collect()
}
