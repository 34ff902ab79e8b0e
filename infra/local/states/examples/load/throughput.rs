//! Transitions per second, of wall time and of the server's CPU time.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::figures::{Better, Cell, Table};
use super::http::Request;
use super::subject::Subject;
use super::{Failure, Load};

/// A server that has taken so long for one figure gets no further runs of it.
const SPENT_LIMIT: Duration = Duration::from_secs(8);
/// Longest run; a server that takes longer is told as one that refused.
pub(crate) const RUN_LIMIT: Duration = Duration::from_secs(30);

/// Most times kept of one client.
const MAX_KEPT: usize = 10_000;

/// One run.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) wall: Duration,
    pub(crate) cpu: Option<Duration>,
    /// What each start took.
    pub(crate) starts: Vec<Duration>,
}

/// Executions of one machine, started by clients that each have one connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Starts<'a> {
    pub(crate) machine: &'a str,
    pub(crate) input: &'a str,
    pub(crate) executions: usize,
    pub(crate) clients: usize,
}

/// Starts them; with `closed`, until all have closed as well.
pub(crate) async fn start(subject: &Subject, of: Starts<'_>, closed: bool) -> Result<Run, Failure> {
    let run = unbounded(subject, of, closed);
    tokio::time::timeout(RUN_LIMIT, run)
        .await
        .map_err(|_| "a run took too long")?
}

/// The same, however long it takes.
pub(crate) async fn unbounded(
    subject: &Subject,
    of: Starts<'_>,
    closed: bool,
) -> Result<Run, Failure> {
    let body = json!({ "stateMachineArn": of.machine, "input": of.input });
    let request = Request::new("StartExecution", &body);
    let cpu = subject.cpu();
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for client in 0..of.clients {
        let share = of.executions / of.clients + usize::from(client < of.executions % of.clients);
        let (mut connection, request) = (subject.connect(), request.clone());
        clients.spawn(async move {
            let mut took = Vec::with_capacity(share.min(MAX_KEPT));
            for _ in 0..share {
                let asked = Instant::now();
                connection.send(&request).await?;
                if took.len() < MAX_KEPT {
                    took.push(asked.elapsed());
                }
            }
            Ok::<_, Failure>(took)
        });
    }
    let mut starts = Vec::new();
    while let Some(client) = clients.join_next().await {
        starts.extend(client??);
    }
    if closed {
        all_closed(subject, of.machine).await?;
    }
    let wall = began.elapsed();
    let used = subject
        .cpu()
        .zip(cpu)
        .map(|(after, before)| after.since(&before));
    Ok(Run {
        wall,
        cpu: used,
        starts,
    })
}

