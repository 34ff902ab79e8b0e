//! Figures of the program `strowger-states`, in a process of its own with the durable log on, beside any peer: the same
//! load over HTTP, in turns. `cargo xtask bench states` builds both and runs this.

mod figures;
mod http;
mod latency;
mod machines;
mod parked;
mod process;
mod queue;
mod subject;
mod throughput;
mod workers;

use std::path::PathBuf;

use clap::Parser;

use figures::Table;
use queue::Sink;
use subject::{Own, Subject};

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The parts, in order.
const PARTS: [&str; 6] = ["pass", "mix", "callbacks", "latency", "memory", "growth"];

/// Puts load on strowger-states and on peers, in turns.
#[derive(Debug, Parser)]
struct Options {
    /// The program; one that was built with --release.
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// A peer that runs already. Its process is found by its port, or named: http://127.0.0.1:5000=PID.
    #[arg(long, value_name = "URL[=PID]")]
    peer: Vec<String>,
    /// Only these parts: pass, mix, callbacks, latency, memory (with restarts), growth.
    #[arg(long, value_name = "PART", value_delimiter = ',', value_parser = PARTS)]
    only: Vec<String>,
    /// Folder for the data, on the disk to be measured; the temporary folder without it.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Runs of each throughput figure.
    #[arg(long, value_name = "N", default_value_t = 5)]
    runs: usize,
    /// Executions of each run.
    #[arg(long, value_name = "N", default_value_t = 500)]
    executions: usize,
    /// Executions of each latency figure.
    #[arg(long, value_name = "N", default_value_t = 300)]
    latencies: usize,
    /// Parked executions.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    parked: usize,
    /// Closed executions of the last part.
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    stored: usize,
    /// JSON, one figure a line, instead of a table.
    #[arg(long)]
    json: bool,
}

/// The load, and whom it is put on.
pub(crate) struct Load {
    pub(crate) program: PathBuf,
    /// Ours first.
    pub(crate) servers: Vec<Subject>,
    pub(crate) queues: Sink,
    pub(crate) runs: usize,
    pub(crate) executions: usize,
    pub(crate) latencies: usize,
    pub(crate) parked: usize,
    pub(crate) stored: usize,
}

// One thread: the rest of the machine is the servers'.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let below = options.data.clone().unwrap_or_else(std::env::temp_dir);
    let dir = below.join(format!("states-load-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&dir)?;
    let ran = run(&options, &dir).await;
    std::fs::remove_dir_all(&dir)?;
    let table = ran?;
    if options.json {
        print!("{}", table.lines());
    } else {
        println!("{}", table.markdown());
    }
    Ok(())
}

async fn run(options: &Options, dir: &std::path::Path) -> Result<Table, Failure> {
    let queues = Sink::open().await?;
    let own = Own::start(&options.program, &dir.join("own"), queues.address, None).await?;
    let mut servers = vec![own.subject.clone()];
    for peer in &options.peer {
        servers.push(Subject::peer(peer)?);
    }
    let names = servers.iter().map(|server| server.name.clone()).collect();
    let mut table = Table::new(names);
    let load = Load {
        program: options.program.clone(),
        servers,
        queues,
        runs: options.runs.max(1),
        executions: options.executions.max(1),
        latencies: options.latencies.max(1),
        parked: options.parked,
        stored: options.stored,
    };
    for part in PARTS {
        if !options.only.is_empty() && !options.only.iter().any(|only| only == part) {
            continue;
        }
        eprintln!("{part}, load average {}", process::load_average());
        match part {
            "pass" => throughput::passes(&load, &mut table).await?,
            "mix" => throughput::mix(&load, &mut table).await?,
            "callbacks" => workers::callbacks(&load, &mut table).await?,
            "latency" => latency::latency(&load, &mut table).await?,
            "memory" => parked::memory(&load, &mut table, dir).await?,
            _growth => parked::growth(&load, &mut table, dir).await?,
        }
    }
    drop(own);
    Ok(table)
}
