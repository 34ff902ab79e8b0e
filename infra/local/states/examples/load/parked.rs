//! What executions cost that only wait or are only stored: memory, restart, and whether others pay for them.

use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use super::figures::{Better, Cell, Table};
use super::subject::{Own, Subject};
use super::throughput::{Run, Starts, brief, start, unbounded};
use super::{Failure, Load, machines, process};

/// Executions of the first memory figure, on every server.
const FEW: usize = 1_000;
const CLIENTS: usize = 16;
/// Executions whose cost is measured: enough to have their share of snapshots.
const MEASURED: usize = 10_000;

/// Memory of a server without any, and of each parked execution.
pub(crate) async fn memory(load: &Load, table: &mut Table, dir: &Path) -> Result<(), Failure> {
    let own = Own::start(
        &load.program,
        &dir.join("parked"),
        load.queues.address,
        None,
    )
    .await?;
    let mut servers = load.servers.clone();
    servers[0] = own.subject.clone();
    let first = Cell::value(own.first_answer.as_secs_f64() * 1e3);
    let absent = vec![Cell::Absent; servers.len() - 1];
    let own_only = |cell: Cell| [vec![cell], absent.clone()].concat();
    table.add(
        "exec to first answer, empty folder".into(),
        "ms",
        Better::Less,
        own_only(first),
    );
    let idle = |subject: &Subject| {
        resident(subject).map_or(Cell::Absent, |m| Cell::value(m.rss_kib / 1024.0))
    };
    table.add(
        "memory when idle, RSS".into(),
        "MiB",
        Better::Less,
        servers.iter().map(idle).collect(),
    );
    let mut each = Vec::new();
    for subject in &servers {
        each.push(match parked(subject, FEW).await {
            Ok(kib) => kib.map_or(Cell::Absent, |(rss_kib, _)| Cell::value(rss_kib)),
            Err(error) => Cell::Refused(brief(&error.to_string())),
        });
    }
    table.add(
        format!("memory of each parked execution, {FEW}, RSS"),
        "KiB",
        Better::Less,
        each,
    );
    let many = load.parked - FEW.min(load.parked);
    if let Some((rss_kib, pss_kib)) = parked(&own.subject, many).await? {
        let name = format!("memory of each parked execution, {}", load.parked);
        table.add(
            format!("{name}, RSS"),
            "KiB",
            Better::Less,
            own_only(Cell::value(rss_kib)),
        );
        table.add(
            format!("{name}, PSS"),
            "KiB",
            Better::Less,
            own_only(Cell::value(pss_kib)),
        );
    }
    restart(load, table, own, &own_only).await
}

fn resident(subject: &Subject) -> Option<process::Memory> {
    process::memory(subject.pid?).ok()
}

/// Parks so many and gives what each took, RSS and PSS in KiB.
async fn parked(subject: &Subject, executions: usize) -> Result<Option<(f64, f64)>, Failure> {
    let machine = subject.machine("wait", &machines::wait()).await?;
    let warm = Starts {
        machine: &machine,
        input: "{}",
        executions: CLIENTS,
        clients: CLIENTS,
    };
    start(subject, warm, false).await?;
    let before = resident(subject);
    let of = Starts { executions, ..warm };
    if subject.own {
        unbounded(subject, of, false).await?;
    } else {
        start(subject, of, false).await?;
    }
    let each = |before: f64, after: f64| (after - before) / executions as f64;
    Ok(before.zip(resident(subject)).map(|(before, after)| {
        (
            each(before.rss_kib, after.rss_kib),
            each(before.pss_kib, after.pss_kib),
        )
    }))
}