async fn all_closed(subject: &Subject, machine: &str) -> Result<(), Failure> {
    let body = json!({ "stateMachineArn": machine, "statusFilter": "RUNNING", "maxResults": 1 });
    let mut connection = subject.connect();
    loop {
        let told = connection.call("ListExecutions", &body).await?;
        if told["executions"].as_array().is_some_and(Vec::is_empty) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Does the last execution of this machine show what every one should?
async fn succeeded(subject: &Subject, machine: &str) -> Result<(), Failure> {
    let body = json!({ "stateMachineArn": machine, "maxResults": 1 });
    let told = subject.connect().call("ListExecutions", &body).await?;
    match told["executions"][0]["status"].as_str() {
        Some("SUCCEEDED") => Ok(()),
        other => Err(format!("an execution is {}", other.unwrap_or("missing")).into()),
    }
}

/// Runs of a load on each server in turn.
pub(crate) struct Series {
    runs: Vec<Result<Vec<Run>, String>>,
}

impl Series {
    pub(crate) fn new(servers: usize) -> Self {
        Self {
            runs: vec![Ok(Vec::new()); servers],
        }
    }

    /// Is there to be another run on this server?
    pub(crate) fn goes_on(&self, server: usize) -> bool {
        self.runs[server]
            .as_ref()
            .is_ok_and(|runs| runs.iter().map(|run| run.wall).sum::<Duration>() < SPENT_LIMIT)
    }

    pub(crate) fn add(&mut self, server: usize, run: Result<Run, Failure>) {
        match (run, &mut self.runs[server]) {
            (Ok(run), Ok(runs)) => runs.push(run),
            (Err(error), of) => *of = Err(brief(&error.to_string())),
            (Ok(_), Err(_)) => {}
        }
    }

    fn cells(&self, of: impl Fn(&[Run]) -> Cell) -> Vec<Cell> {
        self.runs
            .iter()
            .map(|runs| match runs {
                Ok(runs) => of(runs),
                Err(why) => Cell::Refused(why.clone()),
            })
            .collect()
    }

    /// Adds the rows of a figure of so many transitions a run.
    pub(crate) fn tell(&self, table: &mut Table, name: &str, transitions: usize) {
        let transitions = transitions as f64;
        let per_s = |runs: &[Run]| {
            let each = runs.iter().map(|run| transitions / run.wall.as_secs_f64());
            Cell::median(each.collect())
        };
        table.add(
            format!("{name}: transitions"),
            "1/s",
            Better::More,
            self.cells(per_s),
        );
        let per_cpu = |runs: &[Run]| {
            let cpu: Option<Duration> = runs.iter().map(|run| run.cpu).sum();
            match cpu.filter(|cpu| !cpu.is_zero()) {
                Some(cpu) => Cell::value(transitions * runs.len() as f64 / cpu.as_secs_f64()),
                None => Cell::Absent,
            }
        };
        table.add(
            format!("{name}: transitions"),
            "1/CPU s",
            Better::More,
            self.cells(per_cpu),
        );
    }

    fn tell_starts(&self, table: &mut Table, name: &str) {
        let starts = |runs: &[Run]| {
            Cell::times(
                runs.iter()
                    .flat_map(|run| run.starts.iter().copied())
                    .collect(),
            )
        };
        table.add(
            format!("{name}: StartExecution, p50 / p99"),
            "ms",
            Better::Less,
            self.cells(starts),
        );
    }
}

/// The first words of what a server said.
pub(crate) fn brief(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_control() && *c != '|')
        .take(60)
        .collect();
    plain.trim().to_owned()
}

/// How many ask at once.
pub(crate) const CLIENTS: [usize; 4] = [1, 4, 16, 64];

/// Ten Pass states, from 1 to 64 clients.
pub(crate) async fn passes(load: &Load, table: &mut Table) -> Result<(), Failure> {
    let definition = super::machines::passes();
    for clients in CLIENTS {
        let series = turns(load, &definition, "{\"n\":1}", clients).await?;
        let name = format!("{} x 10 Pass, {clients} clients", load.executions);
        series.tell(table, &name, load.executions * super::machines::PASSES);
        series.tell_starts(table, &name);
    }
    Ok(())
}

/// Choice and JSONata.
pub(crate) async fn mix(load: &Load, table: &mut Table) -> Result<(), Failure> {
    let input = "{\"n\":1,\"items\":[1,2,3]}";
    for clients in CLIENTS {
        let series = turns(load, &super::machines::mix(), input, clients).await?;
        let name = format!(
            "{} x Choice and JSONata, {clients} clients",
            load.executions
        );
        series.tell(table, &name, load.executions * super::machines::MIX);
    }
    Ok(())
}

async fn turns(
    load: &Load,
    definition: &Value,
    input: &str,
    clients: usize,
) -> Result<Series, Failure> {
    let mut series = Series::new(load.servers.len());
    let mut machines = Vec::new();
    for (server, subject) in load.servers.iter().enumerate() {
        let made = warmed(subject, definition, input).await;
        machines.push(made.as_ref().ok().cloned());
        if let Err(error) = made {
            series.add(server, Err(error));
        }
    }
    for _ in 0..load.runs {
        for (server, subject) in load.servers.iter().enumerate() {
            if let (Some(machine), true) = (&machines[server], series.goes_on(server)) {
                let of = Starts {
                    machine,
                    input,
                    executions: load.executions,
                    clients,
                };
                series.add(server, start(subject, of, true).await);
            }
        }
    }
    Ok(series)
}

/// The machine, after a few executions that succeeded.
async fn warmed(subject: &Subject, definition: &Value, input: &str) -> Result<String, Failure> {
    let machine = subject.machine("load", definition).await?;
    let of = Starts {
        machine: &machine,
        input,
        executions: 20,
        clients: 4,
    };
    start(subject, of, true).await?;
    succeeded(subject, &machine).await?;
    Ok(machine)
}
