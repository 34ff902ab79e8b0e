//! From a start to its first task, and from a task's success to the next state's task, as a waiting worker sees them.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::oneshot;

use super::figures::{Better, Cell, Table};
use super::subject::Subject;
use super::throughput::{CLIENTS, Starts, brief, unbounded};
use super::workers::{fetch, succeed};
use super::{Failure, Load, machines};

/// Longest wait for one task.
const LIMIT: Duration = Duration::from_secs(5);
/// The worker's poll is given so long to be waiting.
const SETTLE: Duration = Duration::from_millis(2);
/// A server is measured for so long at most.
const SPENT_LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
struct Times {
    starts: Vec<Duration>,
    successes: Vec<Duration>,
}

pub(crate) async fn latency(load: &Load, table: &mut Table) -> Result<(), Failure> {
    // Clients that start executions of ten Pass states all the time.
    for busy in std::iter::once(0).chain(CLIENTS) {
        let mut starts = Vec::new();
        let mut successes = Vec::new();
        for subject in &load.servers {
            let background = match busy {
                0 => None,
                clients => Some(background(subject, clients).await?),
            };
            let measured = times(subject, load.latencies).await;
            if let Some(background) = background {
                background.end();
            }
            match measured {
                Ok(times) => {
                    starts.push(Cell::times(times.starts));
                    successes.push(Cell::times(times.successes));
                }
                Err(error) => {
                    let refused = Cell::Refused(brief(&error.to_string()));
                    starts.push(refused.clone());
                    successes.push(refused);
                }
            }
        }
        let when = match busy {
            0 => "idle".to_owned(),
            clients => format!("{clients} clients start 10 Pass all the time"),
        };
        let less = Better::Less;
        table.add(
            format!("start to task, p50 / p99, {when}"),
            "ms",
            less,
            starts,
        );
        table.add(
            format!("SendTaskSuccess to next task, p50 / p99, {when}"),
            "ms",
            less,
            successes,
        );
    }
    Ok(())
}

async fn times(subject: &Subject, runs: usize) -> Result<Times, Failure> {
    let activity = subject.activity().await?;
    let machine = subject
        .machine("latency", &machines::tasks(&activity))
        .await?;
    let (mut asker, mut worker) = (subject.connect(), subject.connect());
    let mut times = Times::default();
    let began = Instant::now();
    for _ in 0..runs {
        let body = json!({ "stateMachineArn": machine });
        let mut token = {
            let starting = async {
                tokio::time::sleep(SETTLE).await;
                let at = Instant::now();
                asker.call("StartExecution", &body).await.map(|_| at)
            };
            let polled = async {
                fetch(&mut worker, &activity)
                    .await
                    .map(|token| (token, Instant::now()))
            };
            let (at, (token, got)) = within(starting, polled).await?;
            times.starts.push(got.saturating_duration_since(at));
            token
        };
        for _ in 1..machines::TASKS {
            let held = token.ok_or("no task came")?;
            let reporting = async {
                tokio::time::sleep(SETTLE).await;
                let at = Instant::now();
                succeed(&mut asker, &held).await.map(|_| at)
            };
            let polled = async {
                fetch(&mut worker, &activity)
                    .await
                    .map(|token| (token, Instant::now()))
            };
            let (at, (next, got)) = within(reporting, polled).await?;
            times.successes.push(got.saturating_duration_since(at));
            token = next;
        }
        succeed(&mut asker, &token.ok_or("no task came")?).await?;
        if began.elapsed() > SPENT_LIMIT {
            break;
        }
    }
    Ok(times)
}

/// Both, or an error if they take too long.
async fn within<A, B>(
    one: impl Future<Output = Result<A, Failure>>,
    other: impl Future<Output = Result<B, Failure>>,
) -> Result<(A, B), Failure> {
    let both = async { tokio::try_join!(one, other) };
    tokio::time::timeout(LIMIT, both)
        .await
        .map_err(|_| "no task came in time")?
}

struct Background {
    stop: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl Background {
    fn end(self) {
        let _gone = self.stop.send(());
        let _ended = self.thread.join();
    }
}

/// Load from a thread of its own, so that it does not stand in the way of what is measured.
async fn background(subject: &Subject, clients: usize) -> Result<Background, Failure> {
    let machine = subject.machine("background", &machines::passes()).await?;
    let subject = subject.clone();
    let (stop, mut stopped) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let thread = std::thread::spawn(move || {
        runtime.block_on(async {
            let of = Starts {
                machine: &machine,
                input: "{}",
                executions: usize::MAX / 2,
                clients,
            };
            tokio::select! {
                _ended = unbounded(&subject, of, false) => {}
                _asked = &mut stopped => {}
            }
        });
    });
    Ok(Background { stop, thread })
}
