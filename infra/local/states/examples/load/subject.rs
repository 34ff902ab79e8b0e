//! Whom the load is put on: our program in a process of its own, and peers that run already.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Failure;
use super::http::Connection;
use super::process::{self, Cpu};

/// Longest wait for a first answer.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A server under load.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    /// Unknown if its process cannot be looked at.
    pub(crate) pid: Option<u32>,
    pub(crate) own: bool,
}

impl Subject {
    /// A peer, as `URL` or `URL=PID`.
    pub(crate) fn peer(text: &str) -> Result<Self, Failure> {
        let (url, pid) = match text.rsplit_once('=') {
            Some((url, pid)) => (url, Some(pid.parse()?)),
            None => (text, None),
        };
        let host = url
            .strip_prefix("http://")
            .ok_or("a peer is http://HOST:PORT")?
            .trim_end_matches('/');
        let host = host.replace("localhost", "127.0.0.1");
        let address: SocketAddr = host.parse()?;
        Ok(Self {
            name: host,
            address,
            pid: pid.or_else(|| process::listening_on(address.port())),
            own: false,
        })
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::new(self.address)
    }

    /// CPU time so far, where it can be seen.
    pub(crate) fn cpu(&self) -> Option<Cpu> {
        Cpu::of(self.pid?).ok()
    }

    /// Makes a state machine and gives its ARN.
    pub(crate) async fn machine(&self, name: &str, definition: &Value) -> Result<String, Failure> {
        let unique = format!("{name}-{}", uuid::Uuid::new_v4().simple());
        let body = json!({ "name": unique, "roleArn": "arn:aws:iam::000000000000:role/load",
            "definition": definition.to_string() });
        let made = self.connect().call("CreateStateMachine", &body).await?;
        let arn = made["stateMachineArn"].as_str();
        Ok(arn.ok_or("no stateMachineArn")?.to_owned())
    }

    /// Makes an activity and gives its ARN.
    pub(crate) async fn activity(&self) -> Result<String, Failure> {
        let name = format!("load-{}", uuid::Uuid::new_v4().simple());
        let made = self
            .connect()
            .call("CreateActivity", &json!({ "name": name }))
            .await?;
        Ok(made["activityArn"]
            .as_str()
            .ok_or("no activityArn")?
            .to_owned())
    }
}

/// Our program, on a folder of its own.
pub(crate) struct Own {
    program: PathBuf,
    data: PathBuf,
    /// Where callbacks' messages go.
    queues: SocketAddr,
    keep: Option<usize>,
    child: Child,
    pub(crate) subject: Subject,
    /// From its start to its first answer.
    pub(crate) first_answer: Duration,
}

impl Own {
    /// Starts the program and waits for its first answer. `keep`: so many closed executions are kept; as many as usual
    /// without it.
    pub(crate) async fn start(
        program: &Path,
        data: &Path,
        queues: SocketAddr,
        keep: Option<usize>,
    ) -> Result<Self, Failure> {
        // Any free port; the program says which only once it is ready, and the first answer is measured from outside.
        let port = std::net::TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port();
        let began = Instant::now();
        let child = Command::new(program)
            .arg("--data")
            .arg(data)
            .args(["--json", "--port", &port.to_string()])
            .args(keep.map(|keep| format!("--keep={keep}")))
            .env("AWS_ENDPOINT_URL_SQS", format!("http://{queues}"))
            .env("AWS_ACCESS_KEY_ID", "load")
            .env("AWS_SECRET_ACCESS_KEY", "load")
            .stdout(Stdio::null())
            .spawn()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let subject = Subject {
            name: "strowger-states".to_owned(),
            address,
            pid: Some(child.id()),
            own: true,
        };
        let mut own = Self {
            program: program.to_owned(),
            data: data.to_owned(),
            queues,
            keep,
            child,
            subject,
            first_answer: Duration::ZERO,
        };
        let mut connection = own.subject.connect();
        while connection
            .call("ListStateMachines", &json!({}))
            .await
            .is_err()
        {
            if began.elapsed() > START_LIMIT || own.child.try_wait()?.is_some() {
                return Err("strowger-states did not start".into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        own.first_answer = began.elapsed();
        Ok(own)
    }

    /// Kills the program as a power cut would, and starts it again on the same folder.
    pub(crate) async fn killed_and_started(mut self) -> Result<Self, Failure> {
        self.child.kill()?;
        self.child.wait()?;
        let (program, data) = (self.program.clone(), self.data.clone());
        Self::start(&program, &data, self.queues, self.keep).await
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}
