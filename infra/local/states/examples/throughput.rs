//! Figures of the engine over HTTP, with the durable log on.
//!
//! `cargo run -p states --example throughput -- [--data DIR] [--executions N] [--clients N]`. One line of JSON per
//! figure. The client is a bare HTTP/1.1 one, so that little of the time is its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};
use states::{Config, Engine, InvokeError, Lambda};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

const ROLE: &str = "arn:aws:iam::000000000000:role/bench";
const CALLBACK: &str = "arn:aws:states:::lambda:invoke.waitForTaskToken";

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Tells when it was called, and with what.
struct Told(mpsc::UnboundedSender<(Instant, Value)>);

#[async_trait]
impl Lambda for Told {
    async fn invoke(&self, _: &str, payload: Bytes) -> Result<Bytes, InvokeError> {
        let at = Instant::now();
        let payload = serde_json::from_slice(&payload).unwrap_or_default();
        let _gone = self.0.send((at, payload));
        Ok(Bytes::from_static(b"null"))
    }
}

/// One keep-alive connection.
struct Connection(TcpStream);

impl Connection {
    async fn open(address: std::net::SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    async fn call(&mut self, operation: &str, body: &Value) -> Result<Value, Failure> {
        let body = body.to_string();
        let request = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: AWSStepFunctions.{operation}\r\n\
             content-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        loop {
            if self.0.read_buf(&mut answer).await? == 0 {
                return Err("the connection closed".into());
            }
            let Some(end) = answer.windows(4).position(|w| w == b"\r\n\r\n") else {
                continue;
            };
            let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .unwrap_or("0");
            let length: usize = length.trim().parse()?;
            if answer.len() >= end + 4 + length {
                let value: Value = serde_json::from_slice(&answer[end + 4..])?;
                return if head.starts_with("http/1.1 200") {
                    Ok(value)
                } else {
                    Err(value.to_string().into())
                };
            }
        }
    }
}

struct Bench {
    address: std::net::SocketAddr,
    engine: Engine,
    told: mpsc::UnboundedReceiver<(Instant, Value)>,
}

impl Bench {
    async fn open(dir: &Path) -> Result<Self, Failure> {
        let (tell, told) = mpsc::unbounded_channel();
        let engine = Engine::open(Config::new(dir), Arc::new(Told(tell)))?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = engine.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            engine,
            told,
        })
    }

    async fn machine(&self, name: &str, states: Value) -> Result<String, Failure> {
        let definition =
            json!({ "QueryLanguage": "JSONata", "StartAt": "S0", "States": states }).to_string();
        let body = json!({ "name": name, "roleArn": ROLE, "definition": definition });
        let made = Connection::open(self.address)
            .await?
            .call("CreateStateMachine", &body)
            .await?;
        Ok(made["stateMachineArn"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// Starts `executions` over `clients` connections; gives the wall time and each call's.
    async fn start(
        &self,
        machine: &str,
        executions: usize,
        clients: usize,
    ) -> Result<(Duration, Vec<Duration>), Failure> {
        let began = Instant::now();
        let mut tasks = Vec::new();
        for client in 0..clients {
            let body = json!({ "stateMachineArn": machine, "input": "{\"n\":1}" });
            let share = executions / clients + usize::from(client < executions % clients);
            let address = self.address;
            tasks.push(tokio::spawn(async move {
                let mut connection = Connection::open(address).await?;
                let mut took = Vec::with_capacity(share);
                for _ in 0..share {
                    let asked = Instant::now();
                    connection.call("StartExecution", &body).await?;
                    took.push(asked.elapsed());
                }
                Ok::<_, Failure>(took)
            }));
        }
        let mut took = Vec::new();
        for task in tasks {
            took.extend(task.await??);
        }
        Ok((began.elapsed(), took))
    }

    /// From a `SendTaskSuccess` to the next task's function, and from a start to its first function.
    async fn callbacks(
        &mut self,
        machine: &str,
        runs: usize,
    ) -> Result<(Vec<Duration>, Vec<Duration>), Failure> {
        let mut connection = Connection::open(self.address).await?;
        let (mut starts, mut callbacks) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let asked = Instant::now();
            connection
                .call("StartExecution", &json!({ "stateMachineArn": machine }))
                .await?;
            let (at, token) = self.told.recv().await.ok_or("no call")?;
            starts.push(at - asked);
            let asked = Instant::now();
            connection
                .call(
                    "SendTaskSuccess",
                    &json!({ "taskToken": token, "output": "1" }),
                )
                .await?;
            let (at, token) = self.told.recv().await.ok_or("no call")?;
            callbacks.push(at - asked);
            connection
                .call(
                    "SendTaskSuccess",
                    &json!({ "taskToken": token, "output": "1" }),
                )
                .await?;
        }
        Ok((starts, callbacks))
    }
}

fn passes(count: usize, state: impl Fn() -> Value) -> Value {
    let mut states = serde_json::Map::new();
    for i in 0..count {
        let mut one = state();
        if i + 1 == count {
            one["End"] = json!(true);
        } else {
            one["Next"] = json!(format!("S{}", i + 1));
        }
        states.insert(format!("S{i}"), one);
    }
    Value::Object(states)
}

/// One figure, as `cargo xtask bench` reads it.
fn print(name: &str, value: f64, unit: &str) {
    println!(
        "{}",
        json!({ "name": format!("engine: {name}"), "unit": unit, "median": value })
    );
}

fn print_times(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| {
        let index = (times.len() as f64 * share) as usize;
        let time = times.get(index).or(times.last());
        time.map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    println!(
        "{}",
        json!({ "name": format!("engine: {name}"), "unit": "ms", "median": at(0.5), "p99": at(0.99), "runs": times.len() })
    );
}

/// CPU time of this process, client and server together.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let ticks: u64 = [11, 12]
        .iter()
        .filter_map(|i| fields.get(*i)?.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

fn resident_kib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap_or("");
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .unwrap_or(0.0)
}

fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|a| a != name);
    arguments.next()?;
    arguments.next()
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let own = argument("--data").is_none();
    let dir = argument("--data").map_or_else(
        || std::env::temp_dir().join(format!("states-bench-{}", uuid::Uuid::new_v4())),
        PathBuf::from,
    );
    let executions: usize = argument("--executions").map_or(Ok(2_000), |n| n.parse())?;
    let many: usize = argument("--clients").map_or(Ok(64), |n| n.parse())?;
    let mut bench = Bench::open(&dir).await?;

    let ten = bench
        .machine("ten", passes(10, || json!({ "Type": "Pass" })))
        .await?;
    bench.start(&ten, 200, 4).await?;
    for clients in [1, 4, many] {
        let cpu_before = cpu();
        let (wall, took) = bench.start(&ten, executions, clients).await?;
        let transitions = (executions * 10) as f64;
        print(
            &format!("durable transitions, {clients} clients"),
            transitions / wall.as_secs_f64(),
            "1/s",
        );
        print(
            &format!("durable executions of 10 Pass, {clients} clients"),
            executions as f64 / wall.as_secs_f64(),
            "1/s",
        );
        let cpu_s = (cpu() - cpu_before).as_secs_f64().max(0.01);
        print(
            &format!("transitions per CPU second, {clients} clients"),
            transitions / cpu_s,
            "1/s",
        );
        print_times(&format!("StartExecution, {clients} clients"), took);
    }

    let jsonata = || json!({ "Type": "Pass", "Output": "{% { 'n': $states.input.n + 1 } %}" });
    let mixed = bench.machine("jsonata", passes(10, jsonata)).await?;
    let (wall, _) = bench.start(&mixed, executions, many).await?;
    print(
        "durable transitions, a JSONata Output each",
        (executions * 10) as f64 / wall.as_secs_f64(),
        "1/s",
    );

    let turn = || {
        json!({ "Type": "Task", "Resource": CALLBACK,
            "Arguments": { "FunctionName": "f", "Payload": "{% $states.context.Task.Token %}" } })
    };
    let turns = bench.machine("turns", passes(2, turn)).await?;
    let (starts, callbacks) = bench.callbacks(&turns, 500).await?;
    print_times("StartExecution to function invoked", starts);
    print_times("SendTaskSuccess to next function invoked", callbacks);

    let wait = bench
        .machine(
            "wait",
            passes(1, || json!({ "Type": "Wait", "Seconds": 3600 })),
        )
        .await?;
    bench.start(&wait, 1_000, 16).await?;
    let before = resident_kib();
    bench.start(&wait, 10_000, 16).await?;
    print(
        "memory per parked execution",
        (resident_kib() - before) / 10_000.0,
        "KiB",
    );

    bench.engine.shutdown().await;
    let began = Instant::now();
    let again = Bench::open(&dir).await?;
    print(
        "restart with 11,000 open executions",
        began.elapsed().as_secs_f64() * 1e3,
        "ms",
    );
    again.engine.shutdown().await;
    if own {
        std::fs::remove_dir_all(&dir)?;
    }
    Ok(())
}
