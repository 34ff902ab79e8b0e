//! Callbacks without functions: workers of an activity, and holders of task tokens that come through a queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::figures::Table;
use super::http::{Connection, Request};
use super::machines::{self, TASKS};
use super::subject::Subject;
use super::throughput::{CLIENTS, RUN_LIMIT, Run, Series, Starts, start};
use super::{Failure, Load, queue};

/// Longest wait for all tasks of a run.
const LIMIT: Duration = Duration::from_secs(20);

/// Where tokens come from.
#[derive(Debug, Clone)]
enum Source {
    Activity(String),
    Queue(queue::Source),
}

/// Tasks of an activity, and of a queue, from 1 to 64 clients.
pub(crate) async fn callbacks(load: &Load, table: &mut Table) -> Result<(), Failure> {
    for clients in CLIENTS {
        for by_queue in [false, true] {
            let mut series = Series::new(load.servers.len());
            for _ in 0..load.runs {
                for (server, subject) in load.servers.iter().enumerate() {
                    if series.goes_on(server) {
                        let run = one(load, subject, clients, by_queue);
                        let run = tokio::time::timeout(RUN_LIMIT, run).await;
                        series.add(
                            server,
                            run.unwrap_or_else(|_| Err("a run took too long".into())),
                        );
                    }
                }
            }
            let of = if by_queue {
                "sqs.waitForTaskToken"
            } else {
                "activity tasks"
            };
            let name = format!("{} x {TASKS} {of}, {clients} clients", load.executions);
            series.tell(table, &name, load.executions * TASKS);
        }
    }
    Ok(())
}

async fn one(
    load: &Load,
    subject: &Subject,
    clients: usize,
    by_queue: bool,
) -> Result<Run, Failure> {
    let (source, definition) = if by_queue {
        let queue = queue::Source::open(load, subject).await?;
        let definition = machines::callbacks(queue.url());
        (Source::Queue(queue), definition)
    } else {
        let activity = subject.activity().await?;
        let definition = machines::tasks(&activity);
        (Source::Activity(activity), definition)
    };
    let machine = subject.machine("work", &definition).await?;
    let cpu = subject.cpu();
    let began = Instant::now();
    let wanted = load.executions * TASKS;
    let done = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..clients {
        workers.spawn(work(
            subject.clone(),
            source.clone(),
            Arc::clone(&done),
            wanted,
        ));
    }
    let of = Starts {
        machine: &machine,
        input: "{}",
        executions: load.executions,
        clients: clients.min(4),
    };
    let starts = start(subject, of, false).await?.starts;
    // The first worker that sees the last task done ends it for all; the others still wait for tasks.
    let ended = tokio::time::timeout(LIMIT, workers.join_next()).await;
    workers.abort_all();
    ended
        .map_err(|_| format!("{} of {wanted} tasks done", done.load(Ordering::Relaxed)))?
        .ok_or("no workers")???;
    let wall = began.elapsed();
    let cpu = subject
        .cpu()
        .zip(cpu)
        .map(|(after, before)| after.since(&before));
    Ok(Run { wall, cpu, starts })
}

type Worked = Result<(), Failure>;

async fn work(subject: Subject, source: Source, done: Arc<AtomicUsize>, wanted: usize) -> Worked {
    let mut connection = subject.connect();
    loop {
        for token in tokens(&mut connection, &source).await? {
            succeed(&mut connection, &token).await?;
            if done.fetch_add(1, Ordering::Relaxed) + 1 == wanted {
                return Ok(());
            }
        }
    }
}

async fn tokens(connection: &mut Connection, source: &Source) -> Result<Vec<String>, Failure> {
    match source {
        Source::Activity(arn) => Ok(fetch(connection, arn).await?.into_iter().collect()),
        Source::Queue(queue) => queue.tokens(connection).await,
    }
}

/// The token of an activity's next task, if there is one in the time of a long poll.
pub(crate) async fn fetch(
    connection: &mut Connection,
    activity: &str,
) -> Result<Option<String>, Failure> {
    let request = Request::new("GetActivityTask", &json!({ "activityArn": activity }));
    let told = connection.send(&request).await?;
    Ok(told["taskToken"]
        .as_str()
        .filter(|t| !t.is_empty())
        .map(str::to_owned))
}

pub(crate) async fn succeed(connection: &mut Connection, token: &str) -> Result<Value, Failure> {
    let body = json!({ "taskToken": token, "output": "{\"n\":1}" });
    connection.call("SendTaskSuccess", &body).await
}