/// Kills the server and starts it again, as often as there are runs.
async fn restart(
    load: &Load,
    table: &mut Table,
    mut own: Own,
    own_only: &impl Fn(Cell) -> Vec<Cell>,
) -> Result<(), Failure> {
    let open = running(&own.subject).await?;
    let (mut answers, mut recoveries) = (Vec::new(), Vec::new());
    for _ in 0..load.runs.min(3) {
        own = own.killed_and_started().await?;
        let counting = Instant::now();
        let again = running(&own.subject).await?;
        if again != open {
            return Err(format!("{again} of {open} executions are there after the restart").into());
        }
        answers.push(own.first_answer.as_secs_f64());
        recoveries.push((own.first_answer + counting.elapsed()).as_secs_f64());
    }
    let name = format!("kill -9 with {open} open, exec to");
    table.add(
        format!("{name} first answer"),
        "s",
        Better::Less,
        own_only(Cell::median(answers)),
    );
    table.add(
        format!("{name} all of them listed"),
        "s",
        Better::Less,
        own_only(Cell::median(recoveries)),
    );
    if let Some(memory) = resident(&own.subject) {
        let each_kib = memory.rss_kib / open.max(1) as f64;
        let name =
            "memory after that restart, the whole program, for each open execution, RSS".to_owned();
        table.add(name, "KiB", Better::Less, own_only(Cell::value(each_kib)));
    }
    Ok(())
}

/// Counts the executions that run, of all machines.
async fn running(subject: &Subject) -> Result<usize, Failure> {
    let mut connection = subject.connect();
    let listed = connection
        .call("ListStateMachines", &json!({ "maxResults": 1000 }))
        .await?;
    let mut count = 0;
    for machine in listed["stateMachines"].as_array().ok_or("no list")? {
        let mut token = Value::Null;
        loop {
            let mut body = json!({ "stateMachineArn": machine["stateMachineArn"],
                "statusFilter": "RUNNING", "maxResults": 1000 });
            if !token.is_null() {
                body["nextToken"] = token;
            }
            let page = connection.call("ListExecutions", &body).await?;
            count += page["executions"].as_array().map_or(0, Vec::len);
            token = page["nextToken"].clone();
            if token.is_null() {
                break;
            }
        }
    }
    Ok(count)
}

/// What an execution costs as others are stored, and a restart with those stored and few open.
pub(crate) async fn growth(load: &Load, table: &mut Table, dir: &Path) -> Result<(), Failure> {
    // What is stored is what is measured here: nothing is forgotten meanwhile.
    let dir = dir.join("stored");
    let mut own = Own::start(&load.program, &dir, load.queues.address, Some(usize::MAX)).await?;
    let subject = own.subject.clone();
    let machine = subject.machine("stored", &machines::passes()).await?;
    let of = |executions| Starts {
        machine: &machine,
        input: "{\"n\":1}",
        executions,
        clients: CLIENTS,
    };
    let absent = vec![Cell::Absent; load.servers.len() - 1];
    let own_only = |cell: Cell| [vec![cell], absent.clone()].concat();
    start(&subject, of(500), true).await?;
    let mut stored = 0;
    for until in [0, load.stored / 4, load.stored] {
        unbounded(&subject, of(until.saturating_sub(stored)), true).await?;
        stored = stored.max(until);
        let run = start(&subject, of(MEASURED), true).await?;
        stored += MEASURED;
        let name = format!("cost of an execution of 10 Pass, {until} stored");
        table.add(
            format!("{name}, CPU"),
            "ms",
            Better::Less,
            own_only(cost(&run, MEASURED)),
        );
        let wall = run.wall.as_secs_f64() * 1e3 / MEASURED as f64;
        table.add(
            format!("{name}, wall"),
            "ms",
            Better::Less,
            own_only(Cell::value(wall)),
        );
    }
    let wait = subject.machine("wait", &machines::wait()).await?;
    let parked = Starts {
        machine: &wait,
        input: "{}",
        executions: FEW,
        clients: CLIENTS,
    };
    start(&subject, parked, false).await?;
    let mut answers = Vec::new();
    for _ in 0..load.runs.min(3) {
        own = own.killed_and_started().await?;
        answers.push(own.first_answer.as_secs_f64() * 1e3);
    }
    let name = format!("kill -9 with {stored} closed and {FEW} open, exec to first answer");
    table.add(name, "ms", Better::Less, own_only(Cell::median(answers)));
    Ok(())
}

fn cost(run: &Run, executions: usize) -> Cell {
    run.cpu.map_or(Cell::Absent, |cpu| {
        Cell::value(cpu.as_secs_f64() * 1e3 / executions as f64)
    })
}
